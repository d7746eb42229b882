"""API_COSTCENTER_SRV, OData V2: cost centers, read only.

Names, types and flags are those of the service's metadata in S/4HANA Cloud.
"""

from simulators.sap.declare import service

COST_CENTER_V2 = service(
    "API_COSTCENTER_SRV",
    version=2,
    text="""
set A_CostCenter of A_CostCenterType in CostCenter -create -update -delete
ControllingArea S4! key U, CostCenter S10! key U, ValidityEndDate DT! key, ValidityStartDate DT, CompanyCode S4 U,
BusinessArea S4 U, CostCtrResponsiblePersonName S20, CostCtrResponsibleUser S12 U, CostCenterCurrency S5,
ProfitCenter S10 U, Department S12, CostingSheet S6 U, FunctionalArea S16 U, Country S3 U, Region S3 U, CityName S35,
CostCenterStandardHierArea S12 U, CostCenterCategory S1 U, IsBlkdForPrimaryCostsPosting S1 U,
IsBlkdForSecondaryCostsPosting S1 U, IsBlockedForRevenuePosting S1 U, IsBlockedForCommitmentPosting S1 U,
IsBlockedForPlanPrimaryCosts S1 U, IsBlockedForPlanSecondaryCosts S1 U, IsBlockedForPlanRevenues S1 U,
ConsumptionQtyIsRecorded S1 U, Language S2, CostCenterCreatedByUser S12 U, CostCenterCreationDate DT
nav to_Text many A_CostCenterText kids:CostCenterText

set A_CostCenterText of A_CostCenterTextType in CostCenterText -create -update -delete
CostCenter S10! key U, ControllingArea S4! key U, Language S2! key, ValidityEndDate DT! key, ValidityStartDate DT,
CostCenterName S20, CostCenterDescription S40
nav to_CostCenter one A_CostCenter up:CostCenter
""",
)
