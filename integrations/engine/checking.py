"""Looks for what an unanswered write may have left behind, before anything is sent again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Max

from integrations.engine.linking import Found, link_all, of_step, rows_of, side_of
from integrations.engine.recording import Moves
from integrations.engine.recovering import earliest_look, look_since
from integrations.engine.unresolved import CLOCK_TOLERANCE, Looks, in_question, refusals, unresolved_marks
from integrations.engine.work import Work, ledger
from integrations.flow import Row
from integrations.models import Delivery, Link, Step

State = Delivery.State


def take_over(work: Work, *, but: Collection[UUID] = ()) -> None:
    """What a former owner of this lease left `sending` is checked, but not before its calls can have ended.

    Every delivery in that state belongs to a dead or paused worker, `but` those that are under way here and now.
    """
    now = work.clock()
    left = Delivery.objects.filter(sync=work.sync, state=State.SENDING).exclude(id__in=but)
    if not left.exists():
        return
    with ledger(work.lease):
        moves = Moves(now)
        for delivery in left.defer("payload").annotate(check_after=Max("steps__attempts__check_after")):
            reason = "The worker ended before it could note the answer."
            due_at = max(delivery.check_after or now, earliest_look(work.sync, now, work.limits))
            moves.move(delivery, State.CHECKING, code="worker-lost", reason=reason, due_at=due_at)
        moves.save()


def check(work: Work, deliveries: Sequence[Delivery]) -> None:
    """Settles unknown outcomes: linked if found, sent again if not, an alarm if there are two."""
    steps = _open_steps(deliveries)
    creates = [s for s in steps.values() if s.marker]
    changes = [s for s in steps.values() if not s.marker]
    found = _find(work, deliveries, creates)
    rows = rows_of(work, changes)
    now = work.clock()
    with ledger(work.lease):
        moves, looks = Moves(now), Looks(work.sync, work.lease.fence)
        own, refused = in_question(creates), refusals(changes)
        linked: list[Found] = []
        for delivery in deliveries:
            step = steps.get(delivery.id)
            if step is None:
                moves.move(delivery, State.PENDING, due_at=now)
            elif step.marker:
                keys = sorted({work.flow.writer.key(row) for row in found.get(step.marker, ())})
                linked += _check_create(work, delivery, step, keys, looks, moves, is_own=step.id in own)
            else:
                row = rows.get((step.side, step.target_key))
                _check_change(work, delivery, step, row, looks, moves, refusal=refused.get(step.id))
        looks.save(now)
        moves.save()
        link_all(work, linked, Link.Origin.FOUND, now)


def _open_steps(deliveries: Sequence[Delivery]) -> dict[Any, Step]:
    """The first open step of each delivery: the one whose write is in question."""
    steps = Step.objects.filter(delivery__in=deliveries, state=Step.State.OPEN).order_by("-position")
    return {step.delivery_id: step for step in steps}


def _find(work: Work, deliveries: Sequence[Delivery], creates: Sequence[Step]) -> Mapping[str, Sequence[Row]]:
    """Rows by marker, created since the first try of any version of the record."""
    if not creates:
        return {}
    keys = {delivery.id: delivery.source_key for delivery in deliveries}
    tries = unresolved_marks(work.sync, keys.values())
    marks = {(keys[step.delivery_id], step.marker) for step in creates}
    since = look_since(work.sync, marks, min(tries.values(), default=work.clock()))
    found: Mapping[str, Sequence[Row]] = work.flow.writer.find(
        work.target, sorted({step.marker for step in creates}), since - CLOCK_TOLERANCE
    )
    return found


def _check_create(
    work: Work, delivery: Delivery, step: Step, keys: Sequence[str], looks: Looks, moves: Moves, *, is_own: bool
) -> list[Found]:
    """One that an earlier version made is linked, and planned again from what it is now."""
    if len(keys) > 1:
        reason = (
            f"Two records there carry the mark of this one: {', '.join(keys)}. One of them has to be removed by hand."
        )
        moves.move(delivery, State.QUARANTINED, code="found-twice", reason=reason)
        return []
    looks.note(delivery, step, target_key=keys[0] if keys else None)
    moves.move(delivery, State.VERIFYING if keys and is_own else State.PENDING, due_at=moves.now)
    return [of_step(work, delivery, step, keys[0])] if keys else []


def _check_change(
    work: Work,
    delivery: Delivery,
    step: Step,
    row: Row | None,
    looks: Looks,
    moves: Moves,
    *,
    refusal: tuple[str, str] | None,
) -> None:
    """A change needs no marker: the state there tells. A refused change that is already so counts as done."""
    observed = side_of(work, step.side).observe(row) if row is not None else {}
    reached = row is not None and all(observed.get(k) == v for k, v in step.expect.items())
    looks.note(delivery, step, target_key=step.target_key if reached else None)
    if reached:
        moves.move(delivery, State.VERIFYING, due_at=moves.now)
    elif refusal:
        code, reason = refusal
        moves.move(delivery, State.QUARANTINED, code=code, reason=reason)
    else:
        moves.move(delivery, State.PENDING, due_at=moves.now)
