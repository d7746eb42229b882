"""Suppliers of SAP as vendors of ServiceTitan, over real HTTP: met, matched, blocked, edited, decided about."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import schema_context

from integrations import reference_data
from integrations.engine import Given
from integrations.models import Link, Sync, ValueMap
from integrations.running import utc_now
from tests.journeys.conftest import MakeWorld
from tests.journeys.world import World

FIRST, SECOND, THIRD = "17300001", "17300002", "17300003"
FLOW, ORDERS = "vendors", "purchase-orders"
PIPE = {"material": "HV-10001", "quantity": "2", "price": "10", "center": "10101101"}


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """Three suppliers in SAP and nothing else; no vendor in ServiceTitan."""
    world = make_world(suppliers=3, orders=0, invoices=0)
    world.control(world.sap, "reset", {"seed": 7, "suppliers": 3, "orders": 0, "requisitions": 0, "invoices": 0})
    return world


def partner(world: World, supplier: str) -> dict[str, Any]:
    """A supplier as SAP has it."""
    rows = world.control(world.sap, "state")["BusinessPartner"]
    return next(dict(row) for row in rows if row.get("Supplier") == supplier)


def like(world: World, supplier: str, **values: Any) -> str:
    """A vendor that people made in ServiceTitan for that company; `values` differ."""
    row = partner(world, supplier)
    address = row["BusinessPartnerAddress"][0]
    place = {"street": "Somewhere 1", "city": address["CityName"], "zip": address["PostalCode"], "country": "US"}
    given = {"name": row["OrganizationBPName1"], "address": place, **values}
    body = {"tenant": world.tenant, "kind": "vendors", "values": given}
    return str(world.control(world.servicetitan, "add", body)["id"])


def vendors(world: World) -> dict[str, dict[str, Any]]:
    return {str(row["id"]): row for row in world.titan("vendors")}


def vendor_of(world: World, supplier: str) -> dict[str, Any]:
    return vendors(world)[world.target_of(FLOW, supplier)]


def supplier_number(row: dict[str, Any]) -> str:
    """The supplier number in a vendor's external data."""
    return next((str(entry["sap-supplier"]) for entry in row["_external"].values() if "sap-supplier" in entry), "")


def touch(world: World, supplier: str) -> None:
    world.change("BusinessPartner", partner(world, supplier)["BusinessPartner"])


def choose(world: World, flow: str, **options: Any) -> None:
    with schema_context(world.customer.schema_name):
        sync = Sync.objects.get(flow=flow)
        sync.options = {**sync.options, **options}
        sync.save(update_fields=["options"])


def decide(world: World, value_map: str, key: str, value: str) -> None:
    """Somebody says what a code means."""
    with schema_context(world.customer.schema_name):
        given = [Given(value_map, key, value)]
        reference_data.save_values(world.customer, given, by="person", now=utc_now())


def order(world: World, supplier: str) -> str:
    made = world.control(world.sap, "order", {"supplier": supplier, "items": [PIPE]})
    return str(made["order"])


def writes(world: World) -> list[str]:
    return [f"{method} {path.rpartition('/')[2]}" for method, path in world.calls() if method in ("POST", "PATCH")]


def test_a_supplier_is_a_vendor_with_everything_that_servicetitan_requires(world: World) -> None:
    world.sync(FLOW)
    row, source = vendor_of(world, FIRST), partner(world, FIRST)
    address = source["BusinessPartnerAddress"][0]
    assert (row["name"], row["active"], row["deliveryOption"]) == (source["OrganizationBPName1"], True, "Manual")
    assert (row["address"]["street"], row["address"]["zip"]) == (
        f"{address['HouseNumber']} {address['StreetName']}",
        address["PostalCode"],
    )
    assert row["contactInfo"]["email"] == address["AddressEmail"][0]["EmailAddress"]
    assert row["defaultTaxRate"] == 0
    assert sorted(map(supplier_number, world.titan("vendors"))) == [FIRST, SECOND, THIRD]
    assert [call for call in world.calls(sap=True) if call[0] != "GET"] == []


def test_bank_data_is_neither_asked_for_nor_kept(world: World) -> None:
    world.sync(FLOW)
    log = world.control(world.sap, "log")["requests"]
    assert [line for line in log if "Bank" in str(line["query"])] == []
    assert "CANARY" not in str([row.payload for row in world.rows()]) + str(world.titan("vendors"))
    assert "CANARY" in str(world.control(world.sap, "state")["BusinessPartner"])


def test_the_same_company_is_taken_over_marked_and_made_active(world: World) -> None:
    there = like(world, FIRST, active=False, memo="Ask for Ben")
    world.clear_log()
    world.sync(FLOW)
    row = vendors(world)[there]
    assert world.target_of(FLOW, FIRST) == there
    assert (row["active"], row["memo"], supplier_number(row)) == (True, "Ask for Ben", FIRST)
    assert len(vendors(world)) == 3
    assert sorted(writes(world)) == [f"PATCH {there}", "POST token", "POST vendors", "POST vendors"]


def test_a_vendor_of_another_supplier_is_never_taken_over(world: World) -> None:
    world.sync(FLOW)
    row = partner(world, FIRST)
    world.change("BusinessPartner", partner(world, SECOND)["BusinessPartner"], {"OrganizationBPName1": "Same Name Inc"})
    world.change("BusinessPartner", row["BusinessPartner"], {"OrganizationBPName1": "Same Name Inc"})
    world.sync(FLOW)
    assert len({world.target_of(FLOW, FIRST), world.target_of(FLOW, SECOND)}) == 2
    assert sorted(map(supplier_number, world.titan("vendors"))) == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize("answer", ["take", "create"])
def test_one_that_looks_alike_is_a_persons_with_the_suggestion_in_the_reason(world: World, answer: str) -> None:
    there = like(world, FIRST, name="Allied HVAC Supplies", address={"country": "US"})
    world.sync(FLOW)
    newest = world.newest(FIRST)
    assert (newest.state, newest.code) == ("quarantined", "looks-alike")
    assert newest.reason == (
        f"Allied HVAC Supply Inc ({FIRST}) looks like a record that is there already: take one over, or create it. "
        f"Suggested: {there}: Allied HVAC Supplies"
    )
    assert world.states(FLOW) == {"delivered": 2, "quarantined": 1}
    decide(world, "vendor", FIRST, there if answer == "take" else "create")
    world.sync(FLOW)
    assert (world.target_of(FLOW, FIRST) == there) is (answer == "take")
    assert len(vendors(world)) == (3 if answer == "take" else 4)


def test_two_suppliers_of_one_company_become_a_vendor_each_once_somebody_says_so(world: World) -> None:
    there = like(world, FIRST)
    address = partner(world, FIRST)["BusinessPartnerAddress"][0]
    other = partner(world, SECOND)
    world.change("BusinessPartner", other["BusinessPartner"], {"OrganizationBPName1": vendors(world)[there]["name"]})
    place = [other["BusinessPartner"], other["BusinessPartnerAddress"][0]["AddressID"]]
    world.change("BusinessPartnerAddress", place, {"PostalCode": address["PostalCode"]})
    world.sync(FLOW)
    assert world.target_of(FLOW, FIRST) == there
    second = world.newest(SECOND)
    assert (second.state, second.code) == ("quarantined", "claimed")
    decide(world, "vendor", SECOND, "create")
    world.sync(FLOW)
    assert world.target_of(FLOW, SECOND) not in ("", there)
    assert len(vendors(world)) == 3


def test_a_payment_block_leaves_the_vendor_active(world: World) -> None:
    world.sync(FLOW)
    world.change("Supplier", FIRST, {"PaymentIsBlockedForSupplier": True})
    touch(world, FIRST)
    world.clear_log()
    world.sync(FLOW)
    assert world.newest(FIRST).payload["supplier"]["PaymentIsBlockedForSupplier"] is True
    assert vendor_of(world, FIRST)["active"] is True
    assert writes(world) == []


@pytest.mark.parametrize("flag", ["PurchasingIsBlocked", "DeletionIndicator"])
def test_a_vendor_blocked_mid_way_keeps_its_orders_and_is_active_again_when_the_block_is_gone(
    world: World, flag: str
) -> None:
    world.sync(FLOW)
    number = order(world, FIRST)
    world.sync(ORDERS)
    world.change("Supplier", FIRST, {flag: True})
    touch(world, FIRST)
    world.sync()
    assert vendor_of(world, FIRST)["active"] is False
    world.change("PurchaseOrderItem", [number, "10"], {"OrderQuantity": "5"})
    world.sync()
    (there,) = world.titan("purchase-orders")
    assert (there["status"], float(there["items"][0]["quantity"])) == ("Pending", 5)
    world.change("Supplier", FIRST, {flag: False})
    touch(world, FIRST)
    world.sync()
    assert vendor_of(world, FIRST)["active"] is True


def test_an_order_of_a_blocked_supplier_says_so_and_goes_on_when_the_block_is_gone(world: World) -> None:
    number = order(world, FIRST)
    world.change("Supplier", FIRST, {"PurchasingIsBlocked": True})
    touch(world, FIRST)
    world.sync(ORDERS)
    assert world.newest(number).state == "waiting"
    world.sync(FLOW)  # only now it is known that no vendor comes
    assert (world.newest(FIRST).state, world.newest(FIRST).code) == ("not_transferable", "blocked")
    world.sync(ORDERS)
    newest = world.newest(number)
    assert (newest.state, newest.code) == ("not_transferable", "supplier-not-transferable")
    assert newest.reason == (
        f"Its supplier {FIRST} is no vendor in ServiceTitan: It is blocked for purchasing, and ServiceTitan does not "
        "know it."
    )
    assert (len(vendors(world)), world.titan("purchase-orders")) == (2, [])
    world.change("Supplier", FIRST, {"PurchasingIsBlocked": False})
    touch(world, FIRST)
    world.sync()
    assert world.newest(number).state == "delivered"
    assert [str(row["vendorId"]) for row in world.titan("purchase-orders")] == [world.target_of(FLOW, FIRST)]


def test_blocked_suppliers_come_as_inactive_vendors_where_the_customer_wants_them(world: World) -> None:
    choose(world, FLOW, create_blocked=True)
    world.change("Supplier", FIRST, {"PurchasingIsBlocked": True})
    world.sync(FLOW)
    assert vendor_of(world, FIRST)["active"] is False
    assert len(vendors(world)) == 3


@pytest.mark.parametrize("rule", ["overwrite", "ask"])
def test_an_edit_of_people_is_overwritten_and_told_or_asked_about(world: World, rule: str) -> None:
    choose(world, FLOW, on_target_edit=rule)
    world.sync(FLOW)
    there, name = world.target_of(FLOW, FIRST), partner(world, FIRST)["OrganizationBPName1"]
    world.edit("vendors", there, name="Allied (Tulsa)", memo="Ask for Ben")
    touch(world, FIRST)
    world.change("BusinessPartner", partner(world, FIRST)["BusinessPartner"], {"OrganizationBPName2": "West"})
    world.sync(FLOW)
    newest, row = world.newest(FIRST), vendors(world)[there]
    if rule == "ask":
        assert (newest.state, newest.code) == ("quarantined", "edited-in-target")
        assert 'name "Allied (Tulsa)" instead of' in newest.reason
        assert row["name"] == "Allied (Tulsa)"
    else:
        assert newest.state == "delivered"
        said = f'Overwritten: name "Allied (Tulsa)" instead of "{name} West", as it was edited in the target.'
        assert said in [note["text"] for note in newest.notes]
        assert (row["name"], row["memo"]) == (f"{name} West", "Ask for Ben")


def test_payment_terms_are_mapped_and_a_change_of_them_shows(world: World) -> None:
    terms = {row["name"]: str(row["id"]) for row in world.titan("payment-terms")}
    first, second = sorted(terms.values())[:2]
    source = world.control(world.sap, f"rows?entity=Supplier&key={FIRST}")["rows"][0]
    before = source["SupplierCompany"][0]["PaymentTerms"]
    choose(world, FLOW, company_code="1710")
    with schema_context(world.customer.schema_name):
        every = {
            company["PaymentTerms"]
            for row in world.control(world.sap, "state")["Supplier"]
            for company in row["SupplierCompany"]
        }
        ValueMap.objects.bulk_create([ValueMap(map="payment-terms", key=key, value=first) for key in every | {"NT90"}])
        ValueMap.objects.filter(map="payment-terms", key="NT90").update(value=second)
    world.sync(FLOW)
    world.change("SupplierCompany", [FIRST, "1710"], {"PaymentTerms": "NT90"})
    touch(world, FIRST)
    world.clear_log()
    world.sync(FLOW)
    (patch,) = [line for line in world.control(world.servicetitan, "log")["requests"] if line["method"] == "PATCH"]
    entries = next(iter(vendor_of(world, FIRST)["_external"].values()))
    assert (before != "NT90", entries["sap-payment-terms"]) == (True, "NT90")
    assert patch["path"].endswith(world.target_of(FLOW, FIRST))
    assert len(world.rows(Link, flow=FLOW)) == 3


def test_a_partner_without_a_supplier_role_is_no_vendor(world: World) -> None:
    number = partner(world, FIRST)["BusinessPartner"]
    for role in partner(world, FIRST)["BusinessPartnerRole"]:
        key = [number, role["BusinessPartnerRole"]]
        world.control(world.sap, "remove", {"entity": "BusinessPartnerRole", "key": key})
    world.sync(FLOW)
    states = {supplier: world.newest(supplier).state for supplier in (FIRST, SECOND, THIRD)}
    assert states == {FIRST: "not_transferable", SECOND: "delivered", THIRD: "delivered"}
    assert len(vendors(world)) == 2
