"""Strangers at the entrance: what they prepare, take up or repeat harms nobody."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from integrations import invitations, members, sign_ups
from integrations.audit import Actor
from integrations.entrance.forms import JoinForm
from tenants import schema
from tenants.joining_models import SignUp
from tenants.models import Customer, Person, Role
from tests.portal.desk import enter
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


def test_a_password_that_a_stranger_has_chosen_opens_nothing_once_the_owner_confirms_the_address(browser):
    """Who signs up with somebody else's address, and waits for them to open the link, waits in vain."""
    stranger, owner = browser, Browser()
    stranger.open(f"{PUBLIC}sign-up/", data=FILLED)
    owner.open(mailed(), data={})
    assert not Person.objects.get(email="nora@pipes.test").has_usable_password()
    stranger.sign_in("nora@pipes.test")
    assert (
        b"This address and password do not belong together."
        in stranger.open(f"{PUBLIC}sign-in/", data={"login": "nora@pipes.test", "password": PASSWORD}).content
    )
    assert stranger.open(PUBLIC, follow=False).status_code == 302
    assert stranger.open(f"{PUBLIC}account/", follow=False).status_code == 302


@pytest.mark.parametrize("host", ["localhost:666", "localhost:80@evil.test", "LOCALHOST:6667", "localhost"])
@pytest.mark.parametrize(("path", "form"), [("password/", {"email": "ana@acme.test"}), ("sign-up/", FILLED)])
def test_a_link_in_a_mail_leads_to_the_configured_host_whatever_the_request_says(db, settings, host, path, form):
    settings.DEVELOPMENT = False
    Person.objects.create_user("ana@acme.test", PASSWORD)
    Client().post(f"/{path}", form, headers={"Host": host, "X-Forwarded-Host": "evil.test", "X-Forwarded-Port": "1"})
    links = [link for each in mail.outbox for link in re.findall(r"https?://[^\s/]*", str(each.body))]
    assert set(links) == ({"http://localhost"} if "@" not in host else set())


def test_an_invitation_leads_to_the_configured_host(acme, settings):
    settings.DEVELOPMENT = False
    desk = enter(acme, Role.OWNER)
    form = {"email": "new@acme.test", "role": "viewer"}
    assert desk.browser.clients[desk.host].post("/team/", form, headers={"Host": f"{desk.host}:666"}).status_code == 303
    assert re.findall(r"https?://[^\s/]*", str(mail.outbox[-1].body)) == ["http://localhost"]
