"""Vendors back to SAP: a vendor made or changed in ServiceTitan is a supplier of SAP. With `vendors`: both ways.

Reads   vendors, active or not, from ServiceTitan by their date of modification. The key is the vendor's id. Both
        records are read again when the change is planned, so an old version never overwrites a newer value.
Needs   vendors: a vendor that came from SAP is linked to its supplier, never created there again. Value map
        "supplier" holds a person's answer where a supplier looks alike: its number, or "create".
Writes  business partners, API_BUSINESS_PARTNER: a deep POST with both supplier roles, company code and purchasing
        organisation from the options; then a PATCH of the part that changed. Back in ServiceTitan only what both
        sides had differently when they met first, where SAP owns it.

Before the first write the vendor is looked for among the suppliers:

    it is linked to a supplier, or carries its number       that supplier
    a business partner bears our mark for this vendor        that one (BusinessPartnerIDByExtSystem)
    same name, and same postal code or telephone             taken over, unless another vendor has it
    a similar name, or several that are the same             a person decides
    none of these, and it is active                          created

Name, address, telephone, e-mail and whether it is active are shared: a change on either side travels to the other.
What both sides changed since they agreed last goes to whom the option `owners` names, and a note tells both values.
The option stands on both flows. Our own writes are what both agree on, so they never travel back. What is empty
never empties the other side.

Tags, payment term, remittance vendor, QuickBooks item and contacts are write-only in ServiceTitan (Inventory V2
OpenAPI), so they are never read; payment terms of a new supplier come from the options. Nothing is cut off that is too
long for SAP's fields: a person shortens it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from integrations.errors import Awaiting, IntegrationError, Misconfigured, NeedsPerson, NotTransferable
from integrations.flow import SOURCE, Bond, Choices, Flow, Plan, Reader, Row, Situation, Want, Write, Writer
from integrations.systems.sap.writers import BUSINESS_PARTNERS
from integrations.systems.servicetitan.objects import READ_VENDORS, SUPPLIER_KEY, VENDORS
from integrations.vocabulary import vendor_agreement
from integrations.vocabulary.matching import Candidate, Identity, twin, unclaimed
from integrations.vocabulary.sap_partners import change, new_partner, partner_shares, vendor_members, written
from integrations.vocabulary.servicetitan_vendors import expected, observed, vendor_shares
from integrations.vocabulary.texts import one_line
from integrations.vocabulary.vendor_agreement import DOWN, SERVICETITAN, UP, Merged, check_free, merge, owners_of
from integrations.vocabulary.vendor_agreement import agreement as agreement_on
from integrations.vocabulary.vendor_agreement import bonds as bonds_of

NOW = f"{SOURCE}vendor"
REQUIRED = ("grouping", "company_code", "reconciliation_account", "purchasing_organization", "currency")
NUMBER_COMES_IN = 60  # seconds until a supplier without a number is looked at again


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor of ServiceTitan. `supplier` is the number that it carries, "" for none; `row` is it as read."""

    key: str
    supplier: str
    row: Row


def from_servicetitan(row: Row) -> Vendor:
    """A vendor of the list."""
    return Vendor(str(row["id"]), observed(row)[SUPPLIER_KEY], row)


def members(vendor: Vendor, country: str) -> dict[str, Any]:
    """The shared members as SAP takes them: telephone and e-mail as they were typed."""
    contact = vendor.row.get("contactInfo") or {}
    typed = {name: one_line(contact.get(name)) for name in ("phone", "email")}
    return vendor_shares(vendor.row, country) | typed


class VendorsToSap(Flow):
    """The facts of the flow; `integrations.flow.Flow` says what each of them means."""

    name = UP
    title = "Vendors from ServiceTitan to SAP"
    service = "tn.inv.vendors"
    source_system, target_system = "servicetitan", "sap"
    reader: Reader = READ_VENDORS
    writer: Writer = BUSINESS_PARTNERS
    source_writer: Writer | None = VENDORS
    needs: tuple[str, ...] = (DOWN,)
    maps: tuple[str, ...] = ("supplier",)
    tables: Mapping[str, Choices] = {"owners": vendor_agreement.OWNER_CHOICES}
    agrees_on: Mapping[str, str] = {"owners": DOWN}
    match_before_create = sees_done = True
    options: Mapping[str, Any] = {
        "owners": dict(vendor_agreement.OWNERS),  # of each shared member; the same in the flow vendors
        "grouping": "",  # of new business partners, one with numbers given by SAP
        "company_code": "",
        "reconciliation_account": "",
        "purchasing_organization": "",
        "currency": "",  # of purchase orders
        "payment_terms": "",
        "country": "US",  # of addresses that name none
        "language": "EN",
    }
    record = staticmethod(from_servicetitan)
    observe = staticmethod(partner_shares)
    observe_source = staticmethod(observed)

    def wants(self, record: Vendor, options: Mapping[str, Any]) -> tuple[Want, ...]:
        return (Want(NOW, record.key, fresh=True),)

    def plan(self, record: Vendor, situation: Situation) -> Plan:
        """Changes the linked supplier, takes over the one that is the same company, or creates one."""
        vendor = from_servicetitan(situation.lookups.reference(NOW, record.key, fresh=True) or record.row)
        owners_of(situation.options)
        if situation.linked:
            return self._change(vendor, situation.current or {}, situation)
        if row := self._known(vendor, situation) or self._twin(vendor, situation):
            return replace(self._change(vendor, row, situation), adopt=row["BusinessPartner"])
        return self._create(vendor, situation)

    def _create(self, vendor: Vendor, situation: Situation) -> Plan:
        options, ours = situation.options, members(vendor, situation.options["country"])
        if not ours["active"]:
            raise NotTransferable("It is inactive, and SAP does not know it.", code="inactive")
        if missing := [name for name in REQUIRED if not options[name]]:
            raise Misconfigured(f"New suppliers need the options {', '.join(missing)}.", code="missing-option")
        shares = vendor_shares(vendor.row, options["country"])
        return Plan((Write("create", "", new_partner(ours, options), shares, marker=situation.marker),))

    def _change(self, vendor: Vendor, row: Row, situation: Situation) -> Plan:
        """What travels to SAP; with nothing to write, both links and the agreement are kept."""
        supplier, partner = row["Supplier"], row["BusinessPartner"]
        if not supplier:
            wait = Awaiting("SAP has not given it a supplier number yet.", seconds=NUMBER_COMES_IN, code="no-number")
            return Plan(then=wait)
        check_free(supplier, vendor.key, situation.lookups)
        shares, theirs = vendor_shares(vendor.row, situation.options["country"]), partner_shares(row)
        known = agreement_on(situation.lookups, vendor.key)
        merged = merge(shares, theirs, known, owners_of(situation.options), SERVICETITAN)
        writes, problem = self._writes(vendor, row, merged, situation)
        notes = tuple(merged.notes)
        if writes:
            return Plan(writes, links=(Bond(DOWN, supplier, vendor.key),), notes=notes)
        seen = {DOWN: observed(vendor.row), UP: theirs}
        kept = bonds_of(vendor.key, supplier, partner, there=seen, agreed=merged.agreed)
        return Plan(links=kept, notes=notes, then=problem)

    def _writes(
        self, vendor: Vendor, row: Row, merged: Merged, situation: Situation
    ) -> tuple[tuple[Write, ...], IntegrationError | None]:
        """One write for each member, and what keeps another one from being written."""
        options, problem, writes = situation.options, None, []
        ours, shares = members(vendor, options["country"]), vendor_shares(vendor.row, options["country"])
        for member in merged.forward:
            try:
                action, body = change(member, ours, row, options)
                writes.append(written(member, shares[member], row["BusinessPartner"], action, body))
            except NeedsPerson as error:
                problem = error
        if back := {name: value for name, value in vendor_members(row).items() if name in merged.back}:
            writes.append(Write("patch", vendor.key, back, expected(back), side="source"))
        return tuple(writes), problem

    def _known(self, vendor: Vendor, situation: Situation) -> Row | None:
        """The supplier that the vendor came from, or that we made of it before."""
        numbers = situation.lookups.sources(DOWN, vendor.key) or ((vendor.supplier,) if vendor.supplier else ())
        for row in situation.candidates:
            mark = str(row.get("BusinessPartnerIDByExtSystem") or "").upper()
            if row["Supplier"] in numbers or (mark and mark == situation.marker):
                return row
        if numbers:
            raise NeedsPerson(f"SAP has no supplier {numbers[0]}, which it carries.", code="supplier-missing")
        return None

    def _twin(self, vendor: Vendor, situation: Situation) -> Row | None:
        answer = situation.lookups.mapped_or("supplier", vendor.key, "")
        rows = {row["Supplier"]: row for row in situation.candidates if row["Supplier"]}
        known = [Candidate(number, Identity.of(partner_shares(row))) for number, row in rows.items()]
        shares = vendor_shares(vendor.row)
        number = twin(vendor.key, Identity.of(shares), known, "supplier", answer, ask=shares["active"])
        if not number:
            return None
        check_free(number, vendor.key, situation.lookups)
        partner = rows[number]["BusinessPartner"]
        return rows[number] if unclaimed(partner, vendor.key, "supplier", situation.lookups) else None

    def is_gone(self, row: Row) -> bool:
        """Never: a blocked supplier can be used again."""
        return False

    def lines(self, row: Row) -> dict[str, str]:
        return {}

    def label(self, record: Vendor) -> str:
        return f"vendor {record.key} {one_line(record.row.get('name'))}"


FLOW = VendorsToSap()
