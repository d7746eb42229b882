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
What else a new vendor needs comes from the options and is left alone afterwards; delivery is by hand, as SAP orders.

Tags and payment term are write-only in ServiceTitan (Inventory V2 OpenAPI) and never compared. In place of the
payment term, SAP's code for it is kept in the external data (key "sap-payment-terms"), where a change shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from integrations.address import Address, address_from_sap, address_from_servicetitan
from integrations.comparison import EDIT_RULES, differences, note_edits
from integrations.errors import NotTransferable
from integrations.flow import Choices, Flow, Lookups, Plan, Reader, Row, Situation, Want, Write, Writer, check_choices
from integrations.matching import Candidate, Identity, digits, twin, unclaimed
from integrations.partner import address_row, contact_from_sap, partner_name, text, why_blocked
from integrations.systems.sap.objects import SUPPLIERS
from integrations.systems.servicetitan.objects import SUPPLIER_KEY, VENDORS
from integrations.systems.servicetitan.writing import external_value
from integrations.texts import one_line

SUPPLIER_ROLES = {"FLVN00", "FLVN01"}  # vendor in accounting, supplier in purchasing
PAYMENT_TERMS_KEY = "sap-payment-terms"


@dataclass(frozen=True, slots=True)
class Vendor:
    """A supplier as both systems understand it. `blocked` says in words why nothing may be bought from it."""

    supplier: str
    name: str
    address: Address | None
    contact: Mapping[str, str]
    blocked: str
    payment_terms: Mapping[str, str]


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


def for_a_new_vendor(options: Mapping[str, Any]) -> dict[str, Any]:
    """What else ServiceTitan requires of a new vendor, or ours to set once; an address may be empty, not absent."""
    return {
        "address": Address().members(),
        "deliveryOption": options["delivery_option"],
        "taxRate": str(options["tax_rate"]),
        "isTruckReplenishment": options["is_truck_replenishment"],
        "restrictedMobileCreation": options["restricted_mobile_creation"],
        **({"tags": [{"tagTypeId": tag} for tag in options["tag_type_ids"]]} if options["tag_type_ids"] else {}),
    }


def observed(row: Row) -> dict[str, Any]:
    """The members that SAP owns, of a vendor as read. Telephone numbers as digits: ServiceTitan may format them."""
    contact = row.get("contactInfo") or {}
    return {
        "name": one_line(row.get("name")),
        "active": row.get("active"),
        "firstName": one_line(contact.get("firstName")),
        "lastName": one_line(contact.get("lastName")),
        "phone": digits(contact.get("phone") or ""),
        "email": one_line(contact.get("email")).lower(),
        "fax": digits(contact.get("fax") or ""),
        "address": address_from_servicetitan(row.get("address")).members(),
        SUPPLIER_KEY: external_value(row, SUPPLIER_KEY),
        PAYMENT_TERMS_KEY: external_value(row, PAYMENT_TERMS_KEY),
    }


def expected(body: Row) -> dict[str, Any]:
    """What `observed` shows once this body has been written."""
    external = body.get("externalData", {})
    row = {**body, "contactInfo": body, "externalData": [{"key": key, "value": external[key]} for key in external]}
    return {name: value for name, value in observed(row).items() if name in body or name in external}


class Vendors(Flow):
    """The facts of the flow; `integrations.flow.Flow` says what each of them means."""

    name = "vendors"
    title = "Vendors from SAP to ServiceTitan"
    service = "business-partner"
    source_system, target_system = "sap", "servicetitan"
    reader: Reader = SUPPLIERS
    writer: Writer = VENDORS
    needs: tuple[str, ...] = ()
    maps: tuple[str, ...] = ("vendor", "payment-terms")
    match_before_create = True
    options: Mapping[str, Any] = {
        "on_target_edit": "overwrite",  # or "ask": a person decides about what was edited in ServiceTitan
        "create_blocked": False,  # create blocked and deleted suppliers, too, as inactive vendors
        "company_code": "",  # whose payment terms are written; "": nobody's
        "delivery_option": "Manual",
        "tax_rate": "0",
        "tag_type_ids": (),
        "is_truck_replenishment": False,
        "restricted_mobile_creation": False,
    }
    choices: Choices = {"on_target_edit": EDIT_RULES}
    record = staticmethod(from_sap)
    observe = staticmethod(observed)

    def wants(self, record: Vendor, options: Mapping[str, Any]) -> tuple[Want, ...]:
        return ()

    def plan(self, record: Vendor, situation: Situation) -> Plan:
        """Changes the linked vendor, takes over the one that is the same company, or creates one."""
        options = situation.options
        check_choices(options, self.choices)
        body = to_servicetitan(record, situation.lookups, options["company_code"])
        if situation.linked:
            return self._change(body, situation.current or {}, situation.linked.target_key, situation)
        if same := self._twin(record, expected(body), situation):
            row = next(row for row in reversed(situation.candidates) if str(row["id"]) == same)
            return replace(self._change(body, row, same, situation), adopt=same)
        if record.blocked and not options["create_blocked"]:
            raise NotTransferable(f"It is {record.blocked}, and ServiceTitan does not know it.", code="blocked")
        body = {**for_a_new_vendor(options), **body}
        return Plan((Write("create", "", body, expected(body), marker=record.supplier),))

    def _change(self, body: dict[str, Any], row: Row, key: str, situation: Situation) -> Plan:
        found = differences(expected(body), observed(row))
        if not found:
            return Plan()
        names = {difference.path[0] for difference in found}
        changed = {name: body[name] for name in body if name in names}
        if PAYMENT_TERMS_KEY in names:
            changed["paymentTermId"] = body["paymentTermId"]
        if external := {name: body["externalData"][name] for name in body["externalData"] if name in names}:
            changed["externalData"] = external
        notes = note_edits(found, situation.linked, situation.options["on_target_edit"])
        return Plan((Write("patch", key, changed, expected(changed)),), notes=notes)

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
