"""Signing in on the public host, and the hand-over to a customer's host."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils import timezone

from tenants import handover, throttle
from tenants.doors import role_required
from tenants.models import Membership, Person, Role, SignInCode
from tests.tenants.browser import PASSWORD, Browser

ACME, GLOBEX, PUBLIC = "http://acme.localhost/", "http://globex.localhost/", "http://localhost/"


@pytest.fixture
def ana(acme) -> Person:
    """A viewer of acme, and of nobody else."""
    person = Person.objects.create_user("ana@acme.test", PASSWORD, name="Ana")
    Membership.objects.create(customer=acme, person=person, role=Role.VIEWER)
    return person


@pytest.fixture
def browser(db) -> Browser:
    return Browser()


@pytest.fixture
def inside(ana, browser) -> Browser:
    """Ana's browser, signed in at acme."""
    browser.open(ACME)
    browser.sign_in("ana@acme.test")
    return browser


def code_of(browser: Browser) -> str:
    entered = next(url for url in reversed(browser.trail) if "/enter/" in url)
    return parse_qs(urlsplit(entered).query)["code"][0]


def test_a_member_arrives_at_the_page_they_wanted(ana, browser):
    browser.open(f"{ACME}?tab=2")
    assert browser.at.startswith(f"{PUBLIC}sign-in/?next=/hand-over/")
    page = browser.sign_in("Ana@ACME.test")
    assert (page.status_code, browser.at) == (200, f"{ACME}?tab=2")
    assert b"Acme Plumbing" in page.content
    assert b"Ana, viewer" in page.content


def test_who_is_signed_in_already_comes_in_without_a_password(inside, globex, ana):
    Membership.objects.create(customer=globex, person=ana, role=Role.OWNER)
    page = inside.open(GLOBEX)
    assert inside.at == GLOBEX
    assert b"Ana, owner" in page.content


def test_the_public_host_offers_ones_own_customers_only(inside, globex):
    page = inside.open(PUBLIC)
    assert b"Acme Plumbing" in page.content
    assert b'href="http://acme.localhost/"' in page.content
    assert b"Globex" not in page.content


def test_a_person_of_acme_cannot_open_globex(inside, globex):
    page = inside.open(GLOBEX)
    assert page.status_code == 403
    assert inside.at.startswith(f"{PUBLIC}hand-over/?to=globex.localhost")
    assert SignInCode.objects.count() == 0


def test_a_session_of_one_host_is_worth_nothing_on_another(inside, globex, ana):
    Membership.objects.create(customer=globex, person=ana, role=Role.OWNER)
    for source, target in [
        ("acme.localhost", "globex.localhost"),
        ("localhost", "globex.localhost"),
        ("acme.localhost", "localhost"),
    ]:
        thief = Browser()
        thief.open(f"http://{target}/sign-in/", follow=False)
        thief.clients[target].cookies["session"] = inside.cookie(source, "session")
        assert thief.open(f"http://{target}/", follow=False).status_code == 302, (source, target)
    assert inside.open(ACME, follow=False).status_code == 200


def test_the_session_cookie_is_for_one_host_only(inside):
    cookie = inside.clients["acme.localhost"].cookies["session"]
    assert (cookie["domain"], cookie["httponly"], cookie["samesite"]) == ("", True, "Lax")


def test_a_code_works_once(inside):
    code = code_of(inside)
    inside.open(f"{ACME}sign-out/", data={}, follow=False)
    inside.open(f"{ACME}sign-in/", follow=False)
    assert inside.open(f"{ACME}enter/?code={code}").status_code == 403


def test_a_code_is_used_up_even_by_the_wrong_browser(ana, acme, globex):
    now = timezone.now()
    code = handover.issue(person=ana, customer=acme, state_hash=handover.hashed("state"), now=now)
    with pytest.raises(handover.CodeRefused):
        handover.redeem(code=code, customer=acme, state="another", now=now)
    with pytest.raises(handover.CodeRefused):
        handover.redeem(code=code, customer=acme, state="state", now=now)


@pytest.mark.parametrize(("seconds", "works"), [(59, True), (60, False)])
def test_a_code_works_for_a_minute(ana, acme, seconds, works):
    now = timezone.now()
    code = handover.issue(person=ana, customer=acme, state_hash=handover.hashed("state"), now=now)
    later = now + timedelta(seconds=seconds)
    if works:
        assert handover.redeem(code=code, customer=acme, state="state", now=later) == ana
    else:
        with pytest.raises(handover.CodeRefused):
            handover.redeem(code=code, customer=acme, state="state", now=later)


def test_a_code_for_acme_opens_nothing_at_globex(ana, acme, globex):
    Membership.objects.create(customer=globex, person=ana, role=Role.OWNER)
    now = timezone.now()
    code = handover.issue(person=ana, customer=acme, state_hash=handover.hashed("state"), now=now)
    with pytest.raises(handover.CodeRefused):
        handover.redeem(code=code, customer=globex, state="state", now=now)


def test_a_code_sent_to_somebody_else_signs_nobody_in(inside):
    """An attacker who hands their own fresh code to a victim must not get the victim into the attacker's account."""
    victim = Browser()
    victim.open(f"{ACME}sign-in/", follow=False)
    fresh = handover.issue(
        person=Person.objects.get(), customer=Membership.objects.get().customer, state_hash="0" * 64, now=timezone.now()
    )
    assert victim.open(f"{ACME}enter/?code={fresh}").status_code == 403
    assert victim.open(ACME, follow=False).status_code == 302


def test_neither_code_nor_state_is_stored_in_clear(ana, acme):
    code = handover.issue(person=ana, customer=acme, state_hash=handover.hashed("state"), now=timezone.now())
    row = SignInCode.objects.get()
    assert code not in (row.code_hash, row.state_hash)
    assert row.code_hash == handover.hashed(code)


def test_expired_codes_are_forgotten(ana, acme):
    now = timezone.now()
    for later in (0, 61):
        handover.issue(person=ana, customer=acme, state_hash="0" * 64, now=now + timedelta(seconds=later))
    assert SignInCode.objects.count() == 1


def test_a_removed_membership_locks_out_at_once(inside):
    assert inside.open(ACME).status_code == 200
    Membership.objects.all().delete()
    assert inside.open(ACME, follow=False).status_code == 302
    assert inside.open(ACME).status_code == 403


def test_a_membership_that_comes_back_does_not_revive_the_old_session(inside, ana, acme):
    Membership.objects.all().delete()
    inside.open(ACME, follow=False)
    Membership.objects.create(customer=acme, person=ana)
    assert inside.open(ACME, follow=False).status_code == 302


def test_a_changed_role_counts_at_once(inside):
    Membership.objects.update(role=Role.OWNER)
    assert b"Ana, owner" in inside.open(ACME).content


def test_a_person_who_is_switched_off_is_out_at_once(inside):
    Person.objects.update(is_active=False)
    assert inside.open(ACME, follow=False).status_code == 302


def test_a_new_password_ends_every_session(inside, ana):
    ana.set_password("another long canary password")
    ana.save()
    assert inside.open(ACME, follow=False).status_code == 302
    assert inside.open(PUBLIC, follow=False).status_code == 302


def test_signing_out_ends_the_session_of_that_host(inside):
    cookie = inside.cookie("acme.localhost", "session")
    inside.open(f"{ACME}sign-out/", data={})
    inside.clients["acme.localhost"].cookies["session"] = cookie
    assert inside.open(ACME, follow=False).status_code == 302


def test_a_suspended_customer_is_closed_and_says_so(inside, acme):
    acme.suspended_at = timezone.now()
    acme.save()
    page = inside.open(ACME)
    assert page.status_code == 403
    assert b"Acme Plumbing is suspended" in page.content


def test_signing_in_never_leads_away_from_the_platform(ana, browser):
    browser.open(f"{PUBLIC}sign-in/?next=https://evil.example/", follow=False)
    browser.open(f"{PUBLIC}sign-in/?next=https://evil.example/", data={"login": ana.email, "password": PASSWORD})
    assert browser.at == PUBLIC
    browser.open(f"{ACME}sign-in/?next=//evil.example/")
    assert browser.at == ACME


@pytest.mark.parametrize("query", ["to=evil.example&state=" + "0" * 64, "to=acme.localhost&state=short", ""])
def test_a_hand_over_to_nowhere_is_refused(inside, query):
    assert inside.open(f"{PUBLIC}hand-over/?{query}").status_code == 400


@pytest.mark.parametrize("email", ["ana@acme.test", "nobody@acme.test"])
def test_a_failure_does_not_tell_who_exists(ana, browser, email):
    page = browser.sign_in(email, "a wrong canary password")
    assert browser.at == f"{PUBLIC}sign-in/"
    assert b"This address and password do not belong together." in page.content
    assert b"canary" not in page.content


class TestGuessing:
    NOW = datetime(2026, 3, 2, 12, 0, tzinfo=timezone.get_default_timezone())

    @pytest.fixture
    def clock(self):
        with time_machine.travel(self.NOW, tick=False) as traveller:
            yield traveller

    def test_after_five_failures_even_the_right_password_waits_a_quarter_of_an_hour(self, clock, ana, browser):
        for _ in range(throttle.PER_ACCOUNT):
            browser.sign_in(ana.email, "a wrong canary password")
        assert b"Too many attempts" in browser.sign_in(ana.email).content
        clock.shift(throttle.WINDOW - timedelta(seconds=1))
        assert b"Too many attempts" in browser.sign_in(ana.email).content
        clock.shift(timedelta(seconds=1))
        assert (browser.sign_in(ana.email).status_code, browser.at) == (200, PUBLIC)

    def test_failures_of_one_account_do_not_lock_out_another(self, clock, ana, browser):
        for _ in range(throttle.PER_ACCOUNT):
            browser.sign_in("somebody@else.test", "a wrong canary password")
        assert (browser.sign_in(ana.email).status_code, browser.at) == (200, PUBLIC)

    def test_one_address_cannot_try_many_accounts(self, clock, ana, browser):
        for number in range(throttle.PER_ADDRESS):
            throttle.failed(email=f"{number}@else.test", address="127.0.0.1", now=timezone.now())
        assert b"Too many attempts" in browser.sign_in(ana.email).content

    def test_a_success_forgets_the_failures_before(self, clock, ana, browser):
        for _ in range(throttle.PER_ACCOUNT - 1):
            browser.sign_in(ana.email, "a wrong canary password")
        browser.sign_in(ana.email)
        browser.open(f"{PUBLIC}sign-out/", data={})
        browser.sign_in(ana.email, "a wrong canary password")
        assert (browser.sign_in(ana.email).status_code, browser.at) == (200, PUBLIC)

    def test_behind_a_proxy_the_proxy_says_who_is_calling(self, rf, settings):
        request = rf.get("/", headers={"X-Forwarded-For": "1.1.1.1, 2.2.2.2"}, REMOTE_ADDR="10.0.0.1")
        assert throttle.address_of(request) == "10.0.0.1"
        settings.BEHIND_PROXY = True
        assert throttle.address_of(request) == "2.2.2.2"


@pytest.mark.parametrize(
    ("role", "needed", "status"),
    [
        ("owner", "owner", 200),
        ("owner", "viewer", 200),
        ("operator", "owner", 403),
        ("operator", "operator", 200),
        ("viewer", "operator", 403),
        (None, "viewer", 403),
    ],
)
def test_a_page_may_need_a_role(rf, role, needed, status):
    @role_required(Role(needed))
    def page(request):
        return HttpResponse()

    request = rf.get("/")
    request.role = Role(role) if role else None
    try:
        answer = page(request).status_code
    except PermissionDenied:
        answer = 403
    assert answer == status
