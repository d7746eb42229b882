"""The request bodies in use, as the V2 OpenAPI documents describe them (schema names are theirs).

A member that is not declared would be ignored silently by the server, so `formats.wire` refuses it here.
"""

from __future__ import annotations

from collections.abc import Mapping

from integrations.systems.servicetitan.formats import Body, Many, Part

EXTERNAL_DATA_CREATE = Body(
    "ExternalDataCreateRequest",
    required={
        "applicationGuid": "text",
        "externalData": Many(Body("ExternalDataModel", required={"key": "text", "value": "text"})),
    },
)
# patchMode is always sent: without it the server replaces, which removes every other key of ours.
EXTERNAL_DATA_UPDATE = Body(
    "ExternalDataUpdateRequest",
    required={
        "applicationGuid": "text",
        "externalData": Many(
            Body(
                "ExternalDataUpdateModel",
                required={"key": "text"},
                optional={"value": "text"},
                nulls=frozenset({"value"}),
            )
        ),
    },
    optional={"patchMode": "text"},
)

_ADDRESS: Mapping[str, Part] = {
    "street": "text",
    "unit": "text",
    "city": "text",
    "state": "text",
    "zip": "text",
    "country": "text",
}
ADDRESS = Body("AddressRequest", required=_ADDRESS)

_CONTACT: Mapping[str, Part] = {
    "memo": "text",
    "firstName": "text",
    "lastName": "text",
    "phone": "text",
    "email": "text",
    "fax": "text",
}
_VENDOR_REQUIRED: Mapping[str, Part] = {
    "name": "text",
    "active": "flag",
    "isTruckReplenishment": "flag",
    "taxRate": "decimal",
    "restrictedMobileCreation": "flag",
    "address": ADDRESS,
}
_VENDOR_OPTIONAL: Mapping[str, Part] = {
    **_CONTACT,
    "deliveryOption": "text",
    "vendorQuickbooksItem": "text",
    "paymentTermId": "int64",
    "remittanceVendorId": "int64",
    "tags": Many(Body("TagRequest", required={"tagTypeId": "int64"})),
}
CREATE_VENDOR = Body(
    "CreateVendorRequest",
    required=_VENDOR_REQUIRED,
    optional={
        **_VENDOR_OPTIONAL,
        "vendorContacts": Many(Body("CreateVendorContactRequest", required={"name": "text", "email": "text"})),
        "externalData": EXTERNAL_DATA_CREATE,
    },
)
UPDATE_VENDOR = Body(
    "UpdateVendorRequest",
    optional={
        **_VENDOR_REQUIRED,
        **_VENDOR_OPTIONAL,
        "vendorContacts": Many(
            Body("UpdateVendorContactRequest", required={"name": "text", "email": "text"}, optional={"id": "int64"})
        ),
        "externalData": EXTERNAL_DATA_UPDATE,
    },
)

_ITEM: Mapping[str, Part] = {
    "skuId": "int64",
    "description": "text",
    "vendorPartNumber": "text",
    "quantity": "decimal",
    "cost": "decimal",
}
_ORDER_REQUIRED: Mapping[str, Part] = {
    "vendorId": "int64",
    "typeId": "int64",
    "businessUnitId": "int64",
    "inventoryLocationId": "int64",
    "impactsTechnicianPayroll": "flag",
    "date": "moment",
    "requiredOn": "moment",
    "tax": "decimal",
    "shipping": "decimal",
}
_ORDER_OPTIONAL: Mapping[str, Part] = {
    "jobId": "int64",
    "technicianId": "int64",
    "projectId": "int64",
    "budgetCodeId": "int64",
    "vendorInvoiceNumber": "text",
    "memo": "text",
}
CREATE_PURCHASE_ORDER = Body(
    "CreatePurchaseOrderRequest",
    required={
        **_ORDER_REQUIRED,
        "shipTo": Body("CreateAddressRequest", required={"description": "text", "address": ADDRESS}),
        "items": Many(Body("CreatePurchaseOrderItemRequest", required=_ITEM, optional={"budgetCodeId": "int64"})),
    },
    optional=_ORDER_OPTIONAL,
)
# `items` is the complete new list: an active item that is missing in it becomes inactive.
UPDATE_PURCHASE_ORDER = Body(
    "UpdatePurchaseOrderRequest",
    optional={
        **_ORDER_REQUIRED,
        **_ORDER_OPTIONAL,
        "shipTo": Body("UpdateAddressRequest", required={"description": "text", "address": ADDRESS}),
        "items": Many(
            Body(
                "UpdatePurchaseOrderItemRequest",
                required={"id": "int64", **_ITEM},
                optional={"budgetCodeId": "int64"},
            )
        ),
    },
)
CANCEL_PURCHASE_ORDER = Body(
    "CancelResourceRequest_Of_PurchaseOrderCancellationReason", optional={"canceledReason": "text"}
)
REJECT_REQUEST = Body("PurchaseOrderRequestRejectionArgs", required={"rejectionReason": "text"})

CREATE_RECEIPT = Body(
    "ReceivePurchaseOrderRequest",
    required={
        "purchaseOrderId": "int64",
        "dateReceived": "moment",
        "tax": "decimal",
        "shipping": "decimal",
        "items": Many(
            Body(
                "ReceivePurchaseOrderItemRequest",
                required={"skuId": "int64", "quantity": "decimal", "cost": "decimal"},
                optional={
                    "purchaseOrderItemId": "int64",
                    "description": "text",
                    "vendorPartNumber": "text",
                    "budgetCodeId": "int64",
                },
            )
        ),
    },
    optional={"vendorDocumentNumber": "text", "memo": "text", "budgetCodeId": "int64"},
)
CANCEL_RECEIPT = Body("CancelResourceRequest_Of_ReceiptCancellationReason", optional={"canceledReason": "text"})

UPDATE_BUSINESS_UNIT = Body("UpdateBusinessUnitRequest", optional={"externalData": EXTERNAL_DATA_UPDATE})

MARK_BILLS_EXPORTED = Body("MarkApBillAsExportedUpdateRequest", required={"billIds": Many("int64")})
