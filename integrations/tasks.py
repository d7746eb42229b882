"""Celery tasks: short, safe to run twice and side by side, and only a hint; leases in PostgreSQL decide."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError, transaction

from integrations import customers, health, jobs, metrics, nights, pulse, retention, telemetry
from integrations.alerting import evaluate_claim
from integrations.event_sending import send_claim
from integrations.inbound_reading import run_claim as handle_events
from integrations.running import run_claim, utc_now
from integrations.seals import seal_customer
from tenants import schedule, watching
from tenants.models import Customer, StaffCall
from tenants.schema import within

log = logging.getLogger(__name__)

UPKEEP = "job"
"""The queue of what is done for every customer at once: a thousand such messages are not ahead of any poll."""

READ_ONLY = "25006"
"""The SQLSTATE of a database that was switched to another server, or that an administrator has made read-only."""

SEALED_TOGETHER = 50
SEAL_EXPIRES = 300
"""Seconds after which the next round has begun."""

PURGE_EXPIRES = 12 * 3600
"""Seconds after which a removal that nobody has begun is left to the next day."""


@shared_task(ignore_result=True)
def tick() -> None:
    """Claims what is due over all customers and hands it to the workers. Two beats at once do no harm."""
    with transaction.atomic():
        claims = schedule.claim(now=utc_now(), limit=settings.TICK_LIMIT, lease_seconds=settings.LEASE_SECONDS)
        for claim in claims:
            late = (utc_now() - claim.due_at).total_seconds()
            telemetry.observe("connector_tick_delay_seconds", seconds=max(0.0, late))
            transaction.on_commit(lambda claim=claim: _hand_over(claim))  # type: ignore[misc]
    metrics.ticked()


def _hand_over(claim: schedule.Claim, task: Any = None) -> None:
    """A message that nobody took before the lease ended is dropped: the work was claimed again by then."""
    given = {"claim": claim.as_message()}
    queue = "job" if claim.kind == "night" else claim.kind
    (task or work).apply_async(kwargs=given, queue=queue, expires=settings.LEASE_SECONDS)


@shared_task(ignore_result=True)
def work(*, claim: dict[str, Any]) -> None:
    """Polls or delivers one sync, handles webhook events of a connection, goes on with a job, or begins a night."""
    received = schedule.Claim.from_message(claim)
    _HANDLERS.get(received.kind, run_claim)(received)


@shared_task(ignore_result=True)
def tick_telling() -> None:
    """Claims endpoints with events to send and customers to look at for alerts; both have queues of their own."""
    with transaction.atomic():
        claims = schedule.claim(
            now=utc_now(), limit=settings.TICK_LIMIT, lease_seconds=settings.LEASE_SECONDS, kinds=schedule.TELLING
        )
        for claim in claims:
            transaction.on_commit(lambda claim=claim: _hand_over(claim, tell))  # type: ignore[misc]


@shared_task(ignore_result=True)
def tell(*, claim: dict[str, Any]) -> None:
    """Sends the events of one endpoint, or evaluates the alerts of one customer, under its claim."""
    received = schedule.Claim.from_message(claim)
    (send_claim if received.kind == "events" else evaluate_claim)(received, clock=utc_now)


@shared_task(ignore_result=True)
def watch() -> None:
    """Finds overdue polls over all customers in the schedule index, and has those customers looked at."""
    watching.watch(now=utc_now())


@shared_task(ignore_result=True)
def seal_all() -> None:
    """Sends the customers, suspended ones included, to be sealed: a slice of them per message."""
    _in_slices(seal, SEALED_TOGETHER, SEAL_EXPIRES)


@shared_task(ignore_result=True)
def seal(*, customers: list[int]) -> None:
    """Seals what is ready in the audits of these customers. Safe to run twice and side by side.

    Whom there is no time for has a message of their own.
    """
    until = time.monotonic() + settings.WORK_SECONDS
    for customer in Customer.objects.filter(pk__in=customers).order_by("pk"):
        if time.monotonic() > until:
            left = [each for each in customers if each >= customer.pk]
            seal.apply_async(kwargs={"customers": left}, queue=UPKEEP, expires=SEAL_EXPIRES)
            break
        with within(customer), _alone("sealing", customer):
            seal_customer(customer, clock=utc_now, seconds=settings.WORK_SECONDS)
            health.tell_all(customer.pk, now=utc_now())
            pulse.take(now=utc_now())


@shared_task(ignore_result=True)
def purge_all() -> None:
    """Sends one message per customer, suspended ones included, to have old data removed; public ones go here."""
    retention.forget_calls(StaffCall, now=utc_now())
    retention.forget_sessions(now=utc_now())
    _in_slices(purge, 1, PURGE_EXPIRES)


@shared_task(ignore_result=True)
def purge(*, customers: list[int]) -> None:
    """Removes what is too old for a while, and sends itself again for the rest. Safe to run twice."""
    for customer in Customer.objects.filter(pk__in=customers):
        with within(customer), _alone("removing old data", customer):
            if retention.purge(customer, now=utc_now(), seconds=settings.WORK_SECONDS).more:
                purge.apply_async(kwargs={"customers": [customer.pk]}, queue=UPKEEP, expires=PURGE_EXPIRES)


@contextmanager
def _alone(what: str, customer: Customer) -> Iterator[None]:
    """One customer's trouble is logged, and the others go on. A lost database is everybody's."""
    try:
        yield
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if isinstance(error, InternalError) and getattr(error.__cause__, "sqlstate", "") == READ_ONLY:
            raise
        log.exception("%s failed", what, extra={"customer": customer.schema_name})


def _in_slices(task: Any, size: int, expires: int) -> None:
    ids = list(Customer.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), size):
        task.apply_async(kwargs={"customers": ids[start : start + size]}, queue=UPKEEP, expires=expires)


@shared_task(ignore_result=True)
def plan_nights() -> None:
    """Gives every new customer a night of their own in the schedule index."""
    nights.plan_nights(now=utc_now())


@shared_task(ignore_result=True)
def remove_customers() -> None:
    """Removes some of the customers whose waiting period is over. Safe to run twice and side by side."""
    for _ in customers.remove_due(now=utc_now()):
        pass


def _go_on(claim: schedule.Claim) -> None:
    (nights.refresh_claim if claim.sync_id == schedule.REFRESH else jobs.run_claim)(claim)


_HANDLERS: Mapping[str, Callable[[schedule.Claim], None]] = {
    "inbound": handle_events,
    "job": _go_on,
    "night": nights.run_claim,
}
