"""API_PURCHASEREQUISITION_2, OData V4: purchase requisitions, the successor of the V2 service.

Names, types and flags are those of the service's metadata in S/4HANA Cloud.
"""

from simulators.sap.declare import service

REQUISITION_V4 = service(
    "API_PURCHASEREQUISITION_2",
    path="api_purchaserequisition_2/srvd_a2x/sap/purchaserequisition/0001",
    version=4,
    text="""
set PurchaseReqn of PurchaseReqnType in Requisition -delete etag messages
PurchaseRequisition S10! key default U, PurchaseRequisitionType S4! U, PurReqnDescription S40!,
PurReqnHeaderNote S! U -f -s, SourceDetermination B!, PurReqnDoOnlyValidation B!
nav _PurchaseRequisitionItem many PurchaseReqnItem kids:RequisitionItem

set PurchaseReqnItem of PurchaseReqnItemType in RequisitionItem -delete etag messages
PurchaseRequisition S10! key default U, PurchaseRequisitionItem S5! key default N, PurchasingDocument S10! U,
PurchasingDocumentItem S5! N, PurReqnReleaseStatus S2! computed U, PurchasingDocumentSubtype S1! U,
PurchasingDocumentItemCategory S1! U, PurchaseRequisitionItemText S40!, AccountAssignmentCategory S1! U,
Material S40! U, MaterialGroup S9! U, RequestedQuantity D13.3!, BaseUnit S3!, BaseUnitISOCode S3! U,
PurchaseRequisitionPrice D11.v!, PurReqnPriceQuantity D5!, MaterialGoodsReceiptDuration D3!,
PurchasingOrganization S4!, PurchasingGroup S3! U, Plant S4!, CompanyCode S4!, SourceOfSupplyIsAssigned B!,
SupplyingPlant S4! U, OrderedQuantity D13.3!, DeliveryDate DATE, PurchaseRequisitionReleaseDate DATE,
ProcessingStatus S1! U, ExternalApprovalStatus S1! fixed U -u, PurchasingInfoRecord S10!, Supplier S10! U,
IsDeleted B!, FixedSupplier S10! U, RequisitionerName S12!, CreatedByUser S12! computed U, PurReqCreationDate DATE,
PurReqnItemCurrency S3! U, MaterialPlannedDeliveryDurn D3!, DelivDateCategory S1! U,
MultipleAcctAssgmtDistribution S1! U, StorageLocation S4! U, PurReqnSSPRequestor S60!, PurReqnSSPAuthor S12! U,
PurchaseContract S10!, PurReqnSourceOfSupplyType S1! U, PurchaseContractItem S5! N, ConsumptionPosting S1! U,
PurReqnOrigin S1! U, PurReqnSSPCatalog S20!, PurReqnSSPCatalogItem S40!, PurReqnSSPCrossCatalogItem Int32!,
PurReqnItemBlockingStatus S1! U, PurReqnItemBlockingReasonText S60!, Language S2!, IsClosed B!,
ReleaseIsNotCompleted B! computed, ServicePerformer S10! U, ProductTypeCode S2! U, PerformancePeriodStartDate DATE,
PerformancePeriodEndDate DATE, PurchaseOrderPriceType S1! U, SupplierMaterialNumber S35! U, Batch S10! U,
MaterialRevisionLevel S2! U, MinRemainingShelfLife D4!, ItemNetAmount D15.v!, TaxCode S2! U,
GoodsReceiptIsExpected B!, InvoiceIsExpected B!, GoodsReceiptIsNonValuated B!, RequirementTracking S10! U,
MRPController S3! U, PurchaseRequisitionIsFixed B!, LastChangeDateTime DTO computed, Reservation S10! computed N,
ItemDeliveryAddressID S10! U, PurReqnReceivingCustomer S10! U, Subcontractor S10! U,
ExpectedOverallLimitAmount D13.v!, OverallLimitAmount D13.v!, PurContractForOverallLimit S10! U,
PurContractItemForOverallLimit S5! N, PurReqnExternalReference S35! U, PurReqnItemExternalReference S10! U,
PurReqnExternalSystemId S60!, ProcurementHubSourceSystem S10!, SSPAuthorExternalBPIdnNumber S60! U,
SSPReqrUserId S12! U
nav _PurchaseReqnAcctAssgmt many PurchaseReqnAcctAssgmt kids:RequisitionAccount
nav _PurchaseReqnDelivAddress maybe PurchaseReqnDelivAddress kids:RequisitionAddress
nav _PurReqn one PurchaseReqn up:Requisition

set PurchaseReqnAcctAssgmt of PurchaseReqnAcctAssgmtType in RequisitionAccount -delete etag messages
PurchaseRequisition S10! key default U, PurchaseRequisitionItem S5! key default N,
PurchaseReqnAcctAssgmtNumber S2! key computed N, CostCenter S10! U, MasterFixedAsset S12! U, ProjectNetwork S12! U,
BaseUnit S3!, BaseUnitISOCode S3! U, Quantity D13.3!, MultipleAcctAssgmtDistrPercent D3.1!,
PurReqnItemCurrency S3! U, PurReqnNetAmount D13.v!, IsDeleted B!, GLAccount S10! U, BusinessArea S4! U,
SalesOrder S10! U, SalesOrderItem S6! N, SalesOrderScheduleLine S4! N, FixedAsset S4! U, OrderID S12! U,
UnloadingPointName S25!, ControllingArea S4! U, CostObject S12! U, ProfitCenter S10! U,
ProjectNetworkInternalID S10! N, CommitmentItem S24! U, FundsCenter S16! U, Fund S10! U, FunctionalArea S16! U,
CreationDate DATE, GoodsRecipientName S12!, REInternalFinNumber S8! U, NetworkActivityInternalID S8! N,
PartnerAccountNumber S10! U, JointVentureRecoveryCode S2! U, SettlementReferenceDate DATE, OrderInternalID S10! N,
OrderIntBillOfOperationsItem S8! N, EarmarkedFundsDocument S10! U, CostCtrActivityType S6! U, BusinessProcess S12! U,
GrantID S20! U, ValidityDate DATE, ChartOfAccounts S4! U, WBSElementExternalID S24!, NetworkActivity S4! U -f -s
nav _PurchaseRequisitionItem one PurchaseReqnItem up:RequisitionItem
nav _PurReqn one PurchaseReqn up:Requisition

set PurchaseReqnDelivAddress of PurchaseReqnDelivAddressType in RequisitionAddress -create -delete etag messages
PurchaseRequisition S10! key default U, PurchaseRequisitionItem S5! key default N, AddressID S10! computed U,
Plant S4! U, PurchasingDeliveryAddressType S1! computed U, ManualDeliveryAddressID S10! computed U,
ItemDeliveryAddressID S10! computed U, CareOfName S40!, AdditionalStreetSuffixName S40!, CorrespondenceLanguage S2!,
PrfrdCommMediumType S3! U, POBox S10! U, POBoxIsWithoutNumber B!, POBoxPostalCode S10! U, POBoxLobbyName S40!,
POBoxDeviatingCityName S40!, POBoxDeviatingRegion S3! U, POBoxDeviatingCountry S3! U, DeliveryServiceTypeCode S4! U,
DeliveryServiceNumber S10! U, AddressTimeZone S6! U, FullName S80! computed, CityName S40!, District S40!,
CityCode S12! U, HomeCityName S40!, PostalCode S10! U, CompanyPostalCode S10! U, StreetName S60!,
StreetPrefixName S40!, AdditionalStreetPrefixName S40!, StreetSuffixName S40!, HouseNumber S10!,
HouseNumberSupplementText S10!, Building S20!, Floor S10!, RoomNumber S10!, Country S3! U, Region S3! U, County S40!,
FormOfAddress S4! U, BusinessPartnerName1 S40!, BusinessPartnerName2 S40!, PhoneNumber S30! U, FaxNumber S30! U,
EmailAddress S241!, SearchTerm1 S20! U, BusinessPartnerName3 S40!, BusinessPartnerName4 S40!, TaxJurisdiction S15! U,
TransportZone S10! U
nav _PurchaseRequisitionItem one PurchaseReqnItem up:RequisitionItem
nav _PurReqn one PurchaseReqn up:Requisition

action Validate on PurchaseReqn one
action EnablePurReqForPurchasing on PurchaseReqn one
action DiscardPurReqFromPurchasing on PurchaseReqn one
action EnablePurReqItemForPurchasing on PurchaseReqnItem one
action DiscardPurReqItemFromPurg on PurchaseReqnItem one
""",
)
