"""Bills for the AP team, over real HTTP: compared again when they change, marked as exported only if asked for."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.models import Attempt, Delivery
from tests.journeys.conftest import MakeWorld
from tests.journeys.payables import FLOW, ORDER, OTHER, Payables

SAME_SUPPLIER = "4500000006"
MARK = "/markasexported"


@pytest.fixture
def payables(make_world: MakeWorld) -> Payables:
    desk = Payables(make_world(invoices=0)).open()
    desk.add("ap-bills", "servicetitan", "servicetitan", {})
    return desk


def sync_bills(desk: Payables) -> None:
    """Polls of the bills until no answer is outstanding."""
    desk.world.sync("ap-bills")
    while desk.world.rows(sync__flow="ap-bills", state__in=Delivery.UNSETTLED):
        desk.world.sync("ap-bills")


def marks(desk: Payables) -> int:
    """How many calls that mark bills were made."""
    return sum(1 for method, path in desk.world.calls() if method == "POST" and path.endswith(MARK))


def statuses(desk: Payables) -> dict[str, str]:
    return {str(bill["id"]): bill["syncStatus"] for bill in desk.bills()}


def test_a_bill_that_is_edited_after_the_agreement_is_compared_with_its_invoice_again(payables: Payables) -> None:
    key = payables.enter("INV-1")
    payables.sync()
    sync_bills(payables)
    (bill,) = payables.bills()
    assert payables.states(key) == ["delivered"]
    payables.world.edit("ap-bills", str(bill["id"]), billAmount="1300.00", summary="checked by hand")
    sync_bills(payables)
    payables.world.sync(FLOW)
    newest = payables.world.newest(key)
    assert (newest.state, newest.code, newest.why) == ("quarantined", "books-differ", "changed-there")
    assert newest.reason == "The bill is not as the invoice: amount 1300 instead of 1280.88 USD."
    payables.world.edit("ap-bills", str(bill["id"]), billAmount="1280.88")
    sync_bills(payables)
    payables.world.sync(FLOW)
    assert payables.states(key) == ["delivered", "superseded", "unchanged"]
    sync_bills(payables)
    assert len(payables.states(key)) == 3


def test_a_bill_that_is_cancelled_with_its_reversed_invoice_reopens_nothing(payables: Payables) -> None:
    key = payables.enter("INV-1")
    payables.sync()
    payables.reverse(key)
    payables.sync()
    sync_bills(payables)
    payables.sync()
    assert [bill["status"] for bill in payables.bills()] == ["Canceled"]
    assert payables.states(key) == ["delivered", "delivered"]


def test_what_is_not_compared_reopens_nothing(payables: Payables) -> None:
    key = payables.enter("INV-1")
    payables.sync()
    payables.world.edit("ap-bills", str(payables.bills()[0]["id"]), summary="a note", status="Reconciled")
    sync_bills(payables)
    assert payables.states(key) == ["delivered"]


def test_without_the_option_no_bill_is_ever_marked(payables: Payables) -> None:
    payables.enter("INV-1")
    payables.sync()
    payables.world.clear_log()
    sync_bills(payables)
    assert (marks(payables), set(statuses(payables).values())) == (0, {"Pending"})


def test_bills_that_agree_with_their_invoice_are_marked_in_one_call_and_never_again(payables: Payables) -> None:
    payables.set("ap-bills", mark_exported="agreed")
    for number, order in (("INV-1", ORDER), ("INV-2", OTHER)):
        payables.enter(number, order=order)
    theirs = payables.receive(SAME_SUPPLIER)
    payables.sync()
    payables.world.clear_log()
    sync_bills(payables)
    assert marks(payables) == 1
    open_bill = str(theirs["billId"])
    assert {key for key, status in statuses(payables).items() if status == "Pending"} == {open_bill}
    newest = payables.world.newest(open_bill)
    assert (newest.state, newest.code) == ("not_transferable", "no-invoice")
    for _ in range(2):
        sync_bills(payables)
        payables.sync()
    assert marks(payables) == 1
    assert payables.world.states("ap-bills") == {"delivered": 2, "unchanged": 2, "not_transferable": 1}


def test_a_bill_of_people_is_marked_once_its_invoice_is_posted_and_agrees(payables: Payables) -> None:
    payables.set("ap-bills", mark_exported="agreed")
    receipt = payables.receive(number="INV-1")
    sync_bills(payables)
    assert payables.world.newest(str(receipt["billId"])).state == "not_transferable"
    payables.enter("INV-1")
    payables.sync()
    sync_bills(payables)
    assert statuses(payables) == {str(receipt["billId"]): "Exported"}


def test_a_bill_that_differs_from_its_invoice_waits_for_a_person(payables: Payables) -> None:
    payables.set("ap-bills", mark_exported="agreed")
    receipt = payables.receive(number="INV-1")
    key = payables.enter("INV-1", items=[{"order": ORDER, "item": "10", "quantity": "24", "amount": "1350"}])
    payables.sync()
    sync_bills(payables)
    newest = payables.world.newest(str(receipt["billId"]))
    assert (newest.state, newest.code) == ("waiting", "invoice-open")
    assert newest.reason.startswith(f"SAP invoice {key} is quarantined: The bill is not as the invoice")
    payables.world.edit("ap-bills", str(receipt["billId"]), billAmount="1350.00")
    sync_bills(payables)
    payables.world.sync(FLOW)
    sync_bills(payables)
    assert statuses(payables) == {str(receipt["billId"]): "Exported"}


def test_a_lost_answer_is_settled_by_looking_and_nothing_is_marked_twice(payables: Payables, settings: Any) -> None:
    settings.READ_SECONDS = 1
    payables.set("ap-bills", mark_exported="agreed")
    payables.enter("INV-1")
    payables.enter("INV-2", order=OTHER)
    payables.sync()
    payables.world.clear_log()
    payables.world.faults({"kind": "lose_answer", "method": "POST", "path": MARK, "times": 1})
    sync_bills(payables)
    assert (marks(payables), set(statuses(payables).values())) == (1, {"Exported"})
    found = payables.world.rows(Attempt, kind="write", step__action="mark-exported")
    assert [(attempt.outcome, attempt.resolution) for attempt in found] == [("unknown", "found")] * 2


def test_each_bill_of_a_batch_has_its_own_answer(payables: Payables) -> None:
    payables.set("ap-bills", mark_exported="agreed")
    first, second = payables.enter("INV-1"), payables.enter("INV-2", order=OTHER)
    payables.sync()
    bills = {source.split("#")[0]: bill for source, bill in payables.linked().items()}
    answer = [
        {"billId": int(bills[first]), "success": True, "errorMessage": None},
        {"billId": int(bills[second]), "success": False, "errorMessage": "Period is closed."},
    ]
    rule = {"kind": "status", "status": 200, "body": answer, "method": "POST", "path": MARK, "times": 1}
    payables.world.faults(rule)
    sync_bills(payables)
    refused = payables.world.newest(bills[second])
    assert (refused.state, refused.reason) == (
        "quarantined",
        f"ServiceTitan did not mark bill {bills[second]} as exported: Period is closed.",
    )
    accepted = payables.world.newest(bills[first])
    assert (accepted.state, accepted.code) == ("quarantined", "not-as-written")  # said so, but it is not so there
