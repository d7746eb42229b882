"""Which records have used rows of a value map when they were last planned, the newest uses first, page by page.

A use is a write that was made (or is about to be), or a version that needed none. What a record is judged by is its
last use only: an older one may have asked for other codes. Pages are keyed by ids, which are ordered by time, so that
reading on costs the same however many came before.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from integrations.engine.bulk import fetch
from integrations.mapping_rules import Table, is_rule
from integrations.models import Delivery

State = Delivery.State

SETTLED = (State.DELIVERED, State.UNCHANGED, *Delivery.UNSETTLED)
"""What the newest version of a record is in, if its last use stands at the target, or is on its way there."""

MOST_KEYS = 20
"""Of more keys than that, all uses of the map are looked at, and judged here."""

LAST = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for: rows of a map, by key or rule. `since`: only versions made from then on."""

    map: str
    keys: frozenset[str]
    since: datetime | None = None

    @classmethod
    def of(cls, value_map: str, keys: Collection[str], since: datetime | None = None) -> Asked:
        """Of these keys."""
        return cls(value_map, frozenset(keys), since)

    def patterns(self) -> list[str]:
        """What `lookups` contain of which one is asked for, as JSON."""
        asked = {"kind": "map", "name": self.map}
        if len(self.keys) > MOST_KEYS or any(map(is_rule, self.keys)):
            return [json.dumps([asked])]
        return [json.dumps([{**asked, "key": key}]) for key in sorted(self.keys)]


@dataclass(frozen=True, slots=True)
class Use:
    """The last use of a record: what it asked, and in which version."""

    sync: UUID
    source_key: str
    delivery: UUID
    label: str
    lookups: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class Differing:
    """A code that the map answers otherwise than when the record was planned; `after` "": not at all."""

    key: str
    before: str
    after: str


Place = tuple[str, UUID]
"""How far the uses were read: kind of rows and the last id."""

BEGINNING: Place = ("steps", LAST)


def page(asked: Asked, place: Place, size: int) -> tuple[list[Use], Place | None, int]:
    """Some last uses behind a place, where to go on (None: that was all), and how many rows were looked at.

    Only of records whose newest version stands, or is on its way, at the target: all others are planned anew anyway,
    or are nobody's any more.
    """
    kind, behind = place
    patterns = asked.patterns()
    statement = (_STEPS if kind == "steps" else _VERSIONS).format(_any_of(len(patterns)))
    hits = fetch(statement, [*patterns, behind, asked.since, asked.since, size])
    rows = {hit[0] for hit in hits}
    uses = [use for row, use in _last({(hit[1], hit[2]) for hit in hits}) if row in rows]
    if len(hits) == size:
        return uses, (kind, hits[-1][0]), len(hits)
    return uses, (("versions", LAST) if kind == "steps" else None), len(hits)


def differing(use: Use, asked: Asked, then: Table) -> Iterator[Differing]:
    """The codes of a use that one of the rows asked for answers otherwise by this table, or answered and is gone."""
    for entry in use.lookups:
        if entry.get("kind") != "map" or entry.get("name") != asked.map:
            continue
        answer = then.find(entry["key"])
        concerned = {entry.get("rule", entry["key"]), *([answer.key] if answer else [])}
        if concerned & asked.keys and (answer.value if answer else "") != entry["value"]:
            yield Differing(entry["key"], entry["value"], answer.value if answer else "")


def _last(records: Collection[tuple[UUID, str]]) -> list[tuple[UUID, Use]]:
    """The last use of each of these records, with the id of its row."""
    if not records:
        return []
    syncs, keys = zip(*sorted(records), strict=True)
    rows = fetch(_LAST, [list(syncs), list(keys), list(map(str, Delivery.UNSETTLED)), list(map(str, SETTLED))])
    return [
        (row, Use(sync, key, delivery, label, tuple(_loaded(lookups))))
        for row, sync, key, delivery, label, lookups in rows
    ]


def _loaded(lookups: Any) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(lookups) if isinstance(lookups, str | bytes) else lookups
    return found


def _any_of(patterns: int) -> str:
    """An OR, which the index over look-ups answers; an array of patterns it would not."""
    return " OR ".join(["used.lookups @> %s::jsonb"] * patterns)


_STEPS = """
    SELECT used.id, d.sync_id, d.source_key
    FROM integrations_step used JOIN integrations_delivery d ON d.id = used.delivery_id
    WHERE ({}) AND used.state <> 'dropped' AND used.id < %b
      AND (%s::timestamptz IS NULL OR d.created_at >= %s::timestamptz)
    ORDER BY used.id DESC LIMIT %s
"""
_VERSIONS = """
    SELECT used.id, used.sync_id, used.source_key
    FROM integrations_delivery used
    WHERE ({}) AND used.lookups IS NOT NULL AND used.id < %b
      AND (%s::timestamptz IS NULL OR used.created_at >= %s::timestamptz)
    ORDER BY used.id DESC LIMIT %s
"""
_LAST = """
    SELECT last.row, k.sync_id, k.source_key, newest.id, newest.label, last.lookups
    FROM unnest(%b::uuid[], %b::text[]) AS k(sync_id, source_key)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN d.lookups IS NULL THEN s.id ELSE d.id END AS row, coalesce(d.lookups, s.lookups) AS lookups
        FROM integrations_delivery d LEFT JOIN integrations_step s
          ON s.delivery_id = d.id AND (s.state = 'done' OR (s.state = 'open' AND d.state = ANY(%b::text[])))
        WHERE d.sync_id = k.sync_id AND d.source_key = k.source_key AND (d.lookups IS NOT NULL OR s.id IS NOT NULL)
        ORDER BY d.number DESC, s.position DESC LIMIT 1
    ) AS last
    CROSS JOIN LATERAL (
        SELECT d.id, d.label, d.state FROM integrations_delivery d
        WHERE d.sync_id = k.sync_id AND d.source_key = k.source_key ORDER BY d.number DESC LIMIT 1
    ) AS newest
    WHERE newest.state = ANY(%b::text[])
"""
