"""Clients for tests: opened to a simulator or a stub, with an in-memory token store and a budget that never waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from integrations.connection import ConnectionSettings
from integrations.guard import OutgoingPolicy
from integrations.http import HttpSession, Timeouts
from integrations.systems.servicetitan.client import ServiceTitanClient
from integrations.systems.servicetitan.system import base_url, extra_hosts, open_client
from simulators.log import Seen
from simulators.simulator import Simulator
from simulators.wire import Request, Response, json_response
from tests.platform_doubles import MemoryTokens, NoBudget

GUID = "5b2f2d4e-0000-4000-8000-00000000c0de"
POLICY = OutgoingPolicy.of("127.0.0.0/8", plain_http=True)
Route = Callable[[Request], Response]


def settings(url: str = "", *, tenant: int = 1001, **changes: Any) -> ConnectionSettings:
    """A complete connection to one tenant; its token endpoint is the simulator's where a URL is given."""
    options = {"servicetitan_tenant_id": str(tenant), "external_data_guid": GUID, **changes.pop("options", {})}
    if url:
        options.setdefault("token_url", f"{url}/connect/token")
    credentials = {
        "client_id": f"cid.canary-{tenant}",
        "client_secret": f"cs1.canary-{tenant}",
        "app_key": "ak1.canary-app-key",
        **changes.pop("credentials", {}),
    }
    return ConnectionSettings(
        id="c1",
        system="servicetitan",
        environment=changes.pop("environment", "sandbox"),
        base_url=url,
        options=options,
        credentials=credentials,
        **changes,
    )


def client_for(
    connection: ConnectionSettings, *, tokens: MemoryTokens | None = None, budget: NoBudget | None = None
) -> ServiceTitanClient:
    session = HttpSession(
        base_url=base_url(connection),
        policy=POLICY,
        timeouts=Timeouts(connect=2, read=5),
        secrets=tuple(connection.credentials.values()),
        extra_hosts=extra_hosts(connection),
    )
    return open_client(connection, tokens=tokens or MemoryTokens(), budget=budget or NoBudget(), session=session)


class Stub(Simulator):
    """Answers every API call by one function; hands out tokens t1, t2, ..."""

    def __init__(self, route: Route) -> None:
        super().__init__()
        self.route = route
        self.tokens = 0
        self.forms: list[str] = []
        self.calls: list[Request] = []

    def answer(self, request: Request, seen: Seen) -> Response:
        if request.path == "/connect/token":
            self.tokens += 1
            self.forms.append(request.body.decode())
            return json_response({"access_token": f"canary-token-{self.tokens}", "expires_in": 900})
        self.calls.append(request)
        return self.route(request)

    def state(self) -> dict[str, Any]:
        return {}

    def reset(self, options: dict[str, Any]) -> None:
        self.calls.clear()


def page(rows: list[dict[str, Any]], *, more: bool = False) -> Response:
    """A list's envelope as the service writes it: totalCount is null unless asked for."""
    return json_response({"page": 1, "pageSize": 50, "hasMore": more, "totalCount": None, "data": rows})
