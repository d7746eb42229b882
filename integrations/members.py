"""Who works at a customer, and as what. There is always an owner.

To be called in the customer's schema and in a transaction.
"""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction

from integrations.audit import Actor, record
from integrations.refusals import CannotBeDone
from tenants import mailboxes
from tenants.models import Customer, Membership, Person, Role


class LastOwner(CannotBeDone):
    """Without this owner nobody could give anybody a role any more."""

    def __init__(self) -> None:
        super().__init__("This is the only owner. Make somebody else an owner first.")


class MemberAlready(CannotBeDone):
    """The person has a role here."""


def add(customer: Customer, *, email: str, name: str, role: Role, actor: Actor) -> Membership:
    """A person with a role. Somebody who is new to the installation gets an account without a password.

    One who has an account keeps their name and password, and is called `name` here until they come: nobody learns by
    adding an address whether it has an account, and whose. Raises MemberAlready.
    """
    _one_at_a_time(customer)
    person = person_of(email, name=name)
    given = {"role": role, "has_come": False, "known_as": name}
    member, created = Membership.objects.get_or_create(customer=customer, person=person, defaults=given)
    if not created:
        raise MemberAlready(f"{person.email} is {member.role} here already.")
    _record(member, "added", actor, {"role": str(role)})
    return member


def person_of(email: str, *, name: str = "") -> Person:
    """The person with this address; one who is new gets an account without a password.

    Who has signed up and not proven the address yet may be anybody: the password that they chose counts no more. It
    would open what the person of that address is given here, once that person follows a link in an old mail.
    """
    found = Person.objects.filter(email=email.strip().lower())
    try:
        with transaction.atomic():
            person = found.first() or Person.objects.create_user(email, name=name)
    except IntegrityError:  # another customer has just added the same person
        person = found.get()
    if person.has_usable_password() and not mailboxes.is_proven(person):
        person.set_unusable_password()
        person.save(update_fields=["password"])
    return person


def change_role(member: Membership, role: Role, *, actor: Actor) -> None:
    """Another role, from the next request on. Raises LastOwner."""
    _one_at_a_time(member.customer)
    before = member.role
    if before == Role.OWNER and role != Role.OWNER:
        _check_others(member)
    if before != role:
        member.role = role
        member.save(update_fields=["role"])
        _record(member, "role-changed", actor, {"before": str(before), "after": str(role)})


def remove(member: Membership, *, actor: Actor) -> None:
    """Locks somebody out from the next request on; their account stays. Raises LastOwner."""
    _one_at_a_time(member.customer)
    if member.role == Role.OWNER:
        _check_others(member)
    _record(member, "removed", actor, {"role": str(member.role)})
    member.delete()


def find(customer: Customer, person_id: UUID, *, lock: bool = False) -> Membership | None:
    """The membership of a person. `lock`: nobody else changes members until the transaction ends."""
    if lock:
        _one_at_a_time(customer)
    found = Membership.objects.select_related("person", "customer")
    return found.filter(customer=customer, person_id=person_id).first()


def _one_at_a_time(customer: Customer) -> None:
    """Two owners who remove each other at the same time must not both succeed."""
    Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)


def _check_others(member: Membership) -> None:
    others = Membership.objects.filter(customer=member.customer, role=Role.OWNER, person__is_active=True)
    if not others.exclude(pk=member.pk).exists():
        raise LastOwner


def _record(member: Membership, verb: str, actor: Actor, detail: dict[str, str]) -> None:
    person = member.person
    record(actor=actor, action=f"member.{verb}", subject=person.email, subject_id=str(person.pk), detail=detail)
