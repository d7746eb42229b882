"""Vendors changed on either side, over real HTTP: each change travels once, and nothing ever travels back."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import schema_context

from integrations.models import Delivery, Link, Sync
from tests.journeys.conftest import MakeWorld
from tests.journeys.test_cost_centers_and_bills import switch_on
from tests.journeys.world import World

DEFAULTS = {
    "grouping": "BP02",
    "company_code": "1710",
    "reconciliation_account": "21100000",
    "purchasing_organization": "1710",
    "currency": "USD",
    "payment_terms": "NT30",
}
OWNERS = {"name": "sap", "phone": "servicetitan"}
ACME = {
    "name": "Acme Valves & Fittings",
    "phone": "(775) 555-0142",
    "email": "Orders@acme.example",
    "address": {"street": "12 Mill St", "city": "Reno", "state": "NV", "zip": "89501", "country": "USA"},
}
FLOWS = ("vendors", "vendors-to-sap")


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return both_ways(make_world)


def both_ways(make_world: MakeWorld) -> World:
    """Four suppliers in SAP, both flows switched on, and everything transferred."""
    world = make_world(suppliers=4, orders=0, invoices=0)
    with schema_context(world.customer.schema_name):
        Sync.objects.filter(flow="vendors").update(options={"owners": OWNERS})
    switch_on(world, "vendors-to-sap", "servicetitan", "sap", owners=OWNERS, **DEFAULTS)
    settle(world)
    return world


def settle(world: World) -> None:
    world.sync(*FLOWS)
    world.sync(*FLOWS)


def writes(world: World) -> dict[str, int]:
    """How many writes each side saw since the log was cleared."""
    both = {"sap": world.calls(sap=True), "servicetitan": world.calls()}
    return {
        name: len([call for call in calls if call[0] in ("POST", "PATCH") and "token" not in call[1]])
        for name, calls in both.items()
    }


def quiet(world: World) -> None:
    """Two further rounds write nothing."""
    world.clear_log()
    settle(world)
    assert writes(world) == {"sap": 0, "servicetitan": 0}


def partner(world: World, key: str) -> dict[str, Any]:
    (row,) = [row for row in world.control(world.sap, "state")["BusinessPartner"] if row["BusinessPartner"] == key]
    return dict(row)


def new_vendor(world: World, **values: Any) -> str:
    made = world.control(
        world.servicetitan, "add", {"tenant": world.tenant, "kind": "vendors", "values": {**ACME, **values}}
    )
    return str(made["id"])


def the_partner(world: World, vendor: str) -> dict[str, Any]:
    """What SAP holds of a vendor, shortly."""
    row = partner(world, world.target_of("vendors-to-sap", vendor))
    (address,) = row["BusinessPartnerAddress"]
    return {
        "name": row["OrganizationBPName1"],
        "street": [address.get("HouseNumber", ""), address["StreetName"], address["CityName"]],
        "phone": [one["PhoneNumber"] for one in address.get("AddressPhone", [])],
        "email": [one["EmailAddress"] for one in address.get("AddressEmail", [])],
    }


def supplier_of(world: World, vendor: str) -> dict[str, Any]:
    number = partner(world, world.target_of("vendors-to-sap", vendor))["Supplier"]
    (row,) = [row for row in world.control(world.sap, "state")["Supplier"] if row["Supplier"] == number]
    return dict(row)


def the_vendor(world: World, vendor: str) -> dict[str, Any]:
    (row,) = [row for row in world.titan("vendors") if str(row["id"]) == vendor]
    return dict(row)


def some_pair(world: World) -> tuple[str, str]:
    """A vendor that came from SAP, and its business partner."""
    link = min(world.rows(Link, flow="vendors-to-sap"), key=lambda link: link.source_key)
    return link.source_key, link.target_key


def books_hold(world: World, count: int) -> None:
    """So many partners in SAP, as many vendors, and links of both flows that agree."""
    partners = world.control(world.sap, "state")["BusinessPartner"]
    assert (len(partners), len(world.titan("vendors"))) == (count, count)
    numbers = {row["BusinessPartner"]: row["Supplier"] for row in partners}
    up = world.rows(Link, flow="vendors-to-sap")
    pairs = {link.source_key: numbers[link.target_key] for link in up if "#" not in link.source_key}
    assert {link.target_key: link.source_key for link in world.rows(Link, flow="vendors")} == pairs
    assert len(pairs) == count


def test_what_came_from_sap_is_never_created_there_again(world: World) -> None:
    books_hold(world, 4)
    assert [call for call in world.calls(sap=True) if call[0] != "GET"] == []
    quiet(world)


def test_a_vendor_made_in_servicetitan_is_created_once_with_the_customers_defaults(world: World) -> None:
    vendor = new_vendor(world)
    world.clear_log()
    settle(world)
    assert the_partner(world, vendor) == {
        "name": "Acme Valves & Fittings",
        "street": ["12", "Mill St", "Reno"],
        "phone": ["(775) 555-0142"],
        "email": ["Orders@acme.example"],
    }
    row = partner(world, world.target_of("vendors-to-sap", vendor))
    assert (row["BusinessPartnerGrouping"], row["BusinessPartnerAddress"][0]["Country"]) == ("BP02", "US")
    assert [role["BusinessPartnerRole"] for role in row["BusinessPartnerRole"]] == ["FLVN00", "FLVN01"]
    supplier = supplier_of(world, vendor)
    (company,), (purchasing,) = supplier["SupplierCompany"], supplier["SupplierPurchasingOrg"]
    assert (company["CompanyCode"], company["ReconciliationAccount"], company["PaymentTerms"]) == (
        "1710",
        "21100000",
        "NT30",
    )
    assert (purchasing["PurchasingOrganization"], purchasing["PurchaseOrderCurrency"]) == ("1710", "USD")
    assert list(the_vendor(world, vendor)["_external"].values()) == [{"sap-supplier": row["Supplier"]}]
    assert writes(world) == {"sap": 1, "servicetitan": 1}  # the create, and the supplier's number on the vendor
    books_hold(world, 5)
    quiet(world)


@pytest.mark.parametrize("kind", ["lose_answer", "malformed"])
def test_a_supplier_whose_create_lost_its_answer_is_recognised_by_our_mark(
    world: World, settings: Any, kind: str
) -> None:
    settings.READ_SECONDS = 1
    vendor = new_vendor(world, phone="", address={"country": "US"})
    world.faults({"kind": kind, "method": "POST", "path": "A_BusinessPartner", "times": 1}, sap=True)
    world.sync("vendors-to-sap")
    assert world.newest(vendor).state == Delivery.State.CHECKING
    world.sync("vendors")
    partners = world.control(world.sap, "state")["BusinessPartner"]
    assert (len(partners), len(world.titan("vendors"))) == (5, 5)
    (made,) = [row for row in partners if row.get("BusinessPartnerIDByExtSystem")]
    assert world.target_of("vendors", made["Supplier"]) == vendor
    while world.newest(vendor).state == Delivery.State.CHECKING:
        world.sync(*FLOWS)
    settle(world)
    books_hold(world, 5)
    quiet(world)


CHANGES = [
    ({"name": "Acme of Nevada"}, {"name": "Acme of Nevada"}),
    ({"address": {"street": "77 Ridge Rd", "city": "Elko"}}, {"street": ["77", "Ridge Rd", "Elko"]}),
    ({"contactInfo": {"phone": "775-555-0199"}}, {"phone": ["775-555-0199"]}),
    ({"contactInfo": {"email": "New@acme.example"}}, {"email": ["New@acme.example"]}),
]


@pytest.mark.parametrize(("edited", "there"), CHANGES)
def test_each_change_in_servicetitan_is_patched_where_sap_keeps_it(
    world: World, edited: dict[str, Any], there: dict[str, Any]
) -> None:
    vendor = new_vendor(world)
    settle(world)
    before = the_partner(world, vendor)
    world.edit("vendors", vendor, **edited)
    world.clear_log()
    settle(world)
    assert the_partner(world, vendor) == before | there
    assert writes(world) == {"sap": 1, "servicetitan": 0}
    quiet(world)


def test_a_vendor_made_inactive_is_blocked_for_purchasing_and_active_again_unblocked(world: World) -> None:
    vendor = new_vendor(world)
    settle(world)
    for active in (False, True):
        world.edit("vendors", vendor, active=active)
        settle(world)
        assert supplier_of(world, vendor).get("PurchasingIsBlocked", False) is not active
        assert the_vendor(world, vendor)["active"] is active
    quiet(world)


def test_changes_of_different_members_on_both_sides_both_travel(world: World) -> None:
    vendor, key = some_pair(world)
    world.edit("vendors", vendor, contactInfo={"phone": "775-555-0101"})
    world.change("BusinessPartner", key, {"OrganizationBPName1": "Renamed in SAP"})
    world.clear_log()
    settle(world)
    assert the_vendor(world, vendor)["name"] == "Renamed in SAP"
    assert the_partner(world, vendor)["name"] == "Renamed in SAP"
    assert the_partner(world, vendor)["phone"][0] == "775-555-0101"
    assert the_vendor(world, vendor)["contactInfo"]["phone"] == "775-555-0101"
    assert writes(world) == {"sap": 1, "servicetitan": 1}
    quiet(world)


def test_what_both_sides_changed_goes_to_its_owner_and_the_note_tells_both_values(world: World) -> None:
    vendor, key = some_pair(world)
    world.edit("vendors", vendor, name="Name of the office", active=True)
    world.change("BusinessPartner", key, {"OrganizationBPName1": "Name of finance"})
    world.sync("vendors-to-sap")
    assert partner(world, key)["OrganizationBPName1"] == "Name of finance"
    settle(world)
    assert the_vendor(world, vendor)["name"] == partner(world, key)["OrganizationBPName1"] == "Name of finance"
    said = [note["text"] for delivery in world.rows(Delivery) for note in delivery.notes]
    assert set(said) == {
        'Changed on both sides: name is "Name of finance" in SAP and "Name of the office" in ServiceTitan. '
        "SAP owns it, its value is kept."
    }
    quiet(world)


def test_two_vendors_of_one_company_are_a_persons(world: World) -> None:
    first = new_vendor(world)
    settle(world)
    second = new_vendor(world)
    settle(world)
    delivery = world.newest(second)
    assert (delivery.state, delivery.code) == ("quarantined", "claimed")
    assert len(world.control(world.sap, "state")["BusinessPartner"]) == 5
    assert world.target_of("vendors-to-sap", first)
    quiet(world)
