"""Requests raised in ServiceTitan are ordered in SAP, approved, and linked to the order that the approval makes."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import schema_context

from integrations.engine import reconcile
from integrations.models import Attempt, Link, Sync, ValueMap
from integrations.running import comparison_of
from tenants import schedule
from tests.journeys.conftest import MakeWorld
from tests.journeys.requests import (
    FLOW,
    ORDERS,
    decide,
    look_again,
    orders_there,
    raise_request,
    sap_orders,
    sap_requisitions,
    story,
    switch_on,
)
from tests.journeys.world import World


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    world = make_world(suppliers=4, orders=3)
    world.sync()
    return world


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


def test_twenty_requests_at_once_are_twenty_orders(world: World) -> None:
    switch_on(world)
    requests = [raise_request(world, ("HV-10001", str(number), "12.5")) for number in range(1, 21)]
    world.sync(FLOW)
    world.sync()
    assert {story(world, request)[:2] for request in requests} == {("Approved", "delivered")}
    linked = [world.target_of(ORDERS, world.target_of(FLOW, request)) for request in requests]
    there = {str(row["id"]): str(row["items"][0]["quantity"]) for row in orders_there(world)}
    assert [float(there[key]) for key in linked] == [float(number) for number in range(1, 21)]
    assert len(sap_orders(world)) == len(there) == 20


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


def test_a_requisition_that_a_request_made_makes_no_order_of_its_own(world: World) -> None:
    switch_on(world, target="requisition")
    raise_request(world)
    world.sync(FLOW)
    number = sap_requisitions(world)[0]["PurchaseRequisition"]
    with schema_context(world.customer.schema_name):
        like = Sync.objects.get(flow=ORDERS)
        sync = Sync.objects.create(
            flow="purchase-requisitions", source=like.source, target=like.target, schedule={"every": "2m"},
            options={name: like.options[name] for name in like.options},
        )  # fmt: skip
    schedule.ensure(customer_id=world.customer.pk, sync_id=sync.pk, due_at=None)
    world.sync("purchase-requisitions")
    found = max(world.rows(source_key=number, sync__flow="purchase-requisitions"), key=lambda one: one.number)
    assert (found.state, found.code) == ("not_transferable", "requested-there")
    assert [row for row in orders_there(world) if number in row["summary"]] == []


@pytest.mark.parametrize("target", ["purchase-order", "requisition"])
def test_older_tenants_offer_version_2_only(make_world: MakeWorld, target: str) -> None:
    world = make_world(suppliers=4, orders=3)
    older = dict.fromkeys(("API_PURCHASEORDER_2", "API_PURCHASEREQUISITION_2"), "unregistered")
    world.control(world.sap, "settings", {"arrangements": older})
    world.sync()
    switch_on(world, target=target)
    request = raise_request(world, ("HV-10002", "10", "0.125"))
    world.sync(FLOW)
    assert story(world, request)[0] == "Approved"
    assert len(sap_orders(world)) + len(sap_requisitions(world)) == 1
    assert not [path for _, path in world.calls(sap=True) if "odata4" in path and "$metadata" not in path]
