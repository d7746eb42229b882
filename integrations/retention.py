"""How long a customer's data are kept, and removing in the background what is older, a bounded batch at a time.

Never touched: deliveries that are open, the newest version of a record (a replay sends it again), links, value maps.
Of attempts and deliveries the rows stay and only their contents go, leaving a digest that the seals know; of events of
the audit whole seals go. Either leaves a link in the chain, so `verify_audit` still holds what is left against it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction

from integrations import audit
from integrations.models import ApiCall, AuditSeal, Event, EventDelivery, InboundEvent, RetentionRule, Run
from integrations.seals.chain import append_purge, lock
from integrations.seals.sealable import ATTEMPTS, DELIVERIES, EVENTS, LATE, PURGED, Sealable
from integrations.seals.sealing import horizon_of
from tenants.models import AnsweredCall, Customer

log = logging.getLogger(__name__)

BATCH = 500
CALLS_KEPT = timedelta(days=30)
"""The answers to calls with an Idempotency-Key; the same for everybody, and no class of data."""
SHORTEST = 7
"""Days. Anything younger may still be looked for by somebody who asks what happened last week."""
LONGEST = 36_500


class BadDays(ValueError):
    """There is no such class of data, or the number of days cannot be."""


@dataclass(slots=True)
class Purged:
    """Rows that were removed or emptied, by class of data; `more`: there was no time for all of them."""

    rows: dict[str, int] = field(default_factory=dict)
    more: bool = False


def days_of() -> dict[str, int]:
    """Days by class of data for the customer whose schema is in use; 0 is for ever."""
    own = dict(RetentionRule.objects.values_list("data", "days"))
    return {data: own.get(data, days) for data, days in settings.RETAIN_DAYS.items()}


def check_days(data: str, days: int | None) -> None:
    """Raises BadDays for a class of data that there is not, or days that cannot be."""
    if data not in settings.RETAIN_DAYS:
        raise BadDays(f"There is no class of data {data[:60]}; there are {', '.join(settings.RETAIN_DAYS)}.")
    if days is not None and days != 0 and not SHORTEST <= days <= LONGEST:
        raise BadDays(f"{data}: days are 0 (for ever) or {SHORTEST} to {LONGEST}.")


def set_days(data: str, days: int | None, *, actor: audit.Actor) -> None:
    """Keeps a class of data for so many days, 0 for ever, None as the installation does. Raises BadDays."""
    check_days(data, days)
    with transaction.atomic():
        before = days_of()[data]
        if days is None:
            RetentionRule.objects.filter(data=data).delete()
        else:
            RetentionRule.objects.update_or_create(data=data, defaults={"days": days})
        if days_of()[data] != before:
            audit.record(
                actor=actor, action="retention.changed", subject=data, detail={"days": [before, days_of()[data]]}
            )


def purge(customer: Customer, *, now: datetime, seconds: float = 30, batch: int = BATCH) -> Purged:
    """Removes what is too old in the customer's schema, which has to be in use, for about so many seconds."""
    purged, until = Purged(), time.monotonic() + seconds
    for data, days in days_of().items():
        cutoff = now - timedelta(days=days)
        while days:
            count = STEPS[data](customer, cutoff, now, batch)
            if not count:
                break
            purged.rows[data] = purged.rows.get(data, 0) + count[1]
            if time.monotonic() > until:
                purged.more = True
                break
    forget_calls(ApiCall, now=now)
    gone = {data: rows for data, rows in purged.rows.items() if rows}
    if gone:
        log.info("old data removed", extra={"customer": customer.schema_name, **gone, "more": purged.more})
        with transaction.atomic():
            for data, rows in gone.items():
                detail = {"rows": rows, "days": days_of()[data]}
                audit.record(actor=audit.PLATFORM, action="retention.purged", subject=data, detail=detail)
    return purged


def forget_sessions(*, now: datetime) -> int:
    """Removes sessions that have ended, a batch in each statement; returns how many. Anybody's: in public."""
    count = 0
    while gone := list(Session.objects.filter(expire_date__lt=now).values_list("pk", flat=True)[:BATCH]):
        Session.objects.filter(pk__in=gone).delete()
        UserSession.objects.filter(session_key__in=gone).delete()
        count += len(gone)
    return count


def forget_calls(calls: type[AnsweredCall], *, now: datetime) -> int:
    """Removes answers that nobody can ask for any more, a batch at a time; how many."""
    old = calls._default_manager.filter(created_at__lt=now - CALLS_KEPT).order_by("created_at")
    gone = 0
    while ids := list(old.values_list("pk", flat=True)[:BATCH]):
        gone += calls._default_manager.filter(pk__in=ids).delete()[0]
    return gone


Step = Callable[[Customer, datetime, datetime, int], tuple[int, int] | None]
"""Handles one batch of what is older than the cutoff: rows looked at and rows removed; None if none is left."""

EMPTY = "jsonb_build_object('{mark}', encode(sha256(convert_to({column}::text, 'UTF8')), 'hex'))"
IN_ORDER = """
    SELECT t.id, t.{order} FROM {table} t WHERE t.{order} > %s AND t.{order} <= %s AND {closed}
    ORDER BY t.{order} FETCH FIRST %s ROWS WITH TIES
"""
EXCHANGES = """
    UPDATE integrations_attempt SET exchange = {empty}
    WHERE id = ANY(%s) AND exchange IS NOT NULL AND NOT jsonb_exists(exchange, '{mark}') AND EXISTS (
        SELECT FROM integrations_step s JOIN integrations_delivery d ON d.id = s.delivery_id
        WHERE s.id = step_id AND d.closed_at IS NOT NULL)
"""
# A version that was the newest one when its turn came is emptied with the version that has followed it.
OVERTAKEN = """
    SELECT DISTINCT old.id FROM integrations_delivery seen
    JOIN integrations_delivery old
        ON old.sync_id = seen.sync_id AND old.source_key = seen.source_key AND old.number <= seen.number
    WHERE seen.id = ANY(%s) AND old.closed_at IS NOT NULL AND NOT jsonb_exists(old.payload, '{mark}') AND EXISTS (
        SELECT FROM integrations_delivery newer
        WHERE newer.sync_id = old.sync_id AND newer.source_key = old.source_key AND newer.number > old.number)
"""


def _contents(
    sealable: Sealable,
    empty: Callable[[list[Any]], int],
    customer: Customer,
    cutoff: datetime,
    now: datetime,
    batch: int,
) -> tuple[int, int] | None:
    """One batch of sealed rows in the order of closing; a link of the chain says how far this came."""
    with transaction.atomic():
        lock(wait=True)
        horizon = horizon_of(sealable)
        if not horizon:
            return None
        purges = AuditSeal.objects.filter(what=sealable.what, kind=AuditSeal.Kind.PURGE)
        after = sealable.value(purges.order_by("-last").values_list("last", flat=True).first() or "")
        bound = min(cutoff, sealable.value(horizon) - LATE)  # what is not sealed yet stays as it is
        statement = IN_ORDER.format(order=sealable.order, table=sealable.table, closed=sealable.closed)
        with connection.cursor() as cursor:
            cursor.execute(statement, [after, bound, batch])
            rows = cursor.fetchall()
        if not rows:
            return None
        count = empty([row for row, _ in rows])
        append_purge(customer, sealable, last=sealable.text(rows[-1][1]), count=count, now=now)
        return len(rows), count


def _empty_exchanges(ids: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(EXCHANGES.format(empty=EMPTY.format(mark=PURGED, column="exchange"), mark=PURGED), [ids])
        return int(cursor.rowcount)


def _empty_payloads(ids: list[Any]) -> int:
    """Payloads of versions that are not the newest, and what their steps wrote."""
    with connection.cursor() as cursor:
        cursor.execute(OVERTAKEN.format(mark=PURGED), [ids])
        old = [row for (row,) in cursor.fetchall()]
        parts = {name: EMPTY.format(mark=PURGED, column=name) for name in ("payload", "body", "expect")}
        cursor.execute(f"UPDATE integrations_delivery SET payload = {parts['payload']} WHERE id = ANY(%s)", [old])  # noqa: S608
        cursor.execute(
            f"UPDATE integrations_step SET body = {parts['body']}, expect = {parts['expect']} "  # noqa: S608 - constants
            "WHERE delivery_id = ANY(%s)",
            [old],
        )
    return len(old)


def _audit(customer: Customer, cutoff: datetime, now: datetime, batch: int) -> tuple[int, int] | None:
    """The events of the oldest seal that was made before the cutoff. The last seal's events stay."""
    links = AuditSeal.objects.filter(what=EVENTS.what)
    with transaction.atomic(), connection.cursor() as cursor:
        lock(wait=True)
        done = links.filter(kind=AuditSeal.Kind.PURGE).order_by("-last").values_list("last", flat=True).first() or ""
        seal = links.filter(kind=AuditSeal.Kind.SEAL, last__gt=done, at__lt=cutoff).order_by("last").first()
        if seal is None:
            return None
        append_purge(customer, EVENTS, last=seal.last, count=seal.count, now=now)
        cursor.execute("SELECT set_config('connector.retention', 'on', true)")
        cursor.execute("DELETE FROM integrations_auditevent WHERE sequence <= %s", [EVENTS.value(seal.last)])
        gone = int(cursor.rowcount)
        cursor.execute("SELECT set_config('connector.retention', 'off', true)")
        return seal.count, gone


RUNS = """
    SELECT r.id FROM integrations_run r WHERE r.finished_at < %s AND r.state IN ('completed', 'failed') AND NOT EXISTS (
        SELECT FROM integrations_delivery d WHERE d.run_id = r.id AND d.closed_at IS NULL)
    LIMIT %s
"""


def _runs(customer: Customer, cutoff: datetime, now: datetime, batch: int) -> tuple[int, int] | None:
    """Runs of which nothing is open; their deliveries stay."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(RUNS, [cutoff, batch])
        return _deleted(Run, [row for (row,) in cursor.fetchall()])


def _events(customer: Customer, cutoff: datetime, now: datetime, batch: int) -> tuple[int, int] | None:
    """Events for the customer's programs that nobody waits for any more, with every try to deliver them."""
    open_ones = EventDelivery.objects.filter(state__in=EventDelivery.OPEN).values("event_id")
    old = Event.objects.filter(created_at__lt=cutoff).exclude(id__in=open_ones).order_by("created_at")
    with transaction.atomic():
        return _deleted(Event, list(old.values_list("id", flat=True)[:batch]))


def _inbound(customer: Customer, cutoff: datetime, now: datetime, batch: int) -> tuple[int, int] | None:
    """Webhook calls that were handled."""
    old = InboundEvent.objects.filter(received_at__lt=cutoff, due_at=None).order_by("received_at")
    with transaction.atomic():
        return _deleted(InboundEvent, list(old.values_list("id", flat=True)[:batch]))


def _deleted(model: Any, ids: list[Any]) -> tuple[int, int] | None:
    if not ids:
        return None
    model.objects.filter(id__in=ids).delete()
    return len(ids), len(ids)


STEPS: Mapping[str, Step] = {
    "payloads": partial(_contents, DELIVERIES, _empty_payloads),
    "exchanges": partial(_contents, ATTEMPTS, _empty_exchanges),
    "runs": _runs,
    "audit": _audit,
    "inbound": _inbound,
    "events": _events,
}
"""The classes of data; their names are those of settings.RETAIN_DAYS."""
