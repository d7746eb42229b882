"""What people and workers do at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any

import pytest
from django.db import connection, transaction
from django.db import connections as database_connections

from integrations.engine import ledger
from integrations.models import AlertSettings, Connection, InboundEvent
from integrations.running import ClaimLease, utc_now
from tenants import schedule, schema
from tests.api.books import fill
from tests.api.caller import Caller, caller_of

WAITING = """
    SELECT count(DISTINCT pid) FROM pg_locks
    WHERE NOT granted AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())
"""
PATIENCE = 60
"""Seconds after which nobody will come any more."""


def alone(act: Callable[[], Any]) -> Any:
    """In a thread, with a connection of its own."""
    try:
        return act()
    finally:
        database_connections.close_all()


def until_waiting(count: int) -> None:
    """Returns once so many others wait for a lock."""
    give_up_at = monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while monotonic() < give_up_at:
            cursor.execute(WAITING)
            if cursor.fetchone()[0] >= count:
                return
    pytest.fail("nobody waits")


def test_of_two_who_change_the_same_alert_settings_one_reads_them_again(own_database, acme):
    with schema.within(acme):
        AlertSettings.objects.create(id=1)
    api = caller_of(acme)
    tag = api.get("alert-settings")["ETag"]

    def change(hours: int) -> Any:
        caller = Caller(key=api.key)
        return alone(lambda: caller.call("PATCH", "alert-settings", {"stalled_hours": hours}, If_Match=tag))

    with ThreadPoolExecutor(2) as pool:
        with schema.within(acme), transaction.atomic():
            AlertSettings.objects.select_for_update().get(id=1)
            calls = [pool.submit(change, hours) for hours in (7, 8)]
            until_waiting(2)
        assert sorted(call.result().status_code for call in calls) == [200, 412]


def test_an_event_is_replayed_while_a_worker_closes_it(own_database, acme):
    """The worker holds the schedule's row, then wants the event's; whoever replays it locks in the same order."""
    fill(acme)
    with schema.within(acme):
        account = Connection.objects.get(system="servicetitan")
        event = InboundEvent.objects.create(
            connection=account,
            tenant_id="1001",
            occurrence="one",
            type="tn.jpm.job-updated",
            object_kind="job",
            object_id="88001",
            received_at=utc_now(),
            state="failed",
        )
        schedule.wake(customer_id=acme.pk, sync_id=account.pk, kind="inbound", now=utc_now(), priority=1)
        (claim,) = schedule.claim(now=utc_now(), limit=1, lease_seconds=300, sync_id=account.pk)
    key = caller_of(acme).key
    path = f"inbound-events/{event.pk}/replay"

    with ThreadPoolExecutor(1) as pool, schema.within(acme):
        with ledger(ClaimLease(claim, 300)):
            call = pool.submit(lambda: alone(lambda: Caller(key=key).post(path)))
            until_waiting(1)
            InboundEvent.objects.filter(pk=event.pk).update(woken=1)
        assert call.result().status_code == 202
