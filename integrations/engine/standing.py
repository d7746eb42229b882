"""Where a sync stands: how much was read and written, what waits, what needs a person, one example of each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count, Sum

from integrations.models import Delivery, Run, Sync, ValueMap

State = Delivery.State

UNHAPPY = (State.WAITING, State.QUARANTINED, State.NOT_TRANSFERABLE)


def standing(sync: Sync, *, since: datetime | None = None) -> dict[str, int]:
    """Counts of one sync.

    read and unchanged (rows read that were known already, or that the target already held) are those of runs
    begun since then; written, superseded and dismissed were closed since then; waiting, quarantined,
    not_transferable and open (on their way) are those of now.
    """
    runs = Run.objects.filter(sync=sync, **_after("started_at", since))
    read = runs.aggregate(Sum("read"))["read__sum"] or 0
    known = (runs.aggregate(Sum("unchanged"))["unchanged__sum"]) or 0
    closed = _by_state(Delivery.objects.filter(sync=sync, **_after("closed_at", since)))
    now = _by_state(Delivery.objects.filter(sync=sync).exclude(state=State.SUPERSEDED))
    return {
        "read": read,
        "written": closed.get(State.DELIVERED, 0),
        "unchanged": known,
        "superseded": closed.get(State.SUPERSEDED, 0),
        "dismissed": closed.get(State.DISMISSED, 0),
        "waiting": now.get(State.WAITING, 0),
        "quarantined": now.get(State.QUARANTINED, 0),
        "not_transferable": now.get(State.NOT_TRANSFERABLE, 0),
        "open": sum(now.get(state, 0) for state in (State.PENDING, State.BEHIND, *Delivery.UNSETTLED)),
    }


def examples(sync: Sync) -> dict[str, Delivery]:
    """The newest delivery of each unhappy kind."""
    found = {}
    for state in UNHAPPY:
        delivery = Delivery.objects.filter(sync=sync, state=state).order_by("-created_at", "-number").first()
        if delivery is not None:
            found[str(state)] = delivery
    return found


def vanished(maps: Collection[str]) -> list[str]:
    """What a sync that asks these maps has to say of values that are no longer there, one sentence each."""
    rows = ValueMap.objects.filter(map__in=maps, missing_since__isnull=False)
    return [
        f"{row.map} {row.key} leads to {row.value}, gone or inactive since {row.missing_since:%Y-%m-%d}."
        for row in rows
    ]


def _by_state(deliveries: Any) -> Mapping[str, int]:
    return {row["state"]: row["n"] for row in deliveries.order_by().values("state").annotate(n=Count("id"))}


def _after(field: str, since: datetime | None) -> dict[str, datetime]:
    return {} if since is None else {f"{field}__gte": since}
