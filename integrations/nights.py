"""What is done once in each customer's night, by their own clock: reference data read anew, both books compared.

A night begins between 01:00 and 03:59 of the customer's time zone, at a minute that depends only on the customer, so
that a thousand customers of one zone do not begin at once. Where the clock skips that time in spring, or has it twice
in autumn, the night comes once all the same (see `schedule_spec`).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from integrations import jobs, reference_data, schedule_spec
from integrations.audit import PLATFORM
from integrations.engine import DATABASE_AWAY, LeaseLost, is_running
from integrations.models import Sync
from integrations.running import ClaimLease, utc_now
from tenants import schedule
from tenants.models import Customer
from tenants.schema import within

log = logging.getLogger(__name__)

FIRST_HOUR, MINUTES = 1, 180
AGAIN_AFTER = timedelta(hours=1)


def next_night(customer: Customer, now: datetime) -> datetime:
    """When the customer's next night begins, in UTC."""
    minute = int.from_bytes(hashlib.sha256(customer.schema_name.encode()).digest()[:4], "big") % MINUTES
    at = f"{FIRST_HOUR + minute // 60:02}:{minute % 60:02}"
    return schedule_spec.next_due({"at": at}, now, customer.time_zone)


def plan_nights(*, now: datetime) -> int:
    """Gives every customer a night who has none yet; returns how many. Safe to run at any time."""
    planned = schedule.customers_with("night")
    missing = Customer.objects.exclude(pk__in=planned)
    for customer in missing:
        plan_night(customer, now=now)
    return len(missing)


def plan_night(customer: Customer, *, now: datetime) -> None:
    """The customer's next night; one that is planned already stays."""
    schedule.ensure(
        customer_id=customer.pk,
        sync_id=schedule.NIGHT,
        kinds=("night",),
        due_at=next_night(customer, now),
        queue="job",
        priority=jobs.PRIORITY,
    )


def run_claim(claim: schedule.Claim, *, clock: Callable[[], datetime] = utc_now) -> None:
    """Begins what is done in a night: short itself, each part goes on under a claim of its own, so none is lost."""
    begun = schedule.begin(claim, now=clock(), lease_seconds=settings.LEASE_SECONDS)
    customer = Customer.objects.filter(pk=claim.customer_id).first()
    if begun is None or customer is None:
        return  # this message came twice, or too late
    with within(customer), transaction.atomic():
        if not schedule.holds(begun):
            return
        for sync in Sync.objects.select_related("source", "target"):
            if is_running(sync):
                jobs.start_comparison(customer, sync, by=PLATFORM.label, now=clock())
        jobs.wake_refresh(customer, now=clock())
        schedule.release(begun, now=clock(), due_at=next_night(customer, clock()))


def refresh_claim(claim: schedule.Claim, *, clock: Callable[[], datetime] = utc_now) -> None:
    """Reads the customer's reference data anew and checks the value maps; due once a night, and until it was done."""
    begun = schedule.begin(claim, now=clock(), lease_seconds=settings.LEASE_SECONDS)
    customer = Customer.objects.filter(pk=claim.customer_id).first()
    if begun is None or customer is None:
        return  # this message came twice, or too late
    if begun.begun > jobs.MOST_BEGUN:
        log.error("reference data ends every worker that reads it", extra={"customer": customer.schema_name})
        schedule.release(begun, now=clock(), due_at=clock() + AGAIN_AFTER)
        return
    lease = ClaimLease(begun, settings.LEASE_SECONDS)
    again_at = None
    try:
        with within(customer):
            reference_data.refresh_customer(customer, clock=clock, lease=lease)
    except LeaseLost:
        return
    except DATABASE_AWAY:
        raise  # the database's trouble passes: it is claimed again when the lease has ended
    except Exception:  # our own mistake is not tried every few minutes
        log.exception("reference data not refreshed", extra={"customer": customer.schema_name})
        again_at = clock() + AGAIN_AFTER
    schedule.release(lease.claim, now=clock(), due_at=again_at)
