"""Schedules in plain words, and what the next change of the clocks does to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations import schedule_spec
from integrations.portal.flow_form import DAYS

LOOKED_AHEAD = 60


@dataclass(frozen=True, slots=True)
class ClockChange:
    """The next day on which the clocks of a zone change, by so many minutes (forward is positive)."""

    on: date
    minutes: int


def in_words(spec: Any, zone: str) -> str:
    """ "Every 5 minutes", "At 06:30 on Monday and Friday (America/Chicago)"."""
    parsed = schedule_spec.parse(spec)
    if isinstance(parsed, schedule_spec.Every):
        return _every(str(spec["every"]))
    names = [str(DAYS[day]) for number, day in enumerate(schedule_spec.DAYS) if number in parsed.days]
    told = {"time": f"{parsed.at:%H:%M}", "zone": zone.replace("_", " ")}
    if len(names) == len(DAYS):
        return _("At %(time)s every day (%(zone)s)") % told
    days = ", ".join(names[:-1]) + (" " + _("and") + " " if len(names) > 1 else "") + names[-1]
    return _("At %(time)s on %(days)s (%(zone)s)") % {**told, "days": days}


def clock_change(spec: Any, zone: str, now: datetime) -> ClockChange | None:
    """The change of the clocks that a time of day meets in the next weeks; intervals do not care."""
    if isinstance(schedule_spec.parse(spec), schedule_spec.Every):
        return None
    local = ZoneInfo(zone)
    noon = now.astimezone(local).replace(hour=12, minute=0, second=0, microsecond=0, fold=0)
    for day in range(LOOKED_AHEAD):
        before, after = noon + timedelta(days=day), noon + timedelta(days=day + 1)
        moved = (after.utcoffset() or timedelta()) - (before.utcoffset() or timedelta())
        if moved:
            return ClockChange(after.date(), round(moved.total_seconds() / 60))
    return None


def _every(text: str) -> str:
    number, unit = int(text[:-1]), text[-1]
    said = {
        "s": ngettext("Every second", "Every %(n)s seconds", number),
        "m": ngettext("Every minute", "Every %(n)s minutes", number),
        "h": ngettext("Every hour", "Every %(n)s hours", number),
        "d": ngettext("Every day, counted from when it was set", "Every %(n)s days", number),
    }
    return said[unit] % {"n": number}
