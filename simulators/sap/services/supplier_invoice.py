"""API_SUPPLIERINVOICE_PROCESS_SRV, OData V2: supplier invoices.

Names, types and flags are those of the service's metadata in S/4HANA Cloud. What is ``new`` the 2021 release lacks,
among it both change fields; 2022 lacks what is ``newest``.
"""

from simulators.sap.declare import service

SUPPLIER_INVOICE = service(
    "API_SUPPLIERINVOICE_PROCESS_SRV",
    version=2,
    text="""
set A_SupplierInvoice of A_SupplierInvoiceType in SupplierInvoice -update
SupplierInvoice S10! key ro U, FiscalYear S4! key ro N, CompanyCode S4 U, DocumentDate DT, PostingDate DT,
CreationDate DT ro new, SuplrInvcLstChgDteTmeTxt S23 ro U newest, SupplierInvoiceIDByInvcgParty S16 U,
InvoicingParty S10 U, DocumentCurrency S5 U, InvoiceGrossAmount D14.3, UnplannedDeliveryCost D14.3,
DocumentHeaderText S25, ManualCashDiscount D14.3, PaymentTerms S4 U, DueCalculationBaseDate DT,
CashDiscount1Percent D5.3, CashDiscount1Days D3.0, CashDiscount2Percent D5.3, CashDiscount2Days D3.0,
NetPaymentDays D3.0, PaymentBlockingReason S1 U, AccountingDocumentType S2 U, BPBankAccountInternalID S4 U,
SupplierInvoiceStatus S1 U, IndirectQuotedExchangeRate D9.5, DirectQuotedExchangeRate D9.5,
StateCentralBankPaymentReason S3 U, SupplyingCountry S3 U, PaymentMethod S1 U, PaymentMethodSupplement S2 U,
PaymentReference S30 U, InvoiceReference S10 U, InvoiceReferenceFiscalYear S4 N, FixedCashDiscount S1 U,
UnplannedDeliveryCostTaxCode S2 U, UnplndDelivCostTaxJurisdiction S15 U, UnplndDeliveryCostTaxCountry S3 U,
AssignmentReference S18, SupplierPostingLineItemText S50, TaxIsCalculatedAutomatically B, BusinessPlace S4 U,
BusinessSectionCode S4 U, BusinessArea S4 U, SuplrInvcIsCapitalGoodsRelated B new, SupplierInvoiceIsCreditMemo S1 U,
PaytSlipWthRefSubscriber S11 U, PaytSlipWthRefCheckDigit S2 U, PaytSlipWthRefReference S27 U,
TaxDeterminationDate DT, TaxReportingDate DT, TaxFulfillmentDate DT, InvoiceReceiptDate DT,
DeliveryOfGoodsReportingCntry S3 U, SupplierVATRegistration S20 U, IsEUTriangularDeal B,
SuplrInvcDebitCrdtCodeDelivery S1 U, SuplrInvcDebitCrdtCodeReturns S1 U, RetentionDueDate DT new,
PaymentReason S4 U new, HouseBank S5 U new, HouseBankAccount S5 U new, AlternativePayeePayer S10 U new,
SupplierInvoiceOrigin S1 ro U, ReverseDocument S10 ro U, ReverseDocumentFiscalYear S4 ro N, IsReversal B ro -f -s,
IsReversed B ro -f -s, IN_GSTPartner S10 U, IN_GSTPlaceOfSupply S3 U, IN_InvoiceReferenceNumber S64,
JrnlEntryCntrySpecificRef1 S80 new, JrnlEntryCntrySpecificDate1 DT new, JrnlEntryCntrySpecificRef2 S25 new,
JrnlEntryCntrySpecificDate2 DT new, JrnlEntryCntrySpecificRef3 S25 new, JrnlEntryCntrySpecificDate3 DT new,
JrnlEntryCntrySpecificRef4 S50 new, JrnlEntryCntrySpecificDate4 DT new, JrnlEntryCntrySpecificRef5 S50 new,
JrnlEntryCntrySpecificDate5 DT new, JrnlEntryCntrySpecificBP1 S10 U new, JrnlEntryCntrySpecificBP2 S10 U new
nav to_SuplrInvcItemPurOrdRef many A_SuplrInvcItemPurOrdRef kids:InvoiceOrderItem
nav to_SupplierInvoiceItemGLAcct many A_SupplierInvoiceItemGLAcct kids:InvoiceGLAccount
nav to_SupplierInvoiceTax many A_SupplierInvoiceTax kids:InvoiceTax
nav to_SelectedPurchaseOrders many A_SuplrInvcSeldPurgDocument kids:InvoiceSelectedOrder

set A_SuplrInvcItemPurOrdRef of A_SuplrInvcItemPurOrdRefType in InvoiceOrderItem -create -update -delete
SupplierInvoice S10! key ro U, FiscalYear S4! key ro N, SupplierInvoiceItem S6! key N, PurchaseOrder S10 U,
PurchaseOrderItem S5 N, Plant S4 U, ReferenceDocument S10 U, ReferenceDocumentFiscalYear S4 N,
ReferenceDocumentItem S4 N, IsSubsequentDebitCredit S1 U, TaxCode S2 U, TaxJurisdiction S15 U, DocumentCurrency S5 U,
SupplierInvoiceItemAmount D14.3, PurchaseOrderQuantityUnit S3, PurchaseOrderQtyUnitSAPCode S3 new,
PurchaseOrderQtyUnitISOCode S3 U new, QuantityInPurchaseOrderUnit D13.3, PurchaseOrderPriceUnit S3,
PurchaseOrderPriceUnitSAPCode S3 new, PurchaseOrderPriceUnitISOCode S3 U new, QtyInPurchaseOrderPriceUnit D13.3,
SuplrInvcDeliveryCostCndnType S4 U, SuplrInvcDeliveryCostCndnStep S3 N, SuplrInvcDeliveryCostCndnCount S3 N,
SupplierInvoiceItemText S50, FreightSupplier S10 U, IsNotCashDiscountLiable B,
PurchasingDocumentItemCategory S1 ro U, ProductType S2 ro U, RetentionAmountInDocCurrency D14.3 new,
RetentionPercentage D5.2 new, RetentionDueDate DT new, SuplrInvcItmIsNotRlvtForRtntn B new,
ServiceEntrySheet S10 -f -s U, ServiceEntrySheetItem S10 -f -s N, TaxCountry S3 U, IsFinallyInvoiced B new,
TaxDeterminationDate DT new, IN_HSNOrSACCode S16 U, IN_CustomDutyAssessableValue D14.3
nav to_SupplierInvoiceItmAcctAssgmt many A_SuplrInvcItemAcctAssgmt kids:InvoiceAccount

set A_SuplrInvcItemAcctAssgmt of A_SuplrInvcItemAcctAssgmtType in InvoiceAccount -create -update -delete
SupplierInvoice S10! key ro U, FiscalYear S4! key ro N, SupplierInvoiceItem S6! key N, OrdinalNumber S4! key N,
CostCenter S10 U, ControllingArea S4 U, BusinessArea S4 U, ProfitCenter S10 U, FunctionalArea S16 U, GLAccount S10 U,
SalesOrder S10 U, SalesOrderItem S6 N, CostObject S12 U, CostCtrActivityType S6 ro U, BusinessProcess S12 ro U,
WBSElement S24 N, DocumentCurrency S5 U, SuplrInvcAcctAssignmentAmount D14.3, PurchaseOrderQuantityUnit S3,
PurchaseOrderQtyUnitSAPCode S3 new, PurchaseOrderQtyUnitISOCode S3 U new, Quantity D13.3, TaxCode S2 U,
AccountAssignmentNumber S2 N, AccountAssignmentIsUnplanned B, PersonnelNumber S8 N, WorkItem S10 ro U,
MasterFixedAsset S12 U, FixedAsset S4 U, DebitCreditCode S1 ro U, TaxJurisdiction S15 U, InternalOrder S12 U,
ProjectNetworkInternalID S10 N, NetworkActivityInternalID S10 N, ProjectNetwork S12 U, NetworkActivity S4 U,
CommitmentItem S24 U, FundsCenter S16 U, Fund S10 U, GrantID S20 U, PartnerBusinessArea S4 ro U, CompanyCode S4 ro U,
SuplrInvcAccountAssignmentText S50, PurchaseOrderPriceUnit S3, PurchaseOrderPriceUnitSAPCode S3 new,
PurchaseOrderPriceUnitISOCode S3 U new, QuantityInPurchaseOrderUnit D13.3, ProfitabilitySegment S10 U,
BudgetPeriod S10 U, TaxCountry S3 U, TaxDeterminationDate DT ro new

set A_SupplierInvoiceItemGLAcct of A_SupplierInvoiceItemGLAcctType in InvoiceGLAccount -create -update -delete
SupplierInvoice S10! key ro U, FiscalYear S4! key ro N, SupplierInvoiceItem S4! key N, CompanyCode S4 U,
CostCenter S10 U, ControllingArea S4 U, BusinessArea S4 U, ProfitCenter S10 U, FunctionalArea S16 U, GLAccount S10 U,
SalesOrder S10 U, SalesOrderItem S6 N, CostObject S12 U, CostCtrActivityType S6 U, BusinessProcess S12 U,
WBSElement S24 N, DocumentCurrency S5 U, SupplierInvoiceItemAmount D14.3, TaxCode S2 U, PersonnelNumber S8 N,
WorkItem S10 U, DebitCreditCode S1 U, TaxJurisdiction S15 U, SupplierInvoiceItemText S50, AssignmentReference S18,
IsNotCashDiscountLiable B, InternalOrder S12 U, ProjectNetwork S12 U, NetworkActivity S4 U, CommitmentItem S24 U,
FundsCenter S16 U, TaxBaseAmountInTransCrcy D14.3, Fund S10 U, GrantID S20 U, QuantityUnit S3,
SuplrInvcItmQtyUnitSAPCode S3 new, SuplrInvcItmQtyUnitISOCode S3 U new, Quantity D13.3, PartnerBusinessArea S4 U,
FinancialTransactionType S3 U, TaxCountry S3 U, EarmarkedFundsDocument S10 U new,
EarmarkedFundsDocumentItem S3 N new, BudgetPeriod S10 U new, ServiceDocument S10 U new, ServiceDocumentItem S6 N new,
ServiceDocumentType S4 U new

set A_SupplierInvoiceTax of A_SupplierInvoiceTaxType in InvoiceTax -create -update -delete
SupplierInvoice S10! key ro U, FiscalYear S4! key ro N, TaxCode S2! key U, SupplierInvoiceTaxCounter S6! key ro N,
DocumentCurrency S5 U, TaxAmount D14.3, TaxBaseAmountInTransCrcy D16.3, TaxJurisdiction S15 U, TaxCountry S3 U,
TaxDeterminationDate DT new, TaxRateValidityStartDate DT new

set A_SuplrInvcSeldPurgDocument of A_SuplrInvcSeldPurgDocumentType in InvoiceSelectedOrder -create -update -delete
SupplierInvoice S10! key ro U, FiscalYear S4! key ro N, PurchaseOrder S10! key U, PurchaseOrderItem S5! key N
""",
)
