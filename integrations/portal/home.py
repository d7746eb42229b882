"""/: one picture that answers whether the books agree, how fresh they are, and what needs a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.http import HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from integrations import catalogue, freshness, pulse
from integrations.engine import Loading, loading
from integrations.freshness import Freshness
from integrations.models import Pulse, ReconcileReport
from integrations.portal import flow_words, spark
from integrations.portal.checklist import steps
from integrations.portal.fixes import reason_words, task_link
from integrations.portal.live import live
from integrations.portal.pages import PageRequest, page
from integrations.portal.words import cause_words, flow_title
from integrations.pulse import Day
from integrations.todo import Task, newest_reports, open_tasks

MOST_TASKS = 8
LATE = 120
"""Seconds by which a poll may be late before a person is told."""
QUARTERS = 96
COUNTED_AGAIN = 30
"""Seconds after which what is on its way is counted again, where it is too much to count at each look."""

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Row:
    """One flow on the page. `load`: a full read that is under way."""

    name: str
    title: str
    state: Text
    badge: str
    fresh: Freshness
    day: Day
    report: ReconcileReport | None
    lag: SafeString
    volume: SafeString
    load: Loading | None
    load_note: str


@page(role="viewer")
def home(request: PageRequest) -> HttpResponse:
    """The whole picture, of which the part that changes is asked for anew as long as it is seen."""
    now = timezone.now()
    known = freshness.freshness(request.customer, now=now)
    reports = newest_reports()
    shown: dict[str, Any] = {"rows": _rows(known, reports, now), **_verdict(known, reports)}
    tasks = open_tasks([one.sync for one in known], reports)
    shown |= {"tasks": [_told(task) for task in tasks[:MOST_TASKS]], "count": len(tasks)}
    shown["more"] = max(0, len(tasks) - MOST_TASKS)
    if not any(one.sync.enabled for one in known):
        shown["steps"] = steps()
    return live(request, "portal/overview/_now.html", "portal/overview/page.html", shown)


def _rows(known: Sequence[Freshness], reports: Sequence[ReconcileReport], now: datetime) -> list[Row]:
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    pulses = pulse.lately(now=now, hours=26)  # the longest day has 25
    days = pulse.today(pulses, began=midnight, now=now)
    newest = {report.sync_id: report for report in reports}
    order = {name: at for at, name in enumerate(flow_words.in_order())}
    rows = [_row(one, days, newest, pulses.get(one.sync.pk, ()), now) for one in known]
    return sorted(rows, key=lambda row: order.get(row.name, len(order)))


def _row(
    one: Freshness,
    days: Mapping[UUID, Day],
    newest: Mapping[UUID, ReconcileReport],
    pulses: Sequence[Pulse],
    now: datetime,
) -> Row:
    sync, title = one.sync, flow_title(one.sync.flow)
    state, badge = _state(one)
    load = _load(one, now)
    quarters = _quarters(pulses, now)
    ages = [row.lag_seconds if row else None for row in quarters]
    counts = [row.delivered + row.unchanged if row else 0 for row in quarters]
    worst = max((age for age in ages if age is not None), default=0)
    said = {"flow": title, "minutes": round(worst / 60), "n": sum(counts)}
    lag = spark.line(ages, gettext("%(flow)s: at most %(minutes)s minutes behind its source in 24 hours") % said)
    volume = spark.bars(counts, gettext("%(flow)s: %(n)s records in 24 hours") % said)
    day, report = days.get(sync.pk, Day()), newest.get(sync.pk)
    return Row(sync.flow, title, state, badge, one, day, report, lag, volume, load, _left(load))


def _quarters(pulses: Sequence[Pulse], now: datetime) -> list[Pulse | None]:
    """The last 24 hours, a place for each quarter."""
    by_time = {row.at: row for row in pulses}
    last = now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)
    return [by_time.get(last - at * pulse.QUARTER) for at in range(QUARTERS - 1, -1, -1)]


def _state(one: Freshness) -> tuple[Text, str]:
    sync = one.sync
    if not sync.enabled:
        return _("switched off"), "soft"
    if not one.running:
        return _("paused"), "bad"
    if sync.failures:
        return _("cannot be read"), "warn"
    if one.late_seconds > LATE:
        return _("late"), "warn"
    return (_("running"), "good") if one.fresh_at else (_("first load"), "info")


def _load(one: Freshness, now: datetime) -> Loading | None:
    """Only where something may be under way: it is counted. A great many are counted now and then for everybody."""
    flow = catalogue.flows().get(one.sync.flow)
    if flow is None or (one.on_their_way == 0 and one.fresh_at is not None):
        return None
    if "on_their_way" not in one.more:
        return loading(one.sync, flow.reader, now)
    key = f"loading:{one.sync.pk}"
    found: Loading | None = cache.get(key)
    if found is None and (found := loading(one.sync, flow.reader, now)):
        cache.set(key, found, COUNTED_AGAIN)
    return found


def _left(load: Loading | None) -> str:
    """How much longer, as people say it."""
    if load is None or load.seconds_left is None:
        return ""
    minutes = round(load.seconds_left / 60)
    if minutes < 2:
        return gettext("about a minute left")
    if minutes < 120:
        return gettext("about %(n)s minutes left") % {"n": minutes}
    return gettext("about %(n)s hours left") % {"n": round(minutes / 60)}


def _verdict(known: Sequence[Freshness], reports: Sequence[ReconcileReport]) -> dict[str, Any]:
    """`agree` is None as long as nothing was compared; `oldest`: the comparison that says least."""
    running = [one for one in known if one.running]
    compared = {report.sync_id for report in reports}
    ages = [one.fresh_at for one in running if one.fresh_at]
    return {
        "agree": all(report.agree for report in reports) if reports else None,
        "differing": sum(report.differing for report in reports),
        "oldest": min((report.finished_at for report in reports if report.finished_at), default=None),
        "uncompared": sum(one.sync.enabled and one.sync.pk not in compared for one in known),
        "fresh_at": min(ages, default=None),
        "unread": sum(one.fresh_at is None for one in running),
    }


def _told(task: Task) -> dict[str, Any]:
    known = task.subject in catalogue.flows()
    if task.kind == "books":
        task = replace(task, told=cause_words(task.told))
    elif task.group is not None:
        task = replace(task, told=str(reason_words(task.told, task.group.needs)))
    return {"task": task, "subject": flow_title(task.subject) if known else task.subject, "way": task_link(task)}


routes = [path("", home, name="home")]
