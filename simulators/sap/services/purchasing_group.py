"""API_PURCHASINGGROUP, OData V4: purchasing groups, read only.

Names, types and flags are those of the service's metadata in S/4HANA Cloud.
"""

from simulators.sap.declare import service

PURCHASING_GROUP = service(
    "API_PURCHASINGGROUP",
    path="api_purchasinggroup/srvd_a2x/sap/purchasinggroup/0001",
    version=4,
    text="""
set A_PurchasingGroup of A_PurchasingGroupType in PurchasingGroup -create -update -delete
PurchasingGroup S3! key U, PurchasingGroupName S18!
""",
)
