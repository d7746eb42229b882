"""API_PURCHASEORDER_PROCESS_SRV, OData V2: purchase orders.

Names, types and flags are those of the service's metadata in S/4HANA Cloud. ``<Name`` says where a value is stored
when the newer service gave the field another name.
"""

from simulators.sap.declare import service

PURCHASE_ORDER_V2 = service(
    "API_PURCHASEORDER_PROCESS_SRV",
    version=2,
    text="""
set A_PurchaseOrder of A_PurchaseOrderType in PurchaseOrder
PurchaseOrder S10! key U, CompanyCode S4 U, PurchaseOrderType S4 U,
PurchasingDocumentDeletionCode S1 ro U <PurchaseOrderDeletionCode, PurchasingProcessingStatus S2 ro U,
CreatedByUser S12 ro U, CreationDate DT ro, LastChangeDateTime DTO ro, Supplier S10 U, PurchaseOrderSubtype S1 ro U,
Language S2, PaymentTerms S4 U, CashDiscount1Days D3.0, CashDiscount2Days D3.0, NetPaymentDays D3.0,
CashDiscount1Percent D5.3, CashDiscount2Percent D5.3, PurchasingOrganization S4 U, PurchasingDocumentOrigin S1 ro U,
PurchasingGroup S3 U, PurchaseOrderDate DT, DocumentCurrency S5 U, ExchangeRate S12, ExchangeRateIsFixed B,
ValidityStartDate DT, ValidityEndDate DT, SupplierQuotationExternalID S10 U, PurchasingCollectiveNumber S10 U new,
SupplierRespSalesPersonName S30, SupplierPhoneNumber S16, SupplyingSupplier S10 U, SupplyingPlant S4 U,
IncotermsClassification S3 U, CorrespncExternalReference S12, CorrespncInternalReference S12, InvoicingParty S10 U,
ReleaseIsNotCompleted B ro, PurchasingCompletenessStatus B, IncotermsVersion S4 U, IncotermsLocation1 S70,
IncotermsLocation2 S70, ManualSupplierAddressID S10 ro U, IsEndOfPurposeBlocked S1 ro U, AddressCityName S40,
AddressFaxNumber S30 U, AddressHouseNumber S10, AddressName S40, AddressPostalCode S10 U, AddressStreetName S60,
AddressPhoneNumber S30 U, AddressRegion S3 U, AddressCountry S3 U, AddressCorrespondenceLanguage S2,
PurgAggrgdProdCmplncSuplrSts S1 ro U, PurgAggrgdProdMarketabilitySts S1 ro U, PurgAggrgdSftyDataSheetStatus S1 ro U,
PurgProdCmplncTotDngrsGoodsSts S1 ro U
nav to_PurchaseOrderItem many A_PurchaseOrderItem kids:PurchaseOrderItem
nav to_PurchaseOrderNote many A_PurchaseOrderNote kids:PurchaseOrderNote

set A_PurchaseOrderItem of A_PurchaseOrderItemType in PurchaseOrderItem
PurchaseOrder S10! key U, PurchaseOrderItem S5! key N, PurchasingDocumentDeletionCode S1 ro U,
PurchaseOrderItemText S40, Plant S4 U, StorageLocation S4 U, MaterialGroup S9 U, PurchasingInfoRecord S10 U,
SupplierMaterialNumber S35 U, OrderQuantity D13.3, PurchaseOrderQuantityUnit S3, OrderPriceUnit S3,
OrderPriceUnitToOrderUnitNmrtr D5.0, OrdPriceUnitToOrderUnitDnmntr D5.0, DocumentCurrency S5 ro U,
NetPriceAmount D12.3, NetPriceQuantity D5.0, TaxCode S2 U, ShippingInstruction S2 U new, TaxDeterminationDate DT,
TaxCountry S3 U, PriceIsToBePrinted B, OverdelivTolrtdLmtRatioInPct D3.1, UnlimitedOverdeliveryIsAllowed B,
UnderdelivTolrtdLmtRatioInPct D3.1, ValuationType S10 U, IsCompletelyDelivered B, IsFinallyInvoiced B,
PurchaseOrderItemCategory S1 U, AccountAssignmentCategory S1 U, MultipleAcctAssgmtDistribution S1 U,
PartialInvoiceDistribution S1 U, GoodsReceiptIsExpected B, GoodsReceiptIsNonValuated B, InvoiceIsExpected B,
InvoiceIsGoodsReceiptBased B, PurchaseContract S10 U, PurchaseContractItem S5 N, Customer S10 U, Subcontractor S10 U,
SupplierIsSubcontractor B, ItemNetWeight D13.3, ItemWeightUnit S3, TaxJurisdiction S15 U, PricingDateControl S1 U,
ItemVolume D13.3, ItemVolumeUnit S3, SupplierConfirmationControlKey S4 U, IncotermsClassification S3 U,
IncotermsTransferLocation S28, EvaldRcptSettlmtIsAllowed B, PurchaseRequisition S10 U, PurchaseRequisitionItem S5 N,
IsReturnsItem B, RequisitionerName S12, ServicePackage S10 N, EarmarkedFunds S10 U, EarmarkedFundsDocument S10 U,
EarmarkedFundsItem S3 N, EarmarkedFundsDocumentItem S3 N, IncotermsLocation1 S70, IncotermsLocation2 S70,
Material S40 U, InternationalArticleNumber S18 U, ManufacturerMaterial S40 U, ServicePerformer S10 U,
ProductType S2 U <ProductTypeCode, ExpectedOverallLimitAmount D14.3, OverallLimitAmount D14.3,
PurContractForOverallLimit S10 U, PurchasingParentItem S5 N, PurgConfigurableItemNumber S40 ro U new,
PurgDocAggrgdSubitemCategory S1 U new, PurgDocSubitemCategory S1 ro U new, PurgExternalSortNumber S5 ro N new,
Batch S10 U new, PurchasingItemIsFreeOfCharge B new, ReferenceDeliveryAddressID S10 U,
DeliveryAddressID S10 ro U <ManualDeliveryAddressID,
DeliveryAddressName S40 <PurchaseOrderItemAddress.OrganizationName1,
DeliveryAddressName2 S40 <PurchaseOrderItemAddress.OrganizationName2,
DeliveryAddressFullName S80 ro <PurchaseOrderItemAddress.AddresseeFullName,
DeliveryAddressStreetName S60 <PurchaseOrderItemAddress.StreetName,
DeliveryAddressHouseNumber S10 <PurchaseOrderItemAddress.HouseNumber,
DeliveryAddressCityName S40 <PurchaseOrderItemAddress.CityName,
DeliveryAddressPostalCode S10 U <PurchaseOrderItemAddress.PostalCode,
DeliveryAddressRegion S3 U <PurchaseOrderItemAddress.Region,
DeliveryAddressCountry S3 U <PurchaseOrderItemAddress.Country,
DeliveryAddressDistrictName S40 new <PurchaseOrderItemAddress.DistrictName, DownPaymentType S4 U,
DownPaymentPercentageOfTotAmt D5.2, DownPaymentAmount D12.3, DownPaymentDueDate DT, BR_MaterialUsage S1 U,
BR_MaterialOrigin S1 U, BR_CFOPCategory S2 U, BR_IsProducedInHouse B, ConsumptionTaxCtrlCode S16 U,
PurgProdCmplncSupplierStatus S1 ro U, PurgProductMarketabilityStatus S1 ro U, PurgSafetyDataSheetStatus S1 ro U,
PurgProdCmplncDngrsGoodsStatus S1 ro U
nav to_PurchaseOrder one A_PurchaseOrder up:PurchaseOrder
nav to_AccountAssignment many A_PurOrdAccountAssignment kids:PurchaseOrderAccount
nav to_PurchaseOrderItemNote many A_PurchaseOrderItemNote kids:PurchaseOrderItemNote
nav to_ScheduleLine many A_PurchaseOrderScheduleLine kids:PurchaseOrderSchedule

set A_PurchaseOrderNote of A_PurchaseOrderNoteType in PurchaseOrderNote
PurchaseOrder S10! key U, TextObjectType S4! key U, Language S2! key, PlainLongText S -f

set A_PurchaseOrderItemNote of A_PurchaseOrderItemNoteType in PurchaseOrderItemNote
PurchaseOrder S10! key U, PurchaseOrderItem S5! key N, TextObjectType S4! key U, Language S2! key,
PlainLongText S -f

set A_PurchaseOrderScheduleLine of A_PurchaseOrderScheduleLineType in PurchaseOrderSchedule
PurchasingDocument S10! key U <PurchaseOrder, PurchasingDocumentItem S5! key N <PurchaseOrderItem,
ScheduleLine S4! key N, DelivDateCategory S1 U, ScheduleLineDeliveryDate DT, PurchaseOrderQuantityUnit S3 ro,
ScheduleLineOrderQuantity D13.3, ScheduleLineDeliveryTime T, SchedLineStscDeliveryDate DT, PurchaseRequisition S10 U,
PurchaseRequisitionItem S5 N, ScheduleLineCommittedQuantity D13.3, PerformancePeriodStartDate DT,
PerformancePeriodEndDate DT

set A_PurOrdAccountAssignment of A_PurOrdAccountAssignmentType in PurchaseOrderAccount
PurchaseOrder S10! key U, PurchaseOrderItem S5! key N, AccountAssignmentNumber S2! key N, IsDeleted B ro,
PurchaseOrderQuantityUnit S3 ro <OrderQuantityUnit, Quantity D13.3, MultipleAcctAssgmtDistrPercent D3.1,
DocumentCurrency S5 ro U, PurgDocNetAmount D14.3, GLAccount S10 U, BusinessArea S4 U, CostCenter S10 U,
SalesOrder S10 U, SalesOrderItem S6 N, SalesOrderScheduleLine S4 N, MasterFixedAsset S12 U, FixedAsset S4 U,
GoodsRecipientName S12, UnloadingPointName S25, ControllingArea S4 U, CostObject S12 U, OrderID S12 U,
ProfitCenter S10 U, WBSElementInternalID S24 N, WBSElement S24 U, WBSElementExternalID S24 U, ProjectNetwork S12 U,
NetworkActivity S4 U new, RealEstateObject S40 U, PartnerAccountNumber S10 U, CommitmentItem S24 U,
JointVentureRecoveryCode S2 U, FundsCenter S16 U, Fund S10 U, FunctionalArea S16 U, SettlementReferenceDate DT,
TaxCode S2 U, TaxJurisdiction S15 U, CostCtrActivityType S6 U, BusinessProcess S12 U, EarmarkedFundsDocument S10 U,
GrantID S20 U, BudgetPeriod S10 U
""",
)
