"""API_COST_CENTER, OData V4: cost centers, read and write.

Names, types and flags are those of the service's metadata in S/4HANA Cloud. The keys are computed: a cost center of
a chosen number is created by the action CreateValidityPeriod.
"""

from simulators.sap.declare import service

COST_CENTER_V4 = service(
    "API_COST_CENTER",
    path="api_cost_center/srvd_a2x/sap/costcenter/0001",
    version=4,
    text="""
set A_CostCenter_2 of CostCenter_Type in CostCenter messages
ControllingArea S4! key computed U, CostCenter S10! key computed U, ValidityEndDate DATE! key default,
ValidityStartDate DATE must, CostCenterName S20! must, CostCenterDescription S40! must,
IsBlkdForPrimaryCostsPosting B!, IsBlockedForPlanPrimaryCosts B!, CompanyCode S4! must U, BusinessArea S4! U,
CostCenterCategory S1! must U, CostCtrResponsiblePersonName S20! must, CostCtrResponsibleUser S12! U,
CostCenterCurrency S3! U, CostingSheet S6! U, TaxJurisdiction S15! U, ProfitCenter S10! U, Plant S4! U,
LogicalSystem S10! U, CostCenterCreationDate DATE, CostCenterCreatedByUser S12! U, IsBlkdForSecondaryCostsPosting B!,
IsBlockedForRevenuePosting B!, IsBlockedForCommitmentPosting B!, IsBlockedForPlanSecondaryCosts B!,
IsBlockedForPlanRevenues B!, CostCenterAllocationMethod S2! U, ConsumptionQtyIsRecorded B!, Department S12!,
Country S3! U, FormOfAddress S15!, AddressName S35!, AddressAdditionalName S35!, CostCenterAddrName3 S35!,
CostCenterAddrName4 S35!, CityName S35!, District S35!, StreetAddressName S35!, POBox S10! U, PostalCode S10! U,
POBoxPostalCode S10! U, Region S3! U, Language S2!, TeleboxNumber S15!, PhoneNumber1 S16! U, PhoneNumber2 S16!,
FaxNumber S31!, TeletexNumber S30!, TelexNumber S30!, DataCommunicationPhoneNumber S14!,
CostCenterPrinterDestination S4! U, CostCenterStandardHierArea S12! must U, CostCenterFunction S3! U,
CostCenterAlternativeFunction S3! U, FunctionalArea S16! U, ActyIndepFormulaPlanningTmpl S10! U,
ActyDepdntFormulaPlanningTmpl S10! U, ActyIndependentAllocationTmpl S10! U, ActyDependentAllocationTmpl S10! U,
ActlIndepStatisticalKeyFigures S10! U, ActlDepStatisticalKeyFigures S10! U, JointVenture S6! U,
JointVentureRecoveryCode S2! U, JointVentureEquityType S3! U, JointVentureObjectType S4! U, JointVentureClass S3! U,
JointVentureSubClass S5! U, BudgetCarryingCostCenter S10! U, AvailabilityControlProfile S6! U,
AvailabilityControlIsActive B!, Fund S10! U, GrantID S20! U, FundIsFixAssigned B!, GrantIDIsFixAssigned B!,
FunctionalAreaIsFixAssigned B!, CostCenterIsBudgetCarrying B!, CostCenterCreationTime TOD!,
CostCenterLastChangedByUser S12! U, CostCenterLastChangedOnDate DATE, CostCenterLastChangedAtTime TOD!
nav _CostCenterText many A_CostCenterText_2 kids:CostCenterText

set A_CostCenterText_2 of CostCenterText_Type in CostCenterText -create messages
Language S2! key default, ControllingArea S4! key default U, CostCenter S10! key default U,
ValidityEndDate DATE! key default, CostCenterName S20!, CostCenterDescription S40!
nav _CostCenter one A_CostCenter_2 up:CostCenter

action CreateValidityPeriod on A_CostCenter_2 many CostCtrCreateValidityPeriodP_Type
CostCenter S10! must U, ValidityEndDate DATE must, ValidityStartDate DATE must, CostCenterName S20! must,
CostCenterDescription S40! must, CompanyCode S4! must U, CostCenterCategory S1! must U,
CostCtrResponsiblePersonName S20! must, CostCenterStandardHierArea S12! must U, ControllingArea S4! U,
IsBlkdForPrimaryCostsPosting B! U, CostCtrResponsibleUser S12! U, CostCenterCurrency S3! U, TaxJurisdiction S15! U,
ProfitCenter S10! U, LogicalSystem S10! U, CostCenterCreationDate DATE, CostCenterCreatedByUser S12! U,
IsBlkdForSecondaryCostsPosting B! U, IsBlockedForRevenuePosting B! U, IsBlockedForCommitmentPosting B! U,
ConsumptionQtyIsRecorded B! U, Department S12!, Country S3! U, FormOfAddress S15!, AddressName S35!, CityName S35!,
District S35!, StreetAddressName S35!, POBox S10! U, PostalCode S10! U, POBoxPostalCode S10! U, Region S3! U,
Language S2!, PhoneNumber1 S16! U, FaxNumber S31!, CostCenterPrinterDestination S4! U, FunctionalArea S16! U,
JointVenture S6! U, JointVentureRecoveryCode S2! U, JointVentureEquityType S3! U, JointVentureObjectType S4! U,
JointVentureClass S3! U, JointVentureSubClass S5! U, BudgetCarryingCostCenter S10! U,
AvailabilityControlProfile S6! U, AvailabilityControlIsActive B! U, Fund S10! U, GrantID S20! U,
FundIsFixAssigned B! U, GrantIDIsFixAssigned B! U, FunctionalAreaIsFixAssigned B! U, CostCenterIsBudgetCarrying B! U,
CostCenterCreationTime TOD!, CostCenterLastChangedByUser S12! U, CostCenterLastChangedOnDate DATE,
CostCenterLastChangedAtTime TOD!
list _CostCenterText D_CostCtrCrteValdtyPeriodTxtP Language S2!, ControllingArea S4!, CostCenter S10!, \
ValidityEndDate DATE, CostCenterName S20!, CostCenterDescription S40!

action UpdateValidityPeriod on A_CostCenter_2 many CostCtrUpdateValidityPeriodP_Type
CostCenter S10! must U, ValidityEndDate DATE must, ControllingArea S4! U, NewValidityEndDate DATE,
ValidityStartDate DATE, CostCenterName S20!, CostCenterDescription S40!, IsBlkdForPrimaryCostsPosting B! U,
CompanyCode S4! U, CostCenterCategory S1! U, CostCtrResponsiblePersonName S20!, CostCtrResponsibleUser S12! U,
CostCenterCurrency S3! U, TaxJurisdiction S15! U, ProfitCenter S10! U, LogicalSystem S10! U,
CostCenterCreationDate DATE, CostCenterCreatedByUser S12! U, IsBlkdForSecondaryCostsPosting B! U,
IsBlockedForRevenuePosting B! U, IsBlockedForCommitmentPosting B! U, ConsumptionQtyIsRecorded B! U, Department S12!,
Country S3! U, FormOfAddress S15!, AddressName S35!, CityName S35!, District S35!, StreetAddressName S35!,
POBox S10! U, PostalCode S10! U, POBoxPostalCode S10! U, Region S3! U, Language S2!, PhoneNumber1 S16! U,
FaxNumber S31!, CostCenterPrinterDestination S4! U, CostCenterStandardHierArea S12! U, FunctionalArea S16! U,
JointVenture S6! U, JointVentureRecoveryCode S2! U, JointVentureEquityType S3! U, JointVentureObjectType S4! U,
JointVentureClass S3! U, JointVentureSubClass S5! U, BudgetCarryingCostCenter S10! U,
AvailabilityControlProfile S6! U, AvailabilityControlIsActive B! U, Fund S10! U, GrantID S20! U,
FundIsFixAssigned B! U, GrantIDIsFixAssigned B! U, FunctionalAreaIsFixAssigned B! U, CostCenterIsBudgetCarrying B! U,
CostCenterCreationTime TOD!, CostCenterLastChangedByUser S12! U, CostCenterLastChangedOnDate DATE,
CostCenterLastChangedAtTime TOD!
list _CostCenterText D_CostCtrUpdtValdtyPeriodTxtP Language S2!, ControllingArea S4!, CostCenter S10!, \
ValidityEndDate DATE, CostCenterName S20!, CostCenterDescription S40!
""",
)
