"""What ends every worker that takes it up is set aside after some deaths in a row, so that everything else goes on.

A worker that dies (memory, a time limit, a crash of the interpreter) leaves its claim to end with its lease, and says
nothing: without this the next one dies of the same. How often a claim was begun since it was last given back is counted
in the schedule index. Whoever begins it after `CAREFUL` deaths takes up one record at a time, each in a transaction of
its own, and notes whose turn it is. A record whose turn it was `ALONE` times is what they died of: workers that are
ended from outside leave another one behind each time.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from integrations.engine.checking import take_over
from integrations.engine.delivering import first_due
from integrations.engine.recording import Moves, add_notes
from integrations.engine.work import Work, ledger
from integrations.errors import Transient
from integrations.models import Delivery

log = logging.getLogger(__name__)

CAREFUL, ALONE = 2, 3
MOST = CAREFUL + ALONE
CODE = "ends-workers"
TURN = "Workers ended without a word: taken up alone"
"""Begins the note of a record that is first in line after such deaths."""
AGAIN_AFTER = 3600.0
"""Seconds until a source is read again that has ended every worker which read it."""


def beware(work: Work, begun: int) -> None:
    """To be called before anything is delivered. `begun`: how often this claim was begun, this time included."""
    if begun > CAREFUL:
        work.limits = replace(work.limits, batch=1)
        _suspect(work)


def not_to_be_read(begun: int) -> Transient | None:
    """Why a source is not read just now, if that has ended so many workers; else None."""
    if begun <= MOST:
        return None
    return Transient(
        f"{begun - 1} workers in a row ended without a word while they read this: they may have lacked memory or time. "
        "It is tried again in an hour.",
        code=CODE,
        retry_after=AGAIN_AFTER,
    )


def _suspect(work: Work) -> None:
    """Notes whose turn it is, or sets it aside after so many deaths."""
    take_over(work)  # what may have been sent is looked for before anything else
    with ledger(work.lease):
        first = first_due(work)
        if first is None:
            return
        now, deaths = work.clock(), sum(entry["text"].startswith(TURN) for entry in first.notes)
        if deaths < ALONE:
            add_notes(first, [f"{TURN} ({deaths + 1})."], now)
            first.save(update_fields=["notes"])
            return
        moves = Moves(now)
        moves.move(first, Delivery.State.QUARANTINED, code=CODE, reason=reason(deaths))
        moves.save()
    log.error("a record ends every worker", extra={"flow": work.sync.flow, "delivery": str(first.pk), "deaths": deaths})


def reason(deaths: int) -> str:
    """What a person is told."""
    return (
        f"{deaths} workers in a row ended without a word when they took up this record: they may have lacked memory or "
        "time. It is set aside, so that the others go on."
    )
