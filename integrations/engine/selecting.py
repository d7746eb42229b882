"""Which records a replay, a dismissal or a list is about: those whose newest version fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from integrations.models import Delivery

MOST_COUNTED = 100_000
"""A preview counts so far; of what is more, only that it is more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a delivery has to be like. What is empty does not narrow.

    `key` is the beginning of a source key, `reason` a part of the reason in whatever case, `needs` what is waited for
    (see `errors.map_key`); `since` and `until` bound when the delivery was made.
    """

    flows: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    reason: str = ""
    needs: str = ""
    key: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Selection:
        """From what `as_json` wrote."""
        many = {name: tuple(stored.get(name, ())) for name in ("flows", "states", "codes")}
        words = {name: str(stored.get(name, "")) for name in ("reason", "needs", "key")}
        times = {
            name: datetime.fromisoformat(stored[name]) if stored.get(name) else None for name in ("since", "until")
        }
        fields: dict[str, Any] = {**many, **words, **times}
        return cls(**fields)

    def as_json(self) -> dict[str, Any]:
        """What narrows, as JSON."""
        given = {name: value for name, value in asdict(self).items() if value}
        return {
            name: value.isoformat()
            if isinstance(value, datetime)
            else list(value)
            if isinstance(value, tuple)
            else value
            for name, value in given.items()
        }

    def condition(self) -> Q:
        """As a condition on deliveries."""
        wanted = {
            "sync__flow__in": self.flows,
            "state__in": self.states,
            "code__in": self.codes,
            "reason__icontains": self.reason,
            "needs": self.needs,
            "source_key__startswith": self.key,
            "created_at__gte": self.since,
            "created_at__lt": self.until,
        }
        return Q(**{name: value for name, value in wanted.items() if value})


@dataclass(frozen=True, slots=True)
class Counted:
    """How many records; where it is not exact, there are more."""

    records: int
    is_exact: bool


def newest(selection: Selection) -> QuerySet[Delivery]:
    """The newest versions that fit. An older version that fits does not stand for its record."""
    newer = Delivery.objects.filter(
        sync_id=OuterRef("sync_id"), source_key=OuterRef("source_key"), number__gt=OuterRef("number")
    )
    return Delivery.objects.filter(selection.condition(), ~Exists(newer))


def count(selection: Selection) -> Counted:
    """How many records fit."""
    found = newest(selection).order_by()[: MOST_COUNTED + 1].count()
    return Counted(min(found, MOST_COUNTED), found <= MOST_COUNTED)


def sample(selection: Selection, size: int) -> list[Delivery]:
    """Some of the records that fit, the newest first."""
    return list(newest(selection).select_related("sync").order_by("-created_at", "-id")[:size])
