"""The customer's value maps as tables, and what a code without a value may mean."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from integrations.mapping_rules import Entry, Table
from integrations.models import Reference, ValueMap
from integrations.suggestions import Candidate, Suggestion, best

MOST_COMPARED = 3_000
"""So many names are compared with a label; of more rows, only those that carry the code itself are looked at."""


def tables(maps: Collection[str]) -> dict[str, Table]:
    """The rows of these maps, one table per map, in one statement."""
    found: dict[str, list[Entry]] = {name: [] for name in maps}
    rows = ValueMap.objects.filter(map__in=maps).values_list("map", "key", "value", "missing_since")
    for name, key, value, missing_since in rows:
        found[name].append(Entry(key, value, missing_since is not None))
    return {name: Table.of(entries) for name, entries in found.items()}


def suggest(connections: Collection[Any], kind: str, code: str, label: str) -> tuple[Suggestion, ...]:
    """What a code may mean among the kept reference rows of a kind that are active, best first. Never more than five.

    `connections`: ids of the connections whose rows count.
    """
    rows = Reference.objects.filter(connection__in=connections, kind=kind).exclude(row__active=False)
    if rows[MOST_COMPARED : MOST_COMPARED + 1]:
        rows = rows.filter(row__code=code) | rows.filter(row__accountCode=code)
    kept = rows.values_list("key", "name", "row")
    return best(code, label, [Candidate.of(key, name, row) for key, name, row in kept])


def suggest_all(
    connections: Collection[Any], kind: str, labels: Mapping[str, str]
) -> dict[str, tuple[Suggestion, ...]]:
    """The same for many codes (with their labels) in two statements."""
    rows = Reference.objects.filter(connection__in=connections, kind=kind).exclude(row__active=False)
    if rows[MOST_COMPARED : MOST_COMPARED + 1]:
        rows = rows.filter(row__code__in=list(labels)) | rows.filter(row__accountCode__in=list(labels))
    candidates = [Candidate.of(key, name, row) for key, name, row in rows.values_list("key", "name", "row")]
    return {code: best(code, label, candidates) for code, label in labels.items()}


def hints(connections: Collection[Any], kind: str, code: str, label: str) -> tuple[str, ...]:
    """The suggestions in words, for a delivery's notes; none for a map that leads to no kind of reference data."""
    return tuple(map(str, suggest(connections, kind, code, label))) if kind else ()
