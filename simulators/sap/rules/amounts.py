"""Amounts that follow from others: net amounts of order items and of what hangs on them."""

from collections.abc import Mapping
from decimal import Decimal

from simulators.sap.store import Row
from simulators.sap.values import Value

CENT = Decimal("0.01")
_ZERO = Decimal(0)
_PRICING = frozenset(
    {
        "OrderQuantity",
        "NetPriceAmount",
        "NetPriceQuantity",
        "OrderPriceUnitToOrderUnitNmrtr",
        "OrdPriceUnitToOrderUnitDnmntr",
    }
)


def net_amount(item: Row) -> Decimal:
    """Quantity in price units times price, per price quantity, in whole cents.

    Order quantity times numerator by denominator is the quantity in the order price unit.
    """
    quantity: Decimal = item["OrderQuantity"]
    numerator, denominator = item["OrderPriceUnitToOrderUnitNmrtr"], item["OrdPriceUnitToOrderUnitDnmntr"]
    if numerator and denominator:
        quantity = quantity * numerator / denominator
    price: Decimal = item["NetPriceAmount"] / (item["NetPriceQuantity"] or Decimal(1))
    return (quantity * price).quantize(CENT)


def reprice(row: Row, changed: Mapping[str, Value]) -> None:
    """Bring an order item and its dependent rows up to date after a change of quantity or price."""
    if row.table.name != "PurchaseOrderItem" or not _PRICING & set(changed):
        return
    if "NetAmount" not in changed:
        for column in ("NetAmount", "GrossAmount", "EffectiveAmount"):
            row[column] = net_amount(row)
    spread(row)
    if "OrderQuantity" in changed:
        _reschedule(row)


def spread(item: Row) -> None:
    """Distribute quantity and amount over the account assignments, by quantity (1) or by percentage (2)."""
    lines = item.children("PurchaseOrderAccount")
    whole = sum((line["Quantity"] for line in lines), _ZERO)
    by_quantity = len(lines) > 1 and item["MultipleAcctAssgmtDistribution"] == "1" and whole
    for line in lines:
        percent: Decimal = line["MultipleAcctAssgmtDistrPercent"]
        share = percent / 100 if percent and len(lines) > 1 else Decimal(1)
        share = line["Quantity"] / whole if by_quantity else share
        line["Quantity"] = (item["OrderQuantity"] * share).quantize(Decimal("0.001")).normalize()
        line["PurgDocNetAmount"] = (item["NetAmount"] * share).quantize(CENT)


def _reschedule(item: Row) -> None:
    left: Decimal = item["OrderQuantity"]
    lines = item.children("PurchaseOrderSchedule")
    for place, line in enumerate(lines):
        part = left if place == len(lines) - 1 else min(left, line["ScheduleLineOrderQuantity"])
        line["ScheduleLineOrderQuantity"] = line["OpenPurchaseOrderQuantity"] = part
        left = max(_ZERO, left - part)
