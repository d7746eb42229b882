"""What people do with records at the support desk: each is one function here, and each says in the audit who did it.

To be called in the customer's schema. What changes something runs in the caller's transaction, except where a remote
system is asked first: those open their own. Replays and the like go through the ledger and are safe to repeat.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from integrations import fitting, jobs, reference_data, repairing
from integrations.audit import Actor, record
from integrations.engine import (
    Given,
    Reread,
    Selection,
    dismiss,
    ledger,
    link_by_hand,
    make_anew,
    replay,
    replay_jobs,
    reports,
    unlink,
)
from integrations.engine.mapping import remove_values
from integrations.engine.remapping import Counted
from integrations.models import (
    Connection,
    Delivery,
    FitReport,
    Link,
    Progress,
    ReconcileDifference,
    ReconcileReport,
    ReplayJob,
    Sync,
    ValueMap,
)
from integrations.refusals import CannotBeDone
from integrations.running import CustomerSchedule, utc_now
from tenants.models import Customer


def replay_one(delivery: Delivery, customer: Customer, *, actor: Actor, now: datetime) -> Delivery:
    """Sends the newest version of a delivery's record through the ledger again; answers the version that goes on."""
    plan = CustomerSchedule(customer.pk)
    newest = replay(delivery.sync, delivery.source_key, by=_by(actor), schedule=plan, now=now)
    _note(actor, "delivery.replayed", delivery, {"version": newest.number, "state": newest.state})
    return newest


def dismiss_one(delivery: Delivery, customer: Customer, *, reason: str, actor: Actor, now: datetime) -> Delivery:
    """Closes a delivery that nobody wants. Raises CannotBeDone while a write is not settled, or once it is closed."""
    try:
        dismissed = dismiss(delivery, by=_by(actor), reason=reason, schedule=CustomerSchedule(customer.pk), now=now)
    except ValueError as error:
        raise CannotBeDone(str(error)) from None
    _note(actor, "delivery.dismissed", delivery, {"version": delivery.number, "reason": reason})
    return dismissed


def read_again(
    sync: Sync, key: str, customer: Customer, *, actor: Actor, clock: Callable[[], datetime] = utc_now
) -> Reread:
    """Reads one record at its source now. Calls the source, so not in a transaction. Raises the source's errors."""
    found = repairing.read_again(customer, sync, key, by=_by(actor), clock=clock)
    with transaction.atomic():
        record(actor=actor, action="record.re-read", subject=f"{sync.flow} {key}", detail={"found": found})
    return found


def repair(
    difference: ReconcileDifference, customer: Customer, *, actor: Actor, clock: Callable[[], datetime] = utc_now
) -> str:
    """Repairs one difference through the ledger. Calls the source, so not in a transaction. See `repairing.repair`."""
    done = repairing.repair(customer, difference, by=_by(actor), clock=clock)
    subject = f"{difference.report.sync.flow} {difference.source_key}"
    with transaction.atomic():
        detail = {"cause": difference.cause, "done": done}
        record(actor=actor, action="difference.repaired", subject=subject, subject_id=str(difference.pk), detail=detail)
    return done


def start_fit_report(
    pair: tuple[Connection, Connection], flows: list[str], customer: Customer, *, actor: Actor, now: datetime
) -> FitReport:
    """Begins a fit report on a pair, SAP first; the one that is being made, if there is one. Raises CannotBeDone."""
    report, is_new = jobs.start_fit_report(customer, pair, flows, by=_by(actor), now=now)
    if is_new:
        _note_report(actor, "started", report)
    return report


def stop_fit_report(report: FitReport, *, actor: Actor, now: datetime) -> FitReport:
    """Ends a fit report before its next call; one that has ended stays as it is."""
    if report.state == Progress.RUNNING:
        report = fitting.stop(report, now=now)
        _note_report(actor, "stopped", report)
    return report


def start_job(
    selection: Selection, customer: Customer, *, action: str, reason: str, actor: Actor, now: datetime
) -> ReplayJob:
    """Begins a replay or dismissal of many. Raises CannotBeDone for a selection that narrows nothing."""
    try:
        job = jobs.start_replay(customer, selection, action=action, by=_by(actor), reason=reason, now=now)
    except ValueError as error:
        raise CannotBeDone(str(error)) from None
    detail = {"selection": job.selection, "expected": job.expected, "reason": reason}
    record(actor=actor, action=f"{action}-job.started", subject=str(job.pk), subject_id=str(job.pk), detail=detail)
    return job


def stop_job(job: ReplayJob, *, actor: Actor, now: datetime) -> ReplayJob:
    """Ends a job after the batch that is under way."""
    stopped = replay_jobs.stop(job, now=now)
    _note_job(stopped, "stopped", actor)
    return stopped


def resume_job(job: ReplayJob, customer: Customer, *, actor: Actor, now: datetime) -> ReplayJob:
    """Lets a job that was stopped or has failed go on where it was."""
    resumed = jobs.resume_replay(customer, job, now=now)
    _note_job(resumed, "resumed", actor)
    return resumed


def relink(link: Link, target_key: str, customer: Customer, *, reason: str, actor: Actor, now: datetime) -> Link:
    """Points a record at another target record. Raises CannotBeDone while a write of it is not settled."""
    sync = Sync.objects.filter(flow=link.flow).first()
    if sync is None:
        raise CannotBeDone(f"The flow {link.flow} is not switched on.")
    given: dict[str, Any] = {"by": _by(actor), "reason": reason, "schedule": CustomerSchedule(customer.pk), "now": now}
    try:
        linked = link_by_hand(sync, link.source_key, target_key, **given)
    except ValueError as error:
        raise CannotBeDone(str(error)) from None
    _note_link(link, "relinked", actor, {"before": link.target_key, "after": target_key, "reason": reason})
    return linked


def take_apart(link: Link, customer: Customer, *, reason: str, actor: Actor, now: datetime) -> Link:
    """Unlinks a record. Nothing is made for it before a person decides; see `engine.relinking`. Raises CannotBeDone."""
    plan = CustomerSchedule(customer.pk)
    try:
        unlinked = unlink(link, by=_by(actor), reason=reason, schedule=plan, now=now)
    except ValueError as error:
        raise CannotBeDone(str(error)) from None
    _note_link(link, "unlinked", actor, {"before": link.target_key, "reason": reason})
    return unlinked


def let_make_anew(link: Link, customer: Customer, *, reason: str, actor: Actor, now: datetime) -> Link:
    """Lets a record that was unlinked be made again at the target. Raises CannotBeDone for one that is linked."""
    plan = CustomerSchedule(customer.pk)
    try:
        freed = make_anew(link, by=_by(actor), reason=reason, schedule=plan, now=now)
    except ValueError as error:
        raise CannotBeDone(str(error)) from None
    _note_link(link, "made-anew", actor, {"reason": reason})
    return freed


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of a change of maps: how many deliveries go on by now, and the jobs that send the others again."""

    deliveries: int
    jobs: tuple[ReplayJob, ...] = ()


def save_values(
    values: Collection[Given], customer: Customer, *, actor: Actor, now: datetime, send_again: bool = True
) -> Saved:
    """Saves rows of value maps that `reference_data.check` has found to be right; what waited for them goes on.

    What was written under other values is sent again, what is more than a page of it by a job; without `send_again`
    it stays as it is, see `start_remap`.
    """
    with ledger():
        before = _values(values)
        woken = reference_data.save_checked(customer, values, by=_by(actor), now=now, send_again=False)
        new = [given for given in values if before.get((given.map, given.key)) != given.value]
        changed = {
            f"{given.map} {given.key}": {"before": before.get((given.map, given.key)), "after": given.value}
            for given in new
        }
        names = sorted({given.map for given in values})
        again = Saved(0)
        for name in names if send_again else ():
            again = _also(again, name, [g.key for g in new if g.map == name], customer, actor=actor, now=now)
        subject, deliveries = ", ".join(names), woken + again.deliveries
        detail = {"rows": dict(list(changed.items())[:100]), "changed": len(changed), "deliveries": deliveries}
        record(actor=actor, action="value-map.saved", subject=subject, subject_id=f"map:{subject}"[:120], detail=detail)
    return Saved(deliveries, again.jobs)


def remove_value(row: ValueMap, customer: Customer, *, actor: Actor, now: datetime, send_again: bool = True) -> Saved:
    """Removes a row of a map; records that a rule which stays answers otherwise are sent again."""
    with ledger():
        plan = CustomerSchedule(customer.pk)
        remove_values(row.map, [row.key], by=_by(actor), schedule=plan, now=now, send_again=False)
        again = Saved(0)
        if send_again:
            again = _also(again, row.map, [row.key], customer, actor=actor, now=now)
        detail = {"key": row.key, "before": row.value, "deliveries": again.deliveries}
        subject_id = f"map:{row.map}"  # by which the history of a map is found, whose rows come and go
        record(actor=actor, action="value-map.row-removed", subject=row.map, subject_id=subject_id, detail=detail)
    return again


def _also(
    known: Saved, value_map: str, keys: Collection[str], customer: Customer, *, actor: Actor, now: datetime
) -> Saved:
    """With what is sent again because of these rows of a map."""
    if not keys:
        return known
    sent, job = jobs.go_on_remapping(customer, value_map, keys, by=_by(actor), now=now)
    if job is not None:
        detail = {"selection": job.selection}
        record(actor=actor, action="remap-job.started", subject=value_map, subject_id=str(job.pk), detail=detail)
    return Saved(known.deliveries + sent, (*known.jobs, *([job] if job else ())))


def start_remap(
    value_map: str,
    keys: Collection[str],
    customer: Customer,
    counted: Counted,
    *,
    actor: Actor,
    now: datetime,
) -> ReplayJob:
    """Has sent again what was written under other values than these rows give; see `engine.remapping`."""
    job = jobs.start_remap(customer, value_map, keys, counted, by=_by(actor), now=now)
    detail = {"selection": job.selection, "expected": job.expected}
    record(actor=actor, action="remap-job.started", subject=value_map, subject_id=str(job.pk), detail=detail)
    return job


def start_comparison(sync: Sync, customer: Customer, *, actor: Actor, now: datetime) -> ReconcileReport:
    """Begins a comparison of both books of a sync, or answers the one that is under way."""
    report = jobs.start_comparison(customer, sync, by=_by(actor), now=now)
    record(actor=actor, action="comparison.started", subject=sync.flow, subject_id=str(report.pk))
    return report


def stop_comparison(report: ReconcileReport, *, actor: Actor, now: datetime) -> ReconcileReport:
    """Ends a comparison after the page that is under way."""
    stopped = reports.stop(report, now=now)
    record(actor=actor, action="comparison.stopped", subject=stopped.sync.flow, subject_id=str(report.pk))
    return stopped


def _by(actor: Actor) -> str:
    return actor.label[:80]


def _note(actor: Actor, action: str, delivery: Delivery, detail: dict[str, Any]) -> None:
    subject = f"{delivery.sync.flow} {delivery.source_key}"
    record(actor=actor, action=action, subject=subject, subject_id=str(delivery.pk), detail=detail)


def _note_job(job: ReplayJob, verb: str, actor: Actor) -> None:
    detail = {"seen": job.seen, "done": job.done}
    record(actor=actor, action=f"{job.action}-job.{verb}", subject=str(job.pk), subject_id=str(job.pk), detail=detail)


def _note_link(link: Link, verb: str, actor: Actor, detail: dict[str, Any]) -> None:
    subject = f"{link.flow} {link.source_key}"
    record(actor=actor, action=f"link.{verb}", subject=subject, subject_id=str(link.pk), detail=detail)


def _values(values: Collection[Given]) -> dict[tuple[str, str], str]:
    rows = ValueMap.objects.filter(map__in={given.map for given in values}, key__in={given.key for given in values})
    return {(row.map, row.key): row.value for row in rows}


def _note_report(actor: Actor, verb: str, report: FitReport) -> None:
    subject = " and ".join(end["name"] for end in report.ends.values())
    detail = {"flows": report.flows}
    record(actor=actor, action=f"fit-report.{verb}", subject=subject, subject_id=str(report.pk), detail=detail)
