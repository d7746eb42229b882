"""Bills of ServiceTitan, as they are kept for the AP team."""

from __future__ import annotations

from decimal import Decimal

from integrations.flow import Plan, Situation
from integrations.flows.ap_bills import FLOW
from tests.flows.rows import Book

BILL = {
    "id": 5001, "billType": "Procurement", "referenceNumber": "INV-77", "vendorNumber": "INV-77",
    "vendor": {"id": 501, "name": "ACME Pipe & Supply"}, "purchaseOrderId": 19001, "status": "Unreconciled",
    "syncStatus": "Pending", "billDate": "2026-02-12", "dueDate": "2026-03-14", "billAmount": "129.6",
    "taxAmount": "9.6", "shippingAmount": "0", "dateCanceled": None,
}  # fmt: skip


def test_a_bill_is_kept_with_its_amounts_as_decimals():
    bill = FLOW.record(BILL)
    assert (bill.id, bill.purchase_order, bill.numbers) == ("5001", "19001", ("INV-77",))
    assert (bill.amount, bill.tax, bill.shipping) == (Decimal("129.6"), Decimal("9.6"), Decimal(0))
    assert not bill.is_canceled
    assert FLOW.label(bill) == "AP bill INV-77 of ACME Pipe & Supply 129.6"


def test_members_that_are_null_in_real_tenants_are_no_obstacle():
    bill = FLOW.record({"id": 1} | dict.fromkeys([name for name in BILL if name != "id"]))
    assert (bill.vendor, bill.numbers, bill.amount) == ("", (), Decimal(0))
    assert FLOW.label(bill) == "AP bill of ? 0"


def test_a_bill_is_cancelled_by_status_or_by_date():
    assert FLOW.record(BILL | {"status": "Canceled"}).is_canceled
    assert FLOW.record(BILL | {"dateCanceled": "2026-03-01T00:00:00"}).is_canceled


def test_nothing_is_ever_written():
    assert FLOW.keeps == "ap-bills"
    assert FLOW.plan(FLOW.record(BILL), Situation(Book(), {}, "")) == Plan()
