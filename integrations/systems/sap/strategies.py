"""How changes of an object are found, per object and never by wish: by stamp, by day, or by reading all of it.

All of them implement `integrations.flow.Reader`. Common to all: the initial load is a full read by key (old rows carry
no stamp and no filter finds them); the newest stamp and the server's clock are noted before its first page, so that
nothing that changes during the load is lost; the watermark is SAP's own value; looking back (`overlap`) happens only
in the query, and rows that look as they did the last time are not brought up again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.errors import Transient
from integrations.flow import Change, Cursor, Page
from integrations.systems.sap.client import SapClient
from integrations.systems.sap.cursors import Position
from integrations.systems.sap.odata import TICKS_PER_SECOND, moment_of, stamp_of, ticks, unit
from integrations.systems.sap.reading import MAX_KEYS, Filter, Found, Row, Source, Where
from integrations.systems.sap.services import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """What every strategy knows of its object. `page_size` names the connection's option."""

    service: Service
    sources: tuple[Source, ...]
    key: tuple[str, ...]
    page_size: str

    def source(self, client: SapClient) -> Source:
        """The entity set in the version this tenant offers."""
        offer = client.offer(self.service)
        return next(source for source in self.sources if source.offer is offer)

    def fetch(self, client: SapClient, keys: Sequence[str]) -> dict[str, Change]:
        """Reads these records again; what SAP does not show any more is absent."""
        source, wanted, found = self.source(client), list(dict.fromkeys(keys)), {}
        for start in range(0, len(wanted), MAX_KEYS):
            some = set(wanted[start : start + MAX_KEYS])
            filters = [self._named(key) for key in sorted(some)]
            page = int(client.account.options[self.page_size])
            rows = source.every(client, client.without(self.service), filters, page=page)
            found.update({change.key: change for change in map(self.change, rows) if change.key in some})
        return found

    def change(self, row: Row) -> Change:
        """A row as the engine takes it."""
        return Change("/".join(str(row[name]) for name in self.key), self.stamp(row), row)

    def stamp(self, row: Row) -> str:
        """The row's own change stamp, "" where it has none."""
        return ""

    def _named(self, key: str) -> list[Where]:
        values = key.split("/", len(self.key) - 1)
        return [Where(name, "eq", value) for name, value in zip(self.key, values, strict=True)]

    def _ask(self, client: SapClient, source: Source, filters: Filter, order: Sequence[str], top: int = 0) -> Found:
        size = top or int(client.account.options[self.page_size])
        return source.page(client, client.without(self.service), filters, order, top=size)

    def _full_pages(self, client: SapClient, source: Source, position: Position) -> Iterator[Page]:
        """All rows, page by page in key order, from where an earlier run stopped."""
        while position.full is not None:
            after: list[str] = position.full["after"]
            found = self._ask(client, source, source.after(after) if after else [], source.keys)
            if not found.rows and found.more:
                raise Transient("SAP announced more rows but sent none.", code="malformed-answer")
            if found.more:
                reached = source.key(found.rows[-1])
                if reached == after:
                    raise Transient("SAP's pages do not move on.", code="malformed-answer")
                position.full["after"] = reached
            else:
                position.full = None
            changes = tuple(self.change(row) for row in found.rows)
            yield Page(changes, position.snapshot(), more=found.more)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByStamp(Strategy):
    """Rows with a time stamp (Edm.DateTimeOffset): read in the order of (stamp, key).

    V2 shows milliseconds of a stamp with seven digits, so rows that look equally old are an unordered bucket: a page
    that ends within one is completed by key before the reading goes on behind it.
    """

    field: str

    def stamp(self, row: Row) -> str:
        return str(row.get(self.field) or "")

    def seconds_behind(self, stamp: str, cursor: Cursor) -> float:
        """How many seconds `stamp` lies behind the watermark; 0 where one of them is missing."""
        mark = (cursor.get("delta") or {}).get("mark")
        if not stamp or not mark:
            return 0.0
        return (moment_of(str(mark)) - moment_of(stamp)).total_seconds()

    def pages(self, client: SapClient, cursor: Cursor, *, overlap: float, full: bool = False) -> Iterator[Page]:
        """Changes since the cursor, then the pages of a full read if one is under way or asked for."""
        source, position = self.source(client), Position(cursor)
        if position.untouched:
            position.begin(self._newest(client, source))
        elif not position.loading:
            if full:
                position.reread()
            yield from self._delta_pages(client, source, position, overlap)
        yield from self._full_pages(client, source, position)

    def _newest(self, client: SapClient, source: Source) -> str:
        """The earlier of the newest stamp and the server's clock, noted before the initial load."""
        found = self._ask(client, source, [], [f"{self.field} desc", *source.keys], top=1)
        clock = found.date or datetime.now(UTC) - timedelta(days=1)
        now = clock.strftime("%Y-%m-%dT%H:%M:%SZ")
        newest = next((stamp for stamp in map(self.stamp, found.rows) if stamp), now)
        return min(newest, now, key=ticks)

    def _delta_pages(self, client: SapClient, source: Source, position: Position, overlap: float) -> Iterator[Page]:
        delta: dict[str, Any] = position.delta or {}
        if delta["at"] is None:
            since = ticks(delta["mark"]) - int(overlap * TICKS_PER_SECOND)
            delta["at"] = {"from": since, "until": None, "bucket": None}
        while delta["at"] is not None:
            found = self._bucket(client, source, delta) if delta["at"]["bucket"] else self._front(client, source, delta)
            changes = position.unseen(self.change(row) for row in found.rows)
            delta["mark"] = self._later(delta["mark"], found)
            if delta["at"]["from"] is None:
                position.looked()
            yield Page(changes, position.snapshot(), more=delta["at"] is not None or position.full is not None)

    def _front(self, client: SapClient, source: Source, delta: dict[str, Any]) -> Found:
        """The next rows in the order of stamps; a full page leaves its last bucket to be completed."""
        at = delta["at"]
        window = [Where(self.field, "ge", stamp_of(at["from"]))]
        if at["until"]:
            window.append(Where(self.field, "le", at["until"]))
        found = self._ask(client, source, [window], [self.field, *source.keys])
        if any(not stamp or ticks(stamp) + unit(stamp) <= at["from"] for stamp in map(self.stamp, found.rows)):
            raise Transient("SAP sent rows that were not asked for: the filter had no effect.", code="filter-ignored")
        if found.date is not None and not at["until"]:
            # The header is cut to whole seconds, stamps are not.
            at["until"] = (found.date + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        if found.more:
            at["bucket"] = {"stamp": self.stamp(found.rows[-1]), "after": []}
        else:
            at["from"] = None
        return found

    def _bucket(self, client: SapClient, source: Source, delta: dict[str, Any]) -> Found:
        """The rows of one stamp as SAP shows it, in key order; behind the last of them the front goes on."""
        at, bucket = delta["at"], delta["at"]["bucket"]
        start = ticks(bucket["stamp"])
        end = start + unit(bucket["stamp"])
        window = [Where(self.field, "ge", stamp_of(start)), Where(self.field, "lt", stamp_of(end))]
        rest = source.after(bucket["after"]) if bucket["after"] else [[]]
        found = self._ask(client, source, [[*window, *one] for one in rest], source.keys)
        if found.more:
            bucket["after"] = source.key(found.rows[-1])
            return found
        at["bucket"] = None
        at["from"] = None if at["until"] and end > ticks(at["until"]) else end
        return found

    def _later(self, mark: str, found: Found) -> str:
        """The newest stamp read. One from the future is held to the server's clock: it must not hide what follows."""
        stamps = [stamp for stamp in map(self.stamp, found.rows) if stamp]
        newest = max([mark, *stamps], key=ticks)
        if found.date is None or newest == mark:
            return newest
        limit = (found.date + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return newest if ticks(newest) <= ticks(limit) else max(mark, limit, key=ticks)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByDay(Strategy):
    """Rows with change dates only (or a date and a time of the system's own zone): read by day, paged by key.

    `days` are the date fields of which any may have moved; `look_back` is how many days are read again, at least one
    because nobody tells the zone of these dates. `times` names the time that belongs to each date, for the stamp.
    """

    days: tuple[str, ...]
    times: Mapping[str, str]
    look_back: int = 1

    def stamp(self, row: Row) -> str:
        """The latest of the row's dates, with its time if it has one: "2026-01-31T08:15:00"."""
        found = [self._moment(row, day) for day in self.days if row.get(day)]
        return max(found, default="")

    def seconds_behind(self, stamp: str, cursor: Cursor) -> float:
        """How many seconds `stamp` lies behind the watermark; 0 where one of them is missing."""
        mark = (cursor.get("delta") or {}).get("mark")
        if not stamp or not mark:
            return 0.0
        return (datetime.fromisoformat(str(mark)) - datetime.fromisoformat(stamp)).total_seconds()

    def pages(self, client: SapClient, cursor: Cursor, *, overlap: float, full: bool = False) -> Iterator[Page]:
        """Changes since the watermark's day, then the pages of a full read if one is under way or asked for."""
        source, position = self.source(client), Position(cursor)
        if position.untouched:
            position.begin(self._newest(client, source))
        elif not position.loading:
            if full:
                position.reread()
            yield from self._delta_pages(client, source, position, overlap)
        yield from self._full_pages(client, source, position)

    def _newest(self, client: SapClient, source: Source) -> str:
        found = self._ask(client, source, [], [f"{self.days[0]} desc", *source.keys], top=1)
        clock = found.date or datetime.now(UTC) - timedelta(days=1)
        now = clock.strftime("%Y-%m-%dT%H:%M:%S")
        return min(next((stamp for stamp in map(self.stamp, found.rows) if stamp), now), now)

    def _delta_pages(self, client: SapClient, source: Source, position: Position, overlap: float) -> Iterator[Page]:
        delta: dict[str, Any] = position.delta or {}
        if delta["at"] is None:
            back = timedelta(days=self.look_back) + timedelta(seconds=overlap)
            since = (datetime.fromisoformat(delta["mark"]) - back).date().isoformat()
            delta["at"] = {"from": since, "after": [], "until": "", "newest": delta["mark"]}
        while delta["at"] is not None:
            found = self._since(client, source, delta["at"])
            changes = position.unseen(self.change(row) for row in found.rows)
            if not found.more:
                # Only now: pages come by key, so the newest stamp of a page says nothing about the pages behind it.
                delta["mark"] = max(delta["mark"], delta["at"]["newest"])
                position.looked()
            yield Page(changes, position.snapshot(), more=delta["at"] is not None or position.full is not None)

    def _since(self, client: SapClient, source: Source, at: dict[str, Any]) -> Found:
        rest = source.after(at["after"]) if at["after"] else [[]]
        filters = [[Where(day, "ge", at["from"]), *one] for day in self.days for one in rest]
        found = self._ask(client, source, filters, source.keys)
        at["until"] = at["until"] or (found.date or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S")
        stamps = [min(stamp, at["until"]) for stamp in map(self.stamp, found.rows) if stamp]
        at["newest"] = max([at["newest"], *stamps])
        if found.more:
            at["after"] = source.key(found.rows[-1])
        return found

    def _moment(self, row: Row, day: str) -> str:
        return f"{row[day]}T{row.get(self.times.get(day, '')) or '00:00:00'}"
