"""How far a change of a value map reaches, before it is made: which records of late would come out differently.

What it names is what `remapping` sends again once the change was saved, no more and no less (a test holds both against
each other). It stops when its time is up; then it says so, and there may be more.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.utils import OperationalError

from integrations.engine import uses
from integrations.engine.tables import tables
from integrations.errors import map_key
from integrations.mapping_rules import Entry, Table
from integrations.models import Delivery, Sync, ValueMap

State = Delivery.State

MOST_SHOWN = 20
MOST_KEPT = 200
MOST_LOOKED_AT = 50_000
PAGE = 1_000
SECONDS = 3.0
"""So many uses are looked at, the newest first, and for so long; `Reach.is_exact` says whether that were all."""


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
    """Records by flow that would be sent again, some of them, and how many that are held up now would go on.

    `uses` are those of the first records, so that they can be looked at more closely. `unanswered` are records that
    the map would have no value for any more: they stay as they were written, and ask when they change next. They stand
    among the examples as well, with an empty `after`.
    """

    records: Counter[str] = field(default_factory=Counter)
    examples: list[Touched] = field(default_factory=list)
    uses: list[uses.Use] = field(default_factory=list)
    unanswered: int = 0
    woken: int = 0
    is_exact: bool = True

    @property
    def total(self) -> int:
        """How many records would be sent again."""
        return self.records.total()

    @property
    def by_flow(self) -> list[tuple[str, int]]:
        """Flows with their numbers, the largest first."""
        return self.records.most_common()


def reach(
    value_map: str, wanted: Mapping[str, str], removed: Collection[str], *, since: datetime, seconds: float = SECONDS
) -> Reach:
    """What saving these values (by key) and removing these keys would do, judged by what was written since then.

    A record counts once, by its last use of the map. Nothing is changed.
    """
    now, then = tables([value_map])[value_map], table_with(value_map, wanted, removed)
    found = Reach(woken=_woken(value_map, now, then))
    asked = uses.Asked.of(value_map, {*wanted, *removed}, since)
    flows = dict(Sync.objects.values_list("pk", "flow"))
    try:
        with _at_most(seconds):
            for touched in _all(asked, then, flows, found, time.monotonic() + seconds):
                _count(touched, found)
    except OperationalError:  # the database took longer than it may
        found.is_exact = False
    return found


def _count(touched: Touched, found: Reach) -> None:
    if touched.after:
        found.records[touched.flow] += 1
    else:
        found.unanswered += 1
    if len(found.examples) < MOST_SHOWN:
        found.examples.append(touched)


def _all(asked: uses.Asked, then: Table, flows: Mapping[UUID, str], found: Reach, until: float) -> Iterator[Touched]:
    """Each record that differs, by the first of its codes that is answered otherwise, if any is answered at all."""
    place: uses.Place | None = uses.BEGINNING
    looked_at = 0
    while place is not None:
        page, place, size = uses.page(asked, place, PAGE)
        looked_at += size
        for use in page:
            codes = sorted(uses.differing(use, asked, then), key=lambda one: not one.after)
            if codes and codes[0].after and len(found.uses) < MOST_KEPT:
                found.uses.append(use)
            for code in codes[:1]:
                told = (use.delivery, flows.get(use.sync, ""), use.source_key, use.label)
                yield Touched(*told, code.key, code.before, code.after)
        if place is not None and (looked_at >= MOST_LOOKED_AT or time.monotonic() > until):
            found.is_exact = False
            return


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """No statement inside takes longer; the transaction around it goes on as if nothing had been asked."""
    with transaction.atomic():
        before = _set_timeout(f"{max(1, round(seconds * 1000))}")
        yield
        _set_timeout(before)


def _set_timeout(value: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        before = str(cursor.fetchone()[0])
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [value])
    return before


def table_with(value_map: str, wanted: Mapping[str, str], removed: Collection[str]) -> Table:
    """The map as it would be."""
    rows = ValueMap.objects.filter(map=value_map).exclude(key__in={*wanted, *removed})
    kept = [
        Entry(key, value, gone is not None) for key, value, gone in rows.values_list("key", "value", "missing_since")
    ]
    return Table.of([*kept, *(Entry(key, value) for key, value in wanted.items())])


def _woken(value_map: str, now: Table, then: Table) -> int:
    """How many wait for a code that would be answered, or answered by a value that is still there."""
    start = map_key(value_map, "")
    waiting = Delivery.objects.filter(needs__startswith=start, state__in=[State.WAITING, State.QUARANTINED])
    codes = (needs.removeprefix(start) for needs in waiting.values_list("needs", flat=True).iterator())
    return sum(1 for code in codes if then.find(code) not in (None, now.find(code)))
