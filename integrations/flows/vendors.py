"""Vendors: every supplier of SAP is a vendor of ServiceTitan, before anything is ordered there.

Reads   business partners with a supplier role (FLVN00 or FLVN01) from SAP, API_BUSINESS_PARTNER. The key is the
        supplier number. Bank data is never read.
Needs   nothing of other flows. Value map "vendor" holds a person's answer where a vendor in ServiceTitan looks
        alike: the id of that vendor, or "create". Value map "payment-terms" is asked only with `company_code`.
Writes  vendors, POST and PATCH. The supplier number stands in their external data (key "sap-supplier").

Before the first write the supplier is compared with the vendors that ServiceTitan has already:

    a vendor carries its number                          taken over
    same name, and same postal code or telephone         taken over, unless it carries another supplier's number
    a similar name, or several that are the same         a person decides
    none of these                                        created

SAP owns the name, address, contact and whether the vendor is active; of these, what SAP has filled is written. A
purchasing block or deletion makes a vendor inactive, a payment block does not; an unknown one is then not created.
With the flow `vendors-to-sap`, give both the option `owners`: then what changed on either side travels, and of what
changed on both, the owner's value. A supplier that was made of a vendor there is linked to that vendor. What else
a new vendor needs comes from the options and is left alone afterwards; delivery is by hand, as SAP orders.

Tags and payment term are write-only in ServiceTitan (Inventory V2 OpenAPI) and never compared. In place of the
payment term, SAP's code for it is kept in the external data (key "sap-payment-terms"), where a change shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from integrations.errors import NotTransferable
from integrations.flow import (
    SOURCE,
    Choices,
    Flow,
    Lookups,
    Plan,
    Reader,
    Row,
    Situation,
    Want,
    Write,
    Writer,
    check_choices,
)
from integrations.systems.sap.objects import SUPPLIERS
from integrations.systems.servicetitan.objects import SUPPLIER_KEY, VENDORS
from integrations.systems.servicetitan.writing import external_value
from integrations.vocabulary import servicetitan_vendors, vendor_agreement
from integrations.vocabulary.address import Address, address_from_sap
from integrations.vocabulary.comparison import EDIT_RULES, differences, note_edits
from integrations.vocabulary.matching import CREATE, Candidate, Identity, twin, unclaimed
from integrations.vocabulary.partner import address_row, contact_from_sap, partner_name, text, why_blocked
from integrations.vocabulary.sap_partners import partner_shares
from integrations.vocabulary.servicetitan_vendors import PAYMENT_TERMS_KEY, expected, observed, vendor_shares
from integrations.vocabulary.vendor_agreement import SAP, UP, agreement, bonds, made_of, merge, owners_of

SUPPLIER_ROLES = {"FLVN00", "FLVN01"}  # vendor in accounting, supplier in purchasing
NOW = f"{SOURCE}supplier"


@dataclass(frozen=True, slots=True)
class Vendor:
    """A supplier as both systems understand it. `blocked` says in words why nothing may be bought from it; `row` is it
    as read."""

    supplier: str
    name: str
    address: Address | None
    contact: Mapping[str, str]
    blocked: str
    payment_terms: Mapping[str, str]
    row: Row


def from_sap(row: Row) -> Vendor:
    """A business partner with its addresses, roles and supplier data. Raises NotTransferable for other partners."""
    supplier = row["supplier"]
    if not supplier or not SUPPLIER_ROLES & {role["BusinessPartnerRole"] for role in row["roles"]}:
        raise NotTransferable(f"Business partner {row['BusinessPartner']} is not a supplier.", code="not-a-supplier")
    address = address_row(row["addresses"])
    person = {"firstName": text(row, "FirstName"), "lastName": text(row, "LastName")}
    return Vendor(
        supplier=row["Supplier"],
        name=partner_name(row) or f"SAP supplier {row['Supplier']}",
        address=address_from_sap(address) if address else None,
        contact={name: value for name, value in (person | contact_from_sap(address or {})).items() if value},
        blocked=why_blocked(row),
        payment_terms={company["CompanyCode"]: company["PaymentTerms"] for company in supplier["companies"]},
        row=row,
    )


def to_servicetitan(vendor: Vendor, lookups: Lookups, company_code: str) -> dict[str, Any]:
    """The members that SAP owns, as POST and PATCH of vendors take them."""
    terms = vendor.payment_terms.get(company_code, "")
    return {
        "name": vendor.name,
        "active": not vendor.blocked,
        **vendor.contact,
        **({"address": vendor.address.members()} if vendor.address else {}),
        **({"paymentTermId": lookups.mapped("payment-terms", terms)} if terms else {}),
        "externalData": {SUPPLIER_KEY: vendor.supplier, **({PAYMENT_TERMS_KEY: terms} if terms else {})},
    }


class Vendors(Flow):
    """The facts of the flow; `integrations.flow.Flow` says what each of them means."""

    name = "vendors"
    title = "Vendors from SAP to ServiceTitan"
    service = "business-partner"
    source_system, target_system = "sap", "servicetitan"
    reader: Reader = SUPPLIERS
    writer: Writer = VENDORS
    needs, maps = (), ("vendor", "payment-terms")
    map_kinds, map_words = {"vendor": "vendor", "payment-terms": "payment-term"}, {"vendor": (CREATE,)}
    match_before_create = True
    sees_done = True
    options: Mapping[str, Any] = {
        "on_target_edit": "overwrite",  # or "ask": a person decides about what was edited in ServiceTitan
        "owners": {},  # of members that both sides may change, e.g. {"phone": "servicetitan"}; {}: SAP owns all
        "create_blocked": False,  # create blocked and deleted suppliers, too, as inactive vendors
        "company_code": "",  # whose payment terms are written; "": nobody's
        "delivery_option": "Manual",
        "tax_rate": "0",
        "tag_type_ids": (),
        "is_truck_replenishment": False,
        "restricted_mobile_creation": False,
    }
    choices: Choices = {"on_target_edit": EDIT_RULES}
    tables: Mapping[str, Choices] = {"owners": vendor_agreement.OWNER_CHOICES}
    record = staticmethod(from_sap)
    observe = staticmethod(observed)

    def wants(self, record: Vendor, options: Mapping[str, Any]) -> tuple[Want, ...]:
        return (Want(NOW, record.supplier, fresh=True),) if options["owners"] else ()

    def plan(self, record: Vendor, situation: Situation) -> Plan:
        """Changes the linked vendor, takes over the one that is the same company, or creates one."""
        options = situation.options
        check_choices(options, self.choices)
        if options["owners"] and (now := situation.lookups.reference(NOW, record.supplier, fresh=True)):
            record = from_sap(now)
        body = to_servicetitan(record, situation.lookups, options["company_code"])
        if situation.linked:
            return self._change(record, body, situation.current or {}, situation)
        if same := made_of(record.row, situation) or self._twin(record, expected(body), situation):
            row = next(row for row in reversed(situation.candidates) if str(row["id"]) == same)
            return replace(self._change(record, body, row, situation), adopt=same)
        if record.blocked and not options["create_blocked"]:
            raise NotTransferable(f"It is {record.blocked}, and ServiceTitan does not know it.", code="blocked")
        body = {**servicetitan_vendors.for_a_new_vendor(options), **body}
        return Plan((Write("create", "", body, expected(body), marker=record.supplier),))

    def _change(self, record: Vendor, body: dict[str, Any], row: Row, situation: Situation) -> Plan:
        key, plan = str(row["id"]), Plan()
        if owners := situation.options["owners"] and owners_of(situation.options):
            theirs = partner_shares(record.row)
            merged = merge(theirs, vendor_shares(row), agreement(situation.lookups, key), owners, SAP)
            body = {name: body[name] for name in body if name not in vendor_agreement.MEMBERS or name in merged.forward}
            seen = {self.name: observed(row), UP: theirs}
            links = bonds(key, record.supplier, record.row["BusinessPartner"], there=seen, agreed=merged.agreed)
            plan = Plan(links=links, notes=tuple(merged.notes))
        found = differences(expected(body), observed(row))
        if not found:
            return plan
        names = {difference.path[0] for difference in found}
        changed = {name: body[name] for name in body if name in names}
        if PAYMENT_TERMS_KEY in names:
            changed["paymentTermId"] = body["paymentTermId"]
        if external := {name: body["externalData"][name] for name in body["externalData"] if name in names}:
            changed["externalData"] = external
        edited = () if owners else note_edits(found, situation.linked, situation.options["on_target_edit"])
        return Plan((Write("patch", key, changed, expected(changed)),), notes=(*plan.notes, *edited))

    def _twin(self, record: Vendor, ours: Row, situation: Situation) -> str:
        answer = situation.lookups.mapped_or("vendor", record.supplier, "")
        known = [
            Candidate(str(row["id"]), Identity.of({**row, **row["contactInfo"]}), external_value(row, SUPPLIER_KEY))
            for row in situation.candidates
        ]
        same = twin(record.supplier, Identity.of(ours), known, "vendor", answer, ask=not record.blocked)
        return unclaimed(same, record.supplier, "vendor", situation.lookups)

    def is_gone(self, row: Row) -> bool:
        """Never: an inactive vendor can be made active again."""
        return False

    def lines(self, row: Row) -> dict[str, str]:
        return {}

    def label(self, record: Vendor) -> str:
        return f"SAP supplier {record.supplier} {record.name}"


FLOW = Vendors()
