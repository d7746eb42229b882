"""Orders that were over before the customer began do not flood ServiceTitan, over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.models import Run
from tests.journeys.conftest import MakeWorld
from tests.journeys.ordering import ORDERS, PIPE, Ordering
from tests.journeys.payables import FLOW as INVOICES
from tests.journeys.payables import Payables
from tests.journeys.purchasing import Purchasing

OVER: dict[str, Any] = {"IsCompletelyDelivered": True, "IsFinallyInvoiced": True}
TOLD = "It was completely delivered and invoiced before orders were read for the first time."


@pytest.fixture
def desk(make_world: MakeWorld) -> Ordering:
    return Ordering(make_world(suppliers=3, orders=0, invoices=0))


@pytest.mark.parametrize("version", ["v4", "v2"])
def test_a_first_load_leaves_out_what_is_delivered_and_invoiced(desk: Ordering, version: str) -> None:
    world = desk.open().world
    if version == "v2":
        world.control(world.sap, "settings", {"arrangements": {"API_PURCHASEORDER_2": "unregistered"}})
    over, delivered, half, expected = desk.order(), desk.order(), desk.order(PIPE, PIPE), desk.order()
    desk.change_item(over, **OVER)
    desk.change_item(delivered, IsCompletelyDelivered=True)
    desk.change_item(half, **OVER)
    desk.change_item(expected, IsFinallyInvoiced=True, GoodsReceiptIsExpected=False)
    desk.sync()
    stories = {order: desk.story(order) for order in (over, delivered, half, expected)}
    assert stories == {
        over: ("not_transferable", "history"),
        delivered: ("delivered", ""),
        half: ("delivered", ""),
        expected: ("not_transferable", "history"),
    }
    assert desk.newest(over).reason == TOLD
    assert desk.statuses() == ["Pending", "Pending"]
    (run,) = world.rows(Run, sync__flow=ORDERS)
    assert (run.state, run.read, run.written, run.skipped) == ("completed", 4, 2, 2)
    assert Payables(world).differences(ORDERS) == []

    desk.change(over, SupplierRespSalesPersonName="Mr. X")  # touched, and still over
    desk.sync()
    assert (desk.story(over), desk.newest(over).number) == (("not_transferable", "history"), 2)
    desk.change_item(over, IsFinallyInvoiced=False)  # open again
    desk.sync()
    assert desk.story(over) == ("delivered", "")
    desk.change_item(over, **OVER, OrderQuantity="3")  # linked: it goes on, whatever it is
    desk.sync()
    assert (desk.story(over), desk.lines(over)) == (("delivered", ""), [("10", "3", "10")])


def test_what_is_over_between_two_polls_comes_all_the_same(desk: Ordering) -> None:
    desk.open().sync()
    quick = desk.order()
    desk.change_item(quick, **OVER)
    desk.sync()
    assert desk.story(quick) == ("delivered", "")


def test_somebody_may_send_for_an_order_that_was_left_out(desk: Ordering) -> None:
    desk.open()
    over = desk.order()
    desk.change_item(over, **OVER)
    desk.sync()
    desk.replay(over)
    assert desk.story(over) == ("delivered", "")


def test_all_of_it_comes_where_the_customer_wants_that(desk: Ordering) -> None:
    desk.open(history="all")
    over = desk.order()
    desk.change_item(over, **OVER)
    desk.sync()
    assert desk.story(over) == ("delivered", "")


def test_an_invoice_of_an_order_that_was_left_out_says_so(desk: Ordering) -> None:
    payables = Payables(desk.open().world)
    over = desk.order()
    key = payables.enter(order=over)
    desk.change_item(over, **OVER)
    desk.sync()
    payables.add(INVOICES, "sap", "servicetitan", {})
    payables.sync()
    newest = desk.newest(key)
    assert (newest.state, newest.code) == ("not_transferable", "order-not-transferable")
    assert newest.reason == f"It bills order {over}, of which nothing comes to ServiceTitan: {TOLD} Worth 20 USD."


def test_an_order_that_takes_over_what_its_requisition_made_is_no_history(make_world: MakeWorld) -> None:
    desk = Purchasing(make_world(suppliers=3, orders=0, invoices=0)).open()
    requisition = desk.request()
    desk.world.sync("purchase-requisitions")
    (order,) = desk.order([(requisition, "10")])
    Ordering(desk.world).change_item(order, **OVER)
    desk.world.sync(ORDERS, "purchase-requisitions")
    assert desk.world.newest(order).state == "delivered"
    assert [row["status"] for row in desk.world.titan("purchase-orders")] == ["Pending"]


def test_a_requisition_that_is_ordered_or_closed_does_not_come(make_world: MakeWorld) -> None:
    desk = Purchasing(make_world(suppliers=3, orders=0, invoices=0)).open()
    ordered, closed, wanted = desk.request(), desk.request(), desk.request()
    (order,) = desk.order([(ordered, "10")])
    Ordering(desk.world).change_item(order, **OVER)
    desk.world.change("RequisitionItem", [closed, "10"], {"IsClosed": True})
    desk.world.sync(ORDERS, "purchase-requisitions")
    states = [desk.world.newest(key).state for key in (order, ordered, closed, wanted)]
    assert states == ["not_transferable", "not_transferable", "not_transferable", "delivered"]
    assert len(desk.world.titan("purchase-orders")) == 1
