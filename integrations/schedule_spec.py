"""When a sync is due next: every so often, or at a local time on some days. Pure arithmetic, aware datetimes in UTC.

A spec is JSON: `{"every": "2m"}` or `{"at": "06:30", "days": ["mon", "fri"]}` (all days where `days` is left out).
A local time means the customer's clock. A time that the clock skips in spring runs once, as much later as the clock
was moved (02:30 runs at 03:30); a time that comes twice in autumn runs once, the first time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SHORTEST = timedelta(seconds=10)
LONGEST = timedelta(days=7)

_EVERY = re.compile(r"([1-9][0-9]{0,5})(s|m|h|d)")
_AT = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class Every:
    """At a fixed distance, whatever clocks do."""

    interval: timedelta

    def next_due(self, now: datetime, zone: ZoneInfo) -> datetime:
        return now.astimezone(UTC) + self.interval


@dataclass(frozen=True, slots=True)
class LocalTime:
    """At a time of the customer's clock, on these days of the week (0 is Monday)."""

    at: time
    days: frozenset[int]

    def next_due(self, now: datetime, zone: ZoneInfo) -> datetime:
        today = now.astimezone(zone).date()
        # Eight days: today's moment may have passed already, and only today's day of the week may be listed. One day
        # more before and after, since a clock moved by hours can carry a moment over midnight.
        for distance in range(-1, 9):
            moment = self._moment(today + timedelta(days=distance), zone)
            if moment > now and (today + timedelta(days=distance)).weekday() in self.days:
                return moment
        raise AssertionError("A week has each of its days.")

    def _moment(self, day: date, zone: ZoneInfo) -> datetime:
        return datetime.combine(day, self.at, zone).astimezone(UTC)


Schedule = Every | LocalTime


def parse(spec: Any) -> Schedule:
    """The schedule that a spec describes. Raises ValueError with a sentence for people."""
    if not isinstance(spec, Mapping) or not spec:
        raise ValueError('A schedule is {every: 2m} or {at: "06:30", days: [mon, fri]}.')
    strange = set(spec) - {"every", "at", "days"}
    if strange:
        raise ValueError(f"A schedule has no {', '.join(sorted(map(str, strange)))}.")
    if "every" in spec and len(spec) > 1:
        raise ValueError("A schedule has either every, or at with days.")
    return _every(spec["every"]) if "every" in spec else _local_time(spec)


def next_due(spec: Any, now: datetime, zone: str) -> datetime:
    """The first moment after `now` (aware) at which the spec is due, in UTC. `zone`: e.g. America/Chicago.

    Raises ValueError for a malformed spec.
    """
    return parse(spec).next_due(now, ZoneInfo(zone))


def in_words(spec: Any) -> str:
    """The spec as a person would say it."""
    schedule = parse(spec)
    if isinstance(schedule, Every):
        return f"every {spec['every']}"
    days = [name for number, name in enumerate(DAYS) if number in schedule.days]
    return f"at {schedule.at:%H:%M} " + ("every day" if len(days) == 7 else f"on {', '.join(days)}")


def _every(value: Any) -> Every:
    found = _EVERY.fullmatch(str(value))
    if not found:
        raise ValueError("every is a whole number with its unit: 30s, 2m, 1h or 1d.")
    interval = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if not SHORTEST <= interval <= LONGEST:
        raise ValueError("every is from 10s to 7d.")
    return Every(interval)


def _local_time(spec: Mapping[str, Any]) -> LocalTime:
    found = _AT.fullmatch(str(spec.get("at", "")))
    if not found:
        raise ValueError('at is a time of the customer\'s clock in quotes, from "00:00" to "23:59".')
    days = spec.get("days", DAYS)
    if not isinstance(days, list | tuple) or not days or not set(map(str, days)) <= set(DAYS):
        raise ValueError(f"days is a list of {', '.join(DAYS)}.")
    return LocalTime(time(int(found[1]), int(found[2])), frozenset(DAYS.index(str(day)) for day in days))
