"""Invitations by mail: an owner asks somebody in, who joins by the link that only their mailbox knows.

The link works once, for seven days, and only for the address it was sent to. To be called in the customer's schema
and in a transaction, except `find` and `accept`, which are called on the public host.
"""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta
from smtplib import SMTPException
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone

from integrations.audit import Actor, record
from integrations.members import MemberAlready
from integrations.models import AuditEvent
from integrations.refusals import CannotBeDone
from tenants import schema
from tenants.handover import hashed
from tenants.joining_models import Invitation
from tenants.models import Customer, Membership, Person, Role

log = logging.getLogger(__name__)

LIFE = timedelta(days=7)
A_DAY = 100
"""Invitations that one customer sends in 24 hours; nobody mails strangers in our name without bound."""


class InvitationGone(Exception):
    """There is no such invitation (any more): accepted, withdrawn, expired, or never made."""


def invite(customer: Customer, *, email: str, role: Role, actor: Actor, origin: str) -> Invitation:
    """Sends the link to `email`; an open invitation of the same address is replaced, and its link is dead.

    `origin` is where the public host is reached, "https://connector.example" (`tenants.addresses.mailed_origin`).
    Raises CannotBeDone (no mail, too many, not sent), MemberAlready, ValidationError for what is no address.
    """
    email, now = email.strip().lower(), timezone.now()
    validate_email(email)
    _check(customer, email, now)
    token = secrets.token_urlsafe(32)
    given = {
        "role": role,
        "token_hash": hashed(token),
        "invited_by": actor.label,
        "created_at": now,
        "expires_at": now + LIFE,
    }
    made, _ = Invitation.objects.update_or_create(customer=customer, email=email, defaults=given)
    record(actor=actor, action="member.invited", subject=email, subject_id=str(made.pk), detail={"role": str(role)})
    _send(made, f"{origin}/invitations/{token}/")
    return made


def open_of(customer: Customer) -> QuerySet[Invitation]:
    """Who is asked and has not come yet, in the order of addresses."""
    return Invitation.objects.filter(customer=customer, expires_at__gt=timezone.now())


def withdraw(customer: Customer, invitation_id: UUID, *, actor: Actor) -> Invitation:
    """The link is dead from now on. Raises InvitationGone."""
    found = open_of(customer).select_for_update().filter(pk=invitation_id).first()
    if found is None:
        raise InvitationGone
    record(actor=actor, action="member.invitation-withdrawn", subject=found.email, subject_id=str(found.pk))
    found.delete()
    return found


def find(token: str) -> Invitation:
    """The invitation of a link. Raises InvitationGone."""
    found = Invitation.objects.select_related("customer").filter(token_hash=hashed(token)).first()
    if found is None or found.expires_at <= timezone.now() or found.customer.suspended_at is not None:
        raise InvitationGone
    return found


def accept(token: str, person: Person) -> Membership:
    """The person joins; the invitation is used up. Who is a member already keeps the greater of both roles.

    Raises InvitationGone, and CannotBeDone for somebody with another address.
    """
    customer = find(token).customer
    with transaction.atomic(), schema.within(customer):
        found = Invitation.objects.select_for_update().filter(token_hash=hashed(token)).first()
        if found is None:
            raise InvitationGone
        if found.email != person.email:
            raise CannotBeDone(f"This invitation is for {found.email}, and you are signed in as {person.email}.")
        member = _join(customer, person, Role(found.role))
        found.delete()
    return member


def _join(customer: Customer, person: Person, role: Role) -> Membership:
    member, created = Membership.objects.get_or_create(customer=customer, person=person, defaults={"role": role})
    if not created and not Role(member.role).allows(role):
        member.role = role
        member.save(update_fields=["role"])
    actor = Actor(kind="person", id=str(person.pk), label=person.email)
    detail = {"role": str(member.role), "by": "invitation"}
    record(actor=actor, action="member.added", subject=person.email, subject_id=str(person.pk), detail=detail)
    return member


def _check(customer: Customer, email: str, now: datetime) -> None:
    if not settings.EMAIL_ENABLED:
        raise CannotBeDone("This installation sends no mail (EMAIL_URL is not set), so nobody can be invited by mail.")
    if Membership.objects.filter(customer=customer, person__email=email).exists():
        raise MemberAlready(f"{email} works here already.")
    sent = AuditEvent.objects.filter(action="member.invited", at__gt=now - timedelta(days=1))[:A_DAY]
    if len(sent) >= A_DAY:
        raise CannotBeDone(f"{A_DAY} invitations were sent within a day: try again tomorrow.")


def _send(invitation: Invitation, link: str) -> None:
    """Within the transaction: an invitation whose mail was refused is not kept. Raises CannotBeDone."""
    told = {"invitation": invitation, "link": link, "days": LIFE.days}
    name = " ".join(invitation.customer.name.split())
    message = EmailMessage(
        subject=f"[ml-connector] {name} invites you",
        body=render_to_string("tenants/mail/invitation.txt", told),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[invitation.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
    try:
        message.send()
    except (SMTPException, OSError) as error:
        log.warning("an invitation was not sent", extra={"error": type(error).__name__})
        raise CannotBeDone(f"The mail to {invitation.email} could not be sent. Nobody was invited.") from None
