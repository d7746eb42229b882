"""Keeps the public summary of a customer's syncs (tenants.SyncHealth) current: two statements where something happened.

A poll that brings nothing does not come here: it notes how fresh its source is in the statement that gives its claim
back. What people change without a run (a pause, say) is told by the pass of every five minutes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Min

from integrations import connections
from integrations.engine import is_running
from integrations.models import Connection, Delivery, ReconcileReport, Sync
from tenants.health_models import SyncHealth

FIELDS = [
    "running",
    "pause_code",
    "fresh_at",
    "failing_polls",
    "backlog",
    "failures",
    "oldest_open_at",
    "connections",
    "books_agree",
    "books_compared_at",
    "updated_at",
]


def tell(customer_id: int, syncs: Collection[Sync], *, now: datetime) -> None:
    """Writes how these syncs are. In the customer's schema, outside of a ledger transaction."""
    open_ones = _open([sync.pk for sync in syncs])
    rows = [_row(customer_id, sync, open_ones.get(sync.pk, []), now) for sync in syncs]
    update = [name for name in FIELDS if not name.startswith("books_")]
    # A flow that was switched off for good and on again is another sync, and takes over its row.
    SyncHealth.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["customer", "flow"], update_fields=["sync_id", *update]
    )


def tell_all(customer_id: int, *, now: datetime) -> None:
    """All syncs of the customer whose schema is in use, and whether the books agreed when they were compared last."""
    syncs = list(Sync.objects.select_related("source", "target"))
    tell(customer_id, syncs, now=now)
    gone = SyncHealth.objects.filter(customer_id=customer_id).exclude(sync_id__in=[sync.pk for sync in syncs])
    gone.delete()
    compared = ReconcileReport.objects.filter(agree__isnull=False).order_by("sync_id", "-id").distinct("sync_id")
    for sync_id, agree, at in compared.values_list("sync_id", "agree", "finished_at"):
        known = SyncHealth.objects.filter(sync_id=sync_id).exclude(books_compared_at=at)
        known.update(books_agree=agree, books_compared_at=at)


def _open(syncs: Collection[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Open deliveries, counted by state and code."""
    rows = Delivery.objects.filter(sync__in=syncs, state__in=Delivery.OPEN).order_by()
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in rows.values("sync_id", "state", "code").annotate(count=Count("id"), oldest=Min("created_at")):
        found.setdefault(row["sync_id"], []).append(dict(row))
    return found


def _row(customer_id: int, sync: Sync, open_ones: list[dict[str, Any]], now: datetime) -> SyncHealth:
    backlog: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    for group in open_ones:
        backlog[group["state"]] += group["count"]
        if group["state"] == Delivery.State.QUARANTINED:
            failures[group["code"]] += group["count"]
    return SyncHealth(
        customer_id=customer_id,
        sync_id=sync.pk,
        flow=sync.flow,
        running=is_running(sync),
        pause_code=sync.pause_code if sync.enabled else "switched-off",
        fresh_at=sync.fresh_at,
        failing_polls=sync.failures,
        backlog=dict(backlog),
        failures=dict(failures),
        oldest_open_at=min((group["oldest"] for group in open_ones), default=None),
        connections={row.name: _account(row) for row in (sync.source, sync.target)},
        updated_at=now,
    )


def _account(row: Connection) -> dict[str, Any]:
    rate = connections.rate_of(row)
    return {
        "system": row.system,
        "state": row.state,
        "code": row.pause_code,
        "calls_per_second": 1_000_000 / rate.interval,
    }
