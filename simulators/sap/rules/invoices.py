"""Supplier invoices: entered over order items, posted, reversed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from simulators.sap.problems import business
from simulators.sap.rules.amounts import CENT
from simulators.sap.rules.numbers import next_number
from simulators.sap.store import Row, Store
from simulators.sap.tenant import Tenant
from simulators.sap.values import Value
from simulators.sap.world.masters import AREA

POSTED = "5"
FIRST_INVOICE = 5_100_000_001
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Line:
    """An invoiced part of an order item. ``condition`` makes it planned delivery cost."""

    item: Row
    quantity: Decimal
    amount: Decimal
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """An invoice as a clerk enters it. ``tax_rate`` in percent of all lines; ``ledger``: (G/L account, cost center,
    amount) lines without an order; ``status`` as in SupplierInvoiceStatus."""

    supplier: str
    company: str
    currency: str
    reference: str
    day: date
    lines: Sequence[Line] = ()
    ledger: Sequence[tuple[str, str, Decimal]] = ()
    tax_rate: Decimal = _ZERO
    unplanned: Decimal = _ZERO
    status: str = POSTED
    credit_memo: bool = False
    subsequent: bool = False
    more: dict[str, Value] = field(default_factory=dict)

    @property
    def net(self) -> Decimal:
        """All lines together."""
        return sum((line.amount for line in self.lines), sum((line[2] for line in self.ledger), _ZERO))


def make_invoice(store: Store, number: int, draft: Draft) -> Row:
    """The rows of an invoice, not stored yet. Gross is lines, tax and unplanned delivery cost together."""
    tax = (draft.net * draft.tax_rate / 100).quantize(CENT)
    invoice = store["SupplierInvoice"].make(
        {
            "SupplierInvoice": str(number),
            "FiscalYear": str(draft.day.year),
            "CompanyCode": draft.company,
            "DocumentDate": draft.day,
            "PostingDate": draft.day,
            "CreationDate": draft.day,
            "InvoicingParty": draft.supplier,
            "SupplierInvoiceIDByInvcgParty": draft.reference[:16].upper(),
            "DocumentCurrency": draft.currency,
            "InvoiceGrossAmount": draft.net + tax + draft.unplanned,
            "UnplannedDeliveryCost": draft.unplanned,
            "PaymentTerms": "NT30",
            "DueCalculationBaseDate": draft.day,
            "NetPaymentDays": Decimal(30),
            "SupplierInvoiceStatus": draft.status,
            "AccountingDocumentType": "RE",
            "DirectQuotedExchangeRate": Decimal("1.00000"),
            "TaxIsCalculatedAutomatically": True,
            "SupplierInvoiceIsCreditMemo": "X" if draft.credit_memo else "",
            **draft.more,
        }
    )
    for place, line in enumerate(draft.lines, 1):
        invoice.adopt(_order_line(store, invoice, place, line, draft))
    for place, entry in enumerate(draft.ledger, 1):
        invoice.adopt(_ledger_line(store, invoice, place, entry))
    if draft.tax_rate:
        row: dict[str, Value] = {"TaxCode": "I1", "SupplierInvoiceTaxCounter": "1", "TaxAmount": tax}
        row |= {"DocumentCurrency": draft.currency, "TaxBaseAmountInTransCrcy": draft.net}
        invoice.adopt(store["InvoiceTax"].make(row, invoice))
    return invoice


def _order_line(store: Store, invoice: Row, place: int, line: Line, draft: Draft) -> Row:
    item = line.item
    factor = (item["OrderPriceUnitToOrderUnitNmrtr"] or Decimal(1)) / (
        item["OrdPriceUnitToOrderUnitDnmntr"] or Decimal(1)
    )
    row = store["InvoiceOrderItem"].make(
        {
            "SupplierInvoiceItem": str(place),
            "PurchaseOrder": item["PurchaseOrder"],
            "PurchaseOrderItem": item["PurchaseOrderItem"],
            "Plant": item["Plant"],
            "TaxCode": "I1" if draft.tax_rate else "I0",
            "DocumentCurrency": draft.currency,
            "SupplierInvoiceItemAmount": line.amount,
            "PurchaseOrderQuantityUnit": item["PurchaseOrderQuantityUnit"],
            "QuantityInPurchaseOrderUnit": line.quantity,
            "PurchaseOrderPriceUnit": item["OrderPriceUnit"],
            "QtyInPurchaseOrderPriceUnit": line.quantity * factor,
            "SupplierInvoiceItemText": item["PurchaseOrderItemText"],
            "IsSubsequentDebitCredit": "X" if draft.subsequent else "",
            "SuplrInvcDeliveryCostCndnType": line.condition,
            "PurchasingDocumentItemCategory": item["PurchaseOrderItemCategory"],
            "ProductType": item["ProductTypeCode"],
        },
        invoice,
    )
    accounts = [account for account in item.children("PurchaseOrderAccount") if not account["IsDeleted"]]
    left = line.amount
    for number, account in enumerate(accounts, 1):
        percent = account["MultipleAcctAssgmtDistrPercent"] or Decimal(100)
        amount = left if number == len(accounts) else (line.amount * percent / 100).quantize(CENT)
        left -= amount
        row.adopt(_account(store, row, number, account, amount))
    return row


def _account(store: Store, row: Row, number: int, account: Row, amount: Decimal) -> Row:
    values: dict[str, Value] = {
        "OrdinalNumber": str(number),
        "CostCenter": account["CostCenter"],
        "ControllingArea": account["ControllingArea"],
        "GLAccount": account["GLAccount"],
        "ProfitCenter": account["ProfitCenter"],
        "SuplrInvcAcctAssignmentAmount": amount,
        "DocumentCurrency": row["DocumentCurrency"],
        "TaxCode": row["TaxCode"],
        "AccountAssignmentNumber": account["AccountAssignmentNumber"],
        "DebitCreditCode": "S",
    }
    return store["InvoiceAccount"].make(values, row)


def _ledger_line(store: Store, invoice: Row, place: int, entry: tuple[str, str, Decimal]) -> Row:
    account, center, amount = entry
    values: dict[str, Value] = {
        "SupplierInvoiceItem": str(place),
        "CompanyCode": invoice["CompanyCode"],
        "GLAccount": account,
        "CostCenter": center,
        "ControllingArea": AREA,
        "DebitCreditCode": "H" if invoice["SupplierInvoiceIsCreditMemo"] else "S",
        "SupplierInvoiceItemAmount": amount,
        "DocumentCurrency": invoice["DocumentCurrency"],
        "TaxCode": "I0",
    }
    return store["InvoiceGLAccount"].make(values, invoice)


def enter(tenant: Tenant, draft: Draft) -> Row:
    """Store a new invoice now."""
    number = next_number(tenant.store, "SupplierInvoice", FIRST_INVOICE)
    invoice = tenant.store.insert(make_invoice(tenant.store, number, draft))
    tenant.touch(invoice, new=True)
    return invoice


def find_invoice(tenant: Tenant, number: str, year: str) -> Row:
    """A stored invoice. Raises ODataError."""
    invoice = tenant.store.find("SupplierInvoice", {"SupplierInvoice": number, "FiscalYear": year})
    if invoice is None:
        raise business("M8/321", f"Document {number} of fiscal year {year} does not exist")
    return invoice


def post(tenant: Tenant, invoice: Row) -> Row:
    """Post a parked or held invoice. Raises ODataError when it is posted already."""
    if invoice["SupplierInvoiceStatus"] == POSTED:
        raise business("M8/338", f"Invoice {invoice['SupplierInvoice']} is already posted")
    tenant.store.change(invoice, {"SupplierInvoiceStatus": POSTED})
    tenant.touch(invoice)
    return invoice


def reverse(tenant: Tenant, invoice: Row, day: date) -> Row:
    """Reverse a posted invoice: a second document of the opposite sign, and both name each other."""
    if invoice["IsReversed"] or invoice["SupplierInvoiceStatus"] != POSTED:
        raise business("M8/381", f"Invoice {invoice['SupplierInvoice']} cannot be reversed")
    number = next_number(tenant.store, "SupplierInvoice", FIRST_INVOICE)
    opposite = "" if invoice["SupplierInvoiceIsCreditMemo"] else "X"
    copy = _copy(tenant.store, invoice, None, {"SupplierInvoice": str(number), "FiscalYear": str(day.year)})
    changes: dict[str, Value] = {
        "SupplierInvoiceIsCreditMemo": opposite,
        "IsReversal": True,
        "ReverseDocument": invoice["SupplierInvoice"],
        "ReverseDocumentFiscalYear": invoice["FiscalYear"],
        "PostingDate": day,
        "DocumentDate": day,
    }
    for column, value in changes.items():
        copy[column] = value
    reversal = tenant.store.insert(copy)
    tenant.touch(reversal, new=True)
    marks: dict[str, Value] = {"IsReversed": True, "ReverseDocument": str(number)}
    tenant.store.change(invoice, {**marks, "ReverseDocumentFiscalYear": str(day.year)})
    tenant.touch(invoice)
    return reversal


def _copy(store: Store, row: Row, parent: Row | None, key: dict[str, Value]) -> Row:
    values = {column: row[column] for column in row.table.kinds}
    copy = row.table.make({**values, **key}, parent)
    for kids in row.kids:
        for kid in kids:
            copy.adopt(_copy(store, kid, copy, key))
    return copy
