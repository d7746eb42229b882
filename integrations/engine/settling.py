"""What came back: attempts, steps, links and deliveries are settled in one transaction, then read back."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from integrations import document_index
from integrations.engine.bulk import fetch, insert_all, update_all
from integrations.engine.linking import key_of, link_all, of_step, rows_of, side_of
from integrations.engine.pausing import pause_for
from integrations.engine.recording import Moves
from integrations.engine.sending import Outgoing
from integrations.engine.unresolved import CLOCK_TOLERANCE, sent_again_marks
from integrations.engine.work import REFUSED, LeaseLost, Work, backoff, digest, ledger, stored
from integrations.errors import (
    BadCredentials,
    IntegrationError,
    NotAuthorised,
    NotTransferable,
    Rejected,
    TokenRefused,
    Transient,
    Unknown,
)
from integrations.flow import Sent
from integrations.models import Attempt, Delivery, Link, Step

log = logging.getLogger(__name__)
_LINKS = "SELECT id, source_key, target_key FROM integrations_link WHERE flow = %s AND source_key = ANY(%b::text[])"
State = Delivery.State
Outcome = Attempt.Outcome


def settle(work: Work, batch: Sequence[Outgoing]) -> dict[UUID, Outgoing]:
    """Settles a batch of answers. A worker that was taken over leaves its answers as evidence only.

    Returns, by delivery, the writes that can be read back at once.
    """
    now = work.clock()
    try:
        with ledger(work.lease):
            return _settle(work, batch, now)
    except LeaseLost:
        keep_evidence(batch, now)
        raise


def _settle(work: Work, batch: Sequence[Outgoing], now: datetime) -> dict[UUID, Outgoing]:
    moves = Moves(now)
    linked: list[Outgoing] = []
    again = sent_again_marks(work.sync, [item.delivery.source_key for item in batch])
    at_once: dict[UUID, Outgoing] = {}
    for item in batch:
        result = item.result
        _finish_attempt(item, now)
        if isinstance(result, Sent):
            item.step.state, item.step.done_at = Step.State.DONE, now
            item.step.target_key = result.key
            linked.append(item)
            is_again = (item.delivery.source_key, item.step.marker) in again
            lag = timedelta(seconds=work.limits.list_lag_seconds if is_again else 0)
            moves.move(item.delivery, State.VERIFYING, due_at=now + lag)
            if not is_again:
                at_once[item.delivery.id] = item
        else:
            _settle_error(work, item, moves, now)
    update_all(
        [i.attempt for i in batch], ["outcome", "status", "code", "reason", "exchange", "finished_at", "resolution"]
    )
    update_all([item.step for item in linked], ["state", "done_at", "target_key"])
    moves.save()
    found = [of_step(work, i.delivery, i.step, i.step.target_key) for i in linked if i.step.side == "target"]
    link_all(work, found, Link.Origin.CREATED, now)
    return at_once


def _settle_error(work: Work, item: Outgoing, moves: Moves, now: datetime) -> None:
    """What happens next, by the kind of error. Anything not clearly harmless counts as unknown."""
    error, delivery = item.result, item.delivery
    delivery.tries += 1
    if isinstance(error, Unknown):
        # The other side may still be at work on a request whose connection broke early.
        began_at = item.began_at or item.attempt.intended_at
        over_at = max(now, began_at + timedelta(seconds=work.limits.call_seconds))
        due_at = over_at + timedelta(seconds=work.limits.list_lag_seconds)
        moves.move(delivery, State.CHECKING, code=error.code, reason=error.message, due_at=due_at)
    elif isinstance(error, Rejected) and not item.step.marker:
        # "Already so" is a refusal too: the state there decides.
        moves.move(delivery, State.CHECKING, code=error.code, reason=error.message, due_at=now)
    elif isinstance(error, Rejected) and work.flow.sees_refusals and item.step.side == "target":
        moves.move(delivery, State.PENDING, code=REFUSED, reason=error.message, due_at=now)
    elif isinstance(error, NotTransferable):
        moves.move(delivery, State.NOT_TRANSFERABLE, code=error.code, reason=error.message)
    elif isinstance(error, TokenRefused | BadCredentials | NotAuthorised | Transient):
        account = work.sync.source if item.step.side == "source" else work.sync.target
        refused = BadCredentials(error.message) if isinstance(error, TokenRefused) else error
        pause_for(refused, work.sync, account)
        wait = getattr(error, "retry_after", None) or backoff(str(delivery.id), delivery.tries)
        due_at = now + timedelta(seconds=wait)
        moves.move(delivery, State.PENDING, code=error.code, reason=error.message, due_at=due_at)
    elif isinstance(error, IntegrationError):
        moves.move(delivery, State.QUARANTINED, code=error.code, reason=error.message)


def _finish_attempt(item: Outgoing, now: datetime) -> None:
    attempt, result = item.attempt, item.result
    attempt.finished_at = now
    attempt.exchange = exchange_row(result)
    attempt.status = (attempt.exchange or {}).get("status")
    if isinstance(result, Sent):
        attempt.outcome = Outcome.ANSWERED
    elif isinstance(result, Unknown):
        attempt.outcome = Outcome.UNKNOWN
    elif isinstance(result, Transient | BadCredentials | NotAuthorised):
        attempt.outcome = Outcome.NOT_SENT
    else:
        attempt.outcome = Outcome.REFUSED
    if isinstance(result, IntegrationError):
        attempt.code, attempt.reason = result.code[:60], result.message


def exchange_row(result: object) -> dict[str, Any] | None:
    """The exchange of an answer or an error, as JSON; it was redacted where it was made."""
    exchange = getattr(result, "exchange", None)
    if exchange is None:
        return None
    row = {member.name: getattr(exchange, member.name) for member in dataclasses.fields(exchange)}
    return stored({**row, "started_at": exchange.started_at.isoformat()})


def verify(work: Work, deliveries: Sequence[Delivery], sent: Mapping[UUID, Outgoing] | None = None) -> list[Any]:
    """Reads back what was written, fifty at a time, and closes what is there as it was sent.

    `sent`: what was written of all of them just now (`settle`), and need not be read from the ledger. Returns the
    rows read.
    """
    steps = {delivery.id: sent[delivery.id].step for delivery in deliveries} if sent else _last_steps(deliveries)
    rows = rows_of(work, list(steps.values()))
    doubled = {} if sent else _look_for_doubles(work, deliveries, list(steps.values()))
    now = work.clock()
    with ledger(work.lease):
        moves = Moves(now)
        links = _links_of(work, [key_of(d.source_key, steps[d.id].part) for d in deliveries])
        unfinished = {key for key, item in sent.items() if item.more} if sent else set(_open_steps(deliveries))
        for delivery in deliveries:
            step = steps[delivery.id]
            step.delivery = delivery
            if step.marker in doubled:
                keys_there = ", ".join(doubled[step.marker])
                reason = f"Two records there carry the mark of this one: {keys_there}. Remove one of them by hand."
                moves.move(delivery, State.QUARANTINED, code="found-twice", reason=reason)
            else:
                row = rows.get((step.side, step.target_key))
                link = links.get(key_of(delivery.source_key, step.part)) if step.side == "target" else None
                link = link if link and link.target_key == step.target_key else None
                _verify_one(work, step, row, link, moves, more=delivery.id in unfinished)
        moves.save()
        seen = [link for link in links.values() if link.verified_at == now]
        update_all(seen, ["observed", "digest", "lines", "verified_at"])
        document_index.note_shown(_shown(deliveries, steps, rows))
    return [row for (side, _), row in rows.items() if side == "target"]


def _shown(
    deliveries: Sequence[Delivery], steps: Mapping[UUID, Step], rows: Mapping[tuple[str, str], Any]
) -> Iterable[tuple[UUID, str, Mapping[str, Any]]]:
    """What was made at the target, as it is shown there: with the number that people there call it by."""
    for delivery in deliveries:
        step = steps[delivery.id]
        if step.marker and step.side == "target" and (row := rows.get((step.side, step.target_key))):
            yield delivery.sync_id, delivery.source_key, row


def _last_steps(deliveries: Sequence[Delivery]) -> dict[UUID, Step]:
    """The last finished step of each delivery."""
    done = Step.objects.filter(delivery__in=deliveries, state=Step.State.DONE).order_by("position")
    return {step.delivery_id: step for step in done.defer("body", "lookups")}


def _links_of(work: Work, source_keys: Collection[str]) -> dict[str, Link]:
    """The links under these keys, by key: no more of them than what they lead to."""
    rows = fetch(_LINKS, [work.flow.name, list(source_keys)])
    return {key: Link(id=number, source_key=key, target_key=target) for number, key, target in rows}


def _open_steps(deliveries: Sequence[Delivery]) -> Iterable[UUID]:
    return Step.objects.filter(delivery__in=deliveries, state=Step.State.OPEN).values_list("delivery_id", flat=True)


def _verify_one(work: Work, step: Step, row: Any, link: Link | None, moves: Moves, *, more: bool) -> None:
    now, delivery = moves.now, step.delivery
    settled_at = (step.done_at or now) + timedelta(seconds=work.limits.list_lag_seconds)
    observed = side_of(work, step.side).observe(row) if row is not None else {}
    wrong = sorted(k for k, v in step.expect.items() if observed.get(k) != v) if row is not None else ["everything"]
    if wrong and now < settled_at:
        moves.move(delivery, State.VERIFYING, due_at=settled_at)
    elif row is None:
        reason = f"The answer named {step.target_key}, but no such record is shown there."
        moves.move(delivery, State.QUARANTINED, code="not-visible", reason=reason)
    elif wrong:
        reason = f"Accepted, but not as sent. Different there: {', '.join(wrong)}."
        moves.move(delivery, State.QUARANTINED, code="not-as-written", reason=reason)
    else:
        if link is not None:
            link.observed, link.lines = observed, work.flow.lines(row)
            link.digest, link.verified_at = digest(observed), now
        again = more or work.flow.sees_done
        moves.move(delivery, State.PENDING if again else State.DELIVERED, due_at=now if again else None)


def _look_for_doubles(work: Work, deliveries: Sequence[Delivery], steps: Collection[Step]) -> dict[str, list[str]]:
    """After a create that was sent again, looks once more for a second record with the same mark."""
    written = {step.marker for step in steps} - {""}
    again = sent_again_marks(work.sync, [d.source_key for d in deliveries]) if written else {}
    tries = {marker: at for (_, marker), at in again.items() if marker in written}
    if not tries:
        return {}
    found = work.flow.writer.find(work.target, sorted(tries), min(tries.values()) - CLOCK_TOLERANCE)
    keys = {marker: sorted({work.flow.writer.key(row) for row in rows}) for marker, rows in found.items()}
    return {marker: ids for marker, ids in keys.items() if len(ids) > 1}


def keep_evidence(batch: Sequence[Outgoing], now: datetime) -> None:
    """Answers that came too late: kept beside the intent, settled by whoever holds the lease now."""
    late = []
    for item in batch:
        _finish_attempt(item, now)
        late.append(
            Attempt(
                step=item.step,
                kind=Attempt.Kind.LATE,
                outcome=item.attempt.outcome,
                fence=item.attempt.fence,
                intended_at=item.attempt.intended_at,
                finished_at=now,
                status=item.attempt.status,
                code=item.attempt.code,
                reason=item.attempt.reason,
                exchange=item.attempt.exchange,
            )
        )
    with ledger():
        insert_all(late)
