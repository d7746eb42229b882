"""The gate: tokens, application key, tenants, scopes, rate limit; and the shapes in which it says no."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulators.servicetitan.simulator import ServiceTitan
from simulators.wire import Request, Response, dump_json
from tests.simulators.servicetitan_service import APP_KEY, FORM, VENDOR, Service, token_form


def _token(titan: ServiceTitan, body: bytes, kind: str = FORM["content-type"]) -> Response:
    return titan.handle(Request.of("POST", "/connect/token", {"content-type": kind}, body))


def test_a_token_is_given_for_form_encoded_credentials(titan: ServiceTitan) -> None:
    answer = _token(titan, token_form()).json()
    assert (answer["expires_in"], answer["token_type"]) == (900, "Bearer")
    assert len(answer["access_token"].split(".")) == 3
    assert "tn.inv.purchaseorders:w" in answer["scope"].split()


def test_json_credentials_are_refused_with_400(titan: ServiceTitan) -> None:
    body = {"grant_type": "client_credentials", "client_id": "cid.canary-1001", "client_secret": "cs1.canary-1001"}
    assert _token(titan, json.dumps(body).encode(), "application/json").status == 400


@pytest.mark.parametrize("status", [400, 401])
def test_a_wrong_secret_is_an_invalid_client_with_either_status(service: Service, status: int) -> None:
    service.switch(token_error_status=status)
    answer = _token(service.simulator, token_form(secret="cs1.canary-wrong"))
    assert (answer.status, answer.json()) == (status, {"error": "invalid_client"})


def test_two_secrets_can_be_active_at_once(service: Service) -> None:
    secrets = ["cs1.canary-1001", "cs2.canary-new"]
    service.control("POST", "credentials", {"tenant": 1001, "client_secrets": secrets})
    assert [_token(service.simulator, token_form(secret=it)).status for it in secrets] == [200, 200]


def test_a_token_expires_after_fifteen_minutes(service: Service) -> None:
    service.control("POST", "clock", {"now": "2026-01-31T08:00:00Z", "frozen": True})
    service.token(1001)
    service.control("POST", "clock", {"advance": 899})
    assert service.send("GET", "inventory/vendors").status == 200
    service.control("POST", "clock", {"advance": 1})
    assert service.send("GET", "inventory/vendors").status == 401


def test_the_token_endpoint_is_throttled_when_asked_too_often(service: Service) -> None:
    service.switch(tokens_per_minute=2)
    assert [_token(service.simulator, token_form()).status for _ in range(3)] == [200, 200, 429]


def test_a_bare_token_is_accepted_and_remarked(service: Service) -> None:
    answer = service.send("GET", "inventory/vendors", headers={"authorization": service.token(1001)})
    assert answer.status == 200
    assert service.control("GET", "log")["requests"][-1]["remarks"] == ["bare token"]


def test_the_application_key_is_needed_on_every_call(service: Service) -> None:
    assert service.send("GET", "inventory/vendors", headers={"st-app-key": ""}).status == 401
    assert service.send("GET", "inventory/vendors", headers={"st-app-key": "ak1.canary-other"}).status == 403


def test_the_application_key_in_the_query_works_and_is_not_logged(service: Service) -> None:
    answer = service.send("GET", f"inventory/vendors?servicetitanapplicationkey={APP_KEY}", headers={"st-app-key": ""})
    assert answer.status == 200
    assert "canary" not in json.dumps(service.control("GET", "log"))


def test_a_tenants_token_opens_no_other_tenant(service: Service) -> None:
    answer = service.send(
        "GET", "inventory/vendors", tenant=1002, headers={"authorization": f"Bearer {service.token(1001)}"}
    )
    assert answer.status == 403


def test_tenants_share_no_rows(service: Service) -> None:
    number = service.vendor()
    assert service.rows("inventory/vendors?active=Any", tenant=1002) == []
    assert service.send("GET", f"inventory/vendors/{number}", tenant=1002).status == 404


def test_a_missing_scope_is_a_403_for_that_capability_only(service: Service) -> None:
    service.control("POST", "credentials", {"tenant": 1001, "without_scopes": ["tn.inv.vendors:w"]})
    assert service.send("POST", "inventory/vendors", VENDOR).status == 403
    assert service.send("GET", "inventory/vendors").status == 200


def test_a_scope_taken_away_counts_for_tokens_already_given(service: Service) -> None:
    service.token(1001)
    service.control("POST", "credentials", {"tenant": 1001, "without_scopes": ["tn.inv.vendors:r"]})
    assert service.send("GET", "inventory/vendors").status == 403


@pytest.mark.parametrize(
    ("shape", "members"),
    [
        ("problem", {"type", "title", "status", "traceId", "errors", "data"}),
        ("gateway", {"statusCode", "message"}),
        ("empty", set()),
    ],
)
def test_the_gate_says_no_in_three_shapes(service: Service, shape: str, members: set[str]) -> None:
    service.switch(gate_shape=shape)
    answer = service.send("GET", "inventory/vendors", headers={"authorization": "Bearer canary-nonsense"})
    assert (answer.status, set(answer.json()) if answer.body else set()) == (401, members)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "accounting/ap-bills"),
        ("GET", "inventory/locations"),
        ("GET", "inventory/vendors/abc"),
        ("DELETE", "inventory/vendors/1"),
        ("GET", "nonsense/vendors"),
    ],
)
def test_an_unknown_route_is_a_404_in_the_gateways_words(service: Service, method: str, path: str) -> None:
    answer = service.send(method, path, {} if method == "POST" else None)
    assert answer.status == 404
    assert answer.json() == {"statusCode": 404, "message": "Unable to match incoming request to an operation."}


def test_an_unknown_id_is_a_404_of_the_service_itself(service: Service) -> None:
    answer: Any = service.send("GET", "inventory/vendors/99999999")
    assert answer.status == 404
    assert set(answer.json()) == {"type", "title", "status", "traceId", "errors", "data"}


def test_too_many_calls_in_a_second_are_refused_and_counted(service: Service) -> None:
    service.switch(calls_per_second=3, rate_shape="retry-after")
    assert [service.send("GET", "inventory/vendors").status for _ in range(5)] == [200, 200, 200, 429, 429]
    assert service.send("GET", "inventory/vendors", tenant=1002).status == 200
    rates = service.control("GET", "state")["rates"]
    assert rates == {
        "1001": {"most_in_a_second": 3, "refused": 2},
        "1002": {"most_in_a_second": 1, "refused": 0},
    }


def test_nothing_secret_is_in_the_log_or_the_state(service: Service) -> None:
    service.vendor()
    shown = [service.control("GET", "log"), service.control("GET", "state")]
    assert b"canary" not in dump_json(shown)
