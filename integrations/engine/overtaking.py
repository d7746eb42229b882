"""What people may have changed between the moment a record was planned and the moment its plan is committed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from integrations.engine.bulk import fetch
from integrations.flow import Flow

Maps = tuple[datetime | None, int, int]
"""When a row of a flow's maps was changed last, how many rows they have, and a sum that any change of a row changes."""


# A time alone would miss a change by a machine whose clock lies behind, and that a value vanished or is back.
_VERSION = """
    SELECT max(updated_at), count(id), coalesce(sum(xmin::text::bigint), 0)::bigint
    FROM integrations_valuemap WHERE map = ANY(%b::text[])
"""
_TARGETS = "SELECT source_key, target_key FROM integrations_link WHERE flow = %s AND source_key = ANY(%b::text[])"


@dataclass(slots=True)
class Seen:
    """What a plan was made from: the target keys of the record's own links by source key, and the maps."""

    links: dict[str, str] = field(default_factory=dict)
    maps: Maps = (None, 0, 0)


def maps_of(maps: Collection[str]) -> Maps:
    """The present version of these maps. To be asked before they are read."""
    if not maps:
        return None, 0, 0
    ((changed_at, rows, changes),) = fetch(_VERSION, [list(maps)])
    return changed_at, rows, changes


def outdated(flow: Flow, seen: Sequence[Seen]) -> Callable[[Seen], bool]:
    """Tells what was planned from links or maps that are others by now. In a ledger transaction."""
    keys = {key for one in seen for key in one.links}
    links: dict[str, str] = dict(fetch(_TARGETS, [flow.name, list(keys)])) if keys else {}
    maps = maps_of(flow.maps)
    return lambda one: one.maps != maps or any(links.get(key, "") != target for key, target in one.links.items())
