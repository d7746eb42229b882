"""Purchase orders: API_PURCHASEORDER_2 (CE_PURCHASEORDER_0001, OData V4) and API_PURCHASEORDER_PROCESS_SRV (V2)."""

from __future__ import annotations

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
