"""Receipts of ServiceTitan: whose they are, how much of an invoice they hold already, and the one for the rest.

People receive, order types receive by themselves, and we do, so the active receipts of an order are read before one is
posted. A receipt of ours says in its memo which invoice it is of; another one is claimed by a link, and where two
invoices claim one in the same moment, the lower key has it. Source: ServiceTitan Inventory V2 OpenAPI (receipts).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.errors import Misconfigured
from integrations.flow import Lookups, Row
from integrations.vocabulary.money import decimal, line_cost, plain, rounded
from integrations.vocabulary.sap_invoices import Line, Portion
from integrations.vocabulary.servicetitan_orders import line_cost_in
from integrations.vocabulary.texts import conversion, line_number, one_line

CENT = Decimal("0.01")
_OWNER = re.compile(r"SAP invoice (\d+/\d{4})\b")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line of an invoice as a receipt takes it: `quantity` in the unit of the order's line `id`."""

    id: str
    line: Line
    quantity: Decimal
    ordered: Row


@dataclass(frozen=True, slots=True)
class Held:
    """The receipts that hold an invoice's goods of one order, those of nobody else's that do not, and what is open.

    `rest` has the quantity that no receipt holds, by line; `strangers` are receipts of people that fit no invoice yet.
    """

    receipts: tuple[Row, ...]
    strangers: tuple[Row, ...]
    rest: Mapping[str, Decimal]


def wanted(portion: Portion, order: Row, ids: Mapping[str, str]) -> list[Wanted]:
    """The lines of an invoice on the lines of the order, by the link's crosswalk `ids`. Raises Misconfigured."""
    items = {str(item["id"]): item for item in order.get("items") or ()}
    found = []
    for line in portion.lines:
        item = items.get(ids.get(line.item, ""))
        if item is None:
            raise Misconfigured(f"Item {line.item} of order {portion.order} has no line there.", code="line-not-there")
        quantity = line.quantity * conversion(item.get("description")).numerator
        quantity /= conversion(item.get("description")).denominator
        found.append(Wanted(str(item["id"]), line, Decimal(plain(rounded(quantity, 6))), item))
    return found


def owner_of(receipt: Row, flow: str, lookups: Lookups) -> str:
    """The key of the invoice that a receipt is of, "" for none: as its memo says, else as the links say."""
    claims = [key.split("#")[0] for key in lookups.sources(flow, str(receipt["id"]))]
    return invoice_named(receipt.get("memo")) or min(claims, default="")


def invoice_named(text: object) -> str:
    """The key of the SAP invoice that a memo of ours names, "" for none. A bill has the memo as its summary."""
    named = _OWNER.search(str(text or ""))
    return named[1] if named else ""


def is_ours(receipt: Row) -> bool:
    """Whether this product posted it."""
    return bool(invoice_named(receipt.get("memo")))


def held(lines: Sequence[Wanted], number: str, mine: Sequence[Row], free: Sequence[Row]) -> Held:
    """What receipts hold of these lines: mine, then free ones with the supplier's number, then those that fit."""
    rest = {line.id: line.quantity for line in lines}
    for receipt in mine:
        _take(receipt, rest)
    taken, strangers = list(mine), []
    for receipt in sorted(free, key=lambda row: (not has_number(row, number), int(row["id"]))):
        blank = not one_line(receipt.get("vendorInvoiceNumber"))
        if has_number(receipt, number) or (blank and _fits(receipt, rest)):
            _take(receipt, rest)
            taken.append(receipt)
        else:
            strangers.append(receipt)
    touching = tuple(row for row in strangers if _quantities(row).keys() & {key for key, left in rest.items() if left})
    return Held(tuple(taken), touching, {key: left for key, left in rest.items() if left > 0})


def open_quantities(order: Row, receipts: Iterable[Row]) -> dict[str, Decimal]:
    """What is not received yet of each line of an order, by its active receipts."""
    left = {str(item["id"]): decimal(item.get("quantity")) for item in order.get("items") or ()}
    for receipt in receipts:
        for key, quantity in _quantities(receipt).items():
            left[key] = left.get(key, Decimal(0)) - quantity
    return left


def receipt_for(
    portion: Portion, lines: Sequence[Wanted], found: Held, order: Row, options: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The members of ReceivePurchaseOrderRequest for what no receipt holds, and what their costs cannot hold."""
    items, notes = [], []
    for line in lines:
        left = found.rest.get(line.id, Decimal(0))
        if left:
            amount = line.line.amount if left == line.quantity else rounded(line.line.amount * left / line.quantity, 2)
            cost, note = line_cost_in(options, line.line.item, amount, left)
            items.append(_item(line, left, cost))
            notes += [note] if note else []
    body = {
        "purchaseOrderId": str(order["id"]),
        "tax": _left(portion.tax, found.receipts, "taxAmount"),
        "shipping": _left(portion.shipping, found.receipts, "shippingAmount"),
        "items": items,
    }
    return body, tuple(notes)


def rounding(lines: Iterable[Wanted], decimals: int) -> Decimal:
    """How far a bill may be from the invoice: what costs cannot hold, and a cent for each line of which that is so."""
    lost = (line_cost(line.line.amount, line.quantity, decimals=decimals).remainder for line in lines)
    return sum((abs(remainder) + CENT for remainder in lost if remainder), Decimal(0))


def _item(line: Wanted, quantity: Decimal, cost: str) -> dict[str, Any]:
    """A line of a receipt; the budget code of the order's line goes along."""
    budget = line.ordered.get("budgetCodeId")
    return {
        "purchaseOrderItemId": line.id,
        "skuId": str(line.ordered["skuId"]),
        "description": str(line.ordered.get("description") or ""),
        "quantity": plain(quantity),
        "cost": cost,
        **({"budgetCodeId": str(budget)} if budget else {}),
    }


def observed(row: Row) -> dict[str, Any]:
    """The members of a receipt that we write, as read, by the names they are written with."""
    return {
        "purchaseOrderId": str(row.get("purchaseOrderId") or ""),
        "vendorDocumentNumber": one_line(row.get("vendorInvoiceNumber")),
        "dateReceived": str(row.get("receivedOn") or "")[:10],
        "tax": plain(decimal(row.get("taxAmount"))),
        "shipping": plain(decimal(row.get("shippingAmount"))),
        "memo": one_line(row.get("memo")),
        "items": [_shown(item) for item in row.get("items") or ()],
        "active": row.get("active") is not False,
    }


def expected(body: Row) -> dict[str, Any]:
    """What `observed` shows once this body has been written."""
    names = {"vendorInvoiceNumber": "vendorDocumentNumber", "receivedOn": "dateReceived", "taxAmount": "tax"}
    names["shippingAmount"] = "shipping"
    shown = observed({**body, **{read: body[written] for read, written in names.items()}})
    return {name: shown[name] for name in body if name in shown}


def worth(row: Row) -> Decimal | None:
    """What a receipt of ours comes to, with tax and shipping; None for one of people's, which may hold other goods."""
    if not is_ours(row):
        return None
    lines = (decimal(item.get("quantity")) * decimal(item.get("cost")) for item in row.get("items") or ())
    total = sum(lines, decimal(row.get("taxAmount")) + decimal(row.get("shippingAmount")))
    return Decimal(0) if is_gone(row) else total


def is_gone(row: Row) -> bool:
    """A cancelled receipt is inactive, for good."""
    return row.get("active") is False


def item_ids(row: Row) -> dict[str, str]:
    """Order item to receipt item, as the descriptions say."""
    found = {line_number(item.get("description")): str(item.get("id")) for item in row.get("items") or ()}
    return {number: key for number, key in found.items() if number}


def _shown(item: Row) -> dict[str, str]:
    numbers = {name: plain(decimal(item.get(name))) for name in ("quantity", "cost")}
    return {"purchaseOrderItemId": str(item.get("purchaseOrderItemId")), "skuId": str(item.get("skuId")), **numbers}


def has_number(receipt: Row, number: str) -> bool:
    """Whether a receipt bears the supplier's number, in whatever case."""
    return bool(number) and one_line(receipt.get("vendorInvoiceNumber")).casefold() == number.casefold()


def _quantities(receipt: Row) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for item in receipt.get("items") or ():
        key = str(item.get("purchaseOrderItemId"))
        found[key] = found.get(key, Decimal(0)) + decimal(item.get("quantity"))
    return found


def _fits(receipt: Row, rest: Mapping[str, Decimal]) -> bool:
    quantities = _quantities(receipt)
    return bool(quantities) and all(left <= rest.get(key, Decimal(0)) for key, left in quantities.items())


def _take(receipt: Row, rest: dict[str, Decimal]) -> None:
    for key, quantity in _quantities(receipt).items():
        if key in rest:
            rest[key] -= quantity


def _left(amount: Decimal, rows: Iterable[Row], member: str) -> str:
    return plain(max(amount - sum((decimal(row.get(member)) for row in rows), Decimal(0)), Decimal(0)))
