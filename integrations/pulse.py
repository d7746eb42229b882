"""How each flow was lately, by quarters of an hour: what it brought to an end, and how old its knowledge was.

Taken every few minutes for a whole customer, beside the public summary, so that neither a poll nor a delivery costs a
statement more. Quarters, because every time zone's midnight is on one: a reader's day is a sum of them, and what came
after the last whole one is counted anew. Kept for eight days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, DateTimeField, F, Func, Max, Q, QuerySet, Value

from integrations.engine import is_running
from integrations.models import Delivery, Pulse, Sync

QUARTER = timedelta(minutes=15)
KEPT = timedelta(days=8)
REACH = timedelta(hours=24)
"""So far back is caught up with what was not noted, after an outage or an upgrade."""

State = Delivery.State


@dataclass(frozen=True, slots=True)
class Day:
    """What came to its end in a reader's day so far."""

    delivered: int = 0
    unchanged: int = 0
    other: int = 0


def take(*, now: datetime) -> None:
    """Notes how the flows of the schema in use are. Safe to run twice and side by side."""
    began = _quarter(now)
    last = Pulse.objects.filter(at__gte=began - REACH).aggregate(last=Max("at"))["last"]
    since = max(last, began - REACH) if last else began - REACH
    closed = _closed_by_quarter(since)
    syncs = list(Sync.objects.select_related("source", "target"))
    ages = {sync.pk: _age(sync, now) for sync in syncs}
    wanted = {(sync.pk, began) for sync in syncs} | {key for key in closed if key[0] in {sync.pk for sync in syncs}}
    rows = [
        Pulse(sync_id=sync, at=at, lag_seconds=ages.get(sync) if at == began else None, **closed.get((sync, at), {}))
        for sync, at in sorted(wanted, key=str)
    ]
    with transaction.atomic():
        _keep_worst(rows, began)
        Pulse.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["sync", "at"],
            update_fields=["delivered", "unchanged", "other", "lag_seconds"],
        )
        Pulse.objects.filter(at__lt=now - KEPT).delete()


def lately(*, now: datetime, hours: int = 24) -> Mapping[UUID, list[Pulse]]:
    """The quarters of each sync of the last hours, in order. One statement."""
    found: dict[UUID, list[Pulse]] = defaultdict(list)
    for row in Pulse.objects.filter(at__gte=_quarter(now) - timedelta(hours=hours), at__lte=now).order_by("at"):
        found[row.sync_id].append(row)
    return found


def today(pulses: Mapping[UUID, Sequence[Pulse]], *, began: datetime, now: datetime) -> dict[UUID, Day]:
    """What each sync brought to an end since `began`, the reader's midnight. `pulses` reach back so far. One statement.

    Whole quarters are taken as noted; what came after the last of them is counted.
    """
    whole = max((row.at for rows in pulses.values() for row in rows), default=began)
    since = max(whole, began)
    sums: dict[UUID, dict[str, int]] = defaultdict(lambda: {"delivered": 0, "unchanged": 0, "other": 0})
    for sync, rows in pulses.items():
        for row in rows:
            if began <= row.at < since:
                for name in ("delivered", "unchanged", "other"):
                    sums[sync][name] += getattr(row, name)
    counted: Any = _closed(since).order_by().values("sync_id", "state").annotate(n=Count("pk"))
    for found in counted:
        sums[found["sync_id"]][_COLUMNS.get(found["state"], "other")] += found["n"]
    return {sync: Day(**counts) for sync, counts in sums.items()}


_COLUMNS: Mapping[str, str] = {State.DELIVERED: "delivered", State.UNCHANGED: "unchanged"}


def _closed(since: datetime) -> QuerySet[Delivery]:
    """By the small index over when deliveries were closed."""
    return Delivery.objects.filter(closed_at__gte=since).exclude(state=State.SUPERSEDED)


def _closed_by_quarter(since: datetime) -> dict[tuple[UUID, datetime], dict[str, int]]:
    quarter: Any = Func(
        Value("15 minutes"), F("closed_at"), Value(datetime(2026, 1, 1, tzinfo=UTC)), function="date_bin",
        template="%(function)s(%(expressions)s)", output_field=DateTimeField(),
    )  # fmt: skip
    counts = {
        name: Count("pk", filter=Q(state=state)) for name, state in (("d", State.DELIVERED), ("u", State.UNCHANGED))
    }
    rows: Any = _closed(since).order_by().values("sync_id", quarter=quarter).annotate(n=Count("pk"), **counts)
    return {
        (row["sync_id"], row["quarter"]): {
            "delivered": row["d"], "unchanged": row["u"], "other": row["n"] - row["d"] - row["u"],
        }
        for row in rows
    }  # fmt: skip


def _keep_worst(rows: Sequence[Pulse], began: datetime) -> None:
    """The largest age of the quarter stays, and ages of quarters before it stay as they were."""
    known = Pulse.objects.select_for_update().filter(at__in={row.at for row in rows}).order_by("sync", "at")
    before = {(row.sync_id, row.at): row.lag_seconds for row in known}
    for row in rows:
        ages = [age for age in (row.lag_seconds, before.get((row.sync_id, row.at))) if age is not None]
        row.lag_seconds = max(ages, default=None)


def _age(sync: Sync, now: datetime) -> int | None:
    """In seconds; of a flow that rests nobody expects anything new."""
    if sync.fresh_at is None or not is_running(sync):
        return None
    return max(0, int((now - sync.fresh_at).total_seconds()))


def _quarter(now: datetime) -> datetime:
    return now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)
