"""Signing up, second factors, sessions and invitations, page by page."""

from __future__ import annotations

import re
import time
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core import mail
from django.urls.resolvers import RoutePattern

from integrations import invitations, second_factors, sign_ups
from integrations.audit import Actor
from integrations.entrance import urls as entrance
from integrations.models import AuditEvent
from tenants import schema
from tenants.joining_models import SignUp
from tenants.models import Customer, Membership, Person, Role
from tests.tenants.browser import PASSWORD, Browser

PUBLIC, ACME = "http://localhost/", "http://acme.localhost/"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
FILLED = {"name": "Nora", "company": "Northern  Pipes", "email": "Nora@pipes.test", "password1": PASSWORD}


@pytest.fixture
def browser(db) -> Browser:
    return Browser()


@pytest.fixture
def ana(acme) -> Person:
    person = Person.objects.create_user("ana@acme.test", PASSWORD, name="Ana")
    Membership.objects.create(customer=acme, person=person, role=Role.OWNER)
    return person


def mailed() -> str:
    """The link of the newest mail."""
    found = re.search(r"http://localhost/\S+", str(mail.outbox[-1].body))
    assert found
    return found.group()


def code() -> str:
    return str(format_hotp_value(hotp_value(SECRET, int(time.time()) // 30)))


class TestSigningUp:
    def test_a_proven_address_has_a_customer_at_once(self, browser):
        browser.open(f"{PUBLIC}sign-up/", data=FILLED)
        assert browser.at == f"{PUBLIC}sign-up/sent/"
        assert (mail.outbox[-1].to, Customer.objects.filter(name="Northern Pipes").count()) == (["nora@pipes.test"], 0)
        page = browser.open(mailed())
        assert b"nora@pipes.test" in page.content
        page = browser.open(browser.at, data={})
        assert (browser.at, page.status_code) == ("http://northern-pipes.localhost/", 200)
        assert b"Nora, owner" in page.content
        made = Customer.objects.get(schema_name="northern_pipes")
        with schema.within(made):
            told = list(AuditEvent.objects.order_by("pk").values_list("action", "actor_label"))
        assert told == [("customer.created", "nora@pipes.test"), ("person.signed-in", "nora@pipes.test")]
        assert SignUp.objects.count() == 0

    def test_an_unproven_address_opens_nothing(self, browser):
        browser.open(f"{PUBLIC}sign-up/", data=FILLED)
        other = Browser()
        other.sign_in("nora@pipes.test")
        assert other.at == f"{PUBLIC}sign-up/sent/"
        assert other.open(PUBLIC, follow=False).status_code == 302
        assert Customer.objects.filter(name="Northern Pipes").count() == 0

    def test_the_link_in_another_browser_proves_the_address_and_asks_for_a_password_anew(self, browser):
        browser.open(f"{PUBLIC}sign-up/", data=FILLED)
        other = Browser()
        page = other.open(mailed(), data={})
        assert other.at.endswith("-set-password/")
        assert b"Now choose the password that opens your account." in page.content
        assert Membership.objects.get().person.email == "nora@pipes.test"
        chosen = "canary of nora's own"
        other.open(other.at, data={"password1": chosen, "password2": chosen})
        other.sign_in("nora@pipes.test", chosen)
        assert other.at == PUBLIC

    def test_the_link_makes_one_customer_however_often_it_is_used(self, browser):
        browser.open(f"{PUBLIC}sign-up/", data=FILLED)
        for _ in range(2):
            Browser().open(mailed(), data={})
        assert Customer.objects.filter(name="Northern Pipes").count() == 1

    def test_an_address_that_has_an_account_sees_the_same_pages(self, browser, ana):
        page = browser.open(f"{PUBLIC}sign-up/", data={**FILLED, "email": ana.email})
        assert (browser.at, page.status_code) == (f"{PUBLIC}sign-up/sent/", 200)
        assert (mail.outbox[-1].to, "You have an account already" in mail.outbox[-1].subject) == ([ana.email], True)
        assert (Person.objects.count(), SignUp.objects.count()) == (1, 0)

    @pytest.mark.parametrize(
        ("wrong", "told"),
        [
            ({"password1": "short"}, "This password is too short. It must contain at least 12 characters."),
            ({"password1": "password1234"}, "This password is too common."),
            ({"password1": "nora@pipes.test"}, "too similar to the email"),
            ({"company": " ... "}, "Give the name of your company."),
            ({"email": "nora at pipes"}, "Enter a valid email address."),
        ],
    )
    def test_what_is_wrong_stands_beside_its_field(self, browser, wrong, told):
        page = browser.open(f"{PUBLIC}sign-up/", data={**FILLED, **wrong}).content.decode()
        name = next(iter(wrong))
        found = re.search(rf'id="id_{name}_error"><li>(.*?)</li>', page)
        assert found
        assert told in found.group(1)
        assert 'aria-invalid="true"' in page
        assert Person.objects.count() == 0

    def test_where_it_is_closed_nobody_signs_up(self, browser, settings):
        settings.SIGN_UP_OPEN = False
        assert b"by invitation" in browser.open(f"{PUBLIC}sign-up/", data=FILLED).content
        assert Person.objects.count() == 0

    def test_two_companies_of_one_name_have_two_customers(self, db):
        for email in ("a@pipes.test", "b@pipes.test"):
            person = Person.objects.create_user(email)
            SignUp.objects.create(person=person, company="Pipes & Söhne", time_zone="UTC")
            sign_ups.make_customer(person)
        made = Customer.objects.filter(name="Pipes & Söhne").order_by("pk").values_list("schema_name", flat=True)
        assert list(made) == ["pipes_sohne", "pipes_sohne_2"]

    @pytest.mark.parametrize(
        ("company", "name"),
        [("Admin", "admin_2"), ("24 h", "company_24_h"), ("株式会社", "company"), ("pg_catalog", "company_pg_catalog")],
    )
    def test_no_company_gets_an_address_of_the_platform(self, company, name):
        assert next(sign_ups.names(company)) == name

    def test_a_mail_that_is_not_sent_is_said(self, browser, monkeypatch):
        def refuse(*_: Any, **__: Any) -> None:
            raise SMTPServerDisconnected("canary")

        monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
        page = browser.open(f"{PUBLIC}password/", data={"email": "nobody@acme.test"})
        assert (page.status_code, b"could not be sent" in page.content) == (503, True)
        assert b"canary" not in page.content


class TestPasswords:
    def test_a_forgotten_one_is_replaced_by_mail(self, browser, ana):
        browser.open(f"{PUBLIC}password/", data={"email": ana.email})
        browser.open(mailed())
        browser.open(browser.at, data={"password1": f"{PASSWORD} 2", "password2": f"{PASSWORD} 2"})
        assert browser.at == f"{PUBLIC}password/done/"
        browser.sign_in(ana.email, f"{PASSWORD} 2")
        assert browser.at == PUBLIC

    def test_asking_for_one_tells_nobody_who_exists(self, browser, ana):
        pages = [browser.open(f"{PUBLIC}password/", data={"email": who}) for who in (ana.email, "no@acme.test")]
        assert [page.status_code for page in pages] == [200, 200]
        assert [message.to for message in mail.outbox] == [[ana.email], ["no@acme.test"]]

    def test_an_address_that_the_hosting_team_replaced_opens_nothing(self, browser, ana):
        ana.email = "ana@new.test"
        ana.save()
        browser.open(f"{PUBLIC}password/", data={"email": "ana@acme.test"})
        assert "There is no account" in mail.outbox[-1].body
        browser.sign_in("ana@new.test")
        assert browser.at == PUBLIC


class TestSecondFactors:
    @pytest.fixture
    def guarded(self, ana) -> Person:
        """Ana with an authenticator app."""
        TOTP.activate(ana, SECRET)
        return ana

    def test_after_the_password_the_code_is_asked_for(self, browser, guarded):
        browser.open(ACME)
        browser.sign_in(guarded.email)
        assert browser.at == f"{PUBLIC}sign-in/second-factor/"
        assert browser.open(PUBLIC, follow=False).status_code == 302
        page = browser.open(f"{PUBLIC}sign-in/second-factor/", data={"code": code()})
        assert (browser.at, b"Ana, owner" in page.content) == (ACME, True)

    def test_a_wrong_code_opens_nothing(self, browser, guarded):
        browser.sign_in(guarded.email)
        page = browser.open(browser.at, data={"code": "000000" if code() != "000000" else "111111"})
        assert b"Incorrect code." in page.content
        assert browser.open(PUBLIC, follow=False).status_code == 302

    def test_codes_cannot_be_tried_for_long(self, browser, guarded):
        browser.sign_in(guarded.email)
        wrong = {"code": "000000" if code() != "000000" else "111111"}
        for _ in range(40):
            page = browser.open(f"{PUBLIC}sign-in/second-factor/", data=wrong)
        assert b"Incorrect code." not in page.content
        browser.open(f"{PUBLIC}sign-in/second-factor/", data={"code": code()})
        assert browser.open(PUBLIC, follow=False).status_code == 302

    def test_a_recovery_code_works_once(self, browser, guarded):
        recovery = RecoveryCodes.activate(guarded).get_unused_codes()[0]
        for reached in (PUBLIC, f"{PUBLIC}sign-in/second-factor/"):
            browser.sign_in(guarded.email)
            browser.open(f"{PUBLIC}sign-in/second-factor/", data={"code": recovery})
            assert browser.at == reached
            browser = Browser()

    def test_the_operators_admin_asks_for_it_too(self, browser, guarded):
        Person.objects.update(is_staff=True, is_superuser=True)
        browser.open(f"{PUBLIC}admin/")
        browser.sign_in(guarded.email)
        assert browser.at == f"{PUBLIC}sign-in/second-factor/"
        assert browser.open(f"{PUBLIC}admin/", follow=False).status_code == 302
        browser.open(f"{PUBLIC}sign-in/second-factor/", data={"code": code()})
        assert (browser.at, browser.open(f"{PUBLIC}admin/").status_code) == (f"{PUBLIC}admin/", 200)

    def test_no_login_page_of_an_admin_takes_a_password_alone(self, browser, guarded):
        Person.objects.update(is_staff=True)
        other = Person.objects.create_user("bob@acme.test", PASSWORD)
        browser.sign_in(other.email)
        given = {"username": guarded.email, "password": PASSWORD}
        assert browser.open(f"{PUBLIC}admin/login/", data=given).status_code == 403

    def test_an_app_is_added_by_the_person_alone(self, browser, ana):
        browser.sign_in(ana.email)
        browser.open(f"{PUBLIC}account/factors/app/")
        assert browser.at.startswith(f"{PUBLIC}account/again/")
        page = browser.open(browser.at, data={"password": PASSWORD}).content.decode()
        assert browser.at == f"{PUBLIC}account/factors/app/"
        secret = re.search(r'id="authenticator_secret" value="([A-Z2-7]+)"', page)
        assert secret
        now = format_hotp_value(hotp_value(secret.group(1), int(time.time()) // 30))
        browser.open(f"{PUBLIC}account/factors/app/", data={"code": now})
        assert Authenticator.objects.filter(user=ana, type="totp").count() == 1

    def test_neither_secret_nor_seed_is_stored_in_clear(self, guarded):
        RecoveryCodes.activate(guarded)
        stored = str(list(Authenticator.objects.values_list("data", flat=True)))
        assert SECRET not in stored
        assert stored.count("gAAAA") == 2

    def test_a_new_key_of_the_ring_takes_them_over(self, guarded, settings):
        from integrations.keyring import new_key

        old, settings.FIELD_KEYS = settings.FIELD_KEYS, [new_key(), *settings.FIELD_KEYS]
        assert second_factors.rotate(write=False).old == 1
        assert second_factors.rotate(write=True).rotated == 1
        assert second_factors.rotate(write=False).old == 0
        settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
        assert Authenticator.objects.get().wrap().validate_code(code())
        settings.FIELD_KEYS = old
        assert second_factors.rotate(write=True).unreadable == 1


class TestSessions:
    def test_signing_out_elsewhere_ends_the_sessions_on_customers_hosts(self, browser, ana):
        thief = Browser()
        for each in (thief, browser):
            each.open(ACME)
            each.sign_in(ana.email)
        page = browser.open(f"{PUBLIC}account/sessions/").content.decode()
        assert re.findall(r'<th scope="row">(\S+?)(?: <|</th>)', page).count("acme.localhost") == 2
        page = browser.open(f"{PUBLIC}account/sessions/", data={}).content.decode()
        assert "3 other sessions were ended." in page
        assert [thief.open(url, follow=False).status_code for url in (ACME, PUBLIC)] == [302, 302]
        assert browser.open(PUBLIC, follow=False).status_code == 200

    def test_nobody_sees_or_ends_what_is_not_theirs(self, browser, ana):
        bob = Person.objects.create_user("bob@acme.test", PASSWORD)
        anas = Browser()
        anas.sign_in(ana.email)
        browser.sign_in(bob.email)
        browser.open(f"{PUBLIC}account/sessions/", data={})
        assert anas.open(PUBLIC, follow=False).status_code == 200


class TestInvitations:
    @pytest.fixture
    def link(self, acme) -> str:
        actor = Actor(kind="person", id="1", label="olga@acme.test")
        with schema.within(acme):
            invitations.invite(acme, email="ivy@acme.test", role=Role.OPERATOR, actor=actor, origin="http://localhost")
        return mailed()

    def test_a_stranger_gets_an_account_and_is_in(self, browser, link):
        page = browser.open(link)
        assert b"<strong>ivy@acme.test</strong>" in page.content
        page = browser.open(link, data={"name": "Ivy", "password": PASSWORD})
        assert (browser.at, b"Ivy, operator" in page.content) == (ACME, True)

    def test_a_weak_password_is_refused_and_the_link_still_works(self, browser, link):
        page = browser.open(link, data={"name": "Ivy", "password": "ivy"})
        assert (page.status_code, b"too short" in page.content) == (422, True)
        assert Person.objects.count() == 0
        assert browser.open(link).status_code == 200

    def test_who_has_an_account_signs_in_first(self, browser, link):
        Person.objects.create_user("ivy@acme.test", PASSWORD, name="Ivy")
        assert b"Sign in to join" in browser.open(link).content
        browser.open(link, data={"name": "Eve", "password": "another canary password"})
        assert Membership.objects.count() == 0
        path = link.removeprefix("http://localhost")
        browser.open(f"{PUBLIC}sign-in/?next={path}", data={"login": "ivy@acme.test", "password": PASSWORD})
        assert browser.at == link
        assert b"Ivy, operator" in browser.open(link, data={}).content

    def test_somebody_else_who_is_signed_in_does_not_join(self, browser, link):
        Person.objects.create_user("eve@acme.test", PASSWORD)
        browser.sign_in("eve@acme.test")
        assert b"You are signed in as eve@acme.test" in browser.open(link).content
        assert browser.open(link, data={}).status_code == 409
        assert Membership.objects.count() == 0

    def test_a_used_link_says_so(self, browser, link):
        browser.open(link, data={"name": "Ivy", "password": PASSWORD})
        page = Browser().open(link)
        assert (page.status_code, b"not open any more" in page.content) == (410, True)

    def test_an_account_without_password_gets_one_by_the_link(self, browser, link):
        Person.objects.create_user("ivy@acme.test", name="Ivy")
        assert b"Ivy, operator" in browser.open(link, data={"name": "Ivy", "password": PASSWORD}).content


PAGES = [
    str(url.pattern)
    for url in entrance.urlpatterns
    if isinstance(url.pattern, RoutePattern)
    and "<" not in str(url.pattern)
    and url.name not in ("mfa_download_recovery_codes", "welcome")
]


@pytest.mark.parametrize("path", PAGES)
def test_each_page_is_ours_and_runs_nothing_that_stands_in_it(browser, ana, path):
    """As a stranger, and signed in: no inline script or style, one heading, a title."""
    for signed_in in (False, True):
        if signed_in:
            browser.sign_in(ana.email)
            browser.open(f"{PUBLIC}account/again/", data={"password": PASSWORD})
        page = browser.open(f"{PUBLIC}{path}").content.decode()
        assert re.findall(r"<script(?![^>]*(?:\ssrc=|application/json))", page) == []
        assert re.findall(r"<style|<[^>]*\sstyle=|<[^>]*\son[a-z]+=", page) == []
        assert (page.count("<h1"), page.count('id="content"')) == (1, 1), path
        assert re.search(r"<title>\s*\S[^<]* - ml-connector</title>", page)
