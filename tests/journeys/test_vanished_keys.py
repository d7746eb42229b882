"""Values of maps that vanish in ServiceTitan: what needs them stops and says so, and goes on once they are back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.journeys.test_reference_data import ORDER, refresh, save, value_of
from tests.journeys.world import World


def plant_of(world: World) -> str:
    return str(world.newest(ORDER).payload["items"][0]["Plant"])


def material_of(world: World) -> str:
    return str(world.newest(ORDER).payload["items"][0]["Material"])


def type_of(world: World) -> str:
    """The type of the order, which is mapped first."""
    row: dict[str, Any] = world.newest(ORDER).payload
    chosen = next(row for row in world.titan("purchase-order-types") if row["name"] == "SAP Purchase Order")
    save(world, "order-type", row["PurchaseOrderType"], str(chosen["id"]))
    return str(row["PurchaseOrderType"])


@pytest.mark.parametrize(
    ("value_map", "kind", "code_of"),
    [
        ("plant", "warehouses", plant_of),
        ("material", "materials", material_of),
        ("order-type", "purchase-order-types", type_of),
    ],
)
def test_what_is_switched_off_stops_the_next_order_and_lets_it_go_on_when_it_is_back(
    world: World, value_map: str, kind: str, code_of: Callable[[World], str]
) -> None:
    world.sync()
    refresh(world)
    code = code_of(world)
    value = value_of(world, value_map, code)
    world.edit(kind, value, active=False)
    assert set(refresh(world).vanished) == {f"{value_map}: {code} -> {value}"}
    world.change("PurchaseOrderItem", [ORDER, "10"], {"OrderQuantity": "77"})
    world.sync("purchase-orders")
    stopped = world.newest(ORDER)
    assert (stopped.state, stopped.code, stopped.needs) == ("quarantined", "value-vanished", f"map:{value_map}:{code}")
    assert stopped.reason == f"{value_map} {code} is mapped to {value}, which is no longer there or no longer active."
    world.edit(kind, value, active=True)
    assert refresh(world).back == (f"{value_map}: {code} -> {value}",)
    world.sync("purchase-orders")
    assert world.newest(ORDER).state == "delivered"


def test_a_vendor_that_rests_has_not_vanished(world: World) -> None:
    world.sync("vendors")
    vendor = str(world.titan("vendors")[0]["id"])
    save(world, "vendor", "17399999", vendor)
    refresh(world)
    world.edit("vendors", vendor, active=False)
    assert refresh(world).vanished == ()
