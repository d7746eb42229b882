"""Read models: rows of a source that are kept as they are read, for people and programs to look at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from integrations.engine.reopening import compare_again
from integrations.engine.work import Work
from integrations.flow import Change
from integrations.models import Reference


def keep(work: Work, changes: Sequence[Change], now: datetime) -> int:
    """Keeps rows under their source keys; returns how many were new or changed. In a ledger transaction.

    Records of other flows that agreed on a row as it was are compared with it again.
    """
    kind, account = work.flow.keeps, work.sync.source
    known = {
        reference.key: reference.row
        for reference in Reference.objects.filter(connection=account, kind=kind, key__in=[c.key for c in changes])
    }
    changed = [change for change in changes if known.get(change.key) != change.row]
    Reference.objects.bulk_create(
        [
            Reference(
                connection=account,
                kind=kind,
                key=change.key,
                name=work.flow.label(work.flow.record(change.row))[:200],
                row=change.row,
                refreshed_at=now,
            )
            for change in changed
        ],
        update_conflicts=True,
        unique_fields=["connection", "kind", "key"],
        update_fields=["name", "row", "refreshed_at"],
    )
    if changed:
        compare_again(work, changed, now)
    return len(changed)
