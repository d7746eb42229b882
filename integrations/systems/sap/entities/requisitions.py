"""Purchase requisitions: API_PURCHASEREQUISITION_2 (CE_PURCHASEREQUISITION_0001, OData V4) and
API_PURCHASEREQ_PROCESS_SRV (V2). Only items tell when they were changed; their header comes along.
"""

from __future__ import annotations

from integrations.systems.sap.entity import Child, Entity, fields

_ACCOUNT = (
    "AccountAssignmentNumber=PurchaseReqnAcctAssgmtNumber:item CostCenter GLAccount ControllingArea ProfitCenter "
    "OrderID FunctionalArea Quantity:decimal MultipleAcctAssgmtDistrPercent:decimal PurReqnNetAmount:decimal "
)
_ITEM = (
    "PurchaseRequisition PurchaseRequisitionItem:item PurchaseRequisitionItemText Material MaterialGroup "
    "SupplierMaterialNumber AccountAssignmentCategory PurchasingDocumentItemCategory RequestedQuantity:decimal "
    "OrderedQuantity:decimal BaseUnit PurchaseRequisitionPrice:decimal PurReqnPriceQuantity:decimal "
    "ItemNetAmount:decimal PurReqnItemCurrency Plant StorageLocation CompanyCode PurchasingOrganization "
    "PurchasingGroup Supplier FixedSupplier SupplyingPlant DeliveryDate:date PerformancePeriodStartDate:date "
    "PerformancePeriodEndDate:date RequisitionerName RequirementTracking CreatedByUser PurReqCreationDate:date "
    "LastChangeDateTime:stamp PurReqnReleaseStatus ReleaseIsNotCompleted:bool ProcessingStatus IsClosed:bool "
    "PurchasingDocument PurchasingDocumentItem:item PurReqnExternalReference PurReqnItemExternalReference "
)
_ADDRESS = "StreetName HouseNumber CityName PostalCode Region Country OrganizationName1=BusinessPartnerName1 "
_HEADER = fields("PurchaseRequisition PurchaseRequisitionType PurReqnDescription")

REQUISITION_ITEM_V4 = Entity(
    "PurchaseReqnItemType",
    fields(_ITEM + "IsDeleted:bool ProductTypeCode"),
    (
        Child(
            "account_assignments",
            "_PurchaseReqnAcctAssgmt",
            Entity("PurchaseReqnAcctAssgmtType", fields(_ACCOUNT + "WBSElementExternalID IsDeleted:bool")),
        ),
        Child(
            "delivery_address",
            "_PurchaseReqnDelivAddress",
            Entity("PurchaseReqnDelivAddressType", fields(_ADDRESS)),
            many=False,
        ),
        Child("header", "_PurReqn", Entity("PurchaseReqnType", _HEADER), many=False),
    ),
)
REQUISITION_ITEM_V2 = Entity(
    "A_PurchaseRequisitionItemType",
    fields(_ITEM + "IsDeleted:flag ProductTypeCode=ProductType PurchaseRequisitionType"),
    (
        Child(
            "account_assignments",
            "to_PurchaseReqnAcctAssgmt",
            Entity("A_PurReqnAcctAssgmtType", fields(_ACCOUNT + "WBSElementExternalID=WBSElement IsDeleted:flag")),
        ),
        Child(
            "delivery_address",
            "to_PurchaseReqnDeliveryAddress",
            Entity("A_PurReqAddDeliveryType", fields(_ADDRESS)),
            many=False,
        ),
        Child("header", "to_PurchaseReqn", Entity("A_PurchaseRequisitionHeaderType", _HEADER), many=False),
    ),
)
