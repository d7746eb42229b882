"""The calls of a batch, side by side. Threads do HTTP only: no database, no tokens, no state of the ledger."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

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
    client = work.target
    _side_by_side(work, client, batch)
    refused = [item for item in batch if isinstance(item.result, TokenRefused)]
    if not refused:
        return
    try:
        client.renew()
    except IntegrationError as error:
        for item in refused:
            item.result = error
    else:
        _side_by_side(work, client, refused)


def _side_by_side(work: Work, client: object, batch: Sequence[Outgoing]) -> None:
    if len(batch) == 1:
        batch[0].result = _send(work, client, batch[0].write)
        return
    with ThreadPoolExecutor(max_workers=max(1, min(work.limits.side_by_side, len(batch)))) as pool:
        for item, result in zip(batch, pool.map(lambda i: _send(work, client, i.write), batch), strict=True):
            item.result = result


def _send(work: Work, client: object, write: Write) -> Sent | IntegrationError:
    """One write. It starts only if the lease outlives the call's whole time-out."""
    if work.clock() + timedelta(seconds=work.limits.call_seconds) >= work.lease.until:
        return Transient("The lease was too short to begin this call.", code="lease-short")
    try:
        return work.flow.writer.send(client, write)
    except IntegrationError as error:
        return error
    except Exception as error:
        log.exception("sending failed")
        return Unknown(f"An unexpected error while sending: {type(error).__name__}.", code="bug")
