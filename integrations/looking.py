"""What would be written of some records if they were sent again now: both sites show it before a job is begun."""

from __future__ import annotations

from integrations.engine import Selection, selecting
from integrations.engine.previewing import Preview, preview
from integrations.models import Sync
from integrations.running import comparison_of

MOST = 3


def samples(selection: Selection) -> list[Preview]:
    """Of a few of the newest, all of one flow, against the live target. Nothing is changed. Raises its errors.

    To be called in the customer's schema, in no transaction.
    """
    found = selecting.sample(selection, MOST)
    if not found:
        return []
    sync = Sync.objects.select_related("source", "target").get(pk=found[0].sync_id)
    work = comparison_of(sync)
    try:
        return preview(work, [delivery for delivery in found if delivery.sync_id == sync.pk])
    finally:
        work.close()
