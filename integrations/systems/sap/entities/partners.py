"""Business partners and suppliers: API_BUSINESS_PARTNER, OData V2. Never their bank data."""

from __future__ import annotations

from integrations.systems.sap.entity import Child, Entity, fields

_PHONE = Entity(
    "A_AddressPhoneNumberType",
    fields(
        "Person OrdinalNumber PhoneNumber PhoneNumberExtension InternationalPhoneNumber PhoneNumberType "
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
            Entity("A_AddressEmailAddressType", fields("Person OrdinalNumber EmailAddress IsDefaultEmailAddress:bool")),
        ),
        Child("phones", "to_PhoneNumber", _PHONE),
        Child("mobiles", "to_MobilePhoneNumber", _PHONE),
        Child(
            "faxes",
            "to_FaxNumber",
            Entity(
                "A_AddressFaxNumberType",
                fields(
                    "Person OrdinalNumber FaxNumber FaxNumberExtension InternationalFaxNumber IsDefaultFaxNumber:bool"
                ),
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
