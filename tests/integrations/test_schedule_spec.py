"""When a sync is due next, with both edges of daylight saving."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from integrations.schedule_spec import in_words, next_due, parse

CHICAGO = "America/Chicago"  # 2026: forward on March 8 at 02:00 (08:00 UTC), back on November 1 at 02:00 (07:00 UTC)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "spec",
    [
        None,
        "every 2m",
        {},
        {"every": 120},
        {"every": "0m"},
        {"every": "5s"},
        {"every": "8d"},
        {"every": "2m", "at": "06:30"},
        {"every": "2m", "evry": "3m"},
        {"at": "24:00"},
        {"at": "6:30"},
        {"at": 390},
        {"at": "06:30", "days": []},
        {"at": "06:30", "days": ["monday"]},
        {"at": "06:30", "days": "mon"},
        {"days": ["mon"]},
    ],
)
def test_a_malformed_schedule_is_refused(spec):
    with pytest.raises(ValueError, match=r"\.$"):
        parse(spec)


@pytest.mark.parametrize(
    ("spec", "now", "due"),
    [
        ({"every": "2m"}, "2026-03-08T07:59:00", "2026-03-08T08:01:00"),
        ({"every": "1h"}, "2026-11-01T06:30:00", "2026-11-01T07:30:00"),
        ({"every": "1d"}, "2026-03-08T00:00:00", "2026-03-09T00:00:00"),
        # 06:30 in Chicago: 12:30 UTC in winter, 11:30 in summer.
        ({"at": "06:30"}, "2026-03-07T12:29:59", "2026-03-07T12:30:00"),
        ({"at": "06:30"}, "2026-03-07T12:30:00", "2026-03-08T11:30:00"),
        ({"at": "06:30"}, "2026-10-31T11:30:00", "2026-11-01T12:30:00"),
        # 02:30 does not exist on March 8: once, at 03:30.
        ({"at": "02:30"}, "2026-03-08T07:00:00", "2026-03-08T08:30:00"),
        ({"at": "02:30"}, "2026-03-08T08:30:00", "2026-03-09T07:30:00"),
        # 01:30 comes twice on November 1: the first time only.
        ({"at": "01:30"}, "2026-11-01T06:00:00", "2026-11-01T06:30:00"),
        ({"at": "01:30"}, "2026-11-01T06:30:00", "2026-11-02T07:30:00"),
        ({"at": "01:30"}, "2026-11-01T07:00:00", "2026-11-02T07:30:00"),
        # 2026-11-06 is a Friday, 2026-11-09 a Monday.
        ({"at": "06:30", "days": ["mon"]}, "2026-11-06T12:00:00", "2026-11-09T12:30:00"),
        ({"at": "06:30", "days": ["fri"]}, "2026-11-06T12:30:00", "2026-11-13T12:30:00"),
        # Sunday evening in Chicago is Monday in UTC already.
        ({"at": "20:00", "days": ["sun"]}, "2026-11-09T01:00:00", "2026-11-09T02:00:00"),
        ({"at": "20:00", "days": ["mon"]}, "2026-11-09T01:00:00", "2026-11-10T02:00:00"),
    ],
)
def test_the_next_moment_in_chicago(spec, now, due):
    assert next_due(spec, utc(now), CHICAGO) == utc(due)


@pytest.mark.parametrize("zone", [CHICAGO, "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo", "UTC"])
@pytest.mark.parametrize("at", ["00:00", "00:30", "01:45", "02:15", "12:00", "23:59"])
def test_a_daily_time_comes_once_on_every_local_day_of_a_year(zone, at):
    from zoneinfo import ZoneInfo

    now, end, seen = utc("2026-01-01T12:00:00"), utc("2026-12-31T12:00:00"), []
    while (now := next_due({"at": at}, now, zone)) < end:
        seen.append(now.astimezone(ZoneInfo(zone)).date())
    assert seen == [seen[0] + timedelta(days=number) for number in range(len(seen))]
    assert len(seen) >= 363


def test_a_moment_written_in_another_zone_is_the_same_moment():
    from zoneinfo import ZoneInfo

    now = utc("2026-11-06T12:00:00")
    assert next_due({"at": "06:30"}, now.astimezone(ZoneInfo("Asia/Tokyo")), CHICAGO) == utc("2026-11-06T12:30:00")
    assert next_due({"every": "2m"}, now.astimezone(ZoneInfo("Asia/Tokyo")), CHICAGO) == now + timedelta(minutes=2)


def test_schedules_in_words():
    assert in_words({"every": "2m"}) == "every 2m"
    assert in_words({"at": "06:30"}) == "at 06:30 every day"
    assert in_words({"at": "06:30", "days": ["fri", "mon"]}) == "at 06:30 on mon, fri"
