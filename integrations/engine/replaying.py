"""What people do to deliveries: replay, dismiss, link by hand. All of it through the same ledger."""

from __future__ import annotations

from datetime import datetime

from integrations.engine.recording import Moves, add_notes, wake
from integrations.engine.versions import add_version
from integrations.engine.work import Schedule, ledger
from integrations.errors import link_key, linked_to_key
from integrations.models import Delivery, Link, Sync

State = Delivery.State


def replay(sync: Sync, source_key: str, *, by: str, schedule: Schedule, now: datetime) -> Delivery:
    """Sends a record's newest stored version through the ledger again; pressing it twice changes nothing more.

    An open delivery is made due at once, one whose write is not settled is left alone, and a closed one gets
    a new version. `by` names the person or program. Raises Delivery.DoesNotExist for an unknown key.
    """
    with ledger():
        newest = Delivery.objects.filter(sync=sync, source_key=source_key).order_by("-number").first()
        if newest is None:
            raise Delivery.DoesNotExist(f"{sync.flow} has no record {source_key}.")
        if newest.state in (State.PENDING, State.WAITING, State.QUARANTINED):
            moves = Moves(now)
            add_notes(newest, [f"Replayed by {by}."], now)
            moves.move(newest, State.PENDING, due_at=now)
            moves.save()
        elif newest.state not in (*Delivery.UNSETTLED, State.BEHIND):
            newest = add_version(sync, source_key, why="replay", started_by=by, now=now)
        schedule.make_due([sync.id], now)
        return newest


def dismiss(delivery: Delivery, *, by: str, reason: str, now: datetime) -> Delivery:
    """Closes a delivery that nobody wants any more. Raises ValueError while a write of it is not settled."""
    with ledger():
        delivery = Delivery.objects.get(pk=delivery.pk)
        if delivery.state not in (State.PENDING, State.WAITING, State.QUARANTINED):
            raise ValueError(f"A delivery that is {delivery.state} cannot be dismissed.")
        moves = Moves(now)
        add_notes(delivery, [f"Dismissed by {by}: {reason}"], now)
        moves.move(delivery, State.DISMISSED, code="dismissed", reason=reason)
        moves.save()
        return delivery


def link_by_hand(sync: Sync, source_key: str, target_key: str, *, by: str, schedule: Schedule, now: datetime) -> Link:
    """Points a record at a target record that a person chose; what waits for the link is woken.

    Raises ValueError while a write of the record is not settled: it makes a link of its own.
    """
    with ledger():
        keys = {source_key, source_key.partition("#")[0]}  # a part is written with its record
        unsettled = Delivery.objects.filter(sync=sync, source_key__in=keys, state__in=Delivery.UNSETTLED)
        if state := unsettled.values_list("state", flat=True).first():
            raise ValueError(f"A record that is {state} cannot be linked by hand.")
        link, created = Link.objects.get_or_create(
            flow=sync.flow,
            source_key=source_key,
            defaults={"target_key": target_key, "origin": Link.Origin.MANUAL, "linked_at": now},
        )
        if not created and link.target_key != target_key:
            entry = {"target_key": link.target_key, "until": now.isoformat(), "by": by}
            link.previous = [*link.previous, entry]
            link.target_key, link.origin, link.linked_at = target_key, Link.Origin.MANUAL, now
            link.observed, link.lines, link.verified_at = {}, {}, None
            link.save()
        wake([link_key(sync.flow, source_key), linked_to_key(sync.flow, target_key)], schedule=schedule, now=now)
        return link
