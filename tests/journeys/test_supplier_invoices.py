"""Supplier invoices travel from SAP to receipts and bills of ServiceTitan, over real HTTP."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django_tenants.utils import schema_context

from integrations.engine import dismiss
from integrations.models import Reference, Sync, ValueMap
from integrations.running import CustomerSchedule, utc_now
from tests.journeys.conftest import MakeWorld
from tests.journeys.payables import FLOW, ORDER, OTHER, Payables, lines_of

SAME_SUPPLIER = "4500000006"  # as 4500000004: supplier 17300001, fifty metres at 401.50


@pytest.fixture
def payables(make_world: MakeWorld) -> Payables:
    world = make_world(invoices=0)
    return Payables(world)


def test_a_posted_invoice_becomes_a_receipt_and_its_bill_is_found_and_linked(payables: Payables) -> None:
    world, desk = payables.world, payables.open()
    key = desk.enter("INV-1", tax_rate="8.25", freight="50", unplanned="10", date="2026-11-20")
    desk.sync()
    (receipt,), (bill,) = desk.receipts(), desk.bills()
    (line,) = desk.order()["items"]
    assert receipt["vendorInvoiceNumber"] == "INV-1"
    assert receipt["receivedOn"] == "2026-11-20T00:00:00Z"
    assert (receipt["taxAmount"], receipt["shippingAmount"], receipt["receiptAmount"]) == (109.8, 60, 1450.68)
    assert lines_of(receipt) == [(line["id"], Decimal(24), Decimal("53.37"))]
    center = desk.items()[0]["account_assignments"][0]["CostCenter"]
    assert receipt["memo"].splitlines()[:2] == [
        f"SAP invoice {key}, INV-1 of 2026-11-20.",
        f"Cost centers: {center} 100 % (1330.88).",
    ]
    assert (bill["billAmount"], bill["referenceNumber"]) == ("1450.68", "INV-1")
    assert desk.states(key) == ["delivered"]
    assert desk.linked(FLOW) == {f"{key}#{ORDER}": str(receipt["id"])}
    assert desk.linked() == {f"{key}#{ORDER}/{receipt['id']}": str(bill["id"])}
    assert desk.order()["status"] == "Received"
    world.clear_log()
    desk.sync()
    assert [call for call in world.calls() if call[0] != "GET"] == []


def test_the_supplier_s_number_is_found_in_either_member_of_the_bill(payables: Payables) -> None:
    desk = payables.open()
    desk.switch(invoice_number_in="vendorNumber")
    key = desk.enter("INV-1")
    desk.sync()
    assert (desk.states(key), desk.bills()[0]["vendorNumber"]) == (["delivered"], "INV-1")


def test_an_invoice_waits_for_its_order_and_is_woken_by_it(payables: Payables) -> None:
    world = payables.world
    world.sync("vendors")
    payables.add(FLOW, "sap", "servicetitan", {})
    key = payables.enter()
    payables.sync()
    assert (world.newest(key).state, world.newest(key).needs) == ("waiting", f"link:purchase-orders:{ORDER}")
    world.sync("purchase-orders")
    payables.sync()
    assert payables.states(key) == ["delivered"]


def test_an_invoice_of_an_order_that_does_not_come_says_so_and_goes_on_when_it_comes(payables: Payables) -> None:
    world = payables.world
    world.change("PurchaseOrder", ORDER, {"ReleaseIsNotCompleted": True})
    world.sync("vendors")
    payables.add(FLOW, "sap", "servicetitan", {})
    key = payables.enter()
    payables.sync()
    assert world.newest(key).state == "waiting"
    world.sync("purchase-orders")
    payables.sync()
    newest = world.newest(key)
    assert (newest.state, newest.code) == ("not_transferable", "order-not-transferable")
    assert newest.reason.startswith(f"It bills order {ORDER}, of which nothing comes to ServiceTitan: ")
    assert newest.reason.endswith(" Worth 1280.88 USD.")
    assert payables.differences() == []
    world.change("PurchaseOrder", ORDER, {"ReleaseIsNotCompleted": False})
    world.sync("purchase-orders")
    payables.sync()
    assert (payables.states(key), len(payables.receipts())) == (["delivered"], 1)


def test_an_invoice_that_waits_for_an_order_says_so_once_the_order_is_dismissed(payables: Payables) -> None:
    world = payables.world
    with schema_context(world.customer.schema_name):
        ValueMap.objects.filter(map="plant").delete()
    world.sync()
    payables.add(FLOW, "sap", "servicetitan", {})
    key = payables.enter()
    payables.sync()
    assert (world.newest(ORDER).state, world.newest(key).state) == ("quarantined", "waiting")
    with schema_context(world.customer.schema_name):
        plan = CustomerSchedule(world.customer.pk)
        dismiss(world.newest(ORDER), by="ann", reason="Billed by hand.", schedule=plan, now=utc_now())
    while world.work_on(world.rows(Sync, flow=FLOW)[0]):  # nobody polls: the dismissal has made it due
        pass
    newest = world.newest(key)
    assert (newest.state, newest.code) == ("not_transferable", "order-not-transferable")
    assert newest.reason == (
        f"It bills order {ORDER}, of which nothing comes to ServiceTitan: Billed by hand. Worth 1280.88 USD."
    )
    assert (payables.states(key), payables.receipts()) == (["not_transferable"], [])


def test_a_parked_invoice_is_not_transferred_until_it_is_posted(payables: Payables) -> None:
    desk = payables.open()
    key = desk.enter(status="A")
    desk.sync()
    assert (desk.states(key), desk.world.newest(key).code) == (["not_transferable"], "not-posted")
    number, year = key.split("/")
    desk.world.control(desk.world.sap, "post", {"invoice": number, "year": year})
    desk.sync()
    assert desk.states(key) == ["not_transferable", "delivered"]
    assert len(desk.receipts()) == 1


def test_several_invoices_of_one_order_each_become_a_receipt_of_their_part(payables: Payables) -> None:
    desk = payables.open()
    first = desk.enter("INV-1", items=[{"order": ORDER, "item": "10", "quantity": "10"}])
    desk.sync()
    assert desk.order()["status"] == "PartiallyReceived"
    second = desk.enter("INV-2", items=[{"order": ORDER, "item": "10", "quantity": "14"}])
    desk.sync()
    assert [desk.states(key) for key in (first, second)] == [["delivered"]] * 2
    assert [Decimal(str(row["items"][0]["quantity"])) for row in desk.receipts()] == [10, 14]
    assert [row["billAmount"] for row in desk.bills()] == ["533.70", "747.18"]
    assert desk.order()["status"] == "Received"


def test_more_than_ordered_is_received_and_noted(payables: Payables) -> None:
    desk = payables.open()
    desk.enter("INV-1", items=[{"order": ORDER, "item": "10", "quantity": "20"}])
    desk.sync()
    key = desk.enter("INV-2", items=[{"order": ORDER, "item": "10", "quantity": "6", "amount": "320.22"}])
    desk.sync()
    assert desk.states(key) == ["delivered"]
    assert "Item 10: billed 2 more than is open." in desk.notes(key)
    assert desk.order()["items"][0]["quantityReceived"] == 26


def test_an_invoice_for_an_order_that_is_received_already_ends_with_a_person(payables: Payables) -> None:
    desk = payables.open()
    desk.enter("INV-1")
    desk.sync()
    key = desk.enter("INV-2", items=[{"order": ORDER, "item": "10", "quantity": "1"}])
    desk.sync()
    assert (desk.world.newest(key).state, desk.world.newest(key).code) == ("waiting", "nothing-open")
    desk.later()
    newest = desk.world.newest(key)
    assert (newest.state, newest.code, len(desk.receipts())) == ("quarantined", "nothing-open", 1)
    assert "1 of item 10 is billed and held by no receipt" in newest.reason


def test_boxes_are_received_in_the_pieces_they_were_ordered_in(payables: Payables) -> None:
    desk = payables.open()
    key = desk.enter(items=[{"order": "4500000005", "item": "60", "quantity": "1"}])
    desk.sync()
    assert desk.states(key) == ["delivered"]
    assert [line[1:] for line in lines_of(desk.receipts()[0])] == [(Decimal(12), Decimal(6))]


def test_an_invoice_over_two_orders_becomes_two_receipts_that_are_its_amount(payables: Payables) -> None:
    desk = payables.open()
    items = [{"order": OTHER, "item": "10"}, {"order": SAME_SUPPLIER, "item": "10"}]
    key = desk.enter("INV-1", items=items, tax_rate="10", unplanned="100")
    desk.sync()
    small, large = desk.receipts()
    assert (small["taxAmount"], small["shippingAmount"], small["receiptAmount"]) == (6.25, 0.31, 69.06)
    assert (large["taxAmount"], large["shippingAmount"], large["receiptAmount"]) == (2007.5, 99.69, 22182.19)
    assert small["receiptAmount"] + large["receiptAmount"] == 22251.25
    assert desk.states(key) == ["delivered"]
    assert set(desk.linked(FLOW)) == {f"{key}#{OTHER}", f"{key}#{SAME_SUPPLIER}"}
    assert len(desk.linked()) == 2


def test_a_lost_answer_to_the_second_receipt_doubles_none(payables: Payables, settings: Any) -> None:
    settings.READ_SECONDS = 1
    desk = payables.open()
    desk.world.faults({"kind": "lose_answer", "method": "POST", "path": "/receipts", "skip": 1, "times": 1})
    key = desk.enter(items=[{"order": OTHER, "item": "10"}, {"order": SAME_SUPPLIER, "item": "10"}])
    desk.sync()
    assert (desk.states(key), len(desk.receipts()), len(desk.bills())) == (["delivered"], 2, 2)


@pytest.mark.parametrize("seconds", [30, 120])
def test_a_bill_that_comes_later_is_waited_for(payables: Payables, seconds: int) -> None:
    desk = payables.open()
    desk.switch(bill_delay_seconds=seconds)
    key = desk.enter()
    desk.sync()
    assert (desk.world.newest(key).code, desk.world.newest(key).reason) == (
        "bill-pending",
        "Receipt R-000001 posted, waits for its bill.",
    )
    desk.world.control(desk.world.servicetitan, "clock", {"advance": seconds + 1})
    desk.later(1)
    assert (desk.states(key), len(desk.receipts())) == (["delivered"], 1)


def test_a_bill_that_never_comes_is_told_after_a_quarter_of_an_hour(payables: Payables) -> None:
    desk = payables.open()
    desk.switch(bill_delay_seconds=-1)
    key = desk.enter()
    desk.sync()
    desk.later()
    newest = desk.world.newest(key)
    assert newest.state == "waiting"
    assert newest.reason == ("receipt posted, bill pending: receipt R-000001; this tenant may create bills by hand.")


@pytest.mark.parametrize("known", [True, False])
def test_a_receipt_that_needs_a_sent_order_waits_with_that_task(payables: Payables, known: bool) -> None:
    """Whether it does is not documented: a customer may have said so, or the refusal of a try tells."""
    desk = payables.open(receipts_need_sent_order=known)
    desk.switch(receive_requires_sent=True)
    key = desk.enter()
    desk.sync()
    order = desk.order()
    assert (desk.world.newest(key).code, desk.receipts()) == ("order-not-sent", [])
    task = f"Mark order {order['number']} as sent in ServiceTitan: the receipt is posted then."
    assert desk.world.newest(key).reason.startswith(task)
    assert ("status Pending cannot be received" in desk.world.newest(key).reason) is not known
    desk.world.edit("purchase-orders", str(order["id"]), status="Sent")
    desk.later(1)
    assert (desk.states(key), len(desk.receipts())) == (["delivered"], 1)


def test_a_refused_receipt_is_a_person_s_with_servicetitan_s_words(payables: Payables) -> None:
    desk = payables.open()
    body = {"title": "No.", "errors": {"dateReceived": ["The period is closed."]}}
    desk.world.edit("purchase-orders", str(desk.order()["id"]), status="Sent")
    desk.world.faults({"kind": "status", "status": 400, "body": body, "method": "POST", "path": "/receipts"})
    key = desk.enter()
    desk.sync()
    newest = desk.world.newest(key)
    assert (newest.state, newest.code, "The period is closed." in newest.reason) == ("quarantined", "rejected", True)


@pytest.mark.parametrize(
    ("values", "code", "reason"),
    [
        ({"credit_memo": True}, "credit-memo", "It is a credit memo over 1280.88 USD"),
        ({"subsequent": True}, "subsequent", "It is a subsequent debit or credit over 1280.88 USD"),
        ({"ledger": [["65300000", "10101101", "120"]]}, "no-order", "120 USD on account 65300000 10101101"),
    ],
)
def test_what_no_receipt_can_hold_is_named_with_its_amount(
    payables: Payables, values: dict[str, Any], code: str, reason: str
) -> None:
    desk = payables.open()
    key = desk.enter(**values)
    desk.sync()
    newest = desk.world.newest(key)
    assert (newest.state, newest.code, reason in newest.reason) == ("not_transferable", code, True)
    assert desk.receipts(active=None) == []


def test_goods_and_ledger_lines_together_have_no_place_for_the_rest(payables: Payables) -> None:
    desk = payables.open()
    key = desk.enter(order=ORDER, ledger=[["65300000", "10101101", "120"]])
    desk.sync()
    newest = desk.world.newest(key)
    assert (newest.state, newest.code, desk.receipts()) == ("quarantined", "amounts-differ", [])
    assert "are 1280.88, but the invoice is 1400.88 USD" in newest.reason


def test_a_hundred_invoices_at_once_each_become_one_receipt(make_world: MakeWorld) -> None:
    desk = Payables(make_world(orders=160, invoices=100)).open()
    desk.sync()
    assert desk.world.states(FLOW) == {"delivered": 100}
    assert (len(desk.receipts()), len(desk.bills()), len(desk.linked())) == (100, 100, 100)
    assert desk.world.control(desk.world.servicetitan, "duplicates")["1001"]["receipts"] == []


def test_every_fifth_lost_answer_is_resolved_by_looking_and_doubles_nothing(
    make_world: MakeWorld, settings: Any
) -> None:
    settings.READ_SECONDS = 1
    desk = Payables(make_world(invoices=25)).open()
    desk.world.faults({"kind": "lose_answer", "method": "POST", "path": "/receipts", "every": 5})
    desk.sync()
    desk.later(1)
    assert desk.world.states(FLOW) == {"delivered": 25}
    assert (len(desk.receipts()), len(desk.bills())) == (25, 25)
    assert desk.world.control(desk.world.servicetitan, "duplicates")["1001"]["receipts"] == []


def test_both_books_agree_and_a_change_of_a_receipt_is_named(payables: Payables) -> None:
    desk = payables.open()
    key = desk.enter("INV-1")
    desk.sync()
    assert desk.differences() == []
    desk.world.edit("receipts", str(desk.receipts()[0]["id"]), vendorInvoiceNumber="INV-9")
    assert desk.differences() == [
        (key, "changed in servicetitan", "vendorDocumentNumber: 'INV-1' is now 'INV-9'"),
    ]


def test_bills_are_kept_for_the_ap_team_with_the_invoice_they_came_from(payables: Payables) -> None:
    desk = payables.open()
    desk.add("ap-bills", "servicetitan", "servicetitan", {})
    key = desk.enter("INV-1")
    desk.receive(SAME_SUPPLIER)
    desk.sync()
    desk.world.sync("ap-bills")
    kept = {row.key: row.row["billAmount"] for row in desk.world.rows(Reference, kind="ap-bills")}
    assert sorted(kept.values()) == ["1280.88", "20075"]
    from_sap = {bill: source for source, bill in desk.linked().items()}
    assert [from_sap.get(bill, "").split("#")[0] for bill in sorted(kept, key=int)] == ["", key]


def test_an_order_type_that_receives_by_itself_has_its_receipt_linked(make_world: MakeWorld) -> None:
    world = make_world(invoices=0)
    types = {row["name"]: str(row["id"]) for row in world.titan("purchase-order-types")}
    desk = Payables(world)
    desk.set("purchase-orders", default_order_type=types["Auto Receive"])
    desk.open()
    before = len(desk.receipts())
    key = desk.enter("INV-1", date=f"{utc_now():%Y-%m-%d}")  # as ServiceTitan dates what it receives by itself
    desk.sync()
    assert (desk.states(key), len(desk.receipts())) == (["unchanged"], before)
    receipt = next(row for row in desk.receipts() if row["purchaseOrderId"] == desk.order()["id"])
    assert desk.linked(FLOW) == {f"{key}#{ORDER}/{receipt['id']}": str(receipt["id"])}
    assert desk.linked() == {f"{key}#{ORDER}/{receipt['id']}": str(receipt["billId"])}
    assert f"The receipt of bill {receipt['billId']} bears no supplier's number; it is INV-1." in desk.notes(key)


def test_a_receipt_is_taken_back_once_though_the_list_goes_on_showing_it(payables: Payables) -> None:
    desk = payables.open()
    key = desk.enter("INV-1")
    desk.sync()
    desk.switch(list_lag_seconds=60)
    desk.world.clear_log()
    desk.reverse(key)
    desk.sync()
    assert desk.states(key) == ["delivered", "delivered"]
    assert [method for method, path in desk.world.calls() if method != "GET" and "receipts" in path] == ["PATCH"]
