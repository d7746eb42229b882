"""An SAP connection is complete, or says in a sentence each what is missing."""

from __future__ import annotations

import pytest

from integrations.connection import ConnectionSettings
from integrations.errors import Misconfigured
from integrations.systems.sap import system
from integrations.systems.sap.settings import account, problems

URL = "https://my300001-api.s4hana.cloud.sap"


def settings(base_url: str = URL, credentials: dict | None = None, **options) -> ConnectionSettings:
    known = {"username": "COMM_USER", "password": "canary-password"} if credentials is None else credentials
    return ConnectionSettings(
        id="c1", system="sap", environment="sandbox", base_url=base_url, options=options, credentials=known
    )


def test_a_user_and_a_password_are_enough():
    assert problems(settings()) == []
    assert account(settings()).token_url == f"{URL}/sap/bc/sec/oauth2/token"


def test_nothing_secret_shows_in_a_repr():
    assert "canary" not in repr(settings()) + repr(account(settings()))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"base_url": "my300001-api.s4hana.cloud.sap"}, "base_url"),
        ({"base_url": ""}, "base_url"),
        ({"base_url": "https://user:canary@host"}, "base_url"),
        ({"base_url": URL + "/sap/opu/odata/sap/API_BUSINESS_PARTNER"}, "base_url"),
        ({"base_url": URL + "?sap-client=100"}, "base_url"),
        ({"base_url": URL + "#top"}, "base_url"),
        ({"base_url": "https://my300001 -api.s4hana.cloud.sap"}, "base_url"),
        ({"base_url": "https://host:port"}, "base_url"),
        ({"auth_method": "saml"}, "auth_method"),
        ({"auth_method": "oauth"}, "client_id"),
        ({"auth_method": "oauth", "token_url": "auth.example.com"}, "token_url"),
        ({"credentials": {"username": "U"}}, "password"),
        ({"credentials": {"username": "U", "password": " "}}, "password"),
        ({"credentials": {"username": "U", "password": "canary", "pin": "canary"}}, "pin"),
        ({"sap_client_number": "1"}, "sap_client_number"),
        ({"language": "english"}, "language"),
        ({"reference_field": "YY1_Ours"}, "reference_field"),
        ({"history_from": "last year"}, "history_from"),
        ({"history_from": "20260101"}, "history_from"),
        ({"page_size_orders": 0}, "page_size_orders"),
        ({"page_size_orders": True}, "page_size_orders"),
        ({"page_size_orders": "50"}, "page_size_orders"),
        ({"pagesize": 50}, "pagesize"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(given, field):
    found = problems(settings(**given))
    assert field in [name for name, _ in found]
    assert "canary" not in str(found)
    with pytest.raises(Misconfigured):
        account(settings(**given))


def test_a_token_host_of_its_own_may_be_called():
    given = {"client_id": "id", "client_secret": "canary-secret"}
    connection = settings(credentials=given, auth_method="oauth", token_url="https://auth.example.com/token")
    assert problems(connection) == []
    assert system.extra_hosts(connection) == ("https://auth.example.com/token",)
    assert system.extra_hosts(settings()) == ()
