"""Requisitions of SAP in ServiceTitan, until SAP turns them into orders and those take over."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.journeys.conftest import MakeWorld
from tests.journeys.purchasing import FLOW, ORDERS, OTHER, PIPE, SUPPLIER, Purchasing

Open = Callable[..., Purchasing]


@pytest.fixture
def opened(make_world: MakeWorld) -> Purchasing:
    return Purchasing(make_world(suppliers=3, orders=1)).open()


def test_a_released_requisition_is_an_order_that_nobody_has_to_send(opened: Purchasing) -> None:
    number = opened.request(PIPE, {**PIPE, "material": "HV-10002", "quantity": "5"})
    opened.sync()
    row = opened.there(opened.part(number))
    assert (row["status"], [float(item["quantity"]) for item in row["items"]]) == ("Pending", [2, 5])
    assert [(item["description"].partition(" |")[0], float(item["cost"])) for item in row["items"]] == [
        ("10", 10),
        ("20", 10),
    ]
    assert row["summary"].startswith(f"SAP requisition {number}: the order comes from SAP, do not send it")
    assert str(row["vendorId"]) == opened.world.target_of("vendors", SUPPLIER)
    assert opened.world.newest(number).state == "delivered"
    opened.world.clear_log()
    opened.sync()
    opened.later()
    assert opened.writes() == []


def test_each_supplier_unit_location_and_job_gets_an_order_of_its_own(opened: Purchasing) -> None:
    opened.choose(job_field="PurReqnExternalReference")
    jobs = [row["jobNumber"] for row in opened.world.titan("jobs")][:2]
    number = opened.request(
        {**PIPE, "job": jobs[0]},
        {**PIPE, "job": jobs[1]},
        {**PIPE, "job": jobs[0], "center": "10101102"},
        {**PIPE, "job": jobs[0], "values": {"FixedSupplier": OTHER}},
        {**PIPE, "job": jobs[0]},
    )
    opened.sync()
    lines = sorted([line for line, _ in lines] for _, lines in opened.shown().values())
    assert lines == [["10", "50"], ["20"], ["30"], ["40"]]
    assert len(opened.parts(number)) == 4
    assert opened.world.newest(number).state == "delivered"


def test_items_that_do_not_go_over_are_listed_with_their_reason(opened: Purchasing) -> None:
    number = opened.request(PIPE, PIPE, PIPE, PIPE, PIPE)
    opened.change_item(number, "20", ReleaseIsNotCompleted=True, PurReqnReleaseStatus="03")
    opened.change_item(number, "30", FixedSupplier="")
    opened.change_item(number, "40", IsDeleted=True)
    opened.change_item(number, "50", IsClosed=True)
    opened.sync()
    assert list(opened.shown().values()) == [("Pending", [("10", "2")])]
    assert [note["text"] for note in opened.world.newest(number).notes] == [
        "Item 20 is not released (processing state 03).",
        "Item 30 has no supplier.",
        "Item 40 is deleted.",
        "Item 50 is closed.",
    ]


def test_a_requisition_of_which_nothing_goes_over_is_not_transferable(opened: Purchasing) -> None:
    number = opened.request(PIPE, supplier="")
    opened.sync()
    newest = opened.world.newest(number)
    assert (newest.state, newest.code, newest.reason) == (
        "not_transferable",
        "no-supplier",
        "Item 10 has no supplier.",
    )
    assert opened.shown() == {}


def test_the_customers_default_supplier_takes_what_names_none(opened: Purchasing) -> None:
    opened.choose(default_supplier=OTHER)
    number = opened.request(PIPE, supplier="")
    opened.sync(FLOW)
    assert str(opened.there(opened.part(number))["vendorId"]) == opened.world.target_of("vendors", OTHER)


def test_a_changed_requisition_changes_its_order_and_a_deleted_one_cancels_it(opened: Purchasing) -> None:
    number = opened.request(PIPE, PIPE)
    opened.sync()
    target = opened.part(number)
    opened.change_item(number, "10", RequestedQuantity="7", ItemNetAmount="70")
    opened.sync()
    assert opened.shown() == {target: ("Pending", [("10", "7"), ("20", "2")])}
    opened.change_item(number, "20", IsDeleted=True)
    opened.sync()
    assert opened.shown() == {target: ("Pending", [("10", "7")])}
    opened.change_item(number, "10", IsDeleted=True)
    opened.sync()
    assert opened.shown()[target][0] == "Canceled"


def test_an_order_that_covers_a_requisition_exactly_takes_its_order_over(opened: Purchasing) -> None:
    number = opened.request(PIPE, {**PIPE, "material": "HV-10002"})
    opened.sync()
    target = opened.part(number)
    first, second = (item["id"] for item in opened.there(target)["items"])
    (order,) = opened.order([(number, "20"), (number, "10")])
    opened.sync()
    assert opened.shown() == {target: ("Pending", [("10", "2"), ("20", "2")])}
    row = opened.there(target)
    assert [item["id"] for item in row["items"]] == [second, first]
    assert row["summary"].startswith(f"SAP {order} is already ordered")
    assert opened.world.target_of(ORDERS, order) == target
    assert opened.world.newest(order).state == "delivered"
    assert opened.world.newest(number).state == "unchanged"
    opened.world.change("PurchaseOrderItem", [order, "10"], {"OrderQuantity": "9"})
    opened.sync()
    assert opened.shown() == {target: ("Pending", [("10", "9"), ("20", "2")])}
    opened.world.clear_log()
    opened.sync()
    opened.later()
    assert opened.writes() == []


def test_a_tenant_with_the_older_services_only_sees_the_same(opened: Purchasing) -> None:
    missing = dict.fromkeys(("API_PURCHASEREQUISITION_2", "API_PURCHASEORDER_2"), "unknown")
    opened.world.control(opened.world.sap, "settings", {"arrangements": missing})
    number = opened.request(PIPE, PIPE)
    opened.change_item(number, "20", IsDeleted=True)
    opened.sync()
    born = opened.part(number)
    assert opened.shown() == {born: ("Pending", [("10", "2")])}
    (order,) = opened.order([(number, "10")])
    opened.sync()
    assert (opened.world.target_of(ORDERS, order), list(opened.shown())) == (born, [born])


@pytest.mark.parametrize("first", [FLOW, ORDERS])
def test_an_exact_cover_is_taken_over_whoever_is_polled_first(opened: Purchasing, first: str) -> None:
    number = opened.request()
    opened.sync()
    born = opened.part(number)
    (order,) = opened.order([(number, "10")])
    for flow in (first, *({FLOW, ORDERS} - {first})):
        opened.sync(flow)
    assert opened.world.target_of(ORDERS, order) == born
    assert (list(opened.shown()), opened.parts(number)) == ([born], {})
    assert opened.differences() == []


@pytest.mark.parametrize("first", [FLOW, ORDERS])
def test_requisitions_merged_into_one_order_are_cancelled_before_it_comes(opened: Purchasing, first: str) -> None:
    numbers = [opened.request(), opened.request(PIPE, PIPE)]
    opened.sync()
    born = [opened.part(number) for number in numbers]
    (order,) = opened.order([(numbers[0], "10"), (numbers[1], "10"), (numbers[1], "20")])
    for flow in (first, *({FLOW, ORDERS} - {first})):
        opened.sync(flow)
    target = opened.world.target_of(ORDERS, order)
    assert opened.shown() == {
        born[0]: ("Canceled", [("10", "2")]),
        born[1]: ("Canceled", [("10", "2"), ("20", "2")]),
        target: ("Pending", [("10", "2"), ("20", "2"), ("30", "2")]),
    }
    assert opened.alive() == [target]
    assert opened.world.newest(order).state == "delivered"
    assert opened.differences() == []
    opened.world.clear_log()
    opened.later()
    assert opened.writes() == []


def test_a_requisition_split_into_two_orders_is_cancelled_once_and_both_come(opened: Purchasing) -> None:
    number = opened.request(PIPE, PIPE)
    opened.sync()
    born = opened.part(number)
    orders = opened.order([(number, "10")], [(number, "20")])
    opened.sync()
    targets = sorted(opened.world.target_of(ORDERS, order) for order in orders)
    assert opened.shown()[born][0] == "Canceled"
    assert (opened.alive(), len(set(targets))) == (targets, 2)
    assert [opened.world.newest(order).state for order in orders] == ["delivered", "delivered"]


@pytest.mark.parametrize("first", [FLOW, ORDERS])
def test_what_was_not_ordered_gets_an_order_of_its_own(opened: Purchasing, first: str) -> None:
    number = opened.request(PIPE, {**PIPE, "quantity": "3"})
    opened.sync()
    born = opened.part(number)
    (order,) = opened.order([(number, "10")])
    for flow in (first, *({FLOW, ORDERS} - {first})):
        opened.sync(flow)
    opened.sync()
    target = opened.world.target_of(ORDERS, order)
    rest = opened.part(number)
    assert opened.shown() == {
        born: ("Canceled", [("10", "2"), ("20", "3")]),
        target: ("Pending", [("10", "2")]),
        rest: ("Pending", [("20", "3")]),
    }
    assert opened.world.newest(number).state == "delivered"
    assert opened.differences() == []
    opened.world.edit("purchase-orders", rest, summary="edited by hand")
    assert opened.differences() == [(number, "changed in servicetitan")]


def test_until_its_order_has_come_a_requisition_stays_as_it_is(opened: Purchasing) -> None:
    opened.world.control(opened.world.sap, "settings", {"order_release": "workflow"})
    number = opened.request(PIPE, PIPE)
    opened.world.control(opened.world.sap, "release", {"requisition": number})
    opened.sync()
    born = opened.part(number)
    (order,) = opened.order([(number, "10")])
    opened.sync()
    newest = opened.world.newest(number)
    assert (newest.state, newest.code) == ("waiting", "order-on-its-way")
    assert newest.reason == f"Waits until {order} has taken over order {born}, where some of the items stand."
    assert opened.world.newest(order).code == "not-released"
    assert opened.shown() == {born: ("Pending", [("10", "2"), ("20", "2")])}
    opened.world.control(opened.world.sap, "release", {"order": order})
    opened.sync()
    opened.sync()
    target = opened.world.target_of(ORDERS, order)
    assert opened.shown()[born][0] == "Canceled"
    assert [lines for key, (_, lines) in opened.shown().items() if key not in (born, target)] == [[("20", "2")]]


def test_a_sent_order_that_cannot_be_changed_is_cancelled_and_comes_anew(opened: Purchasing) -> None:
    number = opened.request()
    opened.sync()
    born = opened.part(number)
    opened.world.edit("purchase-orders", born, status="Sent", date="2025-01-01T00:00:00Z")
    (order,) = opened.order([(number, "10")])
    opened.sync()
    target = opened.world.target_of(ORDERS, order)
    assert opened.shown() == {born: ("Canceled", [("10", "2")]), target: ("Pending", [("10", "2")])}


def test_where_something_was_received_a_person_decides(opened: Purchasing) -> None:
    number = opened.request()
    opened.sync()
    born = opened.part(number)
    opened.world.control(opened.world.servicetitan, "receive", {"tenant": opened.world.tenant, "id": int(born)})
    (order,) = opened.order([(number, "10")])
    opened.sync()
    newest = opened.world.newest(order)
    assert (newest.state, newest.code) == ("quarantined", "requisition-received")
    assert f"made for requisition {number}, is Received" in newest.reason
    assert opened.shown() == {born: ("Received", [("10", "2")])}


def test_a_requisition_that_was_ordered_before_anybody_saw_it_is_left_to_its_order(opened: Purchasing) -> None:
    number = opened.request()
    (order,) = opened.order([(number, "10")])
    opened.sync()
    newest = opened.world.newest(number)
    assert (newest.state, newest.code) == ("not_transferable", "ordered")
    assert newest.reason == f"Item 10 is ordered with {order}."
    assert opened.alive() == [opened.world.target_of(ORDERS, order)]


def test_an_order_waits_while_its_requisition_is_on_its_way(opened: Purchasing) -> None:
    number = opened.request(PIPE, {**PIPE, "material": "HV-19001"})
    opened.sync(FLOW)
    assert opened.world.newest(number).code == "unmapped-material"
    (order,) = opened.order([(number, "10")])
    opened.sync(ORDERS)
    newest = opened.world.newest(order)
    assert (newest.state, newest.code) == ("waiting", "requisition-unsettled")
    assert f"Waits for requisition {number}, which is quarantined itself." in newest.reason
    assert opened.shown() == {}


def test_items_added_after_the_take_over_get_an_order_of_their_own(opened: Purchasing) -> None:
    number = opened.request(PIPE, PIPE)
    opened.change_item(number, "20", ReleaseIsNotCompleted=True, PurReqnReleaseStatus="03")
    opened.sync()
    born = opened.part(number)
    (order,) = opened.order([(number, "10")])
    opened.sync()
    opened.change_item(number, "20", ReleaseIsNotCompleted=False, PurReqnReleaseStatus="05")
    opened.sync()
    assert opened.world.target_of(ORDERS, order) == born
    rest = opened.part(number)
    assert opened.shown() == {born: ("Pending", [("10", "2")]), rest: ("Pending", [("20", "2")])}


@pytest.mark.parametrize("merged", [False, True])
def test_no_lost_answer_doubles_anything_on_the_way(opened: Purchasing, merged: bool, settings: object) -> None:
    settings.READ_SECONDS = 1  # type: ignore[attr-defined]
    numbers = [opened.request(), opened.request()]
    opened.world.faults({"kind": "lose_answer", "method": "(POST|PATCH)", "path": "/purchase-orders", "every": 2})
    opened.sync(FLOW)
    for _ in range(4):
        opened.later()
    pairs = [(number, "10") for number in numbers]
    orders = opened.order(pairs) if merged else opened.order(*([pair] for pair in pairs))
    for _ in range(6):
        opened.later()
    assert opened.alive() == sorted(opened.world.target_of(ORDERS, order) for order in orders)
    assert [opened.world.newest(order).state for order in orders] == ["delivered"] * len(orders)
    assert opened.world.control(opened.world.servicetitan, "duplicates")["1001"]["purchase_orders"] == []
