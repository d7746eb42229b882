"""What a requisition of SAP becomes in ServiceTitan, item by item and group by group."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.errors import NeedsPerson, NotReady, NotTransferable, Transient, Unmapped
from integrations.flow import Bond, Known, Linked, Row
from integrations.flows.purchase_requisitions import FLOW
from tests.flows.requisition_rows import NUMBER, Ledger, Parts, account, asked_item, requisition, transferred
from tests.flows.rows import PLANT_ADDRESS

PART = "17300001-"
ADDRESS = {name: PLANT_ADDRESS[name] for name in PLANT_ADDRESS if name != "DeliveryAddressID"}


def test_a_released_requisition_is_created_with_everything_that_servicetitan_requires():
    (write,) = Parts().plan(requisition(asked_item(), asked_item("20", delivery_address=ADDRESS))).writes
    assert (write.action, write.key, write.marker) == ("create", "", f"MARK {write.part}")
    assert write.body == {
        "vendorId": "501",
        "typeId": "7",
        "businessUnitId": "12",
        "inventoryLocationId": "40",
        "shipTo": {
            "description": "Plant 1 US, 3475 Deer Creek, Palo Alto, 94304-1355",
            "address": {"street": "3475 Deer Creek", "unit": "", "city": "Palo Alto", "state": "CA",
                        "zip": "94304-1355", "country": "US"},
        },
        "impactsTechnicianPayroll": False,
        "memo": f"SAP requisition {NUMBER}: the order comes from SAP, do not send it to the vendor.\n"
        f"Reference MARK {write.part}",
        "date": "2026-01-30",
        "requiredOn": "2026-02-10",
        "tax": "0",
        "shipping": "0",
        "items": [
            {"skuId": "9001", "description": f"{item} | Copper pipe", "vendorPartNumber": "CP-22", "quantity": "3",
             "cost": "40"}
            for item in ("10", "20")
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "code", "reason"),
    [
        ({"IsDeleted": True}, "deleted", "Item 10 is deleted."),
        ({"IsClosed": True}, "closed", "Item 10 is closed."),
        ({"PurReqnReleaseStatus": "03"}, "not-released", "Item 10 is not released (processing state 03)."),
        ({"ReleaseIsNotCompleted": True}, "not-released", "Item 10 is not released (processing state 05)."),
        ({"FixedSupplier": ""}, "no-supplier", "Item 10 has no supplier."),
        ({"SupplyingPlant": "1720"}, "stock-transport", "Item 10 moves stock between plants; there is no vendor."),
        ({"PurchasingDocumentItemCategory": "A"}, "limit-item", "Item 10 is a limit item."),
        ({"PurchasingDocument": "4500000001"}, "ordered", "Item 10 is ordered with 4500000001."),
        (
            {"PurchasingDocument": "4500000001", "OrderedQuantity": "1"},
            "ordered",
            "Item 10 is ordered with 4500000001 in part (1 of 3); the rest is left to its next order.",
        ),
        ({"OrderedQuantity": "3"}, "ordered", "Item 10 is ordered."),
    ],
)
def test_what_does_not_go_over_is_named_and_is_no_failure(values: dict[str, Any], code: str, reason: str):
    with pytest.raises(NotTransferable) as told:
        Parts().plan(requisition(asked_item(**values)))
    assert (told.value.code, told.value.message) == (code, reason)


class Unreachable(Ledger):
    """A ledger whose reference data cannot be asked for just now."""

    def reference(self, kind: str, key: str, *, fresh: bool = False) -> Row | None:
        raise Transient("The gateway is down.", code="http-502")


def test_a_system_that_cannot_be_asked_is_no_reason_to_write_nothing() -> None:
    with pytest.raises(Transient, match="The gateway is down"):
        Parts(ledger=Unreachable()).plan(requisition(asked_item()))


def test_a_requisition_without_items_is_not_transferable():
    with pytest.raises(NotTransferable, match="It has no items"):
        Parts().plan(requisition() | {"items": []})


def test_the_fixed_supplier_goes_before_the_desired_one_and_both_before_the_default():
    parts = Parts(options={"default_supplier": "3"})
    parts.ledger.links |= {("vendors", number): f"50{number}" for number in "123"}
    found = [
        parts.plan(requisition(asked_item(FixedSupplier=fixed, Supplier=desired))).writes[0].body["vendorId"]
        for fixed, desired in [("1", "2"), ("", "2"), ("", "")]
    ]
    assert found == ["501", "502", "503"]


def test_items_are_grouped_by_supplier_business_unit_location_and_job():
    parts = Parts(options={"job_field": "RequisitionerName"})
    parts.ledger.links["vendors", "17300002"] = "502"
    parts.ledger.references["inventory-location", "41"] = {"id": 41, "name": "Depot", "address": None}
    plan = parts.plan(
        requisition(
            asked_item("10"),
            asked_item("20", FixedSupplier="17300002"),
            asked_item("30", account_assignments=[account("10101201", "120")]),
            asked_item("40", Plant="1720"),
            asked_item("50", RequisitionerName="2117"),
            asked_item("60", account_assignments=[account("10101102", "120")]),
        )
    )
    lines = [[line["description"][:2] for line in write.body["items"]] for write in plan.writes]
    assert sorted(lines) == [["10", "60"], ["20"], ["30"], ["40"], ["50"]]
    jobs = {tuple(line["description"][:2] for line in w.body["items"]): w.body.get("jobId") for w in plan.writes}
    assert (jobs["50",], jobs["10", "60"]) == ("88001", None)
    assert len({write.part for write in plan.writes}) == 5
    assert all(len(write.part) <= 60 for write in plan.writes)


def test_an_item_on_several_cost_centers_belongs_to_the_unit_of_the_largest_or_to_a_person():
    item = asked_item(account_assignments=[account("10101101", "30"), account("10101201", "90")])
    (write,) = Parts().plan(requisition(item)).writes
    assert write.body["businessUnitId"] == "14"
    assert "Cost centers: 10101101 25 % (30), 10101201 75 % (90)." in write.body["memo"]
    then = Parts(options={"items_disagree": "refuse"}).plan(requisition(item)).then
    assert isinstance(then, NeedsPerson)
    assert then.code == "items-disagree"


def test_a_requisition_type_may_have_an_order_type_of_its_own():
    parts = Parts()
    parts.ledger.maps["requisition-type", "NB"] = "8"
    assert parts.plan(requisition()).writes[0].body["typeId"] == "8"


def test_a_plan_that_was_carried_out_leaves_nothing_to_do():
    parts = transferred(asked_item(), asked_item("20", PurchaseRequisitionItemText="Valve & seat"))
    plan = parts.plan(requisition(asked_item(), asked_item("20", PurchaseRequisitionItemText="Valve & seat")))
    assert (plan.writes, plan.then, plan.notes) == ((), None, ())


def test_a_group_that_waits_or_needs_a_person_does_not_hold_up_the_others():
    parts = Parts()
    items = [asked_item(), asked_item("20", FixedSupplier="17300009")]
    plan = parts.follow(requisition(*items))
    assert isinstance(plan.then, NotReady)
    assert plan.then.needs == "link:vendors:17300009"
    plan = parts.follow(requisition(*items, asked_item("30", Plant="9999")))
    assert isinstance(plan.then, Unmapped)
    assert plan.then.needs == "map:plant:9999"
    assert list(parts.shown().values()) == [("Pending", ["10"])]


def test_an_item_whose_group_cannot_be_told_any_more_stays_where_it_is():
    parts = transferred(asked_item(), asked_item("20"))
    del parts.ledger.maps["cost-center", "10101101"]
    plan = parts.follow(requisition(asked_item(), asked_item("20")))
    assert isinstance(plan.then, Unmapped)
    assert list(parts.shown().values()) == [("Pending", ["10", "20"])]


def test_an_item_that_moves_to_another_supplier_leaves_one_order_for_another():
    parts = transferred(asked_item(), asked_item("20"))
    parts.ledger.links["vendors", "17300002"] = "502"
    plan = parts.plan(requisition(asked_item(), asked_item("20", FixedSupplier="17300002")))
    assert [write.action for write in plan.writes] == ["patch", "create"]
    parts.follow(requisition(asked_item(), asked_item("20", FixedSupplier="17300002")))
    assert sorted(parts.shown().values()) == [("Pending", ["10"]), ("Pending", ["20"])]


def test_an_item_back_in_release_leaves_its_order_as_it_is():
    parts = transferred(asked_item(), asked_item("20"))
    plan = parts.follow(requisition(asked_item(RequestedQuantity="9"), asked_item("20", PurReqnReleaseStatus="03")))
    assert isinstance(plan.then, NotTransferable)
    assert plan.then.code == "not-released"
    assert plan.then.message == "Order 19001 stays as it is: Item 20 is not released (processing state 03)."


def test_a_requisition_deleted_after_something_was_received_is_a_persons():
    parts = transferred()
    (name,) = parts.rows
    parts.change(name, status="PartiallyReceived")
    then = parts.plan(requisition(asked_item(IsDeleted=True))).then
    assert isinstance(then, NeedsPerson)
    assert then.code == "not-cancelable"


def test_an_order_that_vanished_is_a_persons():
    parts = transferred()
    parts.rows.clear()
    then = parts.plan(requisition()).then
    assert isinstance(then, NeedsPerson)
    assert then.code == "target-missing"


def test_a_requisition_deleted_and_taken_back_gets_a_new_order():
    parts = transferred()
    parts.follow(requisition(asked_item(IsDeleted=True)))
    parts.follow(requisition())
    assert list(parts.shown().values()) == [("Pending", ["10"])]
    assert parts.next_id == 19003


# Once SAP has made an order of it


def test_what_is_ordered_waits_for_the_order_and_is_left_alone():
    parts = transferred()
    plan = parts.plan(requisition(asked_item(PurchasingDocument="4500000001")))
    assert (plan.writes, plan.then) == ((), None)
    assert plan.notes == ("Item 10 is ordered with 4500000001.",)


def test_items_that_stand_beside_an_ordered_one_wait_until_the_order_has_come():
    parts = transferred(asked_item(), asked_item("20"))
    then = parts.plan(requisition(asked_item(PurchasingDocument="4500000001"), asked_item("20"))).then
    assert then is not None
    assert (then.code, getattr(then, "needs", "")) == ("order-on-its-way", "linked-to:purchase-orders:19001")


@pytest.mark.parametrize("status", ["Pending", "Canceled"])
def test_what_an_order_has_taken_is_left_alone_and_the_rest_goes_into_a_new_one(status: str):
    parts = transferred(asked_item(), asked_item("20"))
    (name,) = parts.rows
    parts.change(name, status=status)
    parts.links[name] = Linked("", {}, {})
    del parts.rows[name]
    rest = requisition(asked_item(PurchasingDocument="4500000001"), asked_item("20"))
    parts.follow(rest)
    assert parts.shown() == {f"{name}~2": ("Pending", ["20"])}
    parts.links[f"{name}~2"] = Linked("", {}, {})
    del parts.rows[f"{name}~2"]
    parts.follow(rest)
    assert parts.shown() == {f"{name}~3": ("Pending", ["20"])}


def test_what_a_person_has_linked_to_an_order_is_let_go_of():
    parts = transferred(asked_item(), asked_item("20"))
    (name,) = parts.rows
    parts.ledger.links["purchase-orders", "4500000001"] = "19001"
    ordered = [asked_item(number, PurchasingDocument="4500000001") for number in ("10", "20")]
    plan = parts.plan(requisition(*ordered))
    assert (plan.writes, plan.links) == ((), (Bond("purchase-requisitions", f"{NUMBER}#{name}", ""),))


def test_what_came_with_an_order_without_being_taken_over_is_withdrawn():
    """The order was made while the requisition was on its way: both came, and the requisition steps back."""
    parts = transferred(asked_item(), asked_item("20"))
    (name,) = parts.rows
    parts.ledger.records["purchase-orders", "4500000001"] = Known({"": Linked("20001", {}, {})})
    parts.follow(requisition(asked_item(PurchasingDocument="4500000001"), asked_item("20")))
    assert parts.shown() == {name: ("Pending", ["20"])}
    ordered = [asked_item(number, PurchasingDocument="4500000001") for number in ("10", "20")]
    parts.follow(requisition(*ordered))
    assert parts.shown()[name][0] == "Canceled"


def test_the_label_names_requisition_and_supplier():
    assert FLOW.label(FLOW.record(requisition())) == f"SAP requisition {NUMBER} for 17300001"
    assert FLOW.label(FLOW.record(requisition(asked_item(FixedSupplier="")))).endswith("for no supplier")
