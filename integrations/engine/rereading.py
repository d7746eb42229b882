"""Records that are read from their source again because somebody asks for it, ahead of any poll."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from django.db.models import Max

from integrations.engine.keeping import keep
from integrations.engine.versions import LIVE, insert_versions, new_versions
from integrations.engine.work import Work, asking, digest, ledger, stored
from integrations.errors import Transient
from integrations.flow import Change
from integrations.models import Delivery, Sync

Reread = Literal["changed", "unchanged", "gone"]

TRIES = 3


def reread(work: Work, keys: Sequence[str], *, by: str) -> dict[str, Reread]:
    """Reads these records at their source and stores what differs from what was read last, as a new version.

    "gone" is what the source does not show any more; that alone deletes nothing. What a poll stores meanwhile may be
    newer, so that it is read once more. Raises the source's errors, and Transient if polls come between every time.
    """
    for _ in range(TRIES):
        before = _numbers(work.sync, keys)
        with asking("source"):
            found = work.flow.reader.fetch(work.source, keys)
        changes = [Change(c.key, c.stamp, stored(c.row)) for c in found.values()]
        with ledger():
            if _numbers(work.sync, keys) != before:
                continue
            changed = _keep(work, changes) if work.flow.keeps else _store(work, changes, by)
        absent: dict[str, Reread] = {key: "gone" for key in keys if key not in found}
        return absent | {key: "changed" if key in changed else "unchanged" for key in found}
    raise Transient("It is being read by a poll just now; try again in a minute.", code="being-read")


def _store(work: Work, changes: Sequence[Change], by: str) -> set[str]:
    now = work.clock()
    fresh = new_versions(work.sync, [(change, digest(change.row)) for change in changes], now, LIVE)
    for delivery in fresh:
        delivery.why, delivery.started_by = "re-read", by[:80]
    if fresh:
        insert_versions(fresh, None, now)
        work.schedule.make_due([work.sync.id], now)
    return {delivery.source_key for delivery in fresh}


def _keep(work: Work, changes: Sequence[Change]) -> set[str]:
    return {change.key for change in changes if keep(work, [change], work.clock())}


def _numbers(sync: Sync, keys: Sequence[str]) -> Mapping[str, int]:
    rows = Delivery.objects.filter(sync=sync, source_key__in=keys).order_by().values_list("source_key")
    return dict(rows.annotate(number=Max("number")))
