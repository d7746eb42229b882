"""servicepytan, a client nobody of this project wrote, works against the simulator over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from servicepytan import Endpoint, utils

from simulators.server import SimulatorServer
from simulators.servicetitan.simulator import ServiceTitan
from tests.simulators.servicetitan_service import APP_KEY, VENDOR, Service


@pytest.fixture
def connection(titan_server: SimulatorServer) -> dict[str, Any]:
    """What servicepytan calls a connection; both hosts are the simulator's."""
    return {
        "SERVICETITAN_APP_KEY": APP_KEY,
        "SERVICETITAN_TENANT_ID": "1001",
        "SERVICETITAN_CLIENT_ID": "cid.canary-1001",
        "SERVICETITAN_CLIENT_SECRET": "cs1.canary-1001",
        "SERVICETITAN_APP_ID": "",
        "SERVICETITAN_TIMEZONE": "UTC",
        "SERVICETITAN_API_ENVIRONMENT": "integration",
        "auth_root": titan_server.url,
        "api_root": titan_server.url,
    }


def test_a_stranger_reads_all_pages(connection: dict[str, Any]) -> None:
    rows = Endpoint("pricebook", "materials", conn=connection).get_all({"pageSize": "150"})
    assert len(rows) == 381
    assert len({row["code"] for row in rows}) == 381


def test_a_stranger_creates_changes_and_reads_a_vendor(connection: dict[str, Any]) -> None:
    vendors = Endpoint("inventory", "vendors", conn=connection)
    number = vendors.create(VENDOR)["id"]
    vendors.update(number, '{"memo": "by a stranger"}', request_type="PATCH")
    assert vendors.get_one(number)["memo"] == "by a stranger"


def test_a_stranger_creates_and_cancels_an_order(
    connection: dict[str, Any], service: Service, titan: ServiceTitan
) -> None:
    orders = Endpoint("inventory", "purchase-orders", conn=connection)
    number = orders.create(service.order_body())["id"]
    orders.update(number, '{"canceledReason": "Other"}', modifier="cancellation", request_type="PATCH")
    assert orders.get_one(number)["status"] == "Canceled"
    # It sends a page size with every GET, also of one row.
    assert titan.log.ignored == {"PurchaseOrders_GetById?pageSize": 1}


def test_a_stranger_waits_as_the_title_of_a_429_says(
    connection: dict[str, Any], service: Service, titan_server: SimulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[int] = []
    monkeypatch.setattr(utils, "sleep_with_countdown", waits.append)
    # On an error servicepytan logs its headers, the token among them.
    monkeypatch.setattr(utils.logger, "disabled", True)
    rule = {"kind": "throttle", "shape": "title", "seconds": 7, "path": "/jobs$", "times": 1}
    service.control("POST", "faults", rule)
    url = f"{titan_server.url}/jpm/v2/tenant/1001/jobs"
    answer = utils.request_json_with_retry(url, options={"number": "2005"}, conn=connection)
    assert ([row["jobNumber"] for row in answer["data"]], waits) == (["2005"], [7])
