"""What people do to links: point a record at another target record, take a link apart, let a record be made anew.

A link that was taken apart stays as a row without a target. As long as it does, nothing is made for its record: not by
the version that is sent now, and not by the next change at the source. A person links it to another record, or says
that it is to be made anew; then it is made under the next generation's mark, so that the record which was let go is
never mistaken for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from integrations.engine.recording import wake
from integrations.engine.replaying import HELD, replay_all
from integrations.engine.work import Schedule, ledger
from integrations.errors import link_key, linked_to_key
from integrations.models import Delivery, Link, Sync

State = Delivery.State


def link_by_hand(
    sync: Sync, source_key: str, target_key: str, *, by: str, schedule: Schedule, now: datetime, reason: str = ""
) -> Link:
    """Points a record at a target record that a person chose; what waits for the link is woken, as is the record.

    Raises ValueError while a write of the record is not settled: it makes a link of its own.
    """
    with ledger():
        _refuse_unsettled(sync.flow, source_key)
        link, created = Link.objects.get_or_create(
            flow=sync.flow,
            source_key=source_key,
            defaults={"target_key": target_key, "origin": Link.Origin.MANUAL, "linked_at": now},
        )
        if not created and link.target_key != target_key:
            _point(link, target_key, Link.Origin.MANUAL, by=by, reason=reason, now=now)
        wake([link_key(sync.flow, source_key), linked_to_key(sync.flow, target_key)], schedule=schedule, now=now)
        _plan_again(sync.flow, source_key, f"Linked to {target_key} by {by}.", by=by, schedule=schedule, now=now)
        return link


def unlink(link: Link, *, by: str, reason: str, schedule: Schedule, now: datetime) -> Link:
    """Takes a link apart; the target record stays as it is. Doing it twice changes nothing more.

    The record asks a person what is to become of it. Raises ValueError while a write of it is not settled.
    """
    with ledger():
        _refuse_unsettled(link.flow, link.source_key)
        link = Link.objects.get(pk=link.pk)
        if link.target_key:
            was = link.target_key
            _point(link, "", Link.Origin.UNLINKED, by=by, reason=reason, now=now)
            note = f"Unlinked from {was} by {by}: {reason}"
            _plan_again(link.flow, link.source_key, note, by=by, schedule=schedule, now=now, even_closed=True)
        return link


def make_anew(link: Link, *, by: str, reason: str, schedule: Schedule, now: datetime) -> Link:
    """Lets a record that was unlinked be made again at the target, beside the one that was let go.

    Doing it twice changes nothing more. Raises ValueError for a record that is linked.
    """
    with ledger():
        link = Link.objects.get(pk=link.pk)
        if link.target_key:
            raise ValueError(f"{link.source_key} is linked to {link.target_key}: unlink it first.")
        if link.origin == Link.Origin.UNLINKED:
            link.generation, link.origin, link.linked_at = link.generation + 1, Link.Origin.MANUAL, now
            link.save()
            note = f"To be made anew, says {by}: {reason}"
            _plan_again(link.flow, link.source_key, note, by=by, schedule=schedule, now=now, even_closed=True)
        return link


def held_back(link: Link) -> str:
    """Why nothing is made for the record of a link that was taken apart, in words."""
    last: Mapping[str, Any] = link.previous[-1] if link.previous else {}
    reason = f": {last['reason']}" if last.get("reason") else ""
    return (
        f"It was unlinked from {last.get('target_key', '?')} by {last.get('by', '?')}{reason}. "
        "Link it to a record there, let it be made anew, or dismiss it."
    )


def _point(link: Link, target_key: str, origin: str, *, by: str, reason: str, now: datetime) -> None:
    if link.target_key:
        entry = {"target_key": link.target_key, "until": now.isoformat(), "by": by, "reason": reason}
        link.previous = [*link.previous, entry]
    link.target_key, link.origin, link.linked_at = target_key, origin, now
    link.observed, link.lines, link.digest, link.verified_at = {}, {}, "", None
    link.save()


def _refuse_unsettled(flow: str, source_key: str) -> None:
    keys = {source_key, source_key.partition("#")[0]}  # a part is written with its record
    unsettled = Delivery.objects.filter(sync__flow=flow, source_key__in=keys, state__in=Delivery.UNSETTLED)
    if state := unsettled.values_list("state", flat=True).first():
        raise ValueError(f"A record that is {state} cannot be linked otherwise by hand.")


def _plan_again(
    flow: str, source_key: str, note: str, *, by: str, schedule: Schedule, now: datetime, even_closed: bool = False
) -> None:
    """The link's record is planned again: if it is open, or in any case. A link may be of no record of its own."""
    versions = Delivery.objects.filter(sync__flow=flow, source_key=source_key.partition("#")[0])
    newest = versions.order_by("-number").first()
    if newest is not None and (even_closed or newest.state in HELD):
        replay_all([newest], by=by, schedule=schedule, now=now, why="linked", note=note)
