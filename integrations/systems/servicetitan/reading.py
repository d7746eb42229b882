"""How changes are read: `integrations.flow.Reader` in the two ways that ServiceTitan offers.

A modified window for what has a list (vendors, requests, receipts, bills have nothing better), and the export feeds.
No list is asked for an upper bound: a row that is modified while its page is read would drop out of a bounded
window, move the rows behind it up by one, and the first row of the next page would never be read. Without the bound
and sorted by id rows can only be read twice. The next window starts from the newest stamp read, but never after the
server's own time at the first page of this one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.errors import Transient
from integrations.flow import Change, Cursor, Page
from integrations.progress import LOAD, Progress, begun, progress_in
from integrations.systems.servicetitan.client import ListPage, NormalRow, ServiceTitanClient
from integrations.systems.servicetitan.resources import Resource

Params = tuple[tuple[str, str], ...]
Scan = dict[str, Any]


def _every(row: NormalRow) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class ModifiedWindow:
    """Reads a list by modifiedOnOrAfter, and as a whole for the first load and for `full`.

    Cursor: {"watermark": newest stamp as written, "delta": scan | None, "full": scan | None, "load": how far a full
    read is}; a scan under way is {"since", "variant", "page", "newest", "ceiling"}. `variants`: the list is read once
    with each of these filters. `keep`: which of the rows read count as changes.
    """

    resource: Resource
    variants: tuple[Params, ...] = ((),)
    keep: Callable[[NormalRow], bool] = _every

    def pages(
        self, client: ServiceTitanClient, cursor: Cursor, *, overlap: float, full: bool = False
    ) -> Iterator[Page]:
        """Changes, page by page, with the cursor that is right once they are saved. Idle: one call."""
        state: Cursor = {"watermark": "", "delta": None, "full": None, **cursor}
        kinds = ["delta"] if state["watermark"] else ["full"]
        if "delta" in kinds and (full or state["full"]):
            kinds.append("full")
        for kind in kinds:
            last = kind == kinds[-1]
            state[kind] = state[kind] or self._begin(state["watermark"] if kind == "delta" else "", overlap)
            yield from self._scan(client, state, kind, last=last)

    def fetch(self, client: ServiceTitanClient, keys: Sequence[str]) -> dict[str, Change]:
        """These records as they are now."""
        return {key: change(row) for key, row in client.records(self.resource, keys).items()}

    def seconds_behind(self, stamp: str, cursor: Cursor) -> float:
        """How far `stamp` lies behind the watermark; 0 where either is missing."""
        return behind(stamp, str(cursor.get("watermark") or ""))

    def _begin(self, watermark: str, overlap: float) -> Scan:
        since = stamp_text(moment(watermark) - timedelta(seconds=overlap)) if watermark else ""
        return {"since": since, "variant": 0, "page": 1, "newest": watermark, "ceiling": ""}

    def _scan(self, client: ServiceTitanClient, state: Cursor, kind: str, *, last: bool) -> Iterator[Page]:
        scan: Scan | None = state[kind]
        while scan is not None:
            counted = kind == "full" and scan["page"] == 1
            page = client.page(self.resource, self._params(scan), number=scan["page"], counted=counted)
            if kind == "full":
                state[LOAD] = self._loaded(state.get(LOAD), scan, page)
            scan = _noted(scan, page)
            following = self._following(scan, page)
            if following is None and (kind == "delta" or not state["watermark"]):
                state["watermark"] = _watermark(state["watermark"], scan)
            state[kind] = scan = following
            changes = tuple(map(change, filter(self.keep, page.rows)))
            yield Page(changes, dict(state), more=scan is not None or not last, whole=kind == "full")

    def progress(self, cursor: Cursor) -> Progress | None:
        """How far a full read is. Each variant tells its own total, so the whole is known when the last one begins."""
        return progress_in(cursor)

    def _loaded(self, load: dict[str, Any] | None, scan: Scan, page: ListPage) -> dict[str, Any]:
        is_first, is_last = not scan["variant"] and scan["page"] == 1, scan["variant"] + 1 == len(self.variants)
        if is_first or load is None:
            load = begun(page.server_time or datetime.now(UTC), None)
        total = load["total"]
        if is_last and scan["page"] == 1 and page.total is not None:
            total = load["read"] + page.total
        done = is_last and not page.more
        return {**load, "read": load["read"] + len(page.rows), "total": total, "done": done}

    def _params(self, scan: Scan) -> Params:
        since: Params = (("modifiedOnOrAfter", scan["since"]),) if scan["since"] else ()
        order: Params = (("sort", "+Id"),) if self.resource.sortable else ()
        return (*self.variants[scan["variant"]], *since, *order)

    def _following(self, scan: Scan, page: ListPage) -> Scan | None:
        if page.more:
            return {**scan, "page": scan["page"] + 1}
        if scan["variant"] + 1 < len(self.variants):
            return {**scan, "variant": scan["variant"] + 1, "page": 1}
        return None


@dataclass(frozen=True, slots=True)
class ExportFeed:
    """Reads an export feed, which holds active, inactive and deleted rows in order of modification.

    Cursor: {"from": continueFrom, "full": continueFrom of a re-read under way | None, "newest": stamp, "load": see
    `integrations.progress`}.
    """

    resource: Resource
    recent: bool = True

    def pages(
        self, client: ServiceTitanClient, cursor: Cursor, *, overlap: float, full: bool = False
    ) -> Iterator[Page]:
        """Changes since the last continueFrom; `full` reads the feed again from its beginning afterwards."""
        state: Cursor = {"from": "", "full": None, "newest": "", **cursor}
        again = bool(state["from"]) and (full or state["full"] is not None)
        yield from self._follow(client, state, "from", last=not again)
        if again:
            state["full"] = state["full"] or ""
            yield from self._follow(client, state, "full", last=True)

    def fetch(self, client: ServiceTitanClient, keys: Sequence[str]) -> dict[str, Change]:
        """These records as they are now."""
        return {key: change(row) for key, row in client.records(self.resource, keys).items()}

    def seconds_behind(self, stamp: str, cursor: Cursor) -> float:
        """How far `stamp` lies behind the newest one read; 0 where either is missing."""
        return behind(stamp, str(cursor.get("newest") or ""))

    def progress(self, cursor: Cursor) -> Progress | None:
        """How far a full read is. A feed does not tell how much it holds."""
        return progress_in(cursor)

    def _follow(self, client: ServiceTitanClient, state: Cursor, member: str, *, last: bool) -> Iterator[Page]:
        more, is_load = True, member == "full" or _is_loading(state)
        while more:
            is_first = not state[member]
            page = client.feed(self.resource, state[member], recent=self.recent)
            more = page.more
            if is_load:
                state[LOAD] = _fed(None if is_first else state.get(LOAD), page)
            state[member] = page.next_from
            state["newest"] = newest([state["newest"], *(stamp_of(row) for row in page.rows)])
            if member == "full" and not more:
                state["from"], state["full"] = page.next_from, None
            yield Page(tuple(map(change, page.rows)), dict(state), more=more or not last, whole=member == "full")


def _is_loading(state: Cursor) -> bool:
    """Whether a feed is read for the first time: from its beginning, or on from where that was left."""
    return not state["from"] or (LOAD in state and not state[LOAD]["done"])


def _fed(load: dict[str, Any] | None, page: ListPage) -> dict[str, Any]:
    load = load or begun(page.server_time or datetime.now(UTC), None)
    return {**load, "read": load["read"] + len(page.rows), "done": not page.more}


def change(row: NormalRow) -> Change:
    """A row as a change; key is its id. Raises Transient for a row without one: it is nobody's, not a new record."""
    if row.get("id") in (None, ""):
        raise Transient("ServiceTitan sent a row without its id.", code="malformed-value")
    return Change(str(row["id"]), stamp_of(row), row)


def stamp_of(row: NormalRow) -> str:
    """modifiedOn as the source wrote it; "" where it came back null."""
    return str(row.get("modifiedOn") or "")


def moment(stamp: str) -> datetime:
    """A stamp as an aware moment; one without zone is UTC."""
    parsed = datetime.fromisoformat(stamp)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def stamp_text(value: datetime) -> str:
    """A moment as a filter takes it, with its fraction."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def newest(stamps: Sequence[str]) -> str:
    """The latest of these stamps, as written; "" if there is none."""
    return max(filter(None, stamps), key=moment, default="")


def behind(stamp: str, watermark: str) -> float:
    """Seconds from `stamp` to the watermark, positive if it lies behind."""
    return (moment(watermark) - moment(stamp)).total_seconds() if stamp and watermark else 0.0


def _noted(scan: Scan, page: ListPage) -> Scan:
    """The scan with the newest stamp and, of the first page, the server's time. Cursors handed out never change."""
    ceiling = scan["ceiling"] or (stamp_text(page.server_time) if page.server_time else "")
    return {**scan, "newest": newest([scan["newest"], *map(stamp_of, page.rows)]), "ceiling": ceiling}


def _watermark(before: str, scan: Scan) -> str:
    """The newest stamp read, but nothing that came while the scan was under way, and never less than before."""
    reached = [stamp for stamp in (scan["newest"] or scan["ceiling"], scan["ceiling"]) if stamp]
    earlier = min(reached, key=moment, default="")
    return newest([before, earlier])
