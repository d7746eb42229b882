"""Faults on order, over real HTTP: what the client sees, and what is left behind."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from simulators.faults import Faults, Rule
from simulators.server import SimulatorServer
from simulators.wire import Request, Response, json_response
from tests.simulators.servicetitan_service import APP_KEY, VENDOR, Service, token_form

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def http(titan_server: SimulatorServer) -> requests.Session:
    """A session that holds a token of tenant 1001; ``http.base`` is the simulator's address."""
    session = requests.Session()
    session.trust_env = False
    answer = session.post(f"{titan_server.url}/connect/token", data=token_form(), headers=FORM, timeout=10)
    session.headers.update({"Authorization": f"Bearer {answer.json()['access_token']}", "ST-App-Key": APP_KEY})
    return session


def _order(server: SimulatorServer, *rules: dict[str, Any]) -> None:
    requests.post(f"{server.url}/_control/faults", json=list(rules), timeout=10).raise_for_status()


def _vendors(server: SimulatorServer) -> str:
    return f"{server.url}/inventory/v2/tenant/1001/vendors"


def test_a_lost_answer_leaves_the_record_behind_and_the_client_sees_a_dropped_connection(
    titan_server: SimulatorServer, http: requests.Session
) -> None:
    _order(titan_server, {"kind": "lose_answer", "method": "POST", "path": "/vendors$", "times": 1})
    with pytest.raises(requests.ConnectionError):
        http.post(_vendors(titan_server), json=VENDOR, timeout=10)
    rows = http.get(_vendors(titan_server), timeout=10).json()["data"]
    assert [row["name"] for row in rows] == ["Copper and Sons"]


def test_a_reset_leaves_nothing_behind(titan_server: SimulatorServer, http: requests.Session) -> None:
    _order(titan_server, {"kind": "reset", "method": "POST", "times": 1})
    with pytest.raises(requests.ConnectionError):
        http.post(_vendors(titan_server), json=VENDOR, timeout=10)
    assert http.get(_vendors(titan_server), timeout=10).json()["data"] == []


def test_a_stalled_answer_runs_into_the_clients_time_out(titan_server: SimulatorServer, http: requests.Session) -> None:
    _order(titan_server, {"kind": "stall", "method": "POST", "seconds": 30, "commit": True, "times": 1})
    with pytest.raises(requests.ReadTimeout):
        http.post(_vendors(titan_server), json=VENDOR, timeout=0.2)
    assert len(http.get(_vendors(titan_server), timeout=10).json()["data"]) == 1


def test_a_late_answer_arrives_in_the_end(titan_server: SimulatorServer, http: requests.Session) -> None:
    _order(titan_server, {"kind": "delay", "seconds": 0.05})
    assert http.get(_vendors(titan_server), timeout=10).status_code == 200


def test_a_truncated_answer_breaks_off(titan_server: SimulatorServer, http: requests.Session) -> None:
    _order(titan_server, {"kind": "truncate"})
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        http.get(_vendors(titan_server), timeout=10)


def test_a_malformed_answer_is_not_json(titan_server: SimulatorServer, http: requests.Session) -> None:
    _order(titan_server, {"kind": "malformed"})
    with pytest.raises(requests.exceptions.JSONDecodeError):
        http.get(_vendors(titan_server), timeout=10).json()


@pytest.mark.parametrize(("commit", "left"), [(True, 1), (False, 0)])
def test_a_gateway_error_comes_before_or_after_the_record(
    titan_server: SimulatorServer, http: requests.Session, commit: bool, left: int
) -> None:
    rule = {"kind": "status", "status": 502, "body": {"statusCode": 502}, "headers": {"X-Gate": "1"}, "commit": commit}
    _order(titan_server, {**rule, "method": "POST", "times": 1})
    answer = http.post(_vendors(titan_server), json=VENDOR, timeout=10)
    assert (answer.status_code, answer.json(), answer.headers["X-Gate"]) == (502, {"statusCode": 502}, "1")
    assert len(http.get(_vendors(titan_server), timeout=10).json()["data"]) == left


def test_an_html_page_comes_instead_of_an_answer(titan_server: SimulatorServer, http: requests.Session) -> None:
    _order(titan_server, {"kind": "html", "status": 403})
    answer = http.get(_vendors(titan_server), timeout=10)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_revoked_tokens_are_refused_and_a_new_one_works(titan_server: SimulatorServer, http: requests.Session) -> None:
    _order(titan_server, {"kind": "revoke_token", "times": 1})
    assert http.get(_vendors(titan_server), timeout=10).status_code == 401
    answer = http.post(f"{titan_server.url}/connect/token", data=token_form(), headers=FORM, timeout=10)
    http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    assert http.get(_vendors(titan_server), timeout=10).status_code == 200


@pytest.mark.parametrize(
    ("shape", "header", "body"),
    [
        ("retry-after", "7", {"status": 429, "title": "Too Many Requests"}),
        ("title", None, "Rate limit is exceeded. Try again in 7 seconds."),
        ("message", None, {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 7 seconds."}),
        ("bare", None, None),
    ],
)
def test_throttling_comes_in_each_of_its_shapes(
    titan_server: SimulatorServer, http: requests.Session, shape: str, header: str | None, body: Any
) -> None:
    _order(titan_server, {"kind": "throttle", "shape": shape, "seconds": 7})
    answer = http.get(_vendors(titan_server), timeout=10)
    assert (answer.status_code, answer.headers.get("Retry-After")) == (429, header)
    seen: Any = answer.json() if answer.content else None
    assert (seen["title"] if shape == "title" else seen) == body


def _served(rule: Rule, requests_: list[Request]) -> list[bool]:
    faults = Faults()
    faults.rules.append(rule)
    return [faults.apply(request, lambda _: Response(200))[0].arrives for request in requests_]


def test_a_rule_skips_then_hits_every_nth_at_most_so_many_times() -> None:
    rule = Rule.of({"kind": "reset", "skip": 2, "every": 3, "times": 2})
    served = _served(rule, [Request.of("GET", "/a") for _ in range(14)])
    assert [place for place, arrives in enumerate(served, 1) if not arrives] == [5, 8]
    assert (rule.matched, rule.hits) == (14, 2)


def test_a_rule_hits_only_its_method_path_and_body() -> None:
    rule = Rule.of({"kind": "reset", "method": "POST", "path": "/orders$", "contains": "4500000007"})
    told = [
        Request.of("GET", "/orders", body=b"4500000007"),
        Request.of("POST", "/vendors", body=b"4500000007"),
        Request.of("POST", "/orders", body=b"4500000008"),
        Request.of("POST", "/orders", body=b"memo 4500000007"),
    ]
    assert _served(rule, told) == [True, True, True, False]


def test_an_unknown_kind_is_refused_and_no_rule_of_the_call_is_kept(service: Service) -> None:
    request = Request.of("POST", "/_control/faults", {}, b'[{"kind": "reset"}, {"kind": "earthquake"}]')
    assert service.simulator.handle(request).status == 400
    assert service.control("GET", "faults") == {"faults": []}


def test_rules_are_listed_with_their_hits_and_can_be_cleared(service: Service) -> None:
    service.token(1001)
    service.control("POST", "faults", {"kind": "status", "status": 500, "times": 1})
    service.send("GET", "inventory/vendors")
    service.send("GET", "inventory/vendors")
    (rule,) = service.control("GET", "faults")["faults"]
    assert (rule["kind"], rule["status"], rule["matched"], rule["hits"]) == ("status", 500, 2, 1)
    assert service.control("DELETE", "faults") == {"faults": []}


def test_delays_of_several_rules_add_up_and_the_first_fatal_rule_decides() -> None:
    faults = Faults()
    faults.add([{"kind": "delay", "seconds": 1}, {"kind": "delay", "seconds": 2}, {"kind": "status", "status": 503}])
    faults.add([{"kind": "reset"}])
    response, kinds = faults.apply(Request.of("GET", "/"), lambda _: json_response({}))
    assert (response.status, response.delay) == (503, 3.0)
    assert kinds == ["delay", "delay", "status", "reset"]
