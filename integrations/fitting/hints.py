"""What a code without a value may mean: compared with what the target has, read just now. Never applied by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations import catalogue, connections
from integrations.fitting.metering import Meter, OutOfCalls
from integrations.models import Connection
from integrations.suggestions import Candidate, best

MOST_CODES = 200
"""So many codes of a map get suggestions; the others are counted."""


def business_units(row: Connection, meter: Meter) -> list[dict[str, Any]]:
    """The active business units with the currencies they keep their books in. Raises the system's errors."""
    rows = _everything(row, "business-unit", meter)
    return [{"id": str(one["id"]), "name": one.get("name"), "currency": one.get("currency") or ""} for one in rows]


def hints(row: Connection, lacks: Mapping[str, Mapping[str, Any]], meter: Meter) -> tuple[dict[str, Any], list[str]]:
    """By map and code, what it may mean, best first; and the maps that could not be looked up within the calls.

    `row` is the connection whose reference data the maps lead to. Raises the system's errors.
    """
    found: dict[str, Any] = {}
    unread: list[str] = []
    for value_map, codes in lacks.items():
        kind = catalogue.map_kind(value_map)
        if kind not in connections.system_of(row.system).KINDS:
            continue
        try:
            candidates = [_candidate(row.system, kind, one) for one in _everything(row, kind, meter)]
        except OutOfCalls:
            unread.append(value_map)
            continue
        some = sorted(codes, key=lambda code: -codes[code]["records"])[:MOST_CODES]
        found[value_map] = {code: _told(code, codes[code]["label"], candidates) for code in some}
    return found, unread


def _everything(row: Connection, kind: str, meter: Meter) -> list[Mapping[str, Any]]:
    client = connections.open_client(row, read_only=True, priority="backfill", watch=meter.tick)
    try:
        rows = connections.system_of(row.system).everything(client, kind)
        return [one for one in rows if one.get("active") is not False]
    finally:
        client.session.close()


def _candidate(system: str, kind: str, row: Mapping[str, Any]) -> Candidate:
    return Candidate.of(connections.system_of(system).key_of(kind, row), str(row.get("name") or ""), row)


def _told(code: str, label: str, candidates: list[Candidate]) -> list[dict[str, str]]:
    return [
        {"value": one.value, "name": one.name, "reason": one.reason} for one in best(code, label, candidates, most=3)
    ]
