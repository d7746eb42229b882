"""Whether records would come out differently under a changed map: planned twice as if they were new, asking nobody.

Once with the values that were used, once with those that would be; only what would be written is compared, so it does
not matter what stands at the target by now. What cannot be told without asking a remote system counts as different.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn
from uuid import UUID

from integrations.engine.lookups import Asked, Cache
from integrations.engine.uses import Use
from integrations.engine.work import Work
from integrations.flow import Part, Row, Situation
from integrations.mapping_rules import Entry, Table
from integrations.models import Delivery, Reference

log = logging.getLogger(__name__)

SECONDS = 2.0
"""So long records are planned; those that are left count as different."""


class Kept(Cache):
    """What is kept of reference data, however old it is; nothing is asked, and nothing is kept anew."""

    __slots__ = ()

    def _kept(self, kind: str, keys: set[str], now: Any) -> dict[str, Row]:
        rows = Reference.objects.filter(connection=self.work.sync.target_id, kind=kind, key__in=keys)
        return dict(rows.values_list("key", "row"))


def nobody() -> NoReturn:
    """Stands for a client that must not be opened."""
    raise LookupError("no remote system is asked here")


def come_out_the_same(
    work: Work, uses: Iterable[Use], value_map: str, then: Table, *, seconds: float = SECONDS
) -> set[UUID]:
    """Those of these records, by the id of their newest version, of which the same would be written.

    `then` is the map as it would be. Opens no client of `work`, which is used up by it.
    """
    work.open_source = work.open_target = nobody
    by_id, until = {use.delivery: use for use in uses}, time.monotonic() + seconds
    same = set()
    for delivery in Delivery.objects.filter(pk__in=by_id).iterator(chunk_size=50):
        if time.monotonic() > until:
            break
        used = (entry for entry in by_id[delivery.pk].lookups if (entry["kind"], entry["name"]) == ("map", value_map))
        before = Table.of(Entry(entry["key"], entry["value"]) for entry in used)
        if _is_same(work, delivery, value_map, before, then):
            same.add(delivery.pk)
    return same


def _is_same(work: Work, delivery: Delivery, value_map: str, before: Table, then: Table) -> bool:
    try:
        return _written(work, delivery, {value_map: before}) == _written(work, delivery, {value_map: then})
    except Exception as error:
        log.debug("not foreseen", extra={"delivery": str(delivery.pk), "error": type(error).__name__})
        return False


def _written(work: Work, delivery: Delivery, maps: Mapping[str, Table]) -> list[tuple[str, str, dict[str, Any]]]:
    work.assumed = maps
    record, cache = work.flow.record(delivery.payload), Kept(work)
    wants = [want for want in work.flow.wants(record, work.options) if not want.fresh]
    cache.prepare(wants, work.clock())
    situation = Situation(lookups=Asked(cache), options=work.options, marker="", part=lambda name: Part(""))
    return [(write.action, write.part, write.body) for write in work.flow.plan(record, situation).writes]
