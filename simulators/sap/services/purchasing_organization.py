"""API_PURCHASINGORGANIZATION, OData V4: purchasing organisations, read only.

Names, types and flags are those of the service's metadata in S/4HANA Cloud.
"""

from simulators.sap.declare import service

PURCHASING_ORGANIZATION = service(
    "API_PURCHASINGORGANIZATION",
    path="api_purchasingorganization/srvd_a2x/sap/purchasingorganization/0001",
    version=4,
    text="""
set A_PurchasingOrganization of A_PurchasingOrganization_Type in PurchasingOrganization -create -update -delete
PurchasingOrganization S4! key U, PurchasingOrganizationName S20!, CompanyCode S4! U
""",
)
