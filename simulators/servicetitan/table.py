"""Rows of one kind in one tenant: what is true now, and what lists show of it, which may lag behind."""

import heapq
from bisect import bisect_left, insort
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from simulators.servicetitan.checks import stamp
from simulators.servicetitan.switches import Switches
from simulators.wire import Clock

Data = dict[str, Any]
Keys = Callable[["Record"], Iterable[Hashable]]


@dataclass(frozen=True, slots=True)
class Record:
    """One version of one row; a change makes a new one. ``data`` is the answer without externalData, ``hidden`` holds
    what cannot be read back, ``external`` the external data by application GUID (lower case)."""

    id: int
    data: Data
    created: datetime
    modified: datetime
    active: bool = True
    hidden: Data = field(default_factory=dict)
    external: dict[str, dict[str, str]] = field(default_factory=dict)


class Table:
    """All rows of one kind. ``keys`` names functions from a row to the values it shall be found by in lists."""

    def __init__(
        self, name: str, clock: Clock, switches: Switches, keys: dict[str, Keys] | None = None, *, stamped: bool = True
    ) -> None:
        self.name = name
        self.rows: dict[int, Record] = {}
        self.listed: dict[int, Record] = {}
        self.by_modified: list[tuple[datetime, int]] = []
        self.by_created: list[tuple[datetime, int]] = []
        self.version = 0
        self.pages: dict[Hashable, tuple[int, list[int]]] = {}
        self._clock, self._switches = clock, switches
        self._stamped = stamped
        self._keys = keys or {}
        self._keyed: dict[str, dict[Hashable, set[int]]] = {name: {} for name in self._keys}
        self._waiting: list[tuple[datetime, int, Record]] = []
        self._order = count()

    def add(self, number: int, data: Data, *, hidden: Data | None = None, external: Any = None) -> Record:
        """Store a new row; ``id``, ``createdOn`` and ``modifiedOn`` are filled in."""
        now = self._clock.now()
        stamps = {"createdOn": stamp(now), "modifiedOn": stamp(now)} if self._stamped else {}
        whole = {"id": number, **data, **stamps}
        record = Record(number, whole, now, now, bool(data.get("active", True)), hidden or {}, external or {})
        self._store(record)
        return record

    def change(self, record: Record, data: Data, *, touch: bool = True, **others: Any) -> Record:
        """Store a new version with some members changed; ``modifiedOn`` moves if ``touch``."""
        now = self._clock.now() if touch else record.modified
        whole = {**record.data, **data}
        if touch and "modifiedOn" in whole:
            whole["modifiedOn"] = stamp(now)
        active = bool(whole.get("active", record.active))
        changed = replace(record, data=whole, modified=now, active=active, **others)
        self._store(changed)
        return changed

    def get(self, number: int) -> Record | None:
        """The row as GET by id shows it."""
        self.settle()
        return (self.listed if self._switches.lag_get else self.rows).get(number)

    def visible(self, number: int) -> Record | None:
        """The row as a list filtered by ids shows it."""
        return (self.listed if self._switches.lag_ids else self.rows).get(number)

    def keyed(self, name: str, value: Hashable) -> set[int]:
        """Ids of listed rows that have this value."""
        return self._keyed[name].get(value, set())

    def has_key(self, name: str) -> bool:
        """True if rows can be found by that name."""
        return name in self._keyed

    def settle(self) -> None:
        """Let lists show what has become visible by now."""
        now = self._clock.now()
        while self._waiting and self._waiting[0][0] <= now:
            self._publish(heapq.heappop(self._waiting)[2])

    def _store(self, record: Record) -> None:
        self.rows[record.id] = record
        lag = self._switches.list_lag_seconds
        if lag > 0:
            due = self._clock.now() + timedelta(seconds=lag)
            heapq.heappush(self._waiting, (due, next(self._order), record))
        else:
            self.settle()
            self._publish(record)

    def _publish(self, record: Record) -> None:
        old = self.listed.get(record.id)
        if old is not None:
            del self.by_modified[bisect_left(self.by_modified, (old.modified, old.id))]
            self._index(old, present=False)
        else:
            insort(self.by_created, (record.created, record.id))
        insort(self.by_modified, (record.modified, record.id))
        self._index(record, present=True)
        self.listed[record.id] = record
        self.version += 1

    def _index(self, record: Record, *, present: bool) -> None:
        for name, keys in self._keys.items():
            index = self._keyed[name]
            for value in keys(record):
                ids = index.setdefault(value, set())
                (ids.add if present else ids.discard)(record.id)


def within(order: list[tuple[datetime, int]], start: datetime | None, end: datetime | None) -> Iterator[int]:
    """Ids whose moment lies in [start, end) of one of the sorted lists of a table, in its order."""
    low = bisect_left(order, (start, 0)) if start is not None else 0
    high = bisect_left(order, (end, 0)) if end is not None else len(order)
    return (order[place][1] for place in range(low, high))
