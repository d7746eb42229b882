"""An integrator with a client that was generated from the OpenAPI document, and nothing else."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from connector.wsgi import application
from devservices.state import CHECKOUT
from integrations.running import run_claim, utc_now
from integrations.systems.servicetitan import settings as titan_settings
from tenants import schedule
from tests.api.caller import Caller, make_key
from tests.journeys.world import World

PACKAGE = "generated_connector_client"
UNMAPPED = "10101101"
SAP_CREDENTIALS = {"username": "CONNECTOR", "password": "canary-sap-password"}
TITAN_CREDENTIALS = {
    "client_id": "cid.canary-1001",
    "client_secret": "cs1.canary-1001",
    "app_key": "ak1.canary-app-key",
}
TITAN_OPTIONS = {
    "servicetitan_tenant_id": "1001",
    "external_data_guid": "7d9f1c52-3b5e-4c8e-9a51-0c8a5a7f7c11",
    "list_lag_seconds": 0,
    "calls_per_second": 60,
}


class Integrator:
    """Calls operations by their names in the document."""

    def __init__(self, key: str) -> None:
        package = importlib.import_module(PACKAGE)
        self._client = package.AuthenticatedClient(
            base_url="http://acme.localhost",
            token=key,
            httpx_args={"transport": httpx.WSGITransport(app=application)},
        )
        self._models = importlib.import_module(f"{PACKAGE}.models")

    def call(
        self, tag: str, name: str, *path: Any, body: tuple[str, dict[str, Any]] | None = None, **given: Any
    ) -> Any:
        """The parsed answer of an operation that succeeds. `body`: the name of its form, and its members."""
        operation = importlib.import_module(f"{PACKAGE}.api.{tag}.{name}")
        sent = {"body": getattr(self._models, body[0]).from_dict(body[1])} if body else {}
        answer = operation.sync_detailed(*path, client=self._client, **sent, **given)
        assert answer.status_code < 300, answer.content
        return answer.parsed


@pytest.fixture
def package(own_database: Any, acme: Any, tmp_path: Path, monkeypatch: Any) -> Iterator[str]:
    """The generated client, importable."""
    (tmp_path / "openapi.json").write_bytes(Caller().get("openapi.json").content)
    program = str(CHECKOUT / ".venv" / "bin" / "openapi-python-client")
    command = [shutil.which("openapi-python-client") or program, "generate", "--path", "openapi.json"]
    done = subprocess.run(
        [*command, "--output-path", PACKAGE, "--meta", "none", "--fail-on-warning"],
        cwd=tmp_path,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(str(tmp_path))
    yield PACKAGE
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture
def world(make_world: Any, globex: Any, acme: Any, monkeypatch: Any) -> World:
    """Both systems, which acme is not connected to yet; what the vendor's hosts are, these simulators are."""
    made = replace(make_world(globex, suppliers=6, orders=12, invoices=0), customer=acme)
    monkeypatch.setitem(titan_settings.API_URLS, "sandbox", made.servicetitan)
    monkeypatch.setitem(titan_settings.TOKEN_URLS, "sandbox", f"{made.servicetitan}/connect/token")
    return made


def work(world: World) -> None:
    """What workers do until nothing is due."""
    while claims := schedule.claim(
        now=utc_now(), limit=10, lease_seconds=300, kinds=("poll", "deliver"), customer_id=world.customer.pk
    ):
        for claim in claims:
            run_claim(claim)


def connect(integrator: Integrator, world: World) -> None:
    sap = {"base_url": world.sap, "options": {"calls_per_second": 50}, "credentials": SAP_CREDENTIALS}
    titan = {"options": TITAN_OPTIONS, "credentials": TITAN_CREDENTIALS}
    for name, members in (("sap", sap), ("servicetitan", titan)):
        wanted = {"name": name, "system": name, "environment": "sandbox", **members}
        made = integrator.call("connections", "create_connection", body=("NewConnection", wanted))
        assert integrator.call("connections", "ping_connection", made.id).signed_in is True


def switch_on(integrator: Integrator, world: World) -> None:
    maps: dict[str, list[dict[str, str]]] = {}
    for name, key, value in world.map_rows():
        if key != UNMAPPED:
            maps.setdefault(name, []).append({"key": key, "value": value})
    for name, rows in maps.items():
        integrator.call("value_maps", "save_value_map_rows", name, body=("MapRows", {"rows": rows}))
    for flow, options in (("vendors", {}), ("purchase-orders", world.order_options())):
        wanted = {"flow": flow, "schedule": {"every": "1h"}, "options": options}
        integrator.call("syncs", "create_sync", body=("NewSync", wanted))


def failed(integrator: Integrator) -> list[Any]:
    filters: dict[str, Any] = {"flow": "purchase-orders", "code": "unmapped-cost-center"}
    found: list[Any] = integrator.call("deliveries", "list_deliveries", **filters).items
    return [delivery for delivery in found if str(getattr(delivery.state, "value", delivery.state)) == "quarantined"]


def test_a_generated_client_sets_a_customer_up_and_repairs_what_failed(package, world, acme):
    integrator = Integrator(make_key(acme)[1])
    assert integrator.call("customer", "read_customer").id == "acme"
    connect(integrator, world)
    switch_on(integrator, world)
    work(world)

    broken = failed(integrator)
    assert broken, sorted({(d.sync.flow, d.state, d.code, d.needs) for d in world.rows()})
    assert {delivery.needs for delivery in broken} == {f"map:cost-center:{UNMAPPED}"}
    delivered = world.states("purchase-orders")["delivered"]

    (unit,) = (value for name, key, value in world.map_rows() if (name, key) == ("cost-center", UNMAPPED))
    row = {"rows": [{"key": UNMAPPED, "value": unit}]}
    saved = integrator.call("value_maps", "save_value_map_rows", "cost-center", body=("MapRows", row))
    assert saved.deliveries == len(broken)
    for delivery in broken:
        integrator.call("deliveries", "replay_delivery", delivery.id, idempotency_key=str(delivery.id))
    work(world)

    assert failed(integrator) == []
    assert world.states("purchase-orders")["delivered"] == delivered + len(broken)
    assert len({order["number"] for order in world.titan("purchase-orders")}) == len(world.titan("purchase-orders"))
    (run, *_) = integrator.call("runs", "list_runs", flow="purchase-orders").items
    assert run.read == run.unchanged + run.written + run.skipped + run.quarantined + run.open_
