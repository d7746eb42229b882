"""Value maps as people look at them: which codes there are, what they lead to, what waits for them, who changed them.

To be called in the customer's schema. A code is known because a row names it, because records wait for it, because the
reference data of its own system lists it, or because the newest fit report found it in a flow that is not live yet.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Q

from integrations import catalogue, reference_data
from integrations.engine.bulk import fetch
from integrations.engine.tables import tables
from integrations.mapping_rules import is_rule
from integrations.models import AuditEvent, Reference, ValueMap
from integrations.suggestions import Suggestion

MOST_BLOCKED = 100_000
"""So many records that wait for a code are counted."""

Only = Literal["all", "unmapped", "blocked", "rules", "vanished"]


@dataclass(frozen=True, slots=True)
class Listed:
    """A map with its numbers. `seen`: codes that are known; `missing`: those without a value that records need;
    `blocked`: records that wait for one of them."""

    name: str
    kind: str
    flows: tuple[str, ...]
    seen: int
    rows: int
    rules: int
    vanished: int
    missing: int
    blocked: int


@dataclass(frozen=True, slots=True)
class Code:
    """A code of a map. `row` is its own, `rule` the one that answers it instead; `names` are those of both systems.

    `version` stands for the row as it is; a change that names another one is refused.
    """

    key: str
    row: ValueMap | None
    rule: str
    value: str
    name: str
    value_name: str
    blocked: int
    suggestions: tuple[Suggestion, ...]

    @property
    def version(self) -> str:
        """ "" where there is no row."""
        return version_of(self.row)


def names() -> list[str]:
    """Every map that a flow asks."""
    return sorted({name for flow in catalogue.flows().values() for name in flow.maps})


def listed() -> list[Listed]:
    """Every map. A handful of statements, however many records and codes there are."""
    own = _own_connections(names())
    counts = {row[0]: row[1:] for row in fetch(_LISTED, [list(own), [own[name] for name in own], MOST_BLOCKED])}
    waiting = {row[0]: row[1:] for row in fetch(_BLOCKED, [MOST_BLOCKED, MOST_BLOCKED])}
    return [_listed(name, counts.get(name, (0, 0, 0, 0)), waiting.get(name, (0, 0))) for name in names()]


def _listed(name: str, counts: Sequence[int], waiting: Sequence[int]) -> Listed:
    seen, rows, rules, vanished = counts
    flows = tuple(flow.name for flow in catalogue.flows().values() if name in flow.maps)
    return Listed(name, catalogue.map_kind(name), flows, seen, rows, rules, vanished, *waiting)


def codes(value_map: str, *, text: str = "", only: Only = "all", after: str = "", size: int = 50) -> list[Code]:
    """Codes in their order, behind `after`: those that the text fits (code, label, name, or value), of one kind."""
    own = _own_connections([value_map]).get(value_map)
    pattern = "%" + text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    given = {"map": value_map, "needs": f"map:{value_map}:", "own": own, "most": MOST_BLOCKED}
    given |= {"after": after, "text": text.strip(), "like": pattern, "only": only, "size": size}
    keys = [row[0] for row in fetch(_CODES, given)]
    return _codes(value_map, keys, own)


def one(value_map: str, key: str) -> Code:
    """One code, whether it is known or not."""
    return _codes(value_map, [key], _own_connections([value_map]).get(value_map))[0]


def _codes(value_map: str, keys: Sequence[str], own: Any) -> list[Code]:
    rows = {row.key: row for row in ValueMap.objects.filter(map=value_map, key__in=keys)}
    table = tables([value_map])[value_map]
    answers = {key: table.find(key) for key in keys}
    values = {answer.value for answer in answers.values() if answer} | {row.value for row in rows.values()}
    named = value_names(value_map, values)
    own_names = _names(own, value_map, keys) if own else {}
    waiting = dict(fetch(_WAITING, [f"map:{value_map}:", [f"map:{value_map}:{key}" for key in keys]]))
    open_ones = [key for key in keys if not answers[key] and not is_rule(key)]
    suggested = reference_data.suggest_all(value_map, open_ones) if open_ones else {}
    found = []
    for key in keys:
        row, answer = rows.get(key), answers[key]
        value = row.value if row else answer.value if answer else ""
        rule = answer.key if answer and row is None else ""
        told = (value, own_names.get(key, ""), named.get(value, ""), int(waiting.get(key, 0)))
        found.append(Code(key, row, rule, *told, suggested.get(key, ())))
    return found


def value_names(value_map: str, values: Collection[str]) -> dict[str, str]:
    """The names that values have in the system where the map leads to, as far as they are kept."""
    lead = reference_data.leads([value_map]).get(value_map)
    return _names(lead.connection.pk, lead.kind, values) if lead else {}


def version_of(row: ValueMap | None) -> str:
    """What changes whenever somebody saves the row; "" where there is none."""
    return row.updated_at.isoformat() if row else ""


def current(value_map: str, keys: Collection[str]) -> dict[str, ValueMap]:
    """The rows of these keys that there are."""
    return {row.key: row for row in ValueMap.objects.filter(map=value_map, key__in=keys)}


def history(value_map: str, key: str, *, most: int = 50) -> list[dict[str, Any]]:
    """What people did to a row, the newest first: when, who, the value before and after ("" for none)."""
    of_map = AuditEvent.objects.filter(subject_id=f"map:{value_map}")
    told = Q(detail__rows__has_any_keys=[f"{value_map} {key}", key]) | Q(detail__key=key)
    return [_told(event, value_map, key) for event in of_map.filter(told).order_by("-sequence")[:most]]


def _told(event: AuditEvent, value_map: str, key: str) -> dict[str, Any]:
    rows = event.detail.get("rows", {})
    change = rows.get(f"{value_map} {key}") or rows.get(key) or {"before": event.detail.get("before"), "after": ""}
    before, after = change if isinstance(change, list) else (change["before"], change["after"])
    return {"at": event.at, "by": event.actor_label, "before": before or "", "after": after or ""}


def _own_connections(maps: Collection[str]) -> dict[str, Any]:
    """Where reference data lists the codes of these maps: a kind of the map's name, not where its values lead to."""
    leads = reference_data.leads(maps)
    kept = Reference.objects.filter(kind__in=maps).order_by().values_list("kind", "connection").distinct()
    return {kind: account for kind, account in kept if kind in leads and leads[kind].connection.pk != account}


def _names(connection: Any, kind: str, keys: Collection[str]) -> dict[str, str]:
    rows = Reference.objects.filter(connection=connection, kind=kind, key__in=keys)
    return dict(rows.values_list("key", "name"))


_OPEN = "needs LIKE 'map:%%' AND state IN ('waiting', 'quarantined')"
_FITTED = """
    SELECT lack.key AS map, jsonb_object_keys(lack.value) AS code
    FROM (SELECT facts FROM integrations_fitreport WHERE state = 'finished' ORDER BY id DESC LIMIT 1) AS newest,
         jsonb_each(newest.facts) AS step, jsonb_each(coalesce(step.value -> 'lacks', '{}')) AS lack
    WHERE NOT EXISTS (SELECT 1 FROM integrations_sync s WHERE s.flow = step.key AND s.enabled)
"""
"""Codes that records of flows that are not live yet will need, as the newest fit report found them."""
_UNANSWERED = """
    NOT EXISTS (SELECT 1 FROM integrations_valuemap v WHERE v.map = f.map AND (v.key = f.code
        OR right(v.key, 1) = '*' AND starts_with(f.code, left(v.key, -1))))
"""
_BLOCKED = f"""
    SELECT map, count(DISTINCT code), sum(records)::bigint FROM (
        SELECT split_part(needs, ':', 2) AS map, substr(needs, length(split_part(needs, ':', 2)) + 6) AS code,
               count(*) AS records
        FROM (SELECT needs FROM integrations_delivery WHERE {_OPEN} LIMIT %s) AS held GROUP BY needs
        UNION ALL
        (SELECT f.map, f.code, 0 FROM ({_FITTED}) AS f WHERE {_UNANSWERED} LIMIT %s)
    ) AS lacking GROUP BY 1
"""  # noqa: S608 - constants
_LISTED = f"""
    WITH own AS (SELECT * FROM unnest(%b::text[], %b::uuid[]) AS o(kind, connection_id)),
    held AS (SELECT DISTINCT needs FROM (SELECT needs FROM integrations_delivery WHERE {_OPEN} LIMIT %s) AS part),
    known AS (
        SELECT map, key FROM integrations_valuemap WHERE right(key, 1) <> '*'
        UNION SELECT split_part(needs, ':', 2), substr(needs, length(split_part(needs, ':', 2)) + 6) FROM held
        UNION SELECT r.kind, r.key FROM integrations_reference r JOIN own USING (kind, connection_id)
        UNION SELECT f.map, f.code FROM ({_FITTED}) AS f
    ),
    totals AS (
        SELECT map, count(*) FILTER (WHERE right(key, 1) <> '*') AS rows,
               count(*) FILTER (WHERE right(key, 1) = '*') AS rules, count(missing_since) AS vanished
        FROM integrations_valuemap GROUP BY map
    )
    SELECT coalesce(k.map, r.map), coalesce(k.seen, 0), coalesce(r.rows, 0), coalesce(r.rules, 0),
           coalesce(r.vanished, 0)
    FROM (SELECT map, count(*) AS seen FROM known GROUP BY map) AS k FULL JOIN totals r ON r.map = k.map
"""  # noqa: S608 - constants
_WAITING = """
    SELECT substr(needs, length(%s::text) + 1), count(*) FROM integrations_delivery
    WHERE needs = ANY(%b::text[]) AND state IN ('waiting', 'quarantined') GROUP BY 1
"""
_CODES = f"""
    WITH held AS (
        SELECT DISTINCT substr(needs, length(%(needs)s::text) + 1) AS code
        FROM (
            SELECT needs FROM integrations_delivery
            WHERE {_OPEN} AND starts_with(needs, %(needs)s::text) LIMIT %(most)s
        ) AS part
    ), known AS (
        SELECT key AS code FROM integrations_valuemap WHERE map = %(map)s
        UNION SELECT code FROM held
        UNION SELECT key FROM integrations_reference WHERE kind = %(map)s AND connection_id = %(own)s::uuid
        UNION SELECT f.code FROM ({_FITTED}) AS f WHERE f.map = %(map)s
    )
    SELECT k.code FROM known k
    LEFT JOIN integrations_valuemap own ON own.map = %(map)s AND own.key = k.code
    LEFT JOIN integrations_reference ref
      ON ref.kind = %(map)s AND ref.connection_id = %(own)s::uuid AND ref.key = k.code
    WHERE k.code COLLATE "C" > %(after)s::text
      AND (%(text)s::text = '' OR k.code ILIKE %(like)s OR own.label ILIKE %(like)s OR ref.name ILIKE %(like)s
           OR own.value = %(text)s)
      AND CASE %(only)s::text
          WHEN 'unmapped' THEN own.id IS NULL AND NOT EXISTS (
              SELECT 1 FROM integrations_valuemap rule
              WHERE rule.map = %(map)s AND right(rule.key, 1) = '*' AND starts_with(k.code, left(rule.key, -1)))
          WHEN 'blocked' THEN k.code IN (SELECT code FROM held)
          WHEN 'rules' THEN right(k.code, 1) = '*'
          WHEN 'vanished' THEN own.missing_since IS NOT NULL
          ELSE true END
    ORDER BY k.code COLLATE "C" LIMIT %(size)s
"""  # noqa: S608 - constants
