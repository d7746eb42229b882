"""Requests that become requisitions in SAP, where buyers merge them into one order or split them into several."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.conftest import MakeWorld
from tests.journeys.requests import (
    FLOW,
    ORDERS,
    look_again,
    orders_there,
    raise_request,
    sap_requisitions,
    story,
    switch_on,
)
from tests.journeys.world import World

ITEM = {"material": "HV-10002", "quantity": "1", "price": "3", "center": "10101101"}
"""What somebody requests in SAP itself."""


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    world = make_world(suppliers=3, orders=3)
    world.sync()
    switch_on(world, target="requisition")
    return world


def convert(world: World, *orders: list[tuple[str, str]]) -> list[str]:
    """A buyer makes orders of requisition items."""
    made = world.control(world.sap, "convert", {"orders": [[list(pair) for pair in pairs] for pairs in orders]})
    return [str(number) for number in made["orders"]]


def requisition_of(world: World, request: str) -> str:
    return world.target_of(FLOW, request).removeprefix("PR-")


def test_the_supplier_is_fixed_and_the_mark_stands_on_every_item(world: World) -> None:
    request = raise_request(world, ("HV-10001", "4", "12.5"), ("HV-10002", "1", "3"))
    world.sync(FLOW)
    (made,) = sap_requisitions(world)
    items = made["RequisitionItem"]
    assert requisition_of(world, request) == made["PurchaseRequisition"]
    assert [item["FixedSupplier"] for item in items] == ["17300001", "17300001"]
    assert len({item["PurReqnExternalReference"] for item in items}) == 1
    assert [(item["Material"], item["RequestedQuantity"]) for item in items] == [("HV-10001", "4"), ("HV-10002", "1")]


def test_two_requests_merged_into_one_order_leave_one_order_once_a_person_cancelled_the_other(world: World) -> None:
    first, second = raise_request(world), raise_request(world, ("HV-10002", "1", "3"))
    world.sync(FLOW)
    pairs = [(requisition_of(world, request), "10") for request in (first, second)]
    (order,) = convert(world, pairs)
    for request in (first, second):
        look_again(world, request)
    world.sync(ORDERS)
    linked = world.target_of(ORDERS, order)
    (other,) = [row for row in orders_there(world) if str(row["id"]) != linked and row["status"] != "Canceled"]
    states = sorted(story(world, request) for request in (first, second))
    assert states == [("Approved", "delivered", ""), ("Approved", "quarantined", "merged")]
    (told,) = [world.newest(request) for request in (first, second) if story(world, request)[2] == "merged"]
    assert told.reason.startswith(f"SAP made one order, {order}, of it and others")
    assert f"cancel order {other['number']} there" in told.reason
    world.edit("purchase-orders", str(other["id"]), status="Canceled")
    look_again(world, told.source_key)
    assert story(world, told.source_key)[1:] == ("delivered", "")
    (left,) = [row for row in orders_there(world) if row["status"] != "Canceled"]
    assert (str(left["id"]), len(left["items"])) == (world.target_of(ORDERS, order), 2)
    look_again(world, first)
    look_again(world, second)
    assert {story(world, request)[2] for request in (first, second)} == {""}


def test_a_request_split_into_two_orders_is_a_persons_who_reads_why(world: World) -> None:
    request = raise_request(world, ("HV-10001", "4", "12.5"), ("HV-10002", "1", "3"))
    world.sync(FLOW)
    number = requisition_of(world, request)
    convert(world, [(number, "10")], [(number, "20")])
    look_again(world, request)
    assert story(world, request) == ("Approved", "quarantined", "split")
    assert f"SAP made several orders of PR-{number}" in world.newest(request).reason


def test_an_order_of_a_requisition_whose_answer_was_lost_waits_for_its_request(world: World, settings: Any) -> None:
    """A buyer orders it before anybody has looked what became of the write; an order of others goes over meanwhile."""
    settings.READ_SECONDS = 1
    request = raise_request(world)
    world.faults({"kind": "lose_answer", "method": "POST", "path": "/PurchaseReqn", "times": 1}, sap=True)
    world.sync(FLOW)
    assert story(world, request)[1] == "checking"
    (ours,) = sap_requisitions(world)
    theirs = world.control(world.sap, "requisition", {"supplier": "17300001", "items": [ITEM]})["requisition"]
    order, other = convert(world, [(ours["PurchaseRequisition"], "10")], [(theirs, "10")])
    world.sync(ORDERS)
    assert (world.newest(order).state, world.newest(order).needs) == ("waiting", f"link:{ORDERS}:{order}")
    assert world.newest(other).state == "delivered"
    while story(world, request)[1] != "delivered":
        world.sync(FLOW)
    world.sync(ORDERS)
    assert (story(world, request)[0], world.newest(order).state) == ("Approved", "delivered")
    assert sorted(str(row["id"]) for row in orders_there(world)) == sorted(
        world.target_of(ORDERS, number) for number in (order, other)
    )


def test_a_requisition_that_sap_deleted_leaves_its_approved_request_to_a_person(world: World) -> None:
    request = raise_request(world)
    world.sync(FLOW)
    key = {"PurchaseRequisition": requisition_of(world, request), "PurchaseRequisitionItem": "10"}
    world.change("RequisitionItem", key, {"IsDeleted": True})
    look_again(world, request)
    assert story(world, request) == ("Approved", "quarantined", "order-gone")
