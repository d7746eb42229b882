"""Every entity and field that is read from SAP, once: names and types are those of SAP's metadata documents.

Where OData V2 and V4 differ, the V4 name stands left of the "=" and is the one our rows carry. Bank data is declared
nowhere, so it is never read.
"""

from __future__ import annotations

from collections.abc import Mapping

from integrations.systems.sap.entity import Child, Entity, fields

# API_PURCHASEORDER_2 (CE_PURCHASEORDER_0001), OData V4

_V4_ACCOUNT = Entity(
    "PurchaseOrderAccountAssignment_Type",
    fields(
        "AccountAssignmentNumber:item CostCenter GLAccount ControllingArea ProfitCenter OrderID WBSElementExternalID "
        "FunctionalArea Quantity:decimal MultipleAcctAssgmtDistrPercent:decimal PurgDocNetAmount:decimal IsDeleted:bool"
    ),
)
_V4_SCHEDULE = Entity(
    "PurchaseOrderScheduleLine_Type",
    fields(
        "ScheduleLine:item ScheduleLineDeliveryDate:date ScheduleLineOrderQuantity:decimal "
        "PerformancePeriodStartDate:date PerformancePeriodEndDate:date"
    ),
)
_V4_DELIVERY = Entity(
    "PurOrderItemDeliveryAddress_Type",
    fields(
        "DeliveryAddressID AddresseeFullName OrganizationName1 OrganizationName2 StreetName HouseNumber CityName "
        "DistrictName PostalCode Region Country"
    ),
)
_V4_ITEM = Entity(
    "PurchaseOrderItem_Type",
    fields(
        "PurchaseOrderItem:item PurchasingDocumentDeletionCode PurchaseOrderItemText Material MaterialGroup "
        "SupplierMaterialNumber Plant StorageLocation OrderQuantity:decimal PurchaseOrderQuantityUnit OrderPriceUnit "
        "OrderPriceUnitToOrderUnitNmrtr:decimal OrdPriceUnitToOrderUnitDnmntr:decimal NetPriceAmount:decimal "
        "NetPriceQuantity:decimal DocumentCurrency NetAmount:decimal GrossAmount:decimal TaxCode "
        "PurchaseOrderItemCategory AccountAssignmentCategory MultipleAcctAssgmtDistribution ProductTypeCode "
        "IsCompletelyDelivered:bool IsFinallyInvoiced:bool IsReturnsItem:bool PurchasingItemIsFreeOfCharge:bool "
        "GoodsReceiptIsExpected:bool InvoiceIsExpected:bool PurchaseRequisition PurchaseRequisitionItem:item "
        "RequisitionerName RequirementTracking"
    ),
    (
        Child("account_assignments", "_PurOrdAccountAssignment", _V4_ACCOUNT),
        Child("schedule_lines", "_PurchaseOrderScheduleLineTP", _V4_SCHEDULE),
        Child("delivery_address", "_DeliveryAddress", _V4_DELIVERY, many=False),
    ),
)
PURCHASE_ORDER_V4 = Entity(
    "PurchaseOrder_Type",
    fields(
        "PurchaseOrder PurchaseOrderType CompanyCode PurchasingOrganization PurchasingGroup Supplier SupplyingPlant "
        "InvoicingParty DocumentCurrency PaymentTerms PurchaseOrderDate:date CreationDate:date CreatedByUser "
        "LastChangeDateTime:stamp PurchaseOrderDeletionCode PurchasingProcessingStatus ReleaseIsNotCompleted:bool "
        "PurchasingCompletenessStatus:bool CorrespncExternalReference CorrespncInternalReference "
        "SupplierRespSalesPersonName Language"
    ),
    (Child("items", "_PurchaseOrderItem", _V4_ITEM),),
)

# API_PURCHASEORDER_PROCESS_SRV, OData V2

_V2_ACCOUNT = Entity("A_PurOrdAccountAssignmentType", _V4_ACCOUNT.fields)
_V2_SCHEDULE = Entity("A_PurchaseOrderScheduleLineType", _V4_SCHEDULE.fields)
_V2_ITEM = Entity(
    "A_PurchaseOrderItemType",
    fields(
        "PurchaseOrderItem:item PurchasingDocumentDeletionCode PurchaseOrderItemText Material MaterialGroup "
        "SupplierMaterialNumber Plant StorageLocation OrderQuantity:decimal PurchaseOrderQuantityUnit OrderPriceUnit "
        "OrderPriceUnitToOrderUnitNmrtr:decimal OrdPriceUnitToOrderUnitDnmntr:decimal NetPriceAmount:decimal "
        "NetPriceQuantity:decimal DocumentCurrency TaxCode PurchaseOrderItemCategory AccountAssignmentCategory "
        "MultipleAcctAssgmtDistribution ProductTypeCode=ProductType IsCompletelyDelivered:bool IsFinallyInvoiced:bool "
        "IsReturnsItem:bool PurchasingItemIsFreeOfCharge:bool GoodsReceiptIsExpected:bool InvoiceIsExpected:bool "
        "PurchaseRequisition PurchaseRequisitionItem:item RequisitionerName DeliveryAddressID "
        "AddresseeFullName=DeliveryAddressFullName OrganizationName1=DeliveryAddressName "
        "OrganizationName2=DeliveryAddressName2 StreetName=DeliveryAddressStreetName "
        "HouseNumber=DeliveryAddressHouseNumber CityName=DeliveryAddressCityName "
        "DistrictName=DeliveryAddressDistrictName PostalCode=DeliveryAddressPostalCode Region=DeliveryAddressRegion "
        "Country=DeliveryAddressCountry"
    ),
    (
        Child("account_assignments", "to_AccountAssignment", _V2_ACCOUNT),
        Child("schedule_lines", "to_ScheduleLine", _V2_SCHEDULE),
    ),
)
PURCHASE_ORDER_V2 = Entity(
    "A_PurchaseOrderType",
    fields(
        "PurchaseOrder PurchaseOrderType CompanyCode PurchasingOrganization PurchasingGroup Supplier SupplyingPlant "
        "InvoicingParty DocumentCurrency PaymentTerms PurchaseOrderDate:date CreationDate:date CreatedByUser "
        "LastChangeDateTime:stamp PurchaseOrderDeletionCode=PurchasingDocumentDeletionCode PurchasingProcessingStatus "
        "ReleaseIsNotCompleted:bool PurchasingCompletenessStatus:bool CorrespncExternalReference "
        "CorrespncInternalReference SupplierRespSalesPersonName Language"
    ),
    (Child("items", "to_PurchaseOrderItem", _V2_ITEM),),
)
# The members that V4 has in an entity of its own and V2 flat on the item.
DELIVERY_ADDRESS = tuple(one.name for one in _V4_DELIVERY.fields)

# API_BUSINESS_PARTNER, OData V2

_PHONE = Entity(
    "A_AddressPhoneNumberType",
    fields(
        "OrdinalNumber PhoneNumber PhoneNumberExtension InternationalPhoneNumber PhoneNumberType "
        "IsDefaultPhoneNumber:bool"
    ),
)
_ADDRESS = Entity(
    "A_BusinessPartnerAddressType",
    fields(
        "AddressID ValidityStartDate:stamp ValidityEndDate:stamp CareOfName StreetName StreetPrefixName "
        "StreetSuffixName AdditionalStreetPrefixName HouseNumber HouseNumberSupplementText CityName District County "
        "PostalCode Region Country POBox POBoxPostalCode Language"
    ),
    (
        Child(
            "emails",
            "to_EmailAddress",
            Entity("A_AddressEmailAddressType", fields("OrdinalNumber EmailAddress IsDefaultEmailAddress:bool")),
        ),
        Child("phones", "to_PhoneNumber", _PHONE),
        Child("mobiles", "to_MobilePhoneNumber", _PHONE),
        Child(
            "faxes",
            "to_FaxNumber",
            Entity(
                "A_AddressFaxNumberType",
                fields("OrdinalNumber FaxNumber FaxNumberExtension InternationalFaxNumber IsDefaultFaxNumber:bool"),
            ),
        ),
        Child("usages", "to_AddressUsage", Entity("A_BuPaAddressUsageType", fields("AddressUsage"))),
    ),
)
_SUPPLIER = Entity(
    "A_SupplierType",
    fields(
        "Supplier SupplierName SupplierAccountGroup CreationDate:date PaymentIsBlockedForSupplier:bool "
        "PostingIsBlocked:bool PurchasingIsBlocked:bool DeletionIndicator:bool SupplierProcurementBlock"
    ),
    (
        Child(
            "companies",
            "to_SupplierCompany",
            Entity(
                "A_SupplierCompanyType",
                fields(
                    "CompanyCode PaymentTerms ReconciliationAccount SupplierIsBlockedForPosting:bool "
                    "PaymentBlockingReason DeletionIndicator:bool"
                ),
            ),
        ),
        Child(
            "purchasing_organizations",
            "to_SupplierPurchasingOrg",
            Entity(
                "A_SupplierPurchasingOrgType",
                fields(
                    "PurchasingOrganization PurchaseOrderCurrency PaymentTerms PurchasingGroup "
                    "IncotermsClassification PurchasingIsBlockedForSupplier:bool DeletionIndicator:bool"
                ),
            ),
        ),
    ),
)
BUSINESS_PARTNER = Entity(
    "A_BusinessPartnerType",
    fields(
        "BusinessPartner Supplier BusinessPartnerCategory BusinessPartnerGrouping BusinessPartnerUUID:guid "
        "BusinessPartnerFullName BusinessPartnerName OrganizationBPName1 OrganizationBPName2 OrganizationBPName3 "
        "OrganizationBPName4 FirstName LastName SearchTerm1 SearchTerm2 Language CorrespondenceLanguage "
        "BusinessPartnerIsBlocked:bool IsMarkedForArchiving:bool BusinessPartnerIDByExtSystem CreationDate:date "
        "CreationTime:time LastChangeDate:date LastChangeTime:time"
    ),
    (
        Child("addresses", "to_BusinessPartnerAddress", _ADDRESS),
        Child(
            "roles",
            "to_BusinessPartnerRole",
            Entity("A_BusinessPartnerRoleType", fields("BusinessPartnerRole")),
        ),
        Child(
            "tax_numbers",
            "to_BusinessPartnerTax",
            Entity("A_BusinessPartnerTaxNumberType", fields("BPTaxType BPTaxNumber")),
        ),
        Child("supplier", "to_Supplier", _SUPPLIER, many=False),
    ),
)

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

# What is read of each service document; a ping compares it with the tenant's own metadata.
DECLARED: Mapping[str, tuple[Entity, ...]] = {
    "API_PURCHASEORDER_2": (PURCHASE_ORDER_V4,),
    "API_PURCHASEORDER_PROCESS_SRV": (PURCHASE_ORDER_V2,),
    "API_BUSINESS_PARTNER": (BUSINESS_PARTNER,),
    "API_COST_CENTER": (COST_CENTER_V4,),
    "API_COSTCENTER_SRV": (COST_CENTER_V2,),
    "API_COMPANYCODE_SRV": (COMPANY_CODE,),
    "API_PURCHASINGORGANIZATION": (PURCHASING_ORGANIZATION,),
    "API_PURCHASINGGROUP": (PURCHASING_GROUP,),
}
