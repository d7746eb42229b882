"""Requesting, changing and ordering by chance: whatever happens, each item stands in ServiceTitan exactly once."""

from __future__ import annotations

from random import Random

import pytest

from integrations.models import Link
from tests.journeys.conftest import MakeWorld
from tests.journeys.purchasing import FLOW, ORDERS, OTHER, PIPE, SUPPLIER, Purchasing

Item = tuple[str, str]


class Chance:
    """What purchasing does in SAP, step by step; remembers which items are open and which are ordered."""

    def __init__(self, opened: Purchasing, seed: int) -> None:
        self.opened, self.chance = opened, Random(seed)
        self.open: dict[Item, str] = {}
        self.ordered: list[list[Item]] = []

    def request(self) -> None:
        supplier = self.chance.choice([SUPPLIER, OTHER])
        count = self.chance.randrange(1, 4)
        number = self.opened.request(*[PIPE] * count, supplier=supplier)
        self.open |= {(number, str(10 * place)): supplier for place in range(1, count + 1)}

    def change(self) -> None:
        if self.open:
            number, item = self.chance.choice(sorted(self.open))
            quantity = self.chance.randrange(3, 9)
            self.opened.change_item(number, item, RequestedQuantity=str(quantity), ItemNetAmount=str(quantity * 10))

    def delete(self) -> None:
        if self.open:
            item = self.chance.choice(sorted(self.open))
            self.opened.change_item(*item, IsDeleted=True)
            del self.open[item]

    def order(self) -> None:
        """Some open items of one supplier become an order: of one requisition or of several, all items or a few."""
        supplier = self.chance.choice([SUPPLIER, OTHER])
        items = sorted(item for item, name in self.open.items() if name == supplier)
        numbers = sorted({number for number, _ in items})
        chosen = set(self.chance.sample(numbers, self.chance.randrange(1, 3))) if len(numbers) > 1 else set(numbers)
        pairs = [item for item in items if item[0] in chosen and self.chance.random() < 0.8]
        if pairs:
            self.opened.order(pairs)
            self.ordered.append(pairs)
            for pair in pairs:
                del self.open[pair]

    def poll(self) -> None:
        """One of both flows, or both in either order."""
        flows = self.chance.sample([FLOW, ORDERS], self.chance.randrange(1, 3))
        for flow in flows:
            self.opened.sync(flow)


def requested(opened: Purchasing) -> list[Item]:
    """The requisition items that stand in living orders which are the requisitions' own."""
    shown = opened.shown()
    links = [link for link in opened.world.rows(Link, flow=FLOW) if link.target_key]
    return sorted(
        (link.source_key.partition("#")[0], line)
        for link in links
        if shown[link.target_key][0] != "Canceled"
        for line, _ in shown[link.target_key][1]
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("lossy", [False, True])
def test_whatever_purchasing_does_each_item_stands_in_exactly_one_living_order(
    make_world: MakeWorld, settings: object, seed: int, lossy: bool
) -> None:
    settings.READ_SECONDS = 1  # type: ignore[attr-defined]
    opened = Purchasing(make_world(suppliers=3, orders=1)).open()
    if lossy:
        opened.world.faults({"kind": "lose_answer", "method": "(POST|PATCH)", "path": "/purchase-orders", "every": 5})
    chance = Chance(opened, seed)
    for _ in range(14):
        getattr(chance, chance.chance.choice(["request", "request", "change", "delete", "order", "order", "poll"]))()
    for _ in range(8):
        opened.later()
    numbers = {link.target_key for link in opened.world.rows(Link, flow=ORDERS)}
    alive = [(key, lines) for key, (status, lines) in opened.shown().items() if status != "Canceled"]
    in_orders = sorted(len(lines) for key, lines in alive if key in numbers)
    assert in_orders == sorted(len(pairs) for pairs in chance.ordered)
    assert requested(opened) == sorted(chance.open)
    assert opened.differences() == []
    assert opened.world.control(opened.world.servicetitan, "duplicates")["1001"]["purchase_orders"] == []
