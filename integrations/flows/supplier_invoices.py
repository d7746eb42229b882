"""Supplier invoices: what SAP has posted becomes receipts in ServiceTitan, which makes the bills of them.

Reads   supplier invoices from SAP (API_SUPPLIERINVOICE_PROCESS_SRV) with order items, account assignments, G/L items
        and taxes. The key is document and fiscal year, "5100000001/2026". Asked of SAP besides: other invoices of the
        supplier that look alike.
Needs   the vendor's link, and that of every order that is billed, with its lines.
Writes  receipts, POST and cancellation; one per order. Bills have no write API: ServiceTitan makes them of receipts.

Only posted invoices with goods on purchase orders go over. Credit memos, subsequent debits and credits, delivery costs
alone and invoices without an order are not transferable and named with their amount. An invoice that bears the number
of an earlier one of its supplier stops, unless that one is reversed; a similar one is noted.

A receipt holds quantities and prices of the invoice, the supplier's number and the posting date. Delivery costs,
planned or not, are its shipping. Lines, tax and shipping have to be the gross amount. Cost centers, WBS elements and
internal orders stand in its memo; job, business unit and budget codes are those of the order.

The order's active receipts are read first. People may have received, or the order's type did: receipts with the
supplier's number hold the invoice's goods, then those without a number that fit by lines and quantities; they are
linked. Only what is still open is posted, or with `receipts: people` waited for. More than is open is noted.

Then the bill is awaited, linked (flow "ap-bills") and compared: amount, vendor, number, date. A person is told what
differs. A reversed invoice takes its receipts back, unless a bill was exported; receipts of people stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from integrations.errors import Awaiting, NeedsPerson, NotTransferable, agreed_key, undone_key
from integrations.flow import Choices, Flow, Plan, Reader, Row, Situation, Want, Writer, check_choices
from integrations.systems.sap import objects as sap
from integrations.systems.sap.alike import alike_key
from integrations.systems.servicetitan import objects as servicetitan
from integrations.vocabulary import sap_invoices, servicetitan_bills, servicetitan_receipts
from integrations.vocabulary.comparison import EDIT_RULES
from integrations.vocabulary.invoice_receipts import (
    QUARTER,
    OnOrder,
    awaited_bill,
    bill_bond,
    claims,
    on_order,
    posting,
    taking_back,
)
from integrations.vocabulary.invoice_twins import check_twins
from integrations.vocabulary.money import decimal, plain
from integrations.vocabulary.sap_invoices import Invoice

Options = Mapping[str, Any]


def from_sap(row: Row) -> Invoice:
    """An invoice with what it bills of each order. Reversals and what has an obstacle are read as well."""
    base, days = row["DueCalculationBaseDate"], int(decimal(row["NetPaymentDays"]))
    reverses = f"{row['ReverseDocument']}/{row['ReverseDocumentFiscalYear']}" if row["IsReversal"] else ""
    return Invoice(
        key=sap_invoices.key_of(row),
        company=row["CompanyCode"],
        number=row["SupplierInvoiceIDByInvcgParty"].strip(),
        supplier=row["InvoicingParty"],
        currency=row["DocumentCurrency"],
        dated_on=row["DocumentDate"] or row["PostingDate"],
        posted_on=row["PostingDate"],
        due_on=(date.fromisoformat(base) + timedelta(days=days)).isoformat() if base else "",
        gross=decimal(row["InvoiceGrossAmount"]),
        reverses=reverses,
        is_reversed=bool(row["IsReversed"]),
        obstacle=sap_invoices.obstacle(row),
        portions=sap_invoices.portions(row),
        costs=tuple(sap_invoices.costs(row["order_items"])),
    )


class SupplierInvoices(Flow):
    """The facts of the flow; `integrations.flow.Flow` says what each of them means."""

    name = "supplier-invoices"
    title = "Supplier invoices from SAP to receipts and bills of ServiceTitan"
    service = "supplier-invoice"
    source_system, target_system = "sap", "servicetitan"
    reader: Reader = sap.SUPPLIER_INVOICES
    writer: Writer = servicetitan.RECEIPTS
    needs: tuple[str, ...] = ("vendors", "purchase-orders")
    maps: tuple[str, ...] = ()
    has_parts = True
    sees_done = True
    sees_refusals = True
    options: Options = {
        "receipts": "invoice",  # the invoice posts the receipt; or "people": they receive, we link and compare
        "receipts_need_sent_order": False,  # True: never tried while the order is Pending (undocumented; a try tells)
        "line_cost_decimals": 4,  # the most decimals of a cost that this tenant keeps (undocumented)
        "date_tolerance_days": 0,  # how far the bill's date may lie from posting and document date
        "near_duplicate_days": 7,  # invoices of the same amount so close in time may be duplicates
        "on_target_edit": "ask",  # a receipt that people cancelled; or "overwrite": it is posted again
        "cancel_reason": "Other",
    }
    choices: Choices = {
        "receipts": ("invoice", "people"),
        "on_target_edit": EDIT_RULES,
        "cancel_reason": ("NotRequired", "Duplicate", "Accidental", "VendorIssue", "Other", "JobCanceled"),
    }
    record = staticmethod(from_sap)
    observe = staticmethod(servicetitan_receipts.observed)
    is_gone, lines = staticmethod(servicetitan_receipts.is_gone), staticmethod(servicetitan_receipts.item_ids)
    figures, worth = staticmethod(sap_invoices.figures), staticmethod(servicetitan_receipts.worth)

    def wants(self, record: Invoice, options: Options) -> tuple[Want, ...]:
        if record.obstacle and not record.reverses:
            return ()
        kinds = (
            ("receipts-of-order",) if record.reverses or record.is_reversed else ("receipts-of-order", "purchase-order")
        )
        rows = [Want(kind, order, fresh=True, via="purchase-orders") for order in record.orders for kind in kinds]
        if len(kinds) == 1:
            return tuple(rows)
        return Want("link:vendors", record.supplier), Want(*_alike(record, options), fresh=True), *rows

    def plan(self, record: Invoice, situation: Situation) -> Plan:
        """Takes back what is reversed, places the rest on its orders, and then looks for the bills."""
        check_choices(situation.options, self.choices)
        if record.reverses:
            return self._reversal(record, situation)
        if record.obstacle:
            raise NotTransferable(record.obstacle[1], code=record.obstacle[0])
        if record.is_reversed:
            return self._reversed(record, situation)
        sap_invoices.check_total(record)
        answer = situation.lookups.reference(*_alike(record, situation.options), fresh=True) or {}
        alike = answer.get("invoices") or ()
        warnings = check_twins(self.name, record, alike)
        placed = [on_order(self.name, record, portion, alike, situation) for portion in record.portions]
        if links := claims(self.name, record, placed, situation):
            return Plan(links=links, notes=warnings, then=Awaiting("Looks again at receipts of others.", seconds=0))
        posts = [posting(record, place, situation) for place in placed if not place.is_done]
        if posts:
            notes = tuple(note for _, notes in posts for note in notes)
            return Plan(tuple(write for write, _ in posts), notes=(*warnings, *notes))
        return self._bills(record, placed, situation)

    def _bills(self, record: Invoice, placed: Sequence[OnOrder], situation: Situation) -> Plan:
        """Links the bills of the receipts and compares them with the invoice."""
        found: dict[str, Row] = {}
        links = []
        for place in placed:
            for receipt in place.held.receipts:
                bill = awaited_bill(receipt, situation)
                found[str(bill["id"])] = bill
                links.append(bill_bond(record.key, place.portion.order, receipt, bill))
        rows = [receipt for place in placed for receipt in place.held.receipts]
        unnumbered = {str(row["billId"]) for row in rows if not row.get("vendorInvoiceNumber")}
        decimals = int(situation.options["line_cost_decimals"])
        different = servicetitan_bills.differences(
            record,
            list(found.values()),
            situation.lookups.linked("vendors", record.supplier),
            tolerance=sum((servicetitan_receipts.rounding(place.lines, decimals) for place in placed), Decimal(0)),
            days=int(situation.options["date_tolerance_days"]),
            unnumbered=unnumbered,
        )
        notes = servicetitan_bills.notes(record, list(found.values()), unnumbered=unnumbered)
        words = f"The bill is not as the invoice: {'; '.join(different)}."
        then = NeedsPerson(words, code="books-differ") if different else None
        wakes = () if different else (agreed_key(self.name, record.key),)
        return Plan(links=tuple(links), notes=tuple(notes), then=then, wakes=wakes)

    def _reversed(self, record: Invoice, situation: Situation) -> Plan:
        """An invoice that is reversed: its receipts are taken back; without any, there is nothing to transfer."""
        writes, released = taking_back(self.name, record.key, record.orders, situation)
        wakes = (undone_key(self.name, record.key),)
        if not writes and not released and not any(situation.part(order).linked for order in record.orders):
            never = NotTransferable(f"Reversed before it was transferred: {plain(record.gross)}.", code="reversed")
            return Plan(then=never, wakes=wakes)
        return Plan(tuple(writes), links=tuple(released), wakes=wakes)

    def _reversal(self, record: Invoice, situation: Situation) -> Plan:
        """The document that reverses another: only if that one is not brought up again, its receipts are taken back."""
        writes, released = taking_back(self.name, record.reverses, record.orders, situation)
        undone = undone_key(self.name, record.reverses)
        if not writes and not released:
            nothing = NotTransferable(f"It reverses {record.reverses}: {plain(record.gross)}.", code="reversal")
            return Plan(then=nothing, wakes=(undone,))
        if situation.waited < QUARTER:
            words, left = f"Waits until {record.reverses} takes its receipts back.", QUARTER - situation.waited
            raise Awaiting(words, seconds=left, code="reversal", needs=undone)
        return Plan(tuple(writes), links=tuple(released), wakes=(undone,))

    def label(self, record: Invoice) -> str:
        return f"SAP invoice {record.key}, {record.number}, from supplier {record.supplier}"


def _alike(record: Invoice, options: Options) -> tuple[str, str]:
    days, gross = int(options["near_duplicate_days"]), plain(record.gross)
    return "source:invoices-alike", alike_key(record.supplier, record.number, gross, record.dated_on, days)


FLOW = SupplierInvoices()
