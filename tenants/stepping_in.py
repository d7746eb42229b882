"""Staff of the hosting team on a customer's host: only while they have stepped in, which ends by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from tenants.models import Customer, Person, Role
from tenants.support_models import StepIn

LASTS = timedelta(minutes=30)


def begin(person: Person, customer: Customer, *, role: Role, reason: str, now: datetime) -> StepIn:
    """A grant for 30 minutes in place of the one before. Raises ValueError without a reason, or for no staff."""
    if not reason.strip():
        raise ValueError("Say why: the customer can read it in their audit.")
    if not (person.is_active and person.is_staff):
        raise ValueError("Only staff of the hosting team step in.")
    if customer.suspended_at:
        raise ValueError(f"{customer.name} is suspended: nobody gets in.")
    end_all(person.pk, customer, now=now)
    return StepIn.objects.create(
        person=person, customer=customer, role=role, reason=reason.strip()[:300], started_at=now, ends_at=now + LASTS
    )


def current(person_id: UUID, customer: Customer, *, now: datetime) -> StepIn | None:
    """The grant that a member of staff has at this customer now."""
    grants = StepIn.objects.filter(person_id=person_id, customer=customer, ends_at__gt=now, ended_at=None)
    return grants.filter(person__is_staff=True, person__is_active=True).order_by("-ends_at").first()


def end_all(person_id: UUID, customer: Customer, *, now: datetime) -> int:
    """Ends what the person has there; how many grants that were."""
    running = StepIn.objects.filter(person_id=person_id, customer=customer, ends_at__gt=now, ended_at=None)
    return running.update(ended_at=now)
