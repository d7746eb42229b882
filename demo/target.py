"""What ServiceTitan holds, read on its control side: orders by SAP number, vendors by SAP supplier, writes."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from typing import Any

from demo.remote import Remote
from demo.world import TENANT

SAP_NUMBER = re.compile(r"\ASAP (\d{10})\b")


class Target:
    """One tenant of the ServiceTitan simulator."""

    def __init__(self, remote: Remote) -> None:
        self.remote = remote
        self.read_again()

    def read_again(self) -> None:
        """Takes over what ServiceTitan holds now."""
        tables = self.remote.state()["tenants"][TENANT]
        self.vendors: dict[int, dict[str, Any]] = {row["id"]: row for row in tables["vendors"]}
        self.orders: list[dict[str, Any]] = tables["purchase-orders"]

    def supplier_of(self, vendor_id: int) -> str:
        """The SAP supplier number in a vendor's external data, "" where there is none."""
        external = self.vendors[vendor_id]["_external"]
        return next((pairs["sap-supplier"] for pairs in external.values() if "sap-supplier" in pairs), "")

    def vendors_by_supplier(self) -> Counter[str]:
        """How many vendors stand for each SAP supplier."""
        return Counter(filter(None, map(self.supplier_of, self.vendors)))

    def vendor_for(self, supplier: str) -> dict[str, Any]:
        """The vendor that stands for an SAP supplier."""
        return next(row for key, row in self.vendors.items() if self.supplier_of(key) == supplier)

    def orders_by_number(self, *, canceled: bool = False) -> Counter[str]:
        """How many orders stand for each SAP order, canceled ones or the others."""
        rows = (row for row in self.orders if (row["status"] == "Canceled") is canceled)
        return Counter(found[1] for row in rows if (found := SAP_NUMBER.match(row["summary"] or "")))

    def order_for(self, number: str) -> dict[str, Any]:
        """The newest order that stands for an SAP order."""
        return [row for row in self.orders if (row["summary"] or "").startswith(f"SAP {number} ")][-1]

    def writes_since(self, mark: int) -> list[str]:
        """Method and path of every write after a mark; signing in is none."""
        seen = self.remote.requests_since(mark)
        return [f"{row['method']} {row['path']}" for row in seen if row["method"] != "GET" and row["route"] != "token"]


def total(order: dict[str, Any]) -> Decimal:
    """Quantity times cost over an order's lines."""
    lines = order["items"]
    return sum((Decimal(str(line["quantity"])) * Decimal(str(line["cost"])) for line in lines), Decimal(0))
