"""An SAP simulator over real HTTP in a thread of the test, and clients of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.connection import ConnectionSettings
from integrations.flow import Change, Cursor
from integrations.guard import OutgoingPolicy
from integrations.http import HttpSession, Timeouts
from integrations.systems.sap import system
from integrations.systems.sap.client import SapClient
from simulators.sap.app import SapSimulator
from simulators.server import serve
from simulators.wire import Request
from tests.platform_doubles import MemoryTokens, NoBudget

PASSWORD = "canary-sap-password"
NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


class Sap:
    """The simulator with its clock held still, and what a test asks of it."""

    def __init__(self, simulator: SapSimulator, url: str) -> None:
        self.simulator, self.url = simulator, url
        self.tokens, self.budget = MemoryTokens(now=simulator.clock.now), NoBudget()

    def control(self, name: str, body: Any = None, method: str = "POST") -> Any:
        answer = self.simulator.handle(Request.of(method, f"/_control/{name}", body=json.dumps(body or {}).encode()))
        assert answer.status == 200, answer.body
        return answer.json()

    def fault(self, **rule: Any) -> None:
        self.control("faults", [rule])

    def advance(self, seconds: float) -> None:
        self.control("clock", {"advance": seconds})

    def touch(self, *orders: str, stamp: str = "", **values: Any) -> None:
        body = {"entity": "PurchaseOrder", "keys": list(orders), "values": values}
        self.control("change", {**body, "stamp": stamp} if stamp else body)

    def seen(self) -> list[dict[str, Any]]:
        """The API requests so far."""
        return list(self.control("log", method="GET")["requests"])

    def forget(self) -> None:
        self.control("log", method="DELETE")

    def settings(self, **options: Any) -> ConnectionSettings:
        oauth = options.get("auth_method") == "oauth"
        names = ("client_id", "client_secret") if oauth else ("username", "password")
        return ConnectionSettings(
            id="sap-1",
            system="sap",
            environment="sandbox",
            base_url=self.url,
            options=options,
            credentials=dict(zip(names, ("CONNECTOR", options.pop("password", PASSWORD)), strict=True)),
        )

    def client(
        self, *, read_only: bool = False, capabilities: dict[str, Any] | None = None, **options: Any
    ) -> SapClient:
        settings = self.settings(**options)
        session = HttpSession(
            base_url=system.base_url(settings),
            policy=OutgoingPolicy.of("127.0.0.0/8", plain_http=True),
            timeouts=Timeouts(connect=5, read=20),
            secrets=list(settings.credentials.values()),
            extra_hosts=system.extra_hosts(settings),
        )
        return system.open_client(
            settings, tokens=self.tokens, budget=self.budget, session=session, read_only=read_only
        )


@pytest.fixture
def sap() -> Iterator[Sap]:
    """A tenant with 20 suppliers and 60 orders."""
    simulator = SapSimulator()
    with serve(simulator) as server:
        one = Sap(simulator, server.url)
        one.control("clock", {"now": NOW.isoformat().replace("+00:00", "Z"), "frozen": True})
        one.control("generate", {"seed": 7})
        yield one


V2_ONLY = {"arrangements": {"API_PURCHASEORDER_2": "unregistered"}}


@pytest.fixture(params=["v4", "v2"])
def either(request: pytest.FixtureRequest, sap: Sap) -> Sap:
    """The tenant once with OData V4 purchase orders and once with V2 only."""
    if request.param == "v2":
        sap.control("settings", V2_ONLY)
    return sap


def read(
    reader: Any, client: SapClient, cursor: Cursor | None = None, *, overlap: float = 300, full: bool = False
) -> tuple[list[Change], Cursor]:
    """All pages of one poll."""
    changes: list[Change] = []
    cursor = cursor or {}
    for page in reader.pages(client, cursor, overlap=overlap, full=full):
        changes += page.changes
        cursor = page.cursor
    return changes, cursor
