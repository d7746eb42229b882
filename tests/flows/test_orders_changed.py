"""How an order in ServiceTitan follows SAP afterwards: changed, cancelled, created again, or left to a person."""

from __future__ import annotations

import pytest

from integrations.errors import NeedsPerson, NotTransferable
from integrations.flow import Linked
from integrations.flows.purchase_orders import FLOW
from tests.flows.rows import (
    MARKER,
    NEXT_MARKER,
    after,
    link_to,
    plan_order,
    sap_item,
    sap_order,
    st_order,
)

TWO = (sap_item(), sap_item("20", PurchaseOrderItemText="Valve", Material="TG0013"))


def there(*items, **values):
    """ServiceTitan's row for an order that was transferred before."""
    (write,) = plan_order(sap_order(*items)).writes
    return st_order(write.body, **values)


def test_a_record_that_is_as_it_should_be_is_not_written():
    assert plan_order(sap_order(*TWO), there=there(*TWO)).writes == ()


def test_a_read_back_shows_what_the_create_expects():
    (write,) = plan_order(sap_order(*TWO)).writes
    shown = FLOW.observe(st_order(write.body))
    assert {name: shown[name] for name in write.expect} == write.expect
    assert set(write.expect) >= {"vendorId", "items", "memo", "shipTo", "date"}


@pytest.mark.parametrize("status", ["Received", "Exported", "PartiallyReceived"])
def test_nothing_is_asked_where_nothing_differs(status):
    assert plan_order(sap_order(), there=there(status=status)).writes == ()


def test_a_changed_quantity_is_patched_with_the_full_list_of_lines_and_their_ids():
    row = there(*TWO)
    row["items"][1]["budgetCodeId"] = 5
    changed = sap_order(TWO[0] | {"OrderQuantity": "4", "NetAmount": "160"}, TWO[1])
    (write,) = plan_order(changed, there=row).writes
    assert (write.action, write.key, write.marker) == ("patch", "19001", "")
    assert write.body == {
        "items": [
            {"id": 70001, "skuId": "9001", "description": "10 | Copper pipe", "vendorPartNumber": "CP-22",
             "quantity": "4", "cost": "40"},
            {"id": 70002, "skuId": "9002", "description": "20 | Valve", "vendorPartNumber": "CP-22",
             "quantity": "3", "cost": "40", "budgetCodeId": 5},
        ]
    }  # fmt: skip
    shown = FLOW.observe(after(row, write.body))
    assert {name: shown[name] for name in write.expect} == write.expect


def test_a_patch_holds_only_the_members_that_differ():
    changed = sap_order(PurchaseOrderDate="2026-02-01")
    (write,) = plan_order(changed, there=there()).writes
    assert write.body == {"date": "2026-02-01"}
    assert write.expect == {"date": "2026-02-01"}


def test_a_deleted_item_is_dropped_by_leaving_it_out():
    changed = sap_order(TWO[0], TWO[1] | {"PurchasingDocumentDeletionCode": "L"})
    (write,) = plan_order(changed, there=there(*TWO)).writes
    assert [line["id"] for line in write.body["items"]] == [70001]


def test_a_new_line_cancels_a_pending_order_and_creates_it_again():
    plan = plan_order(sap_order(*TWO), there=there(TWO[0]))
    cancel, create = plan.writes
    assert (cancel.action, cancel.key, cancel.body) == ("cancel", "19001", {"canceledReason": "Other"})
    assert cancel.expect == {"canceled": True}
    assert (create.action, create.key, create.marker) == ("create", "", NEXT_MARKER)
    assert create.body["memo"].endswith(f"Reference {NEXT_MARKER}")
    assert len(create.body["items"]) == 2
    assert plan.notes == ("Cancelled and created again: items added cannot be changed.",)


def test_a_new_line_is_patched_where_the_tenant_can():
    (write,) = plan_order(sap_order(*TWO), there=there(TWO[0]), patch_adds_lines=True).writes
    assert [line["id"] for line in write.body["items"]] == [70001, 0]


@pytest.mark.parametrize("adds_lines", [False, True])
def test_a_new_line_on_a_sent_order_is_a_persons(adds_lines):
    with pytest.raises(NeedsPerson) as caught:
        plan_order(sap_order(*TWO), there=there(TWO[0], status="Sent"), patch_adds_lines=adds_lines)
    assert caught.value.code == "not-editable"
    assert "items 20" in caught.value.message


@pytest.mark.parametrize(
    ("values", "members"),
    [
        ({"items": [sap_item(OrderQuantity="4", NetAmount="160")]}, ["items"]),
        ({"items": [sap_item(NetAmount="150")]}, ["items"]),
        ({"PurchaseOrderType": "FO"}, ["typeId"]),
        ({"items": [sap_item(Plant="1720")]}, ["inventoryLocationId"]),
    ],
)
def test_a_sent_order_takes_quantities_costs_type_and_location(values, members):
    (write,) = plan_order(sap_order(**values), there=there(status="Sent"), default_order_type="8").writes
    assert list(write.body) == members


@pytest.mark.parametrize(
    "values",
    [
        {"PurchaseOrderDate": "2026-02-01"},
        {"items": [sap_item(Material="TG0013")]},
        {"items": [sap_item(PurchaseOrderItemText="Steel pipe")]},
        {"items": [sap_item(delivery_address=None)]},
    ],
)
def test_what_a_sent_order_does_not_take_is_a_persons(values):
    with pytest.raises(NeedsPerson) as caught:
        plan_order(sap_order(**values), there=there(status="Sent"))
    assert caught.value.code == "not-editable"


@pytest.mark.parametrize("status", ["PartiallyReceived", "Received", "Exported", "SomethingNew"])
def test_a_received_order_is_a_persons_and_the_difference_is_named(status):
    with pytest.raises(NeedsPerson) as caught:
        plan_order(sap_order(sap_item(OrderQuantity="4", NetAmount="160")), there=there(status=status))
    assert caught.value.code == "not-editable"
    assert "items 10 quantity 3 instead of 4" in caught.value.message


def test_a_changed_type_of_a_pending_order_cancels_it_and_creates_it_again():
    writes = plan_order(sap_order(PurchaseOrderType="FO"), there=there(), default_order_type="8").writes
    assert [write.action for write in writes] == ["cancel", "create"]
    assert writes[1].body["typeId"] == "8"


def test_a_job_that_was_taken_off_cannot_be_patched_away():
    (write,) = plan_order(sap_order(sap_item(RequisitionerName="2117")), job_field="RequisitionerName").writes
    row = st_order(write.body)
    writes = plan_order(sap_order(), there=row, job_field="RequisitionerName").writes
    assert [write.action for write in writes] == ["cancel", "create"]
    assert "jobId" not in writes[1].body
    with pytest.raises(NeedsPerson):
        plan_order(sap_order(), there=row | {"status": "Sent"}, job_field="RequisitionerName")


def test_a_job_that_people_set_stays_where_sap_has_none_to_say():
    assert plan_order(sap_order(), there=there(jobId=77)).writes == ()


def test_an_edit_made_by_people_is_overwritten_and_noted():
    row = there()
    edited = row | {"inventoryLocationId": 41, "items": [row["items"][0] | {"cost": "1"}]}
    plan = plan_order(sap_order(), there=edited, linked=link_to(row))
    (write,) = plan.writes
    assert write.body["inventoryLocationId"] == "40"
    assert write.body["items"][0]["cost"] == "40"
    assert plan.notes == (
        "Overwritten: inventoryLocationId 41 instead of 40, as it was edited in the target.",
        "Overwritten: items 10 cost 1 instead of 40, as it was edited in the target.",
    )


def test_an_edit_made_by_people_is_asked_about_if_the_customer_says_so():
    row = there()
    with pytest.raises(NeedsPerson) as caught:
        plan_order(sap_order(), there=row | {"tax": "9"}, linked=link_to(row), on_target_edit="ask")
    assert caught.value.code == "edited-in-target"


def test_a_change_of_saps_own_is_no_edit():
    plan = plan_order(sap_order(PurchaseOrderDate="2026-02-01"), there=there(), on_target_edit="ask")
    assert plan.notes == ()
    assert plan.writes[0].body == {"date": "2026-02-01"}


def test_a_line_that_people_added_is_removed_and_noted():
    row = there()
    extra = row["items"][0] | {"id": 70009, "description": "Glue", "skuId": 9009}
    plan = plan_order(sap_order(), there=row | {"items": [*row["items"], extra]}, linked=link_to(row))
    assert [line["id"] for line in plan.writes[0].body["items"]] == [70001]
    assert plan.notes[0].startswith("Overwritten: items +70009 9009 Glue")


def test_a_line_whose_number_people_removed_is_still_known_by_its_id():
    row = there()
    renamed = row | {"items": [row["items"][0] | {"description": "Pipe, copper"}]}
    (write,) = plan_order(sap_order(), there=renamed, linked=link_to(row)).writes
    assert (write.body["items"][0]["id"], write.body["items"][0]["description"]) == (70001, "10 | Copper pipe")


def test_the_crosswalk_is_learned_from_the_descriptions():
    row = there(*TWO)
    row["items"].append(row["items"][0] | {"id": 70009, "description": "Glue"})
    assert FLOW.lines(row) == {"10": "70001", "20": "70002"}


@pytest.mark.parametrize("status", ["Pending", "Sent"])
def test_a_deleted_order_is_cancelled_while_nothing_was_received(status):
    (write,) = plan_order(sap_order(PurchaseOrderDeletionCode="L"), there=there(status=status)).writes
    assert (write.action, write.key, write.body) == ("cancel", "19001", {"canceledReason": "Other"})


def test_an_order_whose_items_are_all_deleted_is_cancelled():
    row = sap_order(sap_item(PurchasingDocumentDeletionCode="L"))
    assert [write.action for write in plan_order(row, there=there()).writes] == ["cancel"]


def test_an_order_that_is_deleted_while_in_release_is_cancelled():
    row = sap_order(PurchaseOrderDeletionCode="L", PurchasingProcessingStatus="03", ReleaseIsNotCompleted=True)
    assert [write.action for write in plan_order(row, there=there()).writes] == ["cancel"]


@pytest.mark.parametrize("status", ["PartiallyReceived", "Received", "Exported"])
def test_a_deleted_order_of_which_something_was_received_is_a_persons(status):
    with pytest.raises(NeedsPerson) as caught:
        plan_order(sap_order(PurchaseOrderDeletionCode="L"), there=there(status=status))
    assert caught.value.code == "not-cancelable"


def test_a_deleted_order_that_is_cancelled_already_is_left_alone():
    assert plan_order(sap_order(PurchaseOrderDeletionCode="L"), there=there(status="Canceled")).writes == ()


def test_a_deletion_taken_back_creates_the_order_again():
    row = there(status="Canceled")
    plan = plan_order(sap_order(), there=row, linked=link_to(row))
    (write,) = plan.writes
    assert (write.action, write.key, write.marker) == ("create", "", MARKER)
    assert plan.notes == ("Created again: the order is alive again at the source.",)
    assert FLOW.is_gone(row)
    assert not FLOW.is_gone(there())


def test_an_order_that_people_cancelled_is_created_again_or_asked_about():
    row = there()
    cancelled = row | {"status": "Canceled"}
    plan = plan_order(sap_order(), there=cancelled, linked=link_to(row))
    assert plan.notes == ("Created again: it was cancelled in ServiceTitan, but is alive at the source.",)
    with pytest.raises(NeedsPerson) as caught:
        plan_order(sap_order(), there=cancelled, linked=link_to(row), on_target_edit="ask")
    assert caught.value.code == "edited-in-target"


def test_an_order_back_in_release_waits_for_its_release_and_stays_as_it_is():
    with pytest.raises(NotTransferable) as caught:
        plan_order(sap_order(ReleaseIsNotCompleted=True), there=there())
    assert caught.value.code == "not-released"


def test_a_transferred_order_that_can_no_longer_follow_is_a_persons():
    with pytest.raises(NeedsPerson) as caught:
        plan_order(sap_order(sap_item(), sap_item("20", IsReturnsItem=True)), there=there())
    assert caught.value.code == "returns-item"


def test_an_order_linked_by_hand_is_brought_into_our_form():
    row = there()
    by_hand = row | {"summary": "made by hand", "items": [row["items"][0] | {"description": "pipe"}]}
    plan = plan_order(sap_order(), there=by_hand, linked=Linked("19001", {}, {"10": "70001"}))
    (write,) = plan.writes
    assert write.body["memo"].endswith(f"Reference {MARKER}")
    assert write.body["items"][0]["id"] == 70001
    assert plan.notes == ()
