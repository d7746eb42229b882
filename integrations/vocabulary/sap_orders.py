"""What SAP says about an order: whether it may go over, what its items cost, who pays for them, when they are due.

Field names are those of the V4 service API_PURCHASEORDER_2; V2 rows are read under the same names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from integrations.flow import Row
from integrations.vocabulary.money import Price, decimal

# PurchaseOrderItemCategory, as written and as stored: limits have no quantity, stock transports no vendor.
_LIMIT, _STOCK_TRANSPORT = {"A", "B", "1"}, {"U", "7"}
_STOCK_TRANSPORT_ORDER = "UB"
_SERVICE = "2"
# PurchasingProcessingStatus: active without a release procedure, release completed. Where none is said, flags decide.
_RELEASED = {"02", "05", ""}
JOB_FIELDS = ("RequisitionerName", "RequirementTracking")
"""Fields of an item that may carry a job number; RequirementTracking is read from V4 only."""

_DELETED, _LOCKED = "L", "S"


def is_deleted(row: Row) -> bool:
    """Whether the order is deleted, as a whole or item by item. An order without items is not: it was not read."""
    return row["PurchaseOrderDeletionCode"] == _DELETED or bool(row["items"] and not living_items(row))


def living_items(row: Row) -> list[Row]:
    """The items that are not deleted."""
    return [item for item in row["items"] if item["PurchasingDocumentDeletionCode"] != _DELETED]


def is_complete(row: Row) -> bool:
    """Whether the order is over: each item is delivered and invoiced, as far as that is expected."""
    return bool(row["items"]) and all(_is_complete(item) for item in living_items(row))


def _is_complete(item: Row) -> bool:
    delivered = item["IsCompletelyDelivered"] or not item["GoodsReceiptIsExpected"]
    invoiced = item["IsFinallyInvoiced"] or not item["InvoiceIsExpected"]
    return bool(delivered and invoiced and (item["IsCompletelyDelivered"] or item["IsFinallyInvoiced"]))


def obstacle(row: Row) -> tuple[str, str] | None:
    """The first reason why an order cannot go over as it is now, with a code for it; None if there is none."""
    return next(_obstacles(row, living_items(row)), None)


def _obstacles(row: Row, items: list[Row]) -> Iterator[tuple[str, str]]:
    status = row["PurchasingProcessingStatus"] or ""
    if status not in _RELEASED or row["ReleaseIsNotCompleted"] or row["PurchasingCompletenessStatus"]:
        yield "not-released", f"It is not released or not complete (processing status {status})."
    if _LOCKED in (row["PurchaseOrderDeletionCode"], *(item["PurchasingDocumentDeletionCode"] for item in items)):
        yield "locked", "It is locked in SAP."
    if row["PurchaseOrderType"] == _STOCK_TRANSPORT_ORDER or row["SupplyingPlant"]:
        yield "stock-transport", "It moves stock between plants; there is no vendor."
    if not items:
        yield "no-items", "It has no items."
    for item in items:
        if kind := peculiarity(item):
            yield kind.replace(" ", "-"), f"Item {item['PurchaseOrderItem']} is a {kind}."


def net_amount(row: Row, currency: str) -> Decimal:
    """The item's net amount, as V4 states it; V2 states none: price times quantity in price units, rounded.

    One order unit is OrderPriceUnitToOrderUnitNmrtr / OrdPriceUnitToOrderUnitDnmntr price units.
    """
    if row["PurchasingItemIsFreeOfCharge"]:
        return Decimal(0)
    if row["NetAmount"] is not None:
        return decimal(row["NetAmount"])
    price = Price(
        amount=decimal(row["NetPriceAmount"]),
        per=decimal(row["NetPriceQuantity"]),
        numerator=decimal(row["OrderPriceUnitToOrderUnitNmrtr"]),
        denominator=decimal(row["OrdPriceUnitToOrderUnitDnmntr"]),
    )
    return price.net_amount(decimal(row["OrderQuantity"]), currency)


def cost_centers(rows: Sequence[Row], amount: Decimal) -> Iterator[tuple[str, Decimal]]:
    """Cost centers of an item with their amounts: as SAP states them, else by percentage, quantity or equal parts."""
    alive = [row for row in rows if not row["IsDeleted"]]
    quantities = sum((decimal(row["Quantity"]) for row in alive), Decimal(0))
    for row in alive:
        share = decimal(row["Quantity"]) / quantities if quantities else Decimal(1) / len(alive)
        percent = decimal(row["MultipleAcctAssgmtDistrPercent"]) or share * 100
        if row["CostCenter"]:
            yield row["CostCenter"], decimal(row["PurgDocNetAmount"]) or amount * percent / 100


def first_delivery(rows: Sequence[Row]) -> str:
    """The earliest delivery date of an item's schedule lines, "" where none has one."""
    return min((row["ScheduleLineDeliveryDate"] for row in rows if row["ScheduleLineDeliveryDate"]), default="")


def is_service(row: Row) -> bool:
    """Whether the item buys a service (product type group 2)."""
    return bool(row["ProductTypeCode"] == _SERVICE)


def peculiarity(row: Row) -> str:
    """What makes an item no ordinary purchase: "returns item", "limit item", ...; "" if nothing does."""
    kinds = {
        "returns item": row["IsReturnsItem"],
        "limit item": row["PurchaseOrderItemCategory"] in _LIMIT,
        "stock transport": row["PurchaseOrderItemCategory"] in _STOCK_TRANSPORT,
        "line without quantity": not decimal(row["OrderQuantity"]),
    }
    return next((kind for kind, holds in kinds.items() if holds), "")
