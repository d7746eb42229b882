"""What the AP team works with: the bills that are kept, the SAP invoices they came from, and what came of neither.

Reads only, in the customer's schema. A page of any size costs the same few statements.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Literal, TextIO
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from integrations.flows.ap_bills import ApBill, from_servicetitan
from integrations.flows.supplier_invoices import FLOW as INVOICES
from integrations.models import Delivery, Link, Reference
from integrations.vocabulary.invoice_receipts import BILLS
from integrations.vocabulary.money import decimal, plain
from integrations.vocabulary.servicetitan_receipts import invoice_named

State = Delivery.State
Origin = Literal["sap-invoice", "none"]
"""Whether a SAP invoice stands behind a bill."""

CHUNK = 500

_HEADER = {
    "number": "SupplierInvoiceIDByInvcgParty",
    "supplier": "InvoicingParty",
    "gross": "InvoiceGrossAmount",
    "currency": "DocumentCurrency",
    "posted_on": "PostingDate",
}


@dataclass(frozen=True, slots=True)
class Invoice:
    """A SAP invoice, with what became of it. `state`, `code`, `reason`: of the newest version of its delivery."""

    key: str
    number: str
    supplier: str
    gross: Decimal
    currency: str
    posted_on: str
    state: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill as it was read last. `why_none` says why no SAP invoice stands behind it, "" where one does."""

    id: UUID
    bill: ApBill
    business_unit: str
    job_number: str
    sap_order: str
    invoices: tuple[Invoice, ...]
    why_none: str
    refreshed_at: datetime


def bills(
    *, origin: Origin | None = None, sync_statuses: Collection[str] = (), statuses: Collection[str] = (), text: str = ""
) -> QuerySet[Reference]:
    """The kept bills that are asked for, to be paged and then `shown`.

    `sync_statuses` and `statuses` are ServiceTitan's words (Pending, Posted, Exported, PostedAndExported; Unreconciled,
    Discrepancy, Reconciled, Canceled). `text` is part of a number, a vendor's name or an amount, or the bill's id.
    """
    rows = Reference.objects.filter(kind=BILLS)
    claimed = Exists(Link.objects.filter(flow=BILLS, target_key=OuterRef("key")))
    if origin is not None:
        rows = rows.filter(claimed) if origin == "sap-invoice" else rows.exclude(claimed)
    if sync_statuses:
        rows = rows.filter(row__syncStatus__in=list(sync_statuses))
    if statuses:
        rows = rows.filter(row__status__in=list(statuses))
    if text.strip():
        rows = rows.filter(Q(name__icontains=text.strip()) | Q(key=text.strip()))
    return rows


def shown(rows: Sequence[Reference]) -> list[Bill]:
    """These bills with their invoices and orders, in the same order; three statements, however many they are."""
    claims = _claims([row.key for row in rows])
    named = {row.key: invoice_named(row.row.get("summary")) for row in rows if row.key not in claims}
    invoices = _invoices({*(key for keys in claims.values() for key in keys), *named.values()} - {""})
    orders = _orders({str(row.row.get("purchaseOrderId") or "") for row in rows} - {""})
    return [
        _bill(row, [invoices[k] for k in claims.get(row.key, ()) if k in invoices], invoices, named, orders)
        for row in rows
    ]


def unbilled() -> QuerySet[Delivery]:
    """The newest versions of SAP invoices of which no bill came, or none that agrees; see `invoice_of`."""
    newer = Delivery.objects.filter(
        sync=OuterRef("sync"), source_key=OuterRef("source_key"), number__gt=OuterRef("number")
    )
    agreed = (State.DELIVERED, State.UNCHANGED, State.SUPERSEDED)
    return Delivery.objects.filter(sync__flow=INVOICES.name).exclude(state__in=agreed).exclude(Exists(newer))


def invoice_of(delivery: Delivery) -> Invoice:
    """What an invoice says of itself, and where it stands."""
    return _invoice({name: getattr(delivery, name) for name in _MEMBERS}, delivery.payload)


def write_bills(rows: QuerySet[Reference], out: TextIO) -> int:
    """The bills as CSV (UTF-8, one header line), in the order in which they were first read; returns how many."""
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(COLUMNS)
    count = 0
    for chunk in _chunks(rows.order_by("id").iterator(CHUNK)):
        lines.writerows([_cell(value) for value in _line(bill)] for bill in shown(chunk))
        count += len(chunk)
    return count


def write_unbilled(rows: QuerySet[Delivery], out: TextIO) -> int:
    """The invoices without a bill as CSV, oldest posting first; returns how many."""
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(Invoice.__slots__)
    count = 0
    for delivery in rows.order_by("payload__PostingDate", "source_key").iterator(CHUNK):
        one = invoice_of(delivery)
        lines.writerow([_cell(getattr(one, name)) for name in Invoice.__slots__])
        count += 1
    return count


COLUMNS = (
    "bill", "type", "numbers", "vendor", "business_unit", "job_number", "billed_on", "due_on", "amount", "tax",
    "shipping", "status", "sync_status", "sap_order", "sap_invoice", "invoice_state", "explanation",
)  # fmt: skip
_MEMBERS = ("source_key", "state", "code", "reason")


def _line(found: Bill) -> tuple[object, ...]:
    bill = found.bill
    return (
        bill.id, bill.type, " ".join(bill.numbers), bill.vendor, found.business_unit, found.job_number, bill.billed_on,
        bill.due_on, bill.amount, bill.tax, bill.shipping, bill.status, bill.sync_status, found.sap_order,
        " ".join(one.key for one in found.invoices), " ".join(one.state for one in found.invoices),
        found.why_none or " ".join(one.reason for one in found.invoices if one.reason),
    )  # fmt: skip


def _cell(value: object) -> str:
    """Amounts as plain decimals; a text that a spreadsheet would take for a formula is marked as text."""
    if isinstance(value, Decimal):
        return plain(value)
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _chunks(rows: Iterable[Reference]) -> Iterator[list[Reference]]:
    each = iter(rows)
    while chunk := list(islice(each, CHUNK)):
        yield chunk


def _claims(keys: Collection[str]) -> dict[str, list[str]]:
    """The invoices that are linked to bills, by bill."""
    found: dict[str, list[str]] = {}
    links = Link.objects.filter(flow=BILLS, target_key__in=keys).order_by("source_key")
    for bill, source in links.values_list("target_key", "source_key"):
        invoice = source.partition("#")[0]
        if invoice not in found.setdefault(bill, []):
            found[bill].append(invoice)
    return found


def _invoices(keys: Collection[str]) -> dict[str, Invoice]:
    """Where invoices stand, by key."""
    newest = Delivery.objects.filter(sync__flow=INVOICES.name, source_key__in=keys)
    members = (*_MEMBERS, *(f"payload__{field}" for field in _HEADER.values()))
    rows = newest.order_by("source_key", "-number").distinct("source_key").values(*members)
    return {row["source_key"]: _invoice(row, {f: row[f"payload__{f}"] for f in _HEADER.values()}) for row in rows}


def _invoice(standing: Mapping[str, Any], header: Mapping[str, Any]) -> Invoice:
    said = {name: str(header.get(field) or "") for name, field in _HEADER.items()}
    return Invoice(
        key=standing["source_key"],
        number=said["number"].strip(),
        supplier=said["supplier"],
        gross=decimal(said["gross"] or "0"),
        currency=said["currency"],
        posted_on=said["posted_on"],
        state=standing["state"],
        code=standing["code"],
        reason=standing["reason"],
    )


def _orders(keys: Collection[str]) -> dict[str, str]:
    """SAP's numbers of orders in ServiceTitan."""
    links = Link.objects.filter(flow="purchase-orders", target_key__in=keys)
    return dict(links.values_list("target_key", "source_key"))


def _bill(
    row: Reference,
    own: Sequence[Invoice],
    invoices: Mapping[str, Invoice],
    named: Mapping[str, str],
    orders: Mapping[str, str],
) -> Bill:
    bill = from_servicetitan(row.row)
    order = orders.get(bill.purchase_order, "")
    return Bill(
        id=row.pk,
        bill=bill,
        business_unit=str((row.row.get("businessUnit") or {}).get("name") or ""),
        job_number=str(row.row.get("jobNumber") or ""),
        sap_order=order,
        invoices=tuple(own),
        why_none="" if own else _why_none(bill, order, invoices.get(named.get(row.key, ""))),
        refreshed_at=row.refreshed_at,
    )


def _why_none(bill: ApBill, order: str, named: Invoice | None) -> str:
    if named is not None:
        return f"SAP invoice {named.key} made it and is {named.state.replace('_', ' ')}: {named.reason}".rstrip(": ")
    if bill.is_canceled:
        return "It is cancelled."
    if not bill.purchase_order:
        return "It was entered in ServiceTitan without a purchase order."
    if not order:
        return "Its purchase order does not come from SAP."
    return f"Received in ServiceTitan; no SAP invoice over order {order} has been found for it yet."
