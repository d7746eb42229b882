"""How changes of an object are found, per object and never by wish: by stamp, by day, or by reading all of it.

All of them implement `integrations.flow.Reader`. Common to all: the initial load is a full read by key (old rows carry
no stamp and no filter finds them); the newest stamp and the server's clock are noted before its first page, so that
nothing that changes during the load is lost; the watermark is SAP's own value; looking back (`overlap`) happens only
in the query, and rows that look as they did the last time are not brought up again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from integrations.errors import Transient
from integrations.flow import Change, Cursor, Page, Reader
from integrations.progress import Progress, progress_in
from integrations.systems.sap.client import SapClient
from integrations.systems.sap.cursors import Position
from integrations.systems.sap.reading import MAX_KEYS, Filter, Found, Row, Source, Where
from integrations.systems.sap.services import Service

# Rows of one identity (periods of validity, items of a requisition) and today's date there, as one row.
Fold = Callable[[list[Row], str], Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """What every strategy knows of its object. `page_size` names the connection's option.

    With `fold`, several rows share a `key` and are brought up together, as one; a change of any of them brings up all.
    `born` is the date by which the connection's option `history_from` cuts off old documents: full reads leave out
    what is older, changes of it still come.
    """

    service: Service
    sources: tuple[Source, ...]
    key: tuple[str, ...]
    page_size: str
    fold: Fold | None = None
    born: str = ""

    def source(self, client: SapClient) -> Source:
        """The entity set in the version this tenant offers."""
        offer = client.offer(self.service)
        return next(source for source in self.sources if source.offer is offer)

    def fetch(self, client: SapClient, keys: Sequence[str]) -> dict[str, Change]:
        """Reads these records again; what SAP does not show any more is absent."""
        source, wanted, found = self.source(client), list(dict.fromkeys(keys)), {}
        for start in range(0, len(wanted), MAX_KEYS):
            some = wanted[start : start + MAX_KEYS]
            rows = self._of(client, source, some)
            found.update({change.key: change for change in self.changes(client, rows) if change.key in some})
        return found

    def identity(self, row: Row) -> str:
        """The key by which the engine knows a row. Raises Transient for a row without it: it would be nobody's."""
        if missing := [name for name in self.key if row[name] in (None, "")]:
            raise Transient(f"SAP's answer holds a record without its {missing[0]}.", code="malformed-answer")
        return "/".join(str(row[name]) for name in self.key)

    def stamp(self, row: Row) -> str:
        """The row's own change stamp, "" where it has none."""
        return ""

    def changes(self, client: SapClient, rows: Sequence[Row]) -> list[Change]:
        """Rows as the engine takes them, folded where several are one."""
        if self.fold is None:
            return [Change(self.identity(row), self.stamp(row), row) for row in rows]
        folded = {key: self.fold(group, client.today()) for key, group in self._groups(rows).items()}
        return [Change(key, self.stamp(row), row) for key, row in folded.items()]

    def _news(self, client: SapClient, position: Position, rows: Sequence[Row]) -> tuple[Change, ...]:
        """What a delta found and the last look did not show in this form.

        Folded rows are read again, with the parts that did not change, but only if one of those found differs: parts
        that changed beside them have been found themselves. Today's date counts, since a fold may go by it.
        """
        if self.fold is None:
            return position.unseen(self.changes(client, rows))
        today = client.today()
        groups = [Change(key, "", {"rows": group, "today": today}) for key, group in self._groups(rows).items()]
        wanted = [group.key for group in position.unseen(groups)]
        found = self.fetch(client, wanted)
        position.forget(set(wanted) - set(found))
        return tuple(found.values())

    def _groups(self, rows: Sequence[Row]) -> dict[str, list[Row]]:
        together: dict[str, list[Row]] = {}
        for row in rows:
            together.setdefault(self.identity(row), []).append(row)
        return together

    def _named(self, key: str) -> list[Where]:
        # A key with fewer parts than ours names nothing; a comparison with "" finds nothing either.
        values = [*key.split("/", len(self.key) - 1), *[""] * len(self.key)]
        return [Where(name, "eq", value) for name, value in zip(self.key, values, strict=False)]

    def progress(self, cursor: Cursor) -> Progress | None:
        """How far a full read is, in rows."""
        return progress_in(cursor)

    def _ask(
        self,
        client: SapClient,
        source: Source,
        filters: Filter,
        order: Sequence[str],
        *,
        top: int = 0,
        counted: bool = False,
    ) -> Found:
        size = top or int(client.account.options[self.page_size])
        return source.page(client, client.without(self.service), filters, order, top=size, counted=counted)

    def _full_pages(self, client: SapClient, source: Source, position: Position) -> Iterator[Page]:
        """All rows, page by page in key order, from where an earlier run stopped."""
        while position.full is not None:
            after: list[str] = position.full["after"]
            found = self._ask(client, source, self._remaining(client, source, after), source.keys, counted=not after)
            rows = self._whole(client, source, found)
            position.loaded(len(rows), found.total, clock_of(found))
            if found.more:
                reached = source.key(rows[-1]) if rows else after
                if reached == after:
                    raise Transient("SAP's pages do not move on.", code="malformed-answer")
                position.full["after"] = reached
            else:
                position.finish()
            yield Page(tuple(self.changes(client, rows)), position.snapshot(), more=found.more, whole=True)

    def _remaining(self, client: SapClient, source: Source, after: list[str]) -> Filter:
        """What a full read has yet to read, behind a key and not older than the cut-off."""
        rest = source.after(after) if after else [[]]
        cut, name = str(client.account.options["history_from"]), self.born
        if not cut or not name or f"{source.entity.type}.{name}" in client.without(self.service):
            return rest
        return [[*one, Where(name, "ge", cut)] for one in rest]

    def _whole(self, client: SapClient, source: Source, found: Found) -> list[Row]:
        """The rows of a page without the last identity, if that may go on behind the page; all of it, if alone."""
        if self.fold is None or not found.more or not found.rows:
            return found.rows
        last = self.identity(found.rows[-1])
        return [row for row in found.rows if self.identity(row) != last] or self._of(client, source, [last])

    def _of(self, client: SapClient, source: Source, keys: Iterable[str]) -> list[Row]:
        """All rows of these identities, in key order."""
        page = int(client.account.options[self.page_size])
        filters = [self._named(key) for key in keys]
        return list(source.every(client, client.without(self.service), filters, page=page))


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole(Strategy):
    """Objects that tell nothing of a change: all of them are read every time, and compared by the engine."""

    def seconds_behind(self, stamp: str, cursor: Cursor) -> float:
        """Nothing is known to be behind anything."""
        return 0.0

    def pages(self, client: SapClient, cursor: Cursor, *, overlap: float, full: bool = False) -> Iterator[Page]:
        """Everything, from where an unfinished round stopped."""
        source, position = self.source(client), Position(cursor)
        if position.untouched:
            position.begin("")
        else:
            position.reread()
        yield from self._full_pages(client, source, position)


@dataclass(frozen=True, slots=True)
class Chosen:
    """One object with several ways, of which the tenant decides. The cursor remembers the way; another starts anew."""

    ways: Mapping[str, Reader]
    choose: Callable[[SapClient], str]

    def pages(self, client: SapClient, cursor: Cursor, *, overlap: float, full: bool = False) -> Iterator[Page]:
        """The pages of the chosen way."""
        way = self.choose(client)
        kept = {name: value for name, value in cursor.items() if name != "way"} if cursor.get("way") == way else {}
        for page in self.ways[way].pages(client, kept, overlap=overlap, full=full):
            yield replace(page, cursor={**page.cursor, "way": way})

    def fetch(self, client: SapClient, keys: Sequence[str]) -> dict[str, Change]:
        """Reads these records again."""
        return self.ways[self.choose(client)].fetch(client, keys)

    def seconds_behind(self, stamp: str, cursor: Cursor) -> float:
        """How many seconds `stamp` lies behind the watermark of the way that was last used."""
        way = cursor.get("way")
        return self.ways[str(way)].seconds_behind(stamp, cursor) if way in self.ways else 0.0

    def progress(self, cursor: Cursor) -> Progress | None:
        """How far a full read is, whatever the way."""
        return progress_in(cursor)


def clock_of(found: Found) -> datetime:
    """The server's clock at an answer, to the second; ours, should it tell none."""
    return found.date or datetime.now(UTC).replace(microsecond=0)
