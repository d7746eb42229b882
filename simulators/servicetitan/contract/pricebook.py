"""ServiceTitan Pricebook V2, as far as it is simulated (read by notation.py)."""

OPERATIONS = """
GET /materials Materials_GetList
    answer 200 page MaterialResponse
    query isOtherDirectCost: boolean, costTypeIds: string, page: int32, pageSize: int32, includeTotal: boolean,
        sort: string, ids: string, createdBefore: datetime, createdOnOrAfter: datetime, modifiedBefore: datetime,
        modifiedOnOrAfter: datetime, active: ActiveRequestArg, externalDataApplicationGuid: guid,
        externalDataKey: string, externalDataValues: string, searchText: string
    sort Id, Code, DisplayName, CreatedOn, ModifiedOn, Price, MemberPrice, AddOnPrice, AddOnMemberPrice,
        MaterialsCost, PrimaryVendor, Cost, Manufacturer, Priority
GET /materials/{id} Materials_Get
    answer 200 MaterialResponse
    query externalDataApplicationGuid: guid
POST /materials Materials_Create
    body MaterialCreateRequest
    answer 201 MaterialResponse
GET /export/materials Export_Materials
    answer 200 feed ExportMaterialResponse
    query from: string, includeRecentChanges: boolean
GET /equipment Equipment_GetList
    answer 200 page EquipmentResponse
    query page: int32, pageSize: int32, includeTotal: boolean, sort: string, ids: string, createdBefore: datetime,
        createdOnOrAfter: datetime, modifiedBefore: datetime, modifiedOnOrAfter: datetime, active: ActiveRequestArg,
        externalDataApplicationGuid: guid, externalDataKey: string, externalDataValues: string, searchText: string
    sort Id, Code, DisplayName, CreatedOn, ModifiedOn, Price, MemberPrice, AddOnPrice, AddOnMemberPrice,
        MaterialsCost, PrimaryVendor, Cost, Manufacturer, Priority
GET /equipment/{id} Equipment_Get
    answer 200 EquipmentResponse
    query externalDataApplicationGuid: guid
GET /export/equipment Export_Equipment
    answer 200 feed ExportEquipmentResponse
    query from: string, includeRecentChanges: boolean
"""

SCHEMAS = """
DimensionsResponse
    height: decimal?, width: decimal?, depth: decimal?
EquipmentRecommendationResponse
    skuId!: int64, type!: EquipmentRecommendationType
EquipmentResponse
    id!: int64, code!: string, displayName: string?, description!: html, active!: boolean, price!: decimal,
    memberPrice!: decimal, addOnPrice!: decimal, addOnMemberPrice!: decimal, manufacturer: string?, model: string?,
    manufacturerWarranty!: SkuWarrantyResponse, serviceProviderWarranty!: SkuWarrantyResponse, categories!: [int64],
    assets!: [SkuAssetResponse], recommendations!: [EquipmentRecommendationResponse], upgrades!: [int64],
    equipmentMaterials!: [SkuLinkResponse], primaryVendor: SkuVendorResponse?, otherVendors: [SkuVendorResponse]?,
    account: string?, costOfSaleAccount: string?, assetAccount: string?, crossSaleGroup: string?,
    paysCommission!: boolean, bonus!: decimal, commissionBonus!: decimal, hours!: decimal, taxable!: boolean,
    cost!: decimal, unitOfMeasure: string?, isInventory!: boolean, modifiedOn!: datetime, source: string?,
    externalId: string?, externalData: [ExternalDataModel]?, isConfigurableEquipment!: boolean,
    variationsOrConfigurableEquipment: [int64]?, typeId: int64?, displayInAmount!: boolean,
    generalLedgerAccountId: int64?, createdOn!: datetime, defaultAssetUrl: string?, dimensions: DimensionsResponse?,
    budgetCostCode: string?, budgetCostType: string?
ExportEquipmentResponse
    id!: int64, code!: string, displayName: string?, description!: html, active!: boolean, price!: decimal,
    memberPrice!: decimal, addOnPrice!: decimal, addOnMemberPrice!: decimal, manufacturer: string?, model: string?,
    manufacturerWarranty!: SkuWarrantyResponse, serviceProviderWarranty!: SkuWarrantyResponse, categories!: [int64],
    assets!: [SkuAssetResponse], recommendations!: [EquipmentRecommendationResponse], upgrades!: [int64],
    equipmentMaterials!: [SkuLinkResponse], primaryVendor: SkuVendorResponse?, otherVendors: [SkuVendorResponse]?,
    account: string?, costOfSaleAccount: string?, assetAccount: string?, crossSaleGroup: string?,
    paysCommission!: boolean, bonus!: decimal, commissionBonus!: decimal, hours!: decimal, taxable!: boolean,
    cost!: decimal, unitOfMeasure: string?, isInventory!: boolean, modifiedOn!: datetime, source: string?,
    externalId: string?, externalData: [ExternalDataModel]?, isConfigurableEquipment!: boolean,
    variationsOrConfigurableEquipment: [int64]?, typeId: int64?, displayInAmount!: boolean,
    generalLedgerAccountId: int64?, createdOn!: datetime, defaultAssetUrl: string?, dimensions: DimensionsResponse?,
    budgetCostCode: string?, budgetCostType: string?
ExportMaterialResponse
    id!: int64, code!: string, displayName: string?, description!: html, cost!: decimal, active!: boolean,
    price!: decimal, memberPrice!: decimal, addOnPrice!: decimal, addOnMemberPrice!: decimal, hours!: decimal,
    bonus!: decimal, commissionBonus!: decimal, paysCommission!: boolean, deductAsJobCost!: boolean,
    unitOfMeasure: string?, isInventory!: boolean, account: string?, costOfSaleAccount: string?,
    assetAccount: string?, taxable: boolean?, primaryVendor: SkuVendorResponse?, otherVendors: [SkuVendorResponse]?,
    categories!: [int64], assets!: [SkuAssetResponse], modifiedOn!: datetime, source: string?, externalId: string?,
    externalData: [ExternalDataModel]?, isConfigurableMaterial!: boolean, chargeableByDefault!: boolean,
    variationsOrConfigurableMaterials: [int64]?, businessUnitId: int64?, createdById!: int64, createdOn!: datetime,
    displayInAmount!: boolean, generalLedgerAccountId: int64?, isOtherDirectCost!: boolean, costTypeId: int64?,
    defaultAssetUrl: string?, budgetCostCode: string?, budgetCostType: string?
ExternalDataCreateRequest
    applicationGuid!: guid, externalData!: [ExternalDataModel]
ExternalDataModel
    key!: string, value!: string
MaterialCreateRequest
    code!: string, displayName: string?, description!: html, cost: decimal?, active: boolean?, price: decimal?,
    memberPrice: decimal?, addOnPrice: decimal?, addOnMemberPrice: decimal?, hours: decimal?, bonus: decimal?,
    commissionBonus: decimal?, paysCommission: boolean?, deductAsJobCost: boolean?, unitOfMeasure: string?,
    isInventory: boolean?, account: string?, costOfSaleAccount: string?, assetAccount: string?,
    intacctGlGroupAccount: string?, taxable: boolean?, primaryVendor: SkuVendorRequest?,
    otherVendors: [SkuVendorRequest]?, assets: [SkuAssetRequest]?, categories: [int64]?,
    externalData: ExternalDataCreateRequest?, isConfigurableMaterial: boolean?, chargeableByDefault: boolean?,
    variationMaterials: [int64]?, isOtherDirectCost: boolean?, costTypeId: int64?, budgetCostCode: string?,
    budgetCostType: string?
MaterialResponse
    id!: int64, code!: string, displayName: string?, description!: html, cost!: decimal, active!: boolean,
    price!: decimal, memberPrice!: decimal, addOnPrice!: decimal, addOnMemberPrice!: decimal, hours!: decimal,
    bonus!: decimal, commissionBonus!: decimal, paysCommission!: boolean, deductAsJobCost!: boolean,
    unitOfMeasure: string?, isInventory!: boolean, account: string?, costOfSaleAccount: string?,
    assetAccount: string?, taxable: boolean?, primaryVendor: SkuVendorResponse?, otherVendors: [SkuVendorResponse]?,
    categories!: [int64], assets!: [SkuAssetResponse], modifiedOn!: datetime, source: string?, externalId: string?,
    externalData: [ExternalDataModel]?, isConfigurableMaterial!: boolean, chargeableByDefault!: boolean,
    variationsOrConfigurableMaterials: [int64]?, businessUnitId: int64?, createdById!: int64, createdOn!: datetime,
    displayInAmount!: boolean, generalLedgerAccountId: int64?, isOtherDirectCost!: boolean, costTypeId: int64?,
    defaultAssetUrl: string?, budgetCostCode: string?, budgetCostType: string?
SkuAssetRequest
    type!: SkuAssetType, alias: string?, url!: string, isDefault: boolean?
SkuAssetResponse
    alias: string?, fileName: string?, isDefault!: boolean, type!: SkuAssetType, url!: string
SkuLinkResponse
    skuId!: int64, quantity!: decimal
SkuVendorRequest
    vendorId!: int64, memo: string?, vendorPart: string?, cost!: decimal, active!: boolean,
    primarySubAccount: SkuVendorSubAccountRequest?, otherSubAccounts: [SkuVendorSubAccountRequest]?
SkuVendorResponse
    id!: int64, vendorName!: string, vendorId!: int64, memo: string?, vendorPart: string?, cost!: decimal,
    active!: boolean, primarySubAccount: SkuVendorSubAccountResponse?,
    otherSubAccounts: [SkuVendorSubAccountResponse]?
SkuVendorSubAccountRequest
    cost!: decimal, accountName!: string
SkuVendorSubAccountResponse
    id!: int64, cost!: decimal, accountName!: string
SkuWarrantyResponse
    duration!: int32, description: string?
"""

ENUMS = """
ActiveRequestArg
    True, Any, False
EquipmentRecommendationType
    Service, Material
SkuAssetType
    Other, Image, Video, Attachment, VideoFile
"""
