"""The calls of a batch, side by side. Threads do HTTP only: no database, no tokens, no state of the ledger."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.connection import RENEWALS, writes_may_begin
from integrations.engine.linking import Side, side_of
from integrations.engine.recording import named
from integrations.engine.work import Work
from integrations.errors import IntegrationError, Rejected, TokenRefused, Transient, Unknown
from integrations.flow import BatchWriter, Sent, Write
from integrations.models import Attempt, Delivery, Step

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Outgoing:
    """One write on its way: what is sent for whom, and what came back. `more`: other writes are to follow it.

    `began_at` is when its call was last told that it may begin.
    """

    delivery: Delivery
    step: Step
    attempt: Attempt
    write: Write
    more: bool = False
    began_at: datetime | None = None
    result: Sent | IntegrationError | None = None


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A batch whose calls are being made by threads."""

    batch: Sequence[Outgoing]
    turns: Sequence[Future[None]] = ()

    def wait(self) -> None:
        """Returns when every call has ended."""
        for turn in self.turns:
            turn.result()


def begin_batch(work: Work, batch: Sequence[Outgoing], pool: Executor) -> UnderWay:
    """Begins to send all writes; a single call is made here and now."""
    calls, take_turns = _turns(work, batch)
    if len(calls) == 1 or work.limits.side_by_side <= 1:
        take_turns()
        return UnderWay(batch)
    threads = min(work.limits.side_by_side, len(calls))
    # What is logged in a thread names the same customer, sync and request as the rest of the task.
    return UnderWay(batch, [pool.submit(copy_context().run, take_turns) for _ in range(threads)])


def end_batch(work: Work, under_way: UnderWay) -> None:
    """Waits for the results. Refused tokens are renewed, here in the task's thread, and those writes repeated."""
    under_way.wait()
    for _ in range(RENEWALS):
        refused = [item for item in under_way.batch if isinstance(item.result, TokenRefused)]
        if not refused:
            return
        _repeat(work, refused)


def _repeat(work: Work, refused: Sequence[Outgoing]) -> None:
    for name in {item.step.side for item in refused}:
        mine = [item for item in refused if item.step.side == name]
        try:
            side_of(work, name).client.renew()
        except IntegrationError as error:
            for item in mine:
                item.result = error
        else:
            _turns(work, mine)[1]()


def _turns(work: Work, batch: Sequence[Outgoing]) -> tuple[list[list[Outgoing]], Callable[[], None]]:
    """The calls of a batch, and what each thread does: it makes one after the other as long as there are any."""
    sides = {name: side_of(work, name) for name in {item.step.side for item in batch}}  # opened in this thread
    # How many writes a writer takes in one call; 0: it knows single ones only.
    at_once = {name: s.writer.at_once if isinstance(s.writer, BatchWriter) else 0 for name, s in sides.items()}
    calls = _calls(batch, at_once)
    waiting = iter(calls)  # shared by the threads: taking the next one is a single step, which nobody interrupts

    def take_turns() -> None:
        for call in waiting:
            side = call[0].step.side
            _keep(call, _send(work, sides[side], call, together=at_once[side] > 0))

    return calls, take_turns


def _calls(batch: Sequence[Outgoing], at_once: Mapping[str, int]) -> list[list[Outgoing]]:
    """The writes that go in one call: as many of one action as their writer takes at once, else one."""
    calls: list[list[Outgoing]] = []
    alike: dict[tuple[str, str], list[Outgoing]] = {}
    for item in batch:
        call = alike.get((item.step.side, item.write.action))
        if call is None or len(call) >= at_once[item.step.side]:
            calls.append(call := [])
            alike[item.step.side, item.write.action] = call
        call.append(item)
    return calls


def _keep(call: Sequence[Outgoing], results: Sequence[Sent | IntegrationError]) -> None:
    for item, result in zip(call, results, strict=True):
        item.result = result


def _send(work: Work, side: Side, call: Sequence[Outgoing], *, together: bool) -> Sequence[Sent | IntegrationError]:
    """One call. It starts only if the lease outlives the call's whole time-out.

    A call may have to wait for its connection's budget, for minutes after a 429: the session asks again. A lease that
    was renewed meanwhile does not count: whoever takes over looks for the record as early as its intent says.
    """
    last = [item.attempt.check_after for item in call if item.attempt.check_after is not None]
    after_lease = timedelta(seconds=work.limits.call_seconds + work.limits.list_lag_seconds)

    def may_begin() -> bool:
        now = work.clock()
        until = min([work.lease.until, *(check_after - after_lease for check_after in last)])
        if now + timedelta(seconds=work.limits.call_seconds) >= until:
            return False
        for item in call:
            item.began_at = now
        return True

    if not may_begin():
        return [Transient("The lease was too short to begin this call.", code="lease-short")] * len(call)
    token = writes_may_begin.set(may_begin)
    try:
        if together:
            answers: Sequence[Sent | IntegrationError] = side.writer.send_all(side.client, [i.write for i in call])
            return answers
        return [side.writer.send(side.client, call[0].write)]
    except Rejected as error:
        if len(call) == 1:
            return [error]
    except IntegrationError as error:
        return [error] * len(call)
    except Exception as error:
        log.exception("sending failed", extra=named([item.delivery for item in call]))
        return [Unknown(f"An unexpected error while sending: {type(error).__name__}.", code="bug")] * len(call)
    finally:
        writes_may_begin.reset(token)
    # The refusal of a whole call may be about one of its writes only.
    return [answer for item in call for answer in _send(work, side, [item], together=together)]
