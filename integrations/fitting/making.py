"""Makes a fit report, step by step: each step asks, keeps what it found, and the last one judges.

A step that was interrupted (a stopped worker) is done anew; what earlier steps found stays. Nothing is written to
either system: the clients only read, and so does their transport.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from copy import copy
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import DatabaseError, IntegrityError, transaction

from integrations import catalogue, connections
from integrations.engine import Lease, LeaseLost
from integrations.errors import IntegrationError, Misconfigured, Transient
from integrations.fitting import hints, sampling
from integrations.fitting.access import access
from integrations.fitting.judging import conclude
from integrations.fitting.metering import Meter, OutOfCalls, Stopped
from integrations.fitting.on_records import OUT_OF_CALLS
from integrations.models import Connection, FitReport, Progress, Sync
from integrations.refusals import CannotBeDone

log = logging.getLogger(__name__)

CALLS = 1_500
"""The most calls of a report, to both systems together; each step may make its share of what is left."""
KEPT = 50
MOST_FAILURES = 3
SIDES = ("sap", "servicetitan")
LAST = "hints"
MASTERS = ("vendors",)
"""What other flows refer to as a whole: their first run is rehearsed as if these had come, where they will."""
MAIN = ("vendors", "cost-centers", "purchase-orders", "supplier-invoices")
"""The flows that are judged where none is switched on and nobody says which."""


def usual_flows() -> list[str]:
    """What a report is about unless somebody says otherwise: the flows that are switched on, else the main ones."""
    return catalogue.in_order(Sync.objects.values_list("flow", flat=True) or MAIN)


def begin(
    sap: Connection, servicetitan: Connection, flows: list[str], *, by: str, now: datetime
) -> tuple[FitReport, bool]:
    """A new report on this pair, or the one that is being made; whether it is new. The oldest ones are removed.

    To be called in a transaction that also has it worked on. Raises CannotBeDone for connections that are no such pair
    or for a flow that does not exist.
    """
    if (sap.system, servicetitan.system) != SIDES:
        raise CannotBeDone("A fit report is about a connection to SAP and one to ServiceTitan.")
    if not flows or set(flows) - set(catalogue.flows()):
        raise CannotBeDone(f"Name one or more of these flows: {', '.join(sorted(catalogue.flows()))}.")
    names = catalogue.in_order(flows)
    try:
        with transaction.atomic():
            report = FitReport.objects.create(
                sap=sap,
                servicetitan=servicetitan,
                ends={row.system: _end(row) for row in (sap, servicetitan)},
                flows=names,
                steps_all=len(SIDES) + len(names) + 1,
                calls_most=CALLS,
                started_by=by[:80],
                started_at=now,
            )
    except IntegrityError:
        return FitReport.objects.get(sap=sap, servicetitan=servicetitan, state=Progress.RUNNING), False
    old = FitReport.objects.exclude(state=Progress.RUNNING).order_by("-id").values_list("pk", flat=True)[KEPT:]
    FitReport.objects.filter(pk__in=list(old)).delete()
    return report, True


def stop(report: FitReport, *, now: datetime) -> FitReport:
    """Ends a report before its next call. What it has found so far is kept, but says nothing about the whole."""
    running = FitReport.objects.filter(pk=report.pk, state=Progress.RUNNING)
    running.update(state=Progress.STOPPED, finished_at=now)
    report.refresh_from_db()
    return report


def previous(report: FitReport) -> FitReport | None:
    """The finished report on the same pair before this one; None once a connection of the pair is gone."""
    if report.sap_id is None or report.servicetitan_id is None:
        return None
    same = FitReport.objects.filter(sap=report.sap_id, servicetitan=report.servicetitan_id, state=Progress.FINISHED)
    return same.filter(id__lt=report.pk).order_by("-id").first()


def step_names(report: FitReport) -> list[str]:
    """The steps of a report, in order."""
    return [*SIDES, *report.flows, LAST]


def seconds_left(report: FitReport, now: datetime) -> float | None:
    """How long it will go on, by how long it took so far; None before the first step is done."""
    if not report.steps_done or report.state != Progress.RUNNING:
        return None
    each = (now - report.started_at).total_seconds() / report.steps_done
    return each * (report.steps_all - report.steps_done)


def go_on(report_id: UUID, *, lease: Lease, until: datetime, clock: Callable[[], datetime]) -> datetime | None:
    """Does steps until the time is up; when the report goes on, None if it is over."""
    while (report := _running(report_id)) is not None:
        names = step_names(report)
        if report.sap is None or report.servicetitan is None:
            _fail(report, "A connection of this report was removed meanwhile.", clock())
            return None
        again_at = _do(report, names, lease, clock)
        if again_at is not None:
            return again_at
        if clock() > until:
            return clock()
        lease.renew(clock())
    return None


def _running(report_id: UUID) -> FitReport | None:
    rows = FitReport.objects.select_related(*SIDES)
    return rows.filter(pk=report_id, state=Progress.RUNNING).first()


def _do(report: FitReport, names: list[str], lease: Lease, clock: Callable[[], datetime]) -> datetime | None:
    """One step; when to try it again, None where it is done with."""
    name = names[report.steps_done]
    left = max(report.calls_most - report.calls, 0)
    meter = Meter(report.pk, lease, clock, left // (len(names) - report.steps_done), before=report.calls)
    cursor = dict(report.cursor)
    try:
        found = _found(report, name, cursor, meter)
    except Stopped:
        return None
    except OutOfCalls:
        found = {"problem": OUT_OF_CALLS, "code": "out-of-calls"}
    except Transient as error:
        if report.failures + 1 < MOST_FAILURES:
            FitReport.objects.filter(pk=report.pk).update(failures=report.failures + 1, error=error.message)
            return clock() + timedelta(seconds=error.retry_after or 15 * 2**report.failures)
        found = {"problem": error.message, "code": error.code}
    except IntegrationError as error:
        found = {"problem": error.message, "code": error.code}
    except (LeaseLost, DatabaseError):
        raise
    except Exception:
        log.exception("a step of a fit report failed", extra={"report": str(report.pk), "step": name})
        found = {"problem": "This part failed for a reason of ours; the hosting team can see which.", "code": "bug"}
    _save(report, found, cursor, meter, clock())
    return None


def _found(report: FitReport, name: str, cursor: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """What one step finds; `cursor` is what later steps need of it."""
    rows = _pair(report, cursor)
    facts: dict[str, Any]
    if name in SIDES:
        facts, cursor[f"capabilities:{name}"] = access(rows[name], meter)
        return facts
    closed = [side for side in SIDES if not report.facts[side].get("signed_in")]
    if closed:
        titles = " and ".join(connections.system_of(side).TITLE for side in closed)
        raise Misconfigured(f"Not looked at: we could not sign in to {titles}.", code="not-signed-in")
    if name == LAST:
        return _hints(report, rows["servicetitan"], meter)
    facts, others = sampling.sample(sampling.Pair(rows), name, cursor.get("assumed", {}), meter)
    if name in MASTERS:
        cursor["assumed"] = {**cursor.get("assumed", {}), name: others}
    return facts


def _hints(report: FitReport, row: Connection, meter: Meter) -> dict[str, Any]:
    lacks: dict[str, dict[str, Any]] = {}
    for flow in report.flows:
        for value_map, codes in (report.facts[flow].get("lacks") or {}).items():
            lacks.setdefault(value_map, {}).update(codes)
    found: dict[str, Any] = {"units": None, "hints": {}, "unread": []}
    try:
        found["units"] = hints.business_units(row, meter)
        found["hints"], found["unread"] = hints.hints(row, lacks, meter)
    except OutOfCalls:
        found["unread"] = sorted(lacks)
    return found


def _pair(report: FitReport, cursor: Mapping[str, Any]) -> dict[str, Connection]:
    """Both connections, with what the report has learned of them; never saved."""
    rows: dict[str, Connection] = {}
    for side in SIDES:
        rows[side] = copy(getattr(report, side))
        rows[side].capabilities = {**rows[side].capabilities, **cursor.get(f"capabilities:{side}", {})}
    return rows


def _save(report: FitReport, found: Any, cursor: dict[str, Any], meter: Meter, now: datetime) -> None:
    """What a step found; after the last one, what all of it means. A report that was stopped stays as it is."""
    with transaction.atomic():
        meter.lease.hold()
        stored = FitReport.objects.select_for_update().get(pk=report.pk)
        if stored.state != Progress.RUNNING:
            return
        stored.facts = {**stored.facts, step_names(stored)[report.steps_done]: found}
        stored.cursor, stored.calls, stored.failures = cursor, meter.before + meter.calls, 0
        stored.error = ""
        stored.steps_done += 1
        if stored.steps_done == len(step_names(stored)):
            rates = {side: _rate(getattr(report, side)) for side in SIDES}
            conclude(stored, rates, _receipts())
            stored.state, stored.finished_at, stored.cursor = Progress.FINISHED, now, {}
        stored.save()


def _rate(row: Connection | None) -> float:
    return connections.rate_of(row).per_second if row else 1.0


def _receipts() -> str:
    """Who posts receipts, by the option of the flow that would."""
    stored = Sync.objects.filter(flow="supplier-invoices").values_list("options", flat=True).first() or {}
    return str(stored.get("receipts") or catalogue.flows()["supplier-invoices"].options["receipts"])


def _fail(report: FitReport, message: str, now: datetime) -> None:
    running = FitReport.objects.filter(pk=report.pk, state=Progress.RUNNING)
    running.update(state=Progress.FAILED, error=message, finished_at=now)


def give_up(report_id: UUID, reason: str, *, now: datetime) -> None:
    """A report that met a mistake of ours ends; it says nothing about the two accounts."""
    running = FitReport.objects.filter(pk=report_id, state=Progress.RUNNING)
    running.update(state=Progress.FAILED, error_code="bug", error=reason, finished_at=now)


def _end(row: Connection) -> dict[str, Any]:
    address = row.base_url or connections.system_of(row.system).base_url(connections.settings_of(row))
    shown = ("sap_client_number", "servicetitan_tenant_id", "company_codes")
    options = {name: str(row.options[name]) for name in shown if row.options.get(name)}
    return {"name": row.name, "environment": row.environment, "address": address, **options}
