"""Supplier invoices over generated orders: whole and partial ones, with tax and freight, parked ones, credit memos."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from simulators.sap.rules.amounts import CENT
from simulators.sap.rules.invoices import FIRST_INVOICE, Draft, Line, make_invoice
from simulators.sap.rules.numbers import next_number
from simulators.sap.store import Row, Store
from simulators.sap.tenant import text_stamp
from simulators.sap.values import ticks_of

_HALF = Decimal("0.5")
_RATE = Decimal("8.25")
# Per mille of invoices, scaled by the world's ``oddities``; the rest are posted invoices over one order.
SHARES: dict[str, int] = {"parked": 40, "credit": 20, "subsequent": 10, "ledger": 30, "blocked": 20, "dearer": 20}


def invoices(store: Store, count: int, chance: Random, now: datetime, oddities: float) -> Iterator[Row]:
    """Invoices over orders that can be invoiced, oldest order first."""
    number = next_number(store, "SupplierInvoice", FIRST_INVOICE)
    orders = [order for order in store["PurchaseOrder"].everything() if _billable(order)]
    for place in range(min(count, len(orders))):
        order = orders[place * len(orders) // count if count < len(orders) else place]
        kind = _kind(chance, oddities)
        draft = _draft(order, kind, number + place, chance, now)
        invoice = make_invoice(store, number + place, draft)
        at = datetime.combine(draft.day, now.timetz()) - timedelta(seconds=chance.randrange(3_600))
        invoice["SuplrInvcLstChgDteTmeTxt"] = text_stamp(ticks_of(min(now, at)) + chance.randrange(10))
        yield invoice


def _billable(order: Row) -> bool:
    plain = order["PurchaseOrderType"] == "NB" and order["PurchasingProcessingStatus"] == "02"
    return bool(plain and not order["PurchaseOrderDeletionCode"] and _lines(order))


def _lines(order: Row) -> list[Row]:
    items = order.children("PurchaseOrderItem")
    return [item for item in items if not item["PurchasingDocumentDeletionCode"] and item["NetAmount"]]


def _kind(chance: Random, oddities: float) -> str:
    drawn = chance.random() * 1_000
    for name, share in SHARES.items():
        drawn -= share * oddities
        if drawn < 0:
            return name
    return ""


def _draft(order: Row, kind: str, number: int, chance: Random, now: datetime) -> Draft:
    ordered = order["PurchaseOrderDate"]
    day = min(now.date(), ordered + timedelta(days=chance.randrange(5, 50)))
    part = _HALF if kind == "credit" or chance.random() < 0.2 else Decimal(1)
    dearer = Decimal("1.05") if kind == "dearer" else Decimal(1)
    lines = [
        Line(item, item["OrderQuantity"] * part, (item["NetAmount"] * part * dearer).quantize(CENT))
        for item in _lines(order)
    ]
    if chance.random() < 0.08:
        freight = Decimal(chance.randrange(1_500, 20_000)) / 100
        lines.append(Line(lines[0].item, lines[0].quantity, freight, condition="FRB1"))
    return Draft(
        supplier=order["InvoicingParty"],
        company=order["CompanyCode"],
        currency=order["DocumentCurrency"],
        reference=f"INV-{70_000 + number % 10**6}",
        day=day,
        lines=[] if kind == "ledger" else lines,
        ledger=[("65300000", "10101101", Decimal("120.00"))] if kind == "ledger" else [],
        tax_rate=_RATE if chance.random() < 0.6 else Decimal(0),
        unplanned=Decimal("45.00") if chance.random() < 0.05 else Decimal(0),
        status="A" if kind == "parked" else "5",
        credit_memo=kind == "credit",
        subsequent=kind == "subsequent",
        more={"PaymentBlockingReason": "R"} if kind == "blocked" else {},
    )
