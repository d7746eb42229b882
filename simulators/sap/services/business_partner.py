"""API_BUSINESS_PARTNER, OData V2: the parts of a business partner that a supplier has.

Names, types and flags are those of the service's metadata in S/4HANA Cloud.
"""

from simulators.sap.declare import service

BUSINESS_PARTNER = service(
    "API_BUSINESS_PARTNER",
    version=2,
    text="""
set A_BusinessPartner of A_BusinessPartnerType in BusinessPartner -delete
BusinessPartner S10! key U, Customer S10 ro U, Supplier S10 ro U, AcademicTitle S4 U, AuthorizationGroup S4 U,
BusinessPartnerCategory S1 U, BusinessPartnerFullName S81 ro, BusinessPartnerGrouping S4 U,
BusinessPartnerName S81 ro, BusinessPartnerUUID G ro, CorrespondenceLanguage S2, CreatedByUser S12 ro U,
CreationDate DT ro, CreationTime T ro, FirstName S40, FormOfAddress S4 U, Industry S10 U,
InternationalLocationNumber1 S7 N, InternationalLocationNumber2 S5 N, IsFemale B, IsMale B, IsNaturalPerson S1 U,
IsSexUnknown B, GenderCodeName S1 U, Language S2, LastChangeDate DT ro, LastChangeTime T ro,
LastChangedByUser S12 ro U, LastName S40, LegalForm S2 U, OrganizationBPName1 S40, OrganizationBPName2 S40,
OrganizationBPName3 S40, OrganizationBPName4 S40, OrganizationFoundationDate DT, OrganizationLiquidationDate DT,
SearchTerm1 S20 U, SearchTerm2 S20 U, AdditionalLastName S40, BirthDate DT, BusinessPartnerBirthDateStatus S1 U,
BusinessPartnerBirthplaceName S40, BusinessPartnerDeathDate DT, BusinessPartnerIsBlocked B, BusinessPartnerType S4 U,
ETag S26 ro, GroupBusinessPartnerName1 S40, GroupBusinessPartnerName2 S40, IndependentAddressID S10 ro U,
InternationalLocationNumber3 S1 N, MiddleName S40, NameCountry S3 U, NameFormat S2 U, PersonFullName S80,
PersonNumber S10 ro U, IsMarkedForArchiving B, BusinessPartnerIDByExtSystem S20 U,
BusinessPartnerPrintFormat S1 U new, BusinessPartnerOccupation S4 U new, BusPartMaritalStatus S1 U new,
BusPartNationality S3 U new, BusinessPartnerBirthName S40 new, BusinessPartnerSupplementName S4 U new,
NaturalPersonEmployerName S35 new, LastNamePrefix S4 U new, LastNameSecondPrefix S4 U new, Initials S10 U new,
BPDataControllerIsNotRequired B new, TradingPartner S6 U
nav to_BusinessPartnerAddress many A_BusinessPartnerAddress kids:BusinessPartnerAddress
nav to_BusinessPartnerBank many A_BusinessPartnerBank kids:BusinessPartnerBank
nav to_BusinessPartnerRole many A_BusinessPartnerRole kids:BusinessPartnerRole
nav to_BusinessPartnerTax many A_BusinessPartnerTaxNumber kids:BusinessPartnerTax
nav to_BuPaIdentification many A_BuPaIdentification kids:BusinessPartnerIdentification
nav to_Supplier maybe A_Supplier link:Supplier

set A_BusinessPartnerAddress of A_BusinessPartnerAddressType in BusinessPartnerAddress
BusinessPartner S10! key U, AddressID S10! key U, ValidityStartDate DTO(0), ValidityEndDate DTO(0),
AuthorizationGroup S4 U, AddressUUID G ro, AdditionalStreetPrefixName S40, AdditionalStreetSuffixName S40,
AddressTimeZone S6 U, CareOfName S40, CityCode S12 U, CityName S40, CompanyPostalCode S10 U, Country S3 U,
County S40, DeliveryServiceNumber S10 U, DeliveryServiceTypeCode S4 U, District S40, FormOfAddress S4 ro U,
FullName S80 ro, HomeCityName S40, HouseNumber S10, HouseNumberSupplementText S10, Language S2, POBox S10 U,
POBoxDeviatingCityName S40, POBoxDeviatingCountry S3 U, POBoxDeviatingRegion S3 U, POBoxIsWithoutNumber B,
POBoxLobbyName S40, POBoxPostalCode S10 U, Person S10 ro U, PostalCode S10 U, PrfrdCommMediumType S3 U, Region S3 U,
StreetName S60, StreetPrefixName S40, StreetSuffixName S40, TaxJurisdiction S15 U, TransportZone S10 U,
AddressIDByExternalSystem S20 U, CountyCode S8 U, TownshipCode S8 U, TownshipName S40, Building S20 new,
Floor S10 new, RoomNumber S10 new
nav to_AddressUsage many A_BuPaAddressUsage kids:AddressUsage
nav to_EmailAddress many A_AddressEmailAddress kids:AddressEmail
nav to_FaxNumber many A_AddressFaxNumber kids:AddressFax
nav to_MobilePhoneNumber many A_AddressPhoneNumber kids:AddressPhone?PhoneNumberType=3
nav to_PhoneNumber many A_AddressPhoneNumber kids:AddressPhone?PhoneNumberType=1

set A_AddressEmailAddress of A_AddressEmailAddressType in AddressEmail
AddressID S10! key U, Person S10! key U, OrdinalNumber S3! key N, IsDefaultEmailAddress B, EmailAddress S241,
SearchEmailAddress S20 ro U, AddressCommunicationRemarkText S50

set A_AddressFaxNumber of A_AddressFaxNumberType in AddressFax
AddressID S10! key U, Person S10! key U, OrdinalNumber S3! key N, IsDefaultFaxNumber B, FaxCountry S3 U,
FaxNumber S30 U, FaxNumberExtension S10 U, InternationalFaxNumber S30 ro U, AddressCommunicationRemarkText S50

set A_AddressPhoneNumber of A_AddressPhoneNumberType in AddressPhone
AddressID S10! key U, Person S10! key U, OrdinalNumber S3! key N, DestinationLocationCountry S3 U,
IsDefaultPhoneNumber B, PhoneNumber S30 U, PhoneNumberExtension S10 U, InternationalPhoneNumber S30 ro U,
PhoneNumberType S1 U, AddressCommunicationRemarkText S50

set A_BuPaAddressUsage of A_BuPaAddressUsageType in AddressUsage
BusinessPartner S10! key U, ValidityEndDate DTO(0)! key, AddressUsage S10! key U, AddressID S10! key U,
ValidityStartDate DTO(0), StandardUsage B, AuthorizationGroup S4 U

set A_BuPaIdentification of A_BuPaIdentificationType in BusinessPartnerIdentification
BusinessPartner S10! key U, BPIdentificationType S6! key U, BPIdentificationNumber S60! key U,
BPIdnNmbrIssuingInstitute S40, BPIdentificationEntryDate DT, Country S3 U, Region S3 U, ValidityStartDate DT,
ValidityEndDate DT, AuthorizationGroup S4 U

set A_BusinessPartnerBank of A_BusinessPartnerBankType in BusinessPartnerBank
BusinessPartner S10! key U, BankIdentification S4! key U, BankCountryKey S3 U, BankName S60 ro, BankNumber S15 U,
SWIFTCode S11 ro U, BankControlKey S2 U, BankAccountHolderName S60, BankAccountName S40, ValidityStartDate DTO(0),
ValidityEndDate DTO(0), IBAN S34 U, IBANValidityStartDate DT, BankAccount S18 U, BankAccountReferenceText S20 U,
CollectionAuthInd B, CityName S35 ro, AuthorizationGroup S4 U

set A_BusinessPartnerRole of A_BusinessPartnerRoleType in BusinessPartnerRole -delete
BusinessPartner S10! key U, BusinessPartnerRole S6! key U, ValidFrom DTO(0), ValidTo DTO(0), AuthorizationGroup S4 U

set A_BusinessPartnerTaxNumber of A_BusinessPartnerTaxNumberType in BusinessPartnerTax
BusinessPartner S10! key U, BPTaxType S4! key U, BPTaxNumber S20 U, BPTaxLongNumber S60 U, AuthorizationGroup S4 U

set A_Supplier of A_SupplierType in Supplier -create -delete
Supplier S10! key U, AlternativePayeeAccountNumber S10 U, AuthorizationGroup S4 U,
BusinessPartnerPanNumber S40 U new, CreatedByUser S12 ro U, CreationDate DT ro, Customer S10 U,
PaymentIsBlockedForSupplier B, PostingIsBlocked B, PurchasingIsBlocked B, SupplierAccountGroup S4 U,
SupplierFullName S220 ro U, SupplierName S80 ro, VATRegistration S20 ro U, BirthDate DT,
ConcatenatedInternationalLocNo S20 ro, DeletionIndicator B, FiscalAddress S10 U, Industry S4 ro U,
InternationalLocationNumber1 S7 ro N, InternationalLocationNumber2 S5 ro N, InternationalLocationNumber3 S1 ro N,
IsNaturalPerson S1 ro U, PaymentReason S4 U new, ResponsibleType S2 U, SuplrQltyInProcmtCertfnValidTo DT,
SuplrQualityManagementSystem S4 U, SupplierCorporateGroup S10 U, SupplierProcurementBlock S2 U, TaxNumber1 S16 ro U,
TaxNumber2 S11 ro U, TaxNumber3 S18 ro U, TaxNumber4 S18 ro U, TaxNumber5 S60 ro U, TaxNumberResponsible S18 U,
TaxNumberType S2 U, SuplrProofOfDelivRlvtCode S1 U, BR_TaxIsSplit B, DataExchangeInstructionKey S2 U new,
BR_TermsOfLiabilityAreAccepted B new, BR_BPIsMicroCompany B new, BR_BPCompanySizeType S2 U new,
BR_PISAndCOFINSDeclnRegimen S2 U new, BR_EconomicActivityNatlClfn S7 U new, BR_BPLegalNatureType S4 N new,
BR_TaxRegimenCode S1 U new, BR_ICMSTaxPayerType S2 U new, BR_IndustryMainType S2 U new,
BR_TaxDeclarationType S2 U new, JP_SuplrAmtInCapitalAmount D16.3 new, JP_SupplierCapitalAmountCrcy S5 U new
nav to_SupplierCompany many A_SupplierCompany kids:SupplierCompany
nav to_SupplierPurchasingOrg many A_SupplierPurchasingOrg kids:SupplierPurchasingOrg

set A_SupplierCompany of A_SupplierCompanyType in SupplierCompany -delete
Supplier S10! key U, CompanyCode S4! key U, AuthorizationGroup S4 U, CompanyCodeName S25 ro,
PaymentBlockingReason S1 U, SupplierIsBlockedForPosting B, AccountingClerk S2 U, AccountingClerkFaxNumber S31,
AccountingClerkPhoneNumber S30 U, SupplierClerk S15, SupplierClerkURL S130, PaymentMethodsList S10 U,
PaymentReason S4 U new, PaymentTerms S4 U, ClearCustomerSupplier B, IsToBeLocallyProcessed B,
ItemIsToBePaidSeparately B, PaymentIsToBeSentByEDI B, HouseBank S5 U, CheckPaidDurationInDays D3.0, Currency S5 U,
BillOfExchLmtAmtInCoCodeCrcy D14.3, SupplierClerkIDBySupplier S12 U, ReconciliationAccount S10 U,
InterestCalculationCode S2 U, InterestCalculationDate DT, IntrstCalcFrequencyInMonths S2 N, SupplierHeadOffice S10 U,
AlternativePayee S10 U, LayoutSortingRule S3 U, APARToleranceGroup S4 U, SupplierCertificationDate DT,
SupplierAccountNote S30, WithholdingTaxCountry S3 U, DeletionIndicator B, CashPlanningGroup S10 U,
IsToBeCheckedForDuplicates B, MinorityGroup S3 U, CreditMemoPaymentTerms S4 U new, SupplierAccountGroup S4 U
nav to_Supplier one A_Supplier up:Supplier

set A_SupplierPurchasingOrg of A_SupplierPurchasingOrgType in SupplierPurchasingOrg -delete
Supplier S10! key U, PurchasingOrganization S4! key U, AutomaticEvaluatedRcptSettlmt B new,
CalculationSchemaGroupCode S2 U, DeletionIndicator B, EvaldReceiptSettlementIsActive B new,
IncotermsClassification S3 U, IncotermsTransferLocation S28, IncotermsVersion S4 U, IncotermsLocation1 S70,
IncotermsLocation2 S70, IncotermsSupChnLoc1AddlUUID G new, IncotermsSupChnLoc2AddlUUID G new,
IncotermsSupChnDvtgLocAddlUUID G new, IntrastatCrsBorderTrMode S1 U new, InvoiceIsGoodsReceiptBased B,
InvoiceIsMMServiceEntryBased B new, MaterialPlannedDeliveryDurn D3.0, MinimumOrderAmount D14.3, PaymentTerms S4 U,
PlanningCycle S3 U new, PricingDateControl S1 U, ProdStockAndSlsDataTransfPrfl S4 U new, ProductUnitGroup S4 U new,
PurOrdAutoGenerationIsAllowed B, PurchaseOrderCurrency S5 U, PurchasingGroup S3 U, PurchasingIsBlockedForSupplier B,
RoundingProfile S4 U new, ShippingCondition S2 U, SuplrDiscountInKindIsGranted B new, SuplrInvcRevalIsAllowed B new,
SuplrIsRlvtForSettlmtMgmt B new, SuplrPurgOrgIsRlvtForPriceDetn B new, SupplierABCClassificationCode S1 U,
SupplierAccountNumber S12 U new, SupplierIsReturnsSupplier B new, SupplierPhoneNumber S16,
SupplierRespSalesPersonName S30, SupplierConfirmationControlKey S4 U, IsOrderAcknRqd B, AuthorizationGroup S4 U,
SupplierAccountGroup S4 U
""",
)
