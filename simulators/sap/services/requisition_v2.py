"""API_PURCHASEREQ_PROCESS_SRV, OData V2: purchase requisitions.

Names, types and flags are those of the service's metadata. ``<Name`` says where a value is stored when the newer
service gave the field another name.
"""

from simulators.sap.declare import service

REQUISITION_V2 = service(
    "API_PURCHASEREQ_PROCESS_SRV",
    version=2,
    text="""
set A_PurchaseRequisitionHeader of A_PurchaseRequisitionHeaderType in Requisition -delete
PurchaseRequisition S10! key U, PurchaseRequisitionType S4 U, PurReqnDescription S40, SourceDetermination B U,
PurReqnDoOnlyValidation B U
nav to_PurchaseReqnItem many A_PurchaseRequisitionItem kids:RequisitionItem

set A_PurchaseRequisitionItem of A_PurchaseRequisitionItemType in RequisitionItem -delete
PurchaseRequisition S10! key U, PurchaseRequisitionItem S5! key N, PurchasingDocument S10 U,
PurchasingDocumentItem S5 N, PurReqnReleaseStatus S2 U, PurchaseRequisitionType S4 U,
PurchasingDocumentSubtype S1 ro U, PurchasingDocumentItemCategory S1 U, PurchaseRequisitionItemText S40,
AccountAssignmentCategory S1 U, Material S40 U, MaterialGroup S9 U, PurchasingDocumentCategory S1 ro U,
RequestedQuantity D13.3, BaseUnit S3, PurchaseRequisitionPrice D12.3, PurReqnPriceQuantity D5.0,
MaterialGoodsReceiptDuration D3.0, ReleaseCode S1 U, PurchaseRequisitionReleaseDate DT, PurchasingOrganization S4 U,
PurchasingGroup S3 U, Plant S4 U, CompanyCode S4 U, SourceOfSupplyIsAssigned B ro U, SupplyingPlant S4 U,
OrderedQuantity D13.3, DeliveryDate DT, CreationDate DT ro, ProcessingStatus S1 U, ExternalApprovalStatus S1 U,
PurchasingInfoRecord S10 U, Supplier S10 U, IsDeleted S1 U, FixedSupplier S10 U, RequisitionerName S12,
CreatedByUser S12 ro U, PurReqCreationDate DT ro, DeliveryAddressID S10 ro U, ManualDeliveryAddressID S10 ro U,
PurReqnItemCurrency S5 U, MaterialPlannedDeliveryDurn D3.0, DelivDateCategory S1 U,
MultipleAcctAssgmtDistribution S1 U, StorageLocation S4 U, PurReqnSSPRequestor S60, PurReqnSSPAuthor S12 U,
PurchaseContract S10 U, PurReqnSourceOfSupplyType S1 ro U, PurchaseContractItem S5 N, ConsumptionPosting S1 U,
PurReqnOrigin S1 U, PurReqnSSPCatalog S20, PurReqnSSPCatalogItem S40, PurReqnSSPCrossCatalogItem Int32,
IsPurReqnBlocked S1 U, ItemDeliveryAddressID S10 U, Language S2, IsClosed B U, ReleaseIsNotCompleted B U,
ServicePerformer S10 U, ProductType S2 U <ProductTypeCode, PurchaseRequisitionStatus S8 U, ReleaseStrategy S2 U,
PerformancePeriodStartDate DT, PerformancePeriodEndDate DT, PurchaseOrderPriceType S1 U,
SupplierMaterialNumber S35 U, Batch S10 U, MaterialRevisionLevel S2 U, MinRemainingShelfLife D4.0,
ItemNetAmount D16.3, GoodsReceiptIsExpected B U, InvoiceIsExpected B U, GoodsReceiptIsNonValuated B U,
RequirementTracking S10 U, MRPController S3 U, TaxCode S2 U, PurchaseRequisitionIsFixed B U, AddressID S10 ro U,
LastChangeDateTime DTO ro, Reservation S10 ro N, ExpectedOverallLimitAmount D14.3, OverallLimitAmount D14.3,
PurContractForOverallLimit S10 U new, PurReqnExternalReference S35 U, PurReqnItemExternalReference S10 U,
PurReqnExternalSystemId S60, PurReqnExternalSystemType S1 U, PurReqnTypeExternalReference S4 U,
PurReqnProcessingType S1 U, PurReqnProcessingDateTime S14 U, ProcmtHubBackendBusSyst S60,
SSPAuthorExternalBPIdnNumber S60 U, SSPReqrUserId S12 U
nav to_PurchaseReqn one A_PurchaseRequisitionHeader up:Requisition
nav to_PurchaseReqnAcctAssgmt many A_PurReqnAcctAssgmt kids:RequisitionAccount
nav to_PurchaseReqnDeliveryAddress maybe A_PurReqAddDelivery kids:RequisitionAddress

set A_PurReqnAcctAssgmt of A_PurReqnAcctAssgmtType in RequisitionAccount -delete
PurchaseRequisition S10! key U, PurchaseRequisitionItem S5! key N, PurchaseReqnAcctAssgmtNumber S2! key N,
CostCenter S10 U, MasterFixedAsset S12 U, ProjectNetwork S12 U, BaseUnit S3 ro, Quantity D13.3,
MultipleAcctAssgmtDistrPercent D3.1, PurReqnItemCurrency S5 ro U, PurReqnNetAmount D14.3, IsDeleted S1 U,
CostElement S10 U, GLAccount S10 U, BusinessArea S4 U, SDDocument S10 U, SalesOrder S10 U, SalesDocumentItem S6 N,
SalesOrderItem S6 N, ScheduleLine S4 N, SalesOrderScheduleLine S4 N, FixedAsset S4 U, ProcessOrder S12 U,
OrderID S12 U, UnloadingPointName S25, ControllingArea S4 U, CostObject S12 U, ProfitabilitySegment S10 N,
ProfitCenter S10 U, ProjectNetworkInternalID S10 N, CommitmentItem S24 U, FundsCenter S16 U, Fund S10 U,
FunctionalArea S16 U, CreationDate DT, GoodsRecipientName S12, RealEstateObject S40 U,
NetworkActivityInternalID S8 N, PartnerAccountNumber S10 U, JointVentureRecoveryCode S2 U,
SettlementReferenceDate DT, OrderInternalID S10 N, OrderIntBillOfOperationsItem S8 N, EarmarkedFundsDocument S10 U,
CostCtrActivityType S6 U, BusinessProcess S12 U, GrantID S20 U, ValidityDate DT, ChartOfAccounts S4 U,
WBSElement S24 U, NetworkActivity S4 -f -s U new, PurchaseRequisitionType S4 U, Plant S4 U,
PurchasingOrganization S4 U, PurchasingGroup S3 U

set A_PurReqAddDelivery of A_PurReqAddDeliveryType in RequisitionAddress -create -delete
PurchaseRequisition S10! key U, PurchaseRequisitionItem S5! key N, AddressID S10 ro U, Plant S4 U,
AddressType S1 ro U, ManualDeliveryAddressID S10 ro U, ItemDeliveryAddressID S10 ro U, CareOfName S40,
AdditionalStreetSuffixName S40, CorrespondenceLanguage S2, PrfrdCommMediumType S3 U, POBox S10 U,
POBoxIsWithoutNumber B U, POBoxPostalCode S10 U, POBoxLobbyName S40, POBoxDeviatingCityName S40,
POBoxDeviatingRegion S3 U, POBoxDeviatingCountry S3 U, DeliveryServiceTypeCode S4 U, DeliveryServiceNumber S10 U,
AddressTimeZone S6 U, FullName S80 ro, CityName S40, District S40, CityCode S12 U, HomeCityName S40,
PostalCode S10 U, CompanyPostalCode S10 U, StreetName S60, StreetPrefixName S40, AdditionalStreetPrefixName S40,
StreetSuffixName S40, HouseNumber S10, HouseNumberSupplementText S10, Building S20, Floor S10, RoomNumber S10,
Country S3 U, Region S3 U, County S40, FormOfAddress S4 U, BusinessPartnerName1 S40, BusinessPartnerName2 S40,
Nation S1 U, PhoneNumber S30 U, FaxNumber S30 U, SearchTerm1 S20 U, StreetSearch S25 U, CitySearch S25 U,
BusinessPartnerName3 S40, BusinessPartnerName4 S40, TaxJurisdiction S15 U, TransportZone S10 U, Person S10 U,
AddresseeFullName S80 ro
""",
)
