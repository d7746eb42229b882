"""A ServiceTitan stand-in with two tenants, served over real HTTP for the length of a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from integrations.systems.servicetitan.client import ServiceTitanClient
from simulators.server import serve
from simulators.servicetitan.simulator import ServiceTitan
from simulators.servicetitan.tenant import Tenant
from tests.systems.servicetitan.connecting import client_for, settings

TENANT, OTHER = 1001, 1002


@dataclass
class Service:
    """The running stand-in: what is stored there, and faults on order."""

    simulator: ServiceTitan
    url: str

    @property
    def tenant(self) -> Tenant:
        return self.simulator.tenants[TENANT]

    def client(self, tenant: int = TENANT, **options: Any) -> ServiceTitanClient:
        client = client_for(settings(self.url, tenant=tenant, options=options))
        client.prepare()
        return client

    def fault(self, kind: str, **rule: Any) -> None:
        self.simulator.faults.add([{"kind": kind, **rule}])

    def id_of(self, table: str, member: str, value: Any) -> int:
        return next(number for number, row in self.tenant[table].rows.items() if row.data[member] == value)

    def calls(self) -> list[tuple[str, str]]:
        """Method and route of the API calls so far."""
        return [(seen.method, seen.route) for seen in self.simulator.log.since() if seen.route != "token"]

    def ignored(self) -> dict[str, int]:
        """What was sent and silently ignored: always a mistake of ours."""
        return dict(self.simulator.log.ignored)


@pytest.fixture
def service() -> Iterator[Service]:
    simulator = ServiceTitan(seed=7, tenants=(TENANT, OTHER))
    with serve(simulator) as server:
        running = Service(simulator, server.url)
        yield running
        assert running.ignored() == {}
        assert not any(seen.remarks for seen in simulator.log.since())


@pytest.fixture
def order(service: Service) -> Callable[..., dict[str, Any]]:
    """A body for a purchase order of one line; ids and amounts as texts, as flows write them."""

    def make(marker: str, **changes: Any) -> dict[str, Any]:
        vendor = next(iter(service.tenant["vendors"].rows), None) or _vendor(service)
        address = {"street": "1 Main", "unit": "", "city": "Reno", "state": "NV", "zip": "89501", "country": "US"}
        line = {"skuId": str(service.id_of("materials", "code", "HV-10001")), "description": "10 Pipe"}
        return {
            "vendorId": str(vendor),
            "typeId": str(service.id_of("purchase-order-types", "name", "SAP Purchase Order")),
            "businessUnitId": str(service.id_of("business-units", "accountCode", "10101101")),
            "inventoryLocationId": str(service.id_of("warehouses", "name", "Warehouse 1710")),
            "shipTo": {"description": "Yard", "address": address},
            "impactsTechnicianPayroll": False,
            "date": "2026-03-01",
            "requiredOn": "2026-03-09",
            "tax": "0",
            "shipping": "12.50",
            "memo": f"SAP 4500000001 already ordered\nReference {marker}",
            "items": [{**line, "vendorPartNumber": "P-1", "quantity": "3", "cost": "1.105"}],
            **changes,
        }

    return make


def _vendor(service: Service) -> int:
    from simulators.servicetitan.seed import add_vendor

    return add_vendor(service.tenant, {"name": "ACME Pipe & Supply"}).id
