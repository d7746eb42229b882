"""Sends events to one endpoint under a claim of the schedule index: one at a time, bounded, at least once.

A try is committed before its request leaves and moves the delivery's due time to the end of its own lease, so that two
workers never make the same try, and a killed one is made up for. The receiver may therefore get an event twice, always
under the same `webhook-id`.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min
from django_tenants.utils import schema_context

from integrations import audit, connections, outgoing
from integrations.event_posting import Message, Outcome, Poster
from integrations.fields import reveal
from integrations.guard import Lookup, system_lookup
from integrations.http import Timeouts
from integrations.models import EventAttempt, EventDelivery, EventEndpoint
from tenants import schedule

log = logging.getLogger(__name__)
State = EventDelivery.State

RETRIES = tuple(timedelta(seconds=s) for s in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400))
"""Waits between the tries of one event, as the Standard Webhooks specification suggests: ten tries in three days."""
JITTER = 0.1
LONGEST_WAIT = timedelta(days=1)
"""A Retry-After beyond this is cut."""
REST_AFTER, FIRST_REST, LONGEST_REST = 5, timedelta(seconds=30), timedelta(hours=1)
"""So many failed tries in a row, of whatever events, let the endpoint rest; the rest doubles up to the longest."""
DISABLE_AFTER, DISABLE_TRIES = timedelta(days=3), 10
"""An endpoint that took nothing for so long, in at least so many tries, is disabled."""

SEND_SECONDS = 20
"""Then a task takes no further event, so that other endpoints have their turn."""
CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0

TAKE = """
    UPDATE integrations_eventdelivery d
    SET fence = d.fence + 1, tries = d.tries + 1, due_at = %(until)s
    FROM integrations_event e
    WHERE e.id = d.event_id AND d.id = (
        SELECT id FROM integrations_eventdelivery WHERE due_at <= %(now)s AND endpoint_id = (
            SELECT id FROM integrations_eventendpoint WHERE id = %(endpoint)s AND enabled)
        ORDER BY due_at, created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING d.id, d.fence, d.tries, e.id, e.kind, e.subject, e.data::text, e.created_at
"""


@dataclass(frozen=True, slots=True)
class Try:
    """One try that nobody else makes."""

    delivery_id: UUID
    number: int
    tries: int
    message: Message


def send_claim(claim: schedule.Claim, *, clock: Callable[[], datetime], lookup: Lookup = system_lookup) -> None:
    """Sends what is due at the claimed endpoint, and says when the next event is."""
    begun = schedule.begin(claim, now=clock(), lease_seconds=settings.LEASE_SECONDS)
    if begun is None:
        return  # this message came twice, or too late
    with schema_context(begun.schema_name):
        endpoint = EventEndpoint.objects.filter(pk=begun.sync_id).first()
        if endpoint is None:
            schedule.remove(customer_id=begun.customer_id, sync_id=begun.sync_id)
            return
        send_due(endpoint, begun, clock=clock, lookup=lookup)
        schedule.release(begun, now=clock(), due_at=_next_due(endpoint))


def send_due(endpoint: EventEndpoint, claim: schedule.Claim, *, clock: Callable[[], datetime], lookup: Lookup) -> None:
    """Sends one event after the other, until none is due, the time is up, or the endpoint has to rest."""
    began_at = clock()
    secrets = reveal(endpoint.secrets)
    with Poster(endpoint.url, secrets, connections.policy(), timeouts(), lookup) as poster:
        while clock() - began_at <= timedelta(seconds=SEND_SECONDS) and _may_send(endpoint, clock()):
            if schedule.renew(claim, now=clock(), lease_seconds=settings.LEASE_SECONDS) is None:
                return  # somebody else has taken over
            taken = _take(endpoint, claim.schema_name, clock())
            if taken is None:
                return
            outcome = poster.post(taken.message, clock())
            _settle(endpoint, taken, outcome, clock())


def timeouts() -> Timeouts:
    """How long a try can take, in seconds: short, since nobody is expected to do any work before answering."""
    return Timeouts(connect=CONNECT_SECONDS, read=min(READ_SECONDS, settings.READ_SECONDS))


def _may_send(endpoint: EventEndpoint, now: datetime) -> bool:
    return endpoint.enabled and (endpoint.rest_until is None or endpoint.rest_until <= now)


def _next_due(endpoint: EventEndpoint) -> datetime | None:
    """None for an endpoint that was disabled or removed; enabling it makes it due."""
    waiting = EventDelivery.objects.filter(endpoint=endpoint, endpoint__enabled=True, due_at__isnull=False)
    due_at: datetime | None = waiting.aggregate(first=Min("due_at"))["first"]
    return max(due_at, endpoint.rest_until) if due_at and endpoint.rest_until else due_at


def _take(endpoint: EventEndpoint, customer: str, now: datetime) -> Try | None:
    """The next try, committed before anything is sent; None if nothing is due."""
    until = now + timedelta(seconds=timeouts().total + 30)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(TAKE, {"endpoint": endpoint.pk, "now": now, "until": until})
            row = cursor.fetchone()
        if row is None:
            return None
        delivery_id, number, tries, event_id, kind, subject, text, created_at = row
        EventAttempt.objects.create(delivery_id=delivery_id, number=number, started_at=now)
    data = json.loads(text, parse_float=Decimal)
    message = Message(id=event_id, kind=kind, subject=subject, data=data, created_at=created_at, customer=customer)
    return Try(delivery_id, number, tries, message)


def _settle(endpoint: EventEndpoint, taken: Try, outcome: Outcome, now: datetime) -> None:
    """Notes what came of a try. A delivery that was taken up, or asked for again, meanwhile stays as that left it.

    An endpoint that was removed while it was asked takes its tries with it: nothing is noted.
    """
    with transaction.atomic():
        if not EventEndpoint.objects.filter(pk=endpoint.pk).exists():
            endpoint.enabled = False
            return
        EventAttempt.objects.filter(delivery=taken.delivery_id, number=taken.number).update(
            duration_ms=outcome.duration_ms, status=outcome.status, code=outcome.code, answer=outcome.answer
        )
        mine = EventDelivery.objects.filter(pk=taken.delivery_id, fence=taken.number)
        if outcome.delivered:
            mine.update(state=State.DELIVERED, delivered_at=now, due_at=None)
            _is_well(endpoint)
        else:
            due_at = next_try(taken, outcome, now)
            mine.update(state=State.FAILED if due_at else State.GIVEN_UP, due_at=due_at)
            _is_unwell(endpoint, outcome, now)


def next_try(taken: Try, outcome: Outcome, now: datetime) -> datetime | None:
    """When an event is sent again; None if it was tried often enough. What the endpoint asks for is obeyed."""
    if taken.tries > len(RETRIES):
        return None
    drawn = hashlib.sha256(f"{taken.delivery_id}:{taken.tries}".encode()).digest()
    jitter = int.from_bytes(drawn[:4], "big") / 2**32 * JITTER
    asked = timedelta(seconds=min(outcome.retry_after or 0, LONGEST_WAIT.total_seconds()))
    return now + max(RETRIES[taken.tries - 1] * (1 + jitter), asked)


def _is_well(endpoint: EventEndpoint) -> None:
    if endpoint.failures:
        endpoint.failures, endpoint.failing_since, endpoint.rest_until = 0, None, None
        EventEndpoint.objects.filter(pk=endpoint.pk).update(failures=0, failing_since=None, rest_until=None)


def _is_unwell(endpoint: EventEndpoint, outcome: Outcome, now: datetime) -> None:
    """Lets the endpoint rest, or disables it. Disabling is audited, and the customer is looked at for alerts."""
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    if endpoint.failures >= REST_AFTER:
        rest = FIRST_REST * 2 ** min(endpoint.failures - REST_AFTER, 10)
        endpoint.rest_until = now + min(rest, LONGEST_REST)
    told = {"endpoint": str(endpoint.pk), "code": outcome.code, "failures": endpoint.failures}
    log.warning("event not taken", extra=told)
    if outcome.status == 410:
        _disable(endpoint, "gone", "The endpoint answered 410 Gone: it wants no more events.", now)
    elif endpoint.failures >= DISABLE_TRIES and now - endpoint.failing_since >= DISABLE_AFTER:
        reason = f"Nothing was taken since {endpoint.failing_since:%Y-%m-%d %H:%M} UTC, in {endpoint.failures} tries."
        _disable(endpoint, "failing", f"{reason} The last one ended with {outcome.code}.", now)
    # Only these columns: what a person changed meanwhile stays as they want it.
    EventEndpoint.objects.filter(pk=endpoint.pk).update(
        failures=endpoint.failures, failing_since=endpoint.failing_since, rest_until=endpoint.rest_until
    )


def _disable(endpoint: EventEndpoint, code: str, reason: str, now: datetime) -> None:
    endpoint.enabled = False
    EventEndpoint.objects.filter(pk=endpoint.pk).update(
        enabled=False, disabled_code=code, disabled_reason=reason, disabled_at=now
    )
    audit.record(
        actor=audit.PLATFORM,
        action="event-endpoint.disabled",
        subject=endpoint.name or str(endpoint.pk),
        subject_id=str(endpoint.pk),
        detail={"code": code, "reason": reason},
    )
    outgoing.look_at_alerts(now, after=timedelta())
