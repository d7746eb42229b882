"""Records of which nothing will come at the target, so that what needs them need not wait for ever."""

from __future__ import annotations

from integrations.engine.versions import BACKFILL
from integrations.errors import HISTORY
from integrations.models import Delivery

REFUSED = frozenset({Delivery.State.NOT_TRANSFERABLE, Delivery.State.DISMISSED})


def refusal(flow: str, source_key: str) -> str:
    """Why nothing will come of a record, in the words of its newest version; "" while something may."""
    versions = Delivery.objects.filter(sync__flow=flow, source_key=source_key)
    newest = versions.order_by("-number").only("state", "reason").first()
    return (newest.reason or newest.state) if newest and newest.state in REFUSED else ""


def left_behind(delivery: Delivery) -> bool:
    """Whether a record came with a read of everything and has been left out as history ever since.

    What people send again is not, whatever became of it before.
    """
    if delivery.number == 1:
        return delivery.priority == BACKFILL
    earlier = Delivery.objects.filter(sync=delivery.sync_id, source_key=delivery.source_key, number__lt=delivery.number)
    before = earlier.exclude(state=Delivery.State.SUPERSEDED).order_by("-number").only("code").first()
    if before is None:
        return delivery.why == "changed" and earlier.filter(number=1, priority=BACKFILL).exists()
    return delivery.why == "changed" and before.code == HISTORY
