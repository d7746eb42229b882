"""Supplier invoices that meet what people did: received by hand, reversed, entered twice, cancelled."""

from __future__ import annotations

from decimal import Decimal

import pytest

from integrations.models import Link
from tests.journeys.conftest import MakeWorld
from tests.journeys.payables import FLOW, ORDER, OTHER, Payables, lines_of

SAME_SUPPLIER = "4500000006"  # as 4500000004: supplier 17300001


@pytest.fixture
def payables(make_world: MakeWorld) -> Payables:
    return Payables(make_world(invoices=0)).open(date_tolerance_days=1)


def part(quantity: str, order: str = ORDER, **values: str) -> list[dict[str, str]]:
    return [{"order": order, "item": "10", "quantity": quantity, **values}]


def test_received_by_hand_with_the_supplier_s_number_is_linked_and_posted_no_more(payables: Payables) -> None:
    receipt = payables.receive(number="inv-1")
    key = payables.enter("INV-1")
    payables.sync()
    assert (payables.states(key), len(payables.receipts())) == (["unchanged"], 1)
    assert payables.linked(FLOW) == {f"{key}#{ORDER}/{receipt['id']}": str(receipt["id"])}
    assert list(payables.linked().values()) == [str(payables.bills()[0]["id"])]
    assert payables.differences() == []
    payables.world.edit("receipts", str(receipt["id"]), vendorInvoiceNumber="INV-2")
    assert [cause for _, cause, _ in payables.differences()] == ["changed in servicetitan"]


def test_received_by_hand_without_a_number_is_recognised_by_lines_and_quantities(payables: Payables) -> None:
    payables.receive()
    key = payables.enter("INV-1")
    payables.sync()
    assert (payables.states(key), len(payables.receipts())) == (["unchanged"], 1)
    bill = payables.bills()[0]["id"]
    assert f"The receipt of bill {bill} bears no supplier's number; it is INV-1." in payables.notes(key)


def test_of_what_was_received_by_hand_in_part_only_the_rest_is_posted(payables: Payables) -> None:
    payables.receive(ORDER, (0, "10"))
    key = payables.enter("INV-1")
    payables.sync()
    _, posted = payables.receipts()
    assert [line[1:] for line in lines_of(posted)] == [(Decimal(14), Decimal("53.37"))]
    assert payables.states(key) == ["delivered"]
    assert sum(Decimal(bill["billAmount"]) for bill in payables.bills()) == Decimal("1280.88")
    assert len(payables.linked()) == 2
    assert payables.order()["status"] == "Received"


def test_one_receipt_made_by_hand_holds_one_of_two_equal_invoices(payables: Payables) -> None:
    receipt = payables.receive(ORDER, (0, "12"))
    first = payables.enter("A-100", items=part("12"), date="2026-11-01")
    second = payables.enter("B-200", items=part("12"), date="2026-11-22")
    payables.world.control(payables.world.servicetitan, "settings", {"bill_delay_seconds": 0})
    payables.set(FLOW, date_tolerance_days=60)
    payables.sync()
    assert (payables.states(first), payables.states(second)) == (["unchanged"], ["delivered"])
    assert len(payables.receipts()) == 2
    assert payables.linked()[f"{first}#{ORDER}/{receipt['id']}"] == str(receipt["billId"])
    assert payables.order()["status"] == "Received"


def test_received_by_hand_under_another_number_is_never_received_twice(payables: Payables) -> None:
    payables.receive(ORDER, (0, "20"), number="SLIP-9")
    key = payables.enter("INV-1")
    payables.sync()
    newest = payables.world.newest(key)
    assert (newest.state, newest.code, len(payables.receipts())) == ("quarantined", "received-otherwise", 1)
    assert "R-000001 (SLIP-9)" in newest.reason


def test_where_people_receive_the_invoice_waits_for_them_and_links_what_they_made(payables: Payables) -> None:
    payables.set(FLOW, receipts="people")
    key = payables.enter("INV-1")
    payables.sync()
    newest = payables.world.newest(key)
    assert (newest.state, newest.code, payables.receipts()) == ("waiting", "receipt-awaited", [])
    assert newest.reason.endswith("first: 24 of item 10 of INV-1 is open.")
    payables.receive(ORDER, (0, "24"), number="INV-1")
    payables.later()
    assert (payables.states(key), len(payables.receipts()), len(payables.linked())) == (["unchanged"], 1, 1)


def test_a_price_that_changed_after_the_receipt_is_told_with_both_amounts(payables: Payables) -> None:
    payables.receive(number="INV-1")
    key = payables.enter("INV-1", items=part("24", amount="1350"))
    payables.sync()
    newest = payables.world.newest(key)
    assert (newest.state, newest.code) == ("quarantined", "books-differ")
    assert newest.reason == "The bill is not as the invoice: amount 1280.88 instead of 1350 USD."
    assert len(payables.linked()) == 1  # linked all the same, for whoever looks at the two


def test_a_date_apart_by_more_than_allowed_is_told(payables: Payables) -> None:
    payables.receive(number="INV-1")
    key = payables.enter("INV-1", date="2026-10-01")
    payables.sync()
    bill = payables.bills()[0]
    assert payables.world.newest(key).reason == (
        f"The bill is not as the invoice: bill {bill['id']} is of {bill['billDate'][:10]} instead of 2026-10-01."
    )


def test_the_same_number_on_another_invoice_is_stopped(payables: Payables) -> None:
    first = payables.enter("INV-1", items=part("2", OTHER))
    payables.sync()
    second = payables.enter("inv-1", items=part("5", SAME_SUPPLIER))
    payables.sync()
    newest = payables.world.newest(second)
    assert (newest.state, newest.code, len(payables.receipts())) == ("quarantined", "duplicate", 1)
    assert f"SAP invoice {first} of company code" in newest.reason


def test_a_stopped_duplicate_goes_on_by_itself_once_the_earlier_one_is_reversed(payables: Payables) -> None:
    first = payables.enter("INV-1", items=part("2", OTHER))
    second = payables.enter("INV-1", items=part("2", OTHER))
    payables.sync()
    assert payables.states(second) == ["quarantined"]
    reversal = payables.reverse(first)
    payables.sync()
    assert payables.states(second) == ["delivered"]
    assert [payables.states(key)[-1] for key in (first, reversal)] == ["delivered", "not_transferable"]
    (receipt,) = payables.receipts()
    assert payables.linked(FLOW)[f"{second}#{OTHER}"] == str(receipt["id"])


def test_two_with_one_number_that_come_together_become_one_receipt(payables: Payables) -> None:
    first = payables.enter("INV-1", items=part("2", OTHER))
    second = payables.enter("INV-1", items=part("2", OTHER))
    payables.sync()
    assert (payables.states(first), payables.states(second)) == (["delivered"], ["quarantined"])
    assert len(payables.receipts()) == 1


def test_the_same_number_of_another_supplier_is_no_duplicate(payables: Payables) -> None:
    keys = [payables.enter("INV-1"), payables.enter("INV-1", items=part("2", OTHER))]
    payables.sync()
    assert [payables.states(key) for key in keys] == [["delivered"]] * 2


def test_a_similar_number_with_the_same_amount_is_posted_and_warned_about(payables: Payables) -> None:
    first = payables.enter("INV-1001", items=part("5", SAME_SUPPLIER))
    second = payables.enter("INV-1001A", items=part("5", SAME_SUPPLIER))
    payables.sync()
    assert [payables.states(key) for key in (first, second)] == [["delivered"]] * 2
    warnings = [note for note in payables.notes(second) if note.startswith("Possibly a duplicate")]
    assert len(warnings) == 1
    assert f"{first}, number INV-1001," in warnings[0]
    assert [note for note in payables.notes(first) if note.startswith("Possibly")] == []


def test_a_reversed_invoice_takes_its_receipt_back_and_the_corrected_one_posts_anew(payables: Payables) -> None:
    wrong = payables.enter("INV-1", items=part("24", amount="1380.88"))
    payables.sync()
    reversal = payables.reverse(wrong)
    right = payables.enter("INV-1")
    payables.sync()  # each is woken by the one that it waits for
    assert payables.states(wrong) == ["delivered", "delivered"]
    assert (payables.states(reversal), payables.world.newest(reversal).code) == (["not_transferable"], "reversal")
    assert payables.states(right) == ["delivered"]
    (gone,), (new,) = payables.receipts(active=False), payables.receipts()
    assert (gone["receiptAmount"], new["receiptAmount"]) == (1380.88, 1280.88)
    assert [(bill["billAmount"], bill["status"]) for bill in payables.bills()] == [
        ("1380.88", "Canceled"),
        ("1280.88", "Unreconciled"),
    ]
    assert payables.order()["items"][0]["quantityReceived"] == 24


def test_an_invoice_reversed_before_it_was_read_is_not_transferable(payables: Payables) -> None:
    key = payables.enter("INV-1")
    reversal = payables.reverse(key)
    payables.sync()
    assert [payables.world.newest(each).code for each in (key, reversal)] == ["reversed", "reversal"]
    assert payables.receipts(active=None) == []


def test_a_reversal_after_the_bill_was_exported_is_a_person_s(payables: Payables) -> None:
    key = payables.enter("INV-1")
    payables.sync()
    bill = payables.bills()[0]
    payables.world.edit("ap-bills", str(bill["id"]), syncStatus="Exported")
    payables.reverse(key)
    payables.sync()
    newest = payables.world.newest(key)
    assert (newest.state, newest.code, len(payables.receipts())) == ("quarantined", "bill-exported", 1)


def test_a_reversal_leaves_what_people_received_for_the_corrected_invoice(payables: Payables) -> None:
    receipt = payables.receive(number="INV-1")
    wrong = payables.enter("INV-1", items=part("24", amount="1380.88"))
    payables.sync()
    assert payables.world.newest(wrong).code == "books-differ"
    payables.reverse(wrong)
    right = payables.enter("INV-1")
    payables.sync()
    assert [row["id"] for row in payables.receipts()] == [receipt["id"]]
    assert payables.states(right) == ["unchanged"]
    assert payables.linked()[f"{right}#{ORDER}/{receipt['id']}"] == str(receipt["billId"])


@pytest.mark.parametrize(("rule", "state", "active"), [("ask", "quarantined", 0), ("overwrite", "delivered", 1)])
def test_a_receipt_that_people_cancelled_is_asked_about_or_posted_again(
    payables: Payables, rule: str, state: str, active: int
) -> None:
    payables.set(FLOW, on_target_edit=rule)
    key = payables.enter("INV-1")
    payables.sync()
    payables.cancel(payables.receipts()[0])
    payables.world.change("SupplierInvoice", key.split("/"), {"DocumentHeaderText": "touched"})
    payables.sync()
    assert (payables.states(key)[-1], len(payables.receipts())) == (state, active)
    links = payables.world.rows(Link, flow=FLOW, source_key=f"{key}#{ORDER}")
    assert [link.generation for link in links] == [1 + active]
