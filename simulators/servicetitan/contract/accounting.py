"""ServiceTitan Accounting V2, as far as it is simulated (read by notation.py)."""

OPERATIONS = """
GET /ap-bills ApBills_GetListPaginated
    answer 200 page ApBillResponse
    query ids: string, batchId: int64, batchNumber: int32, billNumber: string, businessUnitIds: string,
        customField.Fields: map, customField.Operator: LogicalOperator, dateFrom: datetime, dateTo: datetime,
        jobNumber: string, purchaseOrderNumber: string, purchaseOrderTypes: string, syncStatuses: [ApBillSyncStatus],
        statuses: [ApBillStatus], sources: [ApBillSource], minCost: decimal, maxCost: decimal, billType: ApBillType,
        page: int32, pageSize: int32, createdBefore: datetime, createdOnOrAfter: datetime, modifiedBefore: datetime,
        modifiedOnOrAfter: datetime, includeTotal: boolean
GET /ap-bills/{billId} ApBills_GetById
    answer 200 ApBillResponse
GET /ap-bills/custom-fields ApBills_GetCustomFieldTypes
    answer 200 page CustomFieldTypeResponse
    query page: int32, pageSize: int32, includeTotal: boolean, createdBefore: datetime, createdOnOrAfter: datetime,
        modifiedBefore: datetime, modifiedOnOrAfter: datetime, sort: string
PATCH /ap-bills/custom-fields ApBills_UpdateCustomFields
    body CustomFieldUpdateRequest
    answer 200 nothing
POST /ap-bills/markasexported ApBills_MarkAsExported
    body MarkApBillAsExportedUpdateRequest
    answer 200 [MarkApBillAsExportedUpdateResponse]
GET /export/inventory-bills Export_InventoryBills
    answer 200 feed ExportInventoryBillResponse
    query from: string, includeRecentChanges: boolean
GET /inventory-bills InventoryBills_GetList
    answer 200 [InventoryBillResponse]
    query ids: string, batchId: int64, batchNumber: int32, billNumber: string, businessUnitIds: string,
        customField.Fields: map, customField.Operator: LogicalOperator, dateFrom: datetime, dateTo: datetime,
        jobNumber: string, purchaseOrderNumber: string, purchaseOrderTypes: string,
        syncStatuses: [InventoryBillSyncStatus], minCost: decimal, maxCost: decimal, billType: BillType, page: int32,
        pageSize: int32, createdBefore: datetime, createdOnOrAfter: datetime, modifiedBefore: datetime,
        modifiedOnOrAfter: datetime, includeTotal: boolean
GET /inventory-bills/paginated InventoryBills_GetListPaginated
    answer 200 page InventoryBillResponse
    query ids: string, batchId: int64, batchNumber: int32, billNumber: string, businessUnitIds: string,
        customField.Fields: map, customField.Operator: LogicalOperator, dateFrom: datetime, dateTo: datetime,
        jobNumber: string, purchaseOrderNumber: string, purchaseOrderTypes: string,
        syncStatuses: [InventoryBillSyncStatus], minCost: decimal, maxCost: decimal, billType: BillType, page: int32,
        pageSize: int32, createdBefore: datetime, createdOnOrAfter: datetime, modifiedBefore: datetime,
        modifiedOnOrAfter: datetime, includeTotal: boolean
POST /inventory-bills/markasexported InventoryBills_MarkAsExported
    body MarkInventoryBillAsExportedUpdateRequest
    answer 200 [MarkInventoryBillAsExportedUpdateResponse]
GET /payment-terms PaymentTerms_GetList
    answer 200 page PaymentTermAPIModel
    query ids: string, createdBefore: datetime, createdOnOrAfter: datetime, modifiedBefore: datetime,
        modifiedOnOrAfter: datetime, page: int32, pageSize: int32, includeTotal: boolean, sort: string
    sort Id, Name, CreatedOn
GET /payment-terms/{paymentTermId} PaymentTerms_GetPaymentTermModel
    answer 200 PaymentTermAPIModel
GET /gl-accounts GlAccounts_GetList
    answer 200 page GlAccountExtendedResponse
    query ids: string, names: string, numbers: string, types: string, subtypes: string, description: string,
        source: GeneralLedgerAccountSource, active: ActiveRequestArg, isIntacctGroup: boolean,
        isIntacctBankAccount: boolean, modifiedBefore: datetime, modifiedOnOrAfter: datetime, createdBefore: datetime,
        createdOnOrAfter: datetime, page: int32, pageSize: int32, includeTotal: boolean, sort: string
GET /gl-accounts/{accountId} GlAccounts_GetAccount
    answer 200 GlAccountExtendedResponse
GET /tax-zones TaxZones_GetList
    answer 200 page TaxZoneResponse
    query ids: string, active: ActiveRequestArg, page: int32, pageSize: int32, includeTotal: boolean,
        createdBefore: datetime, createdOnOrAfter: datetime, modifiedBefore: datetime, modifiedOnOrAfter: datetime,
        sort: string
    sort Id, Name, CreatedOn
GET /remittance-vendors RemittanceVendors_GetList
    answer 200 page RemittanceVendorResponse
    query ids: [int64], active: ActiveRequestArg, createdBefore: datetime, createdOnOrAfter: datetime,
        modifiedBefore: datetime, modifiedOnOrAfter: datetime, page: int32, pageSize: int32, includeTotal: boolean,
        sort: string
    sort Id, ModifiedOn, CreatedOn
"""

SCHEMAS = """
AddressResponse
    street: string?, unit: string?, city: string?, state: string?, zip: string?, country: string?
ApBillExpenseItemResponse
    id!: int64, amount!: string, description: string?, generalLedgerAccount: GLAccountResponse?,
    job: NamedFieldResponse?, businessUnit: NamedFieldResponse?, budgetCodeId: int64?, projectLabelIds: [int64]?
ApBillItemResponse
    order!: int32, name: string?, description: html?, quantity: string?, cost: string?,
    inventoryLocation: InventoryLocationResponse?, vendorPartNumber: string?, serialNumber: string?,
    generalLedgerAccount: GLAccountResponse?, costOfSaleAccount: GLAccountResponse?, assetAccount: GLAccountResponse?,
    id!: int64, skuId!: int64, receiptItemId: int64?, skuType!: string, skuCode!: string, budgetCodeId: int64?
ApBillResponse
    id!: int64, purchaseOrderId: int64?, syncStatus: string?, status: string?, source: string?, billType: string?,
    postDate: datetime?, referenceNumber: string?, vendorNumber: string?, summary: string?, billDate: datetime?,
    earlyDiscountDate: datetime?, billAmount: string?, vendorInvoiceTotal: string?, taxAmount: string?,
    shippingAmount: string?, createdBy: string?, createdOn: datetime?, modifiedOn: datetime?, termName: string?,
    dueDate: datetime?, doNotPay!: boolean, dateCanceled: datetime?, canceledBy: NamedFieldResponse?,
    shipToDescription: string?, batch: BatchResponse?, businessUnit: NamedFieldResponse?,
    taxZone: NamedFieldResponse?, vendor: NamedFieldResponse?, remittanceVendorInfo: NamedFieldResponse?,
    shipTo: AddressResponse?, budgetCodeId: int64?, items: [ApBillItemResponse]?,
    expenseItems: [ApBillExpenseItemResponse]?, customFields: [CustomFieldResponse]?, jobId: int64?,
    jobNumber: string?
BatchResponse
    id!: int64, number: string?, name: string?
CustomFieldOperationRequest
    objectId!: int64, customFields!: [CustomFieldPairRequest]
CustomFieldPairRequest
    name!: string, value: string?
CustomFieldResponse
    name: string?, value: string?
CustomFieldTypeResponse
    id!: int64, name!: string, dataType!: CustomFieldDataType, dataTypeOptions: [string]?, createdOn!: datetime,
    modifiedOn!: datetime
CustomFieldUpdateRequest
    operations!: [CustomFieldOperationRequest]
ExportInventoryBillResponse
    id!: int64, purchaseOrderId: int64?, syncStatus: string?, referenceNumber: string?, vendorNumber: string?,
    summary: string?, billDate: datetime?, billAmount: string?, taxAmount: string?, shippingAmount: string?,
    createdBy: string?, createdOn: datetime?, modifiedOn: datetime?, termName: string?, dueDate: datetime?,
    shipToDescription: string?, postDate: datetime?, batch: BatchResponse?, businessUnit: NamedFieldResponse?,
    taxZone: NamedFieldResponse?, vendor: NamedFieldResponse?, shipTo: AddressResponse?, budgetCodeId: int64?,
    items: [InventoryBillItemResponse]?, customFields: [CustomFieldResponse]?, jobId: int64?, jobNumber: string?,
    active!: boolean
GLAccountResponse
    id!: int64, name: string?, number: string?, type: string?, detailType: string?
GlAccountExtendedResponse
    id!: int64, name: string?, number: string?, description: string?, type: string?, subtype: string?,
    active!: boolean, isIntacctGroup!: boolean, isIntacctBankAccount!: boolean, source!: GeneralLedgerAccountSource,
    defaultAccountType: DefaultAccountType?, createdOn!: datetime, modifiedOn!: datetime
InterestSettingsAPIModel
    id: int64?, rateType!: InterestRateType, flatRateValue: decimal?, percentageRateValue: decimal?,
    chargeMethod: InterestChargeMethod?, frequency!: InterestChargeFrequency, gracePeriod: int32?,
    targetInvoices!: [InterestTargetInvoice], taskId!: int64, taskDisplayName!: string
InventoryBillItemResponse
    order!: int32, name: string?, description: html?, quantity: string?, cost: string?, inventoryLocation: string?,
    serialNumber: string?, generalLedgerAccount: GLAccountResponse?, costOfSaleAccount: GLAccountResponse?,
    assetAccount: GLAccountResponse?, id!: int64, skuId!: int64, receiptItemId: int64?, skuType!: string,
    skuCode!: string, budgetCodeId: int64?
InventoryBillResponse
    id!: int64, purchaseOrderId: int64?, syncStatus: string?, referenceNumber: string?, vendorNumber: string?,
    summary: string?, billDate: datetime?, billAmount: string?, taxAmount: string?, shippingAmount: string?,
    createdBy: string?, createdOn: datetime?, modifiedOn: datetime?, termName: string?, dueDate: datetime?,
    shipToDescription: string?, postDate: datetime?, batch: BatchResponse?, businessUnit: NamedFieldResponse?,
    taxZone: NamedFieldResponse?, vendor: NamedFieldResponse?, shipTo: AddressResponse?, budgetCodeId: int64?,
    items: [InventoryBillItemResponse]?, customFields: [CustomFieldResponse]?, jobId: int64?, jobNumber: string?
InventoryLocationResponse
    id!: int64, name: string?, type: string?
MarkApBillAsExportedUpdateRequest
    billIds!: [int64]
MarkApBillAsExportedUpdateResponse
    billId!: int64, success!: boolean, errorMessage: string?
MarkInventoryBillAsExportedUpdateRequest
    inventoryBillIds!: [int64]
MarkInventoryBillAsExportedUpdateResponse
    inventoryBillId!: int64, success!: boolean, errorMessage: string?
NamedFieldResponse
    id!: int64, name: string?
PaymentTermAPIModel
    id: int64?, name: string?, dueDayType!: PaymentTermDueDayType, dueDay: int32?, isCustomerDefault!: boolean,
    isVendorDefault!: boolean, active!: boolean, inUse: boolean?, modifiedOn!: datetime, createdOn!: datetime,
    paymentTermDiscountModel!: PaymentTermDiscountAPIModel, interestSettings!: InterestSettingsAPIModel
PaymentTermDiscountAPIModel
    id: int64?, discountApplyTo: PaymentTermApplyTo?, discount: decimal?, discountType: PaymentTermValueType?,
    account: string?, applyBy: DiscountAppliedBy?, applyByValue: int32?
RemittanceVendorContactInfoResponse
    firstName: string?, lastName: string?, phone: string?, email: string?, fax: string?
RemittanceVendorResponse
    id!: int64, name: string?, active!: boolean, customerId: string?, isApproved!: boolean, isVerified!: boolean,
    contactInfo: RemittanceVendorContactInfoResponse?, address: AddressResponse?, createdOn!: datetime,
    modifiedOn!: datetime
TaxRateResponse
    id: int64?, taxName: string?, taxBaseType!: [TaxBaseTypeNames], taxRate!: decimal, salesTaxItem: string?
TaxZoneResponse
    id!: int64, name: string?, color: int32?, isTaxRateSeparated!: boolean, isMultipleTaxZone!: boolean,
    rates!: [TaxRateResponse], createdOn!: datetime, modifiedOn!: datetime, active!: boolean
"""

ENUMS = """
ActiveRequestArg
    True, Any, False
ApBillSource
    Undefined, Standalone, Purchasing, Recurring, OCR, API
ApBillStatus
    Unreconciled, Discrepancy, Reconciled, Canceled
ApBillSyncStatus
    Pending, Posted, Exported, PostedAndExported
ApBillType
    NotSet, Procurement, ApBill
BillType
    NotSet, Procurement, ApBill, RecurringBill
CustomFieldDataType
    Text, Dropdown, Numeric
DefaultAccountType
    CheckingAccount, UndepositedFunds, AccountsReceivable, Inventory, AccountsPayable, CustomerRefundsPayable,
    SalesTaxPayable, CustomerDeposits, MembershipAgreements, RetainedEarnings, Revenue, MembershipRevenue, Refunds,
    CostOfGoodsSoldMaterials, CostOfGoodsSoldEquipment, CostOfGoodsSoldShipping, CostOfGoodsSoldTax, PayrollLabor,
    PayrollEmployeeTaxes, EmployeeBenefits, EmployerTaxes, EmployerBenefits, Deductions, InventoryAdjustments,
    CostOfGoodsSoldRestockingFee, CostOfGoodsSoldLabor, PayrollLiability, PayrollClearing, CommittedCosts,
    GoodsReceivedNotInvoiced, VendorDiscount, ProcessingFees, GoodsReturnedNotCredited, UseTaxExpense, UseTaxLiability
DiscountAppliedBy
    NumberOfDays, DayOfMonth, DayOfFollowingMonth
GeneralLedgerAccountSource
    Undefined, AccountingSystem, ManuallyCreated, PublicApi
InterestChargeFrequency
    Once, Daily, Monthly
InterestChargeMethod
    PrincipalOnly, Total
InterestRateType
    Flat, Percentage, MaxOfFlatAndPercentage
InterestTargetInvoice
    JobInvoices, MembershipInvoices, ProgressInvoices, PointOfSalesInvoices
InventoryBillSyncStatus
    Pending, Posted, Exported, PostedAndExported
LogicalOperator
    And, Or
PaymentTermApplyTo
    ApplyToTotalAmount, ApplyToSubtotalAmount, ApplyToRemainingBalance
PaymentTermDueDayType
    NumberOfDays, CertainDayOfCurrentMonth, CertainDayOfFollowingMonth
PaymentTermValueType
    Fixed, Percent
TaxBaseTypeNames
    Subtotal, Labor, Material
"""
