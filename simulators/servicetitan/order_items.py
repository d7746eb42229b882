"""Items of purchase orders, and their sums."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from simulators.servicetitan.checks import stamp
from simulators.servicetitan.table import Data
from simulators.servicetitan.tenant import Tenant

CENT = Decimal("0.01")


def money(amount: Decimal) -> Decimal:
    """Rounded to cents."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def total(data: Data) -> Decimal:
    """Items, tax and shipping."""
    return money(sum((item["total"] for item in data["items"]), Decimal()) + data["tax"] + data["shipping"])


def new_item(tenant: Tenant, body: dict[str, Any]) -> Data:
    """An item as answers show it, from a checked body."""
    found = tenant.sku(body["skuId"])
    if found is None:
        raise LookupError("items are checked before they are stored")
    kind, sku = found
    now = stamp(tenant.clock.now())
    return {
        "id": tenant.next_id(),
        "skuId": body["skuId"],
        "description": body["description"],
        "createdOn": now,
        "modifiedOn": now,
        "skuName": sku.data.get("displayName") or "",
        "skuCode": sku.data["code"],
        "skuType": kind,
        "vendorPartNumber": body["vendorPartNumber"],
        "quantity": body["quantity"],
        "quantityReceived": Decimal(),
        "cost": body["cost"],
        "total": money(body["quantity"] * body["cost"]),
        "serialNumbers": [],
        "status": "Pending",
        "chargeable": False,
        "budgetCodeId": body.get("budgetCodeId"),
    }
