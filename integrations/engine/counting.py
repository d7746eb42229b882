"""Counts that cost the same however many records there are: up to a bound, by indexes alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from integrations.engine.bulk import fetch
from integrations.models import Delivery

MOST = 10_000
"""Of more than so many records it is said that there are more."""

MOST_CAUSES = 1_000
"""So many different causes are looked at, in the order of their flows, states and codes."""


@dataclass(frozen=True, slots=True)
class Count:
    """`records`: how many, MOST where there are more; `oldest_at`: since when the oldest of them is there."""

    records: int
    is_exact: bool
    oldest_at: datetime


def open_by_state() -> dict[UUID, dict[str, Count]]:
    """What is open, by sync and state. One statement."""
    found: dict[UUID, dict[str, Count]] = {}
    for sync, state, number, oldest_at in fetch(_OPEN, [list(map(str, Delivery.OPEN)), MOST + 1]):
        found.setdefault(sync, {})[state] = Count(min(number, MOST), number <= MOST, oldest_at)
    return found


Cause = tuple[UUID, str, str, str]
"""Sync, state, code and needs."""


def failing_by_cause(
    states: Collection[str], *, flows: Collection[str] = (), codes: Collection[str] = ()
) -> list[tuple[str, Cause, Count, UUID, str]]:
    """What fails by its cause: flow, cause, how many, and the oldest delivery with its reason. One statement."""
    statement = _CAUSES.format(start=_OF_CODES if codes else _OF_ALL, step=_NEXT_NEEDS if codes else _NEXT_CAUSE)
    given = {"states": list(states), "flows": list(flows) or None, "codes": list(codes)}
    rows = fetch(statement, {**given, "most": MOST + 1, "causes": MOST_CAUSES})
    return [
        (flow, (sync, state, code, needs), Count(min(number, MOST), number <= MOST, at), example, reason)
        for flow, sync, state, code, needs, number, at, example, reason in rows
    ]


_OPEN = """
    SELECT s.id, asked.state, counted.number, oldest.created_at
    FROM integrations_sync s CROSS JOIN unnest(%s::text[]) AS asked(state)
    CROSS JOIN LATERAL (
        SELECT count(*) AS number FROM (
            SELECT 1 FROM integrations_delivery d WHERE d.sync_id = s.id AND d.state = asked.state LIMIT %s) part
    ) counted
    CROSS JOIN LATERAL (
        SELECT d.created_at FROM integrations_delivery d WHERE d.sync_id = s.id AND d.state = asked.state
        ORDER BY d.created_at LIMIT 1) oldest
"""

# From one cause to the next one by the index over what fails, instead of through all that fails.
_CAUSES = """
    WITH RECURSIVE causes AS (
        {start}
        UNION ALL
        {step}
    ), picked AS (SELECT * FROM causes LIMIT %(causes)s)
    SELECT s.flow, c.sync_id, c.state, c.code, c.needs, counted.number, oldest.created_at, oldest.id, oldest.reason
    FROM picked c JOIN integrations_sync s ON s.id = c.sync_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS number FROM (
            SELECT 1 FROM integrations_delivery d
            WHERE d.sync_id = c.sync_id AND d.state = c.state AND d.code = c.code AND d.needs = c.needs
              AND d.state IN ('waiting', 'quarantined') LIMIT %(most)s) part
    ) counted
    CROSS JOIN LATERAL (
        SELECT d.id, d.created_at, d.reason FROM integrations_delivery d
        WHERE d.sync_id = c.sync_id AND d.state = c.state AND d.code = c.code AND d.needs = c.needs
          AND d.state IN ('waiting', 'quarantined')
        ORDER BY d.created_at LIMIT 1) oldest
    ORDER BY counted.number DESC, c.sync_id, c.state, c.code, c.needs
"""
_ASKED = """
        SELECT first.* FROM integrations_sync s CROSS JOIN unnest(%(states)s::text[]) AS asked(state)
"""
_OF_ALL = f"""{_ASKED}
        CROSS JOIN LATERAL (
            SELECT d.sync_id, d.state, d.code, d.needs FROM integrations_delivery d
            WHERE d.sync_id = s.id AND d.state = asked.state AND d.state IN ('waiting', 'quarantined')
            ORDER BY d.code, d.needs LIMIT 1) first
        WHERE %(flows)s::text[] IS NULL OR s.flow = ANY(%(flows)s::text[])
"""  # noqa: S608 - a constant
_OF_CODES = f"""{_ASKED} CROSS JOIN unnest(%(codes)s::text[]) AS wanted(code)
        CROSS JOIN LATERAL (
            SELECT d.sync_id, d.state, d.code, d.needs FROM integrations_delivery d
            WHERE d.sync_id = s.id AND d.state = asked.state AND d.code = wanted.code
              AND d.state IN ('waiting', 'quarantined')
            ORDER BY d.needs LIMIT 1) first
        WHERE %(flows)s::text[] IS NULL OR s.flow = ANY(%(flows)s::text[])
"""  # noqa: S608 - likewise
_NEXT_CAUSE = """
        SELECT next.* FROM causes c CROSS JOIN LATERAL (
            SELECT d.sync_id, d.state, d.code, d.needs FROM integrations_delivery d
            WHERE d.sync_id = c.sync_id AND d.state = c.state AND (d.code, d.needs) > (c.code, c.needs)
              AND d.state IN ('waiting', 'quarantined')
            ORDER BY d.code, d.needs LIMIT 1) next
"""
_NEXT_NEEDS = """
        SELECT next.* FROM causes c CROSS JOIN LATERAL (
            SELECT d.sync_id, d.state, d.code, d.needs FROM integrations_delivery d
            WHERE d.sync_id = c.sync_id AND d.state = c.state AND d.code = c.code AND d.needs > c.needs
              AND d.state IN ('waiting', 'quarantined')
            ORDER BY d.needs LIMIT 1) next
"""
