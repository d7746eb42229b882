"""Cost centers and the reference data of accounting and purchasing."""

from __future__ import annotations

from integrations.systems.sap.entity import Child, Entity, fields

# API_COST_CENTER (CE_COSTCENTER_0001), OData V4

COST_CENTER_V4 = Entity(
    "CostCenter_Type",
    fields(
        "ControllingArea CostCenter ValidityEndDate:date ValidityStartDate:date CompanyCode ProfitCenter "
        "CostCenterCategory CostCtrResponsiblePersonName CostCenterStandardHierArea CostCenterCurrency Department "
        "CostCenterName CostCenterDescription Language IsBlkdForPrimaryCostsPosting:bool "
        "IsBlockedForCommitmentPosting:bool CostCenterCreationDate:date CostCenterCreationTime:time "
        "CostCenterLastChangedOnDate:date CostCenterLastChangedAtTime:time"
    ),
    (
        Child(
            "texts",
            "_CostCenterText",
            Entity("CostCenterText_Type", fields("Language CostCenterName CostCenterDescription")),
        ),
    ),
)

# API_COSTCENTER_SRV, OData V2, read only: names stand in the texts, nothing tells a change

COST_CENTER_V2 = Entity(
    "A_CostCenterType",
    fields(
        "ControllingArea CostCenter ValidityEndDate:date ValidityStartDate:date CompanyCode ProfitCenter "
        "CostCenterCategory CostCtrResponsiblePersonName CostCenterStandardHierArea CostCenterCurrency Department "
        "Language IsBlkdForPrimaryCostsPosting:flag IsBlockedForCommitmentPosting:flag CostCenterCreationDate:date"
    ),
    (
        Child(
            "texts",
            "to_Text",
            Entity("A_CostCenterTextType", fields("Language CostCenterName CostCenterDescription")),
        ),
    ),
)

# Reference data: API_COMPANYCODE_SRV, CE_PURCHASINGORGANIZATION_0001, CE_PURCHASINGGROUP_0001

COMPANY_CODE = Entity(
    "A_CompanyCodeType",
    fields("CompanyCode CompanyCodeName CityName Country Currency Language ChartOfAccounts ControllingArea"),
)
PURCHASING_ORGANIZATION = Entity(
    "A_PurchasingOrganization_Type", fields("PurchasingOrganization PurchasingOrganizationName CompanyCode")
)
PURCHASING_GROUP = Entity("A_PurchasingGroupType", fields("PurchasingGroup PurchasingGroupName"))
