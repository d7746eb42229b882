"""Bills and the invoices behind them, as the AP team sees them."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.bills import bills, invoice_of, shown, unbilled, write_bills, write_unbilled
from integrations.models import Connection, Delivery, Link, Reference, Sync
from integrations.running import utc_now
from tenants.models import Customer
from tenants.schema import within
from tests.flows.test_ap_bills import BILL

KEY = "5100000001/2026"


def account() -> Connection:
    made, _ = Connection.objects.get_or_create(name="servicetitan", defaults={"system": "servicetitan"})
    return made


def keep(number: int, **values: Any) -> str:
    """A bill that was read; returns its id."""
    row = {**BILL, "id": number, **values}
    name = f"AP bill {row['referenceNumber']} of {row['vendor']['name']} {row['billAmount']}"
    reference = {"kind": "ap-bills", "key": str(number), "name": name, "refreshed_at": utc_now()}
    Reference.objects.create(connection=account(), row=row, **reference)
    return str(number)


def link(flow: str, source: str, target: str) -> None:
    Link.objects.create(flow=flow, source_key=source, target_key=target, linked_at=utc_now())


def invoice(key: str = KEY, *, number: int = 1, state: str = "delivered", **values: Any) -> Delivery:
    """A version of an invoice that was read from SAP."""
    sync, _ = Sync.objects.get_or_create(flow="supplier-invoices", defaults={"source": account(), "target": account()})
    payload = {"SupplierInvoiceIDByInvcgParty": "INV-77", "InvoicingParty": "17300001", "InvoiceGrossAmount": "129.6"}
    payload |= {"DocumentCurrency": "USD", "PostingDate": "2026-02-12"}
    return Delivery.objects.create(
        sync=sync,
        source_key=key,
        number=number,
        state=state,
        digest="",
        payload=payload,
        created_at=utc_now(),
        **values,
    )


@pytest.fixture
def desk(in_acme: Customer) -> Customer:
    return in_acme


def seen(**asked: Any) -> list[tuple[str, tuple[str, ...], str]]:
    found = shown(list(bills(**asked).order_by("key")))  # ids of one millisecond have no order
    return [(one.bill.id, tuple(invoice.key for invoice in one.invoices), one.why_none) for one in found]


def test_a_bill_names_the_invoice_it_came_from_and_where_that_stands(desk: Customer) -> None:
    keep(5001, jobNumber="2117", businessUnit={"id": 12, "name": "Plumbing"})
    link("ap-bills", f"{KEY}#4500001234/31001", "5001")
    link("purchase-orders", "4500001234", "19001")
    invoice(number=1, state="superseded")
    invoice(number=2, state="quarantined", code="books-differ", reason="The bill is not as the invoice.")
    (found,) = shown(list(bills()))
    (one,) = found.invoices
    assert (found.sap_order, found.business_unit, found.job_number) == ("4500001234", "Plumbing", "2117")
    assert (one.key, one.number, str(one.gross), one.currency) == (KEY, "INV-77", "129.6", "USD")
    assert (one.state, one.code, one.reason) == ("quarantined", "books-differ", "The bill is not as the invoice.")
    assert found.why_none == ""


def test_a_bill_without_an_invoice_says_why(desk: Customer) -> None:
    keep(1, purchaseOrderId=None)
    keep(2, purchaseOrderId=19002)
    keep(3, purchaseOrderId=19003)
    keep(4, purchaseOrderId=19003, status="Canceled")
    keep(5, purchaseOrderId=19003, summary=f"SAP invoice {KEY}, INV-77 of 2026-02-12.")
    link("purchase-orders", "4500001234", "19003")
    invoice(state="waiting", reason="Receipt 1 posted, waits for its bill.")
    assert [why for _, _, why in seen()] == [
        "It was entered in ServiceTitan without a purchase order.",
        "Its purchase order does not come from SAP.",
        "Received in ServiceTitan; no SAP invoice over order 4500001234 has been found for it yet.",
        "It is cancelled.",
        f"SAP invoice {KEY} made it and is waiting: Receipt 1 posted, waits for its bill.",
    ]


def test_bills_are_found_by_origin_status_and_text(desk: Customer) -> None:
    keep(1)
    keep(2, syncStatus="Exported", referenceNumber="INV-99")
    keep(3, status="Canceled", vendor={"id": 9, "name": "Other Supply"})
    link("ap-bills", f"{KEY}#4500001234/31001", "1")
    assert [number for number, _, _ in seen(origin="sap-invoice")] == ["1"]
    assert [number for number, _, _ in seen(origin="none")] == ["2", "3"]
    assert [number for number, _, _ in seen(sync_statuses=["Exported", "PostedAndExported"])] == ["2"]
    assert [number for number, _, _ in seen(statuses=["Canceled"])] == ["3"]
    assert [number for number, _, _ in seen(text="other sup")] == ["3"]
    assert [number for number, _, _ in seen(text="inv-99")] == ["2"]


def test_a_page_costs_the_same_statements_whatever_its_size(desk: Customer) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            shown(list(bills()))
        return len(queries)

    keep(1)
    link("ap-bills", f"{KEY}#4500001234/31001", "1")
    invoice()
    one = statements()
    for number in range(2, 40):
        keep(number, purchaseOrderId=19000 + number)
        link("ap-bills", f"51{number:08}/2026#45/{number}", str(number))
        invoice(f"51{number:08}/2026")
    assert (one, statements()) == (4, 4)


def test_invoices_of_which_no_bill_came_are_listed_with_amount_and_reason(desk: Customer) -> None:
    invoice("1/2026", state="delivered")
    invoice("2/2026", number=1, state="quarantined")
    invoice("2/2026", number=2, state="unchanged")
    invoice("3/2026", state="not_transferable", code="credit-memo", reason="It is a credit memo over 129.6 USD.")
    (only,) = unbilled()
    found = invoice_of(only)
    assert (found.key, str(found.gross), found.currency, found.code) == ("3/2026", "129.6", "USD", "credit-memo")
    out = io.StringIO()
    assert write_unbilled(unbilled(), out) == 1
    assert list(csv.DictReader(io.StringIO(out.getvalue()))) == [
        {
            "key": "3/2026", "number": "INV-77", "supplier": "17300001", "gross": "129.6", "currency": "USD",
            "posted_on": "2026-02-12", "state": "not_transferable", "code": "credit-memo",
            "reason": "It is a credit memo over 129.6 USD.",
        }
    ]  # fmt: skip


def test_the_file_for_the_ap_team_has_a_line_for_each_bill_and_no_formulas(desk: Customer) -> None:
    keep(5001, vendor={"id": 501, "name": '=HYPERLINK("http://x")'}, billAmount="1511.630")
    link("ap-bills", f"{KEY}#4500001234/31001", "5001")
    invoice()
    keep(5002, purchaseOrderId=None)
    out = io.StringIO()
    assert write_bills(bills(), out) == 2
    first, second = csv.DictReader(io.StringIO(out.getvalue()))
    assert (first["bill"], first["amount"], first["vendor"]) == ("5001", "1511.63", '\'=HYPERLINK("http://x")')
    assert (first["sap_invoice"], first["invoice_state"], first["explanation"]) == (KEY, "delivered", "")
    assert second["explanation"] == "It was entered in ServiceTitan without a purchase order."


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("bills", "acme", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_the_command_counts_or_writes_csv(desk: Customer) -> None:
    keep(5001, syncStatus="Exported")
    link("ap-bills", f"{KEY}#4500001234/31001", "5001")
    keep(5002, status="Canceled")
    invoice(state="not_transferable", code="no-order", reason="It has no purchase order.")
    assert json.loads(run().splitlines()[-1]) == {
        "bills": 2, "from_sap_invoices": 1, "without_invoice": 1, "exported": 1, "canceled": 1,
        "invoices_without_bill": 1,
    }  # fmt: skip
    assert [line.split(",")[0] for line in run("--csv").splitlines()] == ["bill", "5001", "5002"]
    assert [line.split(",")[0] for line in run("--csv", "--without-bill").splitlines()] == ["key", KEY]


def test_a_customer_sees_its_own_bills_only(acme: Customer, globex: Customer) -> None:
    with within(acme):
        keep(5001)
        invoice(state="waiting")
    with within(globex):
        keep(6001)
        assert [row.key for row in bills()] == ["6001"]
        assert list(unbilled()) == []
    with within(acme):
        assert [row.key for row in bills()] == ["5001"]
