"""An order of SAP that requisitions became: what it takes over in ServiceTitan, what it replaces, whom it waits for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from integrations.errors import Awaiting, NeedsPerson
from integrations.flow import Bond, Known, Linked
from tests.flows.requisition_rows import NUMBER, Parts, asked_item, plan_sap_order, transferred
from tests.flows.rows import MARKER, Book, after, link_to, sap_item, sap_order, st_order

ORDER = "4500001234"
REQUISITIONS = ("purchase-requisitions", NUMBER)


def ordered(number: str, item: str, requisition: str = NUMBER, **values: Any) -> dict[str, Any]:
    """An item of the order, made from an item of a requisition."""
    return sap_item(number, PurchaseRequisition=requisition, PurchaseRequisitionItem=item, **values)


def test_an_exact_cover_changes_the_same_order_and_links_it_line_by_line():
    parts = transferred(asked_item(), asked_item("20", PurchaseRequisitionItemText="Valve"))
    order = sap_order(ordered("10", "20", PurchaseOrderItemText="Valve"), ordered("20", "10"))
    plan = plan_sap_order(order, parts.ledger)
    (write,) = plan.writes
    assert (write.action, write.key, write.part, write.marker) == ("patch", "19001", "", "")
    (part,) = parts.rows
    assert plan.links == (
        Bond("purchase-orders", ORDER, "19001", {"10": "70002", "20": "70001"}),
        Bond("purchase-requisitions", f"{NUMBER}#{part}", ""),
    )
    assert [(line["id"], line["description"]) for line in write.body["items"]] == [
        (70002, "10 | Valve"),
        (70001, "20 | Copper pipe"),
    ]
    assert write.body["memo"].startswith(f"SAP {ORDER} is already ordered")
    assert write.body["memo"].endswith(f"Reference {MARKER}")
    assert plan.notes == (f"Takes over order 19001, which requisition {NUMBER} made.",)
    there = after(parts.rows[part], write.body)
    parts.ledger.links["purchase-orders", ORDER] = "19001"
    link = Linked("19001", {}, plan.links[0].lines)
    assert plan_sap_order(order, parts.ledger, linked=link, there=there).writes == ()


def test_an_order_is_taken_over_even_if_quantities_and_prices_are_others():
    parts = transferred()
    (write,) = plan_sap_order(sap_order(ordered("10", "10", OrderQuantity="9")), parts.ledger).writes
    assert (write.action, write.body["items"][0]["quantity"]) == ("patch", "9")


def test_an_edit_made_by_people_before_the_take_over_is_noted_under_the_orders_own_line():
    parts = transferred(asked_item(), asked_item("20"))
    (part,) = parts.rows
    items = [parts.rows[part]["items"][0] | {"cost": "41"}, parts.rows[part]["items"][1]]
    parts.change(part, items=items)
    order = sap_order(ordered("10", "20"), ordered("20", "10"))
    plan = plan_sap_order(order, parts.ledger)
    assert plan.notes[0] == "Overwritten: items 20 cost 41 instead of 40, as it was edited in the target."
    with pytest.raises(NeedsPerson, match="items 20 cost 41 instead of 40"):
        plan_sap_order(order, parts.ledger, on_target_edit="ask")


@pytest.mark.parametrize(
    "items",
    [
        pytest.param([ordered("10", "10")], id="one item of two"),
        pytest.param([ordered("10", "10"), ordered("20", "20"), sap_item("30")], id="something besides"),
        pytest.param([ordered("10", "10"), ordered("20", "20"), ordered("30", "10", "10000002")], id="merged"),
        pytest.param([ordered("10", "10"), ordered("20", "10")], id="one item twice"),
    ],
)
def test_whatever_covers_no_order_exactly_cancels_it_first_and_then_comes_itself(items: list[dict[str, Any]]):
    parts = transferred(asked_item(), asked_item("20"))
    (part,) = parts.rows
    plan = plan_sap_order(sap_order(*items), parts.ledger)
    assert [(write.action, write.key, write.part) for write in plan.writes] == [
        ("cancel", "19001", f"{NUMBER}#{part}"),
        ("create", "", ""),
    ]
    assert plan.writes[1].marker == MARKER
    assert plan.links == (
        Bond("purchase-orders", f"{ORDER}#{NUMBER}#{part}", "19001"),
        Bond("purchase-requisitions", f"{NUMBER}#{part}", ""),
    )
    assert f"Replaces order 19001, which requisition {NUMBER} made." in plan.notes


def test_an_unfinished_cancellation_is_taken_up_again_and_a_finished_one_is_not():
    parts = transferred(asked_item(), asked_item("20"))
    (part,) = parts.rows
    order = sap_order(ordered("10", "10"))
    parts.ledger.links["purchase-orders", f"{ORDER}#{NUMBER}#{part}"] = "19001"
    assert [write.action for write in plan_sap_order(order, parts.ledger).writes] == ["cancel", "create"]
    parts.change(part, status="Canceled")
    assert [write.action for write in plan_sap_order(order, parts.ledger).writes] == ["create"]


def test_what_another_order_has_taken_over_or_begun_to_cancel_is_not_touched():
    parts = transferred()
    order = sap_order(ordered("10", "10"))
    for owner in ("4500009999", f"4500009999#{NUMBER}#part", f"{ORDER}5#{NUMBER}#part"):
        parts.ledger.links["purchase-orders", owner] = "19001"
        assert [write.action for write in plan_sap_order(order, parts.ledger).writes] == ["create"]
        del parts.ledger.links["purchase-orders", owner]
    parts.ledger.claimed.add("19001")
    assert [write.action for write in plan_sap_order(order, parts.ledger).writes] == ["create"]


def test_a_sent_order_is_patched_where_that_is_possible_and_replaced_where_it_is_not():
    parts = transferred(asked_item(DeliveryDate="2026-02-10", PurReqCreationDate="2026-01-31"))
    (part,) = parts.rows
    parts.change(part, status="Sent")
    place = sap_item()["delivery_address"] | {"OrganizationName1": "Main warehouse"}
    same = {"street": "1 Depot Rd", "city": "Reno", "state": "NV", "zip": "89501"}
    place |= {"StreetName": "Depot Rd", "HouseNumber": "1", "CityName": same["city"], "Region": same["state"]}
    place |= {"PostalCode": same["zip"]}
    fits = sap_order(ordered("10", "10", delivery_address=place))
    assert [write.action for write in plan_sap_order(fits, parts.ledger).writes] == ["patch"]
    later = sap_order(ordered("10", "10", delivery_address=place), PurchaseOrderDate="2026-02-02")
    assert [write.action for write in plan_sap_order(later, parts.ledger).writes] == ["cancel", "create"]


def test_an_order_of_another_type_replaces_what_was_there_since_a_type_cannot_be_changed():
    parts = transferred()
    parts.ledger.maps["order-type", "NB"] = "9"
    order = sap_order(ordered("10", "10"))
    assert [write.action for write in plan_sap_order(order, parts.ledger).writes] == ["cancel", "create"]


@pytest.mark.parametrize("status", ["PartiallyReceived", "Received", "Exported"])
@pytest.mark.parametrize("items", [[ordered("10", "10")], [ordered("10", "10"), sap_item("20")]])
def test_where_something_was_received_a_person_decides(status: str, items: list[dict[str, Any]]):
    parts = transferred()
    (part,) = parts.rows
    parts.change(part, status=status)
    with pytest.raises(NeedsPerson) as told:
        plan_sap_order(sap_order(*items), parts.ledger)
    assert told.value.code == "requisition-received"
    assert told.value.message == (
        f"Order 100001, made for requisition {NUMBER}, is {status} in ServiceTitan: link SAP order {ORDER} to it by "
        "hand, or take the receipt back."
    )


def test_an_order_waits_while_one_of_its_requisitions_is_on_its_way():
    parts = transferred()
    parts.ledger.records[REQUISITIONS] = replace(parts.known, state="sending", reason="")
    with pytest.raises(Awaiting) as told:
        plan_sap_order(sap_order(ordered("10", "10")), parts.ledger)
    assert (told.value.code, told.value.seconds) == ("requisition-unsettled", 600)
    assert told.value.message == f"Waits for requisition {NUMBER}, which is sending itself."


def test_it_does_not_wait_for_a_requisition_that_waits_for_orders_or_of_which_it_has_begun_to_take():
    parts = transferred(asked_item(), asked_item("20"))
    (part,) = parts.rows
    order = sap_order(ordered("10", "10"))
    parts.ledger.records[REQUISITIONS] = replace(parts.known, state="waiting", code="order-on-its-way")
    assert [write.action for write in plan_sap_order(order, parts.ledger).writes] == ["cancel", "create"]
    parts.ledger.links["purchase-orders", f"{ORDER}#{NUMBER}#{part}"] = "19001"
    parts.ledger.records[REQUISITIONS] = replace(parts.known, state="pending")
    assert [write.action for write in plan_sap_order(order, parts.ledger).writes] == ["cancel", "create"]


def test_an_order_in_servicetitan_that_vanished_is_a_persons():
    parts = transferred()
    del parts.ledger.references["purchase-order", "19001"]
    with pytest.raises(NeedsPerson, match="Order 19001 is not there any more"):
        plan_sap_order(sap_order(ordered("10", "10")), parts.ledger)


def test_an_item_added_to_an_order_that_is_there_takes_its_requisition_along():
    parts = transferred()
    (part,) = parts.rows
    first, both = sap_order(sap_item()), sap_order(sap_item(), ordered("20", "10"))
    there = {**after_create(first, parts), "id": 20001}
    linked = link_to(there)
    plan = plan_sap_order(both, parts.ledger, linked=linked, there=there)
    assert [(write.action, write.key) for write in plan.writes][0] == ("cancel", "19001")
    assert plan.writes[0].part == f"{NUMBER}#{part}"


def after_create(order: dict[str, Any], parts: Parts) -> dict[str, Any]:
    return st_order(plan_sap_order(order, parts.ledger).writes[0].body)


def test_an_order_that_was_transferred_asks_nobody_any_more():
    parts = Parts()
    order = sap_order(ordered("10", "10"))
    there = after_create(order, parts)
    parts.ledger.records[REQUISITIONS] = Known(state="quarantined", code="unmapped-material")
    changed = sap_order(ordered("10", "10", OrderQuantity="5"))
    plan = plan_sap_order(changed, parts.ledger, linked=link_to(there), there=there)
    assert [write.action for write in plan.writes] == ["patch"]


def test_an_order_that_nobody_requested_asks_for_no_requisition():
    assert [write.action for write in plan_sap_order(sap_order(), Book()).writes] == ["create"]
