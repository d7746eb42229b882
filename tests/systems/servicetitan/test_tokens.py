"""Tokens: one for everybody, renewed ahead of their end, and once when refused."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from integrations.connection import Token
from integrations.errors import BadCredentials, TokenRefused
from integrations.http import HttpSession, Timeouts
from integrations.systems.servicetitan import resources
from integrations.systems.servicetitan.auth import fetch_token, token_scopes
from integrations.systems.servicetitan.client import ServiceTitanClient
from integrations.systems.servicetitan.settings import account
from simulators.server import serve
from simulators.wire import Request, Response, json_response
from tests.platform_doubles import MemoryTokens, NoBudget
from tests.systems.servicetitan.connecting import POLICY, Stub, client_for, page, settings


class Secrets(Stub):
    """A token endpoint that takes only one secret."""

    def __init__(self, secret: str, expires_in: object = 900) -> None:
        super().__init__(lambda request: page([]))
        self.secret, self.expires_in = secret, expires_in

    def answer(self, request: Request, seen) -> Response:
        if request.path != "/connect/token":
            return super().answer(request, seen)
        self.forms.append(request.body.decode())
        if not request.body.decode().endswith(f"client_secret={self.secret}"):
            return json_response({"error": "invalid_client"}, 400)
        return json_response({"access_token": "canary-token", "expires_in": self.expires_in})


def jwt(claims: dict) -> str:
    return f"h.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.s"


def session(url: str) -> HttpSession:
    return HttpSession(base_url=url, policy=POLICY, timeouts=Timeouts(connect=2, read=5))


@pytest.mark.parametrize(
    ("expires_in", "life", "ahead"),
    [(900, 900, 60), ("900", 900, 60), (100, 100, 25), (None, 900, 60), ("soon", 900, 60), (-5, 900, 60)],
)
def test_a_token_is_renewed_a_minute_or_a_quarter_of_its_life_ahead(expires_in, life, ahead):
    with serve(Secrets("cs1.canary-1001", expires_in)) as server:
        before = datetime.now(UTC)
        token = fetch_token(session(server.url), account(settings(server.url)))
        after = datetime.now(UTC)
    assert token.expires_at - token.renew_at == timedelta(seconds=ahead)
    assert before <= token.expires_at - timedelta(seconds=life) <= after


@pytest.mark.parametrize("accepted", ["cs1.canary-new", "cs1.canary-old"])
def test_during_a_rotation_either_secret_will_do(accepted):
    credentials = {"client_secret": "cs1.canary-new", "client_secret_previous": "cs1.canary-old"}
    stub = Secrets(accepted)
    with serve(stub) as server:
        client_for(settings(server.url, credentials=credentials)).page(resources.VENDORS, ())
    assert [form.rsplit("=", 1)[1] for form in stub.forms] == credentials_tried(accepted)


def credentials_tried(accepted: str) -> list[str]:
    return ["cs1.canary-new"] if accepted == "cs1.canary-new" else ["cs1.canary-new", "cs1.canary-old"]


def test_when_no_secret_is_taken_the_credentials_are_bad():
    stub = Secrets("cs1.canary-other")
    with serve(stub) as server, pytest.raises(BadCredentials):
        client_for(settings(server.url, credentials={"client_secret_previous": "cs1.canary-old"})).prepare()
    assert len(stub.forms) == 2


@pytest.mark.parametrize(
    ("token", "scopes"),
    [
        (jwt({"scope": ["tn.inv.vendors:r", "tn.inv.vendors:w"]}), {"tn.inv.vendors:r", "tn.inv.vendors:w"}),
        (jwt({"scope": "tn.inv.vendors:r tn.jpm.jobs:r"}), {"tn.inv.vendors:r", "tn.jpm.jobs:r"}),
        (jwt({"scope": 5}), set()),
        (jwt({}), set()),
        ("opaque", set()),
        ("a.%%%.c", set()),
        ("a.e30=.c", set()),
    ],
)
def test_scopes_are_read_from_a_token_where_it_can_be_read(token: str, scopes: set[str]):
    assert token_scopes(token) == scopes


def test_two_clients_of_one_connection_share_a_token():
    stub, tokens = Secrets("cs1.canary-1001"), MemoryTokens()
    with serve(stub) as server:
        for _ in range(2):
            client_for(settings(server.url), tokens=tokens).page(resources.VENDORS, ())
    assert (len(stub.forms), tokens.fetched) == (1, 1)


def test_a_token_that_is_due_is_replaced_before_it_is_used():
    now = datetime(2026, 3, 1, tzinfo=UTC)
    tokens = MemoryTokens(lambda: now)
    tokens.cached = Token("canary-old", now + timedelta(seconds=30), now - timedelta(seconds=30))
    stub = Stub(lambda request: page([]))
    with serve(stub) as server:
        client_for(settings(server.url), tokens=tokens).page(resources.VENDORS, ())
    assert [call.headers["authorization"] for call in stub.calls] == ["Bearer canary-token-1"]


def test_a_client_that_outlives_its_token_asks_for_another_one_in_time():
    now = [datetime.now(UTC)]
    stub, tokens = Stub(lambda request: page([])), MemoryTokens(lambda: now[0])
    with serve(stub) as server:
        client = client_for(settings(server.url), tokens=tokens)
        client._clock = lambda: now[0]
        for seconds in (0, 800, 50):
            now[0] += timedelta(seconds=seconds)
            client.page(resources.VENDORS, ())
    assert [call.headers["authorization"][-1] for call in stub.calls] == ["1", "1", "2"]


def refusing(*refused: str):
    def route(request: Request) -> Response:
        return Response(401) if request.headers["authorization"].removeprefix("Bearer ") in refused else page([])

    return route


def test_a_token_refused_in_mid_run_is_renewed_once_and_the_call_repeated():
    stub = Stub(refusing("canary-token-1"))
    with serve(stub) as server:
        client = client_for(settings(server.url))
        for _ in range(3):
            client.page(resources.VENDORS, ())
    assert stub.tokens == 2
    assert len(stub.calls) == 4


def test_a_worker_thread_reports_a_refused_token_and_the_tasks_thread_renews_it():
    stub = Stub(refusing("canary-token-1"))
    with serve(stub) as server:
        client = client_for(settings(server.url))
        call = client.reading(resources.VENDORS)
        client.prepare()
        with pytest.raises(TokenRefused):
            client.once(call)
        assert stub.tokens == 1
        client.renew()
        assert client.once(call).status == 200
    assert stub.tokens == 2


def test_a_token_that_somebody_else_has_renewed_is_not_fetched_again():
    stub, tokens = Stub(refusing("canary-token-1")), MemoryTokens()
    with serve(stub) as server:
        first, second = (client_for(settings(server.url), tokens=tokens) for _ in range(2))
        for client in (first, second):
            client.prepare()
        for client in (first, second):
            client.page(resources.VENDORS, ())
    assert stub.tokens == 2


def test_without_a_prepared_token_nothing_is_sent():
    stub, budget = Stub(lambda request: page([])), NoBudget()
    with serve(stub) as server:
        client = client_for(settings(server.url), budget=budget)
        with pytest.raises(TokenRefused):
            client.once(client.reading(resources.VENDORS))
    assert (stub.calls, stub.tokens, budget.calls) == ([], 0, 0)


def test_the_budget_is_asked_before_each_call_but_not_for_tokens():
    stub, budget = Stub(lambda request: page([])), NoBudget()
    with serve(stub) as server:
        client: ServiceTitanClient = client_for(settings(server.url), budget=budget)
        for _ in range(3):
            client.page(resources.VENDORS, ())
    assert budget.calls == 3


def test_a_token_stands_in_no_exchange_and_no_repr():
    stub = Stub(lambda request: json_response({"data": [], "hasMore": False, "echo": request.headers["authorization"]}))
    with serve(stub) as server:
        client = client_for(settings(server.url))
        answer = client.call(client.reading(resources.VENDORS))
    assert b"canary" in answer.body
    assert "canary" not in repr(answer.exchange)
    assert "canary" not in repr(client)
