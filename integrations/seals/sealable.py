"""What is sealed, when a row is ready for it, and which of its columns count.

Digests are taken by PostgreSQL itself, over the columns as a JSON array, so rows are not carried to the worker.
Contents that retention removes (payloads, exchanges) count by their own digest, which stays in their place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

PURGED = "purged_sha256"
"""The only member of what is left of a purged content."""

LATE = timedelta(hours=1)
"""So much later than its time of closing a row may become visible. A worker stamps a row and then waits for locks; it
is ended by its time limit (TASK_SECONDS, at most 840) long before that."""


def content(column: str) -> str:
    """SQL: the digest of a content, the same before and after it was purged."""
    return f"coalesce({column} ->> '{PURGED}', encode(sha256(convert_to({column}::text, 'UTF8')), 'hex'))"


def _utc(column: str) -> str:
    return f"{column} AT TIME ZONE 'UTC'"


@dataclass(frozen=True, slots=True)
class Sealable:
    """A kind of rows. `order` is the column that says when they were closed; `numbered` if it counts them instead."""

    what: str
    table: str
    order: str
    columns: str
    closed: str = "true"
    numbered: bool = False

    def text(self, value: Any) -> str:
        """A value of `order`, so that texts sort as the values do."""
        if self.numbered:
            return f"{value:020}"
        return str(value.astimezone(UTC).isoformat(timespec="microseconds"))

    def value(self, text: str) -> Any:
        """The value of a text that `text` made; "" is the beginning."""
        if self.numbered:
            return int(text or 0)
        return datetime.fromisoformat(text) if text else datetime(1970, 1, 1, tzinfo=UTC)

    def digests(self, ids: Sequence[UUID]) -> dict[UUID, bytes]:
        """SHA-256 of the rows that there are and that are closed."""
        statement = (
            f"SELECT t.id, sha256(convert_to(jsonb_build_array({self.columns})::text, 'UTF8')) "  # noqa: S608 - constants
            f"FROM {self.table} t WHERE t.id = ANY(%s) AND {self.closed}"
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, [list(ids)])
            return {row: bytes(digest) for row, digest in cursor.fetchall()}


EVENTS = Sealable(
    what="events",
    table="integrations_auditevent",
    order="sequence",
    numbered=True,
    columns=f"t.id, t.sequence, {_utc('t.at')}, t.actor_kind, t.actor_id, t.actor_label, t.action, t.subject, "
    "t.subject_id, t.detail, t.correlation_id",
)
ATTEMPTS = Sealable(
    what="attempts",
    table="integrations_attempt",
    order="finished_at",
    # An outcome that nobody knows is not final: it is looked for, and its row says what was found.
    closed="t.finished_at IS NOT NULL AND (t.outcome <> 'unknown' OR t.resolution <> '')",
    columns=f"t.id, t.step_id, t.kind, t.outcome, t.resolution, t.fence, {_utc('t.intended_at')}, "
    f"{_utc('t.check_after')}, {_utc('t.finished_at')}, t.status, t.code, t.reason, {content('t.exchange')}",
)
_STEP = (
    "s.id, s.position, s.action, s.state, s.target_key, s.marker, s.part, s.side, s.generation, s.lookups, "
    f"{_utc('s.done_at')}, {content('s.body')}, {content('s.expect')}"
)
_STEPS = (
    f"(SELECT jsonb_agg(jsonb_build_array({_STEP}) ORDER BY s.position) "  # noqa: S608 - constants
    "FROM integrations_step s WHERE s.delivery_id = t.id)"
)
DELIVERIES = Sealable(
    what="deliveries",
    table="integrations_delivery",
    order="closed_at",
    # What could not be transferred for want of something is opened again when that appears (`recording.wake`).
    closed="t.closed_at IS NOT NULL AND (t.state <> 'not_transferable' OR t.needs = '')",
    columns="t.id, t.sync_id, t.source_key, t.number, t.state, t.code, t.reason, t.why, t.started_by, t.stamp, "
    f"t.digest, {_utc('t.created_at')}, {_utc('t.closed_at')}, {content('t.payload')}, {_STEPS}",
)
ALL = (EVENTS, ATTEMPTS, DELIVERIES)
