"""Vendors, then purchase orders, travel from SAP to ServiceTitan over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import schema_context

from integrations.engine import replay
from integrations.models import Attempt, Run, Sync
from integrations.running import CustomerSchedule, utc_now
from tests.journeys.conftest import MakeWorld
from tests.journeys.world import World


def test_everything_arrives_once_and_a_second_round_writes_nothing(world: World) -> None:
    world.sync()
    assert world.states("vendors") == {"delivered": 12}
    assert world.states("purchase-orders") == {"delivered": 30}
    assert len(world.titan("purchase-orders")) == 30
    world.clear_log()
    world.sync()
    assert world.states("purchase-orders") == {"delivered": 30}
    assert [call for call in world.calls() if call[0] != "GET"] == []


def test_the_run_says_what_was_read_and_written_and_is_complete(world: World) -> None:
    world.sync()
    runs = {run.sync.flow: run for run in _runs(world)}
    orders = runs["purchase-orders"]
    assert (orders.read, orders.written, orders.open, orders.state) == (30, 30, 0, "completed")


def _runs(world: World) -> list[Any]:
    with schema_context(world.customer.schema_name):
        return list(Run.objects.select_related("sync"))


def test_an_order_waits_for_its_vendor_and_goes_on_when_it_is_there(world: World) -> None:
    world.sync("purchase-orders")
    assert world.states("purchase-orders") == {"waiting": 30}
    world.sync("vendors")
    world.sync("purchase-orders")
    assert world.states("purchase-orders") == {"delivered": 30}


def test_a_changed_order_is_patched_and_a_deleted_one_cancelled(world: World) -> None:
    world.sync()
    world.change("PurchaseOrderItem", ["4500000001", "10"], {"OrderQuantity": "77"})
    world.change("PurchaseOrder", "4500000002", {"PurchaseOrderDeletionCode": "L"})
    world.sync()
    orders = {str(row["id"]): row for row in world.titan("purchase-orders")}
    assert len(orders) == 30
    assert orders[world.target_of("purchase-orders", "4500000002")]["status"] == "Canceled"
    changed = orders[world.target_of("purchase-orders", "4500000001")]
    assert any(float(item["quantity"]) in (77, 77 * 12) for item in changed["items"])


def test_a_deletion_that_is_taken_back_makes_a_new_order_under_a_new_link(world: World) -> None:
    world.sync()
    first = world.target_of("purchase-orders", "4500000002")
    world.change("PurchaseOrder", "4500000002", {"PurchaseOrderDeletionCode": "L"})
    world.sync()
    world.change("PurchaseOrder", "4500000002", {"PurchaseOrderDeletionCode": ""})
    world.sync()
    second = world.target_of("purchase-orders", "4500000002")
    assert first != second
    statuses = {str(row["id"]): row["status"] for row in world.titan("purchase-orders")}
    assert (statuses[first], statuses[second]) == ("Canceled", "Pending")


def test_a_vendor_changed_to_b_and_back_to_a_arrives_each_time(world: World) -> None:
    world.sync("vendors")
    key = "17300001"
    partner = world.newest(key).payload["BusinessPartner"]
    target = world.target_of("vendors", key)
    original = next(row for row in world.titan("vendors") if str(row["id"]) == target)["name"]
    for name in ("Completely Other Supply", original):
        world.change("BusinessPartner", partner, {"OrganizationBPName1": name})
        world.sync("vendors")
        assert next(row for row in world.titan("vendors") if str(row["id"]) == target)["name"] == name
    assert len(world.rows(source_key=key)) == 3


@pytest.mark.parametrize("moves_the_partner_s_date", [True, False])
def test_a_blocked_vendor_becomes_inactive(world: World, moves_the_partner_s_date: bool) -> None:
    """Whether a block moves the partner's date of change is not documented: if not, the full read finds it."""
    world.sync("vendors")
    world.change("Supplier", "17300001", {"PurchasingIsBlocked": True})
    if moves_the_partner_s_date:
        world.change("BusinessPartner", world.newest("17300001").payload["BusinessPartner"])
    else:
        with schema_context(world.customer.schema_name):
            Sync.objects.filter(flow="vendors").update(options={"full_read_hours": 0})
    world.sync("vendors")
    target = world.target_of("vendors", "17300001")
    assert next(row for row in world.titan("vendors") if str(row["id"]) == target)["active"] is False


def test_every_twentieth_lost_answer_is_resolved_by_looking(make_world: MakeWorld, settings: Any) -> None:
    settings.READ_SECONDS = 1
    world = make_world(suppliers=5, orders=60)
    world.sync("vendors")
    world.faults({"kind": "lose_answer", "method": "POST", "path": "/purchase-orders", "every": 20})
    world.sync("purchase-orders")
    while world.states("purchase-orders").get("delivered", 0) < 60:
        world.sync("purchase-orders")
    unknown = world.rows(Attempt, kind="write", outcome="unknown")
    assert [attempt.resolution for attempt in unknown] == ["found"] * 3
    assert len(world.titan("purchase-orders")) == 60


def test_one_refused_order_and_one_unmapped_material_hold_back_nothing(world: World) -> None:
    world.sync("vendors")
    refused = {"kind": "status", "status": 400, "body": {"title": "No.", "errors": {"items": ["Not this one."]}}}
    world.faults({**refused, "method": "POST", "path": "/purchase-orders", "contains": "4500000003"})
    world.change("PurchaseOrderItem", ["4500000004", "10"], {"Material": "HV-19001"})
    world.sync("purchase-orders")
    assert world.states("purchase-orders") == {"delivered": 28, "quarantined": 2}
    assert (world.newest("4500000003").code, world.newest("4500000004").code) == ("rejected", "unmapped-material")
    assert "Not this one." in world.newest("4500000003").reason


def test_replay_of_a_delivered_order_writes_nothing_more(world: World) -> None:
    world.sync()
    with schema_context(world.customer.schema_name):
        sync = Sync.objects.get(flow="purchase-orders")
        plan = CustomerSchedule(world.customer.pk)
        for _ in range(3):
            replay(sync, "4500000001", by="person", schedule=plan, now=utc_now())
    world.clear_log()
    world.sync("purchase-orders")
    assert world.newest("4500000001").state == "unchanged"
    assert [call for call in world.calls() if call[0] != "GET"] == []
