"""An order or a requisition of SAP that is written from outside: its body, what of it is compared, where it stands.

Field names are those of the V4 services API_PURCHASEORDER_2 and API_PURCHASEREQUISITION_2; the writer spells them as
the tenant's version does. Prices are compared per unit, whatever quantity they are stated for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from integrations.flow import Row
from integrations.vocabulary.money import currency_decimals, decimal, plain, rounded

Standing = Literal["open", "released", "rejected", "deleted"]

LONGEST_TEXT = 40
_PRICE_QUANTITIES = (1, 10, 100, 1000)
# PurchasingProcessingStatus and PurReqnReleaseStatus: active without a release procedure, release completed; rejected.
_RELEASED, _REJECTED = {"02", "05", ""}, "08"
_DELETED = "L"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A line to order. Without a `material` it is a text of the `material_group`. `unit_price` is per unit."""

    number: str
    text: str
    material: str
    material_group: str
    vendor_part: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    plant: str
    cost_center: str
    required_on: str
    job: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What is ordered of a supplier. `type` is the order type or the requisition type."""

    type: str
    name: str
    supplier: str
    company_code: str
    purchasing_organization: str
    purchasing_group: str
    currency: str
    ordered_on: str
    gl_account: str
    items: Sequence[Item]


def order_body(purchase: Purchase) -> dict[str, Any]:
    """The members of a new purchase order with everything below it."""
    return {
        "PurchaseOrderType": purchase.type,
        "CompanyCode": purchase.company_code,
        "PurchasingOrganization": purchase.purchasing_organization,
        "PurchasingGroup": purchase.purchasing_group,
        "Supplier": purchase.supplier,
        "DocumentCurrency": purchase.currency,
        **({"PurchaseOrderDate": purchase.ordered_on} if purchase.ordered_on else {}),
        "items": [_order_item(purchase, item) for item in purchase.items],
    }


def _order_item(purchase: Purchase, item: Item) -> dict[str, Any]:
    price, per = price_of(item.unit_price, purchase.currency)
    schedule = {"ScheduleLine": "1", "ScheduleLineDeliveryDate": item.required_on}
    return {
        "PurchaseOrderItem": item.number,
        "PurchaseOrderItemText": item.text[:LONGEST_TEXT],
        **_what(item),
        **({"SupplierMaterialNumber": item.vendor_part} if item.vendor_part else {}),
        "Plant": item.plant,
        "OrderQuantity": plain(item.quantity),
        "PurchaseOrderQuantityUnit": item.unit,
        "NetPriceAmount": price,
        "NetPriceQuantity": per,
        "DocumentCurrency": purchase.currency,
        "AccountAssignmentCategory": "K",
        **item.job,
        "account_assignments": [_account(purchase, item)],
        **(
            {"schedule_lines": [{**schedule, "ScheduleLineOrderQuantity": plain(item.quantity)}]}
            if item.required_on
            else {}
        ),
    }


def requisition_body(purchase: Purchase) -> dict[str, Any]:
    """The members of a new purchase requisition with everything below it."""
    return {
        "PurchaseRequisitionType": purchase.type,
        "PurReqnDescription": purchase.name[:LONGEST_TEXT],
        "items": [_requisition_item(purchase, item) for item in purchase.items],
    }


def _requisition_item(purchase: Purchase, item: Item) -> dict[str, Any]:
    price, per = price_of(item.unit_price, purchase.currency)
    return {
        "PurchaseRequisitionItem": item.number,
        "PurchaseRequisitionItemText": item.text[:LONGEST_TEXT],
        **_what(item),
        "Plant": item.plant,
        "CompanyCode": purchase.company_code,
        "PurchasingOrganization": purchase.purchasing_organization,
        "PurchasingGroup": purchase.purchasing_group,
        "FixedSupplier": purchase.supplier,
        "RequestedQuantity": plain(item.quantity),
        "BaseUnit": item.unit,
        "PurchaseRequisitionPrice": price,
        "PurReqnPriceQuantity": per,
        "PurReqnItemCurrency": purchase.currency,
        **({"DeliveryDate": item.required_on} if item.required_on else {}),
        "AccountAssignmentCategory": "K",
        **item.job,
        "account_assignments": [_account(purchase, item)],
    }


def _what(item: Item) -> dict[str, str]:
    return {"Material": item.material} if item.material else {"MaterialGroup": item.material_group}


def _account(purchase: Purchase, item: Item) -> dict[str, str]:
    account = {"AccountAssignmentNumber": "1", "CostCenter": item.cost_center}
    return {**account, **({"GLAccount": purchase.gl_account} if purchase.gl_account else {})}


def price_of(unit_price: Decimal, currency: str) -> tuple[str, str]:
    """A price in whole smallest units of the currency, and the quantity it is for: "123.4" for "1000"."""
    places = currency_decimals(currency)
    for per in _PRICE_QUANTITIES:
        price = rounded(unit_price * per, places)
        if price == unit_price * per:
            break
    return plain(price), str(per)


def observed(row: Row) -> dict[str, Any]:
    """What is compared of an order or a requisition as read, or as it is written."""
    items = [item for item in row.get("items") or () if not _is_deleted_item(item)]
    suppliers = {str(item.get("FixedSupplier") or item.get("Supplier") or "") for item in items}
    return {
        "supplier": str(row.get("Supplier") or "") or " ".join(sorted(suppliers)),
        "items": {number_of(item): _observed_item(item) for item in items},
        "deleted": standing(row) == "deleted",
    }


def _observed_item(item: Row) -> dict[str, str]:
    price = decimal(item.get("NetPriceAmount") or item.get("PurchaseRequisitionPrice"))
    per = decimal(item.get("NetPriceQuantity") or item.get("PurReqnPriceQuantity")) or Decimal(1)
    centers = {str(one.get("CostCenter") or "") for one in item.get("account_assignments") or ()}
    return {
        "material": str(item.get("Material") or ""),
        "plant": str(item.get("Plant") or ""),
        "quantity": plain(decimal(item.get("OrderQuantity") or item.get("RequestedQuantity"))),
        "unit price": plain(price / per),
        "cost center": " ".join(sorted(centers)),
    }


def number_of(item: Row) -> str:
    """The number of an item of either kind."""
    return str(item.get("PurchaseOrderItem") or item.get("PurchaseRequisitionItem") or "")


def standing(row: Row) -> Standing:
    """Whether SAP has released it, refused the release, deleted it, or none of these yet."""
    items = list(row.get("items") or ())
    living = [item for item in items if not _is_deleted_item(item)]
    if row.get("PurchaseOrderDeletionCode") == _DELETED or (items and not living):
        return "deleted"
    parts = [row] if "PurchasingProcessingStatus" in row else living
    states = {str(part.get("PurchasingProcessingStatus") or part.get("PurReqnReleaseStatus") or "") for part in parts}
    if _REJECTED in states:
        return "rejected"
    incomplete = any(part.get("ReleaseIsNotCompleted") or part.get("PurchasingCompletenessStatus") for part in parts)
    return "released" if states and states <= _RELEASED and not incomplete else "open"


def _is_deleted_item(item: Row) -> bool:
    return item.get("PurchasingDocumentDeletionCode") == _DELETED or bool(item.get("IsDeleted"))
