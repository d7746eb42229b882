"""The server both simulators share: the parts of HTTP/1.1 that clients rely on, and the control endpoints."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from simulators.log import Seen
from simulators.server import SimulatorServer, serve
from simulators.simulator import Simulator
from simulators.wire import Clock, Request, Response, dump_json, json_response, parse_json
from tests.simulators.servicetitan_service import Service


class Echo(Simulator):
    """Answers what it was asked; counts the connections' requests."""

    def answer(self, request: Request, seen: Seen) -> Response:
        """The request as JSON."""
        body = request.body.decode()
        return json_response({"path": request.path, "raw": request.raw_path, "query": request.query, "body": body})

    def state(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def reset(self, options: dict[str, Any]) -> None:
        """Nothing."""


@pytest.fixture
def echo() -> Iterator[SimulatorServer]:
    """A served echo."""
    with serve(Echo()) as server:
        yield server


def _raw(server: SimulatorServer, sent: bytes) -> bytes:
    """All that comes back until the server closes."""
    host, port = server.server_address[:2]
    with socket.create_connection((str(host), int(port)), timeout=10) as connection:
        connection.sendall(sent)
        parts = []
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def test_a_connection_is_kept_alive_over_many_requests(echo: SimulatorServer) -> None:
    host, port = echo.server_address[:2]
    connection = http.client.HTTPConnection(str(host), int(port), timeout=10)
    connection.connect()
    local = connection.sock.getsockname()
    for number in range(3):
        connection.request("GET", f"/{number}")
        assert json.loads(connection.getresponse().read())["path"] == f"/{number}"
    assert connection.sock.getsockname() == local
    connection.close()


def test_chunked_bodies_and_expect_continue_are_understood(echo: SimulatorServer) -> None:
    body = iter([b"first ", b"second"])
    answer = requests.post(f"{echo.url}/x", data=body, headers={"Expect": "100-continue"}, timeout=10)
    assert answer.json()["body"] == "first second"


def test_paths_are_decoded_once_and_kept_as_sent(echo: SimulatorServer) -> None:
    answer = requests.get(f"{echo.url}/A('4%2F5')?$filter=a%20eq%20'b+c'&x=", timeout=10).json()
    assert (answer["path"], answer["raw"]) == ("/A('4/5')", "/A('4%2F5')")
    assert answer["query"] == [["$filter", "a eq 'b c'"], ["x", ""]]


def test_a_close_is_honoured_and_old_clients_are_not_kept(echo: SimulatorServer) -> None:
    asked = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert b"\r\nConnection: close\r\n" in _raw(echo, asked)
    assert _raw(echo, b"GET / HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    "nonsense",
    [b"hello\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"],
)
def test_nonsense_ends_the_connection_and_nothing_else(echo: SimulatorServer, nonsense: bytes) -> None:
    assert _raw(echo, nonsense) == b""
    assert requests.get(f"{echo.url}/", timeout=10).status_code == 200


def test_a_head_request_gets_no_body(echo: SimulatorServer) -> None:
    answer = requests.head(f"{echo.url}/", timeout=10)
    assert (answer.status_code, answer.content) == (200, b"")


def test_the_date_header_follows_the_simulators_clock(echo: SimulatorServer) -> None:
    body = {"now": "2026-01-31T08:15:00.123Z", "frozen": True}
    assert requests.post(f"{echo.url}/_control/clock", json=body, timeout=10).json() == body
    assert requests.get(f"{echo.url}/", timeout=10).headers["Date"] == "Sat, 31 Jan 2026 08:15:00 GMT"


def test_closing_the_server_ends_open_connections() -> None:
    with serve(Echo()) as server:
        host, port = server.server_address[:2]
        connection = socket.create_connection((str(host), int(port)), timeout=10)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
    assert connection.recv(1) == b""
    connection.close()


def test_a_frozen_clock_moves_only_when_told() -> None:
    clock = Clock()
    clock.set(clock.now(), frozen=True)
    start = clock.now()
    clock.advance(90)
    assert (clock.now() - start).total_seconds() == 90
    clock.advance(-90)
    assert clock.now() == start
    clock.reset()
    assert not clock.frozen


def test_json_keeps_every_digit() -> None:
    assert dump_json(parse_json(b'{"a":1511.63,"b":0.1,"c":3}')) == b'{"a":1511.63,"b":0.1,"c":3}'


def test_an_unknown_control_endpoint_is_a_404_and_a_bad_one_a_400(service: Service) -> None:
    handle = service.simulator.handle
    assert handle(Request.of("GET", "/_control/weather")).status == 404
    assert handle(Request.of("POST", "/_control/clock", {}, b'{"now": "noon"}')).status == 400
    assert handle(Request.of("POST", "/_control/settings", {}, b'{"list_lag": 3}')).status == 400
    assert handle(Request.of("POST", "/_control/settings", {}, b'{"duplicate_names": "maybe"}')).status == 400
    assert handle(Request.of("POST", "/_control/edit", {}, b'{"kind": "vendors", "id": 1}')).status == 400


def test_the_log_tells_what_came_in_which_order_and_can_be_cleared(service: Service) -> None:
    service.vendor()
    service.ids("inventory/vendors")
    told = service.control("GET", "log")
    assert [(row["route"], row["status"]) for row in told["requests"]] == [
        ("token", 200),
        ("Vendors_Create", 200),
        ("Vendors_GetList", 200),
    ]
    assert (told["requests"][0]["body"], told["requests"][1]["body"]["name"]) == (None, "Copper and Sons")
    assert told["counts"]["POST Vendors_Create 200"] == 1
    assert [row["route"] for row in service.control("GET", "log?since=2")["requests"]] == ["Vendors_GetList"]
    assert service.control("DELETE", "log") == {"ok": True}
    assert service.control("GET", "log") == {"requests": [], "counts": {}, "ignored": {}}


def test_a_reset_forgets_rows_faults_switches_and_tokens(service: Service) -> None:
    service.vendor()
    service.switch(list_lag_seconds=9)
    service.control("POST", "faults", {"kind": "reset"})
    vendors = [{"name": "Old friend", "address": {"zip": "94304"}}]
    options = {"seed": 8, "tenants": [7], "existing_vendors": vendors, "settings": {"bill_delay_seconds": 30}}
    service.control("POST", "reset", options)
    assert service.control("GET", "faults") == {"faults": []}
    switches = service.control("GET", "settings")
    assert (switches["list_lag_seconds"], switches["bill_delay_seconds"]) == (0, 30)
    assert service.send("GET", "inventory/vendors").status == 401
    assert [row["name"] for row in service.rows("inventory/vendors", tenant=7)] == ["Old friend"]


def test_duplicates_are_found_by_external_data_memo_and_suppliers_number(service: Service) -> None:
    first, second = service.vendor("17300001"), service.vendor("17300001")
    one = service.order(vendorId=first, memo="SAP 4500000001 a")
    two = service.order(vendorId=first, memo="SAP 4500000001 b")
    canceled = service.order(vendorId=first, memo="SAP 4500000001 c")
    service.edit("purchase-orders", canceled, status="Canceled")
    found = service.control("GET", "duplicates")["1001"]
    assert [row["ids"] for row in found["vendors"]] == [[first, second]]
    assert [(row["sign"], row["ids"]) for row in found["purchase_orders"]] == [("4500000001", [one, two])]
    assert found["receipts"] == []


def test_the_shell_writes_its_port_and_serves(tmp_path: Path) -> None:
    file = tmp_path / "port"
    command = [sys.executable, "-m", "simulators.servicetitan", "--port-file", str(file), "--tenant", "42"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("listening on http://127.0.0.1:")
        url = f"http://127.0.0.1:{file.read_text()}"
        assert list(requests.get(f"{url}/_control/state", timeout=10).json()["tenants"]) == ["42"]
        process.terminate()
