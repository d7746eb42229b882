"""Tells what happened: events for the customer's own programs, written in the transaction in which it happened.

Nothing is sent here. One statement asks whether any endpoint wants a kind of event; where one does, another writes the
events and their deliveries, however many, and a third wakes the senders (`integrations/event_sending.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from integrations.ids import new_id
from tenants import schedule, schema, watching

DELIVERY_FAILED = "delivery.failed"
SYNC_STALLED = "sync.stalled"
CONNECTION_BROKEN = "connection.broken"
BOOKS_DIFFER = "books.differ"
RUN_COMPLETED = "run.completed"
ALERT_OPENED = "alert.opened"
ALERT_RECOVERED = "alert.recovered"
TEST = "endpoint.test"

KINDS: Mapping[str, str] = {
    DELIVERY_FAILED: "A record needs a person: it was refused, is not mapped, or contradicts a setting.",
    SYNC_STALLED: "A flow makes no progress: it was paused, or its cursor does not move.",
    CONNECTION_BROKEN: "A connection was paused because its credentials were refused.",
    BOOKS_DIFFER: "A comparison of both books found differences.",
    RUN_COMPLETED: "Everything that a poll brought has come to an end.",
    ALERT_OPENED: "Something stays wrong; people are told by mail as well.",
    ALERT_RECOVERED: "What an alert was about is right again.",
}
"""What an endpoint can ask for, with what it means. A test event goes to one endpoint, whatever it asked for."""

GATHER = timedelta(seconds=60)
"""What happens within a minute is looked at together, so that a storm makes one alert and one mail."""

WANTED = """
    SELECT id FROM integrations_eventendpoint
    WHERE enabled AND (kinds = '[]'::jsonb OR kinds @> to_jsonb(%(kind)s::text))
"""
WRITE = f"""
    WITH wanted AS ({WANTED}), made AS (
        INSERT INTO integrations_event (id, kind, subject, data, dedupe, created_at)
        SELECT v.id, %(kind)s, left(v.subject, 200), v.data::jsonb, left(v.dedupe, 200), %(now)s
        FROM unnest(%(ids)s::uuid[], %(subjects)s::text[], %(data)s::text[], %(dedupes)s::text[])
             AS v(id, subject, data, dedupe)
        WHERE EXISTS (SELECT FROM wanted)
        ON CONFLICT (dedupe) WHERE NOT dedupe = '' DO NOTHING
        RETURNING id
    ), spread AS (
        INSERT INTO integrations_eventdelivery (id, event_id, endpoint_id, state, tries, fence, due_at, created_at)
        SELECT gen_random_uuid(), made.id, wanted.id, 'pending', 0, 0, %(now)s, %(now)s FROM made CROSS JOIN wanted
        RETURNING endpoint_id
    )
    SELECT DISTINCT endpoint_id FROM spread
"""  # noqa: S608 - two constants


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened. `subject` is the public id of what it is about. `data` holds no secret.

    Of several with the same `dedupe`, over all time, the first one is told.
    """

    subject: str
    data: Mapping[str, Any]
    dedupe: str = ""


def emit(kind: str, *, subject: str, data: Mapping[str, Any], dedupe: str = "", now: datetime | None = None) -> None:
    """Tells that something happened, in the current transaction and customer. See `emit_all`."""
    emit_all(kind, [Told(subject, data, dedupe)], now=now)


def emit_all(kind: str, told: Sequence[Told], *, now: datetime | None = None) -> None:
    """Tells of many things of one kind in one statement, and wakes the endpoints that want to know in another.

    Raises ValueError for a kind that is not in KINDS, TransactionManagementError outside of a transaction: what is
    told has to stand or fall with what happened.
    """
    if kind not in KINDS:
        raise ValueError(f"There is no event {kind!r}; there are: {', '.join(sorted(KINDS))}.")
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(f"{kind} has to be told in the transaction in which it happens.")
    if not told:
        return
    if not is_wanted(kind):
        return
    now = now or datetime.now(UTC)
    endpoints = _write(kind, told, now)
    if endpoints:
        schedule.make_due(customer_id=schema.customer_id(), sync_ids=endpoints, kind="events", now=now)


def is_wanted(kind: str) -> bool:
    """Whether any endpoint asks for this kind: one cheap statement, for whoever would have to collect what to tell."""
    with connection.cursor() as cursor:
        cursor.execute(WANTED, {"kind": kind})
        return cursor.fetchone() is not None


def connection_broken(key: Any, name: str, *, code: str, reason: str, now: datetime | None = None) -> None:
    """A connection was paused because of its credentials."""
    data = {"connection": key, "name": name, "code": code, "reason": reason}
    emit(CONNECTION_BROKEN, subject=str(key), data=data, now=now)
    look_at_alerts(now)


def look_at_alerts(now: datetime | None = None, *, after: timedelta = GATHER) -> None:
    """Something changed that may open an alert: the customer is evaluated once the storm of it has passed."""
    watching.look_soon(customer_id=schema.customer_id(), at=(now or datetime.now(UTC)) + after)


def _write(kind: str, told: Sequence[Told], now: datetime) -> list[Any]:
    parameters: dict[str, Any] = {
        "kind": kind,
        "now": now,
        "ids": [new_id() for _ in told],
        "subjects": [each.subject for each in told],
        "data": [json.dumps(each.data, cls=DjangoJSONEncoder) for each in told],
        "dedupes": [each.dedupe for each in told],
    }
    with connection.cursor() as cursor:
        cursor.execute(WRITE, parameters)
        return [endpoint for (endpoint,) in cursor.fetchall()]
