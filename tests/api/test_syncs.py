"""Syncs: switching on, steering, starting over."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

import pytest
from django.db import connections as database_connections
from django.db import transaction

from integrations import steering
from integrations.engine import LeaseLost, ledger
from integrations.engine.polling import _note_of
from integrations.models import AuditEvent, Connection, Delivery, Sync
from integrations.running import ClaimLease, utc_now
from tenants import schedule, schema
from tenants.models import ScheduledWork
from tests.api.books import BEGINNING, fill
from tests.api.caller import Caller, caller_of

ZONES = ("America/New_York", "Asia/Tokyo")


@pytest.fixture
def books(acme):
    return fill(acme)


def due(kind="poll", flow="vendors"):
    sync = Sync.objects.get(flow=flow)
    return ScheduledWork.objects.get(sync_id=sync.pk, kind=kind).due_at


def test_a_flow_is_switched_on_and_due_at_once(api, acme, books):
    wanted = {"flow": "purchase-orders", "schedule": {"every": "2m"}, "options": {"batch": 20}}
    answer = api.post("syncs", wanted)
    shown = answer.json()
    assert (answer.status_code, answer["Location"]) == (201, "/api/v1/syncs/purchase-orders")
    assert (shown["source"]["name"], shown["target"]["name"], shown["state"]) == ("sap", "servicetitan", "active")
    with schema.within(acme):
        assert due(flow="purchase-orders") <= utc_now()


REFUSED = {
    "no flow": ({"flow": "coffee"}, "/flow"),
    "schedule": ({"schedule": {"every": "1s"}}, "/schedule"),
    "no option": ({"options": {"colour": "red"}}, "/options/colour"),
    "kind of option": ({"options": {"batch": "many"}}, "/options/batch"),
    "too many": ({"options": {"batch": 5000}}, "/options/batch"),
    "choice": ({"options": {"required_date": "whenever"}}, "/options/required_date"),
    "end": ({"source": "01890000-0000-7000-8000-000000000001"}, "/source"),
    "enabled": ({"enabled": "yes"}, "/enabled"),
}


@pytest.mark.parametrize(("change", "pointer"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_wrong_is_told_with_its_place(api, acme, books, change, pointer):
    answer = api.post("syncs", {"flow": "purchase-orders", "schedule": {"every": "2m"}, **change})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    with schema.within(acme):
        assert Sync.objects.count() == 1


def test_sandbox_and_production_never_mix(api, acme, books):
    with schema.within(acme):
        Connection.objects.filter(name="sap").update(environment="production")
    answer = api.post("syncs", {"flow": "purchase-orders", "schedule": {"every": "2m"}})
    assert answer.json()["errors"][0]["pointer"] == "/target"


def test_a_flow_is_switched_on_once(api, books):
    assert api.post("syncs", {"flow": "vendors", "schedule": {"every": "2m"}}).status_code == 409


def test_another_schedule_begins_at_once_and_options_are_merged(api, acme, books):
    api.change("syncs/vendors", {"options": {"batch": 20}})
    shown = api.change("syncs/vendors", {"schedule": {"every": "1h"}, "options": {"batch": None}}).json()
    assert (shown["schedule"], shown["options"]) == ({"every": "1h"}, {})
    with schema.within(acme):
        assert due() <= utc_now()


def test_a_poll_meanwhile_does_not_disturb_an_edit(api, acme, books):
    tag = api.get("syncs/vendors")["ETag"]
    with schema.within(acme):
        Sync.objects.update(polled_at=utc_now(), cursor={"n": 2})
    assert api.call("PATCH", "syncs/vendors", {"enabled": False}, If_Match=tag).status_code == 200


def test_a_paused_sync_stands_still_until_somebody_resumes_it(api, acme, books):
    shown = api.post("syncs/vendors/pause", {"reason": "Stock-taking"}).json()
    assert (shown["state"], shown["pause_code"], shown["pause_reason"]) == ("paused", "by-person", "Stock-taking")
    refused = api.post("syncs/vendors/run")
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "This flow is paused (Stock-taking): resume it first.",
    )
    assert api.post("syncs/vendors/resume").json()["state"] == "active"
    with schema.within(acme):
        assert [due(kind) <= utc_now() for kind in schedule.KINDS] == [True, True]
        events = AuditEvent.objects.filter(action__startswith="sync.").order_by("sequence")
        assert [event.action for event in events] == ["sync.paused", "sync.resumed"]


def test_running_now_makes_the_poll_due(api, acme, books):
    assert api.post("syncs/vendors/run").status_code == 202
    with schema.within(acme):
        assert due() <= utc_now()


def test_a_sync_whose_connection_is_paused_does_not_run(api, acme, books):
    with schema.within(acme):
        Connection.objects.filter(name="sap").update(state="paused", pause_reason="Refused.")
    answer = api.post("syncs/vendors/run")
    assert answer.json()["detail"] == "The connection sap is paused (Refused.): repair and ping it first."


def deliver(sync, key: str, state: str) -> None:
    Delivery.objects.create(
        sync=sync, source_key=key, number=1, state=state, digest="d", payload={}, created_at=BEGINNING
    )


def test_a_reset_is_previewed_and_then_reads_everything_again(api, acme, books):
    with schema.within(acme):
        Sync.objects.update(full_read_at=BEGINNING)
        for key, state in (("1", "delivered"), ("2", "quarantined"), ("3", "waiting")):
            deliver(books["sync"], key, state)
    shown = api.get("syncs/vendors/reset").json()
    assert shown == {
        "known": 3,
        "linked": 0,
        "on_their_way": 1,
        "need_a_person": 1,
        "last_full_read_at": "2026-03-02T08:00:00Z",
    }
    assert api.post("syncs/vendors/reset", {"reason": "History"}).status_code == 202
    with schema.within(acme):
        sync = Sync.objects.get()
        assert (sync.cursor, sync.full_read_at, Delivery.objects.count()) == ({}, None, 3)
        assert AuditEvent.objects.get(action="sync.reset").detail["before"]["cursor"] == {"n": 1}


def test_a_reading_that_is_under_way_cannot_put_its_cursor_back_after_a_reset(api, acme, books):
    with schema.within(acme):
        schedule.make_due(customer_id=acme.pk, sync_ids=[books["sync"].pk], kind="poll", now=utc_now())
        (claim,) = schedule.claim(now=utc_now(), limit=1, lease_seconds=300, customer_id=acme.pk)
    api.post("syncs/vendors/reset", {"reason": "History"})
    with schema.within(acme), pytest.raises(LeaseLost):
        ClaimLease(claim, 300).renew(utc_now())


def test_runs_are_filtered_and_their_arithmetic_comes_out_even(api, acme, books):
    with schema.within(acme):
        books["sync"].runs.update(read=10, unchanged=2, written=5, skipped=1, quarantined=1)
    (run,) = api.get("runs?flow=vendors&started_from=2026-03-02T08:01:00Z").json()["items"]
    assert run["open"] == 1
    assert run["read"] == sum(run[name] for name in ("unchanged", "written", "skipped", "quarantined", "open"))
    assert api.get(f"runs/{run['id']}").json() == run
    assert api.get("runs?started_before=2026-03-02T08:00:00Z").json()["items"] == []


def test_every_flow_is_in_the_catalogue_with_its_options(api, acme):
    names = [flow["name"] for flow in api.get("flows").json()["items"]]
    assert names.index("vendors") < names.index("purchase-orders")
    options = {each["name"]: each for each in api.get("flows/purchase-orders").json()["options"]}
    assert options["batch"] == {"name": "batch", "kind": "a whole number", "default": 50, "choices": []}
    assert api.get("flows/coffee").status_code == 404


def test_a_flow_that_two_switch_on_at_the_same_time_is_switched_on_once(own_database, acme):
    with schema.within(acme):
        fill(acme)
    key = caller_of(acme).key
    wanted = {"flow": "purchase-orders", "schedule": {"every": "2m"}}

    def switch_on(_: int) -> int:
        try:
            return int(Caller(key=key).post("syncs", wanted).status_code)
        finally:
            database_connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(switch_on, range(4))) == [201, 409, 409, 409]


def test_a_change_waits_for_a_worker_in_the_order_in_which_workers_lock(own_database, acme):
    """The worker holds the schedule's row, then wants the sync's, while somebody pauses and runs it."""
    with schema.within(acme):
        sync = fill(acme)["sync"]
        schedule.make_due(customer_id=acme.pk, sync_ids=[sync.pk], kind="poll", now=utc_now())
        (claim,) = schedule.claim(now=utc_now(), limit=1, lease_seconds=300, customer_id=acme.pk)
    key = caller_of(acme).key

    def call(_: int) -> int:
        try:
            return int(Caller(key=key).post("syncs/vendors/run").status_code)
        finally:
            database_connections.close_all()

    def save(_: int) -> int:
        try:
            with schema.within(acme), ledger(ClaimLease(claim, 300)):
                return Sync.objects.filter(pk=sync.pk).update(failures=0)
        finally:
            database_connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(each, number) for number in range(20) for each in (call, save)]
        assert [one.result() for one in calls] == [202, 1] * 20


def test_a_local_time_waits_for_its_moment_and_follows_the_customers_clock(api, acme, books):
    api.change("syncs/vendors", {"schedule": {"at": "06:30"}})
    moments = []
    for zone in ZONES:
        api.change("customer", {"time_zone": zone})
        with schema.within(acme):
            moments.append(due())
    local = [moment.astimezone(ZoneInfo(zone)).strftime("%H:%M") for moment, zone in zip(moments, ZONES, strict=True)]
    assert local == ["06:30", "06:30"]
    assert min(moments) > utc_now()


def test_an_idle_poll_gives_its_claim_back_without_waiting_for_who_changes_the_sync(own_database, acme):
    """It holds the schedule's row by then, which a change of the sync may want next."""
    with schema.within(acme):
        sync = fill(acme)["sync"]
        schedule.make_due(customer_id=acme.pk, sync_ids=[sync.pk], kind="poll", now=utc_now())
        (claim,) = schedule.claim(now=utc_now(), limit=1, lease_seconds=300, customer_id=acme.pk)

    def release() -> bool:
        note = _note_of(sync)
        try:
            with schema.within(acme):
                return schedule.release(claim, now=utc_now(), due_at=utc_now(), also=note.statement, given=note.given)
        finally:
            database_connections.close_all()

    with ThreadPoolExecutor(1) as pool, schema.within(acme):
        sync.polled_at = utc_now()
        with transaction.atomic():
            assert steering.locked("vendors") is not None
            assert pool.submit(release).result(timeout=10)
            schedule.make_due(customer_id=acme.pk, sync_ids=[sync.pk], kind="poll", now=utc_now())
        assert Sync.objects.get().polled_at is None
        (claim,) = schedule.claim(now=utc_now(), limit=1, lease_seconds=300, customer_id=acme.pk)
        assert pool.submit(release).result(timeout=10)
        assert Sync.objects.get().polled_at == sync.polled_at
