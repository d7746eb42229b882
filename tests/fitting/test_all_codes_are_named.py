"""What one report names: every code without a value, by the names of the pages on which it is mapped."""

from __future__ import annotations

from collections.abc import Callable

from django_tenants.utils import schema_context

from integrations.fitting.on_records import PAGES
from integrations.models import FitReport, Sync, ValueMap
from integrations.portal.map_words import WORDS
from tests.fitting.making import by_key
from tests.journeys.world import World

MAPS = ("cost-center", "plant", "material", "unit")


def codes(report: FitReport) -> dict[str, list[str]]:
    lines = by_key(report)
    return {name: sorted(one["code"] for one in lines[f"maps:{name}"]["more"]) for name in MAPS}


def test_a_missing_option_hides_no_code_of_another_item(world: World, make_report: Callable[..., FitReport]) -> None:
    with schema_context(world.customer.schema_name):
        ValueMap.objects.filter(map__in=MAPS).delete()
    complete = codes(make_report(world, "vendors", "purchase-orders"))
    assert len(complete["material"]) > 1
    with schema_context(world.customer.schema_name):
        Sync.objects.filter(flow="purchase-orders").update(options={})
    report = make_report(world, "vendors", "purchase-orders")
    assert by_key(report)["run:purchase-orders:no-sku"]["records"] == 10
    assert codes(report) == complete


def test_a_step_names_a_map_as_its_page_does() -> None:
    assert {name: str(WORDS[name].title) for name in PAGES} == PAGES
