"""Orders in ServiceTitan as they follow SAP, over real HTTP: changed, edited there, received, cancelled, made again."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import MakeWorld
from tests.journeys.ordering import INSTALL, PIPE, Ordering


@pytest.fixture
def opened(make_world: MakeWorld) -> Ordering:
    """A customer with one order of two lines, transferred."""
    return Ordering(make_world(suppliers=3, orders=0, invoices=0)).open()


@pytest.fixture
def order(opened: Ordering) -> str:
    number = opened.order(PIPE, {**PIPE, "quantity": "4", "price": "5"})
    opened.sync()
    opened.world.clear_log()
    return number


BOTH = [("10", "2", "10"), ("20", "4", "5")]


def test_a_price_change_is_one_patch_and_the_other_line_keeps_its_id(opened: Ordering, order: str) -> None:
    before = opened.crosswalk(order)
    opened.change_item(order, NetPriceAmount="12.5", NetAmount="25")
    opened.sync()
    assert opened.lines(order) == [("10", "2", "12.5"), ("20", "4", "5")]
    assert opened.crosswalk(order) == before
    assert opened.writes() == [f"PATCH {opened.key(order)}"]


def test_a_change_that_concerns_nothing_we_write_writes_nothing(opened: Ordering, order: str) -> None:
    opened.change(order, SupplierRespSalesPersonName="Ben")
    opened.sync()
    assert (opened.story(order), opened.writes()) == (("unchanged", ""), [])


def test_another_cost_center_moves_the_order_to_its_business_unit(opened: Ordering, order: str) -> None:
    for item in ("10", "20"):
        opened.world.change("PurchaseOrderAccount", [order, item, "1"], {"CostCenter": INSTALL})
    opened.sync()
    assert str(opened.there(order)["businessUnitId"]) == opened.mapped("cost-center", INSTALL)
    assert opened.lines(order) == BOTH


def test_a_deleted_item_leaves_the_other_one_as_it_is(opened: Ordering, order: str) -> None:
    kept = opened.crosswalk(order)["20"]
    opened.change_item(order, PurchasingDocumentDeletionCode="L")
    opened.sync()
    assert opened.lines(order) == [("20", "4", "5")]
    assert opened.crosswalk(order) == {"20": kept}
    assert float(opened.there(order)["total"]) == 20


def test_an_added_item_makes_a_pending_order_anew_under_a_new_link(opened: Ordering, order: str) -> None:
    first = opened.key(order)
    opened.add_item(order, "30")
    opened.sync()
    assert opened.key(order) != first
    assert opened.statuses() == ["Canceled", "Pending"]
    assert opened.lines(order) == [*BOTH, ("30", "2", "10")]
    assert "Cancelled and created again: items added cannot be changed." in opened.notes(order)


def test_an_added_item_is_patched_in_where_the_tenant_takes_it(opened: Ordering, order: str) -> None:
    opened.world.control(opened.world.servicetitan, "settings", {"patch_adds_lines": "accept"})
    opened.choose(patch_adds_lines=True)
    first = opened.key(order)
    opened.add_item(order, "30")
    opened.sync()
    assert (opened.key(order), opened.writes()) == (first, [f"PATCH {first}"])
    assert opened.lines(order) == [*BOTH, ("30", "2", "10")]


def test_an_added_item_on_a_sent_order_is_a_persons_who_reads_which(opened: Ordering, order: str) -> None:
    opened.edit(order, status="Sent")
    opened.add_item(order, "30")
    opened.sync()
    assert opened.story(order) == ("quarantined", "not-editable")
    assert "The order is Sent in ServiceTitan, so a person has to change it: items 30" in opened.newest(order).reason
    assert opened.writes() == []
    assert opened.lines(order) == BOTH


def test_a_changed_quantity_of_a_sent_order_is_patched(opened: Ordering, order: str) -> None:
    opened.edit(order, status="Sent")
    opened.change_item(order, OrderQuantity="3", NetAmount="30")
    opened.sync()
    assert opened.lines(order) == [("10", "3", "10"), ("20", "4", "5")]
    assert opened.there(order)["status"] == "Sent"


def test_a_change_after_goods_were_received_is_a_persons_and_received_stays(opened: Ordering, order: str) -> None:
    opened.receive(order)
    opened.change_item(order, OrderQuantity="3", NetAmount="30")
    opened.sync()
    assert opened.story(order) == ("quarantined", "not-editable")
    assert "items 10 quantity 2 instead of 3" in opened.newest(order).reason
    assert (opened.there(order)["status"], opened.lines(order)) == ("Received", BOTH)


@pytest.mark.parametrize("status", ["Pending", "Sent"])
def test_a_deleted_order_is_cancelled_before_anything_was_received(opened: Ordering, order: str, status: str) -> None:
    opened.edit(order, status=status)
    opened.change(order, PurchaseOrderDeletionCode="L")
    opened.sync()
    assert (opened.there(order)["status"], opened.story(order)) == ("Canceled", ("delivered", ""))
    assert opened.writes() == ["PATCH cancellation"]


def test_a_deleted_order_of_which_something_was_received_is_a_persons(opened: Ordering, order: str) -> None:
    opened.receive(order)
    opened.change(order, PurchaseOrderDeletionCode="L")
    opened.sync()
    assert opened.story(order) == ("quarantined", "not-cancelable")
    assert opened.there(order)["status"] == "Received"


def test_an_order_deleted_before_it_was_transferred_never_comes(opened: Ordering) -> None:
    number = opened.order()
    opened.change(number, PurchaseOrderDeletionCode="L")
    opened.sync()
    assert opened.story(number) == ("not_transferable", "deleted")
    assert opened.statuses() == []


@pytest.mark.parametrize("rule", ["overwrite", "ask"])
def test_an_order_edited_in_servicetitan_is_overwritten_and_told_or_asked_about(
    opened: Ordering, order: str, rule: str
) -> None:
    opened.choose(on_target_edit=rule)
    line = opened.there(order)["items"][0]
    opened.edit(order, items=[{"id": line["id"], "quantity": "99"}, *opened.there(order)["items"][1:]])
    opened.change_item(order, "20", OrderQuantity="6", NetAmount="30")
    opened.sync()
    said = "items 10 quantity 99 instead of 2"
    if rule == "overwrite":
        assert opened.lines(order) == [("10", "2", "10"), ("20", "6", "5")]
        assert f"Overwritten: {said}, as it was edited in the target." in opened.notes(order)
    else:
        assert opened.story(order) == ("quarantined", "edited-in-target")
        assert said in opened.newest(order).reason
        assert opened.lines(order) == [("10", "99", "10"), ("20", "4", "5")]


def test_what_people_add_besides_our_members_stays(opened: Ordering, order: str) -> None:
    """Who drives there and for which project is nothing that SAP says."""
    technician = {"technicianId": 4711, "projectId": 815}
    opened.edit(order, **technician)
    opened.change_item(order, OrderQuantity="3", NetAmount="30")
    opened.sync()
    row = opened.there(order)
    assert {name: row[name] for name in technician} == technician
    assert opened.lines(order)[0] == ("10", "3", "10")


def test_a_line_that_people_added_is_taken_out_with_the_next_change_and_told(opened: Ordering, order: str) -> None:
    items = opened.there(order)["items"]
    beer = {"skuId": items[0]["skuId"], "description": "Beer", "quantity": 24, "cost": 1}
    opened.edit(order, items=[*items, beer])
    assert len(opened.lines(order)) == 3
    opened.change_item(order, OrderQuantity="3", NetAmount="30")
    opened.sync()
    assert opened.lines(order) == [("10", "3", "10"), ("20", "4", "5")]
    assert any("Beer" in note for note in opened.notes(order))


@pytest.mark.parametrize("rule", ["overwrite", "ask"])
def test_an_order_cancelled_by_people_is_made_again_or_asked_about(opened: Ordering, order: str, rule: str) -> None:
    opened.choose(on_target_edit=rule)
    first = opened.key(order)
    opened.edit(order, status="Canceled")
    opened.change_item(order, OrderQuantity="3", NetAmount="30")
    opened.sync()
    if rule == "overwrite":
        assert opened.key(order) != first
        assert opened.statuses() == ["Canceled", "Pending"]
        assert "Created again: it was cancelled in ServiceTitan, but is alive at the source." in opened.notes(order)
    else:
        assert opened.story(order) == ("quarantined", "edited-in-target")
        assert opened.newest(order).reason == "Cancelled in ServiceTitan, but alive at the source."
        assert opened.statuses() == ["Canceled"]


def test_an_order_back_in_release_stays_as_it_is_until_it_is_released(opened: Ordering, order: str) -> None:
    opened.change_item(order, OrderQuantity="3", NetAmount="30")
    opened.change(order, ReleaseIsNotCompleted=True, PurchasingProcessingStatus="03")
    opened.sync()
    assert opened.story(order) == ("not_transferable", "not-released")
    assert (opened.lines(order), opened.writes()) == (BOTH, [])
    opened.world.control(opened.world.sap, "release", {"order": order})
    opened.sync()
    assert opened.lines(order) == [("10", "3", "10"), ("20", "4", "5")]


def test_another_supplier_moves_a_pending_order_and_is_a_persons_once_it_was_sent(opened: Ordering, order: str) -> None:
    opened.change(order, Supplier="17300002")
    opened.sync()
    assert str(opened.there(order)["vendorId"]) == opened.world.target_of("vendors", "17300002")
    opened.edit(order, status="Sent")
    opened.change(order, Supplier="17300003")
    opened.sync()
    assert opened.story(order) == ("quarantined", "not-editable")
    assert str(opened.there(order)["vendorId"]) == opened.world.target_of("vendors", "17300002")
