"""Cost centers of SAP on business units, over real HTTP: mapped, unmapped, renamed, ended, moved; and back to SAP."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import schema_context

from integrations import reference_data
from integrations.engine import Given
from integrations.models import Delivery, ValueMap
from integrations.running import utc_now
from tests.journeys.conftest import MakeWorld
from tests.journeys.test_cost_centers_and_bills import KEY, keys_of, switch_on, unit_of
from tests.journeys.test_cost_centers_to_sap import DEFAULTS, center, new_unit, to_sap
from tests.journeys.world import World

UP, DOWN = "cost-centers-to-sap", "cost-centers"
FIRST, SECOND = "10101101", "10101102"


@pytest.fixture(params=["v4", "v2"])
def world(make_world: MakeWorld, request: pytest.FixtureRequest) -> World:
    """A customer with cost centers only, on a tenant with both services or with the older one alone."""
    world = make_world(suppliers=0, orders=0, invoices=0)
    if request.param == "v2":
        world.control(world.sap, "settings", {"arrangements": {"API_COST_CENTER": "unknown"}})
    return world


@pytest.fixture
def newest(make_world: MakeWorld) -> World:
    """The same on a tenant with both services."""
    return make_world(suppliers=0, orders=0, invoices=0)


def forget(world: World, number: str) -> str:
    """The map has no row for a cost center; returns what it said."""
    with schema_context(world.customer.schema_name):
        row = ValueMap.objects.get(map="cost-center", key=number)
        row.delete()
    return str(row.value)


def decide(world: World, number: str, unit: str) -> None:
    with schema_context(world.customer.schema_name):
        given = [Given("cost-center", number, unit)]
        reference_data.save_values(world.customer, given, by="person", now=utc_now())


def task(world: World, number: str) -> Delivery:
    return world.newest(f"A000/{number}")


def change(world: World, number: str, **values: Any) -> None:
    world.change("CostCenter", ["A000", number, "9999-12-31"], values)


def rename(world: World, number: str, name: str) -> None:
    """The name stands on the cost center, and on its text, where the older service reads it."""
    world.change("CostCenterText", ["A000", number, "9999-12-31", "EN"], {"CostCenterName": name})
    change(world, number, CostCenterName=name)


def test_an_unmapped_cost_center_is_a_task_with_suggestions_until_somebody_maps_it(world: World) -> None:
    unit = forget(world, FIRST)
    (name,) = [row["name"] for row in world.titan("business-units") if str(row["id"]) == unit]
    switch_on(world, DOWN, "sap", "servicetitan")
    world.sync(DOWN)
    newest = task(world, FIRST)
    assert (newest.state, newest.code) == ("quarantined", "unmapped-cost-center")
    assert f"has no business unit yet. Suggested: {unit}: {name}" in newest.reason
    assert keys_of(world, unit) == {}
    decide(world, FIRST, unit)
    world.sync(DOWN)
    assert list(keys_of(world, unit)) == [f"{KEY}{FIRST}"]


def test_what_has_nothing_to_do_with_field_work_is_passed_over_if_the_customer_says_so(world: World) -> None:
    forget(world, FIRST)
    switch_on(world, DOWN, "sap", "servicetitan", unmapped="skip")
    world.sync(DOWN)
    assert (task(world, FIRST).state, task(world, FIRST).code) == ("not_transferable", "unmapped")
    assert "quarantined" not in world.states(DOWN)


def test_a_cost_center_renamed_in_sap_is_renamed_on_its_unit_and_one_that_ended_is_taken_off(world: World) -> None:
    switch_on(world, DOWN, "sap", "servicetitan")
    world.sync(DOWN)
    rename(world, FIRST, "Plumbing North")
    world.sync(DOWN)
    assert keys_of(world, unit_of(world, FIRST)) == {f"{KEY}{FIRST}": "Plumbing North"}
    change(world, FIRST, ValidityEndDate="2020-12-31", ValidityStartDate="2019-01-01")
    world.sync(DOWN)
    assert keys_of(world, unit_of(world, FIRST)) == {}
    assert list(keys_of(world, unit_of(world, SECOND))) == [f"{KEY}{SECOND}"]


def test_two_cost_centers_of_one_unit_both_stand_there(world: World) -> None:
    unit = unit_of(world, FIRST)
    decide(world, SECOND, unit)
    switch_on(world, DOWN, "sap", "servicetitan")
    world.sync(DOWN)
    assert sorted(keys_of(world, unit)) == [f"{KEY}{FIRST}", f"{KEY}{SECOND}"]


@pytest.mark.parametrize(("rule", "state"), [("ask", "quarantined"), ("skip", "not_transferable")])
def test_a_unit_that_sap_does_not_know_is_asked_about_or_passed_over(newest: World, rule: str, state: str) -> None:
    unit = new_unit(newest)
    before = newest.control(newest.sap, "state")["CostCenter"]
    to_sap(newest, on_new=rule, **DEFAULTS)
    delivery = newest.newest(unit)
    assert (delivery.state, delivery.code) == (state, "no-cost-center")
    assert newest.control(newest.sap, "state")["CostCenter"] == before


def test_a_unit_of_two_cost_centers_renames_neither(newest: World) -> None:
    unit = unit_of(newest, FIRST)
    decide(newest, SECOND, unit)
    before = center(newest, FIRST)["CostCenterName"], center(newest, SECOND)["CostCenterName"]
    newest.edit("business-units", unit, name="Plumbing and Heating")
    to_sap(newest, names="servicetitan", **DEFAULTS)
    assert (newest.newest(unit).state, newest.newest(unit).code) == ("not_transferable", "several")
    assert (center(newest, FIRST)["CostCenterName"], center(newest, SECOND)["CostCenterName"]) == before


def test_a_unit_that_is_switched_off_ends_no_cost_center(newest: World) -> None:
    to_sap(newest, names="servicetitan", **DEFAULTS)
    unit = unit_of(newest, FIRST)
    before = center(newest, FIRST)
    newest.edit("business-units", unit, name="Closed", active=False)
    newest.sync(UP)
    assert center(newest, FIRST) == before
