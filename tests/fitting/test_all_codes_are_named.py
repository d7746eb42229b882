"""What one report names: every code without a value, by the names of the pages on which it is mapped."""

from __future__ import annotations

from collections.abc import Callable

from django_tenants.utils import schema_context

from integrations.fitting.on_records import PAGES
from integrations.models import FitReport, Sync, ValueMap
from integrations.portal.map_words import WORDS
from tests.fitting.making import by_key
from tests.journeys.world import World


def test_a_missing_option_hides_no_code_of_another_item(world: World, make_report: Callable[..., FitReport]) -> None:
    with schema_context(world.customer.schema_name):
        ValueMap.objects.filter(map="material").delete()
    complete = by_key(make_report(world, "vendors", "purchase-orders"))["maps:material"]["more"]
    with schema_context(world.customer.schema_name):
        Sync.objects.filter(flow="purchase-orders").update(options={"default_order_type": "1"})
    lines = by_key(make_report(world, "vendors", "purchase-orders"))
    assert lines["run:purchase-orders:no-sku"]["records"] == 10
    assert len(complete) > 1
    assert lines["maps:material"]["more"] == complete


def test_a_step_names_a_map_as_its_page_does() -> None:
    assert {name: str(WORDS[name].title) for name in PAGES} == PAGES
