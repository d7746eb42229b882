"""Requests raised in ServiceTitan are ordered in SAP, approved, and linked to the order that the approval makes."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import schema_context

from integrations.engine import link_by_hand, reconcile, replay
from integrations.models import Attempt, Link, Sync, ValueMap
from integrations.running import CustomerSchedule, comparison_of, utc_now
from tests.journeys.conftest import MakeWorld
from tests.journeys.requests import FLOW, decide, raise_request, request_of, sap_orders, sap_requisitions, switch_on
from tests.journeys.world import World

ORDERS = "purchase-orders"


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    world = make_world(suppliers=4, orders=3)
    world.sync()
    return world


def orders_there(world: World) -> list[dict[str, Any]]:
    """The orders in ServiceTitan that did not come from the three that SAP had at the beginning."""
    born = {link.target_key for link in world.rows(Link, flow=ORDERS) if link.source_key < "4500000004"}
    return [row for row in world.titan("purchase-orders") if str(row["id"]) not in born]


def story(world: World, request: str) -> tuple[str, str, str]:
    """How the request stands there, and how its delivery stands here."""
    newest = max(world.rows(source_key=request, sync__flow=FLOW), key=lambda delivery: delivery.number)
    return request_of(world, request)["requestStatus"], newest.state, newest.code


def look_again(world: World, request: str) -> None:
    """Whatever was waited for, somebody presses Replay."""
    with schema_context(world.customer.schema_name):
        sync = Sync.objects.get(flow=FLOW)
        replay(sync, request, by="person", schedule=CustomerSchedule(world.customer.pk), now=utc_now())
    world.sync(FLOW)


def test_a_request_is_ordered_in_sap_approved_and_linked(world: World) -> None:
    switch_on(world)
    request = raise_request(world, ("HV-10001", "4", "12.5"), ("HV-10002", "10", "0.125"), tax="1.5")
    world.sync(FLOW)
    (order,) = sap_orders(world)
    assert (order["Supplier"], order["CompanyCode"], order["PurchasingGroup"]) == ("17300001", "1710", "001")
    items = [
        (i["Material"], i["OrderQuantity"], i["NetPriceAmount"], i["NetPriceQuantity"], i["Plant"])
        for i in order["PurchaseOrderItem"]
    ]
    assert items == [("HV-10001", "4", "12.5", "1", "1710"), ("HV-10002", "10", "1.25", "10", "1710")]
    accounts = [i["PurchaseOrderAccount"][0] for i in order["PurchaseOrderItem"]]
    assert [(a["CostCenter"], a["GLAccount"]) for a in accounts] == [("10101101", "65100000")] * 2
    assert world.target_of(FLOW, request) == order["PurchaseOrder"]
    assert story(world, request) == ("Approved", "delivered", "")
    (there,) = orders_there(world)
    (link,) = world.rows(Link, flow=ORDERS, source_key=order["PurchaseOrder"])
    assert link.target_key == str(there["id"])
    assert link.lines == {"10": str(there["items"][0]["id"]), "20": str(there["items"][1]["id"])}


def test_the_order_that_comes_back_from_sap_follows_the_approved_one_and_creates_none(world: World) -> None:
    switch_on(world)
    raise_request(world, ("HV-10001", "4", "12.5"), tax="1.5", shipping="7")
    world.sync(FLOW)
    (before,) = orders_there(world)
    world.sync()
    (after,) = orders_there(world)
    assert after["id"] == before["id"]
    number = sap_orders(world)[0]["PurchaseOrder"]
    assert after["summary"].startswith(f"SAP {number} is already ordered: do not send it to the vendor.")
    assert [item["description"][:5] for item in after["items"]] == ["10 | "]
    kept = ("typeId", "tax", "shipping", "total", "vendorId", "businessUnitId", "inventoryLocationId", "status")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert world.newest(number).state == "delivered"
    world.clear_log()
    world.sync(FLOW, "vendors", ORDERS)
    assert [call for call in world.calls() + world.calls(sap=True) if call[0] != "GET"] == []


def test_an_order_polled_before_its_request_is_approved_waits_and_never_creates(world: World) -> None:
    switch_on(world, approve="person")
    request = raise_request(world)
    world.sync(FLOW)
    number = sap_orders(world)[0]["PurchaseOrder"]
    world.sync()
    assert (world.newest(number).state, world.newest(number).needs) == ("waiting", f"link:{ORDERS}:{number}")
    assert orders_there(world) == []
    assert story(world, request) == ("PendingApproval", "waiting", "awaiting-approval")
    decide(world, request, approve=True)
    look_again(world, request)
    world.sync(ORDERS)
    (there,) = orders_there(world)
    assert world.target_of(ORDERS, number) == str(there["id"])
    assert (story(world, request), world.newest(number).state) == (("Approved", "delivered", ""), "delivered")


@pytest.mark.parametrize("field", ["CorrespncInternalReference", "CorrespncExternalReference"])
def test_our_mark_stands_in_the_field_that_the_customer_chose(make_world: MakeWorld, field: str) -> None:
    world = make_world(suppliers=4, orders=3, sap_options={"reference_field": field})
    world.sync()
    switch_on(world, approve="person")
    raise_request(world)
    world.sync(FLOW)
    rows = world.control(world.sap, "rows?entity=PurchaseOrder")["rows"]
    assert [len(row.get(field, "")) for row in rows if row["PurchaseOrder"] == "4500000004"] == [12]
    world.sync(ORDERS)
    assert world.newest("4500000004").code == "not-ready"


def test_a_request_waits_until_sap_has_released_the_order(world: World) -> None:
    world.control(world.sap, "settings", {"order_release": "workflow"})
    switch_on(world, approve="released")
    request = raise_request(world)
    world.sync(FLOW)
    assert story(world, request) == ("PendingApproval", "waiting", "awaiting-release")
    world.control(world.sap, "release", {"order": sap_orders(world)[0]["PurchaseOrder"]})
    look_again(world, request)
    assert story(world, request) == ("Approved", "delivered", "")
    assert len(sap_orders(world)) == len(orders_there(world)) == 1


@pytest.mark.parametrize(("rule", "end"), [("ask", "order-gone"), ("reject", "")])
def test_an_order_that_sap_does_not_release_is_a_persons_or_rejects_the_request(
    world: World, rule: str, end: str
) -> None:
    world.control(world.sap, "settings", {"order_release": "workflow"})
    switch_on(world, approve="released", on_refusal=rule)
    request = raise_request(world)
    world.sync(FLOW)
    number = sap_orders(world)[0]["PurchaseOrder"]
    world.control(world.sap, "release", {"order": number, "reject": True})
    look_again(world, request)
    if rule == "ask":
        assert story(world, request) == ("PendingApproval", "quarantined", end)
    else:
        assert story(world, request) == ("Rejected", "quarantined", "ordered-anyway")
        world.change("PurchaseOrder", number, {"PurchaseOrderDeletionCode": "L"})
        look_again(world, request)
        assert story(world, request)[:2] == ("Rejected", "delivered")
    assert orders_there(world) == []


@pytest.mark.parametrize("rule", ["ask", "reject"])
def test_a_request_that_sap_refuses_for_good_is_a_persons_or_is_rejected_with_a_reason(world: World, rule: str) -> None:
    switch_on(world, on_refusal=rule, purchasing_group="999", rejection_reason="WrongVendor")
    request = raise_request(world)
    world.sync(FLOW)
    newest = world.newest(request)
    assert sap_orders(world) == orders_there(world) == []
    if rule == "ask":
        assert story(world, request) == ("PendingApproval", "quarantined", "rejected")
        assert "999" in newest.reason
    else:
        assert story(world, request) == ("Rejected", "not_transferable", "refused-by-sap")
        assert request_of(world, request)["_hidden"]["rejectionReason"] == "WrongVendor"
        assert any("999" in note["text"] for note in newest.notes)


def test_a_refused_request_is_ordered_once_the_cause_is_gone_and_somebody_replays_it(world: World) -> None:
    switch_on(world, purchasing_group="999")
    request = raise_request(world)
    world.sync(FLOW)
    with schema_context(world.customer.schema_name):
        sync = Sync.objects.get(flow=FLOW)
        sync.options = {**sync.options, "purchasing_group": "001"}
        sync.save()
    look_again(world, request)
    assert story(world, request) == ("Approved", "delivered", "")
    assert len(sap_orders(world)) == 1


def test_a_vendor_that_is_not_in_sap_yet_is_waited_for(world: World) -> None:
    switch_on(world)
    body = {"tenant": world.tenant, "kind": "vendors", "values": {"name": "Brand New Supply"}}
    vendor = world.control(world.servicetitan, "add", body)["id"]
    request = raise_request(world, vendorId=vendor)
    world.sync(FLOW)
    assert story(world, request) == ("PendingApproval", "waiting", "not-ready")
    made = world.control(world.sap, "supplier", {"name": "Brand New Supply"})["supplier"]
    with schema_context(world.customer.schema_name):
        ValueMap.objects.create(map="vendor", key=made, value=str(vendor))
    world.sync("vendors", FLOW)
    assert story(world, request) == ("Approved", "delivered", "")
    assert [order["Supplier"] for order in sap_orders(world)] == [made]


@pytest.mark.parametrize("approve", [True, False])
def test_people_decide_before_anything_is_ordered(world: World, approve: bool) -> None:
    """Seen while it waited for a missing value; decided by hand before that value was there."""
    switch_on(world, purchasing_group="")
    request = raise_request(world)
    world.sync(FLOW)
    assert story(world, request) == ("PendingApproval", "quarantined", "no-purchasing-data")
    decide(world, request, approve=approve)
    with schema_context(world.customer.schema_name):
        sync = Sync.objects.get(flow=FLOW)
        sync.options = {**sync.options, "purchasing_group": "001"}
        sync.save()
    look_again(world, request)
    if approve:
        assert story(world, request) == ("Approved", "delivered", "")
        assert world.target_of(ORDERS, sap_orders(world)[0]["PurchaseOrder"]) == str(orders_there(world)[0]["id"])
    else:
        assert story(world, request) == ("Rejected", "not_transferable", "rejected-there")
        assert sap_orders(world) == []


def test_a_manager_who_approves_at_the_same_moment_is_no_failure(world: World) -> None:
    """The approval is refused because it is approved already; that is looked at and counts."""
    world.control(world.sap, "settings", {"order_release": "workflow"})
    switch_on(world, approve="released")
    request = raise_request(world)
    world.sync(FLOW)
    world.control(world.sap, "release", {"order": sap_orders(world)[0]["PurchaseOrder"]})
    refusal = {"kind": "status", "status": 400, "commit": True, "body": {"title": "Already decided."}}
    world.faults({**refusal, "method": "PATCH", "path": "/approve", "times": 1})
    look_again(world, request)
    assert story(world, request) == ("Approved", "delivered", "")
    assert len(orders_there(world)) == 1


def test_a_manager_who_rejects_what_sap_has_ordered_leaves_it_to_a_person(world: World) -> None:
    switch_on(world, approve="person")
    request = raise_request(world)
    world.sync(FLOW)
    decide(world, request, approve=False)
    look_again(world, request)
    assert story(world, request) == ("Rejected", "quarantined", "ordered-anyway")
    world.change("PurchaseOrder", sap_orders(world)[0]["PurchaseOrder"], {"PurchaseOrderDeletionCode": "L"})
    look_again(world, request)
    assert story(world, request)[:2] == ("Rejected", "delivered")


def test_a_request_that_is_changed_after_it_was_ordered_is_not_approved_by_us(world: World) -> None:
    world.control(world.sap, "settings", {"order_release": "workflow"})
    switch_on(world, approve="released")
    request = raise_request(world)
    world.sync(FLOW)
    items = [{**request_of(world, request)["items"][0], "quantity": 5}]
    world.edit("purchase-order-requests", request, items=items)
    world.control(world.sap, "release", {"order": sap_orders(world)[0]["PurchaseOrder"]})
    world.sync(FLOW)
    assert story(world, request) == ("PendingApproval", "quarantined", "changed-after-order")
    assert "items 10 quantity 4 instead of 5" in world.newest(request).reason


def test_identical_twins_are_a_persons_and_what_the_person_links_is_kept(world: World) -> None:
    switch_on(world)
    twins = [raise_request(world) for _ in range(2)]
    world.sync(FLOW)
    assert [story(world, request) for request in twins] == [("Approved", "quarantined", "twins")] * 2
    assert world.rows(Link, flow=ORDERS, source_key__gte="4500000004") == []
    with schema_context(world.customer.schema_name):
        sync = Sync.objects.select_related("source", "target").get(flow=ORDERS)
        for request, there in zip(twins, orders_there(world), strict=True):
            link_by_hand(
                sync, world.target_of(FLOW, request), str(there["id"]),
                by="person", schedule=CustomerSchedule(world.customer.pk), now=utc_now(),
            )  # fmt: skip
    for request in twins:
        look_again(world, request)
    world.sync()
    assert [story(world, request)[:2] for request in twins] == [("Approved", "delivered")] * 2
    assert len(orders_there(world)) == len(sap_orders(world)) == 2


def test_requests_that_differ_in_their_memo_only_are_told_apart(world: World) -> None:
    switch_on(world)
    requests = [raise_request(world, summary=words) for words in ("Upstairs", "Downstairs")]
    world.sync(FLOW)
    assert [story(world, request) for request in requests] == [("Approved", "delivered", "")] * 2
    there = {str(row["id"]): row["summary"] for row in orders_there(world)}
    found = [there[world.target_of(ORDERS, world.target_of(FLOW, request))] for request in requests]
    assert found == ["Upstairs", "Downstairs"]


def test_an_order_that_shows_late_is_awaited(world: World) -> None:
    switch_on(world, look_seconds=30)
    world.control(world.servicetitan, "settings", {"list_lag_seconds": 60})
    request = raise_request(world)
    world.control(world.servicetitan, "clock", {"advance": 90})
    world.sync(FLOW)
    assert story(world, request) == ("Approved", "waiting", "awaiting-order")
    world.control(world.servicetitan, "clock", {"advance": 90})
    look_again(world, request)
    assert story(world, request) == ("Approved", "delivered", "")


def test_approved_requests_need_not_be_listed_any_more(world: World) -> None:
    """Whether they are is not documented."""
    world.control(world.servicetitan, "settings", {"approved_requests": "hidden"})
    switch_on(world, approve="created")
    ours = raise_request(world)
    world.sync(FLOW)
    assert story(world, ours) == ("Approved", "delivered", "")
    by_hand = raise_request(world, ("HV-10002", "1", "3"))
    decide(world, by_hand, approve=True)
    world.sync(FLOW)
    assert world.rows(source_key=by_hand) == []


def test_lost_answers_of_both_systems_double_nothing(make_world: MakeWorld, settings: Any) -> None:
    settings.READ_SECONDS = 1
    world = make_world(suppliers=4, orders=3)
    world.sync()
    switch_on(world)
    requests = [raise_request(world, ("HV-10001", str(n), "12.5")) for n in range(1, 9)]
    world.faults({"kind": "lose_answer", "method": "PATCH", "path": "/approve", "every": 3})
    world.faults({"kind": "lose_answer", "method": "POST", "path": "/PurchaseOrder", "every": 3}, sap=True)
    while world.states(FLOW).get("delivered", 0) < 8:
        world.sync(FLOW)
    unknown = world.rows(Attempt, kind="write", outcome="unknown")
    assert len(unknown) >= 4
    assert {attempt.resolution for attempt in unknown} == {"found"}
    assert len(sap_orders(world)) == len(orders_there(world)) == 8
    assert [story(world, request) for request in requests] == [("Approved", "delivered", "")] * 8
    world.sync()
    assert len(orders_there(world)) == 8


def test_a_requisition_is_approved_and_linked_to_the_order_that_sap_makes_of_it(world: World) -> None:
    switch_on(world, target="requisition")
    request = raise_request(world)
    world.sync(FLOW)
    (requisition,) = sap_requisitions(world)
    number = requisition["PurchaseRequisition"]
    assert world.target_of(FLOW, request) == f"PR-{number}"
    assert story(world, request) == ("Approved", "waiting", "awaiting-conversion")
    made = world.control(world.sap, "convert", {"orders": [[[number, "10"]]]})["orders"][0]
    world.sync(ORDERS)
    assert (world.newest(made).state, world.newest(made).needs) == ("waiting", f"link:{ORDERS}:{made}")
    look_again(world, request)
    world.sync(ORDERS)
    (there,) = orders_there(world)
    assert world.target_of(ORDERS, made) == str(there["id"])
    assert (story(world, request)[1], world.newest(made).state) == ("delivered", "delivered")
    assert there["summary"].startswith(f"SAP {made} is already ordered")


@pytest.mark.parametrize("listed", ["listed", "hidden"])
def test_a_request_approved_by_hand_while_sap_was_at_it_is_linked_all_the_same(world: World, listed: str) -> None:
    world.control(world.servicetitan, "settings", {"approved_requests": listed})
    world.control(world.sap, "settings", {"order_release": "workflow"})
    switch_on(world, approve="released")
    request = raise_request(world)
    world.sync(FLOW)
    decide(world, request, approve=True)
    look_again(world, request)
    assert story(world, request) == ("Approved", "delivered", "")
    (there,) = orders_there(world)
    assert world.target_of(ORDERS, sap_orders(world)[0]["PurchaseOrder"]) == str(there["id"])


def test_a_request_without_unit_location_and_vendor_part_takes_the_defaults(world: World) -> None:
    switch_on(world, default_cost_center="10101102", default_plant="1720", currency="USD")
    raise_request(world, businessUnitId=None, inventoryLocationId=None)
    world.sync(FLOW)
    (item,) = sap_orders(world)[0]["PurchaseOrderItem"]
    assert (item["Plant"], item["PurchaseOrderAccount"][0]["CostCenter"]) == ("1720", "10101102")


def test_a_request_for_a_job_carries_its_number_to_sap_and_back(world: World) -> None:
    with schema_context(world.customer.schema_name):
        sync = Sync.objects.get(flow=ORDERS)
        sync.options = {**sync.options, "job_field": "RequisitionerName"}
        sync.save()
    switch_on(world, job_field="RequisitionerName")
    job = world.titan("jobs")[0]
    raise_request(world, jobId=job["id"])
    world.sync(FLOW, ORDERS)
    (item,) = sap_orders(world)[0]["PurchaseOrderItem"]
    assert item["RequisitionerName"] == job["jobNumber"]
    (there,) = orders_there(world)
    assert (there["jobId"], there["status"], there["summary"][:18]) == (job["id"], "Pending", "SAP 4500000004 is ")


def test_fifty_requests_at_once_are_fifty_orders(world: World) -> None:
    switch_on(world)
    requests = [raise_request(world, ("HV-10001", str(number), "12.5")) for number in range(1, 51)]
    world.sync(FLOW)
    world.sync()
    assert {story(world, request)[:2] for request in requests} == {("Approved", "delivered")}
    linked = [world.target_of(ORDERS, world.target_of(FLOW, request)) for request in requests]
    there = {str(row["id"]): str(row["items"][0]["quantity"]) for row in orders_there(world)}
    assert [float(there[key]) for key in linked] == [float(number) for number in range(1, 51)]
    assert len(sap_orders(world)) == len(there) == 50


def test_a_second_round_writes_nothing_and_the_books_agree(world: World) -> None:
    switch_on(world)
    for number in range(1, 4):
        raise_request(world, ("HV-10001", str(number), "12.5"))
    world.sync(FLOW)
    world.sync()
    world.clear_log()
    world.sync("vendors", ORDERS, FLOW)
    assert [call for call in world.calls() + world.calls(sap=True) if call[0] != "GET"] == []
    with schema_context(world.customer.schema_name):
        for flow in (ORDERS, FLOW):
            work = comparison_of(Sync.objects.select_related("source", "target").get(flow=flow))
            assert reconcile(work).as_dict()["differences"] == []
            work.close()
