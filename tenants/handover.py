"""The way of a signed-in person from the public host to a customer's host: a code that works once, for a minute.

It starts on the customer's host, which gives the browser a random state. The public host, where the person is signed
in, makes a code for that state; the customer's host takes the code only from the browser that has the state. So a
code that is seen in a log or sent to somebody else opens nothing, and nobody can be signed in as somebody else.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from tenants import schema, stepping_in
from tenants.models import Customer, Membership, Person, SignInCode

CODE_LIFE = timedelta(seconds=60)


class CodeRefused(Exception):
    """The code is unknown, used, expired, for another customer or browser, or of somebody who is no member."""


def new_state() -> str:
    """What the browser keeps on the customer's host while the person is away signing in."""
    return secrets.token_urlsafe(32)


def hashed(text: str) -> str:
    """SHA-256 in hex; codes and states are random enough to need no salt."""
    return hashlib.sha256(text.encode()).hexdigest()


def issue(*, person: Person, customer: Customer, state_hash: str, now: datetime) -> str:
    """A code for a member, or for staff who have stepped in. Raises CodeRefused for others, or a suspended customer."""
    if customer.suspended_at or not _may_enter(person, customer, now):
        raise CodeRefused
    code = secrets.token_urlsafe(32)
    SignInCode.objects.filter(expires_at__lte=now).delete()
    SignInCode.objects.create(
        code_hash=hashed(code),
        state_hash=state_hash,
        person=person,
        customer=customer,
        expires_at=now + CODE_LIFE,
    )
    return code


def redeem(*, code: str, customer: Customer, state: str, now: datetime) -> Person:
    """Whose code it is. Whatever the outcome, the code is used up. Raises CodeRefused."""
    with transaction.atomic(), schema.across():
        found = SignInCode.objects.select_for_update().filter(code_hash=hashed(code)).first()
        if found is not None:
            found.delete()
    if found is None or found.customer_id != customer.pk or found.expires_at <= now:
        raise CodeRefused
    if not secrets.compare_digest(found.state_hash, hashed(state)):
        raise CodeRefused
    person = Person.objects.get(pk=found.person_id)
    if not person.is_active or not _may_enter(person, customer, now):
        raise CodeRefused
    Membership.objects.filter(customer=customer, person=person, has_come=False).update(has_come=True)
    return person


def _may_enter(person: Person, customer: Customer, now: datetime) -> bool:
    if Membership.objects.filter(customer=customer, person=person).exists():
        return True
    return person.is_staff and stepping_in.current(person.pk, customer, now=now) is not None
