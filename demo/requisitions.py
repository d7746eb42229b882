"""Purchase requisitions of SAP: orders in ServiceTitan until SAP makes orders of them."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from typing import Any

from demo.chapter import Chapter, Scene, States

FLOW = "purchase-requisitions"
BORN = re.compile(r"\ASAP requisition (\d+):")


class Requisitions(Chapter):
    """One requisition becomes an order in SAP, one is changed, one has no supplier at first."""

    def bend(self) -> None:
        """Somebody has requested three things in SAP."""
        self.ordered, self.kept = self._request(), self._request()
        self.homeless = self._request(supplier="")
        self.order = ""

    def states(self) -> States:
        """The one that was ordered needs nothing more: its order took over."""
        states = {self.ordered: "unchanged" if self.order else "delivered", self.kept: "delivered"}
        return {FLOW: states | {self.homeless: "delivered" if self.world.answered else "not_transferable"}}

    def is_settled(self, scene: Scene) -> bool:
        """The order that SAP made has arrived. It looks for its requisition once a minute, or when somebody replays."""
        state = scene.books.states("purchase-orders").get(self.order)
        if state == "waiting":
            scene.books.replay("purchase-orders", self.order)
        return not self.order or state == "delivered"

    def claims(self, scene: Scene) -> None:
        """Each requisition that nobody has ordered yet is one order, with its amount."""
        living = [row for row in self.world.rows("purchase-orders") if row["status"] != "Canceled"]
        found = [(born[1], _amount(row)) for row in living if (born := BORN.match(row["summary"] or ""))]
        wanted = {number for number, state in self.states()[FLOW].items() if state == "delivered"}
        amounts = sorted((number, self._net(number)) for number in wanted)
        scene.checks.equal("each requisition is an order, with its amount", sorted(found), amounts)

    def change(self, scene: Scene) -> Counter[str]:
        """SAP makes an order of one; somebody needs twice as much of the other."""
        self.born = scene.books.links(FLOW)
        made = self.world.sap.call("POST", "convert", {"orders": [[[self.ordered, "10"]]]})
        (self.order,) = made["orders"]
        twice = {"RequestedQuantity": "4", "ItemNetAmount": "20"}
        self.world.change("RequisitionItem", [self.kept, "10"], twice)
        return Counter({"servicetitan PATCH PurchaseOrders_Update": 2})

    def changed(self, scene: Scene) -> None:
        """SAP's order is the order that the requisition had become."""
        (target,) = (key for source, key in self.born.items() if source.startswith(self.ordered))
        found = scene.books.links("purchase-orders").get(self.order)
        words = f"order {self.order} took over the order of requisition {self.ordered}"
        scene.checks.equal(words, found, target)

    def answer(self, scene: Scene) -> None:
        """Purchasing decides who supplies the third."""
        self.world.change("RequisitionItem", [self.homeless, "10"], {"FixedSupplier": self.world.known_already})

    def _request(self, supplier: str | None = None) -> str:
        item = {"material": "HV-10002", "quantity": "2", "price": "5", "center": "10101102"}
        named = self.world.known_already if supplier is None else supplier
        return str(self.world.sap.call("POST", "requisition", {"supplier": named, "items": [item]})["requisition"])

    def _net(self, number: str) -> Decimal:
        rows = {row["PurchaseRequisition"]: row for row in self.world.sap.state()["Requisition"]}
        return sum((Decimal(item["ItemNetAmount"]) for item in rows[number]["RequisitionItem"]), Decimal(0))


def _amount(order: dict[str, Any]) -> Decimal:
    lines = order["items"]
    return sum((Decimal(str(line["quantity"])) * Decimal(str(line["cost"])) for line in lines), Decimal(0))
