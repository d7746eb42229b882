"""Looks for what an unanswered write may have left behind, before anything is sent again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max
from django.db.models.functions import Coalesce

from integrations.engine.linking import Found, link_all, of_step, rows_of, side_of
from integrations.engine.recording import Moves
from integrations.engine.work import Work, ledger
from integrations.flow import Row
from integrations.models import Attempt, Delivery, Link, Step

State = Delivery.State
Outcome = Attempt.Outcome

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far the target's clock may lie behind ours; looks begin so much earlier than the intent."""


def take_over(work: Work) -> None:
    """What a former owner of this lease left `sending` is checked, but not before its calls can have ended.

    Whoever holds the lease now has sent nothing yet, so every delivery in that state belongs to a dead or
    paused worker.
    """
    now = work.clock()
    if not Delivery.objects.filter(sync=work.sync, state=State.SENDING).exists():
        return
    with ledger(work.lease):
        moves = Moves(now)
        stranded = Delivery.objects.filter(sync=work.sync, state=State.SENDING).defer("payload")
        for delivery in stranded.annotate(check_after=Max("steps__attempts__check_after")):
            reason = "The worker ended before it could note the answer."
            due_at = max(delivery.check_after or now, now)
            moves.move(delivery, State.CHECKING, code="worker-lost", reason=reason, due_at=due_at)
        moves.save()


def check(work: Work, deliveries: Sequence[Delivery]) -> None:
    """Settles unknown outcomes: linked if found, sent again if not, an alarm if there are two."""
    steps = _open_steps(deliveries)
    creates = [s for s in steps.values() if s.marker]
    changes = [s for s in steps.values() if not s.marker]
    since = _earliest_intent(creates)
    found = work.flow.writer.find(work.target, {s.marker for s in creates}, since - CLOCK_TOLERANCE) if since else {}
    rows = rows_of(work, changes)
    now = work.clock()
    with ledger(work.lease):
        moves = Moves(now)
        linked: list[Found] = []
        for delivery in deliveries:
            step = steps.get(delivery.id)
            if step is None:
                moves.move(delivery, State.PENDING, due_at=now)
            elif step.marker:
                linked += _check_create(work, delivery, step, found.get(step.marker, []), moves)
            else:
                _check_change(work, delivery, step, rows.get((step.side, step.target_key)), moves)
        moves.save()
        link_all(work, linked, Link.Origin.FOUND, now)


def _open_steps(deliveries: Sequence[Delivery]) -> dict[Any, Step]:
    """The first open step of each delivery: the one whose write is in question."""
    steps = Step.objects.filter(delivery__in=deliveries, state=Step.State.OPEN).order_by("-position")
    return {step.delivery_id: step for step in steps}


def _earliest_intent(steps: Sequence[Step]) -> datetime | None:
    first = Attempt.objects.filter(step__in=steps, kind=Attempt.Kind.WRITE).order_by("intended_at").first()
    return first.intended_at if first else None


def _check_create(work: Work, delivery: Delivery, step: Step, rows: Sequence[Row], moves: Moves) -> list[Found]:
    keys = sorted({work.flow.writer.key(row) for row in rows})
    if len(keys) > 1:
        reason = (
            f"Two records there carry the mark of this one: {', '.join(keys)}. One of them has to be removed by hand."
        )
        moves.move(delivery, State.QUARANTINED, code="found-twice", reason=reason)
        return []
    _resolve(work, step, found=bool(keys), now=moves.now)
    if not keys:
        moves.move(delivery, State.PENDING, due_at=moves.now)
        return []
    _done(step, keys[0], moves.now)
    moves.move(delivery, State.VERIFYING, due_at=moves.now)
    return [of_step(work, delivery, step, keys[0])]


def _check_change(work: Work, delivery: Delivery, step: Step, row: Row | None, moves: Moves) -> None:
    """A change needs no marker: the state there tells. A refused change that is already so counts as done."""
    observed = side_of(work, step.side).observe(row) if row is not None else {}
    reached = row is not None and all(observed.get(k) == v for k, v in step.expect.items())
    refused = delivery.code == "rejected"
    _resolve(work, step, found=reached, now=moves.now)
    if reached:
        _done(step, step.target_key, moves.now)
        moves.move(delivery, State.VERIFYING, due_at=moves.now)
    elif refused:
        moves.move(delivery, State.QUARANTINED, code=delivery.code, reason=delivery.reason)
    else:
        moves.move(delivery, State.PENDING, due_at=moves.now)


def _done(step: Step, target_key: str, now: datetime) -> None:
    step.state, step.target_key, step.done_at = Step.State.DONE, target_key, now
    step.save(update_fields=["state", "target_key", "done_at"])


def _resolve(work: Work, step: Step, *, found: bool, now: datetime) -> None:
    """Notes the look as an attempt of its own, and what it says about the write in question."""
    outcome = Outcome.FOUND if found else Outcome.NOT_FOUND
    unresolved = Attempt.objects.filter(step=step, kind=Attempt.Kind.WRITE, outcome=Outcome.UNKNOWN, resolution="")
    unresolved.update(resolution=outcome, finished_at=Coalesce("finished_at", now))
    Attempt.objects.create(
        step=step,
        kind=Attempt.Kind.LOOK,
        outcome=outcome,
        fence=work.lease.fence,
        intended_at=now,
        finished_at=now,
    )
