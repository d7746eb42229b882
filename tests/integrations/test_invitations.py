"""Invitations by mail: once, for a week, for one address."""

from __future__ import annotations

import re
from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ValidationError
from django.utils import timezone

from integrations import invitations
from integrations.audit import Actor
from integrations.invitations import InvitationGone
from integrations.members import MemberAlready
from integrations.models import AuditEvent
from integrations.refusals import CannotBeDone
from tenants import schema
from tenants.joining_models import Invitation
from tenants.models import Membership, Person, Role

OLGA = Actor(kind="person", id="1", label="olga@acme.test")
ORIGIN = "https://connector.example"


@pytest.fixture
def ana(db) -> Person:
    return Person.objects.create_user("ana@acme.test", "a long canary password")


def invite(customer, email="Ana@Acme.test", role=Role.OPERATOR) -> str:
    """The token in the link that was mailed."""
    with schema.within(customer):
        invitations.invite(customer, email=email, role=role, actor=OLGA, origin=ORIGIN)
    found = re.search(rf"{ORIGIN}/invitations/([\w-]{{43}})/", str(mail.outbox[-1].body))
    assert found
    return found.group(1)


def actions(customer) -> list[str]:
    with schema.within(customer):
        return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


def test_who_is_invited_gets_a_link_that_is_not_kept(acme):
    token = invite(acme)
    assert mail.outbox[-1].to == ["ana@acme.test"]
    assert "olga@acme.test invites you to work on Acme Plumbing in ml-connector, as operator." in mail.outbox[-1].body
    assert token not in str(list(Invitation.objects.values_list()))
    assert actions(acme) == ["member.invited"]


def test_the_link_works_once(acme, ana):
    token = invite(acme)
    assert invitations.accept(token, ana).role == Role.OPERATOR
    assert actions(acme) == ["member.invited", "member.added"]
    Membership.objects.all().delete()
    with pytest.raises(InvitationGone):
        invitations.accept(token, ana)
    assert Membership.objects.count() == 0


def test_the_link_works_for_seven_days(acme, ana):
    token = invite(acme)
    made = Invitation.objects.get().created_at
    with time_machine.travel(made + timedelta(days=7, seconds=-1), tick=False):
        assert invitations.find(token).email == "ana@acme.test"
    with time_machine.travel(made + timedelta(days=7), tick=False), pytest.raises(InvitationGone):
        invitations.accept(token, ana)


def test_the_link_works_for_its_address_alone(acme, ana):
    token = invite(acme, email="bob@acme.test")
    with pytest.raises(CannotBeDone, match="for bob@acme.test, and you are signed in as ana@acme.test"):
        invitations.accept(token, ana)
    assert Membership.objects.count() == 0


def test_a_withdrawn_link_is_dead(acme, ana):
    token = invite(acme)
    with schema.within(acme):
        invitations.withdraw(acme, invitations.open_of(acme).get().pk, actor=OLGA)
    with pytest.raises(InvitationGone):
        invitations.accept(token, ana)
    assert actions(acme) == ["member.invited", "member.invitation-withdrawn"]


def test_a_second_invitation_kills_the_link_of_the_first(acme, ana):
    first, second = invite(acme), invite(acme, role=Role.VIEWER)
    with pytest.raises(InvitationGone):
        invitations.accept(first, ana)
    assert invitations.accept(second, ana).role == Role.VIEWER


def test_an_invitation_never_takes_a_role_away(acme, ana):
    token = invite(acme, role=Role.VIEWER)
    Membership.objects.create(customer=acme, person=ana, role=Role.OWNER)
    assert invitations.accept(token, ana).role == Role.OWNER


def test_nobody_withdraws_what_another_customer_sent(acme, globex):
    invite(acme)
    theirs = Invitation.objects.get().pk
    with schema.within(globex), pytest.raises(InvitationGone):
        invitations.withdraw(globex, theirs, actor=OLGA)
    assert [list(invitations.open_of(customer)) for customer in (acme, globex)] == [[Invitation.objects.get()], []]


def test_who_works_here_already_is_not_invited(acme, ana):
    Membership.objects.create(customer=acme, person=ana, role=Role.VIEWER)
    with pytest.raises(MemberAlready):
        invite(acme)
    assert mail.outbox == []


def test_an_invitation_of_a_suspended_customer_waits(acme, ana):
    token = invite(acme)
    acme.suspended_at = timezone.now()
    acme.save()
    with pytest.raises(InvitationGone):
        invitations.accept(token, ana)


def test_what_is_no_address_is_refused(acme):
    with pytest.raises(ValidationError):
        invite(acme, email="ana at acme")


def test_a_hundred_a_day_are_enough(in_acme, monkeypatch):
    monkeypatch.setattr(invitations, "A_DAY", 2)
    for name in ("a", "b"):
        invite(in_acme, email=f"{name}@acme.test")
    with pytest.raises(CannotBeDone, match="try again tomorrow"):
        invite(in_acme, email="c@acme.test")


def test_without_mail_nobody_is_invited(acme, settings):
    settings.EMAIL_ENABLED = False
    with pytest.raises(CannotBeDone, match="EMAIL_URL is not set"):
        invite(acme)


def test_a_refused_mail_is_said(acme, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise SMTPServerDisconnected("canary")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    with pytest.raises(CannotBeDone, match="could not be sent. Nobody was invited") as caught:
        invite(acme)
    assert "canary" not in str(caught.value)
