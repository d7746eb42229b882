"""What becomes of a supplier invoice: its receipt, its bill, and what keeps it from having them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.errors import Awaiting, Misconfigured, NeedsPerson, NotReady, NotTransferable
from integrations.flow import Bond, Linked, Part, Want
from integrations.flows.supplier_invoices import FLOW
from integrations.systems.sap import entities
from integrations.systems.servicetitan import bodies
from integrations.systems.servicetitan.formats import wire
from integrations.vocabulary import servicetitan_bills
from integrations.vocabulary.sap_invoices import spread
from tests.flows.invoice_rows import (
    KEY,
    NEXT,
    bill,
    book,
    freight,
    invoice,
    invoice_item,
    linked,
    order,
    plan,
    posted,
    receipt,
)
from tests.flows.rows import MARKER
from tests.flows.test_against_the_documents import declared, fields_read

VALVES = invoice_item(
    "2", PurchaseOrderItem="20", QuantityInPurchaseOrderUnit="5", SupplierInvoiceItemAmount="240",
    SupplierInvoiceItemText="Valve",
)  # fmt: skip


def test_every_field_of_an_invoice_is_read_by_the_reader():
    used = fields_read(FLOW, invoice(invoice_item(), freight("5"), InvoiceGrossAmount="134.6"))
    assert used - {(place, name) for place, name, *_ in declared(entities.SUPPLIER_INVOICE)} == set()
    assert len(used) > 25


def test_a_receipt_holds_what_the_invoice_says_of_the_order_s_lines():
    row = invoice(invoice_item(), VALVES, freight("12.5", "3"), InvoiceGrossAmount="389.1", UnplannedDeliveryCost="7")
    (write,) = plan(row).writes
    assert (write.action, write.marker, write.part) == ("create", MARKER, "4500001234")
    assert write.body == {
        "purchaseOrderId": "19001",
        "vendorDocumentNumber": "INV-77",
        "dateReceived": "2026-02-12",
        "tax": "9.6",
        "shipping": "19.5",
        "memo": f"SAP invoice {KEY}, INV-77 of 2026-02-10.\nCost centers: 10101101 100 % (372.5).\nReference {MARKER}",
        "items": [
            {"purchaseOrderItemId": "70001", "skuId": "9001", "description": "10 | Copper pipe", "quantity": "3",
             "cost": "40"},
            {"purchaseOrderItemId": "70002", "skuId": "9002", "description": "20 | Valve (BX = 12 EA)",
             "quantity": "60", "cost": "4", "budgetCodeId": "5"},
        ],
    }  # fmt: skip
    wire(write.body, bodies.CREATE_RECEIPT)
    shown = FLOW.observe(receipt(write.body))
    assert {name: shown[name] for name in write.expect} == write.expect
    assert set(write.expect) == set(write.body)


def test_an_order_that_was_linked_just_now_has_its_lines_by_their_descriptions():
    books = book()
    books.crosswalk["purchase-orders", "4500001234"] = {}
    assert plan(invoice(), books).writes[0].body == plan(invoice()).writes[0].body


def test_what_was_posted_is_posted_no_more_and_its_bill_is_awaited():
    there = posted()
    with pytest.raises(Awaiting, match="waits for its bill") as caught:
        plan(invoice(), book(there), parts={"4500001234": linked(there)})
    assert (caught.value.code, caught.value.seconds) == ("bill-pending", 60)
    with pytest.raises(Awaiting, match="receipt posted, bill pending") as caught:
        plan(invoice(), book(there), parts={"4500001234": linked(there)}, waited=900)
    assert caught.value.seconds == 300


def test_a_receipt_that_the_list_does_not_show_yet_is_posted_no_more():
    there = posted(billId=5001)
    done = plan(invoice(), book(bills=(bill(),)), parts={"4500001234": linked(there)})
    assert (done.writes, done.then) == ((), None)
    with pytest.raises(Awaiting, match="not shown"):
        plan(invoice(), book(), parts={"4500001234": linked(there, shown=False)})


def ours(there: dict[str, Any]) -> dict[str, Part]:
    """The receipt is linked, as it is once it was posted."""
    return {"4500001234": linked(there)}


def test_a_receipt_of_ours_whose_link_was_lost_is_linked_again_before_anything_else():
    there = posted(billId=5001)
    found = plan(invoice(), book(there, bills=(bill(),)))
    assert [(link.flow, link.source_key, link.target_key) for link in found.links] == [
        ("supplier-invoices", f"{KEY}#4500001234", "31001")
    ]
    assert isinstance(found.then, Awaiting)
    assert found.writes == ()


def test_the_bill_is_linked_under_the_invoice_and_a_due_date_apart_is_noted():
    there = posted(billId=5001)
    done = plan(invoice(), book(there, bills=(bill(dueDate="2026-03-20"),)), parts=ours(there))
    compared = servicetitan_bills.compared(bill())
    assert compared["numbers"] == ["INV-77", ""]
    assert done.links == (Bond("ap-bills", f"{KEY}#4500001234/31001", "5001", observed=compared),)
    assert done.wakes == (f"agreed:supplier-invoices:{KEY}",)
    assert done.notes == ("Bill 5001 is due on 2026-03-20, in SAP on 2026-03-12.",)
    assert done.then is None


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"billAmount": "129.61"}, "amount 129.61 instead of 129.6 USD"),
        ({"vendor": {"id": 502, "name": "Bolt Co"}}, "bill 5001 is of vendor Bolt Co instead of 17300001"),
        ({"referenceNumber": "B-1"}, "bill 5001 bears B-1 instead of INV-77"),
        ({"billDate": "2026-02-13"}, "bill 5001 is of 2026-02-13 instead of 2026-02-12"),
        ({"billDate": None}, "bill 5001 is of None instead of 2026-02-12"),
        ({"status": "Canceled"}, "bill 5001 is cancelled"),
    ],
)
def test_every_difference_of_the_bill_is_told(values, words):
    there = posted(billId=5001)
    done = plan(invoice(), book(there, bills=(bill(**values),)), parts=ours(there))
    assert isinstance(done.then, NeedsPerson)
    assert (done.then.code, done.then.message) == ("books-differ", f"The bill is not as the invoice: {words}.")
    assert len(done.links) == 1


@pytest.mark.parametrize(
    "values", [{"vendorNumber": "inv-77", "referenceNumber": "B-1"}, {"billDate": "2026-02-10T00:00:00"}]
)
def test_the_number_may_stand_in_either_member_and_the_date_be_that_of_the_document(values):
    there = posted(billId=5001)
    assert plan(invoice(), book(there, bills=(bill(**values),)), parts=ours(there)).then is None


def test_what_a_cost_cannot_hold_is_noted_and_no_difference():
    row = invoice(invoice_item(SupplierInvoiceItemAmount="100"), tax="0", InvoiceGrossAmount="100")
    planned = plan(row)
    assert planned.writes[0].body["items"][0]["cost"] == "33.3333"
    assert planned.notes == ("Line 10: 0.0001 of 100 is lost to rounding.",)
    there = receipt(planned.writes[0].body, billId=5001)
    assert plan(row, book(there, bills=(bill(billAmount="99.99"),)), parts=ours(there)).then is None
    found = plan(row, book(there, bills=(bill(billAmount="99.98"),)), parts=ours(there)).then
    assert isinstance(found, NeedsPerson)


def test_several_deliveries_of_one_item_are_one_line():
    two = [invoice_item(str(n), QuantityInPurchaseOrderUnit="1.5", SupplierInvoiceItemAmount="60") for n in (1, 2)]
    (line,) = plan(invoice(*two)).writes[0].body["items"]
    assert (line["quantity"], line["cost"]) == ("3", "40")


def test_wbs_elements_and_internal_orders_are_said_in_the_memo():
    item = invoice_item()
    other = {**item["account_assignments"][0], "CostCenter": "", "WBSElement": "P-1", "InternalOrder": "800"}
    row = invoice({**item, "account_assignments": [item["account_assignments"][0], other]})
    assert plan(row).writes[0].body["memo"].splitlines()[1:4] == [
        "Cost centers: 10101101 100 % (120).",
        "WBS elements: P-1 100 % (120).",
        "Internal orders: 800 100 % (120).",
    ]


@pytest.mark.parametrize(
    ("there", "error", "code"),
    [
        (order(vendorId=502), NeedsPerson, "other-vendor"),
        (order(status="Canceled"), NeedsPerson, "order-canceled"),
        (order(items=order()["items"][1:]), Misconfigured, "line-not-there"),
    ],
)
def test_an_order_that_does_not_fit_is_a_persons(there, error, code):
    with pytest.raises(error) as caught:
        plan(invoice(), book(there=there))
    assert caught.value.code == code


def test_another_currency_than_the_business_unit_s_is_refused():
    with pytest.raises(Misconfigured) as caught:
        plan(invoice(DocumentCurrency="EUR"))
    assert caught.value.code == "wrong-currency"


def test_a_missing_order_leaves_the_invoice_waiting():
    books = book()
    del books.links["purchase-orders", "4500001234"]
    with pytest.raises(NotReady) as caught:
        plan(invoice(), books)
    assert caught.value.needs == "link:purchase-orders:4500001234"


@pytest.mark.parametrize(
    ("row", "code", "words"),
    [
        (invoice(SupplierInvoiceStatus="A"), "not-posted", "not posted (status A): 129.6 USD"),
        (invoice(SupplierInvoiceIsCreditMemo=True), "credit-memo", "a credit memo over 129.6 USD"),
        (invoice(invoice_item(IsSubsequentDebitCredit=True)), "subsequent", "debit or credit over 129.6 USD"),
        (invoice(freight("129.6")), "no-goods", "only delivery costs, 129.6 USD"),
        (invoice(invoice_item(QuantityInPurchaseOrderUnit="0")), "no-quantity", "bills 120 of 129.6 USD without"),
        (invoice(order_items=[], account_items=[{"GLAccount": "653", "CostCenter": "C1"}]), "no-order", "653 C1"),
    ],
)  # fmt: skip
def test_what_no_receipt_can_hold_is_not_transferable_and_named_with_its_amount(row, code, words):
    with pytest.raises(NotTransferable) as caught:
        plan(row)
    assert (caught.value.code, words in caught.value.message) == (code, True)


def test_amounts_that_are_not_the_gross_amount_are_a_persons():
    with pytest.raises(NeedsPerson) as caught:
        plan(invoice(InvoiceGrossAmount="130"))
    assert caught.value.code == "amounts-differ"


@pytest.mark.parametrize(
    "values",
    [{"IsReversed": True}, {"IsReversal": True}, {"SupplierInvoiceIsCreditMemo": True}, {"SupplierInvoiceStatus": "A"},
     {"SupplierInvoiceIDByInvcgParty": "OTHER"}, {"SupplierInvoice": "5105600009"}, {"FiscalYear": "2027"}],
)  # fmt: skip
def test_what_is_no_earlier_twin_stops_nothing(values):
    other = invoice(**{"SupplierInvoice": "5105600000", **values})
    assert len(plan(invoice(), book(alike=(other, invoice()))).writes) == 1


def test_an_earlier_invoice_with_the_same_number_stops_this_one():
    other = invoice(SupplierInvoice="5105600000", SupplierInvoiceIDByInvcgParty="inv-77", CompanyCode="1720")
    with pytest.raises(NeedsPerson, match="5105600000/2026 of company code 1720 bears the same number") as caught:
        plan(invoice(), book(alike=(other,)))
    assert caught.value.code == "duplicate"


def test_a_receipt_of_another_invoice_with_this_number_stops_it_or_waits_for_its_reversal():
    theirs = posted(invoice(SupplierInvoice="5105600000"))
    with pytest.raises(NeedsPerson) as caught:
        plan(invoice(), book(theirs))
    assert caught.value.code == "duplicate"
    with pytest.raises(Awaiting) as waiting:
        plan(invoice(), book(theirs, alike=(invoice(SupplierInvoice="5105600000", IsReversed=True),)))
    assert waiting.value.code == "reversal"


def test_a_reversed_invoice_cancels_its_receipt():
    there = posted(billId=5001)
    (write,) = plan(invoice(IsReversed=True), book(there, bills=(bill(),))).writes
    assert (write.action, write.key, write.part) == ("cancel", "31001", "4500001234")
    assert (write.body, write.expect) == ({"canceledReason": "Other"}, {"active": False})
    wire(write.body, bodies.CANCEL_RECEIPT)
    gone = {**there, "active": False}
    assert plan(invoice(IsReversed=True), book(), parts={"4500001234": linked(gone)}).writes == ()


def reversal(**values):
    """The document that reverses the invoice."""
    return invoice(SupplierInvoice=NEXT.split("/")[0], IsReversal=True, ReverseDocument=KEY.split("/")[0],
                   ReverseDocumentFiscalYear="2026", SupplierInvoiceIsCreditMemo=True, **values)  # fmt: skip


def test_a_reversal_cancels_the_receipt_only_if_the_invoice_is_not_brought_up_again():
    there = posted(billId=5001)
    with pytest.raises(Awaiting):
        plan(reversal(), book(there, bills=(bill(),)))
    (write,) = plan(reversal(), book(there, bills=(bill(),)), waited=900).writes
    assert (write.action, write.key) == ("cancel", "31001")
    nothing = plan(reversal(), book())
    assert isinstance(nothing.then, NotTransferable)
    assert (nothing.then.code, nothing.wakes) == ("reversal", (f"undone:supplier-invoices:{KEY}",))


def test_an_order_that_will_not_come_makes_its_invoice_not_transferable_until_it_does():
    books = book()
    del books.links["purchase-orders", "4500001234"]
    with pytest.raises(NotReady):
        plan(invoice(), books)
    books.refused["purchase-orders", "4500001234"] = "It is a stock transport order."
    with pytest.raises(NotTransferable) as caught:
        plan(invoice(), books)
    assert (caught.value.code, caught.value.needs) == ("order-not-transferable", "link:purchase-orders:4500001234")
    assert caught.value.message == (
        "It bills order 4500001234, of which nothing comes to ServiceTitan: It is a stock transport order. "
        "Worth 129.6 USD."
    )


def test_a_reversed_invoice_lets_go_of_what_people_received():
    theirs = posted(memo="", vendorInvoiceNumber="")
    first = plan(invoice(), book(theirs))
    bond = Bond(FLOW.name, f"{KEY}#4500001234/31001", "31001", {"10": "31002"}, FLOW.observe(theirs))
    assert first.links == (bond,)
    assert isinstance(first.then, Awaiting)
    books = book(theirs)
    books.links[FLOW.name, f"{KEY}#4500001234/31001"] = "31001"
    released = plan(invoice(IsReversed=True), books)
    assert released.writes == ()
    assert released.links == tuple(Bond(flow, f"{KEY}#4500001234/31001", "") for flow in (FLOW.name, "ap-bills"))


def test_a_receipt_claimed_by_two_is_the_lower_key_s():
    books = book(posted(memo="", vendorInvoiceNumber=""), there=order(status="PartiallyReceived"))
    for key in (KEY, NEXT):
        books.links[FLOW.name, f"{key}#4500001234/31001"] = "31001"
    with pytest.raises(Awaiting) as caught:
        plan(invoice(), books)
    assert caught.value.code == "bill-pending"
    other = invoice(SupplierInvoice=NEXT.split("/")[0], SupplierInvoiceIDByInvcgParty="INV-78")
    let_go = plan(other, books)
    assert (let_go.writes, let_go.links) == ((), (Bond(FLOW.name, f"{NEXT}#4500001234/31001", ""),))
    del books.links[FLOW.name, f"{NEXT}#4500001234/31001"]
    assert plan(other, books).writes[0].body["items"][0]["quantity"] == "3"


def test_a_receipt_that_people_cancelled_is_asked_about_or_posted_again():
    gone = {**posted(), "active": False}
    parts = {"4500001234": Part("NEXTMARKER22", Linked("31001", {}, {}), gone)}
    with pytest.raises(NeedsPerson) as caught:
        plan(invoice(), book(), parts=parts)
    assert caught.value.code == "receipt-cancelled"
    assert plan(invoice(), book(), parts=parts, on_target_edit="overwrite").writes[0].marker == "NEXTMARKER22"


def test_what_a_batch_needs_is_wanted_at_once():
    wants = FLOW.wants(FLOW.record(invoice()), FLOW.options)
    assert wants == (
        Want("link:vendors", "17300001"),
        Want("source:invoices-alike", "17300001|129.6|2026-02-03|2026-02-17|INV-77", fresh=True),
        Want("receipts-of-order", "4500001234", fresh=True, via="purchase-orders"),
        Want("purchase-order", "4500001234", fresh=True, via="purchase-orders"),
    )
    assert FLOW.wants(FLOW.record(invoice(SupplierInvoiceIsCreditMemo=True)), FLOW.options) == ()


@given(
    amount=st.decimals(min_value=0, max_value=10**7, places=2),
    weights=st.dictionaries(
        st.text("123", min_size=1), st.decimals(min_value=0, max_value=10**6, places=2), min_size=1
    ),
)
def test_what_is_spread_over_orders_is_neither_more_nor_less(amount, weights):
    shares = spread(amount, weights, 2)
    assert set(shares) == set(weights)
    assert sum(shares.values(), Decimal(0)) == amount
