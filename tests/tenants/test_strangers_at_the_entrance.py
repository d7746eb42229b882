"""Strangers at the entrance: what they prepare, take up or repeat harms nobody."""

from __future__ import annotations

import re
from typing import Any

import pytest

from integrations import invitations, members, sign_ups
from integrations.audit import Actor
from integrations.entrance.forms import JoinForm
from tenants import schema
from tenants.joining_models import SignUp
from tenants.models import Customer, Person, Role
from tests.tenants.browser import PASSWORD, Browser
from tests.tenants.test_entrance import ACME, FILLED, PUBLIC, mailed


@pytest.fixture
def browser(db: None) -> Browser:
    return Browser()


def test_strangers_make_no_customers_without_bound(browser, monkeypatch):
    monkeypatch.setattr(sign_ups, "A_DAY", Customer.objects.count() + 1)
    browser.open(f"{PUBLIC}sign-up/", data=FILLED)
    for _ in range(2):  # one who has yet to prove the address, then their customer
        page = Browser().open(f"{PUBLIC}sign-up/", data={**FILLED, "email": "b@pipes.test"})
        assert b"Try again tomorrow" in page.content
        browser.open(mailed(), data={})
    assert (Person.objects.count(), Customer.objects.filter(name="Northern Pipes").count()) == (1, 1)
    Customer.objects.update(created_at="2026-01-01T00:00Z")
    assert b"Try again" not in Browser().open(f"{PUBLIC}sign-up/").content


def test_a_form_that_is_sent_twice_at_once_makes_one_account(browser, acme, monkeypatch):
    with schema.within(acme):
        actor = Actor(kind="person", id="1", label="olga@acme.test")
        invitations.invite(acme, email="b@acme.test", role=Role.OWNER, actor=actor, origin="http://localhost")
    checked = JoinForm.is_valid

    def meanwhile(form: JoinForm) -> bool:
        Person.objects.create_user(form.person.email)
        return checked(form)

    monkeypatch.setattr(JoinForm, "is_valid", meanwhile)
    assert browser.open(mailed(), data={"name": "B", "password": PASSWORD}).status_code == 410
    assert Person.objects.count() == 1


def test_nobody_uses_up_all_names_of_a_company(db, monkeypatch):
    monkeypatch.setattr(sign_ups, "TRIES", 3)
    for number in range(4):
        person = Person.objects.create_user(f"{number}@pipes.test")
        SignUp.objects.create(person=person, company="Pipes", time_zone="UTC")
        sign_ups.make_customer(person)
    made = Customer.objects.filter(name="Pipes").order_by("pk").values_list("schema_name", flat=True)
    assert list(made[:2]) == ["pipes", "pipes_2"]
    assert all(re.fullmatch("pipes_[0-9a-f]{8}", name) for name in made[2:])
    assert max(map(len, sign_ups.names("24 " + "x" * 200))) <= 41


@pytest.mark.parametrize("as_member", [True, False])
def test_who_signs_up_with_an_address_of_somebody_else_gets_nothing_of_theirs(browser, acme, as_member):
    """Not even once its owner opens the link of that old mail."""
    browser.open(f"{PUBLIC}sign-up/", data=FILLED)
    link, actor = mailed(), Actor(kind="person", id="1", label="olga@acme.test")
    given: dict[str, Any] = {"email": "nora@pipes.test", "role": Role.OWNER, "actor": actor}
    with schema.within(acme):
        if as_member:
            members.add(acme, name="", **given)
        else:
            invitations.invite(acme, origin="http://localhost", **given)
    if not as_member:
        victim = Browser()
        assert b'name="password"' in victim.open(mailed()).content
        victim.open(victim.at, data={"name": "Nora", "password": "another long canary phrase"})
        assert victim.open(ACME).status_code == 200
        assert victim.at == ACME
    Browser().open(link, data={})
    stranger = Browser()
    stranger.sign_in("nora@pipes.test")
    assert stranger.at == f"{PUBLIC}sign-in/"
    stranger.open(ACME)
    assert stranger.at.startswith(f"{PUBLIC}sign-in/")
    browser.open(ACME)
    assert browser.at.startswith(f"{PUBLIC}sign-in/")
