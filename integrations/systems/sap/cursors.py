"""What the strategies keep between polls: watermarks, positions, and what the last look already showed.

    {"delta": {"mark", "seen", "fresh", "at"}, "full": {"after", "first"}, "load": see `integrations.progress`}

`mark` is the newest stamp read, as SAP wrote it; `at` is where an unfinished delta goes on; `seen` are digests of the
rows of the last complete look, so that looking again behind the watermark brings up only what differs (`fresh` are
those of the look under way, null once they are too many to keep). Where several rows are brought up as one, they are
digests of those that the look found. `full` is present while a full read is under way: `after` is the last key read,
`first` tells the initial load. `load` says how far it is, or was at last.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from integrations.flow import Change, Cursor
from integrations.progress import LOAD, begun

# More than this is not kept: the engine compares what is read again by itself, this only spares it the work.
MOST_SEEN = 300


class Position:
    """A cursor while pages are read. `snapshot` is what stands right once the changes so far are saved."""

    def __init__(self, cursor: Cursor) -> None:
        held = copy.deepcopy(cursor)
        self.delta: dict[str, Any] | None = held.get("delta")
        self.full: dict[str, Any] | None = held.get("full")
        self.load: dict[str, Any] | None = held.get(LOAD)

    @property
    def untouched(self) -> bool:
        """Nothing was ever read."""
        return self.delta is None

    @property
    def loading(self) -> bool:
        """The initial load is under way."""
        return self.full is not None and bool(self.full.get("first"))

    def snapshot(self) -> Cursor:
        return copy.deepcopy({"delta": self.delta, "full": self.full, LOAD: self.load})

    def begin(self, mark: str) -> None:
        """Before the initial load: what changes from `mark` on is left to the first delta."""
        self.delta = {"mark": mark, "seen": {}, "fresh": {}, "at": None}
        self.full, self.load = {"after": [], "first": True}, None

    def reread(self) -> None:
        """Asks for a full re-read, unless one is under way."""
        if self.full is None:
            self.full, self.load = {"after": [], "first": False}, None

    def loaded(self, rows: int, total: int | None, at: datetime) -> None:
        """A page of a full read has brought so many rows; the first one tells how many there are."""
        self.load = self.load or begun(at, total)
        self.load["read"] += rows

    def finish(self) -> None:
        """A full read has come to its end."""
        self.full = None
        if self.load:
            self.load["done"] = True

    def unseen(self, changes: Iterable[Change]) -> tuple[Change, ...]:
        """The changes that the last complete look did not show in this very form."""
        delta = self.delta or {}
        fresh: dict[str, str] | None = delta["fresh"]
        found = []
        for change in changes:
            fingerprint = digest(change.row)
            if fingerprint not in (delta["seen"].get(change.key), (fresh or {}).get(change.key)):
                found.append(change)
            if fresh is not None:
                fresh[change.key] = fingerprint
        if fresh is not None and len(fresh) > MOST_SEEN:
            delta["fresh"] = None
        return tuple(found)

    def forget(self, keys: Iterable[str]) -> None:
        """The look under way has not shown these after all: the next one has to."""
        fresh = (self.delta or {}).get("fresh") or {}
        for key in keys:
            fresh.pop(key, None)

    def looked(self) -> None:
        """A delta came to its end: what it showed is what the next one need not show again."""
        delta = self.delta or {}
        delta["seen"] = delta["fresh"] or {}
        delta["fresh"], delta["at"] = {}, None


def digest(row: dict[str, Any]) -> str:
    """A short fingerprint of a row."""
    text = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
