"""What people do in SAP, by control calls: orders, conversions, invoices and reversals as they show in the services."""

from __future__ import annotations

from typing import Any

from tests.simulators.sap_service import INVOICE, ORDER_V4, REQUISITION_V2, REQUISITION_V4, SapService

ITEM = {"material": "HV-10001", "quantity": "4", "price": "25.00", "center": "10101101", "job": "2001"}


def ordered(service: SapService, *items: dict[str, Any]) -> str:
    answer = service.control("order", {"supplier": "17300001", "items": list(items) or [ITEM]})
    return str(answer["order"])


def invoice(service: SapService, number: str, year: str = "2026") -> dict[str, Any]:
    key = f"A_SupplierInvoice(SupplierInvoice='{number}',FiscalYear='{year}')"
    items = "to_SuplrInvcItemPurOrdRef/to_SupplierInvoiceItmAcctAssgmt"
    row: dict[str, Any] = service.get(f"{INVOICE}/{key}?$expand={items},to_SupplierInvoiceTax")["d"]
    return row


def test_an_order_takes_its_defaults_from_the_rules(sap_service: SapService) -> None:
    number = ordered(sap_service)
    expand = "_PurchaseOrderItem($expand=_PurOrdAccountAssignment)"
    order = sap_service.get(f"{ORDER_V4}/PurchaseOrder('{number}')?$expand={expand}")
    item = order["_PurchaseOrderItem"][0]
    assert (order["DocumentCurrency"], item["NetAmount"], item["RequirementTracking"]) == ("USD", 100, "2001")
    assert item["_PurOrdAccountAssignment"][0]["ProfitCenter"] == "YB601"
    assert sap_service.send("POST", "/_control/order", {"supplier": "1", "items": [ITEM]}).status == 400


def test_an_invoice_adds_up_lines_tax_and_freight(sap_service: SapService) -> None:
    sap_service.control("clock", {"now": "2026-03-02T12:00:00Z", "frozen": True})
    number = ordered(sap_service)
    entered = {"order": number, "number": "inv-77", "tax_rate": "8.25", "unplanned": "10.00", "freight": "20.00"}
    made = sap_service.control("invoice", entered)
    assert made == {"invoice": "5100000001", "year": "2026"}
    row = invoice(sap_service, made["invoice"])
    assert (row["InvoiceGrossAmount"], row["UnplannedDeliveryCost"]) == ("139.90", "10.00")
    assert (row["SupplierInvoiceIDByInvcgParty"], row["SupplierInvoiceStatus"]) == ("INV-77", "5")
    assert row["SuplrInvcLstChgDteTmeTxt"].startswith("20260302120000.000000")
    lines = row["to_SuplrInvcItemPurOrdRef"]["results"]
    assert [line["SupplierInvoiceItemAmount"] for line in lines] == ["100.00", "20.00"]
    assert [line["SuplrInvcDeliveryCostCndnType"] for line in lines] == ["", "FRB1"]
    assert lines[0]["QuantityInPurchaseOrderUnit"] == "4"
    accounts = lines[0]["to_SupplierInvoiceItmAcctAssgmt"]["results"]
    assert [(each["CostCenter"], each["SuplrInvcAcctAssignmentAmount"]) for each in accounts] == [
        ("10101101", "100.00")
    ]
    assert row["to_SupplierInvoiceTax"]["results"][0]["TaxAmount"] == "9.90"


def test_invoices_are_polled_by_their_text_stamp(sap_service: SapService) -> None:
    sap_service.control("clock", {"now": "2026-03-02T12:00:00Z", "frozen": True})
    number = ordered(sap_service)
    sap_service.control("invoice", {"order": number, "number": "A"})
    sap_service.control("clock", {"advance": 60})
    sap_service.control("invoice", {"order": number, "number": "B"})
    filter_ = "$filter=SuplrInvcLstChgDteTmeTxt ge '20260302120030.0000000'"
    rows = sap_service.rows(f"{INVOICE}/A_SupplierInvoice?{filter_}")
    assert [row["SupplierInvoiceIDByInvcgParty"] for row in rows] == ["B"]
    assert sap_service.error(f"{INVOICE}/A_SupplierInvoice?$filter=IsReversed eq true")[0] == 400


def test_an_older_release_has_no_change_field_on_invoices(sap_service: SapService) -> None:
    sap_service.control("settings", {"release": "2021"})
    for field in ("SuplrInvcLstChgDteTmeTxt", "CreationDate"):
        assert sap_service.error(f"{INVOICE}/A_SupplierInvoice?$select={field}")[0] == 400
    assert sap_service.rows(f"{INVOICE}/A_SupplierInvoice?$filter=PostingDate ge datetime'2026-01-01T00:00:00'") == []


def test_part_of_an_item_costs_its_share_unless_an_amount_is_given(sap_service: SapService) -> None:
    number = ordered(sap_service)
    part = {"order": number, "item": "10", "quantity": "1"}
    dearer = {"order": number, "item": "10", "quantity": "1", "amount": "30.00"}
    made = sap_service.control("invoice", {"items": [part, dearer], "number": "C"})
    lines = invoice(sap_service, made["invoice"])["to_SuplrInvcItemPurOrdRef"]["results"]
    assert [line["SupplierInvoiceItemAmount"] for line in lines] == ["25.00", "30.00"]


def test_a_reversal_names_the_invoice_and_is_named_by_it(sap_service: SapService) -> None:
    number = ordered(sap_service)
    made = sap_service.control("invoice", {"order": number, "number": "D"})
    reversal = sap_service.control("reverse", made)
    first, second = invoice(sap_service, made["invoice"]), invoice(sap_service, reversal["invoice"])
    assert (first["IsReversed"], first["IsReversal"], first["ReverseDocument"]) == (True, False, reversal["invoice"])
    assert (second["IsReversed"], second["IsReversal"], second["ReverseDocument"]) == (False, True, made["invoice"])
    assert second["SupplierInvoiceIsCreditMemo"] == "X"
    assert second["InvoiceGrossAmount"] == first["InvoiceGrossAmount"]
    assert len(second["to_SuplrInvcItemPurOrdRef"]["results"]) == 1
    assert sap_service.send("POST", "/_control/reverse", made).status == 400


def test_parked_invoices_are_posted_later_and_credit_memos_are_marked(sap_service: SapService) -> None:
    number = ordered(sap_service)
    parked = sap_service.control("invoice", {"order": number, "number": "E", "status": "A"})
    assert invoice(sap_service, parked["invoice"])["SupplierInvoiceStatus"] == "A"
    sap_service.control("post", parked)
    assert invoice(sap_service, parked["invoice"])["SupplierInvoiceStatus"] == "5"
    credit = sap_service.control("invoice", {"order": number, "number": "F", "credit_memo": True, "subsequent": True})
    row = invoice(sap_service, credit["invoice"])
    assert row["SupplierInvoiceIsCreditMemo"] == "X"
    assert row["to_SuplrInvcItemPurOrdRef"]["results"][0]["IsSubsequentDebitCredit"] == "X"


def test_an_invoice_without_an_order_has_ledger_lines(sap_service: SapService) -> None:
    given = {"supplier": "17300001", "number": "G", "ledger": [["65300000", "10101101", "75.50"]]}
    made = sap_service.control("invoice", given)
    key = f"A_SupplierInvoice(SupplierInvoice='{made['invoice']}',FiscalYear='{made['year']}')"
    row = sap_service.get(f"{INVOICE}/{key}?$expand=to_SupplierInvoiceItemGLAcct")["d"]
    assert row["InvoiceGrossAmount"] == "75.50"
    line = row["to_SupplierInvoiceItemGLAcct"]["results"][0]
    assert (line["GLAccount"], line["CostCenter"], line["DebitCreditCode"]) == ("65300000", "10101101", "S")


def requisition(service: SapService, *items: dict[str, Any]) -> str:
    answer = service.control("requisition", {"supplier": "17300001", "items": list(items) or [ITEM]})
    return str(answer["requisition"])


def test_requisitions_are_merged_into_one_order(sap_service: SapService) -> None:
    first, second = requisition(sap_service), requisition(sap_service, ITEM, ITEM)
    pairs = [[first, "10"], [second, "10"], [second, "20"]]
    made = sap_service.control("convert", {"orders": [pairs]})["orders"]
    items = sap_service.rows(f"{ORDER_V4}/PurchaseOrder('{made[0]}')/_PurchaseOrderItem")
    assert [[item["PurchaseRequisition"], item["PurchaseRequisitionItem"]] for item in items] == pairs
    assert [item["NetAmount"] for item in items] == [100, 100, 100]
    rows = sap_service.rows(f"{REQUISITION_V2}/A_PurchaseRequisitionItem?$filter=PurchasingDocument eq '{made[0]}'")
    assert [(row["PurchasingDocumentItem"], row["OrderedQuantity"]) for row in rows] == [
        ("10", "4"),
        ("20", "4"),
        ("30", "4"),
    ]


def test_one_requisition_is_split_into_two_orders(sap_service: SapService) -> None:
    number = requisition(sap_service, ITEM, ITEM)
    made = sap_service.control("convert", {"orders": [[[number, "10"]], [[number, "20"]]]})["orders"]
    rows = sap_service.rows(f"{REQUISITION_V4}/PurchaseReqnItem")
    assert [row["PurchasingDocument"] for row in rows] == made
    assert sap_service.send("POST", "/_control/convert", {"orders": [[[number, "10"]]]}).status == 400


def test_a_requisition_waits_for_its_release(sap_service: SapService) -> None:
    sap_service.control("settings", {"order_release": "workflow"})
    number = requisition(sap_service)
    assert sap_service.send("POST", "/_control/convert", {"orders": [[[number, "10"]]]}).status == 400
    sap_service.control("release", {"requisition": number})
    row = sap_service.rows(f"{REQUISITION_V4}/PurchaseReqnItem")[0]
    assert (row["PurReqnReleaseStatus"], row["ReleaseIsNotCompleted"]) == ("05", False)
    assert len(sap_service.control("convert", {"orders": [[[number, "10"]]]})["orders"]) == 1


def test_a_supplier_is_created_with_purchasing_data(sap_service: SapService) -> None:
    made = sap_service.control("supplier", {"name": "Reno Pipe"})
    assert made == {"partner": "1000021", "supplier": "17300021"}
    answer = sap_service.control("order", {"supplier": made["supplier"], "items": [ITEM]})
    assert answer == {"order": "4500000061"}


def test_generated_requisitions_and_invoices_are_sound(sap_service: SapService) -> None:
    sap_service.control("reset", {"seed": 7, "size": "small", "requisitions": 60, "invoices": 60})
    requested = sap_service.rows(f"{REQUISITION_V4}/PurchaseReqn?$expand=_PurchaseRequisitionItem")
    assert len(requested) == 60
    assert any(item["IsDeleted"] for row in requested for item in row["_PurchaseRequisitionItem"])
    expand = "to_SuplrInvcItemPurOrdRef,to_SupplierInvoiceItemGLAcct,to_SupplierInvoiceTax"
    rows = sap_service.rows(f"{INVOICE}/A_SupplierInvoice?$expand={expand}")
    assert len(rows) > 40
    for row in rows:
        lines = [*row["to_SuplrInvcItemPurOrdRef"]["results"], *row["to_SupplierInvoiceItemGLAcct"]["results"]]
        cents = sum(round(float(line["SupplierInvoiceItemAmount"]) * 100) for line in lines)
        cents += sum(round(float(tax["TaxAmount"]) * 100) for tax in row["to_SupplierInvoiceTax"]["results"])
        cents += round(float(row["UnplannedDeliveryCost"]) * 100)
        assert cents == round(float(row["InvoiceGrossAmount"]) * 100)
