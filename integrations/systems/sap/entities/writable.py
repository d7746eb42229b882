"""What is written to SAP, field by field: only what a create or a change of that service accepts. Never bank data.

API_PURCHASEORDER_2 and API_PURCHASEORDER_PROCESS_SRV, API_PURCHASEREQUISITION_2 and API_PURCHASEREQ_PROCESS_SRV,
API_BUSINESS_PARTNER, API_COST_CENTER.
"""

from __future__ import annotations

from integrations.systems.sap.entity import Child, Entity, fields

# Purchase orders

_ORDER = (
    "PurchaseOrderType CompanyCode PurchasingOrganization PurchasingGroup Supplier DocumentCurrency PaymentTerms "
    "PurchaseOrderDate:date CorrespncExternalReference CorrespncInternalReference SupplierRespSalesPersonName Language"
)
_ORDER_ITEM = (
    "PurchaseOrderItem:item PurchaseOrderItemText Material MaterialGroup SupplierMaterialNumber Plant StorageLocation "
    "OrderQuantity:decimal PurchaseOrderQuantityUnit OrderPriceUnit NetPriceAmount:decimal NetPriceQuantity:decimal "
    "TaxCode PurchaseOrderItemCategory AccountAssignmentCategory MultipleAcctAssgmtDistribution RequisitionerName "
    "GoodsReceiptIsExpected:bool InvoiceIsExpected:bool "
)
_ORDER_ACCOUNT = fields(
    "AccountAssignmentNumber:item CostCenter GLAccount ProfitCenter OrderID WBSElementExternalID Quantity:decimal "
    "MultipleAcctAssgmtDistrPercent:decimal"
)
_SCHEDULE = fields("ScheduleLine:item ScheduleLineDeliveryDate:date ScheduleLineOrderQuantity:decimal")

NEW_ORDER_V4 = Entity(
    "PurchaseOrder_Type",
    fields(_ORDER),
    (
        Child(
            "items",
            "_PurchaseOrderItem",
            Entity(
                "PurchaseOrderItem_Type",
                fields(_ORDER_ITEM + "DocumentCurrency RequirementTracking"),
                (
                    Child(
                        "account_assignments",
                        "_PurOrdAccountAssignment",
                        Entity("PurchaseOrderAccountAssignment_Type", _ORDER_ACCOUNT),
                    ),
                    Child(
                        "schedule_lines",
                        "_PurchaseOrderScheduleLineTP",
                        Entity("PurchaseOrderScheduleLine_Type", _SCHEDULE),
                    ),
                ),
            ),
        ),
    ),
)
NEW_ORDER_V2 = Entity(
    "A_PurchaseOrderType",
    fields(_ORDER),
    (
        Child(
            "items",
            "to_PurchaseOrderItem",
            Entity(
                "A_PurchaseOrderItemType",
                fields(_ORDER_ITEM + "DocumentCurrency=- RequirementTracking=-"),
                (
                    Child(
                        "account_assignments",
                        "to_AccountAssignment",
                        Entity("A_PurOrdAccountAssignmentType", _ORDER_ACCOUNT),
                    ),
                    Child("schedule_lines", "to_ScheduleLine", Entity("A_PurchaseOrderScheduleLineType", _SCHEDULE)),
                ),
            ),
        ),
    ),
)

# Purchase requisitions

_REQUISITION = fields("PurchaseRequisitionType PurReqnDescription PurReqnDoOnlyValidation:bool")
_REQUISITION_ITEM = (
    "PurchaseRequisitionItem:item PurchaseRequisitionItemText Material MaterialGroup AccountAssignmentCategory "
    "RequestedQuantity:decimal BaseUnit PurchaseRequisitionPrice:decimal PurReqnPriceQuantity:decimal "
    "PurReqnItemCurrency Plant StorageLocation CompanyCode PurchasingOrganization PurchasingGroup Supplier "
    "FixedSupplier DeliveryDate:date RequisitionerName RequirementTracking PurReqnExternalReference "
    "PurReqnItemExternalReference"
)
_V2_NUMBER = "AccountAssignmentNumber=PurchaseReqnAcctAssgmtNumber:item "
_REQUISITION_ACCOUNT = "CostCenter GLAccount Quantity:decimal"

NEW_REQUISITION_V4 = Entity(
    "PurchaseReqnType",
    _REQUISITION,
    (
        Child(
            "items",
            "_PurchaseRequisitionItem",
            Entity(
                "PurchaseReqnItemType",
                fields(_REQUISITION_ITEM),
                (
                    Child(
                        "account_assignments",
                        "_PurchaseReqnAcctAssgmt",
                        Entity(
                            "PurchaseReqnAcctAssgmtType",
                            fields("AccountAssignmentNumber=-:item " + _REQUISITION_ACCOUNT),
                        ),
                    ),
                ),
            ),
        ),
    ),
)
NEW_REQUISITION_V2 = Entity(
    "A_PurchaseRequisitionHeaderType",
    _REQUISITION,
    (
        Child(
            "items",
            "to_PurchaseReqnItem",
            Entity(
                "A_PurchaseRequisitionItemType",
                fields(_REQUISITION_ITEM),
                (
                    Child(
                        "account_assignments",
                        "to_PurchaseReqnAcctAssgmt",
                        Entity("A_PurReqnAcctAssgmtType", fields(_V2_NUMBER + _REQUISITION_ACCOUNT)),
                    ),
                ),
            ),
        ),
    ),
)

# Business partners

_PARTNER = (
    "OrganizationBPName1 OrganizationBPName2 OrganizationBPName3 OrganizationBPName4 FirstName LastName SearchTerm1 "
    "SearchTerm2 CorrespondenceLanguage BusinessPartnerIsBlocked:bool BusinessPartnerIDByExtSystem"
)
_STREET = "StreetName HouseNumber HouseNumberSupplementText POBox AdditionalStreetPrefixName StreetPrefixName"
_PARTNER_ADDRESS = f"{_STREET} CityName District PostalCode Region Country Language"
_COMPANY = "ReconciliationAccount PaymentTerms"
_PURCHASING = "PurchaseOrderCurrency PaymentTerms PurchasingGroup"
PARTNER_CHANGE = Entity("A_BusinessPartnerType", fields(_PARTNER))
ADDRESS_CHANGE = Entity("A_BusinessPartnerAddressType", fields(_PARTNER_ADDRESS))
SUPPLIER_CHANGE = Entity(
    "A_SupplierType",
    fields("PaymentIsBlockedForSupplier:bool PostingIsBlocked:bool PurchasingIsBlocked:bool DeletionIndicator:bool"),
)
NEW_PARTNER = Entity(
    "A_BusinessPartnerType",
    fields("BusinessPartner BusinessPartnerCategory BusinessPartnerGrouping " + _PARTNER),
    (
        Child(
            "addresses",
            "to_BusinessPartnerAddress",
            Entity(
                "A_BusinessPartnerAddressType",
                fields(_PARTNER_ADDRESS),
                (
                    Child("emails", "to_EmailAddress", Entity("A_AddressEmailAddressType", fields("EmailAddress"))),
                    Child(
                        "phones",
                        "to_PhoneNumber",
                        Entity("A_AddressPhoneNumberType", fields("PhoneNumber PhoneNumberType")),
                    ),
                    Child("faxes", "to_FaxNumber", Entity("A_AddressFaxNumberType", fields("FaxNumber"))),
                ),
            ),
        ),
        Child("roles", "to_BusinessPartnerRole", Entity("A_BusinessPartnerRoleType", fields("BusinessPartnerRole"))),
        Child(
            "tax_numbers",
            "to_BusinessPartnerTax",
            Entity("A_BusinessPartnerTaxNumberType", fields("BPTaxType BPTaxNumber")),
        ),
        Child(
            "supplier",
            "to_Supplier",
            Entity(
                "A_SupplierType",
                (),
                (
                    Child(
                        "companies",
                        "to_SupplierCompany",
                        Entity("A_SupplierCompanyType", fields(f"CompanyCode {_COMPANY}")),
                    ),
                    Child(
                        "purchasing_organizations",
                        "to_SupplierPurchasingOrg",
                        Entity(
                            "A_SupplierPurchasingOrgType",
                            fields(f"PurchasingOrganization {_PURCHASING}"),
                        ),
                    ),
                ),
            ),
            many=False,
        ),
    ),
)

NEW_ROLE = Entity("A_BusinessPartnerRoleType", fields("BusinessPartner BusinessPartnerRole"))
NEW_COMPANY = Entity("A_SupplierCompanyType", fields(f"Supplier CompanyCode {_COMPANY}"))
COMPANY_CHANGE = Entity("A_SupplierCompanyType", fields(f"{_COMPANY} SupplierIsBlockedForPosting:bool"))
NEW_PURCHASING = Entity("A_SupplierPurchasingOrgType", fields(f"Supplier PurchasingOrganization {_PURCHASING}"))
PURCHASING_CHANGE = Entity("A_SupplierPurchasingOrgType", fields(f"{_PURCHASING} PurchasingIsBlockedForSupplier:bool"))
EMAIL_CHANGE = Entity("A_AddressEmailAddressType", fields("EmailAddress"))
PHONE_CHANGE = Entity("A_AddressPhoneNumberType", fields("PhoneNumber PhoneNumberExtension"))
FAX_CHANGE = Entity("A_AddressFaxNumberType", fields("FaxNumber"))
NEW_ADDRESS = Entity("A_BusinessPartnerAddressType", fields(f"BusinessPartner {_PARTNER_ADDRESS}"))
NEW_EMAIL = Entity("A_AddressEmailAddressType", fields("AddressID Person EmailAddress"))
NEW_PHONE = Entity("A_AddressPhoneNumberType", fields("AddressID Person PhoneNumber PhoneNumberType"))

# Cost centers: created by an action, because their keys cannot be given in a plain create

NEW_COST_CENTER = Entity(
    "CreateValidityPeriod",
    fields(
        "ControllingArea CostCenter ValidityStartDate:date ValidityEndDate:date CostCenterName CostCenterDescription "
        "CompanyCode CostCenterCategory CostCtrResponsiblePersonName CostCenterStandardHierArea ProfitCenter "
        "CostCenterCurrency Department"
    ),
)
COST_CENTER_CHANGE = Entity(
    "CostCenter_Type",
    fields("CostCenterName CostCenterDescription CostCtrResponsiblePersonName Department ProfitCenter"),
)
