"""Vendors back to SAP where people have to look, and where SAP's records are bare, over real HTTP."""

from __future__ import annotations

import pytest
from django_tenants.utils import schema_context

from integrations import reference_data
from integrations.engine import Given
from integrations.models import Link
from integrations.running import utc_now
from tests.journeys.conftest import MakeWorld
from tests.journeys.test_vendors_both_ways import (
    both_ways,
    new_vendor,
    partner,
    quiet,
    settle,
    some_pair,
    supplier_of,
    the_partner,
)
from tests.journeys.world import World

UP = "vendors-to-sap"


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return both_ways(make_world)


def test_a_telephone_and_an_email_are_added_where_sap_has_none(world: World) -> None:
    vendor = new_vendor(world, phone="", email="")
    settle(world)
    assert (the_partner(world, vendor)["phone"], the_partner(world, vendor)["email"]) == ([], [])
    world.edit("vendors", vendor, contactInfo={"phone": "775-555-0142", "email": "orders@acme.example"})
    settle(world)
    assert the_partner(world, vendor)["phone"] == ["775-555-0142"]
    assert the_partner(world, vendor)["email"] == ["orders@acme.example"]
    quiet(world)


def test_a_name_that_does_not_fit_is_a_persons_and_nothing_is_cut_off(world: World) -> None:
    vendor = new_vendor(world, name="A" * 41)
    settle(world)
    newest = world.newest(vendor)
    assert (newest.state, newest.code) == ("quarantined", "does-not-fit")
    assert len(world.control(world.sap, "state")["BusinessPartner"]) == 4
    world.edit("vendors", vendor, name="A" * 40)
    settle(world)
    assert the_partner(world, vendor)["name"] == "A" * 40


def test_an_inactive_vendor_that_sap_does_not_know_is_not_created(world: World) -> None:
    vendor = new_vendor(world, active=False)
    settle(world)
    assert (world.newest(vendor).state, world.newest(vendor).code) == ("not_transferable", "inactive")
    assert len(world.control(world.sap, "state")["BusinessPartner"]) == 4


def test_only_sap_takes_back_a_deletion(world: World) -> None:
    vendor, key = some_pair(world)
    supplier = partner(world, key)["Supplier"]
    world.change("Supplier", supplier, {"DeletionIndicator": True})
    world.change("BusinessPartner", key)
    settle(world)
    assert [row["active"] for row in world.titan("vendors") if str(row["id"]) == vendor] == [False]
    world.edit("vendors", vendor, active=True)
    world.sync(UP)
    newest = world.newest(vendor)
    assert (newest.state, newest.code) == ("quarantined", "blocked-in-sap")
    assert supplier_of(world, vendor)["DeletionIndicator"] is True


@pytest.mark.parametrize("answer", ["take", "create"])
def test_a_vendor_that_looks_like_a_supplier_is_a_persons_with_the_suggestion(world: World, answer: str) -> None:
    suppliers = world.control(world.sap, "supplier", {"name": "Acme Valve and Fittings"})
    vendor = new_vendor(world, name="Acme Valves & Fittings", address={"country": "US"}, phone="")
    world.sync(UP)
    newest = world.newest(vendor)
    assert (newest.state, newest.code) == ("quarantined", "looks-alike")
    assert f"Suggested: {suppliers['supplier']}: Acme Valve and Fittings" in newest.reason
    with schema_context(world.customer.schema_name):
        given = [Given("supplier", vendor, suppliers["supplier"] if answer == "take" else "create")]
        reference_data.save_values(world.customer, given, by="person", now=utc_now())
    world.sync(UP)
    (link,) = world.rows(Link, flow=UP, source_key=vendor)
    assert (link.target_key == suppliers["partner"]) is (answer == "take")
    assert len(world.control(world.sap, "state")["BusinessPartner"]) == (5 if answer == "take" else 6)
