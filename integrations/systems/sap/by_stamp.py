"""Changes by time stamp: Edm.DateTimeOffset, or a text that sorts like one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.errors import Transient
from integrations.flow import Cursor, Page
from integrations.systems.sap.client import SapClient
from integrations.systems.sap.cursors import Position
from integrations.systems.sap.reading import Found, Row, Source, Where
from integrations.systems.sap.stamps import EPOCH, TICKS_PER_SECOND, stamp_of, ticks
from integrations.systems.sap.strategies import Strategy, clock_of

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByStamp(Strategy):
    """Rows with a time stamp, read in the order of (stamp, key).

    V2 shows milliseconds of a stamp with seven digits, and how many of them a filter compares is said nowhere. So
    filters name whole seconds only: the rows of one second are an unordered bucket, and a page that ends within one
    is completed by key before the reading goes on behind it.
    """

    field: str

    def stamp(self, row: Row) -> str:
        return str(row.get(self.field) or "")

    def count(self, stamp: str) -> int:
        """A stamp in units of 100 ns since 1970."""
        return ticks(stamp)

    def written(self, count: int, like: str) -> str:
        """The reverse, as it stands in a filter; `like` is a stamp as SAP writes it."""
        return stamp_of(count)

    def seconds_behind(self, stamp: str, cursor: Cursor) -> float:
        """How many seconds `stamp` lies behind the watermark; 0 where one of them is missing."""
        mark = (cursor.get("delta") or {}).get("mark")
        if not stamp or not mark:
            return 0.0
        return (self.count(str(mark)) - self.count(stamp)) / TICKS_PER_SECOND

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
        newest = next((stamp for stamp in map(self.stamp, found.rows) if stamp), "")
        now = self.written(_count_of(clock_of(found)), newest)
        return min(newest or now, now, key=self.count)

    def _delta_pages(self, client: SapClient, source: Source, position: Position, overlap: float) -> Iterator[Page]:
        delta: dict[str, Any] = position.delta or {}
        if delta["at"] is None:
            since = self.count(delta["mark"]) - int(overlap * TICKS_PER_SECOND)
            delta["at"] = {"from": _second(since), "until": None, "bucket": None}
        while delta["at"] is not None:
            found = self._bucket(client, source, delta) if delta["at"]["bucket"] else self._front(client, source, delta)
            changes = self._news(client, position, found.rows)
            delta["mark"] = self._later(delta["mark"], found)
            if delta["at"]["from"] is None:
                position.looked()
            yield Page(changes, position.snapshot(), more=delta["at"] is not None or position.full is not None)

    def _front(self, client: SapClient, source: Source, delta: dict[str, Any]) -> Found:
        """The next rows in the order of stamps; a full page leaves its last bucket to be completed."""
        at = delta["at"]
        at["from"] = _second(at["from"])  # one that was kept by an older version may be finer
        window = [Where(self.field, "ge", self.written(at["from"], delta["mark"]))]
        if at["until"]:
            window.append(Where(self.field, "le", self.written(at["until"], delta["mark"])))
        found = self._ask(client, source, [window], [self.field, *source.keys])
        self._check_filtered(found, at["from"])
        # The clock of the header is cut to whole seconds, stamps are not.
        at["until"] = at["until"] or _count_of(clock_of(found) + _SECOND)
        if found.more:
            at["bucket"] = {"stamp": self.stamp(found.rows[-1]), "after": []}
        else:
            at["from"] = None
        return found

    def _check_filtered(self, found: Found, since: int) -> None:
        for stamp in map(self.stamp, found.rows):
            if not stamp or self.count(stamp) < since:
                message = "SAP sent rows that were not asked for: the filter had no effect."
                raise Transient(message, code="filter-ignored")

    def _bucket(self, client: SapClient, source: Source, delta: dict[str, Any]) -> Found:
        """The rows of one second, in key order; behind the last of them the front goes on."""
        at, bucket = delta["at"], delta["at"]["bucket"]
        start = _second(self.count(bucket["stamp"]))
        end = start + TICKS_PER_SECOND
        bounds = (("ge", start), ("lt", end))
        window = [Where(self.field, sign, self.written(count, bucket["stamp"])) for sign, count in bounds]  # type: ignore[arg-type]
        rest = source.after(bucket["after"]) if bucket["after"] else [[]]
        found = self._ask(client, source, [[*window, *one] for one in rest], source.keys)
        if found.more:
            bucket["after"] = source.key(found.rows[-1])
            return found
        at["bucket"] = None
        at["from"] = None if end > at["until"] else end
        return found

    def _later(self, mark: str, found: Found) -> str:
        """The newest stamp read. One from the future is held to the server's clock: it must not hide what follows."""
        stamps = [stamp for stamp in map(self.stamp, found.rows) if stamp]
        newest = max([mark, *stamps], key=self.count)
        limit = _count_of(clock_of(found) + _SECOND)
        if newest == mark or self.count(newest) <= limit:
            return newest
        return max(mark, self.written(limit, newest), key=self.count)


_TEXT = re.compile(r"^(?P<before>\D*)(?P<digits>\d{14})(?:(?P<point>\D)(?P<fraction>\d{1,7}))?(?P<after>\D*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByText(ByStamp):
    """Rows with a UTC time stamp as text, "YYYYMMDDhhmmss.fffffff" (SuplrInvcLstChgDteTmeTxt, 23 characters).

    Whether a sign position stands before it is not documented, so filters are written exactly as SAP writes the newest.
    """

    def count(self, stamp: str) -> int:
        found = _parts(stamp)
        whole = datetime.strptime(found["digits"], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        return _count_of(whole) + int((found["fraction"] or "").ljust(7, "0"))

    def written(self, count: int, like: str) -> str:
        model = _parts(like) if like else {"before": "", "point": ".", "fraction": "0" * 7, "after": ""}
        whole, rest = divmod(count, TICKS_PER_SECOND)
        text = (EPOCH + timedelta(seconds=whole)).strftime("%Y%m%d%H%M%S")
        digits = f"{rest:07}"[: len(model["fraction"] or "")]
        return f"{model['before']}{text}{model['point'] or ''}{digits}{model['after']}"


def _parts(stamp: str) -> dict[str, str]:
    found = _TEXT.match(stamp)
    if found is None:
        raise Transient(f"SAP's time stamp {stamp[:30]!r} has an unknown form.", code="malformed-value")
    return found.groupdict()


def _second(count: int) -> int:
    """The whole second that a stamp lies in."""
    return count - count % TICKS_PER_SECOND


def _count_of(moment: datetime) -> int:
    return ((moment - EPOCH) // timedelta(microseconds=1)) * 10
