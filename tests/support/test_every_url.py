"""Every address of both admin sites, found by walking them: who gets in, what a viewer can change, what pages hold."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver

from integrations.models import Connection, EventEndpoint
from tenants import schema
from tenants.models import Customer, Membership, Person, Role
from tests.api.books import digest_of
from tests.support.test_desk import one_of_each
from tests.tenants.browser import PASSWORD, Browser

ACME, PUBLIC = "http://acme.localhost/", "http://localhost/"
NOBODY = "01890000-0000-7000-8000-000000000001"
FORM = {
    "reason": "x",
    "target_key": "9",
    "difference": str(uuid.uuid4()),
    "map": "cost-center",
    "key": "K2",
    "value": "ignore",
    "states": "quarantined",
    "start": "",
    "confirmed": "yes",
    "action": "replay_selected",
    "system": "sap",
    "name": "new",
    "environment": "sandbox",
    "secret-password": "canary",
}


def walk(patterns: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """Address and name of every page below."""
    for pattern in patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, here)
        elif isinstance(pattern, URLPattern):
            yield here.replace("^", "").replace("$", "").replace("\\Z", ""), str(pattern.name or "")


def addresses(urls: str, rows: dict[str, str] | None = None) -> list[str]:
    """Those below admin/, with the id of a row where one is wanted, and a verb of its page."""
    from integrations.admin import customer_site

    deeds = {m._meta.model_name: sorted(getattr(p, "deeds", {})) for m, p in customer_site._registry.items()}
    found = []
    for path, _ in walk(import_module(urls).urlpatterns):
        if not path.startswith("admin/") or "(?P<url>" in path:
            continue
        parts = path.split("/")
        model = parts[2] if len(parts) > 2 else ""
        row = (rows or {}).get(model, NOBODY)
        for verb in deeds.get(model, []) if "<slug:verb>" in path else [""]:
            filled = re.sub(r"<(path|str|uuid):\w+>|\(\?P<\w+>[^)]*\)", row, path.replace("<slug:verb>", verb))
            found.append(re.sub(r"<int:\w+>", "1", filled))
    return sorted(set(found))


@pytest.fixture
def ids(acme: Customer, records: dict[str, Any]) -> dict[str, str]:
    rows = one_of_each(acme, records)
    with schema.within(acme):
        Connection.objects.filter(pk=records["sap"].pk).update(token="canary-token")
        EventEndpoint.objects.create(url="https://hook.test/", secrets=[{"secret": "whsec_canary", "until": ""}])
    return {row._meta.model_name: str(row.pk) for row in rows.values()}


def signed_in(person: Person) -> Browser:
    browser = Browser()
    browser.sign_in(person.email)
    return browser


def test_there_are_addresses_to_walk():
    own, public = addresses("connector.urls_customer"), addresses("connector.urls_public")
    assert len(own) > 60
    assert len(public) > 30
    assert f"admin/integrations/delivery/{NOBODY}/do/replay/" in own
    assert "admin/step-in/" in public


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("who", ["nobody", "owner of the customer", "staff who has not stepped in"])
def test_no_address_of_the_desk_opens_without_having_stepped_in(acme, ids, who, method):
    browser = Browser()
    if who != "nobody":
        person = Person.objects.create_user("x@host.test", PASSWORD, is_staff=who.startswith("staff"))
        if who.startswith("owner"):
            Membership.objects.create(customer=acme, person=person, role=Role.OWNER)
        browser = signed_in(person)
        browser.open(ACME)
    before = digest_of(acme)
    for path in addresses("connector.urls_customer", ids):
        answer = browser.open(ACME + path, data=None if method == "GET" else FORM, follow=False)
        assert answer.status_code in (302, 303, 403, 404, 405), (path, answer.status_code)
        assert answer.status_code not in (302, 303) or re.search("sign-in|/admin/(login/|$)", answer["Location"]), (
            path,
            answer["Location"],
        )
    assert digest_of(acme) == before


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("is_staff", [False, True])
def test_without_a_right_no_address_of_the_operators_shows_a_customer(acme, ids, is_staff, method):
    browser = signed_in(Person.objects.create_user("new@host.test", PASSWORD, is_staff=is_staff))
    before = digest_of(acme)
    for path in addresses("connector.urls_public"):
        if path in ("admin/logout/", "admin/password_change/"):
            continue  # one's own
        answer = browser.open(PUBLIC + path, data=None if method == "GET" else FORM, follow=False)
        assert b"Acme" not in answer.content, path
        assert is_staff or answer.status_code != 200, path
    assert digest_of(acme) == before
    assert Customer.objects.filter(suspended_at=None, schema_name="acme").exists()


def test_a_viewer_changes_nothing_at_any_address_by_any_request(acme, ids, desk_as):
    viewer = desk_as(Role.VIEWER)
    before = digest_of(acme)
    for path in addresses("connector.urls_customer", ids):
        if path in ("admin/step-out/", "admin/logout/"):
            continue  # ends what this test is about
        form = {**FORM, "_selected_action": ids["delivery"]}
        answer = viewer.browser.open(ACME + path, data=form, follow=False)
        assert answer.status_code in (200, 302, 403, 404, 405), (path, answer.status_code)
        assert "/do/" not in path or "/do/compare/" in path or answer.status_code == 403, path
        assert digest_of(acme) == before, path


def test_no_page_at_any_address_holds_a_secret(acme, ids, desk_as):
    owner = desk_as(Role.OWNER)
    opened = 0
    for path in addresses("connector.urls_customer", ids):
        answer = owner.browser.open(ACME + path, follow=False)
        assert b"canary" not in answer.content, path
        opened += answer.status_code == 200
    assert opened > 35
    operator = signed_in(Person.objects.create_superuser("root@host.test", PASSWORD))
    for path in addresses("connector.urls_public"):
        assert b"canary" not in operator.open(PUBLIC + path, follow=False).content, path
