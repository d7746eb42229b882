"""All customers at a glance, from public tables alone: three statements, however many customers and records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from tenants.health_models import SyncHealth
from tenants.models import Customer, ScheduledWork

LATE = timedelta(minutes=2)
"""What is due for longer and not being worked on is late."""
MOST_REASONS = 4


@dataclass(slots=True)
class Glance:
    """One customer. `reasons`: the largest causes of failures with their counts. `agree` None: never compared."""

    customer: Customer
    syncs: int = 0
    late: int = 0
    paused: list[str] = field(default_factory=list)
    backlog: int = 0
    failures: int = 0
    reasons: list[tuple[str, int]] = field(default_factory=list)
    oldest_open_at: datetime | None = None
    broken: list[str] = field(default_factory=list)
    agree: bool | None = None
    compared_at: datetime | None = None
    differing: list[str] = field(default_factory=list)

    @property
    def trouble(self) -> str:
        """In a word, for colour: "bad", "warn" or "good"; "" for a customer without syncs."""
        if self.customer.suspended_at or not self.syncs:
            return ""
        if self.broken or self.late or self.agree is False:
            return "bad"
        return "warn" if self.failures or self.paused else "good"


def glances(customers: Sequence[Customer], *, now: datetime) -> list[Glance]:
    """These customers, those in trouble first."""
    found = {customer.pk: Glance(customer) for customer in customers}
    reasons: dict[int, Counter[str]] = {pk: Counter() for pk in found}
    for row in SyncHealth.objects.filter(customer__in=found).order_by("flow"):
        _add(found[row.customer_id], row)
        reasons[row.customer_id].update(row.failures)
    for customer_id in _late(found, now):
        found[customer_id].late += 1
    for pk, glance in found.items():
        glance.reasons = [(code or "no code", count) for code, count in reasons[pk].most_common(MOST_REASONS)]
    order = ("bad", "warn", "good", "")
    return sorted(found.values(), key=lambda glance: (order.index(glance.trouble), glance.customer.name))


def _add(glance: Glance, row: SyncHealth) -> None:
    glance.syncs += 1
    if not row.running:
        glance.paused.append(f"{row.flow} ({row.pause_code or 'connection'})")
    counts: Mapping[str, int] = row.backlog
    glance.failures += sum(row.failures.values())
    glance.backlog += sum(counts.values()) - counts.get("quarantined", 0)
    glance.oldest_open_at = min(filter(None, (glance.oldest_open_at, row.oldest_open_at)), default=None)
    for name, account in row.connections.items():
        said = f"{name} ({account.get('code') or 'paused'})"
        if account.get("state") == "paused" and said not in glance.broken:
            glance.broken.append(said)
    if row.books_agree is not None:
        glance.agree = row.books_agree and glance.agree is not False
        glance.compared_at = min(filter(None, (glance.compared_at, row.books_compared_at)), default=None)
        if not row.books_agree:
            glance.differing.append(row.flow)


def _late(customers: Mapping[int, Any], now: datetime) -> list[int]:
    """The customer of each poll that is late and should run."""
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    due = ScheduledWork.objects.filter(free, kind="poll", customer__in=customers, due_at__lt=now - LATE)
    running = SyncHealth.objects.filter(customer__in=customers, running=True).values("sync_id")
    return list(due.filter(sync_id__in=running, customer__suspended_at=None).values_list("customer_id", flat=True))
