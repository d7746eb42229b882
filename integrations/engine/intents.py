"""Commits what is about to be sent before it is sent, and closes what needs no write."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from integrations.engine.bulk import fetch, insert_all, update_all
from integrations.engine.linking import Found, link_all, of_bond, wake_for
from integrations.engine.overtaking import outdated
from integrations.engine.planning import Planned
from integrations.engine.recording import Moves, add_notes, wake
from integrations.engine.recovering import LOOK, RESTORED, earliest_look, unmet_marks
from integrations.engine.refusing import REFUSED, refusal
from integrations.engine.sending import Outgoing
from integrations.engine.unresolved import unresolved_marks
from integrations.engine.work import Work, digest, ledger
from integrations.errors import (
    REFERENCE,
    Awaiting,
    NeedsPerson,
    NotReady,
    NotTransferable,
    Unmapped,
    link_key,
    linked_to_key,
)
from integrations.flow import Write
from integrations.models import Attempt, Delivery, Link, Step

State = Delivery.State
_NOW = "SELECT id, state, due_at, notes FROM integrations_delivery WHERE id = ANY(%b::uuid[])"

LOOK_AGAIN = timedelta(minutes=15)
"""What is missing in the other system is looked for so often, in case no event tells that it has appeared."""


def commit_intents(work: Work, batch: Sequence[Planned]) -> list[Outgoing]:
    """One transaction: writes get a step and an attempt with outcome unknown, everything else gets its end.

    Deliveries that a newer version has overtaken since they were read are left alone. Those that a person replayed
    since, or whose links or maps a person has changed, are planned again.
    """
    work.lease.renew(work.clock())
    now = work.clock()
    with ledger(work.lease):
        current = _still_so(work, batch)
        moves = Moves(now)
        outgoing = _prepare_writes(work, [(p, p.plan.writes) for p in current if p.plan and p.plan.writes], moves, now)
        _nothing_to_write([p for p in current if p.plan and not p.plan.writes and not p.plan.then], moves)
        for planned in current:
            if planned.plan is not None:
                add_notes(planned.delivery, planned.plan.notes, now)
            if planned.plan is None or (planned.plan.then and not planned.plan.writes):
                _not_finished(planned, moves, now)
        moves.save()
        if work.flow.maps:
            _keep_used([p for p in current if p.delivery.state in (State.DELIVERED, State.UNCHANGED)])
        _adopt(work, [p for p in current if p.plan and p.plan.adopt and p.link is None], now)
        _learn(work, [p for p in current if _is_news(p)], now)
        link_all(
            work, [of_bond(b, p.delivery) for p in current if p.plan for b in p.plan.links], Link.Origin.FOUND, now
        )
        _wake_others(work, current, now)
        _recheck_waiting(work, [p.delivery for p in current if p.delivery.needs], now)
    return outgoing


def _still_so(work: Work, batch: Sequence[Planned]) -> list[Planned]:
    """Those of which nothing was changed since they were read.

    Whoever moved one meanwhile (a replay, a wake-up) made it due: a plan from before would undo that.
    """
    rows = fetch(_NOW, [[planned.delivery.id for planned in batch]])
    stored = {key: (state, due_at, json.loads(notes)) for key, state, due_at, notes in rows}
    read = ((p, (p.delivery.state, p.delivery.due_at, p.delivery.notes)) for p in batch)
    current = [p for p, as_read in read if stored.get(p.delivery.id) == as_read]
    is_outdated = outdated(work.flow, [p.seen for p in current])
    return [p for p in current if not is_outdated(p.seen)]


def _prepare_writes(
    work: Work, batch: Sequence[tuple[Planned, tuple[Write, ...]]], moves: Moves, now: datetime
) -> list[Outgoing]:
    """Steps and intents of a batch. One write per pass: the next one is planned when this one is settled."""
    kept: dict[object, list[Step]] = {}
    for step in Step.objects.filter(delivery__in=[p.delivery.id for p, _ in batch]).order_by("position"):
        kept.setdefault(step.delivery_id, []).append(step)
    unresolved = unresolved_marks(work.sync, [p.delivery.source_key for p, _ in batch])
    first_writes = {(p.delivery.source_key, writes[0].marker) for p, writes in batch if writes[0].marker}
    unmet = unmet_marks(work.sync, first_writes)
    look_at = earliest_look(work.sync, now, work.limits)
    new_steps: list[Step] = []
    changed_steps: list[Step] = []
    outgoing = []
    for planned, writes in batch:
        steps = kept.get(planned.delivery.id, [])
        open_steps = [s for s in steps if s.state == Step.State.OPEN]
        done = len(steps) - len(open_steps)
        for index, write in enumerate(writes):
            if index < len(open_steps):
                step = open_steps[index]
                changed_steps.append(step)
            else:
                step = Step(delivery=planned.delivery, position=done + index + 1)
                new_steps.append(step)
            _fill(step, write, planned, first_create=index == 0)
            if index == 0 and (planned.delivery.source_key, write.marker) in unresolved:
                reason = "What became of an earlier create with the same mark is not known: it is looked for first."
                moves.move(planned.delivery, State.CHECKING, code="unresolved", reason=reason, due_at=now)
            elif index == 0 and (planned.delivery.source_key, write.marker) in unmet:
                moves.move(planned.delivery, State.CHECKING, code=RESTORED, reason=LOOK, due_at=look_at)
            elif index == 0:
                more = max(len(writes), len(open_steps)) > 1
                outgoing.append(_intent(work, planned, step, write, now, more=more))
                moves.move(planned.delivery, State.SENDING)
    insert_all(new_steps)
    if changed_steps:
        update_all(
            changed_steps,
            ["action", "target_key", "marker", "part", "side", "generation", "body", "expect", "lookups"],
        )
    insert_all([item.attempt for item in outgoing])
    return outgoing


def _fill(step: Step, write: Write, planned: Planned, *, first_create: bool) -> None:
    step.action, step.target_key, step.marker = write.action, write.key, write.marker
    step.part, step.side = write.part, write.side
    generation = planned.parts.get(write.part, 1) if write.part else planned.generation
    step.generation = generation if first_create or write.part else generation + 1
    step.body, step.expect, step.lookups = write.body, write.expect, planned.used


def _intent(work: Work, planned: Planned, step: Step, write: Write, now: datetime, *, more: bool) -> Outgoing:
    """The intent says when, if this worker dies, somebody may look for the record at the earliest."""
    attempt = Attempt(
        step=step,
        fence=work.lease.fence,
        intended_at=now,
        check_after=work.lease.until + timedelta(seconds=work.limits.call_seconds + work.limits.list_lag_seconds),
    )
    return Outgoing(delivery=planned.delivery, step=step, attempt=attempt, write=write, more=more)


def _nothing_to_write(batch: Sequence[Planned], moves: Moves) -> None:
    """The target is as it should be: delivered if this delivery wrote something on the way, else unchanged."""
    deliveries = [planned.delivery for planned in batch]
    steps = Step.objects.filter(delivery__in=deliveries)
    wrote = set(steps.filter(state=Step.State.DONE).values_list("delivery_id", flat=True)) if deliveries else set()
    steps.filter(state=Step.State.OPEN).update(state=Step.State.DROPPED)
    for delivery in deliveries:
        moves.move(delivery, State.DELIVERED if delivery.id in wrote else State.UNCHANGED)


def _keep_used(batch: Sequence[Planned]) -> None:
    """What a record asked that needed no write: whoever changes a map wants to know whom it concerns."""
    for planned in batch:
        planned.delivery.lookups = planned.used
    update_all([planned.delivery for planned in batch], ["lookups"])


def _not_finished(planned: Planned, moves: Moves, now: datetime) -> None:
    """What happens next, by the kind of error."""
    delivery, error = planned.delivery, planned.plan.then if planned.plan else planned.error
    delivery.tries += 1
    if isinstance(error, Awaiting):
        due_at = now + timedelta(seconds=error.seconds)
        reason, needs = error.message, error.needs
        moves.move(delivery, State.WAITING, code=error.code, reason=reason, needs=needs, due_at=due_at)
    elif isinstance(error, NotReady):
        moves.move(delivery, State.WAITING, code=error.code, reason=error.message, needs=error.needs)
    elif isinstance(error, NotTransferable):
        moves.move(delivery, State.NOT_TRANSFERABLE, code=error.code, reason=error.message, needs=error.needs)
    elif isinstance(error, Unmapped):
        add_notes(delivery, [f"Suggestion: {text}" for text in error.suggestions], now)
        moves.move(delivery, State.QUARANTINED, code=error.code, reason=error.message, needs=error.needs)
    elif isinstance(error, NeedsPerson):
        reason, needs = error.message, error.needs
        again_at = now + LOOK_AGAIN if needs.startswith(REFERENCE) else None
        moves.move(delivery, State.QUARANTINED, code=error.code, reason=reason, needs=needs, due_at=again_at)
    else:
        reason = f"An error in this product ({type(error).__name__}); the log has the details under this delivery's id."
        moves.move(delivery, State.QUARANTINED, code="bug", reason=reason)


def _adopt(work: Work, batch: Sequence[Planned], now: datetime) -> None:
    """Existing records of the target that were matched become linked, before anything is written to them."""
    adopted = [Found(work.flow.name, p.delivery.source_key, p.plan.adopt, 1, p.delivery.id) for p in batch if p.plan]
    link_all(work, adopted, Link.Origin.ADOPTED, now)


def _is_news(planned: Planned) -> bool:
    """Whether what was seen at the target, which is as it should be, is not known from a read-back of our own."""
    if planned.delivery.state == State.DELIVERED:
        return planned.link is not None and not planned.link.observed  # found there: made by a write long forgotten
    return planned.delivery.state == State.UNCHANGED


def _learn(work: Work, batch: Sequence[Planned], now: datetime) -> None:
    """A record that needed no write was seen as it should be: that is what both sides agree on from now on."""
    rows = {p.delivery.source_key: p.current for p in batch if p.current is not None}
    links = list(Link.objects.filter(flow=work.flow.name, source_key__in=rows))
    for link in links:
        row = rows[link.source_key] or {}
        link.observed, link.lines, link.verified_at = work.flow.observe(row), work.flow.lines(row), now
        link.digest = digest(link.observed)
    update_all(links, ["observed", "digest", "lines", "verified_at"])


def _wake_others(work: Work, batch: Sequence[Planned], now: datetime) -> None:
    """What a plan says that it settles; and who waits for a record that will not come may have something to say."""
    settled = {key for p in batch if p.plan and not p.plan.writes for key in p.plan.wakes}
    wake(settled, schedule=work.schedule, now=now)
    refused = {link_key(work.flow.name, p.delivery.source_key) for p in batch if p.delivery.state in REFUSED}
    refused |= {p.delivery.needs for p in batch if p.delivery.state == State.WAITING and _will_not_come(p)}
    wake(refused, schedule=work.schedule, now=now, states=[State.WAITING])


def _will_not_come(planned: Planned) -> bool:
    """Whether what was still hoped for when the plan was made was refused before the plan was committed."""
    return any(refusal(flow, key) for flow, key in planned.hoped)


def _recheck_waiting(work: Work, waiting: Sequence[Delivery], now: datetime) -> None:
    """A link that appeared after the plan was made wakes its waiter here: nobody else would."""
    keys = {d.needs for d in waiting if d.needs}
    flows = {key.split(":", 2)[1] for key in keys}
    ends = {key.split(":", 2)[2] for key in keys}
    there = Link.objects.filter(Q(source_key__in=ends) | Q(target_key__in=ends), flow__in=flows)
    wanted = (
        link
        for link in there
        if keys & {link_key(link.flow, link.source_key), linked_to_key(link.flow, link.target_key)}
    )
    wake_for(work, list(wanted), now)
