"""A supplier invoice of SAP, the order it is over, and receipts and bills of ServiceTitan, as they are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.flow import Linked, Part, Plan, Row, Situation
from integrations.flows.supplier_invoices import FLOW
from tests.flows.rows import MARKER, Book

KEY, NEXT = "5105600001/2026", "5105600002/2026"
ALIKE = "source:invoices-alike"


def invoice_item(number: str = "1", **values: Any) -> dict[str, Any]:
    """Three of item 10 of order 4500001234, for 120.00 on cost center 10101101."""
    amount = values.get("SupplierInvoiceItemAmount", "120")
    account = {
        "OrdinalNumber": "1", "CostCenter": "10101101", "GLAccount": "65008420", "ControllingArea": "A000",
        "ProfitCenter": "YB600", "WBSElement": "000000000000000000000000", "InternalOrder": "",
        "SuplrInvcAcctAssignmentAmount": amount, "Quantity": "3", "TaxCode": "I1",
    }  # fmt: skip
    row: dict[str, Any] = {
        "SupplierInvoiceItem": number, "PurchaseOrder": "4500001234", "PurchaseOrderItem": "10", "Plant": "1710",
        "ReferenceDocument": "", "ReferenceDocumentFiscalYear": "", "ReferenceDocumentItem": "",
        "IsSubsequentDebitCredit": False, "TaxCode": "I1", "DocumentCurrency": "USD",
        "SupplierInvoiceItemAmount": "120", "QuantityInPurchaseOrderUnit": "3",
        "PurchaseOrderQuantityUnit": "PC", "QtyInPurchaseOrderPriceUnit": "3",
        "PurchaseOrderPriceUnit": "PC", "SuplrInvcDeliveryCostCndnType": "", "SupplierInvoiceItemText": "Copper pipe",
        "FreightSupplier": "", "PurchasingDocumentItemCategory": "0", "IsFinallyInvoiced": False,
        "account_assignments": [account],
    }  # fmt: skip
    return row | values


def freight(amount: str, number: str = "2", **values: Any) -> dict[str, Any]:
    """A planned delivery cost."""
    more = {"SuplrInvcDeliveryCostCndnType": "FRB1", "SupplierInvoiceItemAmount": amount}
    return invoice_item(number, **more, **values)


def invoice(*items: dict[str, Any], tax: str = "9.6", **values: Any) -> dict[str, Any]:
    """Invoice INV-77 over 129.60, posted on 12 February 2026, due 30 days later."""
    row: dict[str, Any] = {
        "SupplierInvoice": KEY.split("/", maxsplit=1)[0], "FiscalYear": "2026", "CompanyCode": "1710",
        "DocumentDate": "2026-02-10",
        "PostingDate": "2026-02-12", "CreationDate": "2026-02-12", "SuplrInvcLstChgDteTmeTxt": "20260212081500.0000000",
        "InvoicingParty": "17300001", "DocumentCurrency": "USD", "InvoiceGrossAmount": "129.6",
        "UnplannedDeliveryCost": "0", "SupplierInvoiceIDByInvcgParty": "INV-77", "DocumentHeaderText": "",
        "PaymentTerms": "NT30", "DueCalculationBaseDate": "2026-02-10", "NetPaymentDays": "30",
        "PaymentBlockingReason": "", "AccountingDocumentType": "RE", "SupplierInvoiceStatus": "5",
        "SupplierInvoiceIsCreditMemo": False, "SupplierInvoiceOrigin": "", "InvoiceReference": "",
        "InvoiceReferenceFiscalYear": "", "ReverseDocument": "", "ReverseDocumentFiscalYear": "", "IsReversal": False,
        "IsReversed": False, "order_items": list(items) or [invoice_item()], "account_items": [],
        "taxes": [{"TaxCode": "I1", "SupplierInvoiceTaxCounter": "1", "TaxAmount": tax,
                   "TaxBaseAmountInTransCrcy": "120"}],
    }  # fmt: skip
    return row | values


def order(number: int = 19001, **values: Any) -> dict[str, Any]:
    """The order in ServiceTitan: items 10 and 20, three and five pieces at 40.00."""
    items = [
        {"id": 70001, "skuId": 9001, "description": "10 | Copper pipe", "quantity": "3", "cost": "40",
         "quantityReceived": "0", "budgetCodeId": None},
        {"id": 70002, "skuId": 9002, "description": "20 | Valve (BX = 12 EA)", "quantity": "60", "cost": "4",
         "quantityReceived": "0", "budgetCodeId": 5},
    ]  # fmt: skip
    row: dict[str, Any] = {
        "id": number, "number": "100001", "status": "Pending", "vendorId": 501, "businessUnitId": 12, "items": items,
    }  # fmt: skip
    return row | values


def receipt(body: Mapping[str, Any], number: int = 31001, **values: Any) -> dict[str, Any]:
    """The row that ServiceTitan shows after a create with this body."""
    row: dict[str, Any] = {
        "id": number, "number": f"R-{number}", "active": True, "purchaseOrderId": int(body["purchaseOrderId"]),
        "vendorInvoiceNumber": body["vendorDocumentNumber"], "receivedOn": body["dateReceived"],
        "taxAmount": body["tax"], "shippingAmount": body["shipping"], "memo": body["memo"], "billId": None,
        "items": [
            {**line, "id": number + 1 + place, "skuId": int(line["skuId"]),
             "purchaseOrderItemId": int(line["purchaseOrderItemId"])}
            for place, line in enumerate(body["items"])
        ],
    }  # fmt: skip
    return row | values


def bill(number: int = 5001, **values: Any) -> dict[str, Any]:
    """The bill of that receipt."""
    row: dict[str, Any] = {
        "id": number, "vendor": {"id": 501, "name": "ACME Pipe & Supply"}, "referenceNumber": "INV-77",
        "vendorNumber": "", "billAmount": "129.6", "billDate": "2026-02-12", "dueDate": "2026-03-12",
        "status": "Unreconciled", "syncStatus": "Pending", "dateCanceled": None,
    }  # fmt: skip
    return row | values


def book(*receipts: Row, there: Row | None = None, bills: tuple[Row, ...] = (), alike: tuple[Row, ...] = ()) -> Books:
    """What ServiceTitan and SAP answer: the order with these receipts, these bills, these other invoices."""
    made = Books(alike_rows=alike)
    made.links["purchase-orders", "4500001234"] = "19001"
    made.crosswalk["purchase-orders", "4500001234"] = {"10": "70001", "20": "70002"}
    made.references["purchase-order", "19001"] = there or order()
    made.references["receipts-of-order", "19001"] = {"id": "19001", "receipts": list(receipts)}
    made.references |= {("ap-bill", str(row["id"])): row for row in bills}
    return made


class Books(Book):
    """A book that answers what looks alike, whatever was asked for."""

    def __init__(self, alike_rows: tuple[Row, ...] = ()) -> None:
        super().__init__()
        self.alike_rows = alike_rows
        self.crosswalk: dict[tuple[str, str], dict[str, str]] = {}

    def lines(self, flow: str, source_key: str) -> Mapping[str, str]:
        self.linked(flow, source_key)
        return self.crosswalk[flow, source_key]

    def reference(self, kind: str, key: str, *, fresh: bool = False) -> Row | None:
        if kind == ALIKE:
            return {"invoices": list(self.alike_rows)}
        return super().reference(kind, key, fresh=fresh)


def plan(
    row: Row, books: Books | None = None, *, parts: Mapping[str, Part] | None = None, waited: float = 0, **options: Any
) -> Plan:
    """What the flow plans; `parts` are links of its receipts by order."""
    situation = Situation(
        lookups=books or book(), options={**FLOW.options, **options}, marker=MARKER, waited=waited,
        part=lambda name: (parts or {}).get(name, Part(MARKER)),
    )  # fmt: skip
    return FLOW.plan(FLOW.record(row), situation)


def posted(row: Row | None = None, **values: Any) -> dict[str, Any]:
    """The receipt that was posted for an invoice."""
    (write,) = plan(row or invoice()).writes
    return receipt(write.body, **values)


def linked(row: Row, *, shown: bool = True) -> Part:
    """The part that a receipt of ours is; `shown`: whether it can be read by its id."""
    return Part(MARKER, Linked(str(row["id"]), FLOW.observe(row), {}), row if shown else None)
