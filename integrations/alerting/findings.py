"""What is wrong right now with the customer whose schema is in use. Reads only; a handful of statements per look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cryptography import x509
from django.db.models import Count, Max, Q

from integrations import connections, schedule_spec
from integrations.alerting import kinds
from integrations.budget import Usage
from integrations.engine.work import digest
from integrations.errors import NotAuthorised
from integrations.models import AlertSettings, ApiKey, Connection, Delivery, EventEndpoint, ReconcileReport, Sync
from integrations.models.jobs import Progress
from integrations.tokens import PAUSED_FOR_CREDENTIALS
from tenants.models import Customer, ScheduledWork

State = Delivery.State


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong. `cause` is the same as long as it is the same thing; `count` how many it concerns."""

    kind: str
    cause: str
    subject: str
    detail: str = ""
    count: int = 1
    subject_id: str = ""


@dataclass(slots=True)
class Look:
    """One look at a customer: the syncs with their connections, what was chosen, and what was open before.

    `unreadable` collects kinds that could not be judged: what is open of them stays open.
    """

    customer: Customer
    settings: AlertSettings
    now: datetime
    open_causes: frozenset[str] = frozenset()
    syncs: list[Sync] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.syncs = list(Sync.objects.select_related("source", "target").filter(enabled=True))

    @property
    def running(self) -> list[Sync]:
        """Those that neither a person nor the product has paused."""
        return [
            sync
            for sync in self.syncs
            if sync.state == Sync.State.ACTIVE
            and all(side.state == Connection.State.OK for side in (sync.source, sync.target))
        ]

    def used_connections(self) -> list[Connection]:
        """Connections of enabled syncs, each once."""
        return list({side.pk: side for sync in self.syncs for side in (sync.source, sync.target)}.values())


def all_findings(look: Look) -> list[Finding]:
    """Everything that is wrong."""
    looks = (_paused, _broken, _stalled, _overdue, _failures, _books, _budgets, _expiring, _endpoints)
    return [finding for each in looks for finding in each(look)]


def _paused(look: Look) -> Iterator[Finding]:
    for row in look.used_connections():
        if row.state == Connection.State.PAUSED and row.pause_code == PAUSED_FOR_CREDENTIALS:
            cause = f"{kinds.CREDENTIALS}:{row.pk}"
            yield Finding(kinds.CREDENTIALS, cause, row.name, row.pause_reason, subject_id=str(row.pk))
    for sync in look.syncs:
        missing = sync.pause_code == NotAuthorised.default_code or sync.pause_code.startswith("scope:")
        if sync.state == Sync.State.PAUSED and missing:
            cause = f"{kinds.PERMISSION}:{sync.pk}"
            yield Finding(kinds.PERMISSION, cause, sync.flow, sync.pause_reason, subject_id=str(sync.pk))


def _broken(look: Look) -> Iterator[Finding]:
    """A source none of whose syncs could be read for several polls, or a target that takes nothing in as many tries."""
    least = look.settings.failed_polls
    stuck = _untaken(look)
    for row in look.used_connections():
        read = [sync for sync in look.running if sync.source_id == row.pk]
        told = ""
        if read and all(sync.failures >= least for sync in read):
            told = f"No poll succeeded in the last {min(sync.failures for sync in read)} tries. {read[0].last_error}"
        for sync in look.running:
            if sync.target_id == row.pk and sync.pk in stuck:
                told = told or f"Nothing could be sent in {stuck[sync.pk]} tries."
        if told:
            yield Finding(kinds.BROKEN, f"{kinds.BROKEN}:{row.pk}", row.name, told.strip(), subject_id=str(row.pk))


def _untaken(look: Look) -> dict[Any, int]:
    """Syncs whose due deliveries were all put off, with how often: tries are counted when nothing was written."""
    open_states = [State.PENDING, State.WAITING, State.CHECKING, State.VERIFYING]
    due = Delivery.objects.filter(sync__in=look.running, due_at__isnull=False, state__in=open_states)
    failing = Q(tries__gte=look.settings.failed_polls) & ~Q(code="") & ~Q(state=State.WAITING)
    rows = due.order_by().values("sync_id").annotate(most=Max("tries", filter=failing))
    return {row["sync_id"]: row["most"] for row in rows if row["most"]}


def _stalled(look: Look) -> Iterator[Finding]:
    """Syncs that have not caught up with their source for hours, and whose cursor has not moved for as long."""
    zone, patience = ZoneInfo(look.customer.time_zone), timedelta(hours=look.settings.stalled_hours)
    marks = look.settings.marks
    fresh_marks: dict[str, Any] = {}
    for sync in look.running:
        mark, before = digest(sync.cursor), marks.get(str(sync.pk))
        since = before["since"] if before and before["cursor"] == mark else look.now.isoformat()
        fresh_marks[str(sync.pk)] = {"cursor": mark, "since": since}
        fresh = sync.fresh_at or sync.created_at
        expected = schedule_spec.parse(sync.schedule).next_due(fresh, zone) if sync.schedule else fresh
        if look.now - expected >= patience and look.now - datetime.fromisoformat(since) >= patience:
            told = f"Its source was last read to the end at {fresh:%Y-%m-%d %H:%M} UTC. {sync.last_error}".strip()
            yield Finding(kinds.STALLED, f"{kinds.STALLED}:{sync.pk}", sync.flow, told, subject_id=str(sync.pk))
    look.settings.marks = fresh_marks


def _overdue(look: Look) -> Iterator[Finding]:
    late = look.now - timedelta(minutes=look.settings.overdue_minutes)
    flows = {sync.pk: sync.flow for sync in look.running}
    rows = ScheduledWork.objects.filter(customer=look.customer, kind="poll", due_at__lt=late, sync_id__in=flows)
    for row in rows.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=look.now)):
        told = f"It should have been polled at {row.due_at:%Y-%m-%d %H:%M} UTC, and nobody began."
        yield Finding(
            kinds.OVERDUE, f"{kinds.OVERDUE}:{row.sync_id}", flows[row.sync_id], told, subject_id=str(row.sync_id)
        )


def _failures(look: Look) -> Iterator[Finding]:
    """From the threshold on; an open one ends when half of it is left, so that it does not come and go."""
    quarantined = Delivery.objects.filter(sync__in=look.syncs, state=State.QUARANTINED).order_by()
    codes: dict[Any, dict[str, int]] = {}
    for row in quarantined.values("sync_id", "code").annotate(n=Count("id")):
        codes.setdefault(row["sync_id"], {})[row["code"]] = row["n"]
    for sync in look.syncs:
        counts, cause = codes.get(sync.pk, {}), f"{kinds.FAILURES}:{sync.pk}"
        total = sum(counts.values())
        over = look.settings.failures_over
        if total >= over or (cause in look.open_causes and total > over // 2):
            named = sorted(counts.items(), key=lambda item: -item[1])[:3]
            told = "Most frequent: " + ", ".join(f"{code or 'no code'} ({n})" for code, n in named) + "."
            yield Finding(kinds.FAILURES, cause, sync.flow, told, total, subject_id=str(sync.pk))


def _books(look: Look) -> Iterator[Finding]:
    """By the newest finished comparison of each sync."""
    finished = ReconcileReport.objects.filter(sync__in=look.syncs, state=Progress.FINISHED, agree__isnull=False)
    newest = finished.order_by("sync_id", "-id").distinct("sync_id")
    flows = {sync.pk: sync.flow for sync in look.syncs}
    for report in newest:
        if not report.agree:
            told = ", ".join(f"{cause} ({n})" for cause, n in sorted(report.causes.items()))
            yield Finding(
                kinds.BOOKS,
                f"{kinds.BOOKS}:{report.sync_id}",
                flows[report.sync_id],
                f"Compared at {report.started_at:%Y-%m-%d %H:%M} UTC: {told}.",
                report.differing,
                subject_id=str(report.pk),
            )


def _budgets(look: Look) -> Iterator[Finding]:
    """Work is late although it is being done: the connection's calls per second do not suffice."""
    late = look.now - timedelta(minutes=look.settings.overdue_minutes)
    behind = set(
        Delivery.objects.filter(sync__in=look.running, due_at__lt=late).values_list("sync_id", flat=True).distinct()
    )
    for row in look.used_connections():
        if not any(sync.pk in behind and row.pk in (sync.source_id, sync.target_id) for sync in look.running):
            continue
        usage: Usage | None = connections.used(row)
        if usage is None:
            look.unreadable.add(kinds.BUDGET)
        elif usage.waits or (usage.blocked_until and usage.blocked_until > look.now):
            late_minutes = look.settings.overdue_minutes
            told = f"Work is {late_minutes} minutes late; {usage.calls} calls were made in the last minute."
            yield Finding(kinds.BUDGET, f"{kinds.BUDGET}:{row.pk}", row.name, told, subject_id=str(row.pk))


def _expiring(look: Look) -> Iterator[Finding]:
    """API keys that end, and certificates of CA bundles."""
    until = look.now + timedelta(days=look.settings.expiry_days)
    for key in ApiKey.objects.filter(revoked_at__isnull=True, expires_at__gt=look.now, expires_at__lte=until):
        told = f"The API key ends at {key.expires_at:%Y-%m-%d %H:%M} UTC."
        yield Finding(kinds.EXPIRING, f"{kinds.EXPIRING}:{key.pk}", key.name, told, subject_id=str(key.pk))
    for row in look.used_connections():
        ends_at = first_end(row.ca_bundle)
        if ends_at is not None and ends_at <= until:
            told = f"A certificate of its CA bundle ends at {ends_at:%Y-%m-%d %H:%M} UTC."
            yield Finding(kinds.EXPIRING, f"{kinds.EXPIRING}:{row.pk}", row.name, told, subject_id=str(row.pk))


def first_end(ca_bundle: str) -> datetime | None:
    """When the first certificate of a PEM bundle ends; None for an empty or unreadable one."""
    try:
        found = x509.load_pem_x509_certificates(ca_bundle.encode()) if ca_bundle.strip() else []
    except ValueError:
        return None
    return min((each.not_valid_after_utc.astimezone(UTC) for each in found), default=None)


def _endpoints(look: Look) -> Iterator[Finding]:
    """Those that the product disabled; one that a person switched off is no alert."""
    for row in EventEndpoint.objects.filter(enabled=False).exclude(disabled_code=""):
        name = row.name or f"endpoint {row.pk}"
        yield Finding(kinds.ENDPOINT, f"{kinds.ENDPOINT}:{row.pk}", name, row.disabled_reason, subject_id=str(row.pk))
