"""Bills of ServiceTitan, as they are kept for the AP team."""

from __future__ import annotations

from decimal import Decimal

import pytest

from integrations.errors import Awaiting, NotTransferable
from integrations.flow import Known, Linked, Plan, Row, Situation, Write
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


def test_nothing_is_written_unless_the_customer_wants_it():
    assert FLOW.keeps == "ap-bills"
    assert not FLOW.delivers(FLOW.options)
    assert FLOW.plan(FLOW.record(BILL), Situation(Book(), FLOW.options, "")) == Plan()


class Ledger(Book):
    """What the ledger holds of the invoice that agreed on this bill."""

    def __init__(self, there: Row = BILL, *, agreed: Row = BILL, state: str = "", reason: str = "") -> None:
        super().__init__()
        self.references["ap-bill", "5001"] = there
        self.links["ap-bills", "51/2026#45/31"] = "5001"
        self.agreed, self.open = agreed, Known(state=state, reason=reason)

    def known(self, flow: str, source_key: str) -> Known:
        if flow == "supplier-invoices":
            return self.open
        return Known({"45/31": Linked("5001", FLOW.observe(self.agreed), {})})


def marked(bill: Row = BILL, ledger: Ledger | None = None) -> Plan:
    return FLOW.plan(FLOW.record(bill), Situation(ledger or Ledger(bill), {"mark_exported": "agreed"}, ""))


def test_a_bill_on_which_both_books_agree_is_marked_where_it_came_from():
    assert marked() == Plan((Write("mark-exported", "5001", {}, {"exported": True}, side="source"),))
    assert FLOW.observe_source(BILL | {"syncStatus": "PostedAndExported"}) == {"exported": True}


def test_one_that_is_exported_by_now_is_never_marked_again():
    assert marked(BILL | {"syncStatus": "Exported"}) == Plan()
    assert marked(ledger=Ledger(BILL | {"syncStatus": "Exported"})) == Plan()


def test_a_cancelled_bill_and_one_without_an_invoice_are_left_alone():
    with pytest.raises(NotTransferable) as canceled:
        marked(BILL | {"status": "Canceled"})
    nobody = Ledger()
    del nobody.links["ap-bills", "51/2026#45/31"]
    with pytest.raises(NotTransferable) as unclaimed:
        marked(ledger=nobody)
    assert (canceled.value.code, unclaimed.value.code) == ("canceled", "no-invoice")
    assert unclaimed.value.needs == "linked-to:ap-bills:5001"


@pytest.mark.parametrize(
    ("ledger", "code"),
    [
        (Ledger(state="quarantined", reason="The bill is not as the invoice."), "invoice-open"),
        (Ledger(BILL | {"billAmount": "130"}), "not-compared"),
    ],
)
def test_it_waits_while_the_books_do_not_agree(ledger: Ledger, code: str):
    with pytest.raises(Awaiting) as caught:
        marked(ledger=ledger)
    assert (caught.value.code, caught.value.needs) == (code, "agreed:supplier-invoices:51/2026")
