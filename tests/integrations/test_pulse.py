"""How flows were lately: whole quarters as noted, today's counts exact in the reader's day, old rows gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from integrations import pulse
from integrations.models import Delivery, Pulse, Sync
from tests.api.records import work

NOW = datetime(2026, 3, 2, 14, 20, tzinfo=UTC)


@pytest.fixture
def sync(in_acme) -> Sync:
    work(in_acme)
    return Sync.objects.get(flow="purchase-orders")


def closed(sync: Sync, at: datetime, state: str = "delivered", number: int = 1) -> None:
    key = f"47{Delivery.objects.count():08}"
    row = {"source_key": key, "number": number, "state": state, "digest": "d", "payload": {}}
    Delivery.objects.create(sync=sync, created_at=at, closed_at=at, **row)


def noted(sync: Sync) -> dict[str, tuple[int, int, int]]:
    return {
        f"{row.at:%H:%M}": (row.delivered, row.unchanged, row.other)
        for row in Pulse.objects.filter(sync=sync)
        if row.delivered + row.unchanged + row.other
    }


def test_each_quarter_counts_what_came_to_its_end_in_it(sync):
    Delivery.objects.filter(state="delivered").delete()
    closed(sync, NOW - timedelta(hours=2))
    closed(sync, NOW - timedelta(minutes=20), "unchanged")
    closed(sync, NOW - timedelta(minutes=1))
    closed(sync, NOW - timedelta(minutes=1), "dismissed")
    closed(sync, NOW - timedelta(minutes=1), "superseded")
    pulse.take(now=NOW)
    assert noted(sync) == {"12:15": (1, 0, 0), "14:00": (0, 1, 0), "14:15": (1, 0, 1)}


def test_a_quarter_that_had_not_ended_is_counted_anew_and_taking_twice_changes_nothing(sync):
    pulse.take(now=NOW)
    closed(sync, NOW + timedelta(minutes=3))
    for _ in range(2):
        pulse.take(now=NOW + timedelta(minutes=12))
    assert noted(sync)["14:15"] == (1, 0, 0)


def test_the_worst_age_of_a_quarter_stays(sync):
    Sync.objects.filter(pk=sync.pk).update(fresh_at=NOW - timedelta(seconds=300))
    pulse.take(now=NOW)
    Sync.objects.filter(pk=sync.pk).update(fresh_at=NOW)
    pulse.take(now=NOW + timedelta(minutes=2))
    assert Pulse.objects.get(sync=sync, at=NOW - timedelta(minutes=5)).lag_seconds == 300


def test_a_paused_flow_has_no_age(sync):
    Sync.objects.filter(pk=sync.pk).update(state="paused")
    pulse.take(now=NOW)
    assert set(Pulse.objects.filter(sync=sync).values_list("lag_seconds", flat=True)) == {None}


def test_what_is_older_than_eight_days_is_removed(sync):
    Pulse.objects.create(sync=sync, at=NOW - timedelta(days=9))
    Pulse.objects.create(sync=sync, at=NOW - timedelta(days=7))
    pulse.take(now=NOW)
    assert Pulse.objects.order_by("at").values_list("at", flat=True)[0] == NOW - timedelta(days=7)


@pytest.mark.parametrize("name", ["America/Chicago", "Asia/Kolkata", "Asia/Kathmandu", "UTC"])
def test_today_is_the_readers_day(sync, name):
    """What was closed before the reader's midnight is not of today, to the minute, whatever the zone's offset is."""
    midnight = NOW.astimezone(ZoneInfo(name)).replace(hour=0, minute=0, second=0)
    closed(sync, midnight - timedelta(minutes=1))
    closed(sync, midnight + timedelta(minutes=1))
    closed(sync, NOW - timedelta(minutes=40), "unchanged")
    pulse.take(now=NOW)
    closed(sync, NOW + timedelta(minutes=1))
    Delivery.objects.filter(source_key="4500000001").update(closed_at=NOW - timedelta(days=3))
    Pulse.objects.all().delete()
    pulse.take(now=NOW)
    now = NOW + timedelta(minutes=2)
    day = pulse.today(pulse.lately(now=now), began=midnight, now=now)[sync.pk]
    assert (day.delivered, day.unchanged, day.other) == (2, 1, 0)


def test_today_is_right_before_anything_was_noted(sync):
    closed(sync, NOW - timedelta(minutes=5))
    assert pulse.today({}, began=NOW - timedelta(hours=1), now=NOW)[sync.pk].delivered == 1
