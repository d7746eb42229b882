"""Every method of every route, for everybody who must not: refused, and nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from integrations import api_keys
from tenants import schema
from tenants.models import Membership, Person, Role
from tests.api.books import digest_of, fill
from tests.api.caller import TEST, Caller, caller_of, make_key
from tests.api.routes import operations
from tests.tenants.browser import PASSWORD, Browser

OPERATIONS = list(operations())
BELOW = {"read": None, "operate": "read", "configure": "operate"}
MOMENT = timedelta(minutes=1)


def nobody(acme, globex) -> Caller:
    return Caller()


def of_another_customer(acme, globex) -> Caller:
    return Caller(key=make_key(globex)[1])


def expired(acme, globex) -> Caller:
    now = timezone.now()
    return Caller(key=make_key(acme, now=now - 2 * MOMENT, expires_at=now - MOMENT)[1])


def revoked(acme, globex) -> Caller:
    key, secret = make_key(acme)
    with schema.within(acme), transaction.atomic():
        api_keys.revoke(key, actor=TEST, now=timezone.now())
    return Caller(key=secret)


def replaced(acme, globex) -> Caller:
    key, secret = make_key(acme)
    with schema.within(acme), transaction.atomic():
        api_keys.rotate(key, overlap=timedelta(0), actor=TEST, now=timezone.now() - MOMENT)
    return Caller(key=secret)


def not_ours(acme, globex) -> Caller:
    return Caller(key="mlc_00000000_canary")


STRANGERS: list[Callable[..., Caller]] = [nobody, of_another_customer, expired, revoked, replaced, not_ours]


def refuse_all(who: Caller, acme, globex, status: int, problem: str, needs: str = "") -> None:
    before = digest_of(acme, globex)
    chosen = [each for each in OPERATIONS if not needs or each.needs == needs]
    for each in chosen:
        answer = who.call(each.method, each.path, {} if each.method != "GET" else b"", If_Match="*")
        assert answer.status_code == status, f"{each.method} {each.path}: {answer.content!r}"
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["type"] == f"urn:ml-connector:problem:{problem}"
    assert digest_of(acme, globex) == before


@pytest.mark.parametrize("stranger", STRANGERS)
def test_no_call_is_answered_to_a_stranger(acme, globex, stranger):
    fill(acme)
    fill(globex)
    who = stranger(acme, globex)
    refuse_all(who, acme, globex, 401, "not-signed-in")
    assert who.get("customer")["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("needs", ["operate", "configure"])
def test_a_key_does_not_reach_beyond_its_scope(acme, globex, needs):
    fill(acme)
    fill(globex)
    refuse_all(caller_of(acme, BELOW[needs] or ""), acme, globex, 403, "scope-missing", needs)


@pytest.fixture
def session_of(acme) -> Callable[[Role], Caller]:
    """Somebody with this role at acme who has signed in with a browser."""

    def make(role: Role) -> Caller:
        person = Person.objects.create_user(f"{role}@acme.test", PASSWORD)
        Membership.objects.create(customer=acme, person=person, role=role)
        browser = Browser()
        browser.open("http://acme.localhost/")
        browser.sign_in(person.email)
        return Caller(client=browser.clients["acme.localhost"])

    return make


@pytest.mark.parametrize("needs", ["operate", "configure"])
def test_a_viewer_changes_nothing(acme, globex, session_of, needs):
    fill(acme)
    refuse_all(session_of(Role.VIEWER), acme, globex, 403, "scope-missing", needs)


def test_an_operator_configures_nothing(acme, globex, session_of):
    fill(acme)
    refuse_all(session_of(Role.OPERATOR), acme, globex, 403, "scope-missing", "configure")


@pytest.mark.parametrize("role", list(Role))
def test_members_read_with_their_session(acme, session_of, role):
    assert session_of(role).get("customer").json()["id"] == "acme"


def test_a_session_is_asked_for_the_token_of_our_own_pages(acme, globex, session_of):
    fill(acme)
    owner = session_of(Role.OWNER)
    owner.client.handler.enforce_csrf_checks = True
    before = digest_of(acme, globex)
    for each in OPERATIONS:
        if each.method != "GET":
            answer = owner.call(each.method, each.path, {}, If_Match="*")
            assert (answer.status_code, answer.json()["type"]) == (403, "urn:ml-connector:problem:csrf"), each.path
    assert digest_of(acme, globex) == before


FORM = b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n%s\r\n--x--\r\n'


@pytest.mark.parametrize(("size", "status"), [(1, 415), (3_000_000, 413)])
@pytest.mark.parametrize("more", [{}, {"Idempotency_Key": "one"}])
def test_a_form_that_comes_with_a_session_is_refused_and_written_nowhere(session_of, monkeypatch, size, status, more):
    def written(*_: object, **__: object) -> None:
        raise AssertionError("A file of a form was kept.")

    monkeypatch.setattr("django.core.files.uploadhandler.TemporaryFileUploadHandler.new_file", written)
    owner, form = session_of(Role.OWNER), "multipart/form-data; boundary=x"
    owner.client.handler.enforce_csrf_checks = True
    owner.client.cookies[settings.CSRF_COOKIE_NAME] = token = "canary" + "a" * 26
    answer = owner.post("members", FORM % (b"a" * size), Content_Type=form, X_CSRFToken=token, **more)
    assert answer.status_code == status


def test_a_former_member_is_a_stranger_at_once(acme, session_of):
    viewer = session_of(Role.VIEWER)
    Membership.objects.all().delete()
    assert viewer.get("customer").status_code == 401


def test_a_wrong_key_is_refused_although_a_session_comes_with_it(session_of):
    owner = session_of(Role.OWNER)
    owner.key = "mlc_00000000_canary"
    assert owner.get("customer").status_code == 401


@pytest.mark.parametrize("header", ["Basic Y2FuYXJ5", "Bearer", "mlc_canary", "Token mlc_canary"])
def test_any_other_authorization_is_refused(acme, header):
    assert Caller().get("customer", Authorization=header).status_code == 401


def test_a_suspended_customer_is_told_so(acme, api):
    acme.suspended_at = timezone.now()
    acme.save()
    answer = api.get("customer")
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:ml-connector:problem:customer-suspended")
