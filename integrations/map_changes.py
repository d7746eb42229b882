"""Changes of a value map as people make them: looked at before, refused if somebody else was quicker, then made.

To be called in the customer's schema.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from integrations import desk
from integrations.audit import Actor
from integrations.engine import Given, ledger
from integrations.engine.foreseeing import come_out_the_same
from integrations.engine.previewing import Preview, preview
from integrations.engine.reach import Reach, reach, table_with
from integrations.engine.remapping import Counted, is_used_of_late
from integrations.mapping_rules import Table
from integrations.models import Delivery, ReplayJob, Sync, ValueMap
from integrations.running import comparison_of
from integrations.value_maps import current, version_of
from tenants.models import Customer

MOST_SAMPLES = 5
"""Of so many records a change is shown as what would be written."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row as somebody wants it who has seen `version` of it. `value` "": it shall go."""

    given: Given
    version: str


class ChangedMeanwhile(Exception):
    """Somebody else has changed rows since they were looked at; nothing was saved."""

    def __init__(self, rows: Mapping[str, ValueMap | None]) -> None:
        super().__init__("Somebody else has changed these rows meanwhile; nothing was saved.")
        self.rows = rows


def look(value_map: str, wanted: Sequence[Wanted], *, since: datetime) -> Reach:
    """What saving these rows would do to what was written since then. Nothing is changed."""
    saved = {each.given.key: each.given.value for each in wanted if each.given.value}
    removed = [each.given.key for each in wanted if not each.given.value]
    return reach(value_map, saved, removed, since=since)


@dataclass(frozen=True, slots=True)
class Look:
    """What a change would do. `same` are records that use a code that changes, and come out the same all the same."""

    reach: Reach
    same: frozenset[UUID] = frozenset()

    @property
    def differing(self) -> int:
        """How many records would come out differently."""
        return self.reach.total - len(self.same)


def look_closely(value_map: str, wanted: Sequence[Wanted], *, since: datetime) -> Look:
    """As `look`, and of the first records what would be written is held against what was. Asks no remote system."""
    found, then = look(value_map, wanted, since=since), _then(value_map, wanted)
    same: set[UUID] = set()
    for sync in Sync.objects.select_related("source", "target").filter(pk__in={use.sync for use in found.uses}):
        uses = [use for use in found.uses if use.sync == sync.pk]
        same |= come_out_the_same(comparison_of(sync), uses, value_map, then)
    return Look(found, frozenset(same))


def _then(value_map: str, wanted: Sequence[Wanted]) -> Table:
    saved = {each.given.key: each.given.value for each in wanted if each.given.value}
    return table_with(value_map, saved, [each.given.key for each in wanted if not each.given.value])


def samples(value_map: str, wanted: Sequence[Wanted], found: Reach) -> list[Preview]:
    """What would be written of some of the records that a change reaches, against the live target, which is asked.

    Nothing is changed. Raises the errors of the systems.
    """
    then = _then(value_map, wanted)
    newest = Delivery.objects.filter(pk__in=[one.delivery for one in found.examples if one.after][:MOST_SAMPLES])
    by_sync: dict[Any, list[Delivery]] = {}
    for delivery in newest:
        by_sync.setdefault(delivery.sync_id, []).append(delivery)
    shown: list[Preview] = []
    for sync in Sync.objects.select_related("source", "target").filter(pk__in=by_sync):
        work = comparison_of(sync)
        work.assumed = {value_map: then}
        try:
            shown += preview(work, by_sync[sync.pk])
        finally:
            work.close()
    return shown


def save(
    value_map: str,
    wanted: Sequence[Wanted],
    customer: Customer,
    *,
    send_again_since: datetime | None,
    actor: Actor,
    now: datetime,
) -> tuple[int, ReplayJob | None]:
    """Saves and removes rows that were checked, all or none; how many records go on that waited.

    What was written under other values since `send_again_since` is sent again by the job that is returned; None
    leaves it as it is. Raises ChangedMeanwhile.
    """
    found = look_closely(value_map, wanted, since=send_again_since) if send_again_since else None
    with ledger():
        _require_unchanged(value_map, wanted)
        saved = [each.given for each in wanted if each.given.value]
        woken = 0
        if saved:
            woken = desk.save_values(saved, customer, actor=actor, now=now, send_again=False).deliveries
        gone = ValueMap.objects.filter(map=value_map, key__in=[e.given.key for e in wanted if not e.given.value])
        for row in list(gone):
            desk.remove_value(row, customer, actor=actor, now=now, send_again=False)
        if found is None or send_again_since is None:
            return woken, None
        keys = [each.given.key for each in wanted]
        is_late = is_used_of_late(value_map, keys, since=send_again_since, leave=found.same)
        if not found.differing and found.reach.is_exact and not is_late:
            return woken, None
        counted = Counted(
            since=send_again_since,
            expected=found.differing,
            is_exact=found.reach.is_exact and not (is_late and not found.differing),
            leave=found.same,
        )
        return woken, desk.start_remap(value_map, keys, customer, counted, actor=actor, now=now)


def _require_unchanged(value_map: str, wanted: Sequence[Wanted]) -> None:
    rows = current(value_map, [each.given.key for each in wanted])
    other = {each.given.key: rows.get(each.given.key) for each in wanted}
    changed = {
        each.given.key: row
        for each in wanted
        if version_of(row := other[each.given.key]) != each.version and (row.value if row else "") != each.given.value
    }
    if changed:
        raise ChangedMeanwhile(changed)
