"""Moves deliveries from state to state in bulk, keeps the arithmetic of runs, and wakes what waits.

Everything here runs inside a ledger transaction (`work.ledger`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef

from integrations import telemetry
from integrations.engine import telling
from integrations.engine.bulk import fetch, update_all
from integrations.engine.work import Schedule
from integrations.models import Delivery

State = Delivery.State

BUCKETS: dict[str, str] = {
    State.DELIVERED: "written",
    State.UNCHANGED: "unchanged",
    State.SUPERSEDED: "skipped",
    State.NOT_TRANSFERABLE: "skipped",
    State.DISMISSED: "skipped",
    State.QUARANTINED: "quarantined",
}
"""Which counter of its run a delivery in this state counts for; open ones count for none."""

MOVED = ("state", "code", "reason", "needs", "due_at", "closed_at", "tries", "label", "notes")
"""What a move writes of a delivery."""

CLOSED = {State.DELIVERED, State.UNCHANGED, State.SUPERSEDED, State.NOT_TRANSFERABLE, State.DISMISSED}


@dataclass(slots=True)
class Moves:
    """State changes of one transaction, written in a handful of statements by `save`."""

    now: datetime
    _moved: dict[UUID, Delivery] = field(default_factory=dict)
    _failed: set[UUID] = field(default_factory=set)
    _counts: dict[UUID, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))

    def move(
        self,
        delivery: Delivery,
        state: str,
        *,
        code: str = "",
        reason: str = "",
        needs: str = "",
        due_at: datetime | None = None,
    ) -> None:
        """Records that `delivery` is now in `state`; its other changed members (notes, tries, label) go along."""
        self._count(delivery, delivery.state, -1)
        if state != State.QUARANTINED:
            self._failed.discard(delivery.id)
        elif delivery.state != State.QUARANTINED:
            self._failed.add(delivery.id)
        delivery.state, delivery.code, delivery.reason = state, code[:60], reason
        delivery.needs, delivery.due_at = needs, due_at
        delivery.closed_at = self.now if state in CLOSED else None
        self._count(delivery, state, +1)
        self._moved[delivery.id] = delivery

    def save(self) -> None:
        """Writes the moves, promotes what stood behind them, and brings the runs' counters up to date."""
        if not self._moved:
            return
        self._promote()
        # Leave the open states first: at most one delivery of a key is open at any moment.
        for group in (False, True):
            update_all([d for d in self._moved.values() if (d.state in Delivery.OPEN) is group], MOVED)
        count_runs(self._counts, self.now)
        for delivery in self._moved.values():
            telemetry.count("connector_deliveries", telemetry.about.get()[1], delivery.state)
        telling.failed([d for key, d in self._moved.items() if key in self._failed], self.now)
        self._moved.clear()
        self._failed.clear()
        self._counts.clear()

    def _count(self, delivery: Delivery, state: str, change: int) -> None:
        bucket = BUCKETS.get(state)
        if delivery.run_id and bucket:
            self._counts[delivery.run_id][bucket] += change

    def _promote(self) -> None:
        """A newer version that stood behind a write takes over once that write is settled."""
        settled = {(d.sync_id, d.source_key): d for d in self._moved.values() if d.state not in Delivery.UNSETTLED}
        if not settled:
            return
        keys = {key for _, key in settled}
        syncs = {sync for sync, _ in settled}
        if not fetch(_BEHIND, [list(syncs), list(keys)]):
            return
        behind = Delivery.objects.filter(state=State.BEHIND, sync_id__in=syncs, source_key__in=keys)
        for newer in behind.defer("payload"):
            older = settled.get((newer.sync_id, newer.source_key))
            if older is None or newer.id in self._moved:
                continue
            if older.state in Delivery.OPEN:
                self.move(older, State.SUPERSEDED, code="superseded", reason=f"Version {newer.number} took its place.")
            self.move(newer, State.PENDING, due_at=self.now)


def count_runs(counts: dict[UUID, dict[str, int]], now: datetime) -> None:
    """Adds to the counters of runs and closes (or reopens) those whose arithmetic now says so."""
    rows = [
        (run, *(c.get(name, 0) for name in ("read", "unchanged", "written", "skipped", "quarantined")))
        for run, c in sorted(counts.items())
        if any(c.values())
    ]
    if not rows:
        return
    now_complete = fetch(
        """
            WITH v AS (
                SELECT * FROM unnest(%b::uuid[], %b::int[], %b::int[], %b::int[], %b::int[], %b::int[])
                AS v(id, read, unchanged, written, skipped, quarantined)
            ), sums AS (
                SELECT r.id, r.state AS before, r.read + v.read AS read, r.unchanged + v.unchanged AS unchanged,
                       r.written + v.written AS written, r.skipped + v.skipped AS skipped,
                       r.quarantined + v.quarantined AS quarantined
                FROM integrations_run r JOIN v ON v.id = r.id
            )
            UPDATE integrations_run AS r
            SET read = s.read, unchanged = s.unchanged, written = s.written, skipped = s.skipped,
                quarantined = s.quarantined,
                state = CASE
                    WHEN r.state IN ('reading', 'failed') THEN r.state
                    WHEN s.read = s.unchanged + s.written + s.skipped + s.quarantined THEN 'completed'
                    ELSE 'delivering' END,
                finished_at = CASE
                    WHEN r.state IN ('reading', 'failed') THEN r.finished_at
                    WHEN s.read = s.unchanged + s.written + s.skipped + s.quarantined THEN %s::timestamptz
                    END
            FROM sums s WHERE r.id = s.id
            RETURNING s.before <> 'completed' AND r.state = 'completed', r.id,
                (SELECT flow FROM integrations_sync y WHERE y.id = r.sync_id), r.started_at,
                r.read, r.unchanged, r.written, r.skipped, r.quarantined
            """,
        [*(list(column) for column in zip(*rows, strict=True)), now],
    )
    telling.completed([run for is_new, *run in now_complete if is_new], now)


# Mostly there is none: that costs a look at an index, and no model.
_BEHIND = """
    SELECT 1 FROM integrations_delivery
    WHERE state = 'behind' AND sync_id = ANY(%b::uuid[]) AND source_key = ANY(%b::text[]) LIMIT 1
"""
_WAITING = "SELECT 1 FROM integrations_delivery WHERE needs <> '' AND needs = ANY(%b::text[]) LIMIT 1"
WAKEABLE = (State.WAITING, State.QUARANTINED, State.NOT_TRANSFERABLE)


def wake(needs: Collection[str], *, schedule: Schedule, now: datetime, states: Collection[str] = WAKEABLE) -> int:
    """Makes pending what waits for these keys (see `errors.link_key`, `errors.map_key`); returns how many.

    What could not be transferred for want of one of them is closed: it is opened again if no newer version came.
    """
    if not needs or not fetch(_WAITING, [list(needs)]):
        return 0
    newer = Delivery.objects.filter(
        sync=OuterRef("sync"), source_key=OuterRef("source_key"), number__gt=OuterRef("number")
    )
    found = Delivery.objects.filter(needs__in=set(needs), state__in=states).exclude(Exists(newer))
    waiting = list(found.defer("payload"))
    moves = Moves(now)
    for delivery in waiting:
        delivery.notes = [*delivery.notes, note(f"Woken: {delivery.needs} is there now.", now)]
        moves.move(delivery, State.PENDING, due_at=now)
    moves.save()
    if waiting:
        schedule.make_due({d.sync_id for d in waiting}, now)
    return len(waiting)


def note(text: str, now: datetime) -> dict[str, str]:
    """One dated sentence of a delivery's story."""
    return {"at": now.isoformat(), "text": text}


def add_notes(delivery: Delivery, texts: Iterable[str], now: datetime) -> None:
    """Adds sentences that the delivery's story does not end with already."""
    known = {entry["text"] for entry in delivery.notes}
    delivery.notes = [*delivery.notes, *(note(text, now) for text in texts if text not in known)]


def named(deliveries: Collection[Delivery]) -> dict[str, object]:
    """Which deliveries a line of the log is about: `delivery`, or `deliveries` where there are several."""
    ids = [str(delivery.id) for delivery in deliveries]
    return {"delivery": ids[0]} if len(ids) == 1 else {"deliveries": ids}
