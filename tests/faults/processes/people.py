"""What happens at the sources meanwhile: orders are released, invoices posted, orders and suppliers changed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.journeys.world import World

Row = dict[str, Any]


@dataclass
class People:
    """The clerks of one customer. `left` is how many records they have yet to make, by kind."""

    world: World
    seed: int
    left: dict[str, int]
    invoices: dict[str, str] = field(default_factory=dict)  # key -> the supplier's number
    versions: int = 0
    _turns: int = 0
    _changed: set[str] = field(default_factory=set)
    _billed: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, world: World, seed: int, records: int) -> People:
        """Clerks who bring `records` records into being, suppliers that are there already included."""
        vendors = len(rows(world, "Supplier"))
        invoices = records // 8
        orders = records - vendors - invoices
        left = {
            "orders": orders,
            "invoices": invoices,
            "order changes": records // 40,
            "supplier changes": vendors // 4,
        }
        return cls(world, seed, left)

    def act(self, share: float, chance: random.Random) -> None:
        """A share of what is left, at least one of each."""
        self._turns += 1
        many = {kind: min(count, max(1, round(count * share))) for kind, count in self.left.items()}
        given = {"seed": self.seed * 1000 + self._turns, "suppliers": 0, "days": 0, "oddities": 0}
        self.world.control(self.world.sap, "generate", {**given, "orders": many["orders"]})
        orders = rows(self.world, "PurchaseOrder")
        free = sorted(set(orders) - self._changed - self._billed)
        chance.shuffle(free)
        for number in [free.pop() for _ in range(min(many["invoices"], len(free)))]:
            self._bill(number)
        for number in [free.pop() for _ in range(min(many["order changes"], len(free)))]:
            self._double(orders[number])
        suppliers = sorted(rows(self.world, "BusinessPartner").values(), key=lambda row: str(row["BusinessPartner"]))
        for row in chance.sample([row for row in suppliers if row.get("Supplier")], many["supplier changes"]):
            self._rename(row)
        self.left = {kind: count - many[kind] for kind, count in self.left.items()}

    def _bill(self, order: str) -> None:
        self._billed.add(order)
        number = f"INV-{order}"
        made = self.world.control(self.world.sap, "invoice", {"number": number, "order": order})
        self.invoices[f"{made['invoice']}/{made['year']}"] = number

    def _double(self, order: Row) -> None:
        """The quantity of an order's first item is doubled."""
        self._changed.add(order["PurchaseOrder"])
        self.versions += 1
        item = next(i for i in order["PurchaseOrderItem"] if not i.get("PurchasingDocumentDeletionCode"))
        amounts = [n for n in ("NetAmount", "GrossAmount", "EffectiveAmount", "OrderQuantity") if n in item]
        doubled = {name: str(Decimal(str(item[name])) * 2) for name in amounts}
        key = [order["PurchaseOrder"], item["PurchaseOrderItem"]]
        self.world.change("PurchaseOrderItem", key, doubled)

    def _rename(self, partner: Row) -> None:
        self.versions += 1
        name = f"{partner['OrganizationBPName1'].partition(' #')[0]} #{self.versions}"
        values = {"OrganizationBPName1": name, "BusinessPartnerName": name, "BusinessPartnerFullName": name}
        self.world.change("BusinessPartner", partner["BusinessPartner"], values)


KEYS = {"Supplier": "Supplier", "PurchaseOrder": "PurchaseOrder", "BusinessPartner": "BusinessPartner"}


def rows(world: World, entity: str) -> dict[str, Row]:
    """What SAP holds of one table, by key."""
    found: list[Row] = world.control(world.sap, f"rows?entity={entity}")["rows"]
    return {row[KEYS[entity]]: row for row in found}
