"""What needs a person, in the order of its consequence: each with what is wrong in one sentence, and what mends it.

Derived from what is so at this moment, so that a task closes itself. Where a fix is found is for the edges to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from integrations.alerting import kinds
from integrations.engine.grouping import Group, groups
from integrations.models import Alert, Connection, ReconcileReport, Sync, ValueMap
from integrations.steering import BY_PERSON
from integrations.tokens import PAUSED_FOR_CREDENTIALS

MOST_GROUPS, MOST_VANISHED = 200, 20

RANKS = (
    "credentials",  # nothing moves at this system until it is mended
    "permission",
    "broken",
    "stalled",
    "books",
    "unmapped",
    "vanished",
    "held",
    "paused",
    "budget",
    "overdue",
    "expiring",
    "endpoint",
)
"""Kinds of tasks, the most consequential first."""

_OF_ALERTS = {
    kinds.BROKEN: "broken",
    kinds.STALLED: "stalled",
    kinds.BUDGET: "budget",
    kinds.OVERDUE: "overdue",
    kinds.EXPIRING: "expiring",
    kinds.ENDPOINT: "endpoint",
}
"""Alerts that are tasks; of the others the cause itself is at hand, and newer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """`subject`: a connection, a flow, a key; `subject_id` its id, or that of the report; `told` what is known of it.

    `records`: how many are held up by it, 0 where nobody has counted. `group`: of kinds "unmapped" and "held".
    """

    kind: str
    subject: str
    told: str
    records: int = 0
    since: datetime | None = None
    subject_id: str = ""
    group: Group | None = None

    @property
    def rank(self) -> tuple[int, int]:
        """Consequence, then how many are held up."""
        return RANKS.index(self.kind), -self.records


def open_tasks(
    syncs: Sequence[Sync], reports: Iterable[ReconcileReport], causes: Sequence[Group] | None = None
) -> list[Task]:
    """All of them. `syncs` with their connections, `reports` the newest finished one of each.

    `causes` are what `groups` found, if somebody has asked already. Four statements at most.
    """
    known = groups(most=MOST_GROUPS) if causes is None else causes
    found = [*_connections(syncs), *_flows(syncs), *_books(reports), *_groups(known), *_vanished(), *_alerts()]
    return sorted(found, key=lambda task: task.rank)


def newest_reports() -> list[ReconcileReport]:
    """The newest comparison of each flow that came to an end. One statement."""
    finished = ReconcileReport.objects.filter(agree__isnull=False).select_related("sync").defer("months", "cursor")
    return list(finished.order_by("sync_id", "-id").distinct("sync_id"))


_PAUSES = {PAUSED_FOR_CREDENTIALS: "credentials", BY_PERSON: "paused"}


def _connections(syncs: Sequence[Sync]) -> Iterator[Task]:
    rows: dict[UUID, Connection] = {side.pk: side for sync in syncs for side in (sync.source, sync.target)}
    for row in rows.values():
        if row.state == Connection.State.PAUSED:
            kind = _PAUSES.get(row.pause_code, "broken")
            yield Task(kind=kind, subject=row.name, told=row.pause_reason, subject_id=str(row.pk))


def _flows(syncs: Sequence[Sync]) -> Iterator[Task]:
    for sync in syncs:
        if sync.enabled and sync.state == Sync.State.PAUSED:
            kind = "paused" if sync.pause_code == BY_PERSON else "permission"
            yield Task(kind=kind, subject=sync.flow, told=sync.pause_reason, subject_id=str(sync.pk))


def _books(reports: Iterable[ReconcileReport]) -> Iterator[Task]:
    for report in reports:
        if report.agree is False:
            told = ", ".join(f"{cause} ({n})" for cause, n in sorted(report.causes.items()))
            yield Task(
                kind="books",
                subject=report.sync.flow,
                told=told,
                records=report.differing,
                since=report.started_at,
                subject_id=str(report.pk),
            )


def _groups(causes: Sequence[Group]) -> Iterator[Task]:
    for group in causes:
        if is_for_a_person(group):
            kind = "unmapped" if group.fix.kind == "map-value" else "held"
            yield Task(
                kind=kind,
                subject=group.flow,
                told=group.reason,
                records=group.records,
                since=group.oldest_at,
                group=group,
            )


def is_for_a_person(group: Group) -> bool:
    """Whether somebody has to act: what waits for another record, or is looked at again, goes on by itself."""
    return group.state == "quarantined" or group.fix.kind == "map-value"


def _vanished() -> Iterator[Task]:
    """Rows of maps whose value is not there any more, or not active."""
    for row in ValueMap.objects.filter(missing_since__isnull=False).order_by("map", "key")[:MOST_VANISHED]:
        told = f"{row.map} {row.key} leads to {row.value}."
        yield Task(kind="vanished", subject=row.map, told=told, since=row.missing_since, subject_id=row.key)


def _alerts() -> Iterator[Task]:
    for alert in Alert.objects.filter(state__in=Alert.ACTIVE, kind__in=_OF_ALERTS).order_by("first_seen_at"):
        subject_id = alert.cause.partition(":")[2]
        yield Task(
            kind=_OF_ALERTS[alert.kind],
            subject=alert.subject,
            told=alert.detail,
            since=alert.first_seen_at,
            subject_id=subject_id,
        )
