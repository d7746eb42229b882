"""What SAP says about a requisition's items: which may become an order, who delivers, who pays, what came of them.

Field names are those of the V4 service API_PURCHASEREQUISITION_2; V2 rows are read under the same names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from integrations.flow import Row
from integrations.vocabulary import sap_orders
from integrations.vocabulary.money import Price, decimal, plain

JOB_FIELDS = ("RequisitionerName", "RequirementTracking", "PurReqnExternalReference", "PurReqnItemExternalReference")
"""Fields of an item that may carry a job number."""

NOT_RELEASED, ORDERED = "not-released", "ordered"
# PurReqnReleaseStatus: active without a release procedure, release completed. Where none is said, the flag decides.
_RELEASED = {"02", "05", ""}


def order_of(row: Row) -> str:
    """The order that the item was turned into, "" while it was not.

    Quantities may be ordered one after the other; the item then names the last order.
    """
    return str(row["PurchasingDocument"])


def supplier(row: Row) -> str:
    """The fixed supplier, else the desired one, "" where there is neither."""
    return str(row["FixedSupplier"] or row["Supplier"])


def obstacle(row: Row) -> tuple[str, str] | None:
    """The first reason why an item does not become an order now, with a code for it; None if there is none."""
    return next(_obstacles(row), None)


def _obstacles(row: Row) -> Iterator[tuple[str, str]]:
    item = f"Item {row['PurchaseRequisitionItem']}"
    if order_of(row):
        yield ORDERED, f"{item} is ordered with {order_of(row)}{_rest(row)}."
    if decimal(row["OrderedQuantity"]):
        yield ORDERED, f"{item} is ordered{_rest(row)}."
    if row["IsDeleted"]:
        yield "deleted", f"{item} is deleted."
    if row["IsClosed"]:
        yield "closed", f"{item} is closed."
    if (row["PurReqnReleaseStatus"] or "") not in _RELEASED or row["ReleaseIsNotCompleted"]:
        yield NOT_RELEASED, f"{item} is not released (processing state {row['PurReqnReleaseStatus']})."
    if row["SupplyingPlant"]:
        yield "stock-transport", f"{item} moves stock between plants; there is no vendor."
    if kind := sap_orders.peculiarity(_as_ordered(row)):
        yield kind.replace(" ", "-"), f"{item} is a {kind}."


def is_service(row: Row) -> bool:
    """Whether the item asks for a service (product type group 2)."""
    return sap_orders.is_service(row)


def _rest(row: Row) -> str:
    ordered, requested = decimal(row["OrderedQuantity"]), decimal(row["RequestedQuantity"])
    if not ordered or ordered >= requested:
        return ""
    return f" in part ({plain(ordered)} of {plain(requested)}); the rest is left to its next order"


def _as_ordered(row: Row) -> Mapping[str, Any]:
    """The item under the names that items of orders have."""
    return {
        "IsReturnsItem": False,
        "PurchaseOrderItemCategory": row["PurchasingDocumentItemCategory"],
        "OrderQuantity": row["RequestedQuantity"],
    }


def net_amount(row: Row) -> Decimal:
    """The item's net amount; price times quantity in price units where SAP states none."""
    price = Price(amount=decimal(row["PurchaseRequisitionPrice"]), per=decimal(row["PurReqnPriceQuantity"]))
    stated = decimal(row["ItemNetAmount"])
    return stated or price.net_amount(decimal(row["RequestedQuantity"]), row["PurReqnItemCurrency"])


def cost_centers(row: Row, amount: Decimal) -> tuple[tuple[str, Decimal], ...]:
    """Cost centers of an item with their amounts: as SAP states them, else by percentage, quantity or equal parts."""
    accounts = [account | {"PurgDocNetAmount": account["PurReqnNetAmount"]} for account in row["account_assignments"]]
    return tuple(sap_orders.cost_centers(accounts, amount))
