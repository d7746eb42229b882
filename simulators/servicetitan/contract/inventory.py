"""ServiceTitan Inventory V2, as far as it is simulated (read by notation.py)."""

OPERATIONS = """
GET /export/purchase-orders Export_PurchaseOrders
    answer 200 feed ExportPurchaseOrdersResponse
    query from: string, includeRecentChanges: boolean
POST /purchase-orders PurchaseOrders_Create
    body CreatePurchaseOrderRequest
    answer 200 ModificationResponse
GET /purchase-orders PurchaseOrders_GetList
    answer 200 page PurchaseOrderResponse
    query ids: string, status: string, number: string, jobId: int64, jobIds: string, technicianId: int64,
        projectId: int64, createdOnOrAfter: datetime, createdBefore: datetime, modifiedOnOrAfter: datetime,
        modifiedBefore: datetime, dateOnOrAfter: datetime, dateBefore: datetime, sentOnOrAfter: datetime,
        sentBefore: datetime, page: int32, pageSize: int32, includeTotal: boolean, sort: string
    sort Id, ModifiedOn, CreatedOn
GET /purchase-orders/requests PurchaseOrders_GetRequests
    answer 200 page PurchaseOrderRequestResponse
    query ids: string, requestStatus: PurchaseOrderRequestStatus, requestNumber: string, jobId: int64, jobIds: string,
        technicianId: int64, projectId: int64, createdOnOrAfter: datetime, createdBefore: datetime,
        modifiedOnOrAfter: datetime, modifiedBefore: datetime, dateOnOrAfter: datetime, dateBefore: datetime,
        page: int32, pageSize: int32, includeTotal: boolean, sort: string
    sort Id, ModifiedOn, CreatedOn
GET /purchase-orders/{id} PurchaseOrders_GetById
    answer 200 PurchaseOrderResponse
PATCH /purchase-orders/{id} PurchaseOrders_Update
    body UpdatePurchaseOrderRequest
    answer 200 ModificationResponse
PATCH /purchase-orders/{id}/cancellation PurchaseOrders_Cancel
    body CancelResourceRequest_Of_PurchaseOrderCancellationReason
    answer 200 ModificationResponse
PATCH /purchase-orders/requests/{id}/approve PurchaseOrders_ApproveRequest
    answer 200 ModificationResponse
PATCH /purchase-orders/requests/{id}/reject PurchaseOrders_RejectRequest
    body PurchaseOrderRequestRejectionArgs
    answer 200 ModificationResponse
POST /purchase-order-types PurchaseOrderTypes_Create
    body CreatePurchaseOrderTypeRequest
    answer 200 ModificationResponse
GET /purchase-order-types PurchaseOrderTypes_GetList
    answer 200 page PurchaseOrderTypeResponse
    query active: ActiveRequestArg, createdBefore: datetime, createdOnOrAfter: datetime, modifiedBefore: datetime,
        modifiedOnOrAfter: datetime, page: int32, pageSize: int32, includeTotal: boolean, sort: string
    sort Id, ModifiedOn, CreatedOn
PATCH /purchase-order-types/{id} PurchaseOrderTypes_Update
    body UpdatePurchaseOrderTypeRequest
    answer 200 ModificationResponse
GET /receipts Receipts_GetList
    answer 200 page InventoryReceiptResponse
    query ids: string, active: ActiveRequestArg, number: string, vendorInvoiceNumber: string, billId: int64,
        batchId: int64, vendorIds: string, businessUnitIds: string, inventoryLocationIds: string,
        purchaseOrderIds: string, syncStatuses: string, customFields.Fields: map,
        customFields.Operator: LogicalOperator, receivedOnOrAfter: datetime, receivedBefore: datetime,
        createdOnOrAfter: datetime, createdBefore: datetime, modifiedOnOrAfter: datetime, modifiedBefore: datetime,
        page: int32, pageSize: int32, includeTotal: boolean, sort: string
    sort Id, ModifiedOn, CreatedOn
POST /receipts Receipts_CreateReceipt
    body ReceivePurchaseOrderRequest
    answer 200 ModificationResponse
PATCH /receipts/{id}/cancellation Receipts_CancelReceipts
    body CancelResourceRequest_Of_ReceiptCancellationReason
    answer 200 ModificationResponse
GET /trucks Trucks_GetList
    answer 200 page TruckResponse
    query ids: string, active: ActiveRequestArg, externalDataApplicationGuid: guid, externalDataKey: string,
        externalDataValues: string, createdBefore: datetime, createdOnOrAfter: datetime, modifiedBefore: datetime,
        modifiedOnOrAfter: datetime, page: int32, pageSize: int32, includeTotal: boolean, sort: string
    sort Id, ModifiedOn, CreatedOn
POST /trucks Trucks_Create
    body CreateTruckRequest
    answer 200 ModificationResponse
PATCH /trucks/{id} Trucks_Update
    body UpdateTruckRequest
    answer 200 ModificationResponse
POST /vendors Vendors_Create
    body CreateVendorRequest
    answer 200 ModificationResponse
GET /vendors Vendors_GetList
    answer 200 page VendorResponse
    query ids: [int64], active: ActiveRequestArg, externalDataApplicationGuid: guid, externalDataKey: string,
        externalDataValues: string, createdBefore: datetime, createdOnOrAfter: datetime, modifiedBefore: datetime,
        modifiedOnOrAfter: datetime, page: int32, pageSize: int32, includeTotal: boolean, customField.Fields: map,
        customField.Operator: LogicalOperator, sort: string
    sort Id, ModifiedOn, CreatedOn
GET /vendors/{id} Vendors_GetById
    answer 200 VendorResponse
    query externalDataApplicationGuid: guid, externalDataKey: string, externalDataValues: string
PATCH /vendors/{id} Vendors_Update
    body UpdateVendorRequest
    answer 200 ModificationResponse
GET /vendors/custom-fields Vendors_GetCustomFieldTypes
    answer 200 page CustomFieldTypeResponse
    query page: int32, pageSize: int32, includeTotal: boolean, createdBefore: datetime, createdOnOrAfter: datetime,
        modifiedBefore: datetime, modifiedOnOrAfter: datetime, sort: string
PATCH /vendors/custom-fields Vendors_UpdateCustomFields
    body CustomFieldUpdateRequest
    answer 200 nothing
GET /warehouses Warehouses_GetList
    answer 200 page WarehouseResponse
    query ids: string, active: ActiveRequestArg, externalDataApplicationGuid: guid, externalDataKey: string,
        externalDataValues: string, createdBefore: datetime, createdOnOrAfter: datetime, modifiedBefore: datetime,
        modifiedOnOrAfter: datetime, page: int32, pageSize: int32, includeTotal: boolean, sort: string
    sort Id, ModifiedOn, CreatedOn
PATCH /warehouses/{id} Warehouses_Update
    body UpdateWarehouseRequest
    answer 200 ModificationResponse
"""

SCHEMAS = """
AddressRequest
    street!: string, unit!: string, city!: string, state!: string, zip!: string, country!: string
AddressResponse
    street: string?, unit: string?, city: string?, state: string?, zip: string?, country: string?
CancelResourceRequest_Of_PurchaseOrderCancellationReason
    canceledReason: PurchaseOrderCancellationReason
CancelResourceRequest_Of_ReceiptCancellationReason
    canceledReason: ReceiptCancellationReason
CreateAddressRequest
    description!: string, address!: AddressRequest
CreatePurchaseOrderItemRequest
    skuId!: int64, description!: html, vendorPartNumber!: string, quantity!: decimal, cost!: decimal,
    budgetCodeId: int64?
CreatePurchaseOrderRequest
    vendorId!: int64, typeId!: int64, businessUnitId!: int64, inventoryLocationId!: int64, jobId: int64?,
    technicianId: int64?, projectId: int64?, budgetCodeId: int64?, shipTo!: CreateAddressRequest,
    vendorInvoiceNumber: string?, impactsTechnicianPayroll!: boolean, memo: text?, date!: datetime,
    requiredOn!: datetime, tax!: decimal, shipping!: decimal, items!: [CreatePurchaseOrderItemRequest]
CreatePurchaseOrderTypeRequest
    name!: string, active!: boolean, includeInPoScreen!: boolean, automaticallyReceive!: boolean,
    displayToTechnician!: boolean, excludeTaxFromJobCosting!: boolean, impactToTechnicianPayroll!: boolean,
    allowTechniciansToSendPo!: boolean, defaultRequiredDateDaysOffset!: int32, skipWeekends!: boolean,
    includeInSalesTax!: boolean, isDefault!: boolean, copyPurchaseOrderItemsToInvoiceWhenReceived!: boolean,
    isDefaultForConsignment!: boolean, alertSettings!: PoTypeAlertSettings
CreateTruckRequest
    name!: string, memo: text?, warehouseId!: int64, templateId: int64?, technicianIds: [int64]?,
    externalData: ExternalDataCreateRequest?
CreateVendorContactRequest
    name!: string, email!: string
CreateVendorRequest
    name!: string, active!: boolean, memo: text?, firstName: string?, lastName: string?, phone: string?,
    email: string?, fax: string?, isTruckReplenishment!: boolean, deliveryOption: PurchaseOrderDeliveryOption?,
    taxRate!: decimal, restrictedMobileCreation!: boolean, vendorQuickbooksItem: string?, paymentTermId: int64?,
    remittanceVendorId: int64?, address!: AddressRequest, externalData: ExternalDataCreateRequest?,
    tags: [TagRequest]?, vendorContacts: [CreateVendorContactRequest]?
CustomFieldOperationRequest
    objectId!: int64, customFields!: [CustomFieldRequest]
CustomFieldRequest
    name!: string, value!: string
CustomFieldResponse
    typeId!: int64, name!: string, value!: string
CustomFieldTypeResponse
    id!: int64, name!: string, dataType!: CustomFieldDataType, dataTypeOptions: [string]?, createdOn!: datetime,
    modifiedOn!: datetime
CustomFieldUpdateRequest
    operations!: [CustomFieldOperationRequest]
ExportPurchaseOrdersResponse
    id!: int64, number!: string, invoiceId: int64?, jobId: int64?, projectId: int64?, status!: string, typeId!: int64,
    vendorId!: int64, technicianId: int64?, shipTo!: AddressResponse, businessUnitId: int64?,
    inventoryLocationId: int64?, batchId: int64?, budgetCodeId: int64?, vendorDocumentNumber!: string,
    date!: datetime, requiredOn: datetime?, sentOn: datetime?, receivedOn: datetime?, createdOn!: datetime,
    modifiedOn!: datetime, total!: decimal, tax!: decimal, shipping!: decimal, summary!: text,
    items!: [PurchaseOrderItemResponse], customFields!: [CustomFieldResponse]
ExternalDataCreateRequest
    applicationGuid!: guid, externalData!: [ExternalDataModel]
ExternalDataModel
    key!: string, value!: string
ExternalDataUpdateModel
    key!: string, value: string?
ExternalDataUpdateRequest
    patchMode: ExternalDataPatchMode?, applicationGuid!: guid, externalData!: [ExternalDataUpdateModel]
GLAccountResponse
    name: string?, number: string?, type: string?, detailType: string?
InventoryReceiptItemResponse
    id!: int64, skuId!: int64, name!: string, code!: string, description!: html, quantity!: decimal, cost!: decimal,
    generalLedgerAccount: GLAccountResponse?, costOfSaleAccount: GLAccountResponse?, assetAccount: GLAccountResponse?,
    purchaseOrderItemId!: int64, budgetCodeId: int64?
InventoryReceiptResponse
    id!: int64, active!: boolean, number!: string, vendorInvoiceNumber!: string, createdById: int64?, memo!: text,
    purchaseOrderId!: int64, billId: int64?, jobId: int64?, businessUnitId: int64?, vendorId!: int64,
    technicianId: int64?, inventoryLocationId!: int64, shipTo: AddressResponse?, shipToDescription!: string,
    receiptAmount!: decimal, taxAmount!: decimal, shippingAmount!: decimal, receivedOn: datetime?,
    createdOn!: datetime, modifiedOn!: datetime, batchId: int64?, syncStatus!: SyncStatus, budgetCodeId: int64?,
    items!: [InventoryReceiptItemResponse], customFields!: [CustomFieldResponse]
ModificationResponse
    id!: int64
PoTypeAlertSettings
    sendEmailToTechnicianWhenPoMovedToSend!: boolean, sendEmailToTechnicianWhenPoMovedToReceived!: boolean,
    sendEmailToPmWhenPoMovedToSend!: boolean, sendEmailToPmWhenPoMovedToReceived!: boolean
PurchaseOrderItemResponse
    id!: int64, skuId!: int64, description!: html, createdOn!: datetime, modifiedOn!: datetime, skuName!: string,
    skuCode!: string, skuType!: string, vendorPartNumber!: string, quantity!: decimal, quantityReceived!: decimal,
    cost!: decimal, total!: decimal, serialNumbers!: [SerialNumberResponse], status!: string, chargeable!: boolean,
    budgetCodeId: int64?
PurchaseOrderRequestRejectionArgs
    rejectionReason!: PoApprovalRejectionReason
PurchaseOrderRequestResponse
    id!: int64, requestNumber!: string, requestStatus!: string, invoiceId: int64?, jobId: int64?, projectId: int64?,
    typeId!: int64, vendorId!: int64, technicianId: int64?, shipTo: AddressResponse?, businessUnitId: int64?,
    inventoryLocationId: int64?, batchId: int64?, vendorDocumentNumber: string?, date!: datetime,
    requiredOn: datetime?, createdOn!: datetime, modifiedOn!: datetime, total!: decimal, tax!: decimal,
    shipping!: decimal, summary: text?, items!: [PurchaseOrderItemResponse], customFields: [CustomFieldResponse]?
PurchaseOrderResponse
    id!: int64, number!: string, invoiceId: int64?, jobId: int64?, projectId: int64?, status!: string, typeId!: int64,
    vendorId!: int64, technicianId: int64?, shipTo!: AddressResponse, businessUnitId: int64?,
    inventoryLocationId: int64?, batchId: int64?, budgetCodeId: int64?, vendorDocumentNumber!: string,
    date!: datetime, requiredOn: datetime?, sentOn: datetime?, receivedOn: datetime?, createdOn!: datetime,
    modifiedOn!: datetime, total!: decimal, tax!: decimal, shipping!: decimal, summary!: text,
    items!: [PurchaseOrderItemResponse], customFields!: [CustomFieldResponse]
PurchaseOrderTypeResponse
    id!: int64, name!: string, active!: boolean, automaticallyReceive!: boolean, displayToTechnician!: boolean,
    impactToTechnicianPayroll!: boolean, allowTechniciansToSendPo!: boolean, defaultRequiredDateDaysOffset!: int32,
    skipWeekends!: boolean, excludeTaxFromJobCosting!: boolean, createdOn!: datetime, modifiedOn!: datetime
ReceivePurchaseOrderItemRequest
    purchaseOrderItemId: int64?, skuId!: int64, description: string?, vendorPartNumber: string?, quantity!: decimal,
    cost!: decimal, budgetCodeId: int64?
ReceivePurchaseOrderRequest
    purchaseOrderId!: int64, dateReceived!: datetime, vendorDocumentNumber: string?, memo: string?, tax!: decimal,
    shipping!: decimal, budgetCodeId: int64?, items!: [ReceivePurchaseOrderItemRequest]
SerialNumberResponse
    id!: int64, number!: string
TagRequest
    tagTypeId!: int64
TruckResponse
    id!: int64, name!: string, active!: boolean, memo!: text, warehouseId: int64?, technicianIds!: [int64],
    inventoryTemplateId: int64?, createdOn!: datetime, modifiedOn!: datetime, externalData!: [ExternalDataModel]
UpdateAddressRequest
    description!: string, address!: AddressRequest
UpdatePurchaseOrderItemRequest
    id!: int64, skuId!: int64, description!: html, vendorPartNumber!: string, quantity!: decimal, cost!: decimal,
    budgetCodeId: int64?
UpdatePurchaseOrderRequest
    vendorId: int64, typeId: int64, businessUnitId: int64, inventoryLocationId: int64, jobId: int64,
    technicianId: int64, projectId: int64, budgetCodeId: int64?, shipTo: UpdateAddressRequest,
    vendorInvoiceNumber: string, impactsTechnicianPayroll: boolean, memo: text, date: datetime, requiredOn: datetime,
    tax: decimal, shipping: decimal, items: [UpdatePurchaseOrderItemRequest]
UpdatePurchaseOrderTypeRequest
    active: boolean, name: string, includeInPoScreen: boolean, automaticallyReceive: boolean,
    displayToTechnician: boolean, excludeTaxFromJobCosting: boolean, impactToTechnicianPayroll: boolean,
    allowTechniciansToSendPo: boolean, defaultRequiredDateDaysOffset: int32, skipWeekends: boolean,
    includeInSalesTax: boolean, isDefault: boolean, copyPurchaseOrderItemsToInvoiceWhenReceived: boolean,
    isDefaultForConsignment: boolean, alertSettings: PoTypeAlertSettings
UpdateTruckRequest
    name: string, active: boolean, memo: string, warehouseId: int64, templateId: int64?, technicianIds: [int64],
    externalData: ExternalDataUpdateRequest
UpdateVendorContactRequest
    id: int64?, name!: string, email!: string
UpdateVendorRequest
    name: string, active: boolean, memo: text, firstName: string, lastName: string, phone: string, email: string,
    fax: string, isTruckReplenishment: boolean, deliveryOption: PurchaseOrderDeliveryOption, taxRate: decimal,
    restrictedMobileCreation: boolean, vendorQuickbooksItem: string, paymentTermId: int64, remittanceVendorId: int64,
    address: AddressRequest, tags: [TagRequest], vendorContacts: [UpdateVendorContactRequest],
    externalData: ExternalDataUpdateRequest
UpdateWarehouseRequest
    externalData: ExternalDataUpdateRequest
VendorContactInfoResponse
    firstName!: string, lastName!: string, phone!: string, email!: string, fax!: string
VendorResponse
    id!: int64, name!: string, active!: boolean, isTruckReplenishment!: boolean, isMobileCreationRestricted!: boolean,
    memo!: text, deliveryOption!: string, defaultTaxRate!: decimal, contactInfo!: VendorContactInfoResponse,
    address!: AddressResponse, createdOn!: datetime, modifiedOn!: datetime, externalData!: [ExternalDataModel],
    customFields: [CustomFieldResponse]?
WarehouseResponse
    id!: int64, name!: string, active!: boolean, address!: AddressResponse, inventoryTemplateId: int64?,
    createdOn!: datetime, modifiedOn!: datetime, externalData!: [ExternalDataModel]
"""

ENUMS = """
ActiveRequestArg
    True, Any, False
CustomFieldDataType
    Text, Dropdown, Numeric
ExternalDataPatchMode
    Replace, Merge
LogicalOperator
    And, Or
PoApprovalRejectionReason
    CostTooHigh, WrongVendor, Other
PurchaseOrderCancellationReason
    NotRequired, Duplicate, Accidental, VendorIssue, Other, JobCanceled
PurchaseOrderDeliveryOption
    Manual, EmailAsExcel, EmailAsPdf, EmailAsPdfRollupView, Electronic, MarkAsSent, EmailAsExcelAndPdf, VendorPortal
PurchaseOrderRequestStatus
    PendingApproval, Approved, Rejected
ReceiptCancellationReason
    NotRequired, Duplicate, Accidental, VendorIssue, Other, JobCanceled
SyncStatus
    Pending, Posted, Exported
"""
