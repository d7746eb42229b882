"""Orders and requisitions of SAP that a request made are recognised, wait for it, and keep what it knows better."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import pytest

from integrations.errors import NotReady, NotTransferable
from integrations.flow import Known, Linked, Situation, Want
from integrations.flows.purchase_orders import FLOW as ORDERS
from integrations.vocabulary.requested_orders import leave_to_request, signs, signs_of_requisition
from tests.flows.rows import MARKER, Book, plan_order, sap_item, sap_order, st_order

MARK, REQUESTS = "MLQK2D4VXABC", "purchase-order-requests"


@dataclass
class Ledger(Book):
    """A ledger that sent writes with these marks for requests."""

    marks: dict[str, str] = field(default_factory=dict)
    unknown: bool = False

    def sender(self, flow: str, marker: str) -> str:
        return self.marks.get(marker, "") if flow == REQUESTS else ""

    def in_question(self, flow: str) -> bool:
        return self.unknown and flow == REQUESTS

    def known(self, flow: str, source_key: str) -> Known:
        return Known()


def linked(target: str) -> Ledger:
    book = Ledger()
    book.links[REQUESTS, "7001"] = target
    return book


@pytest.mark.parametrize("place", ["CorrespncInternalReference", "CorrespncExternalReference"])
def test_an_order_with_a_mark_of_a_request_waits_for_it(place: str):
    row = sap_order(**{place: MARK.lower()})
    with pytest.raises(NotReady) as found:
        plan_order(row, book=Ledger(marks={MARK: "7001"}))
    assert found.value.needs == "link:purchase-orders:4500001234"
    assert plan_order(row).writes[0].action == "create"


def test_an_order_without_its_mark_is_known_by_the_link_of_the_request():
    with pytest.raises(NotReady):
        plan_order(sap_order(), book=linked("4500001234"))
    assert plan_order(sap_order(), book=linked("4500001235")).writes[0].action == "create"


def test_an_order_of_a_requisition_that_a_request_made_waits_as_well():
    row = sap_order(sap_item(PurchaseRequisition="10000012", PurchaseRequisitionItem="10"))
    assert signs(row) == ("PR-10000012",)
    with pytest.raises(NotReady):
        plan_order(row, book=linked("PR-10000012"))


@pytest.mark.parametrize(
    ("unknown", "mark", "waits"),
    [(True, f"PR-{MARK}", True), (True, "PR-SOMEBODYELSE", False), (True, "", False), (False, f"PR-{MARK}", False)],
)
def test_while_a_request_is_in_question_an_order_waits_if_sap_shows_its_requisition_with_our_mark(
    unknown: bool, mark: str, waits: bool
):
    """Without one in question, SAP is not asked: all requisitions of requests are linked."""
    row = sap_order(sap_item(PurchaseRequisition="10000012", PurchaseRequisitionItem="10"))
    book = Ledger(marks={f"PR-{MARK}": "7001"}, unknown=unknown)
    book.references["source:requisition", "10000012"] = {
        "PurchaseRequisition": "10000012",
        "items": [{"PurReqnExternalReference": ""}, {"PurReqnExternalReference": mark}],
    }
    with pytest.raises(NotReady) if waits else nullcontext():
        plan_order(row, book=book)


def test_what_is_in_question_is_asked_ahead_for_orders_of_requisitions_only():
    bought = ORDERS.record(sap_order(sap_item(PurchaseRequisition="10000012", PurchaseRequisitionItem="10")))
    asked = Want("in-question:purchase-order-requests", "")
    assert asked in ORDERS.wants(bought, ORDERS.options)
    assert asked not in ORDERS.wants(ORDERS.record(sap_order()), ORDERS.options)


def test_a_requisition_that_a_request_made_is_left_to_it():
    row = {"PurchaseRequisition": "10000012", "items": [{"PurReqnExternalReference": f"PR-{MARK}"}]}
    assert signs_of_requisition(row) == ("PR-10000012", f"PR-{MARK}")
    for book in (linked("PR-10000012"), Ledger(marks={f"PR-{MARK}": "7001"})):
        with pytest.raises(NotTransferable):
            leave_to_request("10000012", signs_of_requisition(row), situation(book))
    leave_to_request("10000012", signs_of_requisition(row), situation(Ledger()))


def situation(book: Ledger) -> Situation:
    return Situation(lookups=book, options={}, marker=MARKER)


def requested(**values: Any) -> dict[str, Any]:
    """The order that the approval made: its own type, tax and shipping, lines without SAP's numbers."""
    row = st_order(
        plan_order(sap_order()).writes[0].body, typeId=9, tax="1.5", shipping="7", summary="Boiler", **values
    )
    row["items"] = [{**item, "description": "Copper pipe"} for item in row["items"]]
    return row


@pytest.mark.parametrize("lines", [{"10": "70001"}, {}])
def test_what_sap_does_not_know_stays_as_it_was_requested(lines: dict[str, str]):
    """Also where a person has linked the order by hand, without its lines."""
    there = requested()
    (write,) = plan_order(sap_order(), book=linked("4500001234"), there=there, linked=Linked("19001", {}, lines)).writes
    assert (write.action, set(write.body)) == ("patch", {"memo", "items"})
    assert [(item["id"], item["description"]) for item in write.body["items"]] == [(70001, "10 | Copper pipe")]


def test_any_other_order_has_sap_s_type_tax_and_shipping():
    with_type = plan_order(sap_order(), there=requested(), linked=Linked("19001", {}, {"10": "70001"})).writes
    assert [write.action for write in with_type] == ["cancel", "create"]
