"""API_PURCHASEORDER_2, OData V4: purchase orders, the successor of the V2 service.

Names, types and flags are those of the service's metadata in S/4HANA Cloud.
"""

from simulators.sap.declare import service

PURCHASE_ORDER_V4 = service(
    "API_PURCHASEORDER_2",
    path="api_purchaseorder_2/srvd_a2x/sap/purchaseorder/0001",
    version=4,
    text="""
set PurchaseOrder of PurchaseOrder_Type in PurchaseOrder messages
PurchaseOrder S10! key default U, PurchaseOrderType S4! must U, PurchaseOrderSubtype S1! computed U,
PurchasingDocumentOrigin S1! computed U, PurchasingDocumentProcessCode S3! U, CreatedByUser S12! computed U,
CreationDate DATE computed, PurchaseOrderDate DATE, LastChangeDateTime DTO computed, ValidityStartDate DATE,
ValidityEndDate DATE, MsgOnGoodsReceiptIsRequested B!, Language S2!, PurchaseOrderDeletionCode S1! computed U,
ReleaseIsNotCompleted B! computed, PurchasingCompletenessStatus B!, PurchasingProcessingStatus S2! computed U,
PurgReleaseSequenceStatus S8! U, ReleaseCode S1! U, PurchasingReleaseStrategy S2! U,
PurgReasonForDocCancellation S2! N, CompanyCode S4! U, PurchasingOrganization S4! U, PurchasingGroup S3! U,
Supplier S10! must U, ManualSupplierAddressID S10! computed U, SupplierAddressID S10! U,
SupplierRespSalesPersonName S30!, SupplierPhoneNumber S16!, SupplyingSupplier S10! U, SupplyingPlant S4! U,
InvoicingParty S10! U, Customer S10! U, PurchaseContract S10! U, SupplierQuotationExternalID S10! U,
QuotationSubmissionDate DATE, ItemNumberIntervalForSubItems S5! N, PaymentTerms S4! U, CashDiscount1Days D3!,
CashDiscount2Days D3!, NetPaymentDays D3!, CashDiscount1Percent D5.3!, CashDiscount2Percent D5.3!,
DownPaymentType S4! U, DownPaymentPercentageOfTotAmt D5.2!, DownPaymentAmount D11.v!, DownPaymentDueDate DATE,
IncotermsClassification S3! U, IncotermsTransferLocation S28!, IncotermsVersion S4! U, IncotermsLocation1 S70!,
IncotermsLocation2 S70!, IsIntrastatReportingRelevant B!, IsIntrastatReportingExcluded B!,
CorrespncExternalReference S12!, CorrespncInternalReference S12!, PricingDocument S10! U, PricingProcedure S6! U,
DocumentCurrency S3! U, ExchangeRate D9.5!, ExchangeRateIsFixed B!, TaxReturnCountry S3! U,
VATRegistrationCountry S3! U, PurgAggrgdProdCmplncSuplrSts S1! computed U,
PurgAggrgdProdMarketabilitySts S1! computed U, PurgAggrgdSftyDataSheetStatus S1! computed U,
PurgProdCmplncTotDngrsGoodsSts S1! computed U, PurchasingCollectiveNumber S10! U
nav _PurchaseOrderItem many PurchaseOrderItem kids:PurchaseOrderItem
nav _PurchaseOrderNote many PurchaseOrderNote kids:PurchaseOrderNote

set PurchaseOrderItem of PurchaseOrderItem_Type in PurchaseOrderItem -create messages
PurchaseOrder S10! key default U, PurchaseOrderItem S5! key default N, PurchaseOrderCategory S1! U,
DocumentCurrency S3! U, PurchasingDocumentDeletionCode S1! computed U, MaterialGroup S9! U, Material S40! U,
MaterialType S4! U, SupplierMaterialNumber S35! U, SupplierSubrange S6! U, ManufacturerPartNmbr S40! U,
Manufacturer S10! U, ManufacturerMaterial S40! U, PurchaseOrderItemText S40!, ProductTypeCode S2! U,
CompanyCode S4! U, Plant S4! must U, ManualDeliveryAddressID S10! computed U, ReferenceDeliveryAddressID S10! U,
Customer S10! U, Subcontractor S10! U, SupplierIsSubcontractor B!, CrossPlantConfigurableProduct S40! U,
ArticleCategory S2! U, PlndOrderReplnmtElmntType S1! U, ProductPurchasePointsQtyUnit S3!,
ProductPurchasePointsQty D13.3!, StorageLocation S4! U, PurchaseOrderQuantityUnit S3!,
OrderItemQtyToBaseQtyNmrtr D5!, OrderItemQtyToBaseQtyDnmntr D5!, NetPriceQuantity D5!, IsCompletelyDelivered B!,
IsFinallyInvoiced B!, GoodsReceiptIsExpected B!, InvoiceIsExpected B!, IsOrderAcknRqd B!,
InvoiceIsGoodsReceiptBased B!, PurchaseContract S10! U, PurchaseContractItem S5! N, PurchaseRequisition S10! U,
PurchaseRequisitionItem S5! N, RequirementTracking S10! U, SupplierQuotation S10! U, SupplierQuotationItem S5! N,
EvaldRcptSettlmtIsAllowed B!, UnlimitedOverdeliveryIsAllowed B!, OverdelivTolrtdLmtRatioInPct D3.1!,
UnderdelivTolrtdLmtRatioInPct D3.1!, RequisitionerName S12!, PlannedDeliveryDurationInDays D3!,
GoodsReceiptDurationInDays D3!, PartialDeliveryIsAllowed S1! U, ConsumptionPosting S1! U, ServicePerformer S10! U,
ServicePackage S10! N, BaseUnit S3!, PurchaseOrderItemCategory S1! U, ProfitCenter S10! U, OrderPriceUnit S3!,
ItemVolumeUnit S3!, ItemWeightUnit S3!, MultipleAcctAssgmtDistribution S1! U, PartialInvoiceDistribution S1! U,
PricingDateControl S1! U, IsStatisticalItem B!, PurchasingParentItem S5! N, GoodsReceiptLatestCreationDate DATE,
IsReturnsItem B!, PurchasingOrderReason S3! U, IncotermsClassification S3! U, IncotermsTransferLocation S28!,
IncotermsLocation1 S70!, IncotermsLocation2 S70!, PriorSupplier S10! U, InternationalArticleNumber S18! U,
IntrastatServiceCode S30!, CommodityCode S30!, MaterialFreightGroup S8! U, DiscountInKindEligibility S1! U,
PurgItemIsBlockedForDelivery B!, SupplierConfirmationControlKey S4! U, PurgDocOrderAcknNumber S20!,
PriceIsToBePrinted B!, AccountAssignmentCategory S1! U, PurchasingInfoRecord S10! U, NetAmount D13.v!,
GrossAmount D13.v!, EffectiveAmount D13.v!, Subtotal1Amount D13.v!, Subtotal2Amount D13.v!, Subtotal3Amount D13.v!,
Subtotal4Amount D13.v!, Subtotal5Amount D13.v!, Subtotal6Amount D13.v!, OrderQuantity D13.3!, NetPriceAmount D11.v!,
ItemVolume D13.3!, ItemGrossWeight D13.3!, ItemNetWeight D13.3!, OrderPriceUnitToOrderUnitNmrtr D5!,
OrdPriceUnitToOrderUnitDnmntr D5!, GoodsReceiptIsNonValuated B!, IsToBeAcceptedAtOrigin B!, TaxCode S2! U,
TaxJurisdiction S15! U, TaxCountry S3! U, TaxDeterminationDate DATE, ShippingInstruction S2! U,
MaterialRevisionLevel S2! U, NonDeductibleInputTaxAmount D13.v!, StockType S1! U, ValuationType S10! U,
ValuationCategory S1! U, ItemIsRejectedBySupplier B!, PurgDocPriceDate DATE, PurchasingInfoRecordUpdateCode S1! U,
PurchasingPriceIsEstimated B!, InvoiceIsMMServiceEntryBased B!, InventorySpecialStockType S1! U,
DeliveryDocumentType S4! U, IssuingStorageLocation S4! U, AllocationTable S10! U, AllocationTableItem S5! N,
RetailPromotion S10! U, PurgConfigurableItemNumber S40! U, PurgDocAggrgdSubitemCategory S1! U,
PurgExternalSortNumber S5! N, Batch S10! U, PurchasingItemIsFreeOfCharge B!, DownPaymentType S4! U,
DownPaymentPercentageOfTotAmt D5.2!, DownPaymentAmount D11.v!, DownPaymentDueDate DATE,
ExpectedOverallLimitAmount D13.v!, OverallLimitAmount D13.v!, PurContractForOverallLimit S10! U,
PurContractItemForOverallLimit S5! N, PurgProdCmplncSupplierStatus S1! computed U,
PurgProductMarketabilityStatus S1! computed U, PurgSafetyDataSheetStatus S1! computed U,
PurgProdCmplncDngrsGoodsStatus S1! computed U, BR_MaterialOrigin S1! U, BR_MaterialUsage S1! U,
BR_CFOPCategory S2! U, BR_NCM S16! U, ConsumptionTaxCtrlCode S16! U, BR_IsProducedInHouse B!,
ProductSeasonYear S4! U, ProductSeason S10! U, ProductCollection S10! U, ProductTheme S10! U,
SeasonCompletenessStatus S1! U, ShippingGroupRule S4! U, ShippingGroupNumber S10! U, ProductCharacteristic1 S18!,
ProductCharacteristic2 S18!, ProductCharacteristic3 S18!, PurgDocSubitemCategory S1! U, DiversionStatus S1! U,
ReferenceDocumentNumber S10! U, ReferenceDocumentItem S6! N, PurchaseOrderReferenceType S1! U,
ItemHasValueAddedService B!, ValAddedSrvcParentItmNumber S5! N, StockSegment S40! U
nav _DeliveryAddress one PurOrderItemDeliveryAddress kids:PurchaseOrderItemAddress
nav _PurchaseOrder one PurchaseOrder up:PurchaseOrder
nav _PurchaseOrderItemNote many PurchaseOrderItemNote kids:PurchaseOrderItemNote
nav _PurchaseOrderScheduleLineTP many PurchaseOrderScheduleLine kids:PurchaseOrderSchedule
nav _PurOrdAccountAssignment many PurchaseOrderAccountAssignment kids:PurchaseOrderAccount

set PurchaseOrderNote of PurchaseOrderNote_Type in PurchaseOrderNote -create messages
PurchaseOrder S10! key default U, TextObjectType S4! key default U, Language S2! key default, PlainLongText S! -s
nav _PurchaseOrder one PurchaseOrder up:PurchaseOrder

set PurchaseOrderItemNote of PurchaseOrderItemNote_Type in PurchaseOrderItemNote -create messages
PurchaseOrder S10! key default U, PurchaseOrderItem S5! key default N, TextObjectType S4! key default U,
Language S2! key default, PlainLongText S! -s, PurchaseOrderItemUniqueID S15! U
nav _PurchaseOrder one PurchaseOrder up:PurchaseOrder
nav _PurchaseOrderItem one PurchaseOrderItem up:PurchaseOrderItem

set PurchaseOrderScheduleLine of PurchaseOrderScheduleLine_Type in PurchaseOrderSchedule -create messages
PurchaseOrder S10! key default U, PurchaseOrderItem S5! key default N, ScheduleLine S4! key default N,
ScheduleLineDeliveryDate DATE, SchedLineStscDeliveryDate DATE, PerformancePeriodStartDate DATE,
PerformancePeriodEndDate DATE, ScheduleLineDeliveryTime TOD!, Batch S10! U, BatchBySupplier S15! U,
ScheduleLineOrderQuantity D13.3!, OpenPurchaseOrderQuantity D14.3!, PurchaseOrderQuantityUnit S3! computed,
Currency S3! U, PurchaseRequisition S10! U, PurchaseRequisitionItem S5! N, DelivDateCategory S1! U,
ScheduleLineOrderDate DATE, ProductAvailabilityDate DATE, LoadingDate DATE, LoadingTime TOD!,
TransportationPlanningDate DATE, TransportationPlanningTime TOD!, GoodsIssueDate DATE, GoodsIssueTime TOD!,
RouteSchedule S10! U, ProductAvailabilityTime TOD!
nav _PurchaseOrder one PurchaseOrder up:PurchaseOrder
nav _PurchaseOrderItem one PurchaseOrderItem up:PurchaseOrderItem

set PurchaseOrderAccountAssignment of PurchaseOrderAccountAssignment_Type in PurchaseOrderAccount -create messages
PurchaseOrder S10! key default U, PurchaseOrderItem S5! key default N, AccountAssignmentNumber S2! key default N,
CostCenter S10! U, MasterFixedAsset S12! U, ProjectNetwork S12! U, NetworkActivity S4! U, OrderQuantityUnit S3!,
Quantity D13.3!, MultipleAcctAssgmtDistrPercent D3.1!, DocumentCurrency S3! U, PurgDocNetAmount D13.v!,
IsDeleted B! computed, GLAccount S10! U, BusinessArea S4! U, SalesOrder S10! U, SalesOrderItem S6! N,
SalesOrderScheduleLine S4! N, FixedAsset S4! U, OrderID S12! U, UnloadingPointName S25!, ControllingArea S4! U,
CostObject S12! U, ProfitCenter S10! U, WBSElementInternalID S8! N, WBSElementExternalID S24! U,
ProjectNetworkInternalID S10! N, CommitmentItemShortID S14! U, FundsCenter S16! U, Fund S10! U,
FunctionalArea S16! U, GoodsRecipientName S12!, IsFinallyInvoiced B!, NetworkActivityInternalID S8! N,
PartnerAccountNumber S10! U, JointVentureRecoveryCode S2! U, SettlementReferenceDate DATE, OrderInternalID S10! N,
OrderIntBillOfOperationsItem S8! N, TaxCode S2! U, TaxJurisdiction S15! U, NonDeductibleInputTaxAmount D13.v!,
CostCtrActivityType S6! U, BusinessProcess S12! U, GrantID S20! U, BudgetPeriod S10! U,
EarmarkedFundsDocument S10! U, EarmarkedFundsDocumentItem S3! N, ValidityDate DATE, ChartOfAccounts S4! U,
ServiceDocumentType S4! U, ServiceDocument S10! U, ServiceDocumentItem S6! N, CreationDate DATE, IsAcctLineFinal B!,
AcctLineFinalReason S2! U, CompanyCode S4! U
nav _PurchaseOrder one PurchaseOrder up:PurchaseOrder
nav _PurchaseOrderItem one PurchaseOrderItem up:PurchaseOrderItem

set PurOrderItemDeliveryAddress of PurOrderItemDeliveryAddress_Type in PurchaseOrderItemAddress -create -delete -read
PurchaseOrder S10! key default U, PurchaseOrderItem S5! key default N, DeliveryAddressID S10! key default U,
AddressID S10! U, AddressPersonID S10! U, AddressRepresentationCode S1! U, CorrespondenceLanguage S2!,
PrfrdCommMediumType S3! U, AddresseeFullName S80!, OrganizationName1 S40!, OrganizationName2 S40!,
OrganizationName3 S40!, OrganizationName4 S40!, AddressSearchTerm1 S20! U, AddressSearchTerm2 S20! U, CityName S40!,
DistrictName S40!, VillageName S40!, PostalCode S10! U, CompanyPostalCode S10! U, StreetName S60!,
StreetPrefixName1 S40!, StreetPrefixName2 S40!, StreetSuffixName1 S40!, StreetSuffixName2 S40!, HouseNumber S10!,
HouseNumberSupplementText S10!, Building S20!, Floor S10!, RoomNumber S10!, Country S3! U, Region S3! U,
FormOfAddress S4! U, TaxJurisdiction S15! U, TransportZone S10! U, POBox S10! U, POBoxIsWithoutNumber B!,
POBoxPostalCode S10! U, POBoxLobbyName S40!, POBoxDeviatingCityName S40!, POBoxDeviatingRegion S3! U,
POBoxDeviatingCountry S3! U, CareOfName S40!, DeliveryServiceTypeCode S4! U, DeliveryServiceNumber S10! U,
AddressTimeZone S6! U, EmailAddress S241!, RegionalStructureCheckStatus S1! U
nav _PurchaseOrder one PurchaseOrder up:PurchaseOrder
nav _PurchaseOrderItem one PurchaseOrderItem up:PurchaseOrderItem
""",
)
