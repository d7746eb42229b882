"""How a request is answered, and which order in ServiceTitan came of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.errors import Awaiting, NeedsPerson, NotTransferable, Rejected
from integrations.flow import Bond, Done, Plan, Write
from integrations.vocabulary.request_matches import alike, fitting, line_ids
from tests.flows.request_rows import APPROVE, ORDER, Desk, approved, line, order, plan, request, sap_order


def test_an_ordered_request_is_approved():
    assert plan(there=sap_order()).writes == (APPROVE,)


def test_it_waits_for_the_release_or_for_people():
    unreleased = sap_order(PurchasingProcessingStatus="03", ReleaseIsNotCompleted=True)
    with pytest.raises(Awaiting, match="not released"):
        plan(there=unreleased, approve="released")
    assert plan(there=unreleased, approve="created").writes == (APPROVE,)
    with pytest.raises(Awaiting, match="somebody approves"):
        plan(there=sap_order(), approve="person")


@pytest.mark.parametrize("values", [{"PurchaseOrderDeletionCode": "L"}, {"PurchasingProcessingStatus": "08"}])
def test_an_order_that_sap_took_back_rejects_the_request_or_asks(values: dict[str, Any]):
    with pytest.raises(NeedsPerson) as found:
        plan(there=sap_order(**values))
    assert found.value.code == "order-gone"
    (write,) = plan(there=sap_order(**values), on_refusal="reject", rejection_reason="CostTooHigh").writes
    assert write == Write("reject", "7001", {"rejectionReason": "CostTooHigh"}, {"decision": "rejected"}, side="source")


def test_what_sap_refuses_rejects_the_request_or_asks():
    with pytest.raises(Rejected, match="No such group"):
        plan(refused="No such group")
    found = plan(refused="No such group", on_refusal="reject")
    assert (found.writes[0].action, found.notes) == ("reject", ("SAP refused it: No such group",))
    rejected = request(requestStatus="Rejected")
    with pytest.raises(NotTransferable) as end:
        plan(rejected, done=(Done("reject", "7001", ""),))
    assert end.value.code == "refused-by-sap"


def test_people_decided_first():
    with pytest.raises(NotTransferable) as found:
        plan(request(), Desk(now=request(requestStatus="Rejected")))
    assert found.value.code == "rejected-there"
    assert plan(request(), Desk(now=approved())).writes[0].action == "create"
    with pytest.raises(NeedsPerson) as late:
        plan(request(), Desk(now=request(requestStatus="Rejected")), there=sap_order())
    assert late.value.code == "ordered-anyway"
    deleted = sap_order(PurchaseOrderDeletionCode="L")
    assert plan(request(), Desk(now=request(requestStatus="Rejected")), there=deleted) == Plan()


def test_a_request_changed_after_it_was_ordered_is_not_approved():
    changed = request(line(quantity="5"))
    with pytest.raises(NeedsPerson, match="quantity 4 instead of 5") as found:
        plan(changed, there=sap_order())
    assert found.value.code == "changed-after-order"


def test_a_status_that_nobody_knows_is_a_persons():
    with pytest.raises(NeedsPerson) as found:
        plan(request(), Desk(now=request(requestStatus="OnHold")))
    assert found.value.code == "unknown-status"


# The order that appears


def test_the_order_is_found_and_linked_line_by_line():
    found = plan(request(), Desk(now=approved(), orders=(order(total="51"), order(19002))), there=sap_order())
    assert found.links == (Bond("purchase-orders", ORDER, "19002", {"10": "80001"}),)
    assert found.writes == ()


def test_after_the_link_nothing_is_left_to_do():
    desk = Desk(now=approved(), orders=(order(),))
    desk.links["purchase-orders", ORDER] = "19001"
    assert plan(request(), desk, there=sap_order()) == Plan()


@pytest.mark.parametrize(
    "other",
    [
        {"total": "51"},
        {"vendorId": 502},
        {"jobId": 88001},
        {"items": [line(quantity="5")]},
        {"items": [line(), line()]},
    ],
)
def test_an_order_that_holds_anything_else_is_none_of_it(other: dict[str, Any]):
    with pytest.raises(Awaiting) as found:
        plan(request(), Desk(now=approved(), orders=(order(**other),)), there=sap_order())
    assert found.value.code == "awaiting-order"


def test_an_order_that_belongs_to_another_is_none_of_it():
    desk = Desk(now=approved(), orders=(order(),))
    desk.links["purchase-orders", "4500000060"] = "19001"
    with pytest.raises(Awaiting):
        plan(request(), desk, there=sap_order())


def test_twins_are_a_persons():
    desk = Desk(now=approved(), orders=(order(19001), order(19002)))
    with pytest.raises(NeedsPerson, match=r"19001 \(100001\), 19002 \(100001\)") as found:
        plan(request(), desk, there=sap_order())
    assert found.value.code == "twins"


def test_one_order_and_two_approved_requests_alike_are_a_persons_until_the_other_has_found_its_own():
    twin = approved() | {"id": 7002}
    desk = Desk(now=approved(), orders=(order(),), others=(approved(), twin))
    with pytest.raises(NeedsPerson):
        plan(request(), desk, there=sap_order())
    desk.links |= {("purchase-order-requests", "7002"): "4500000060", ("purchase-orders", "4500000060"): "19000"}
    assert plan(request(), desk, there=sap_order()).links[0].target_key == "19001"


@pytest.mark.parametrize(
    "tells", [{"summary": "Upstairs"}, {"businessUnitId": 12}, {"createdOn": "2026-03-02T08:05:00Z"}]
)
def test_twins_are_told_apart_by_whatever_differs(tells: dict[str, Any]):
    assert fitting(approved(), [order(19001, **tells), order(19002)], "2026-03-02T08:30:00Z") == [order(19002)]


def test_an_approval_may_fill_in_what_the_request_left_empty():
    row = approved(businessUnitId=None, inventoryLocationId=None)
    assert fitting(row, [order()], "") == [order()]


def test_a_person_is_told_when_no_order_appears():
    with pytest.raises(NeedsPerson) as found:
        plan(request(), Desk(now=approved(), at="2026-03-02T09:31:00+00:00"), there=sap_order())
    assert found.value.code == "order-not-found"


def test_lines_that_are_alike_are_taken_one_after_the_other():
    items = [line(number=1), line(number=2), line(9002, number=3)]
    found = line_ids(request(*items), order(items=list(reversed(items))), ["10", "20", "30"])
    assert found == {"10": "2", "20": "1", "30": "3"}


@given(st.permutations(range(4)))
def test_the_order_of_the_lines_does_not_matter(places: list[int]):
    items = [line(9001 + number, number=number) for number in range(4)]
    assert alike(request(*items), order(items=[items[place] for place in places]))
