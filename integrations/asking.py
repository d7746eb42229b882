"""How far a ping is that is under way: what was answered so far, for pages that show it while it is asked.

Kept in the cache that all web processes share, in the customer's part of it, and for a short while: it is only shown.
What came of a ping stands in the connection's row. To be called in the customer's schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from django.core.cache import cache

from integrations.connection import Check

LONGEST = 300
"""Seconds after its last line for which a ping counts as under way, if whoever asked has died."""

Line = tuple[str, bool]
"""What was asked, and whether it works."""


def noted(connection_id: UUID, checks: Iterable[Check]) -> Iterator[Check]:
    """The checks, as they come; who looks at the connection meanwhile is shown each of them."""
    key, lines = _key(connection_id), list[Line]()
    cache.set(key, lines, LONGEST)
    try:
        for check in checks:
            lines.append((check.name, check.ok))
            cache.set(key, lines, LONGEST)
            yield check
    finally:
        cache.delete(key)


def answered_so_far(connection_id: UUID) -> list[Line] | None:
    """The lines of a ping that is under way; None if none is."""
    found: list[Line] | None = cache.get(_key(connection_id))
    return found


def _key(connection_id: UUID) -> str:
    return f"ping:{connection_id}"
