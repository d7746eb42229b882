"""What has to be noted before anything runs on a database, or a customer's schema, that was put back from a backup."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from integrations.audit import Actor, record
from integrations.connections import forget_token
from integrations.engine import put_back
from integrations.models import AuditEvent, Connection, FitReport, Progress, ReconcileReport, ReplayJob, Sync
from tenants import schedule
from tenants.models import Customer
from tenants.schema import within

ACTION = "customer.restored"
JOBS_AFTER = 8
"""As in `jobs`, which is above: polls and deliveries go first."""


def restored(customer: Customer, *, actor: Actor, now: datetime) -> datetime | None:
    """The customer's ledger was put back just now: everything is read again before anything is sent, and what may have
    been sent since the backup is looked for first. Returns the last moment that the ledger knew, None for an empty one.

    Whoever still worked for them can commit nothing any more. Rows of the schedule that are missing are made: only the
    customer's schema may have been put back.
    """
    with within(customer), transaction.atomic():
        known_at = put_back(now)
        syncs = list(Sync.objects.order_by("pk"))
        for sync in syncs:
            schedule.ensure(customer_id=customer.pk, sync_id=sync.pk)
            for kind in schedule.KINDS:
                schedule.take_away(customer_id=customer.pk, sync_id=sync.pk, kind=kind, now=now)
        for job in _unfinished():
            schedule.wake(customer_id=customer.pk, sync_id=job, kind="job", now=now, priority=JOBS_AFTER, queue="job")
        for row in Connection.objects.all():
            forget_token(row)
            row.save(update_fields=["token", "token_expires_at", "token_renew_at"])
        detail = {"known_at": known_at.isoformat() if known_at else "", "syncs": len(syncs)}
        record(
            actor=actor,
            action=ACTION,
            subject=customer.name,
            subject_id=customer.schema_name,
            detail=detail,
        )
    return known_at


def _unfinished() -> list[UUID]:
    """Jobs that were under way when the backup was made; the schedule may know them as ended. They go on."""
    kinds = (ReplayJob, ReconcileReport, FitReport)
    return [pk for kind in kinds for pk in kind.objects.filter(state=Progress.RUNNING).values_list("pk", flat=True)]


def note_on_new(sync: Sync, customer: Customer) -> None:
    """Notes at a sync that is about to be made whether the customer's ledger was ever put back from a backup.

    The ledger that was lost may have had the same flow: one that was switched on after the backup is switched on anew.
    In the customer's schema.
    """
    events = AuditEvent.objects.filter(action=ACTION, subject_id=customer.schema_name).order_by("sequence")
    told = list(events.values_list("at", "detail"))
    if told:
        known = [datetime.fromisoformat(text) for _, detail in told if (text := detail["known_at"])]
        # A ledger that knew nothing may have lost all that was sent since there is such a customer.
        sync.restored_at, sync.restored_from = (
            told[-1][0],
            min(known) if len(known) == len(told) else customer.created_at,
        )
