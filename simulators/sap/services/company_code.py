"""API_COMPANYCODE_SRV, OData V2: company codes, read only.

Names, types and flags are those of the service's metadata in S/4HANA Cloud.
"""

from simulators.sap.declare import service

COMPANY_CODE = service(
    "API_COMPANYCODE_SRV",
    version=2,
    text="""
set A_CompanyCode of A_CompanyCodeType in CompanyCode -create -update -delete
CompanyCode S4! key U, CompanyCodeName S25, CityName S25, Country S3 U, Currency S5 U, Language S2,
ChartOfAccounts S4 U, FiscalYearVariant S2 U, Company S6 U, CreditControlArea S4 U, CountryChartOfAccounts S4 U,
FinancialManagementArea S4 U, AddressID S10 U, TaxableEntity S4 U, VATRegistration S20 U, ExtendedWhldgTaxIsActive B,
ControllingArea S4 U, FieldStatusVariant S4 U, NonTaxableTransactionTaxCode S2 U, DocDateIsUsedForTaxDetn B,
TaxRptgDateIsActive B
""",
)
