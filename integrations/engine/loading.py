"""How far a first load is, or the full read that comes round: rows read, and what they brought that is on its way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from integrations.engine.versions import BACKFILL
from integrations.flow import Reader
from integrations.models import Delivery, Sync
from integrations.progress import Measured

State = Delivery.State

ON_THEIR_WAY = (State.PENDING, State.BEHIND, *Delivery.UNSETTLED)


@dataclass(frozen=True, slots=True)
class Loading:
    """`read` of `total` rows, of which `on_their_way` are not through yet.

    `total` is None where the source does not tell. `share` (0 to 1) and `seconds_left`, at the pace so far, are None
    as long as nobody can know.
    """

    read: int
    total: int | None
    on_their_way: int
    share: float | None
    seconds_left: float | None

    def __str__(self) -> str:
        if self.total is None or self.share is None:
            return f"{self.read} rows read so far"
        left = "" if self.seconds_left is None else f", about {_duration(self.seconds_left)} left"
        return f"{self.read} of {self.total} rows read, {self.share:.0%} through{left}"


def loading(sync: Sync, reader: Reader, now: datetime) -> Loading | None:
    """How far it is; None while no full read is under way and nothing of the last one is on its way."""
    found = reader.progress(sync.cursor) if isinstance(reader, Measured) else None
    if found is None:
        return None
    waiting = Delivery.objects.filter(sync=sync, priority=BACKFILL, state__in=ON_THEIR_WAY).count()
    if found.is_done and not waiting:
        return None
    through = max(found.read - waiting, 0)
    if found.total is None:
        return Loading(found.read, None, waiting, None, None)
    total = max(found.total, found.read)  # rows may have been added since it began
    seconds = max((now - found.began_at).total_seconds(), 0.0)
    left = seconds * (total - through) / through if through else None
    return Loading(found.read, total, waiting, through / total if total else 1.0, left)


def _duration(seconds: float) -> str:
    """Rounded as people say it."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
