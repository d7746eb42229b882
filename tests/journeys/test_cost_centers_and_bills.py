"""Cost centers come to stand on business units, and bills are kept for the AP team: over real HTTP."""

from __future__ import annotations

import pytest
from django_tenants.utils import schema_context

from integrations.models import Connection, Delivery, Reference, Sync, ValueMap
from tenants import schedule
from tests.journeys.world import World

KEY = "sap-cost-center-A000-"


def switch_on(world: World, flow: str, source: str, target: str, **options: object) -> None:
    """The customer switches a further flow on."""
    with schema_context(world.customer.schema_name):
        ends = {name: Connection.objects.get(name=name) for name in (source, target)}
        sync = Sync.objects.create(
            flow=flow, source=ends[source], target=ends[target], schedule={"every": "2m"}, options=options
        )
        schedule.ensure(customer_id=world.customer.pk, sync_id=sync.pk, due_at=None)


def keys_of(world: World, unit: str) -> dict[str, str]:
    """Our keys on a business unit."""
    (row,) = [row for row in world.titan("business-units") if str(row["id"]) == unit]
    entries = [entry for entries in row["_external"].values() for entry in entries.items()]
    return {key: value for key, value in entries if key.startswith(KEY)}


@pytest.fixture
def centers(world: World) -> World:
    switch_on(world, "cost-centers", "sap", "servicetitan")
    world.sync("cost-centers")
    return world


def unit_of(world: World, center: str) -> str:
    (row,) = world.rows(ValueMap, map="cost-center", key=center)
    return str(row.value)


def test_every_mapped_cost_center_stands_on_its_business_unit_and_the_others_are_tasks(centers: World) -> None:
    assert list(keys_of(centers, unit_of(centers, "10101101"))) == [f"{KEY}10101101"]
    quarantined = centers.rows(Delivery, sync__flow="cost-centers", state="quarantined")
    assert {delivery.code for delivery in quarantined} <= {"unmapped-cost-center"}
    assert centers.states("cost-centers")["delivered"] == 12
    centers.clear_log()
    centers.sync("cost-centers")
    assert [call for call in centers.calls() if call[0] == "PATCH"] == []


def test_a_cost_center_that_is_mapped_elsewhere_moves(centers: World) -> None:
    old, new = unit_of(centers, "10101101"), unit_of(centers, "10101102")
    with schema_context(centers.customer.schema_name):
        ValueMap.objects.filter(map="cost-center", key="10101101").update(value=new)
    centers.change("CostCenter", ["A000", "10101101", "9999-12-31"], {"CostCenterName": "West"})
    centers.sync("cost-centers")
    assert keys_of(centers, old) == {}
    assert keys_of(centers, new)[f"{KEY}10101101"] == "West"
    assert f"{KEY}10101102" in keys_of(centers, new)


def test_a_bill_of_a_receipt_is_kept_and_kept_again_when_it_changes(world: World) -> None:
    switch_on(world, "ap-bills", "servicetitan", "servicetitan")
    world.sync()
    order = world.titan("purchase-orders")[0]
    world.control(world.servicetitan, "receive", {"tenant": world.tenant, "id": order["id"]})
    world.sync("ap-bills")
    (bill,) = world.titan("ap-bills")
    (kept,) = world.rows(Reference, kind="ap-bills")
    assert (kept.key, kept.row["purchaseOrderId"]) == (str(bill["id"]), order["id"])
    assert kept.name.startswith("AP bill")
    world.edit("ap-bills", str(bill["id"]), status="Reconciled")
    world.sync("ap-bills")
    assert [reference.row["status"] for reference in world.rows(Reference, kind="ap-bills")] == ["Reconciled"]
