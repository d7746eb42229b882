"""Changes by day: dates of change, with or without a time, in a zone that nobody tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from integrations.flow import Cursor, Page
from integrations.systems.sap.client import SapClient
from integrations.systems.sap.cursors import Position
from integrations.systems.sap.reading import Found, Row, Source, Where
from integrations.systems.sap.strategies import Strategy, clock_of


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
        now = _text(clock_of(found))
        return min(next((stamp for stamp in map(self.stamp, found.rows) if stamp), now), now)

    def _delta_pages(self, client: SapClient, source: Source, position: Position, overlap: float) -> Iterator[Page]:
        delta: dict[str, Any] = position.delta or {}
        if delta["at"] is None:
            back = timedelta(days=self.look_back) + timedelta(seconds=overlap)
            since = (datetime.fromisoformat(delta["mark"]) - back).date().isoformat()
            delta["at"] = {"from": since, "after": [], "until": "", "newest": delta["mark"]}
        while delta["at"] is not None:
            found = self._since(client, source, delta["at"])
            changes = self._news(client, position, found.rows)
            if not found.more:
                # Only now: pages come by key, so the newest stamp of a page says nothing about the pages behind it.
                delta["mark"] = max(delta["mark"], delta["at"]["newest"])
                position.looked()
            yield Page(changes, position.snapshot(), more=delta["at"] is not None or position.full is not None)

    def _since(self, client: SapClient, source: Source, at: dict[str, Any]) -> Found:
        rest = source.after(at["after"]) if at["after"] else [[]]
        filters = [[Where(day, "ge", at["from"]), *one] for day in self.days for one in rest]
        found = self._ask(client, source, filters, source.keys)
        at["until"] = at["until"] or _text(clock_of(found))
        stamps = [min(stamp, at["until"]) for stamp in map(self.stamp, found.rows) if stamp]
        at["newest"] = max([at["newest"], *stamps])
        if found.more:
            at["after"] = source.key(found.rows[-1])
        return found

    def _moment(self, row: Row, day: str) -> str:
        return f"{row[day]}T{row.get(self.times.get(day, '')) or '00:00:00'}"


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")
