"""Making a fit report of a world as a worker would: by the claim of its job."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import schema_context

from integrations import desk, jobs
from integrations.audit import Actor
from integrations.models import Connection, FitReport, ValueMap
from integrations.running import utc_now
from simulators.sap.app import SapSimulator
from simulators.server import serve
from simulators.servicetitan.simulator import ServiceTitan
from tenants import schedule
from tenants.models import Customer
from tests import databases
from tests.journeys.world import LEASE, World

OLGA = Actor(kind="person", id="7", label="olga@acme.test")
MAIN = ["vendors", "cost-centers", "purchase-orders", "supplier-invoices"]


def begin(world: World, *flows: str) -> FitReport:
    with schema_context(world.customer.schema_name), transaction.atomic():
        rows = {row.system: row for row in Connection.objects.all()}
        pair = rows["sap"], rows["servicetitan"]
        return desk.start_fit_report(pair, list(flows or MAIN), world.customer, actor=OLGA, now=utc_now())


def work(world: World, report: FitReport, *, most: int = 20) -> FitReport:
    """Goes on with the report until it has ended, or nothing of it is due."""
    for _ in range(most):
        claims = schedule.claim(
            now=utc_now(), limit=1, lease_seconds=LEASE, customer_id=world.customer.pk, sync_id=report.pk
        )
        for claim in claims:
            jobs.run_claim(claim)
        if not claims:
            break
    with schema_context(world.customer.schema_name):
        return FitReport.objects.get(pk=report.pk)


@pytest.fixture
def world(db: None, acme: Customer, settings: Any) -> Iterator[World]:
    """Both simulators over real HTTP, and acme with everything mapped; all of it is rolled back."""
    databases.start_broker()
    settings.OUTGOING_ALLOW, settings.OUTGOING_ALLOW_PLAIN_HTTP = ["127.0.0.0/8"], True
    sap = SapSimulator()
    sap.reset({"seed": 7, "size": "small", "oddities": 0, "suppliers": 12, "orders": 30, "invoices": 25})
    with serve(sap) as source, serve(ServiceTitan(7, [1001, 1002])) as target:
        made = World(customer=acme, sap=source.url, servicetitan=target.url)
        made.connect()
        yield made


@pytest.fixture
def make_report() -> Callable[..., FitReport]:
    """Begins a report of a world and goes on until it has ended."""

    def make(world: World, *flows: str) -> FitReport:
        return work(world, begin(world, *flows))

    return make


@pytest.fixture
def report_of(make_report: Callable[..., FitReport]) -> Callable[..., dict[str, Any]]:
    """The findings of a new report, by key."""

    def found(world: World, *flows: str) -> dict[str, Any]:
        return by_key(make_report(world, *flows))

    return found


def by_key(report: FitReport) -> dict[str, Any]:
    return {finding["key"]: finding for finding in report.findings}


def unmap(world: World, value_map: str, *keys: str) -> None:
    with schema_context(world.customer.schema_name):
        rows = ValueMap.objects.filter(map=value_map)
        assert (rows.filter(key__in=keys) if keys else rows).delete()[0]
