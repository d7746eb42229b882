"""Reference data as it was read: kept in chunks, and what a complete reading did not show is removed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Count

from integrations.engine.recording import wake
from integrations.engine.work import Schedule
from integrations.errors import reference_key
from integrations.flow import Row
from integrations.models import Connection, Delivery, Reference

CHUNK = 500
URGENT = 0


def keep_references(connection: Connection, kind: str, rows: Mapping[str, Row], now: datetime) -> int:
    """Keeps rows under their keys, in the order of keys so that two who keep the same rows never block each other."""
    kept = 0
    ordered = iter(sorted(rows.items()))
    while chunk := list(islice(ordered, CHUNK)):
        with transaction.atomic():
            _keep(connection, kind, chunk, now)
        kept += len(chunk)
    return kept


def forget_references(connection: Connection, kind: str, before: datetime) -> int:
    """Removes the rows of a kind that were read before; returns how many. To be called after a complete reading."""
    removed, _ = Reference.objects.filter(connection=connection, kind=kind, refreshed_at__lt=before).delete()
    return removed


def arrived(
    connection: Connection,
    kind: str,
    rows: Mapping[str, Row],
    *,
    also: Collection[str] = (),
    schedule: Schedule,
    now: datetime,
) -> dict[str, int]:
    """Keeps rows that were read just now, and wakes what waits for them, ahead of everything else of its sync.

    `also` are more wake keys that these rows answer. Returns how many deliveries waited for which key. In a ledger
    transaction.
    """
    keep_references(connection, kind, rows, now)
    keys = {reference_key(kind, key) for key in rows} | set(also)
    waiting = Delivery.objects.filter(needs__in=keys, state__in=[Delivery.State.WAITING, Delivery.State.QUARANTINED])
    counts = dict(waiting.order_by().values_list("needs").annotate(Count("id")))
    if counts:
        waiting.update(priority=URGENT)
        wake(counts.keys(), schedule=schedule, now=now)
    return counts


def name_of(row: Row) -> str:
    """What people call a row: the first member that systems keep names in."""
    members = ("name", "displayName", "CostCenterName", "CompanyCodeName", "PurchasingOrganizationName")
    found = (row.get(member) for member in (*members, "PurchasingGroupName", "CostCenterDescription"))
    return next((str(value) for value in found if value), "")[:200]


def _keep(connection: Connection, kind: str, rows: Iterable[tuple[str, Any]], now: datetime) -> None:
    Reference.objects.bulk_create(
        [
            Reference(connection=connection, kind=kind, key=key, name=name_of(row), row=row, refreshed_at=now)
            for key, row in rows
        ],
        update_conflicts=True,
        unique_fields=["connection", "kind", "key"],
        update_fields=["name", "row", "refreshed_at"],
    )
