"""Webhooks over real HTTP: ServiceTitan's simulator signs and sends, the product's web process receives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django_tenants.utils import schema_context

from integrations import connections, inbound
from integrations.audit import Actor
from integrations.fields import reveal
from integrations.models import Connection, InboundEvent, Reference, Sync
from integrations.running import utc_now
from integrations.tasks import work
from tenants import schedule, servicetitan_tenants
from tenants.models import Customer
from tests.journeys.conftest import MakeWorld
from tests.journeys.world import LEASE, World
from tests.web_server import web_server

ORDER, OTHER_ORDER = "4500000001", "4500000002"
OLGA = Actor(kind="person", id="1", label="olga@acme.test")
KEY = "canary-webhook-key-of-at-least-32-chars"


@pytest.fixture
def web(own_database: Any, settings: Any) -> Iterator[str]:
    settings.ST_WEBHOOK_KEYS = {"production": [], "sandbox": [KEY]}
    with web_server() as address:
        yield address


@pytest.fixture
def world(make_world: MakeWorld, web: str) -> World:
    """Orders name their job; the simulator tells about jobs; the customer's tenant is proven by a ping."""
    return ready(make_world(suppliers=4, orders=6), web)


def ready(world: World, web: str) -> World:
    with schema_context(world.customer.schema_name):
        sync = Sync.objects.get(flow="purchase-orders")
        sync.options = {**sync.options, "job_field": "RequirementTracking"}
        sync.save()
        account = Connection.objects.get(system="servicetitan")
        connections.ping(account, world.customer)
    world.control(world.servicetitan, "webhooks", {"url": f"{web}/webhooks/servicetitan/sandbox/", "key": KEY})
    return world


def name_job(world: World, order: str, job: str) -> None:
    world.change("PurchaseOrderItem", [order, "10"], {"RequirementTracking": job})


def create_job(world: World, number: str) -> str:
    row = world.control(
        world.servicetitan, "add", {"tenant": world.tenant, "kind": "jobs", "values": {"jobNumber": number}}
    )
    return str(row["id"])


def send(world: World, **options: Any) -> list[int | None]:
    """The simulator sends what is due now; the statuses it was answered with so far."""
    world.control(world.servicetitan, "webhooks/deliver", options)
    deliveries = world.control(world.servicetitan, "webhooks")["deliveries"]
    return [status for delivery in deliveries for status in delivery["attempts"]]


def handle(world: World) -> int:
    """What a worker does after the next tick with webhook events; how many claims there were."""
    claims = schedule.claim(
        now=utc_now(), limit=10, lease_seconds=LEASE, kinds=["inbound"], customer_id=world.customer.pk
    )
    for claim in claims:
        work(claim=claim.as_message())
    return len(claims)


def deliver(world: World, flow: str = "purchase-orders") -> None:
    """Deliveries that are due now; nothing is polled."""
    (sync,) = world.rows(Sync, flow=flow)
    while world.work_on(sync):
        pass


def events(world: World) -> list[tuple[str, str]]:
    return [(row.state, row.code) for row in sorted(world.rows(InboundEvent), key=lambda row: row.id)]


def test_an_order_waits_for_its_job_and_goes_on_when_the_event_comes_without_another_poll(world: World) -> None:
    name_job(world, ORDER, "9001")
    world.sync()
    stopped = world.newest(ORDER)
    assert (stopped.state, stopped.code, stopped.needs) == ("quarantined", "job-not-found", "reference:job:9001")
    assert stopped.reason == "Job 9001 does not exist in ServiceTitan."

    job = create_job(world, "9001")
    world.clear_log()
    assert send(world) == [200]
    assert handle(world) == 1
    deliver(world)

    assert world.newest(ORDER).state == "delivered"
    there = {str(row["id"]): row for row in world.titan("purchase-orders")}
    assert str(there[world.target_of("purchase-orders", ORDER)]["jobId"]) == job
    assert world.calls(sap=True) == []
    assert [(row.state, row.woken) for row in world.rows(InboundEvent)] == [("applied", 1)]
    assert handle(world) == 0


def test_without_the_event_the_job_is_found_a_quarter_of_an_hour_later(world: World) -> None:
    name_job(world, ORDER, "9001")
    world.sync()
    create_job(world, "9001")
    stopped = world.newest(ORDER)
    assert stopped.due_at is not None
    assert 890 <= (stopped.due_at - stopped.created_at).total_seconds() <= 960
    with schema_context(world.customer.schema_name):
        type(stopped).objects.filter(pk=stopped.pk).update(due_at=utc_now())
    schedule.make_due(customer_id=world.customer.pk, sync_ids=[stopped.sync_id], kind="deliver", now=utc_now())
    deliver(world)
    assert world.newest(ORDER).state == "delivered"


def test_a_job_that_no_record_uses_costs_no_call(world: World) -> None:
    world.sync()
    create_job(world, "9002")
    world.clear_log()
    assert send(world) == [200]
    handle(world)
    assert events(world) == [("ignored", "not-used")]
    assert world.calls() == []


def test_a_flood_about_one_job_reads_it_once(world: World) -> None:
    name_job(world, ORDER, "9001")
    world.sync()
    job = create_job(world, "9001")
    body = {"tenant": world.tenant, "job": int(job), "type": "tn.jpm.job-updated"}
    for _ in range(30):
        world.control(world.servicetitan, "webhooks/send", body)
    world.clear_log()
    assert set(send(world)) == {200}
    assert handle(world) == 1
    assert [path.split("?")[0].rsplit("/", 1)[-1] for method, path in world.calls() if "token" not in path] == ["jobs"]
    assert {state for state, _ in events(world)} == {"applied"}
    assert len(events(world)) == 31
    deliver(world)
    assert world.newest(ORDER).state == "delivered"


def test_doubled_reordered_and_tampered_events_change_nothing(world: World) -> None:
    name_job(world, ORDER, "9001")
    world.sync()
    job = int(create_job(world, "9001"))
    body = {"tenant": world.tenant, "job": job, "type": "tn.jpm.job-completed"}
    world.control(world.servicetitan, "webhooks/send", {**body, "times": 3, "userassignedid": "thrice"})
    for how in ("wrong", "none", "tampered", "truncated"):
        world.control(world.servicetitan, "webhooks/send", {**body, "signed": how, "userassignedid": how})
    assert sorted(map(str, send(world, backwards=True))) == ["200"] * 4 + ["401"] * 4
    handle(world)
    deliver(world)
    assert [row.occurrence for row in world.rows(InboundEvent) if row.occurrence == "thrice"] == ["thrice"]
    assert len(world.rows(InboundEvent)) == 2
    assert world.newest(ORDER).state == "delivered"
    before = world.titan("purchase-orders")
    world.control(world.servicetitan, "webhooks/send", {**body, "userassignedid": "thrice"})
    send(world)
    assert handle(world) == 0
    deliver(world)
    assert world.titan("purchase-orders") == before
    assert len(world.rows(InboundEvent)) == 2


def test_what_was_refused_while_no_key_was_set_arrives_by_the_schedule_of_retries(world: World, settings: Any) -> None:
    world.control(world.servicetitan, "clock", {"now": "2026-03-02T08:00:00Z", "frozen": True})
    name_job(world, ORDER, "2005")
    world.sync()
    settings.ST_WEBHOOK_KEYS = {"production": [], "sandbox": []}
    (job,) = [row["id"] for row in world.titan("jobs") if row["jobNumber"] == "2005"]
    world.control(
        world.servicetitan, "webhooks/send", {"tenant": world.tenant, "job": job, "type": "tn.jpm.job-updated"}
    )
    assert send(world) == [401]
    settings.ST_WEBHOOK_KEYS = {"production": [], "sandbox": [KEY]}
    assert send(world) == [401]  # not before its time
    world.control(world.servicetitan, "clock", {"advance": 10})
    assert send(world) == [401, 200]
    assert len(world.rows(InboundEvent)) == 1


def test_an_event_of_one_customer_touches_nothing_of_the_other(world: World, web: str, globex: Customer) -> None:
    second = World(globex, world.sap, world.servicetitan, tenant=1002)
    second.connect()
    ready(second, web)
    for each in (world, second):
        name_job(each, ORDER, "9001")
        each.sync()
        assert each.newest(ORDER).code == "job-not-found"
    create_job(world, "9001")
    assert send(world) == [200]
    assert (handle(second), handle(world)) == (0, 1)
    deliver(world)
    deliver(second)
    assert world.newest(ORDER).state == "delivered"
    assert (second.newest(ORDER).state, second.rows(InboundEvent), second.rows(Reference, kind="job", key="9001")) == (
        "quarantined",
        [],
        [],
    )


def test_an_event_about_an_appointment_leads_to_the_job_by_its_id_alone(world: World, web: str) -> None:
    name_job(world, ORDER, "9001")
    world.sync()
    world.control(world.servicetitan, "webhooks", {"url": ""})  # the event about the new job itself is lost
    job = int(create_job(world, "9001"))
    world.control(world.servicetitan, "webhooks", {"url": f"{web}/webhooks/servicetitan/sandbox/"})
    told = {"tenant": world.tenant, "job": job, "type": "tn.jpm.job-appointment-updated"}
    world.control(world.servicetitan, "webhooks/send", told)
    assert send(world) == [200]
    handle(world)
    deliver(world)
    assert world.newest(ORDER).state == "delivered"


def test_a_job_that_lists_do_not_show_yet_is_looked_for_again(world: World) -> None:
    name_job(world, ORDER, "9001")
    world.sync()
    create_job(world, "9001")
    send(world)
    gone = {"kind": "status", "status": 404, "body": {}, "method": "GET", "path": "jobs/"}
    empty = {"kind": "status", "status": 200, "body": {"data": [], "hasMore": False, "page": 1, "pageSize": 200}}
    world.faults(gone, {**empty, "method": "GET", "path": "/jobs"})
    handle(world)
    (event,) = world.rows(InboundEvent)
    assert (event.state, event.code, event.tries) == ("received", "not-found", 1)
    world.no_faults()
    make_due(world)
    handle(world)
    assert events(world) == [("applied", "")]


def test_while_servicetitan_is_down_events_wait_and_are_given_up_after_some_tries(world: World) -> None:
    name_job(world, ORDER, "9001")
    world.sync()
    create_job(world, "9001")
    send(world)
    world.faults({"kind": "status", "status": 503, "body": {}, "method": "GET", "path": "jobs"})
    for _ in range(8):
        handle(world)
        make_due(world)
    (event,) = world.rows(InboundEvent)
    assert (event.state, event.due_at) == ("failed", None)
    world.no_faults()
    with schema_context(world.customer.schema_name):
        for _ in range(2):
            inbound.replay_event(event, actor=OLGA)
    assert handle(world) == 1
    (event,) = world.rows(InboundEvent)
    assert (event.state, event.woken) == ("applied", 1)
    deliver(world)
    assert world.newest(ORDER).state == "delivered"


def test_a_paused_connection_is_not_called_because_of_an_event(world: World) -> None:
    name_job(world, ORDER, "9001")
    world.sync()
    create_job(world, "9001")
    send(world)
    with schema_context(world.customer.schema_name):
        Connection.objects.filter(system="servicetitan").update(state="paused")
    world.clear_log()
    handle(world)
    assert (events(world), world.calls()) == ([("received", "")], [])


def test_a_ping_that_is_refused_ends_the_proof_and_one_that_works_gives_it_back(world: World) -> None:
    def ping() -> None:
        with schema_context(world.customer.schema_name):
            connections.ping(Connection.objects.get(system="servicetitan"), world.customer)

    def owner() -> Customer | None:
        return servicetitan_tenants.customer_of(environment="sandbox", tenant_id="1001")

    assert owner() == world.customer
    world.faults({"kind": "status", "status": 503, "body": {}, "method": "GET"})
    ping()
    assert owner() == world.customer  # nobody said that the tenant is not theirs
    world.no_faults()
    with schema_context(world.customer.schema_name):
        account = Connection.objects.get(system="servicetitan")
        right = dict(reveal(account.credentials) or {})
        connections.replace_credentials(
            account, {**right, "client_secret": "cs1.canary-wrong"}, world.customer, now=utc_now()
        )
    ping()
    assert owner() is None
    with schema_context(world.customer.schema_name):
        connections.replace_credentials(
            Connection.objects.get(system="servicetitan"), right, world.customer, now=utc_now()
        )
    ping()
    assert owner() == world.customer


def test_a_second_customer_cannot_take_the_tenant_and_gets_none_of_its_events(
    world: World, web: str, globex: Customer
) -> None:
    second = World(globex, world.sap, world.servicetitan, tenant=1001)
    second.connect()
    with schema_context("globex"):
        checks = connections.ping(Connection.objects.get(system="servicetitan"), globex)
    assert [check.code for check in checks if not check.ok] == ["tenant-taken"]
    create_job(world, "9001")
    assert send(world) == [200]
    assert (len(world.rows(InboundEvent)), second.rows(InboundEvent)) == (1, [])


def test_an_app_of_ones_own_calls_the_address_that_the_ping_shows(world: World, web: str) -> None:
    key = "canary-key-of-a-customers-own-app-32-chars"
    with schema_context(world.customer.schema_name):
        account = Connection.objects.get(system="servicetitan")
        connections.replace_credentials(
            account, {**dict(reveal(account.credentials) or {}), "webhook_key": key}, world.customer, now=utc_now()
        )
        (shown,) = [c for c in connections.ping(account, world.customer) if c.code == "webhooks"]
    path = shown.detail.partition("localhost")[2]
    world.control(world.servicetitan, "webhooks", {"url": web + path, "key": key, "encoding": "base64"})
    create_job(world, "9001")
    assert send(world) == [200]
    assert len(world.rows(InboundEvent)) == 1
    assert key not in shown.detail


def make_due(world: World) -> None:
    """Time passes: what was put off is due."""
    with schema_context(world.customer.schema_name):
        InboundEvent.objects.filter(due_at__isnull=False).update(due_at=utc_now())
    (account,) = world.rows(Connection, system="servicetitan")
    schedule.make_due(customer_id=world.customer.pk, sync_ids=[account.pk], kind="inbound", now=utc_now())
