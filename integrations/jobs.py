"""Work that goes on for longer than a request: begun here, done in short tasks under claims of the schedule index.

A job has a row in the index like a sync, with its own id. A worker that dies leaves the claim to end with its lease,
and the next one goes on where the last transaction stood. Nothing of it is kept in the broker.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from integrations import fitting
from integrations.engine import DATABASE_AWAY, LeaseLost, Selection, ledger, remapping, replay_jobs, reports
from integrations.engine.remapping import Counted
from integrations.errors import IntegrationError
from integrations.models import Connection, FitReport, Progress, ReconcileReport, ReplayJob, Sync
from integrations.running import ClaimLease, CustomerSchedule, utc_now, work_for
from tenants import schedule
from tenants.models import Customer
from tenants.schema import within

log = logging.getLogger(__name__)

PRIORITY = 8
"""Within a customer, polls and deliveries go first."""

MOST_BEGUN = 5
"""So often a job is begun in a row whose workers end without a word; it would end the next one as well."""

WITHOUT_A_WORD = f"Its workers ended {MOST_BEGUN} times in a row without a word: they may have lacked memory or time."


class WorkersLost(Exception):
    """Nobody who began this job has come to the end of a task."""


def start_replay(
    customer: Customer, selection: Selection, *, action: str, by: str, now: datetime, reason: str = ""
) -> ReplayJob:
    """Begins a replay or a dismissal of every record that fits. Raises ValueError, see `replay_jobs.start`."""
    with transaction.atomic():
        job = replay_jobs.start(selection, action=action, by=by, reason=reason, now=now)
        _make_due(customer, job.pk, now)
    return job


def start_remap(
    customer: Customer, value_map: str, keys: Collection[str], counted: Counted, *, by: str, now: datetime
) -> ReplayJob:
    """Begins to send again what was written under other values than these rows of a map give."""
    with transaction.atomic():
        job = remapping.start(value_map, keys, counted, by=by, now=now)
        _make_due(customer, job.pk, now)
    return job


def go_on_remapping(
    customer: Customer, value_map: str, keys: Collection[str], *, by: str, now: datetime
) -> tuple[int, ReplayJob | None]:
    """Sends again what was written under other values than these rows give: some at once, the rest by a job.

    In the ledger transaction that has changed the rows. Returns how many at once, and the job if there is a rest.
    """
    plan = CustomerSchedule(customer.pk)
    sent, job = remapping.begin_to_send_again(value_map, keys, by=by, schedule=plan, now=now)
    if job is not None:
        _make_due(customer, job.pk, now)
    return sent, job


def resume_replay(customer: Customer, job: ReplayJob, *, now: datetime) -> ReplayJob:
    """Lets a job that was stopped, or has failed, go on where it was."""
    with transaction.atomic():
        job = replay_jobs.resume(job)
        if job.state == Progress.RUNNING:
            _make_due(customer, job.pk, now)
    return job


def start_comparison(customer: Customer, sync: Sync, *, by: str, now: datetime) -> ReconcileReport:
    """Begins a comparison of both books of one sync; the one that is under way, if there is one."""
    with transaction.atomic():
        report, is_new = reports.begin(sync, by=by, now=now)
        if is_new:
            _make_due(customer, report.pk, now)
    return report


def start_fit_report(
    customer: Customer, pair: tuple[Connection, Connection], flows: list[str], *, by: str, now: datetime
) -> tuple[FitReport, bool]:
    """Begins a fit report on a pair (SAP first); the one that is being made, if there is one, and whether it is new.

    Raises CannotBeDone.
    """
    with transaction.atomic():
        report, is_new = fitting.begin(*pair, flows, by=by, now=now)
        if is_new:
            _make_due(customer, report.pk, now)
    return report, is_new


def run_claim(claim: schedule.Claim, *, clock: Callable[[], datetime] = utc_now) -> None:
    """Does some of one job in the customer's schema, and says when it goes on."""
    begun = schedule.begin(claim, now=clock(), lease_seconds=settings.LEASE_SECONDS)
    customer = Customer.objects.filter(pk=claim.customer_id).first()
    if begun is None or customer is None:
        return  # this message came twice, or too late
    lease = ClaimLease(begun, settings.LEASE_SECONDS)
    with within(customer):
        try:
            if begun.begun > MOST_BEGUN:
                raise WorkersLost
            again_at = _go_on(customer, claim.sync_id, lease, clock)
        except LeaseLost:
            log.warning("taken over by another worker", extra={"job": str(claim.sync_id), "fence": lease.fence})
            return
        except DATABASE_AWAY:
            raise  # the database's trouble is everybody's, and passes
        except Exception as error:  # our own mistake would come again with every claim
            log.exception("a job failed", extra={"job": str(claim.sync_id)})
            again_at = None
            _give_up(claim.sync_id, error, clock())
        with ledger():
            if again_at is not None:
                schedule.release(lease.claim, now=clock(), due_at=again_at)
            elif not _is_running(claim.sync_id):  # nobody has resumed it meanwhile
                schedule.remove(customer_id=customer.pk, sync_id=claim.sync_id)
            else:
                schedule.release(lease.claim, now=clock(), due_at=clock())


def _go_on(customer: Customer, job_id: UUID, lease: ClaimLease, clock: Callable[[], datetime]) -> datetime | None:
    """Works until the task's time is up; when the job goes on, None if it is over."""
    until = clock() + timedelta(seconds=settings.WORK_SECONDS)
    report = ReconcileReport.objects.filter(pk=job_id).select_related("sync__source", "sync__target").first()
    if report is not None:
        return _compare(report, lease, until, clock)
    if FitReport.objects.filter(pk=job_id).exists():
        return _fit(customer, job_id, lease, until, clock)
    plan = CustomerSchedule(customer.pk)
    try:
        while replay_jobs.go_on(job_id, lease=lease, schedule=plan, now=clock()):
            if clock() > until:
                return clock()
            lease.renew(clock())
    except (IntegrationError, ValueError, LookupError) as error:
        log.exception("a job failed", extra={"job": str(job_id)})
        replay_jobs.fail(job_id, str(error), now=clock())
    return None


def _fit(
    customer: Customer, job_id: UUID, lease: ClaimLease, until: datetime, clock: Callable[[], datetime]
) -> datetime | None:
    """Once a report is there, people map codes: what both systems call things is read now, and not in the night."""
    again_at = fitting.go_on(job_id, lease=lease, until=until, clock=clock)
    if again_at is None and FitReport.objects.filter(pk=job_id, state=Progress.FINISHED).exists():
        wake_refresh(customer, now=clock())
    return again_at


def wake_refresh(customer: Customer, *, now: datetime) -> None:
    """The reference data of the customer's systems is read anew, soon."""
    known: dict[str, Any] = {"sync_id": schedule.REFRESH, "kind": "job", "queue": "job", "priority": PRIORITY}
    schedule.wake(customer_id=customer.pk, now=now, **known)


def _give_up(job_id: UUID, error: Exception, now: datetime) -> None:
    """A job that cannot go on ends, with a reason; whoever wants it begins or resumes it again."""
    mistake = f"Our own mistake ({type(error).__name__}): the log of the workers has it, at this time."
    reason = WITHOUT_A_WORD if isinstance(error, WorkersLost) else mistake
    replay_jobs.fail(job_id, reason, now=now)
    reports.give_up(job_id, reason, now=now)
    fitting.give_up(job_id, reason, now=now)


def _compare(
    report: ReconcileReport, lease: ClaimLease, until: datetime, clock: Callable[[], datetime]
) -> datetime | None:
    try:
        work = work_for(report.sync, lease, CustomerSchedule(0), clock, read_only=True, priority="backfill")
        try:
            return clock() if reports.go_on(work, report.pk, until=until) else None
        finally:
            work.close()
    except IntegrationError as error:
        log.warning("comparison put off", extra={"flow": report.sync.flow, "code": error.code, "reason": error.message})
        wait = reports.failed(report.pk, error, lease=lease, now=clock())
        return clock() + wait if wait else None


def _is_running(job_id: UUID) -> bool:
    running = {"pk": job_id, "state": Progress.RUNNING}
    if FitReport.objects.filter(**running).exists():
        return True
    return ReplayJob.objects.filter(**running).exists() or ReconcileReport.objects.filter(**running).exists()


def _make_due(customer: Customer, job_id: UUID, now: datetime) -> None:
    """A row of its own, due now; one that is there (the job is just being stopped) is woken."""
    schedule.ensure(customer_id=customer.pk, sync_id=job_id, kinds=("job",), due_at=now, queue="job", priority=PRIORITY)
    schedule.make_due(customer_id=customer.pk, sync_ids=[job_id], kind="job", now=now)
