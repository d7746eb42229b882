"""Keys in the portal: made, shown once, replaced, revoked."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from integrations.models import ApiKey, AuditEvent
from tenants import schema
from tenants.models import Role
from tests.portal.desk import Desk, enter, words


@pytest.fixture
def desk(acme) -> Desk:
    return enter(acme, Role.OWNER)


def make(desk: Desk, **given: str) -> str:
    answer = desk.post("/keys/", follow=False, **{"name": "Data warehouse", "scope": "read", "days": "365", **given})
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    (secret,) = set(re.findall(r"mlc_\w{8}_[\w-]{43}", answer.content.decode()))
    return secret


def calls(host: str, secret: str) -> int:
    return Client(SERVER_NAME=host).get("/api/v1/customer", headers={"Authorization": f"Bearer {secret}"}).status_code


def test_a_key_opens_the_api_of_its_customer_and_is_shown_once(desk, globex):
    secret = make(desk)
    assert calls("acme.localhost", secret) == 200
    assert calls("globex.localhost", secret) == 401
    page = desk.get("/keys/").content.decode()
    assert secret not in page
    assert secret[:12] in page


def test_what_is_missing_is_told_beside_its_field_and_nothing_is_made(desk, acme):
    answer = desk.post("/keys/", follow=False, name="", scope="everything")
    assert answer.status_code == 422
    assert "This field is required." in words(answer)
    assert "Select a valid choice." in words(answer)
    with schema.within(acme):
        assert ApiKey.objects.count() == 0


def test_a_new_secret_replaces_the_old_one_at_once_where_that_was_chosen(desk, acme):
    old = make(desk)
    with schema.within(acme):
        key = ApiKey.objects.get()
    answer = desk.post(f"/keys/{key.pk}/renew/", follow=False, overlap="0")
    new = next(iter(set(re.findall(r"mlc_\w{8}_[\w-]{43}", answer.content.decode()))))
    assert (calls("acme.localhost", old), calls("acme.localhost", new)) == (401, 200)


def test_a_revoked_key_opens_nothing_and_cannot_be_replaced(desk, acme):
    secret = make(desk)
    with schema.within(acme):
        key = ApiKey.objects.get()
    assert "Data warehouse is revoked" in words(desk.post(f"/keys/{key.pk}/revoke/"))
    assert calls("acme.localhost", secret) == 401
    answer = desk.post(f"/keys/{key.pk}/renew/", overlap="0")
    assert "This key is revoked or has expired" in words(answer)
    with schema.within(acme):
        deeds = AuditEvent.objects.filter(subject="Data warehouse").order_by("sequence")
        assert list(deeds.values_list("action", flat=True)) == ["api-key.created", "api-key.revoked"]


def test_an_overlap_that_is_not_offered_changes_nothing(desk, acme):
    secret = make(desk)
    with schema.within(acme):
        key = ApiKey.objects.get()
    assert "Choose when the old secret ends." in words(desk.post(f"/keys/{key.pk}/renew/", overlap="99999999"))
    assert calls("acme.localhost", secret) == 200


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_only_owners_see_and_make_keys(acme, role):
    desk = enter(acme, role)
    assert desk.get("/keys/").status_code == 403
    assert desk.post("/keys/", follow=False, name="x", scope="read").status_code == 403
    with schema.within(acme):
        assert ApiKey.objects.count() == 0


def test_another_customers_key_is_not_found(desk, globex, acme):
    theirs = enter(globex, Role.OWNER)
    secret = make(theirs)
    with schema.within(globex):
        key = ApiKey.objects.get()
    for path in (f"/keys/{key.pk}/renew/", f"/keys/{key.pk}/revoke/"):
        assert desk.post(path, follow=False, overlap="0").status_code == 404
    assert calls("globex.localhost", secret) == 200
