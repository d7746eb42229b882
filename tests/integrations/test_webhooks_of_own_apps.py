"""Webhooks of a customer's own app: an address and a key of its own."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from integrations import connections, setting_up, webhooks
from integrations.audit import PLATFORM
from integrations.connection import Check
from integrations.models import Connection
from tenants import servicetitan_tenants
from tenants.models import Customer
from tenants.schema import within
from tenants.webhook_models import WebhookRefusals
from tenants.webhook_refusals import Refusals
from tests.integrations.webhook_calls import (
    KEY,
    NOW,
    OLD_KEY,
    OWN_KEY,
    connect,
    encoded,
    event,
    events_of,
    post,
    signature,
)


@pytest.fixture(autouse=True)
def keys(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ST_WEBHOOK_KEYS = {"production": [KEY], "sandbox": []}
    monkeypatch.setattr(webhooks, "refusals", Refusals())


def own_url(customer: Customer, connection_id: Any) -> str:
    address = servicetitan_tenants.address_of(connection_id=connection_id, customer_id=customer.pk)
    return f"/webhooks/servicetitan/connections/{address}/"


def test_an_app_of_ones_own_has_an_address_and_a_key_of_its_own(acme, globex):
    url = own_url(acme, connect(acme, proven=False, webhook_key=OWN_KEY))
    connect(globex, 1002)
    assert post(encoded(event()), url=url, sign=OWN_KEY).status_code == 200
    assert post(encoded(event("two")), url=url, sign=KEY).status_code == 401  # the product's key proves nothing here
    assert post(encoded(event("three")), sign=OWN_KEY).status_code == 401  # nor its own key elsewhere
    assert ([row.occurrence for row in events_of(acme)], events_of(globex)) == (["occurrence-1"], [])


def test_an_app_of_ones_own_cannot_speak_of_another_customers_tenant(acme, globex):
    url = own_url(acme, connect(acme, webhook_key=OWN_KEY))
    connect(globex, 1002)
    assert post(encoded(event(tenant=1002)), url=url, sign=OWN_KEY).status_code == 200
    assert (events_of(acme), events_of(globex)) == ([], [])


def test_an_own_app_may_name_header_and_hash_and_rotates_its_keys(acme):
    connection_id = connect(acme, webhook_key=OWN_KEY, webhook_key_previous=OLD_KEY)
    with within(acme):
        options = {"servicetitan_tenant_id": "1001", "webhook_headers": "X-Mine, X-Yours", "webhook_hash": "sha1"}
        Connection.objects.update(options=options)
    body, url = encoded(event()), own_url(acme, connection_id)
    assert post(body, url=url, sign=OWN_KEY).status_code == 401
    right = {"X-Yours": signature(body, OLD_KEY, algorithm="sha1", encoding="base64")}
    assert post(body, url=url, sign=None, headers=right).status_code == 200


def test_an_address_that_nobody_has_and_a_connection_without_key_are_refused_alike(acme):
    keyless = own_url(acme, connect(acme))
    nobodys = "/webhooks/servicetitan/connections/" + "x" * 43
    body = encoded(event())
    answers = [post(body, url=url, sign=sign) for url in (keyless, nobodys) for sign in (KEY, None)]
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (401, b"Not accepted: the signature is missing or does not fit.\n")
    }
    assert set(WebhookRefusals.objects.values_list("reason", flat=True)) == {"no-key", "wrong", "unsigned"}


def test_an_address_is_always_the_same_and_refused_once_forgotten(acme):
    connection_id = connect(acme, webhook_key=OWN_KEY)
    url = own_url(acme, connection_id)
    assert own_url(acme, connection_id) == url
    servicetitan_tenants.forget_address(connection_id=connection_id, customer_id=acme.pk)
    assert post(encoded(event()), url=url, sign=OWN_KEY).status_code == 401


def test_a_connection_that_is_removed_while_it_is_asked_takes_no_tenant_from_others(acme, globex, monkeypatch):
    connect(acme, proven=False)
    with within(acme):
        row = Connection.objects.get()

        def asked(_: Connection) -> Any:
            setting_up.remove(Connection.objects.get(), acme, actor=PLATFORM)
            return [Check("Signing in", ok=True, detail="Accepted.")], {}

        monkeypatch.setattr(connections, "_asked", asked)
        checks = connections.ping(row, acme, now=NOW)
    assert [check.code for check in checks] == ["", "changed-meanwhile"]
    given = {"environment": "production", "tenant_id": "1001"}
    assert servicetitan_tenants.customer_of(**given) is None
    servicetitan_tenants.prove(**given, customer_id=globex.pk, connection_id=uuid4(), now=NOW)


def test_a_tenant_that_was_replaced_while_it_was_asked_is_not_proven(acme, monkeypatch):
    connect(acme, proven=False)
    with within(acme):
        row = Connection.objects.get()

        def asked(_: Connection) -> Any:
            Connection.objects.update(options={"servicetitan_tenant_id": 2002})
            return [Check("Signing in", ok=True, detail="Accepted.")], {}

        monkeypatch.setattr(connections, "_asked", asked)
        assert connections.ping(row, acme, now=NOW)[-1].code == "changed-meanwhile"
        assert Connection.objects.get().checked_at is None
    assert servicetitan_tenants.customer_of(environment="production", tenant_id="1001") is None
