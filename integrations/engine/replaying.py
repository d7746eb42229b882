"""What people do to deliveries: replay, dismiss, of one or of many. All of it through the same ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from integrations.engine.recording import Moves, add_notes, wake
from integrations.engine.versions import LIVE, REPLAYED, insert_versions, next_version
from integrations.engine.work import Schedule, ledger
from integrations.errors import link_key
from integrations.models import Delivery, Sync

State = Delivery.State

HELD = (State.PENDING, State.WAITING, State.QUARANTINED)
"""Open, and no write of it is under way or unsettled."""


def replay(sync: Sync, source_key: str, *, by: str, schedule: Schedule, now: datetime) -> Delivery:
    """Sends a record's newest stored version through the ledger again; pressing it twice changes nothing more.

    An open delivery is made due at once, one whose write is not settled is left alone, and a closed one gets
    a new version. `by` names the person or program. Raises Delivery.DoesNotExist for an unknown key.
    """
    with ledger():
        newest = newest_of(sync, source_key)
        return (replay_all([newest], by=by, schedule=schedule, now=now) or [newest])[0]


def newest_of(sync: Sync, source_key: str) -> Delivery:
    """A record's newest version. Raises Delivery.DoesNotExist."""
    newest = Delivery.objects.filter(sync=sync, source_key=source_key).order_by("-number").first()
    if newest is None:
        raise Delivery.DoesNotExist(f"{sync.flow} has no record {source_key}.")
    return newest


def replay_all(
    newest: Sequence[Delivery],
    *,
    by: str,
    schedule: Schedule,
    now: datetime,
    why: str = "replay",
    note: str = "",
    priority: int = LIVE,
) -> list[Delivery]:
    """Sends these newest versions again, and answers what goes on: themselves, or the versions that follow them.

    Those whose write is not settled are left alone. In a ledger transaction; a record at most once.
    """
    moves, again = Moves(now), list[Delivery]()
    held = [delivery for delivery in newest if delivery.state in HELD]
    for delivery in held:
        add_notes(delivery, [note or f"{REPLAYED}{by}."], now)
        moves.move(delivery, State.PENDING, due_at=now)
    moves.save()
    for delivery in newest:
        if delivery.state not in (*HELD, *Delivery.UNSETTLED, State.BEHIND):
            again.append(next_version(delivery, why=why, started_by=by[:80], now=now, priority=priority))
            add_notes(again[-1], [note] if note else [], now)
    for versions in _by_sync(again):
        insert_versions(versions, None, now)
    schedule.make_due({delivery.sync_id for delivery in newest}, now)
    return [*held, *again]


def dismiss(delivery: Delivery, *, by: str, reason: str, schedule: Schedule, now: datetime) -> Delivery:
    """Closes a delivery that nobody wants any more. Raises ValueError while a write of it is not settled.

    The record's next change at its source makes a new delivery: dismissing is about this version. What waits for the
    record is planned again, since it may not come.
    """
    with ledger():
        delivery = Delivery.objects.get(pk=delivery.pk)
        if not dismiss_all([delivery], by=by, reason=reason, schedule=schedule, now=now):
            raise ValueError(f"A delivery that is {delivery.state} cannot be dismissed.")
        return delivery


def dismiss_all(
    deliveries: Iterable[Delivery], *, by: str, reason: str, schedule: Schedule, now: datetime
) -> list[Delivery]:
    """Closes those that are open and have no unsettled write; answers them. In a ledger transaction."""
    moves = Moves(now)
    held = [delivery for delivery in deliveries if delivery.state in HELD]
    for delivery in held:
        add_notes(delivery, [f"Dismissed by {by}: {reason}"], now)
        moves.move(delivery, State.DISMISSED, code="dismissed", reason=reason)
    moves.save()
    flows = dict(Sync.objects.filter(pk__in={delivery.sync_id for delivery in held}).values_list("pk", "flow"))
    keys = {link_key(flows[delivery.sync_id], delivery.source_key) for delivery in held}
    wake(keys, schedule=schedule, now=now, states=[State.WAITING])
    return held


def _by_sync(versions: Iterable[Delivery]) -> list[list[Delivery]]:
    groups: dict[UUID, list[Delivery]] = {}
    for version in versions:
        groups.setdefault(version.sync_id, []).append(version)
    return list(groups.values())
