"""Supplier invoices: API_SUPPLIERINVOICE_PROCESS_SRV, OData V2. Never their bank data."""

from __future__ import annotations

from integrations.systems.sap.entity import Child, Entity, fields

_ACCOUNT = Entity(
    "A_SuplrInvcItemAcctAssgmtType",
    fields(
        "OrdinalNumber:item CostCenter GLAccount ControllingArea ProfitCenter WBSElement InternalOrder "
        "SuplrInvcAcctAssignmentAmount:decimal Quantity:decimal TaxCode"
    ),
)
_ORDER_ITEM = Entity(
    "A_SuplrInvcItemPurOrdRefType",
    fields(
        "SupplierInvoiceItem:item PurchaseOrder PurchaseOrderItem:item Plant ReferenceDocument "
        "ReferenceDocumentFiscalYear ReferenceDocumentItem:item IsSubsequentDebitCredit:flag TaxCode DocumentCurrency "
        "SupplierInvoiceItemAmount:decimal QuantityInPurchaseOrderUnit:decimal PurchaseOrderQuantityUnit "
        "QtyInPurchaseOrderPriceUnit:decimal PurchaseOrderPriceUnit SuplrInvcDeliveryCostCndnType "
        "SupplierInvoiceItemText FreightSupplier PurchasingDocumentItemCategory IsFinallyInvoiced:bool"
    ),
    (Child("account_assignments", "to_SupplierInvoiceItmAcctAssgmt", _ACCOUNT),),
)
_ACCOUNT_ITEM = Entity(
    "A_SupplierInvoiceItemGLAcctType",
    fields(
        "SupplierInvoiceItem:item GLAccount CostCenter ControllingArea ProfitCenter DebitCreditCode TaxCode "
        "SupplierInvoiceItemAmount:decimal SupplierInvoiceItemText"
    ),
)
_TAX = Entity(
    "A_SupplierInvoiceTaxType",
    fields("TaxCode SupplierInvoiceTaxCounter:item TaxAmount:decimal TaxBaseAmountInTransCrcy:decimal"),
)
SUPPLIER_INVOICE = Entity(
    "A_SupplierInvoiceType",
    fields(
        "SupplierInvoice FiscalYear CompanyCode DocumentDate:date PostingDate:date CreationDate:date "
        "SuplrInvcLstChgDteTmeTxt InvoicingParty DocumentCurrency InvoiceGrossAmount:decimal "
        "UnplannedDeliveryCost:decimal SupplierInvoiceIDByInvcgParty DocumentHeaderText PaymentTerms "
        "DueCalculationBaseDate:date NetPaymentDays:decimal PaymentBlockingReason AccountingDocumentType "
        "SupplierInvoiceStatus SupplierInvoiceIsCreditMemo:flag SupplierInvoiceOrigin InvoiceReference "
        "InvoiceReferenceFiscalYear ReverseDocument ReverseDocumentFiscalYear IsReversal:bool IsReversed:bool"
    ),
    (
        Child("order_items", "to_SuplrInvcItemPurOrdRef", _ORDER_ITEM),
        Child("account_items", "to_SupplierInvoiceItemGLAcct", _ACCOUNT_ITEM),
        Child("taxes", "to_SupplierInvoiceTax", _TAX),
    ),
)
