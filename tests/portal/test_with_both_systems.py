"""The portal's records, tasks and books with both systems behind them, over real HTTP."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from integrations import jobs
from integrations.models import Link, ReconcileDifference, ReconcileReport, ValueMap
from tenants import schedule, schema
from tenants.models import Role
from tests.journeys.conftest import make_world, world  # noqa: F401 - fixtures
from tests.journeys.ordering import HVAC, ORDERS, Ordering
from tests.journeys.world import World
from tests.portal.desk import Desk, enter, words
from tests.portal.test_forms_that_come_back import beside, field


@pytest.fixture
def ordering(world: World) -> Ordering:  # noqa: F811 - the fixture
    return Ordering(world).open()


@pytest.fixture
def desk(ordering: Ordering) -> Desk:
    return enter(ordering.world.customer)


def compared(ordering: Ordering, desk: Desk) -> Any:
    """Both books, compared by pressing the button, and by whoever works on jobs."""
    desk.post(f"/books/flows/{ORDERS}/compare/")
    for claim in schedule.claim(now=timezone.now(), limit=10, lease_seconds=300, kinds=("job",)):
        jobs.run_claim(claim)
    return ordering.world.rows(ReconcileReport)[-1]


def test_an_order_that_a_missing_code_held_up_is_previewed_mended_and_found_in_agreeing_books(ordering, desk):
    world = ordering.world  # noqa: F811
    with schema.within(world.customer):
        right = ValueMap.objects.get(map="cost-center", key=HVAC).value
        ValueMap.objects.filter(map="cost-center", key=HVAC).delete()
    order = ordering.order()
    world.sync()
    held = world.newest(order)
    assert f"Give {HVAC} a value in the map Cost centers" in desk.page("/tasks/")
    assert "would need you" in words(desk.post(f"/records/{held.pk}/preview/"))

    ordering.decide("cost-center", HVAC, right)
    looked = words(desk.post(f"/records/{held.pk}/preview/"))
    assert "Would create a new record" in looked
    assert world.rows(Link, flow=ORDERS) == []
    world.sync()
    assert "Nothing needs you" in desk.page("/tasks/")
    (link,) = world.rows(Link, flow=ORDERS)
    assert f'/records/{held.pk}/"' in desk.get(f"/records/?q={link.target_key}").content.decode()

    report = compared(ordering, desk)
    assert "Both books agree." in desk.page(f"/books/{report.pk}/")
    assert "Do the books agree? Yes" in desk.page("/")


def test_what_somebody_changed_there_is_seen_on_both_sides_found_by_the_comparison_and_repaired(ordering, desk):
    world = ordering.world  # noqa: F811
    order = ordering.order()
    world.sync()
    (link,) = world.rows(Link, flow=ORDERS)
    world.edit("purchase-orders", link.target_key, summary="changed by hand")
    newest = world.newest(order)
    looked = words(desk.post(f"/records/{newest.pk}/compare/"))
    assert "changed by hand" in looked
    assert "differs" in looked

    report = compared(ordering, desk)
    (difference,) = world.rows(ReconcileDifference, report=report, is_explained=False)
    assert difference.cause == "changed in servicetitan"
    assert "changed in ServiceTitan" in desk.page(f"/books/{report.pk}/")
    assert "1 difference between both books. changed in ServiceTitan (1)" in desk.page("/")
    answer = words(desk.post(f"/books/{report.pk}/differences/{difference.pk}/repair/"))
    assert f"{order} is sent again." in answer
    assert "repair begun by operator@acme.test" in answer


def test_what_changed_at_the_source_is_read_again_at_once(ordering, desk):
    world = ordering.world  # noqa: F811
    order = ordering.order()
    world.sync()
    first = world.newest(order)
    assert "says the same" in words(desk.post(f"/records/{first.pk}/read-again/"))
    ordering.change_item(order, NetPriceAmount=str(Decimal("11")))
    answer = desk.post(f"/records/{first.pk}/read-again/")
    assert "It has changed at its source: the new version is on its way." in words(answer)
    assert world.newest(order).number == 2
    assert "version 2" in words(answer)


def test_a_value_that_does_not_exist_there_comes_back_in_the_form_of_its_code(ordering):
    owner = enter(ordering.world.customer, Role.OWNER)
    form = {"key": "77", "other:77": "99999", "label:77": "North & South"}
    answer = owner.post("/maps/cost-center/preview/", follow=True, **form)
    assert answer.status_code == 422
    assert beside(answer, "other:77") == "cost-center 77 is mapped to 99999: ServiceTitan has no business-unit 99999."
    assert 'value="99999"' in field(answer, "other:77")
    assert 'value="North & South"' in field(answer, "label:77")
