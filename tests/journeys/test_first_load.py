"""Years of data for the first time, over real HTTP: progress, cut-off, what is killed on the way, what goes first."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any, Literal

import pytest
from django.core.management import call_command
from django.test import override_settings
from django_tenants.utils import schema_context

from integrations.models import Delivery, Sync
from integrations.running import loading_of, run_claim, utc_now
from tenants import schedule
from tests.journeys.conftest import MakeWorld
from tests.journeys.payables import FLOW, Payables
from tests.journeys.purchasing import Purchasing
from tests.journeys.world import LEASE, World

ORDERS = "purchase-orders"


def step(world: World, flow: str, kind: Literal["poll", "deliver"]) -> None:
    """One task of a worker."""
    sync = world.rows(Sync, flow=flow)[0]
    schedule.ensure(customer_id=world.customer.pk, sync_id=sync.pk, due_at=None)
    schedule.make_due(customer_id=world.customer.pk, sync_ids=[sync.pk], kind=kind, now=utc_now())
    found = {"limit": 1, "lease_seconds": LEASE, "kinds": [kind], "customer_id": world.customer.pk, "sync_id": sync.pk}
    (claim,) = schedule.claim(now=utc_now(), **found)
    with override_settings(WORK_SECONDS=0 if kind == "poll" else 30):  # a page, or whatever is due
        run_claim(claim)


def told(world: World, flow: str) -> Any:
    with schema_context(world.customer.schema_name):
        return loading_of(Sync.objects.get(flow=flow), utc_now())


def test_a_first_load_tells_its_share_and_goes_on_page_by_page(make_world: MakeWorld) -> None:
    world = make_world(suppliers=12, orders=30, sap_options={"page_size_orders": 10})
    world.sync("vendors")
    step(world, ORDERS, "poll")
    first = told(world, ORDERS)
    assert (first.read, first.total, first.on_their_way, first.share) == (10, 30, 10, 0.0)
    assert str(first) == "10 of 30 rows read, 0% through"
    step(world, ORDERS, "deliver")
    second = told(world, ORDERS)
    assert (second.read, second.total, second.share) == (10, 30, 10 / 30)
    assert second.seconds_left > 0
    step(world, ORDERS, "poll")
    step(world, ORDERS, "poll")
    assert (told(world, ORDERS).read, told(world, ORDERS).on_their_way) == (30, 20)
    assert len(world.rows(Delivery, sync__flow=ORDERS)) == 30
    step(world, ORDERS, "deliver")
    assert (told(world, ORDERS).share, told(world, ORDERS).seconds_left) == (1.0, 0.0)
    step(world, ORDERS, "poll")  # the page behind a full one is empty: that is the end
    assert told(world, ORDERS) is None
    assert len(world.titan("purchase-orders")) == 30


def test_a_worker_killed_while_it_loads_costs_one_page_and_no_record(make_world: MakeWorld) -> None:
    world = make_world(suppliers=3, orders=30, sap_options={"page_size_orders": 10})
    step(world, ORDERS, "poll")
    world.faults({"kind": "stall", "method": "GET", "path": "PurchaseOrder", "seconds": 0, "times": 1}, sap=True)
    step(world, ORDERS, "poll")  # ends without a page
    assert told(world, ORDERS).read == 10
    world.no_faults()
    world.clear_log()
    for _ in range(2):
        step(world, ORDERS, "poll")
    assert (told(world, ORDERS).read, len(world.rows(Delivery, sync__flow=ORDERS))) == (30, 30)
    assert len(world.calls(sap=True)) == 2


def test_what_changed_just_now_goes_before_what_a_first_load_has_brought(make_world: MakeWorld) -> None:
    world = make_world(suppliers=12, orders=30)
    world.sync("vendors")
    step(world, ORDERS, "poll")
    assert {delivery.priority for delivery in world.rows(sync__flow=ORDERS)} == {2}
    last = "4500000030"
    world.change("PurchaseOrderItem", [last, "10"], {"OrderQuantity": "7"})
    step(world, ORDERS, "poll")
    assert world.newest(last).priority == 1
    with schema_context(world.customer.schema_name):
        Sync.objects.filter(flow=ORDERS).update(options=Sync.objects.get(flow=ORDERS).options | {"batch": 1})
    step(world, ORDERS, "deliver")
    first = min(world.titan("purchase-orders"), key=lambda row: int(row["id"]))
    assert str(first["id"]) == world.target_of(ORDERS, last)


@pytest.mark.parametrize("flow", [ORDERS, "purchase-requisitions", FLOW])
def test_documents_from_before_the_cut_off_do_not_come_until_they_change(make_world: MakeWorld, flow: str) -> None:
    today = utc_now().date()
    world = make_world(suppliers=12, orders=4, invoices=0, sap_options={"history_from": today.isoformat()})
    desk = Payables(world)
    if flow != ORDERS:
        desk.add(flow, "sap", "servicetitan", {})
    old, new, entity, where, born = documents(desk, flow)
    world.change(entity, where, {born: (today - timedelta(days=400)).isoformat()}, touch=False)
    world.change(
        entity if flow != ORDERS else "PurchaseOrder", new_key(flow, new), {born: today.isoformat()}, touch=False
    )
    world.sync(flow)
    came = {delivery.source_key for delivery in world.rows(sync__flow=flow)}
    assert (old in came, new in came) == (False, True)
    world.change(entity, where, TOUCHED[flow])
    world.sync(flow)
    assert [delivery.why for delivery in world.rows(sync__flow=flow, source_key=old)] == ["new"]


TOUCHED: dict[str, dict[str, Any]] = {
    ORDERS: {"SupplierRespSalesPersonName": "Mr. X"},
    "purchase-requisitions": {"PurchaseRequisitionItemText": "changed"},
    FLOW: {"DocumentHeaderText": "changed"},
}


def documents(desk: Payables, flow: str) -> tuple[str, str, str, Any, str]:
    """Two documents: the key of an old and of a new one, and where the date of birth of the old one stands."""
    if flow == ORDERS:
        return "4500000001", "4500000002", "PurchaseOrder", "4500000001", "CreationDate"
    if flow == FLOW:
        old, new = desk.enter("INV-1", order="4500000001"), desk.enter("INV-2", order="4500000004")
        return old, new, "SupplierInvoice", old.split("/"), "CreationDate"
    old, new = (Purchasing(desk.world).request() for _ in range(2))
    return old, new, "RequisitionItem", [old, "10"], "PurReqCreationDate"


def new_key(flow: str, key: str) -> Any:
    return key if flow == ORDERS else key.split("/") if flow == FLOW else [key, "10"]


def test_sync_by_hand_says_how_far_it_is(make_world: MakeWorld) -> None:
    make_world(suppliers=12, orders=0)
    out, err = StringIO(), StringIO()
    call_command("sync", "acme", "--flow", "vendors", "--until-idle", stdout=out, stderr=err)
    lines = [line for line in err.getvalue().splitlines() if line.startswith("vendors: poll done")]
    assert lines[0] == "vendors: poll done, 12 on their way; 12 of 12 rows read, 0% through"
