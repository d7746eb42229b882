"""Records of other flows that agreed on a row as it was: they are planned again when it has changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from integrations.engine.versions import insert_versions, next_version
from integrations.engine.work import Work
from integrations.flow import Change
from integrations.models import Delivery, Link

State = Delivery.State

WHY = "changed-there"

SETTLED = (State.DELIVERED, State.UNCHANGED, State.QUARANTINED, State.WAITING)
"""What is compared anew; anything else is planned anyway, or is nobody's any more."""


def compare_again(work: Work, changes: Sequence[Change], now: datetime) -> int:
    """New versions of the records whose links of this flow remember other members than the rows have now.

    Returns how many. In a ledger transaction.
    """
    rows = {change.key: work.flow.observe(change.row) for change in changes}
    links = Link.objects.filter(flow=work.flow.name, target_key__in=rows, delivery_id__isnull=False)
    stale = {link.delivery_id for link in links if link.observed != rows[link.target_key]}
    if not stale:
        return 0
    fresh: dict[UUID, list[Delivery]] = defaultdict(list)
    for newest in _newest(stale):
        if newest.state in SETTLED:
            fresh[newest.sync_id].append(next_version(newest, why=WHY, started_by=work.flow.name, now=now))
    for versions in fresh.values():
        insert_versions(versions, None, now)
    if fresh:
        work.schedule.make_due(list(fresh), now)
    return sum(map(len, fresh.values()))


def _newest(deliveries: set[Any]) -> list[Delivery]:
    """The newest versions of the records that these deliveries are versions of."""
    records = Delivery.objects.filter(pk__in=deliveries).values_list("sync_id", "source_key").distinct()
    these = Q()
    for sync_id, source_key in records.order_by("sync_id", "source_key"):
        these |= Q(sync=sync_id, source_key=source_key)
    found = Delivery.objects.filter(these) if these else Delivery.objects.none()
    return list(found.order_by("sync_id", "source_key", "-number").distinct("sync_id", "source_key"))
