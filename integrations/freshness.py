"""How fresh each flow is, measured at its source, and what each connection uses of its rate budget. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations import connections
from integrations.engine import is_running
from integrations.engine.counting import Count, open_by_state
from integrations.models import Connection, Delivery, Sync
from tenants import schedule
from tenants.models import Customer

_MARKS = (("watermark",), ("newest",), ("delta", "mark"))
"""Where readers keep the source's newest stamp in their cursors."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """One flow. `fresh_at`: until then the source is known to have nothing newer; `age_seconds`: how long ago that is.

    `watermark` is the newest change stamp that was read, as the source wrote it; it may be old where nothing changes.
    `late_seconds`: how long its next poll is overdue, 0 if it is not. `failures`: polls that failed in a row. What is
    open is counted up to a bound (integrations/engine/counting.py); `more` names the counts of which there are more.
    """

    sync: Sync
    running: bool
    fresh_at: datetime | None
    age_seconds: float | None
    watermark: str
    next_poll_at: datetime | None
    late_seconds: float
    on_their_way: int
    waiting: int
    quarantined: int
    oldest_open_at: datetime | None
    more: frozenset[str] = frozenset()

    @property
    def is_exact(self) -> bool:
        """Whether all that is open was counted."""
        return not self.more


@dataclass(frozen=True, slots=True)
class Use:
    """A connection's rate budget and what was used of it in about the last minute; None while that cannot be told."""

    connection: Connection
    calls_per_second: float
    side_by_side: int
    calls: int | None
    waits: int | None
    blocked_until: datetime | None


def freshness(customer: Customer, *, now: datetime) -> list[Freshness]:
    """Every sync, by flow. Three statements, however many records there are."""
    syncs = list(Sync.objects.select_related("source", "target").order_by("flow"))
    due = schedule.due_times(customer_id=customer.pk, kind="poll")
    open_ones = open_by_state()
    return [_of(sync, due.get(sync.pk), open_ones.get(sync.pk, {}), now) for sync in syncs]


def use() -> list[Use]:
    """Every connection, by name."""
    return [_use(row) for row in Connection.objects.order_by("name")]


_NAMES = {Delivery.State.WAITING: "waiting", Delivery.State.QUARANTINED: "quarantined"}


def _of(sync: Sync, due_at: datetime | None, by_state: Mapping[str, Count], now: datetime) -> Freshness:
    counts = {state: count.records for state, count in by_state.items()}
    more = {_NAMES.get(Delivery.State(state), "on_their_way") for state, n in by_state.items() if not n.is_exact}
    waiting, quarantined = (counts.pop(state, 0) for state in (Delivery.State.WAITING, Delivery.State.QUARANTINED))
    running = is_running(sync)
    late = (now - due_at).total_seconds() if running and due_at and due_at < now else 0.0
    return Freshness(
        sync=sync,
        running=running,
        fresh_at=sync.fresh_at,
        age_seconds=(now - sync.fresh_at).total_seconds() if sync.fresh_at else None,
        watermark=_watermark(sync.cursor),
        next_poll_at=due_at if running else None,
        late_seconds=late,
        on_their_way=sum(counts.values()),
        waiting=waiting,
        quarantined=quarantined,
        oldest_open_at=min((count.oldest_at for count in by_state.values()), default=None),
        more=frozenset(more),
    )


def _watermark(cursor: Any) -> str:
    for path in _MARKS:
        found: Any = cursor
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        if isinstance(found, str) and found:
            return found
    return ""


def _use(row: Connection) -> Use:
    options, used = connections.effective_options(row), connections.used(row)
    rates = (float(options["calls_per_second"]), int(options["side_by_side"]))
    if used is None:
        return Use(row, *rates, None, None, None)
    return Use(row, *rates, used.calls, used.waits, used.blocked_until)
