"""Versions of records: one for each change that was read, numbered, and for whatever else sends a record again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from integrations import document_index
from integrations.engine.bulk import fetch, insert_all
from integrations.engine.recording import Moves
from integrations.flow import Change
from integrations.models import Delivery, Run, Sync

State = Delivery.State

LIVE, BACKFILL = 1, 2
"""Priorities of deliveries: what changed just now goes before what a first or full read brings up."""


REPLAYED = "Replayed by "
"""Begins the note of a delivery that a person sent again."""

# Asked by every poll, so that its text is not composed anew each time.
_NEWEST = """
    SELECT DISTINCT ON (source_key) source_key, number, stamp, digest FROM integrations_delivery
    WHERE sync_id = %b AND source_key = ANY(%b::text[]) ORDER BY source_key, number DESC
"""

READ = frozenset({"new", "changed", "re-read"})
"""Why there are versions with a row that was read just now."""


def new_versions(sync: Sync, marked: Sequence[tuple[Change, str]], now: datetime, priority: int) -> list[Delivery]:
    """A new version wherever stamp or digest differ from the newest one of that key."""
    if not marked:
        return []
    newest = {key: known for key, *known in fetch(_NEWEST, [sync.pk, [change.key for change, _ in marked]])}
    fresh = []
    for change, mark in marked:
        number, *known = newest.get(change.key, (0,))
        if known == [change.stamp, mark]:
            continue
        fresh.append(
            Delivery(
                sync=sync,
                source_key=change.key,
                number=number + 1,
                why="changed" if known else "new",
                priority=priority,
                stamp=change.stamp,
                digest=mark,
                payload=change.row,
                created_at=now,
                due_at=now,
            )
        )
    return fresh


def insert_versions(fresh: list[Delivery], run: Run | None, now: datetime) -> None:
    """Inserts new versions. What they overtake is superseded; behind an unsettled write they stand in line."""
    keys = [d.source_key for d in fresh]
    older = Delivery.objects.filter(
        sync=fresh[0].sync_id, source_key__in=keys, state__in=[*Delivery.OPEN, State.BEHIND]
    ).defer("payload")
    newer = {d.source_key: d for d in fresh}
    moves = Moves(now)
    for old in older:
        if old.state in Delivery.UNSETTLED:
            newer[old.source_key].state, newer[old.source_key].due_at = State.BEHIND, None
        else:
            reason = f"Version {newer[old.source_key].number} took its place."
            moves.move(old, State.SUPERSEDED, code="superseded", reason=reason)
    moves.save()
    for delivery in fresh:
        delivery.run = run
    insert_all(fresh)
    # What is sent again without having been read again is indexed already.
    read = [delivery for delivery in fresh if delivery.why in READ]
    if read:
        document_index.note(read)


def add_version(
    sync: Sync, source_key: str, *, why: str, started_by: str, now: datetime, priority: int = LIVE
) -> Delivery:
    """A new version with the newest row that is stored (replay, changed mapping). In a ledger transaction."""
    newest = Delivery.objects.filter(sync=sync, source_key=source_key).order_by("-number")[0]
    again = next_version(newest, why=why, started_by=started_by, now=now, priority=priority)
    insert_versions([again], None, now)
    return again


def next_version(newest: Delivery, *, why: str, started_by: str, now: datetime, priority: int = LIVE) -> Delivery:
    """What was read last, as the version that follows; not stored yet."""
    return Delivery(
        sync_id=newest.sync_id,
        source_key=newest.source_key,
        number=newest.number + 1,
        why=why,
        started_by=started_by,
        priority=priority,
        stamp=newest.stamp,
        digest=newest.digest,
        label=newest.label,
        payload=newest.payload,
        created_at=now,
        due_at=now,
    )
