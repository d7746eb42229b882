"""Requests about which somebody decides: people in ServiceTitan meanwhile, SAP against it, or a person here."""

from __future__ import annotations

import pytest
from django_tenants.utils import schema_context

from integrations.engine import link_by_hand
from integrations.models import Link, Sync
from integrations.running import CustomerSchedule, utc_now
from tests.journeys.conftest import MakeWorld
from tests.journeys.requests import (
    FLOW,
    ORDERS,
    decide,
    look_again,
    orders_there,
    raise_request,
    request_of,
    sap_orders,
    story,
    switch_on,
)
from tests.journeys.world import World


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    world = make_world(suppliers=4, orders=3)
    world.sync()
    return world


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
