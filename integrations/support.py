"""Stepping in: staff of the hosting team work at a customer for half an hour, and the customer's audit says so."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from integrations.audit import Actor, record
from integrations.refusals import CannotBeDone
from tenants import stepping_in
from tenants.models import Customer, Person, Role
from tenants.schema import within
from tenants.support_models import StepIn


def staff_actor(person: Person) -> Actor:
    """Somebody of the hosting team, as a customer's audit names them."""
    return Actor(kind="person", id=str(person.pk), label=f"{person.email} (hosting team)")


def step_in(person: Person, customer: Customer, *, role: Role, reason: str, now: datetime) -> StepIn:
    """Lets a member of staff in for 30 minutes. Raises CannotBeDone without a reason, or for a suspended customer."""
    with within(customer), transaction.atomic():
        try:
            grant = stepping_in.begin(person, customer, role=role, reason=reason, now=now)
        except ValueError as error:
            raise CannotBeDone(str(error)) from None
        detail = {"reason": grant.reason, "role": str(role), "until": grant.ends_at.isoformat()}
        record(
            actor=staff_actor(person),
            action="support.stepped-in",
            subject=person.email,
            subject_id=str(grant.pk),
            detail=detail,
        )
    return grant


def step_out(person: Person, customer: Customer, *, now: datetime) -> bool:
    """Ends it before its time; whether there was anything to end."""
    with within(customer), transaction.atomic():
        if not stepping_in.end_all(person.pk, customer, now=now):
            return False
        record(actor=staff_actor(person), action="support.stepped-out", subject=person.email)
    return True
