"""Celery tasks: short, safe to run twice and side by side, and only a hint; leases in PostgreSQL decide."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import transaction

from integrations.inbound_reading import run_claim as handle_events
from integrations.reference_data import refresh_customer
from integrations.running import run_claim, utc_now
from tenants import schedule
from tenants.models import Customer
from tenants.schema import within

TICK_LIMIT = 200
"""Claims of one tick; the next tick, a second later, takes the rest."""

REFRESH_EXPIRES = 12 * 3600
"""Seconds after which a refresh that nobody has begun is left to the next night."""


@shared_task(ignore_result=True)
def tick() -> None:
    """Claims what is due over all customers and hands it to the workers. Two beats at once do no harm."""
    with transaction.atomic():
        claims = schedule.claim(now=utc_now(), limit=TICK_LIMIT, lease_seconds=settings.LEASE_SECONDS)
        for claim in claims:
            transaction.on_commit(lambda claim=claim: _hand_over(claim))  # type: ignore[misc]


def _hand_over(claim: schedule.Claim) -> None:
    """A message that nobody took before the lease ended is dropped: the work was claimed again by then."""
    work.apply_async(kwargs={"claim": claim.as_message()}, queue=claim.kind, expires=settings.LEASE_SECONDS)


@shared_task(ignore_result=True)
def work(*, claim: dict[str, Any]) -> None:
    """Polls or delivers one sync of one customer under its claim, or handles webhook events of a connection."""
    received = schedule.Claim.from_message(claim)
    (handle_events if received.kind == "inbound" else run_claim)(received)


@shared_task(ignore_result=True)
def refresh_all() -> None:
    """Sends one refresh per customer; those who are suspended are left out."""
    for schema_name in Customer.objects.filter(suspended_at__isnull=True).values_list("schema_name", flat=True):
        refresh.apply_async(kwargs={"schema_name": schema_name}, queue="poll", expires=REFRESH_EXPIRES)


@shared_task(ignore_result=True)
def refresh(*, schema_name: str) -> None:
    """Reads a customer's reference data anew and checks the value maps. Safe to run twice and side by side."""
    customer = Customer.objects.filter(schema_name=schema_name, suspended_at__isnull=True).first()
    if customer is not None:
        with within(customer):
            refresh_customer(customer)
