"""What has ended is removed at night: invitations that nobody took up, sign-ups that nobody has proven."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from tenants import mailboxes, tasks
from tenants.joining_models import Invitation, SignUp
from tenants.models import Customer, Membership, Person


def signed_up(email: str, *, days_ago: float) -> Person:
    """As the form leaves it: an account with a password, an address that is not proven, and a wish."""
    person = Person(email=email)
    person.vouched = False
    person.set_password("a long canary password")
    person.save()
    EmailAddress.objects.create(user=person, email=email, primary=True)
    SignUp.objects.create(person=person, company="Pipes", time_zone="UTC")
    SignUp.objects.filter(person=person).update(created_at=timezone.now() - timedelta(days=days_ago))
    return person


def invited(customer: Customer, email: str, *, ends_in_days: float) -> None:
    now = timezone.now()
    given: dict[str, Any] = {"role": "viewer", "token_hash": email, "invited_by": "Ana", "created_at": now}
    Invitation.objects.create(customer=customer, email=email, expires_at=now + timedelta(days=ends_in_days), **given)


def test_an_unproven_sign_up_of_a_week_ago_is_gone_with_its_account_and_may_come_again(db: None) -> None:
    signed_up("late@pipes.test", days_ago=7.1)
    signed_up("fresh@pipes.test", days_ago=6.9)
    tasks.forget_expired()
    assert list(Person.objects.values_list("email", flat=True)) == ["fresh@pipes.test"]
    assert list(SignUp.objects.values_list("person__email", flat=True)) == ["fresh@pipes.test"]
    assert not EmailAddress.objects.filter(email="late@pipes.test").exists()
    signed_up("late@pipes.test", days_ago=0)


def test_who_has_proven_works_somewhere_or_is_staff_keeps_the_account(acme: Customer) -> None:
    proven, member, staff = (signed_up(f"{name}@pipes.test", days_ago=30) for name in ("proven", "member", "staff"))
    mailboxes.vouch(proven)
    Membership.objects.create(customer=acme, person=member)
    Person.objects.filter(pk=staff.pk).update(is_staff=True)
    assert tasks.forget_unproven(now=timezone.now()) == 3
    assert not SignUp.objects.exists()
    assert {proven, member, staff} <= set(Person.objects.all())


def test_a_flood_is_removed_in_pieces_oldest_first(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "AT_ONCE", 2)
    monkeypatch.setattr(tasks, "MOST", 4)
    for days in range(8, 15):
        signed_up(f"{days}@pipes.test", days_ago=days)
    assert tasks.forget_unproven(now=timezone.now()) == 4
    left = {person.email for person in Person.objects.all()}
    assert left == {"8@pipes.test", "9@pipes.test", "10@pipes.test"}
    assert tasks.forget_unproven(now=timezone.now()) == 3
    assert not Person.objects.exists()


def test_an_invitation_goes_once_it_has_ended(acme: Customer, globex: Customer) -> None:
    invited(acme, "over@pipes.test", ends_in_days=-0.01)
    invited(globex, "open@pipes.test", ends_in_days=0.01)
    tasks.forget_expired()
    assert [row.email for row in Invitation.objects.all()] == ["open@pipes.test"]
