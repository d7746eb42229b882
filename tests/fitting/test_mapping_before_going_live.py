"""Between the fit report and the first flow: the codes that it found can be mapped by day, with suggestions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django_tenants.utils import schema_context

from integrations import nights, value_maps
from integrations.models import FitReport, Sync, ValueMap
from integrations.running import utc_now
from tenants import schedule
from tenants.models import Customer
from tests.fitting.making import begin, by_key, work
from tests.journeys.world import LEASE, World

CENTER, PLANT = "10101101", "1710"
Made = Callable[..., FitReport]


@pytest.fixture
def fresh(world: World) -> World:
    """Both systems are connected; no flow was ever switched on, and two codes have no value."""
    with schema_context(world.customer.schema_name):
        Sync.objects.all().delete()
        ValueMap.objects.filter(map="cost-center", key=CENTER).delete()
        ValueMap.objects.filter(map="plant", key=PLANT).delete()
    return world


def read_references(world: World) -> int:
    """What waits to be read is read, as a worker would; how much that was."""
    claims = schedule.claim(
        now=utc_now(), limit=5, lease_seconds=LEASE, customer_id=world.customer.pk, sync_id=schedule.REFRESH
    )
    for claim in claims:
        nights.refresh_claim(claim)
    return len(claims)


def test_a_finished_report_has_both_systems_read_so_that_its_codes_get_suggestions(fresh: World) -> None:
    assert read_references(fresh) == 0
    work(fresh, begin(fresh, "vendors", "purchase-orders"))
    assert read_references(fresh) == 1
    unit = next(row for row in fresh.titan("business-units") if row["accountCode"] == CENTER)
    with schema_context(fresh.customer.schema_name):
        centers, plants = (value_maps.codes(name, only="unmapped") for name in ("cost-center", "plant"))
        listed = {row.name: row for row in value_maps.listed()}
    center = next(code for code in centers if code.key == CENTER)
    assert [(one.value, one.reason) for one in center.suggestions[:1]] == [(str(unit["id"]), "the same code")]
    assert [(code.key, code.blocked) for code in plants] == [(PLANT, 0)]
    assert (listed["plant"].missing, listed["plant"].blocked) == (1, 0)
    assert (listed["cost-center"].missing, listed["material"].missing) == (1, 0)


def test_a_missing_setting_is_named_though_the_same_records_lack_codes_as_well(fresh: World, make_report: Made) -> None:
    def steps() -> dict[str, int]:
        lines = by_key(make_report(fresh, "vendors", "purchase-orders"))
        return {key: line["records"] for key, line in lines.items() if line["state"] == "attention"}

    before = steps()
    with schema_context(fresh.customer.schema_name):
        ValueMap.objects.all().delete()
    after = steps()
    assert after["run:purchase-orders:no-sku"] == before["run:purchase-orders:no-sku"] == 10
    assert after["maps:cost-center"] > before["maps:cost-center"]


def test_once_a_flow_is_live_only_records_that_wait_count(fresh: World, make_report: Made) -> None:
    make_report(fresh, "vendors", "purchase-orders")
    with schema_context(fresh.customer.schema_name):
        report = FitReport.objects.get()
        assert report.sap
        assert report.servicetitan
        Sync.objects.create(flow="purchase-orders", source=report.sap, target=report.servicetitan, enabled=True)
        assert {row.name: row.missing for row in value_maps.listed()}["plant"] == 0
        assert value_maps.codes("plant", only="unmapped") == []


def test_a_rule_answers_a_code_of_the_report(fresh: World, make_report: Made) -> None:
    make_report(fresh, "vendors", "purchase-orders")
    with schema_context(fresh.customer.schema_name):
        ValueMap.objects.create(map="plant", key="17*", value="1")
        assert {row.name: row.missing for row in value_maps.listed()}["plant"] == 0


def test_another_customer_sees_none_of_these_codes(fresh: World, make_report: Made, globex: Customer) -> None:
    make_report(fresh, "vendors", "purchase-orders")
    with schema_context(globex.schema_name):
        assert value_maps.codes("plant") == []
        assert {row.missing for row in value_maps.listed()} == {0}
