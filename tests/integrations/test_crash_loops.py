"""A source whose reading ends every worker is left alone for an hour, with a failure that says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from integrations import running
from integrations.engine.crash_loop import MOST
from integrations.models import Connection, Run, Sync
from tenants import schedule
from tenants.models import Customer, ScheduledWork

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def claims(now: datetime) -> list[schedule.Claim]:
    return schedule.claim(now=now, limit=10, lease_seconds=300, kinds=["poll"])


def test_a_poll_that_has_ended_so_many_workers_fails_in_words_and_is_tried_again_in_an_hour(in_acme: Customer) -> None:
    sides = [
        Connection.objects.create(name=name, system=name, environment="sandbox") for name in ("sap", "servicetitan")
    ]
    sync = Sync.objects.create(flow="purchase-orders", source=sides[0], target=sides[1], full_read_at=NOW)
    schedule.ensure(customer_id=in_acme.pk, sync_id=sync.pk, kinds=("poll",), due_at=NOW)
    now = NOW
    for _ in range(MOST):
        assert schedule.begin(claims(now)[0], now=now, lease_seconds=300)  # and nothing more is heard of it
        now += timedelta(seconds=301)
    (claim,) = claims(now)
    running.run_claim(claim, clock=lambda: now)
    sync.refresh_from_db()
    assert (sync.failures, sync.state) == (1, "active")
    assert sync.last_error == (
        "5 workers in a row ended without a word while they read this: they may have lacked memory or time. "
        "It is tried again in an hour."
    )
    assert Run.objects.get(sync=sync).error_code == "ends-workers"
    row = ScheduledWork.objects.get(sync_id=sync.pk, kind="poll")
    assert (row.due_at, row.lease_until, row.begun) == (now + timedelta(hours=1), None, 0)
