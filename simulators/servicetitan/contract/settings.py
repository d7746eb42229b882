"""ServiceTitan Settings V2, as far as it is simulated (read by notation.py)."""

OPERATIONS = """
GET /business-units BusinessUnits_GetList
    answer 200 page BusinessUnitResponse
    query ids: string, name: string, active: ActiveRequestArg, page: int32, pageSize: int32, includeTotal: boolean,
        createdBefore: datetime, createdOnOrAfter: datetime, modifiedBefore: datetime, modifiedOnOrAfter: datetime,
        externalDataApplicationGuid: guid
GET /business-units/{id} BusinessUnits_Get
    answer 200 BusinessUnitResponse
    query externalDataApplicationGuid: guid
PATCH /business-units/{id} BusinessUnits_Update
    body UpdateBusinessUnitRequest
    answer 200 ModificationResponse
GET /export/business-units Export_BusinessUnits
    answer 200 feed ExportBusinessUnitResponse
    query from: string, includeRecentChanges: boolean
GET /tag-types TagTypes_GetList
    answer 200 page TagTypeResponse
    query page: int32, pageSize: int32, includeTotal: boolean, active: ActiveRequestArg, createdBefore: datetime,
        createdOnOrAfter: datetime, modifiedBefore: datetime, modifiedOnOrAfter: datetime, sort: string
"""

SCHEMAS = """
BusinessUnitAddressResponse
    street: string?, unit: string?, city: string?, state: string?, zip: string?, country: string?, latitude: double?,
    longitude: double?, isManualCoordinates!: boolean, isMilitary!: boolean
BusinessUnitResponse
    id!: int64, active!: boolean, name!: string, officialName: string?, email: email?, currency: string?,
    phoneNumber: phone?, invoiceHeader: html?, invoiceMessage: html?, defaultTaxRate: decimal?,
    authorizationParagraph: html?, acknowledgementParagraph: html?, address: BusinessUnitAddressResponse?,
    materialSku: string?, quickbooksClass: string?, accountCode: string?, franchiseId: string?, conceptCode: string?,
    corporateContractNumber: string?, trade: NamedModel?, division: NamedModel?, tagTypeIds: [int64]?,
    tenant: BusinessUnitTenantResponse?, createdOn!: datetime, modifiedOn!: datetime,
    externalData: [ExternalDataModel]?
BusinessUnitTenantResponse
    id!: int64, name!: string, accountCode: string?, franchiseId: string?, conceptCode: string?, modifiedOn!: datetime
ExportBusinessUnitResponse
    id!: int64, active!: boolean, name!: string, officialName: string?, email: email?, currency: string?,
    phoneNumber: phone?, invoiceHeader: html?, invoiceMessage: html?, defaultTaxRate: decimal?,
    authorizationParagraph: html?, acknowledgementParagraph: html?, address: BusinessUnitAddressResponse?,
    materialSku: string?, quickbooksClass: string?, accountCode: string?, franchiseId: string?, conceptCode: string?,
    corporateContractNumber: string?, trade: NamedModel?, division: NamedModel?, tagTypeIds: [int64]?,
    tenant: BusinessUnitTenantResponse?, createdOn!: datetime, modifiedOn!: datetime,
    externalData: [ExternalDataModel]?
ExternalDataModel
    key!: string, value!: string
ExternalDataUpdateModel
    key!: string, value: string?
ExternalDataUpdateRequest
    patchMode: ExternalDataPatchMode?, applicationGuid!: guid, externalData!: [ExternalDataUpdateModel]
ModificationResponse
    id!: int64
NamedModel
    id!: int64, name!: string
TagTypeResponse
    id!: int64, name!: string, color!: string, code!: string, importance: TagImportance?,
    isConversionOpportunity!: boolean, allowToUseOnTimesheetActivity!: boolean, isVisibleOnDispatchBoard!: boolean,
    active!: boolean, createdOn!: datetime, modifiedOn!: datetime
UpdateBusinessUnitRequest
    externalData: ExternalDataUpdateRequest
"""

ENUMS = """
ActiveRequestArg
    True, Any, False
ExternalDataPatchMode
    Replace, Merge
TagImportance
    Medium, High
"""
