"""Simulators for tests: in the same process, and served over HTTP by a thread on a free port."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulators.sap.app import SapSimulator
from simulators.server import SimulatorServer, serve
from simulators.servicetitan.simulator import ServiceTitan
from tests.simulators.sap_service import SapService
from tests.simulators.servicetitan_service import Service


@pytest.fixture
def titan() -> ServiceTitan:
    """A fresh ServiceTitan with the tenants 1001 and 1002."""
    return ServiceTitan(7, [1001, 1002])


@pytest.fixture
def service(titan: ServiceTitan) -> Service:
    """The same simulator, ready to be called."""
    return Service(titan)


@pytest.fixture
def titan_server(titan: ServiceTitan) -> Iterator[SimulatorServer]:
    """The same simulator over real HTTP."""
    with serve(titan) as server:
        yield server


@pytest.fixture
def sap() -> SapSimulator:
    """A fresh SAP tenant: 20 suppliers, 60 orders of all kinds."""
    simulator = SapSimulator()
    simulator.reset({"seed": 7, "suppliers": 20, "orders": 60, "now": "2026-03-02T12:00:00Z"})
    return simulator


@pytest.fixture
def sap_service(sap: SapSimulator) -> SapService:
    """The same tenant, ready to be called."""
    return SapService(sap)


@pytest.fixture
def sap_server(sap: SapSimulator) -> Iterator[SimulatorServer]:
    """The same tenant over real HTTP."""
    with serve(sap) as server:
        yield server
