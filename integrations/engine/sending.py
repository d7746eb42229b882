"""The calls of a batch, side by side. Threads do HTTP only: no database, no tokens, no state of the ledger."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from integrations.connection import writes_may_begin
from integrations.engine.linking import Side, side_of
from integrations.engine.work import Work
from integrations.errors import IntegrationError, TokenRefused, Transient, Unknown
from integrations.flow import Sent, Write
from integrations.models import Attempt, Delivery, Step

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Outgoing:
    """One write on its way: what is sent for whom, and what came back."""

    delivery: Delivery
    step: Step
    attempt: Attempt
    write: Write
    result: Sent | IntegrationError | None = None


def send_batch(work: Work, batch: Sequence[Outgoing]) -> None:
    """Sends all writes and fills in their results. Refused tokens are renewed once, here in the task's thread."""
    _side_by_side(work, batch)
    refused = [item for item in batch if isinstance(item.result, TokenRefused)]
    if not refused:
        return
    try:
        for name in {item.step.side for item in refused}:
            side_of(work, name).client.renew()
    except IntegrationError as error:
        for item in refused:
            item.result = error
    else:
        _side_by_side(work, refused)


def _side_by_side(work: Work, batch: Sequence[Outgoing]) -> None:
    sides = {name: side_of(work, name) for name in {item.step.side for item in batch}}  # opened in this thread
    if len(batch) == 1:
        batch[0].result = _send(work, sides[batch[0].step.side], batch[0].write)
        return
    with ThreadPoolExecutor(max_workers=max(1, min(work.limits.side_by_side, len(batch)))) as pool:
        results = pool.map(lambda item: _send(work, sides[item.step.side], item.write), batch)
        for item, result in zip(batch, results, strict=True):
            item.result = result


def _send(work: Work, side: Side, write: Write) -> Sent | IntegrationError:
    """One write. It starts only if the lease outlives the call's whole time-out.

    A call may have to wait for its connection's budget, for minutes after a 429: the session asks again.
    """

    def may_begin() -> bool:
        return work.clock() + timedelta(seconds=work.limits.call_seconds) < work.lease.until

    if not may_begin():
        return Transient("The lease was too short to begin this call.", code="lease-short")
    token = writes_may_begin.set(may_begin)
    try:
        sent: Sent = side.writer.send(side.client, write)
        return sent
    except IntegrationError as error:
        return error
    except Exception as error:
        log.exception("sending failed")
        return Unknown(f"An unexpected error while sending: {type(error).__name__}.", code="bug")
    finally:
        writes_may_begin.reset(token)
