"""How far the full read of an object is, as its reader notes it in the cursor under LOAD."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

LOAD = "load"


@dataclass(frozen=True, slots=True)
class Progress:
    """`read` of `total` rows, by the clock of the source since `began_at`; `total` is None where it does not tell."""

    read: int
    total: int | None
    began_at: datetime
    is_done: bool


@runtime_checkable
class Measured(Protocol):
    """A reader that can tell how far a full read is."""

    def progress(self, cursor: Mapping[str, Any]) -> Progress | None:
        """Of the full read under way, else of the last one; None before the first page."""
        ...


def begun(at: datetime, total: int | None) -> dict[str, Any]:
    """A full read that begins."""
    return {"read": 0, "total": total, "began_at": at.isoformat(), "done": False}


def progress_in(cursor: Mapping[str, Any]) -> Progress | None:
    """What a cursor tells."""
    load = cursor.get(LOAD)
    if not load:
        return None
    return Progress(load["read"], load["total"], datetime.fromisoformat(load["began_at"]), load["done"])
