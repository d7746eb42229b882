"""How far a change of a value map reaches, before it is made: which records of late would come out differently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from integrations.engine.tables import tables
from integrations.errors import map_key
from integrations.mapping_rules import Entry, Table
from integrations.models import Delivery, Step, ValueMap

State = Delivery.State

MOST_SHOWN = 20
MOST_LOOKED_AT = 50_000
"""So many steps are looked at, the newest first; `Reach.is_exact` says whether that were all."""


@dataclass(frozen=True, slots=True)
class Touched:
    """A record that would come out differently: what the map answered it, and what it would ("" for nothing)."""

    delivery: UUID
    flow: str
    source_key: str
    label: str
    key: str
    before: str
    after: str


@dataclass(slots=True)
class Reach:
    """Records by flow, some of them, and how many that are held up now would go on."""

    records: Counter[str] = field(default_factory=Counter)
    examples: list[Touched] = field(default_factory=list)
    woken: int = 0
    is_exact: bool = True


def reach(value_map: str, wanted: Mapping[str, str], removed: Collection[str], *, since: datetime) -> Reach:
    """What saving these values (by key) and removing these keys would do, judged by what was written since then.

    A record counts once, by the newest of its writes that asked the map. Nothing is changed.
    """
    now, then = tables([value_map])[value_map], _table_with(value_map, wanted, removed)
    found = Reach(woken=_woken(value_map, now, then))
    looked_at, seen = 0, set[tuple[UUID, str]]()
    for step in _steps(value_map, {*wanted, *removed}, since):
        looked_at += 1
        record = (step.delivery.sync_id, step.delivery.source_key)
        if record in seen:
            continue
        seen.add(record)
        if touched := next(_differing(step, value_map, then), None):
            found.records[touched.flow] += 1
            found.examples += [touched] if len(found.examples) < MOST_SHOWN else []
    found.is_exact = looked_at < MOST_LOOKED_AT
    return found


def _table_with(value_map: str, wanted: Mapping[str, str], removed: Collection[str]) -> Table:
    rows = ValueMap.objects.filter(map=value_map).exclude(key__in={*wanted, *removed})
    kept = [
        Entry(key, value, gone is not None) for key, value, gone in rows.values_list("key", "value", "missing_since")
    ]
    return Table.of([*kept, *(Entry(key, value) for key, value in wanted.items())])


def _steps(value_map: str, keys: Collection[str], since: datetime) -> Iterator[Step]:
    """Writes of late that asked the map, by the index over what was looked up; the newest first."""
    asked: dict[str, Any] = {"kind": "map", "name": value_map}
    by_key = Q()
    for key in keys:
        by_key |= Q(lookups__contains=[asked if key.endswith("*") else {**asked, "key": key}])
        by_key |= Q(lookups__contains=[{**asked, "rule": key}])
    done = Step.objects.filter(by_key, state=Step.State.DONE, delivery__created_at__gte=since)
    told = ("delivery__sync__flow", "delivery__sync_id", "delivery__source_key", "delivery__label", "lookups")
    ordered = done.select_related("delivery__sync").only(*told).order_by("-delivery__created_at", "-delivery__id")
    return iter(ordered[:MOST_LOOKED_AT].iterator(chunk_size=2000))


def _differing(step: Step, value_map: str, then: Table) -> Iterator[Touched]:
    delivery = step.delivery
    for entry in step.lookups:
        if entry.get("kind") != "map" or entry.get("name") != value_map:
            continue
        after = getattr(then.find(entry["key"]), "value", "")
        if after != entry["value"]:
            told = (delivery.pk, delivery.sync.flow, delivery.source_key, delivery.label)
            yield Touched(*told, entry["key"], entry["value"], after)


def _woken(value_map: str, now: Table, then: Table) -> int:
    """How many wait for a code that would be answered, or answered by a value that is still there."""
    start = map_key(value_map, "")
    waiting = Delivery.objects.filter(needs__startswith=start, state__in=[State.WAITING, State.QUARANTINED])
    codes = (needs.removeprefix(start) for needs in waiting.values_list("needs", flat=True).iterator())
    return sum(1 for code in codes if then.find(code) not in (None, now.find(code)))
