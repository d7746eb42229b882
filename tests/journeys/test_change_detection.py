"""What a poll must not miss, and what an idle one may cost."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from integrations.models import Run, Sync
from integrations.running import run_claim, utc_now
from tenants import schedule
from tests.journeys.conftest import MakeWorld
from tests.journeys.world import LEASE, World


def test_a_row_committed_late_with_a_stamp_behind_the_watermark_arrives(world: World) -> None:
    world.sync()
    world.change("PurchaseOrderItem", ["4500000001", "10"], {"OrderQuantity": "5"})
    world.sync()
    late = (utc_now() - timedelta(seconds=2)).isoformat()
    world.change("PurchaseOrderItem", ["4500000002", "10"], {"OrderQuantity": "6"}, stamp=late)
    world.sync()
    assert len(world.rows(source_key="4500000002")) == 2
    assert world.newest("4500000002").state == "delivered"


def test_twenty_rows_of_one_stamp_across_a_page_border_all_arrive(make_world: MakeWorld) -> None:
    world = make_world(suppliers=3, orders=30, sap_options={"page_size_orders": 7})
    world.sync()
    keys = [str(4500000001 + n) for n in range(20)]
    stamp = utc_now().isoformat()
    world.change("PurchaseOrder", None, {"SupplierRespSalesPersonName": "Mr. X"}, keys=keys, stamp=stamp)
    world.sync()
    assert {key: len(world.rows(source_key=key)) for key in keys} == dict.fromkeys(keys, 2)


def test_a_row_that_changes_during_the_first_load_after_its_page_was_read_arrives(
    make_world: MakeWorld, settings: Any
) -> None:
    world = make_world(suppliers=3, orders=30, sap_options={"page_size_orders": 10})
    world.sync("vendors")
    settings.WORK_SECONDS = 0  # one page per task
    sync = _orders(world)
    schedule.ensure(customer_id=world.customer.pk, sync_id=sync.pk, kinds=["poll"])
    schedule.make_due(customer_id=world.customer.pk, sync_ids=[sync.pk], kind="poll", now=utc_now())
    _poll_once(world, sync)
    assert len(world.rows(sync__flow="purchase-orders")) == 10
    world.change("PurchaseOrderItem", ["4500000001", "10"], {"OrderQuantity": "41"})
    settings.WORK_SECONDS = 30
    world.sync("purchase-orders")
    world.sync("purchase-orders")
    assert len(world.rows(sync__flow="purchase-orders", number=1)) == 30
    assert len(world.rows(source_key="4500000001")) == 2
    target = world.target_of("purchase-orders", "4500000001")
    row = next(row for row in world.titan("purchase-orders") if str(row["id"]) == target)
    assert any(float(item["quantity"]) in (41, 41 * 12) for item in row["items"])


def test_an_idle_poll_makes_one_call_and_writes_only_its_sync_row(world: World) -> None:
    world.sync()
    world.sync()
    for flow in ("vendors", "purchase-orders"):
        with schema_context(world.customer.schema_name):
            sync, runs = Sync.objects.get(flow=flow), Run.objects.count()
        schedule.make_due(customer_id=world.customer.pk, sync_ids=[sync.pk], kind="poll", now=utc_now())
        world.clear_log()
        with CaptureQueriesContext(connection) as queries:
            _poll_once(world, sync)
        assert len(world.calls(sap=True)) == 1
        assert world.calls() == []
        written = [
            table
            for q in queries
            for table in re.findall(r"(?:(?<!FOR )(?<!KEY )UPDATE|INTO|DELETE FROM)\s+(\S+)", q["sql"])
        ]
        assert set(written) == {"integrations_sync", "public.tenants_scheduledwork"}
        assert len(queries) <= 6
        assert len(world.rows(Run)) == runs


def test_a_missing_arrangement_pauses_that_flow_only_and_names_the_scenario(world: World) -> None:
    for service in ("API_PURCHASEORDER_2", "API_PURCHASEORDER_PROCESS_SRV"):
        _switch(world, arrangements={service: "html"})
    world.sync()
    orders, vendors = _orders(world), world.rows(Sync, flow="vendors")[0]
    assert (orders.state, orders.pause_code) == ("paused", "not-authorised")
    assert "SAP_COM_0053" in orders.pause_reason
    assert vendors.state == "active"
    assert world.states("vendors") == {"delivered": 12}


def _switch(world: World, **switches: Any) -> None:
    world.control(world.sap, "settings", switches)


def _orders(world: World) -> Sync:
    found: Sync = world.rows(Sync, flow="purchase-orders")[0]
    return found


def _poll_once(world: World, sync: Sync) -> None:
    (claim,) = schedule.claim(
        now=utc_now(),
        limit=1,
        lease_seconds=LEASE,
        kinds=["poll"],
        customer_id=world.customer.pk,
        sync_id=sync.pk,
    )
    run_claim(claim)


def test_a_poll_that_somebody_stops_is_due_again_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sync = _orders(world)
    world.make_due("purchase-orders")
    with monkeypatch.context() as patched:
        patched.setattr("integrations.running.poll", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            _poll_once(world, sync)
    _poll_once(world, sync)
    assert world.states("purchase-orders") == {"pending": 30}
