"""Webhook events: a proven event is a hint. It is noted, and its object is read again, ahead of scheduled work.

Receiving (here) is one transaction in the customer's schema: the event, once per occurrence, and the wake-up of the
connection's row in the schedule index. However many events came, that row is due once, and whoever claims it takes
them in batches, each object once. What no record here depends on is not read at all, so a flood costs no calls.

Reading again changes nothing that was not changed there: doubled, reordered and replayed events do no harm, and a
lost one only means that the next scheduled look finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django_tenants.utils import schema_context

from integrations import connections
from integrations.audit import Actor, record
from integrations.errors import Misconfigured
from integrations.ids import new_id
from integrations.models import Connection, InboundEvent
from integrations.refusals import CannotBeDone
from integrations.running import utc_now
from integrations.systems.servicetitan.webhooks import Event, webhook_keys
from tenants import schedule, schema, servicetitan_tenants
from tenants.servicetitan_tenants import Route

State = InboundEvent.State

URGENT = 1
"""The priority in the schedule index; polls and deliveries have 5."""
KEPT = timedelta(days=30)
"""Events are kept so long. What happened before is not read again, so that every repeat is recognised as one."""
REPLAYED = "replayed"

INSERT = """
    INSERT INTO integrations_inboundevent (id, connection_id, tenant_id, occurrence, event_id, type, object_kind,
        object_id, object_number, happened_at, received_at, state, code, reason, woken, tries, due_at, handled_at)
    SELECT %(id)s, c.id, %(tenant_id)s, %(occurrence)s, %(event_id)s, %(type)s, %(object_kind)s,
        %(object_id)s, %(object_number)s, %(happened_at)s, %(now)s, %(state)s, %(code)s, %(reason)s, 0, 0,
        %(due_at)s, %(handled_at)s
    FROM integrations_connection c
    WHERE c.id = %(connection)s AND c.system = 'servicetitan' AND c.options->>'servicetitan_tenant_id' = %(tenant_id)s
    ON CONFLICT (tenant_id, occurrence) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class App:
    """The app of one connection: how calls are proven, and where they go. `headers`, `algorithm` empty: as usual."""

    name: str
    keys: Sequence[str] = field(repr=False)
    route: Route | None
    headers: Sequence[str] = ()
    algorithm: str = ""


def app_of_address(address: str) -> App | None:
    """The app that calls this address; None if there is no such address. Without keys if they cannot be read."""
    route = servicetitan_tenants.route_of_address(address)
    if route is None:
        return None
    with schema_context(route.schema_name):
        row = Connection.objects.filter(pk=route.connection_id).first()
        try:
            keys = webhook_keys(connections.settings_of(row).credentials) if row else []
        except Misconfigured:
            keys = []
    options = row.options if row else {}
    headers = [name.strip() for name in str(options.get("webhook_headers") or "").split(",") if name.strip()]
    return App(f"connection {route.connection_id}", keys, route, headers, str(options.get("webhook_hash") or ""))


def receive(event: Event, route: Route | None, *, now: datetime) -> None:
    """Notes an event that was proven to come from ServiceTitan, once per occurrence, and has its object read again.

    Without a route, or if the connection is for another tenant by now, nothing is stored, by as many statements.
    """
    code, reason = _not_needed(event, now)
    ignored = bool(code)
    if route is None:
        with transaction.atomic():
            schedule.make_due(customer_id=0, sync_ids=[schedule.NIGHT], kind="inbound", now=now)
        return
    row = {
        "id": str(new_id()),
        "connection": str(route.connection_id),
        "now": now,
        "state": State.IGNORED if ignored else State.RECEIVED,
        "code": code,
        "reason": reason,
        "due_at": None if ignored else now,
        "handled_at": now if ignored else None,
        **{name: getattr(event, name) for name in _KEPT},
    }
    with schema_context(route.schema_name), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INSERT, row)
        if cursor.rowcount and not ignored:
            _wake(route.customer_id, route.connection_id, now)


_KEPT = ("tenant_id", "occurrence", "event_id", "type", "object_kind", "object_id", "object_number", "happened_at")


def _not_needed(event: Event, now: datetime) -> tuple[str, str]:
    """A code and a reason why an event is noted only; empty if its object is to be read again."""
    if not event.object_kind:
        return "not-ours", "No flow of ours reads what this type of event is about."
    if not event.object_id:
        return "no-object", f"The event names no {event.object_kind}."
    if event.happened_at and event.happened_at < now - KEPT:
        return "old", f"It happened more than {KEPT.days} days ago; polling has read the object since."
    return "", ""


def _wake(customer_id: int, connection_id: UUID, now: datetime) -> None:
    schedule.wake(customer_id=customer_id, sync_id=connection_id, kind="inbound", now=now, priority=URGENT)


def replay_event(event: InboundEvent, *, actor: Actor, now: datetime | None = None) -> InboundEvent:
    """Has the event's object read again, whether or not anything here depends on it. In the customer's schema.

    Raises CannotBeDone for an event that names no object of ours. Pressing it twice changes nothing more.
    """
    now = now or utc_now()
    with transaction.atomic():
        # Before the event is locked: a worker holds the schedule's row when it closes events.
        _wake(schema.customer_id(), event.connection_id, now)
        event = InboundEvent.objects.select_for_update().get(pk=event.pk)
        if not event.object_kind or not event.object_id:
            raise CannotBeDone(f"{event.type or 'This event'} names nothing that could be read again.")
        if (event.state, event.code, event.tries) == (State.RECEIVED, REPLAYED, 0):
            return event  # it was replayed, and its turn has not come
        before = {"state": event.state, "code": event.code}
        event.state, event.tries, event.due_at, event.handled_at = State.RECEIVED, 0, now, None
        event.code, event.reason = REPLAYED, f"Replayed by {actor.label}."
        event.save()
        record(
            actor=actor,
            action="inbound-event.replayed",
            subject=str(event),
            subject_id=str(event.pk),
            detail={"before": before},
        )
    return event
