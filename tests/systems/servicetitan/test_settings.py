"""A connection is complete or says in words what is missing; hosts follow the environment."""

from __future__ import annotations

import pytest

from integrations.errors import Misconfigured
from integrations.systems.servicetitan.settings import account, problems
from tests.systems.servicetitan.connecting import settings


def fields(connection) -> list[str]:
    return [field for field, _ in problems(connection)]


def test_a_complete_connection_has_no_problems():
    assert problems(settings()) == []


@pytest.mark.parametrize(
    ("environment", "api", "token"),
    [
        ("production", "https://api.servicetitan.io", "https://auth.servicetitan.io/connect/token"),
        (
            "sandbox",
            "https://api-integration.servicetitan.io",
            "https://auth-integration.servicetitan.io/connect/token",
        ),
    ],
)
def test_each_environment_has_hosts_of_its_own(environment, api, token):
    found = account(settings(environment=environment))
    assert (found.api_url, found.token_url) == (api, token)


def test_hosts_set_by_staff_win_over_the_environment():
    found = account(settings("http://127.0.0.1:1", environment="production"))
    assert (found.api_url, found.token_url) == ("http://127.0.0.1:1", "http://127.0.0.1:1/connect/token")


@pytest.mark.parametrize("tenant", ["", "0", "-5", "12a", "1 2", "99999999999999999999"])
def test_a_tenant_id_that_is_no_number_is_a_problem(tenant):
    assert fields(settings(options={"servicetitan_tenant_id": tenant})) == ["servicetitan_tenant_id"]


@pytest.mark.parametrize("name", ["client_id", "client_secret", "app_key"])
def test_a_missing_credential_is_a_problem_of_that_field(name):
    assert fields(settings(credentials={name: " "})) == [name]


def test_unknown_options_and_credentials_are_named():
    connection = settings(options={"tenant": "1"}, credentials={"password": "canary"})
    assert fields(connection) == ["tenant", "password"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("page_size", 0), ("page_size", 5000), ("page_size", "200"), ("page_size", True), ("calls_per_second", 61)],
)
def test_a_number_out_of_range_is_a_problem(name, value):
    assert fields(settings(options={name: value})) == [name]


def test_a_missing_guid_is_a_problem_because_vendors_could_not_be_found_again():
    assert fields(settings(options={"external_data_guid": ""})) == ["external_data_guid"]


def test_an_incomplete_connection_opens_no_client():
    with pytest.raises(Misconfigured, match="Application key of the app") as caught:
        account(settings(credentials={"app_key": ""}))
    assert caught.value.code == "connection-incomplete"


def test_secrets_stand_in_no_repr():
    connection = settings(credentials={"client_secret_previous": "cs1.canary-old"})
    found = account(connection)
    assert found.secrets == ("cs1.canary-1001", "cs1.canary-old")
    assert "cs1" not in repr(found)
    assert "ak1" not in repr(found)
    assert "cs1" not in repr(connection)


@pytest.mark.parametrize(
    "key", ["canary-short", "canary-" + "x" * 58, "canary-with a blank-of-thirty-two-characters", "é" * 40]
)
def test_a_webhook_key_that_the_portal_would_not_take_is_a_problem(key):
    assert fields(settings(credentials={"webhook_key": key})) == ["webhook_key"]


def test_a_webhook_key_is_optional_and_the_one_before_needs_it():
    key = "canary-webhook-key-of-at-least-32-chars"
    assert problems(settings(credentials={"webhook_key": key, "webhook_key_previous": key[::-1]})) == []
    assert fields(settings(credentials={"webhook_key_previous": key})) == ["webhook_key"]


def test_headers_and_hash_of_webhooks_are_names_that_can_be():
    assert problems(settings(options={"webhook_headers": "X-A, x-b", "webhook_hash": "sha512"})) == []
    assert fields(settings(options={"webhook_headers": "X A"})) == ["webhook_headers"]
    assert fields(settings(options={"webhook_hash": "md5"})) == ["webhook_hash"]
