"""Requisitions that change on their way, and what people do to their orders in ServiceTitan, over real HTTP."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import MakeWorld
from tests.journeys.purchasing import FLOW, ORDERS, OTHER, PIPE, SUPPLIER, Purchasing

INSTALL = "10101102"


@pytest.fixture
def opened(make_world: MakeWorld) -> Purchasing:
    return Purchasing(make_world(suppliers=3, orders=1)).open()


def test_an_item_that_gets_another_supplier_leaves_one_order_for_another(opened: Purchasing) -> None:
    number = opened.request(PIPE, {**PIPE, "quantity": "5"})
    opened.sync()
    first = opened.part(number)
    opened.change_item(number, "20", FixedSupplier=OTHER)
    opened.sync()
    (second,) = set(opened.parts(number).values()) - {first}
    assert opened.shown() == {first: ("Pending", [("10", "2")]), second: ("Pending", [("20", "5")])}
    assert str(opened.there(second)["vendorId"]) == opened.world.target_of("vendors", OTHER)


def test_an_item_back_in_release_leaves_its_order_as_it_is_until_it_is_released(opened: Purchasing) -> None:
    number = opened.request()
    opened.sync()
    opened.change_item(number, "10", ReleaseIsNotCompleted=True, PurReqnReleaseStatus="03", RequestedQuantity="9")
    opened.world.clear_log()
    opened.sync()
    assert opened.writes() == []
    assert opened.shown()[opened.part(number)] == ("Pending", [("10", "2")])
    opened.change_item(number, "10", ReleaseIsNotCompleted=False, PurReqnReleaseStatus="05")
    opened.sync()
    assert opened.shown()[opened.part(number)] == ("Pending", [("10", "9")])


def test_a_requisition_deleted_and_taken_back_gets_a_new_order(opened: Purchasing) -> None:
    number = opened.request()
    opened.sync()
    first = opened.part(number)
    opened.change_item(number, "10", IsDeleted=True)
    opened.sync()
    assert opened.alive() == []
    opened.change_item(number, "10", IsDeleted=False)
    opened.sync()
    assert opened.part(number) != first
    assert opened.alive() == [opened.part(number)]


def test_a_requisition_deleted_after_something_was_received_is_a_persons(opened: Purchasing) -> None:
    number = opened.request()
    opened.sync()
    there = opened.part(number)
    opened.world.control(opened.world.servicetitan, "receive", {"tenant": opened.world.tenant, "id": int(there)})
    opened.change_item(number, "10", IsDeleted=True)
    opened.sync()
    newest = opened.world.newest(number)
    assert (newest.state, newest.code) == ("quarantined", "not-cancelable")
    assert opened.shown()[there] == ("Received", [("10", "2")])


def test_one_supplier_that_is_not_there_yet_does_not_hold_up_the_others(opened: Purchasing) -> None:
    made = opened.world.control(opened.world.sap, "supplier", {"name": "Brand New Supply"})
    number = opened.request(PIPE, {**PIPE, "quantity": "5", "values": {"FixedSupplier": made["supplier"]}})
    opened.sync()
    assert opened.shown()[opened.part(number)] == ("Pending", [("10", "2")])
    newest = opened.world.newest(number)
    assert (newest.state, newest.needs) == ("waiting", f"link:vendors:{made['supplier']}")
    opened.world.sync("vendors")
    opened.sync()
    assert opened.world.newest(number).state == "delivered"
    assert sorted(lines for _, lines in opened.shown().values()) == [[("10", "2")], [("20", "5")]]


def test_a_blocked_supplier_is_said_and_the_other_items_come(opened: Purchasing) -> None:
    made = opened.world.control(opened.world.sap, "supplier", {"name": "Brand New Supply"})
    opened.world.change("Supplier", made["supplier"], {"PurchasingIsBlocked": True})
    opened.world.sync("vendors")
    number = opened.request(PIPE, {**PIPE, "quantity": "5", "values": {"FixedSupplier": made["supplier"]}})
    opened.sync()
    newest = opened.world.newest(number)
    assert (newest.state, newest.code) == ("not_transferable", "supplier-not-transferable")
    assert (
        f"Its supplier {made['supplier']} is no vendor in ServiceTitan: It is blocked for purchasing" in newest.reason
    )
    assert opened.shown()[opened.part(number)] == ("Pending", [("10", "2")])


def test_the_fixed_supplier_goes_before_the_desired_one(opened: Purchasing) -> None:
    values = {"FixedSupplier": SUPPLIER, "Supplier": OTHER}
    fixed = opened.request({**PIPE, "values": values})
    desired = opened.request({**PIPE, "values": {"FixedSupplier": "", "Supplier": OTHER}})
    opened.sync()
    vendors = {number: str(opened.there(opened.part(number))["vendorId"]) for number in (fixed, desired)}
    assert vendors == {
        fixed: opened.world.target_of("vendors", SUPPLIER),
        desired: opened.world.target_of("vendors", OTHER),
    }


def test_an_edit_made_by_people_before_the_take_over_is_noted_under_the_orders_own_line(opened: Purchasing) -> None:
    number = opened.request()
    opened.sync()
    born = opened.part(number)
    line = opened.there(born)["items"][0]
    opened.world.edit("purchase-orders", born, items=[{"id": line["id"], "quantity": "7"}])
    (order,) = opened.order([(number, "10")])
    opened.sync()
    assert opened.world.target_of(ORDERS, order) == born
    assert opened.shown() == {born: ("Pending", [("10", "2")])}
    notes = [note["text"] for note in opened.world.newest(order).notes]
    assert "Overwritten: items 10 quantity 7 instead of 2, as it was edited in the target." in notes


def test_two_orders_each_take_over_the_order_of_their_own_requisition(opened: Purchasing) -> None:
    first, second = opened.request(), opened.request({**PIPE, "quantity": "5"})
    (order,) = opened.order([(first, "10")])
    opened.sync()
    there = opened.world.target_of(ORDERS, order)
    requested = opened.part(second)
    (whole,) = opened.order([(second, "10")])
    opened.sync()
    assert opened.world.target_of(ORDERS, whole) == requested
    assert opened.alive() == sorted([there, requested])


def test_two_cost_centers_make_two_orders_of_one_requisition(opened: Purchasing) -> None:
    number = opened.request(PIPE, {**PIPE, "quantity": "5", "center": INSTALL})
    opened.sync(FLOW)
    assert len(opened.parts(number)) == 2
    assert sorted(lines for _, lines in opened.shown().values()) == [[("10", "2")], [("20", "5")]]
    assert len({row["businessUnitId"] for row in opened.world.titan("purchase-orders")}) == 2
