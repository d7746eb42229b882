"""Purchase order requests of ServiceTitan: ordered in SAP, approved, and linked to the order that appears."""

from __future__ import annotations

from collections import Counter
from typing import Any

from demo.chapter import Chapter, Scene, States

FLOW, KIND = "purchase-order-requests", "purchase-order-requests"
SKU, BUSINESS_UNIT, WAREHOUSE = 22027, 22001, 22017  # HV-10002, cost center 10101101, plant 1710


class Requests(Chapter):
    """One request is ordered; one names a vendor that SAP does not know, and is rejected in the end."""

    def bend(self) -> None:
        """Somebody asks for something of a vendor that SAP does not know."""
        strangers = [row for row in self.world.rows("vendors") if not row["_external"]]
        self.stranger = next(row["id"] for row in strangers if row["address"]["city"] == "Elsewhere")
        self.unknown, self.request = self._raise(self.stranger), ""

    def states(self) -> States:
        """The request that nobody can order waits until somebody rejects it."""
        states = {self.unknown: "not_transferable" if self.world.answered else "waiting"}
        return {FLOW: states | ({self.request: "delivered"} if self.request else {})}

    def is_settled(self, scene: Scene) -> bool:
        """The order that SAP made of it has come back."""
        if self.world.answered and scene.books.states(FLOW).get(self.unknown) == "waiting":
            scene.books.replay(FLOW, self.unknown)
        number = scene.books.links(FLOW).get(self.request, "")
        return not self.request or scene.books.states("purchase-orders").get(number) == "delivered"

    def claims(self, scene: Scene) -> None:
        """SAP has one order for each request that could be ordered."""
        orders = [row for row in self.world.sap.state()["PurchaseOrder"] if row.get("CorrespncInternalReference")]
        scene.checks.equal("SAP has one order for each request", len(orders), int(bool(self.request)))
        doubled = [found for found in self.world.sap.call("GET", "duplicates").values() if found]
        scene.checks.equal("and none twice", doubled, [])

    def change(self, scene: Scene) -> Counter[str]:
        """Somebody asks for something of a vendor that SAP knows."""
        scene.target.read_again()
        self.request = self._raise(scene.target.vendor_for(self.world.known_already)["id"])
        return Counter(
            {
                "sap POST API_PURCHASEORDER_2/PurchaseOrder": 1,
                "servicetitan PATCH PurchaseOrders_ApproveRequest": 1,
                "servicetitan PATCH PurchaseOrders_Update": 1,
            }
        )

    def changed(self, scene: Scene) -> None:
        """It is approved, and the order that appeared is the one of SAP."""
        (row,) = (row for row in self.world.rows(KIND) if str(row["id"]) == self.request)
        scene.checks.equal(f"request {row['requestNumber']} is approved", row["requestStatus"], "Approved")
        number = scene.books.links(FLOW).get(self.request, "")
        scene.checks.equal(f"SAP ordered it as {number}", number in self.world.orders, True)

    def answer(self, scene: Scene) -> None:
        """A manager rejects the request that waits."""
        self.world.servicetitan.call("POST", "decide", {"id": int(self.unknown), "approve": False})

    def _raise(self, vendor: int) -> str:
        item = {"skuId": SKU, "description": "Air filter large", "quantity": "4", "cost": "12.5"}
        values: dict[str, Any] = {"vendorId": vendor, "businessUnitId": BUSINESS_UNIT, "items": [item]}
        values |= {"inventoryLocationId": WAREHOUSE, "date": "2026-03-02T00:00:00Z", "summary": "For the boiler room"}
        return str(self.world.enter(KIND, {**values, "requiredOn": "2026-03-09T00:00:00Z"})["id"])
