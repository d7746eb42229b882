"""What the hosting team does with a customer: make, suspend, resume, mark for deletion, take back; and the removal.

Whoever leaves is suspended and marked first. Only after a waiting period is everything of theirs removed: the schema
with all its rows, what the public tables say of them, accounts of people who worked nowhere else, and rate budgets.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, transaction

from integrations import budget, metrics
from integrations.audit import Actor, record
from integrations.members import person_of
from integrations.models import Connection
from integrations.refusals import CannotBeDone
from tenants import schema
from tenants.middleware import HOST_KEY
from tenants.models import Customer, Domain, Membership, Person, StaffCall
from tenants.provision import CustomerExists, create_customer
from tenants.webhook_models import WebhookAddress, WebhookRefusals

log = logging.getLogger(__name__)

REMOVED_AT_ONCE = 5
"""Customers that one task removes at most; the next one goes on."""


def create(*, actor: Actor, owner: str = "", **given: Any) -> Customer:
    """A new customer, see `tenants.provision.create_customer`; `owner` is an e-mail address. In a transaction.

    Raises CannotBeDone for a name or host that is taken, ValidationError for one that cannot be.
    """
    person = person_of(owner) if owner else None
    try:
        customer = create_customer(owner=person, **given)
    except CustomerExists as error:
        raise CannotBeDone(str(error)) from None
    _record(customer, "created", actor, {"name": customer.name, "owner": owner})
    return customer


def suspend(customer: Customer, *, reason: str, actor: Actor, now: datetime) -> None:
    """Nothing is claimed for them, and nobody gets in, from the next claim and request on. In a transaction.

    An owner who had decided to leave cannot take that back any more: the hosting team can.
    """
    if customer.left_at is not None:
        customer.left_at = None
        customer.save(update_fields=["left_at"])
    if customer.suspended_at is None:
        customer.suspended_at = now
        customer.save(update_fields=["suspended_at"])
        _record(customer, "suspended", actor, {"reason": reason})


def resume(customer: Customer, *, actor: Actor) -> None:
    """What is overdue is claimed at the next tick. Raises CannotBeDone for one that is to be deleted."""
    if customer.delete_after is not None:
        raise CannotBeDone("This customer is marked for deletion: take that back first.")
    if customer.suspended_at is not None:
        customer.suspended_at = None
        customer.save(update_fields=["suspended_at"])
        _record(customer, "resumed", actor, {})


def mark(customer: Customer, *, reason: str, actor: Actor, now: datetime) -> None:
    """Suspends, and marks for removal after the waiting period; a mark that is there stays. In a transaction."""
    suspend(customer, reason=reason, actor=actor, now=now)
    if customer.delete_after is None:
        customer.delete_after = now + timedelta(days=settings.CUSTOMER_WAITING_DAYS)
        customer.save(update_fields=["delete_after"])
        detail = {"reason": reason, "delete_after": customer.delete_after.isoformat()}
        _record(customer, "marked-for-deletion", actor, detail)


def leave(customer: Customer, *, reason: str, actor: Actor, now: datetime) -> None:
    """An owner's decision: everything stops, and is removed after the waiting period unless an owner stays.

    In a transaction, with the customer's row locked.
    """
    mark(customer, reason=reason, actor=actor, now=now)
    customer.left_at = now
    customer.save(update_fields=["left_at"])


def stay(customer: Customer, *, actor: Actor) -> None:
    """An owner's second thought: all goes on where it stopped. In a transaction, with the customer's row locked.

    Raises CannotBeDone where it is not the owner's to take back.
    """
    if customer.left_at is None or customer.delete_after is None:
        raise CannotBeDone("This was decided by the hosting team: ask them.")
    take_back(customer, actor=actor)
    resume(customer, actor=actor)


def take_back(customer: Customer, *, actor: Actor) -> None:
    """The customer stays, suspended until somebody resumes it. In a transaction."""
    if customer.delete_after is not None:
        customer.delete_after = customer.left_at = None
        customer.save(update_fields=["delete_after", "left_at"])
        _record(customer, "kept", actor, {})


def remove_due(*, now: datetime) -> Iterator[str]:
    """Removes customers whose waiting period is over, a few of them; yields the schema names. Safe side by side.

    One that cannot be removed is passed over, so that those behind it have their turn.
    """
    due = Customer.objects.filter(delete_after__lte=now, suspended_at__isnull=False).order_by("delete_after")
    removed = 0
    for customer in list(due):
        if removed == REMOVED_AT_ONCE:
            return
        try:
            if _remove(customer.pk, now):
                removed += 1
                log.warning("customer removed", extra={"schema_name": customer.schema_name})
                yield customer.schema_name
        except DatabaseError:  # one customer's trouble must not keep the others here for ever
            log.exception("customer not removed", extra={"schema_name": customer.schema_name})


def _remove(customer_id: int, now: datetime) -> bool:
    """Removes one customer in one transaction. False if somebody else does, or it was taken back."""
    with transaction.atomic():
        rows = Customer.objects.select_for_update(skip_locked=True)
        customer = rows.filter(pk=customer_id, delete_after__lte=now, suspended_at__isnull=False).first()
        if customer is None:
            return False
        with schema.within(customer):
            accounts = list(Connection.objects.values_list("pk", flat=True))
        _forget_calls(customer)
        people = list(Membership.objects.filter(customer=customer).values_list("person_id", flat=True))
        hosts = set(Domain.objects.filter(tenant=customer).values_list("domain", flat=True))
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA {connection.ops.quote_name(customer.schema_name)} CASCADE")
        customer.delete()
        leaving = Person.objects.filter(pk__in=people, memberships=None, is_staff=False, is_superuser=False)
        _forget_sessions(hosts, {str(person) for person in leaving.values_list("pk", flat=True)})
        leaving.delete()
        transaction.on_commit(lambda: _forget_in_store(customer.schema_name, accounts))
    return True


def _forget_sessions(hosts: set[str], people: set[str]) -> None:
    """What a session is about stands inside of it, encoded: so all of them are opened. Nobody leaves every day."""
    gone = []
    for session in Session.objects.iterator(chunk_size=1_000):
        about = session.get_decoded()
        if about.get(HOST_KEY) in hosts or about.get(SESSION_KEY) in people:
            gone.append(session.pk)
    Session.objects.filter(pk__in=gone).delete()
    UserSession.objects.filter(session_key__in=gone).delete()


def _forget_calls(customer: Customer) -> None:
    """What public tables keep about calls: of webhooks to the customer's own addresses, and of staff about it."""
    accounts = WebhookAddress.objects.filter(customer=customer).values_list("connection_id", flat=True)
    WebhookRefusals.objects.filter(endpoint__in=[f"connection {account}" for account in accounts]).delete()
    StaffCall.objects.filter(answer__contains=f'"id":"{customer.schema_name}"').delete()


def _forget_in_store(schema_name: str, accounts: list[UUID]) -> None:
    for account in accounts:
        budget.forget(str(account), url=settings.REDIS_URL)
    metrics.forget(schema_name)


def _record(customer: Customer, verb: str, actor: Actor, detail: Mapping[str, Any]) -> None:
    """In the customer's own audit, which leaves with them."""
    with schema.within(customer):
        record(
            actor=actor,
            action=f"customer.{verb}",
            subject=customer.name,
            subject_id=customer.schema_name,
            detail=detail,
        )
