"""Which statements are asked, and whether the plan of one goes through a whole table."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

LARGE = 20_000
"""A step of a plan that reads or sorts more rows than that, for a page of fifty, goes through a whole table."""

LARGE_TABLES = re.compile("integrations_|tenants_documentmark")

Statement = tuple[str, Any]


@contextmanager
def asked() -> Iterator[list[Statement]]:
    """Notes every statement with what was given to it, so that it can be explained, whoever binds its parameters."""
    found: list[Statement] = []

    def note(execute: Callable[..., Any], sql: str, given: Any, many: bool, context: Any) -> Any:
        found.append((sql, given))
        return execute(sql, given, many, context)

    with connection.execute_wrapper(note):
        yield found


def explain(statement: str, given: Any = None) -> list[str]:
    """What is wrong with the plan of a statement, with what was given to it; nothing for one of no large table."""
    if not statement.lstrip().upper().startswith("SELECT") or not LARGE_TABLES.search(statement):
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", given)
        (found,) = cursor.fetchone()
    plan = json.loads(found) if isinstance(found, str) else found
    return sorted(set(_bad(plan[0]["Plan"])))


def _bad(node: dict[str, Any]) -> Iterator[str]:
    """Steps that read or sort so many rows that it has to be a whole table."""
    passed = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    if node["Node Type"] in ("Seq Scan", "Parallel Seq Scan", "Sort") and passed > LARGE:
        yield f"{node['Node Type']} {node.get('Relation Name', '')} {passed}".replace("  ", " ")
    for inner in node.get("Plans", ()):
        yield from _bad(inner)
