"""Kinds of invoices that accounts payable would name, over real HTTP: exact amounts on both sides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.models import Sync
from integrations.running import utc_now
from tests.journeys.conftest import MakeWorld
from tests.journeys.payables import FLOW, ORDER, OTHER, Payables, lines_of, net


@pytest.fixture
def desk(make_world: MakeWorld) -> Payables:
    return Payables(make_world(invoices=0)).open()


def orders(desk: Payables, fits: Callable[[list[dict[str, Any]]], bool], most: int = 1) -> list[str]:
    """Orders in SAP whose items are such, lowest number first."""
    rows = {row.source_key: row.payload["items"] for row in desk.world.rows(sync__flow="purchase-orders", number=1)}
    return [number for number, items in sorted(rows.items()) if fits(items)][:most]


def receipt_of(desk: Payables, number: str) -> dict[str, Any]:
    (found,) = [row for row in desk.receipts() if row["vendorInvoiceNumber"] == number]
    return found


def amount_of(desk: Payables, number: str) -> str:
    """What the bill of an invoice is over."""
    (bill,) = [bill for bill in desk.bills() if number in (bill["referenceNumber"], bill["vendorNumber"])]
    return str(bill["billAmount"])


def test_services_and_several_cost_centers_become_receipts_of_the_same_amount(desk: Payables) -> None:
    (services,) = orders(desk, lambda items: any(item["ProductTypeCode"] == "2" for item in items))
    (shared,) = orders(desk, lambda items: any(len(item["account_assignments"]) > 1 for item in items))
    keys = {number: desk.enter(number, order=order) for number, order in (("INV-S", services), ("INV-C", shared))}
    desk.sync()
    assert [desk.states(key) for key in keys.values()] == [["delivered"]] * 2
    for number, order in (("INV-S", services), ("INV-C", shared)):
        assert Decimal(str(receipt_of(desk, number)["receiptAmount"])) == net(desk.items(order)).normalize()
        assert Decimal(amount_of(desk, number)) == net(desk.items(order))
    codes = {a["CostCenter"] for item in desk.items(shared) for a in item["account_assignments"]} - {""}
    assert len(codes) > 1
    (line,) = [line for line in receipt_of(desk, "INV-C")["memo"].splitlines() if line.startswith("Cost centers")]
    assert all(code in line for code in codes)


def test_tax_and_planned_and_unplanned_freight_are_no_lines(desk: Payables) -> None:
    net_amount = net(desk.items())
    desk.enter("INV-1", tax_rate="10", freight="25.50", unplanned="4.50")
    desk.sync()
    receipt = receipt_of(desk, "INV-1")
    tax = ((net_amount + Decimal("25.50")) * Decimal("0.10")).quantize(Decimal("0.01"))
    assert (Decimal(str(receipt["taxAmount"])), receipt["shippingAmount"]) == (tax, 30)
    assert sum(quantity * cost for _, quantity, cost in lines_of(receipt)) == net_amount
    assert Decimal(amount_of(desk, "INV-1")) == net_amount + tax + 30


def test_a_lower_price_than_ordered_and_less_than_delivered_are_taken_as_billed(desk: Payables) -> None:
    ordered = desk.order()["items"][0]
    key = desk.enter("INV-1", items=[{"order": ORDER, "item": "10", "quantity": "23", "amount": "1150.00"}])
    desk.sync()
    assert desk.states(key) == ["delivered"]
    assert lines_of(receipt_of(desk, "INV-1")) == [(ordered["id"], Decimal(23), Decimal(50))]
    assert (desk.order()["status"], desk.order()["items"][0]["quantityReceived"]) == ("PartiallyReceived", 23)


def test_what_is_not_the_gross_amount_or_in_another_currency_is_a_persons(desk: Payables) -> None:
    wrong = desk.enter("INV-1", values={"InvoiceGrossAmount": "1300.00"})
    euro = desk.enter("INV-2", order=OTHER, currency="EUR")
    desk.sync()
    found = {key: desk.world.newest(key) for key in (wrong, euro)}
    assert {key: (one.state, one.code) for key, one in found.items()} == {
        wrong: ("quarantined", "amounts-differ"),
        euro: ("quarantined", "wrong-currency"),
    }
    assert found[wrong].reason.startswith("Lines, tax and delivery costs are 1280.88, but the invoice is 1300 USD")
    assert desk.receipts() == []


@pytest.mark.parametrize(("release", "way"), [("cloud", "change"), ("2022", "creation"), ("2021", "posting")])
def test_changes_are_found_by_what_the_release_tells(make_world: MakeWorld, release: str, way: str) -> None:
    world = make_world(invoices=0)
    world.control(world.sap, "settings", {"release": release})
    desk = Payables(world).open()
    day = utc_now().date()
    parked = desk.enter("INV-1", status="A", date=(day - timedelta(days=20)).isoformat())
    desk.sync()
    desk.sync()
    assert [row.cursor["way"] for row in world.rows(Sync, flow=FLOW)] == [way]
    desk.sync()
    number, year = parked.split("/")
    world.control(world.sap, "post", {"invoice": number, "year": year})
    late = desk.enter("INV-2", order=OTHER, date=(day - timedelta(days=3)).isoformat())
    desk.sync()
    assert (desk.states(parked), desk.states(late)) == (["not_transferable", "delivered"], ["delivered"])
    assert len(desk.receipts()) == 2


@pytest.mark.slow
def test_five_hundred_invoices_at_once(make_world: MakeWorld) -> None:
    desk = Payables(make_world(suppliers=30, orders=510, invoices=510))
    desk.open()
    desk.sync()
    entered = len(desk.world.control(desk.world.sap, "state")["SupplierInvoice"])
    assert entered >= 500
    assert desk.world.states(FLOW) == {"delivered": entered}
    assert (len(desk.receipts()), len(desk.bills()), len(desk.linked())) == (entered, entered, entered)
    assert desk.world.control(desk.world.servicetitan, "duplicates")["1001"]["receipts"] == []
    gross = {f"{r['SupplierInvoice']}/{r['FiscalYear']}": Decimal(r["InvoiceGrossAmount"]) for r in
             desk.world.control(desk.world.sap, "state")["SupplierInvoice"]}  # fmt: skip
    bills = {str(bill["id"]): Decimal(bill["billAmount"]) for bill in desk.bills()}
    apart = {key: (gross[key.split("#")[0]], bills[bill]) for key, bill in desk.linked().items()
             if abs(gross[key.split("#")[0]] - bills[bill]) > Decimal("0.05")}  # fmt: skip
    assert apart == {}  # what a cost per unit cannot hold is noted, and never more than cents


def test_delivery_costs_alone_are_not_transferable_and_named_with_their_amount(desk: Payables) -> None:
    key = desk.enter("INV-F")
    item = {"SuplrInvcDeliveryCostCndnType": "FRB1"}
    desk.world.change("InvoiceOrderItem", [*key.split("/"), "1"], item)
    desk.sync()
    newest = desk.world.newest(key)
    assert (newest.state, newest.code) == ("not_transferable", "no-goods")
    assert f"only delivery costs, {net(desk.items()).normalize()} USD" in newest.reason
    assert (desk.receipts(), desk.bills()) == ([], [])


def test_wbs_elements_and_internal_orders_stand_in_the_memo_of_the_receipt(desk: Payables) -> None:
    key, amount = desk.enter("INV-W"), net(desk.items()).normalize()
    where = [*key.split("/"), "1", "1"]
    desk.world.change("InvoiceAccount", where, {"CostCenter": "", "WBSElement": "P-100.1", "InternalOrder": "800100"})
    desk.sync()
    assert desk.states(key) == ["delivered"]
    memo = receipt_of(desk, "INV-W")["memo"].splitlines()
    assert f"WBS elements: P-100.1 100 % ({amount})." in memo
    assert f"Internal orders: 800100 100 % ({amount})." in memo


def test_a_due_date_apart_is_told_and_no_difference(desk: Payables) -> None:
    key = desk.enter("INV-D", values={"NetPaymentDays": "45"})
    desk.sync()
    (bill,) = desk.bills()
    due = utc_now().date() + timedelta(days=45)
    assert desk.states(key) == ["delivered"]
    assert f"Bill {bill['id']} is due on {bill['dueDate'][:10]}, in SAP on {due}." in desk.notes(key)


def test_our_own_receipt_that_the_list_shows_late_is_posted_once(desk: Payables) -> None:
    desk.switch(list_lag_seconds=3600)
    key = desk.enter("INV-L")
    desk.world.sync(FLOW)
    desk.later()
    assert len(desk.receipts()) == 1
    desk.switch(list_lag_seconds=0)
    desk.later()
    assert (desk.world.newest(key).state, len(desk.receipts()), len(desk.bills())) == ("delivered", 1, 1)
