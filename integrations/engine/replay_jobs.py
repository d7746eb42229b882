"""Replays and dismissals of many records: a count first, then bounded batches that can be stopped and resumed.

Each batch is one ledger transaction: the records go on, and the job's cursor moves behind them. Whoever comes next,
after a stop or a crash, goes on behind the cursor; whoever comes twice finds the job's row locked, then moved on.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from integrations.engine import remapping
from integrations.engine.replaying import dismiss_all, replay_all
from integrations.engine.selecting import Counted, Selection, count, newest
from integrations.engine.versions import BACKFILL
from integrations.engine.work import Lease, Schedule, ledger
from integrations.models import Delivery, Progress, ReplayJob

BATCH = 50
"""Records of one ledger transaction: others of the customer wait for its lock for about a quarter of a second."""

MOVED = ("seen", "done", "left_alone", "cursor", "state", "finished_at")


def preview(selection: Selection, action: str) -> Counted:
    """How many records a job would take up: those that fit now."""
    return count(_narrowed(selection, action))


def start(selection: Selection, *, action: str, by: str, reason: str = "", now: datetime) -> ReplayJob:
    """Makes a job for what fits now. To be called in a transaction that also has it worked on.

    Raises ValueError for a selection that narrows nothing, and for a dismissal without a reason.
    """
    if not selection.as_json():
        raise ValueError("Say which records: a job for all of them is not offered.")
    if action == ReplayJob.Action.DISMISS and not reason.strip():
        raise ValueError("A dismissal needs a reason.")
    counted = preview(selection, action)
    return ReplayJob.objects.create(
        action=action,
        selection=selection.as_json(),
        reason=reason.strip(),
        expected=counted.records,
        expected_exactly=counted.is_exact,
        started_by=by[:80],
        created_at=now,
    )


def stop(job: ReplayJob, *, now: datetime) -> ReplayJob:
    """Ends a job after the batch that is under way. What was taken up goes on; a job that has ended stays as it is."""
    with ledger():
        job = ReplayJob.objects.select_for_update().get(pk=job.pk)
        if job.state == Progress.RUNNING:
            job.state, job.finished_at = Progress.STOPPED, now
            job.save(update_fields=["state", "finished_at"])
        return job


def resume(job: ReplayJob) -> ReplayJob:
    """Lets a job that was stopped or has failed go on behind its cursor. To be called in a transaction, as `start`."""
    with ledger():
        job = ReplayJob.objects.select_for_update().get(pk=job.pk)
        if job.state in (Progress.STOPPED, Progress.FAILED):
            job.state, job.finished_at, job.error = Progress.RUNNING, None, ""
            job.save(update_fields=["state", "finished_at", "error"])
        return job


def go_on(job_id: UUID, *, lease: Lease, schedule: Schedule, now: datetime) -> bool:
    """Treats the next batch; whether there may be more."""
    with ledger(lease):
        job = ReplayJob.objects.select_for_update().filter(pk=job_id).first()
        if job is None or job.state != Progress.RUNNING:
            return False
        if job.action == ReplayJob.Action.REMAP:
            remapping.go_on(job, BATCH, schedule=schedule, now=now)
            job.save(update_fields=MOVED)
            return job.state == Progress.RUNNING
        batch = list(_behind(job)[:BATCH])
        done = _treat(job, batch, schedule, now)
        job.seen, job.done, job.left_alone = job.seen + len(batch), job.done + done, job.left_alone + len(batch) - done
        if batch:
            job.cursor = {"created_at": batch[-1].created_at.isoformat(), "id": str(batch[-1].id)}
        if len(batch) < BATCH:
            job.state, job.finished_at = Progress.FINISHED, now
        job.save(update_fields=MOVED)
        return job.state == Progress.RUNNING


def fail(job_id: UUID, error: str, *, now: datetime) -> None:
    """A job that cannot go on says why; `resume` tries again."""
    running = ReplayJob.objects.filter(pk=job_id, state=Progress.RUNNING)
    running.update(state=Progress.FAILED, error=error, finished_at=now)


def _treat(job: ReplayJob, batch: list[Delivery], schedule: Schedule, now: datetime) -> int:
    if not batch:
        return 0
    if job.action == ReplayJob.Action.DISMISS:
        return len(dismiss_all(batch, by=job.started_by, reason=job.reason, schedule=schedule, now=now))
    return len(replay_all(batch, by=job.started_by, schedule=schedule, now=now, priority=BACKFILL))


def _behind(job: ReplayJob) -> QuerySet[Delivery]:
    """What fits and is behind the cursor, the oldest first. What was made since the job began is left out."""
    fitting = newest(_narrowed(Selection.of(job.selection), job.action)).filter(created_at__lte=job.created_at)
    cursor: dict[str, Any] = job.cursor
    if cursor:
        same = Q(created_at=cursor["created_at"], id__gt=cursor["id"])
        fitting = fitting.filter(Q(created_at__gt=cursor["created_at"]) | same)
    return fitting.order_by("created_at", "id")


def _narrowed(selection: Selection, action: str) -> Selection:
    """A dismissal is about what is open only."""
    if action != ReplayJob.Action.DISMISS or selection.states:
        return selection
    held = ("pending", "waiting", "quarantined")
    return Selection.of({**selection.as_json(), "states": held})
