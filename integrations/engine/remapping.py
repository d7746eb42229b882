"""Sends again what was written under values that a map answers otherwise by now; a page at a time, never twice.

A record that goes on is not settled any more, and once it is, its last use is what the map says: whoever comes again,
after a crash or because somebody pressed a button twice, finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from integrations.engine import uses
from integrations.engine.tables import tables
from integrations.engine.versions import BACKFILL, LIVE, insert_versions, next_version
from integrations.engine.work import Schedule
from integrations.mapping_rules import Table
from integrations.models import Delivery, Progress, ReplayJob

PAGE = 500

WHY = "mapping"
"""Why there is a version that a change of a map has made."""


def send_again(
    value_map: str, keys: Collection[str], table: Table, *, by: str, schedule: Schedule, now: datetime
) -> int:
    """All records that these rows (or, for rows that are gone, rules) answer otherwise. In a ledger transaction."""
    asked, sent = uses.Asked.of(value_map, keys), 0
    place: uses.Place | None = uses.BEGINNING
    while place is not None:
        page, place, _ = uses.page(asked, place, PAGE)
        sent += _anew(page, asked, table, LIVE, by=by, schedule=schedule, now=now)
    return sent


def begin_to_send_again(
    value_map: str, keys: Collection[str], *, by: str, schedule: Schedule, now: datetime
) -> tuple[int, ReplayJob | None]:
    """As `send_again`, but a page of uses at most, the newest ones; how many records, and a job for all the others.

    In the ledger transaction that has changed the rows; whoever calls has the job worked on.
    """
    asked, table = uses.Asked.of(value_map, keys), tables([value_map])[value_map]
    place: uses.Place | None = uses.BEGINNING
    sent = seen = 0
    while place is not None and seen < PAGE:
        page, place, looked_at = uses.page(asked, place, PAGE)
        sent, seen = sent + _anew(page, asked, table, LIVE, by=by, schedule=schedule, now=now), seen + looked_at
    if place is None:
        return sent, None
    job = ReplayJob.objects.create(
        action=ReplayJob.Action.REMAP,
        selection={"map": value_map, "keys": sorted(keys), "since": "", "leave": []},
        cursor={"kind": place[0], "id": str(place[1])},
        expected=0,
        expected_exactly=False,
        started_by=by[:80],
        created_at=now,
    )
    return sent, job


def is_used_of_late(value_map: str, keys: Collection[str], *, since: datetime, leave: Collection[UUID] = ()) -> bool:
    """Whether one of the newest uses differs from what the map answers by now: it came after somebody had looked.

    To be asked in the ledger transaction that has changed the rows: whatever is planned from then on uses them.
    """
    asked, table = uses.Asked.of(value_map, keys, since), tables([value_map])[value_map]
    newest = [use for kind in ("steps", "versions") for use in uses.page(asked, (kind, uses.LAST), PAGE)[0]]
    return any(_concerns(use, asked, table) for use in newest if use.delivery not in leave)


def _concerns(use: uses.Use, asked: uses.Asked, table: Table) -> bool:
    return any(one.after for one in uses.differing(use, asked, table))


@dataclass(frozen=True, slots=True)
class Counted:
    """What a look at a change has found: how many records written since then would be written otherwise.

    `leave` are versions of which the same would be written.
    """

    since: datetime
    expected: int
    is_exact: bool
    leave: Collection[UUID] = ()


def start(value_map: str, keys: Collection[str], counted: Counted, *, by: str, now: datetime) -> ReplayJob:
    """Makes a job for what was written under other values than these rows give.

    To be called in the transaction that changes the rows, and that has the job worked on.
    """
    with transaction.atomic():
        return ReplayJob.objects.create(
            action=ReplayJob.Action.REMAP,
            selection={
                "map": value_map,
                "keys": sorted(keys),
                "since": counted.since.isoformat(),
                "leave": list(map(str, counted.leave)),
            },
            expected=counted.expected,
            expected_exactly=counted.is_exact,
            started_by=by[:80],
            created_at=now,
        )


def go_on(job: ReplayJob, size: int, *, schedule: Schedule, now: datetime) -> None:
    """Treats the next page of a job and moves its cursor behind it. In a ledger transaction; does not save."""
    stored = job.selection
    since = datetime.fromisoformat(stored["since"]) if stored["since"] else None
    asked = uses.Asked.of(stored["map"], stored["keys"], since)
    page, place, looked_at = uses.page(asked, _place(job), size)
    table, leave = tables([asked.map])[asked.map], set(stored.get("leave", ()))
    page = [use for use in page if str(use.delivery) not in leave]
    done = _anew(page, asked, table, BACKFILL, by=job.started_by, schedule=schedule, now=now)
    job.seen, job.done, job.left_alone = job.seen + looked_at, job.done + done, job.left_alone + looked_at - done
    if place is None:
        job.state, job.finished_at = Progress.FINISHED, now
    else:
        job.cursor = {"kind": place[0], "id": str(place[1])}


def _place(job: ReplayJob) -> uses.Place:
    return (job.cursor["kind"], UUID(job.cursor["id"])) if job.cursor else uses.BEGINNING


def _anew(
    page: Iterable[uses.Use],
    asked: uses.Asked,
    table: Table,
    priority: int,
    *,
    by: str,
    schedule: Schedule,
    now: datetime,
) -> int:
    concerned = [use for use in page if _concerns(use, asked, table)]
    newest = Delivery.objects.filter(pk__in=[use.delivery for use in concerned]).order_by("sync_id", "id")
    fresh: dict[UUID, list[Delivery]] = {}
    for delivery in newest:
        version = next_version(delivery, why=WHY, started_by=by[:80], now=now, priority=priority)
        fresh.setdefault(delivery.sync_id, []).append(version)
    for versions in fresh.values():
        insert_versions(versions, None, now)
    if fresh:
        schedule.make_due(set(fresh), now)
    return sum(map(len, fresh.values()))
