"""How a customer's syncs are is told in public by the runs themselves; an idle poll costs no statement for it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from integrations import health, telemetry
from integrations.models import Connection, Delivery, ReconcileReport, Sync, ValueMap
from integrations.running import run_claim, utc_now
from tenants import schedule
from tenants.health_models import SyncHealth
from tenants.models import ScheduledWork
from tests.journeys.world import World


def told(world: World, flow: str) -> SyncHealth:
    return SyncHealth.objects.get(customer=world.customer, flow=flow)


def fresh_at(world: World) -> datetime:
    """Until when the schedule index knows SAP to have no newer vendors."""
    at = ScheduledWork.objects.get(kind="poll", sync_id=told(world, "vendors").sync_id).fresh_at
    assert at is not None
    return at


def poll(world: World, flow: str) -> list[str]:
    """Polls once, as a worker would; the statements that it took."""
    with schema_context(world.customer.schema_name):
        sync = Sync.objects.get(flow=flow)
    schedule.make_due(customer_id=world.customer.pk, sync_ids=[sync.pk], kind="poll", now=utc_now())
    (claim,) = schedule.claim(now=utc_now(), limit=1, lease_seconds=300, kinds=["poll"], sync_id=sync.pk)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        run_claim(claim)
    return [query["sql"] for query in captured]


def test_what_waits_for_a_person_is_told_by_code_and_gone_when_it_was_mapped(world: World) -> None:
    with schema_context("acme"):
        ValueMap.objects.filter(map="cost-center").delete()
    world.sync()
    orders = told(world, "purchase-orders")
    assert orders.running
    assert orders.backlog["quarantined"] == sum(orders.failures.values()) > 0
    assert orders.oldest_open_at is not None
    assert orders.connections["servicetitan"] == {
        "system": "servicetitan",
        "state": "ok",
        "code": "",
        "calls_per_second": orders.connections["servicetitan"]["calls_per_second"],
    }
    assert told(world, "vendors").backlog == {}
    with schema_context("acme"):
        Delivery.objects.filter(state="quarantined").update(state="dismissed", closed_at=utc_now())
        health.tell_all(world.customer.pk, now=utc_now())
    assert told(world, "purchase-orders").backlog == {}


def test_an_idle_poll_notes_how_fresh_the_source_is_and_does_nothing_more(world: World) -> None:
    world.sync()
    before = told(world, "vendors").updated_at
    first = fresh_at(world)
    telemetry.drain()
    statements = poll(world, "vendors")
    assert not [sql for sql in statements if "synchealth" in sql]
    assert told(world, "vendors").updated_at == before
    assert fresh_at(world) > first
    assert telemetry.drain()["connector_polls", "vendors", "idle"] == 1


def test_a_source_that_fails_is_told_and_so_is_its_return(world: World) -> None:
    world.sync()
    world.faults({"kind": "status", "status": 503, "method": "GET", "path": "/", "times": 50}, sap=True)
    poll(world, "vendors")
    assert told(world, "vendors").failing_polls == 1
    world.no_faults()
    poll(world, "vendors")
    assert told(world, "vendors").failing_polls == 0


def test_a_pause_by_a_person_and_the_last_comparison_are_told_by_the_pass(world: World) -> None:
    world.sync()
    with schema_context("acme"):
        Connection.objects.filter(name="sap").update(state="paused", pause_code="by-hand")
        sync = Sync.objects.get(flow="vendors")
        ReconcileReport.objects.create(
            sync=sync, state="done", agree=False, started_by="night", started_at=utc_now(), finished_at=utc_now()
        )
        health.tell_all(world.customer.pk, now=utc_now())
    vendors = told(world, "vendors")
    assert (vendors.running, vendors.connections["sap"]["code"], vendors.books_agree) == (False, "by-hand", False)
    assert told(world, "purchase-orders").books_agree is None


def test_a_sync_that_was_removed_is_no_longer_told(world: World) -> None:
    world.sync()
    with schema_context("acme"):
        Sync.objects.filter(flow="vendors").delete()
        health.tell_all(world.customer.pk, now=utc_now() + timedelta(minutes=5))
    assert list(SyncHealth.objects.values_list("flow", flat=True)) == ["purchase-orders"]
