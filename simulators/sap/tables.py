"""The tables behind the services: one table may be seen through a V2 and a V4 service.

Columns follow from the fields of all services. ``often`` names those which most rows fill (they take a fixed place,
the rest is kept sparsely), ``indexed`` those by which large tables are searched.
"""

from dataclasses import dataclass

from simulators.sap.catalog import SERVICES
from simulators.sap.declare import Field

_KINDS = {
    "Edm.String": "text",
    "Edm.Guid": "text",
    "Edm.Decimal": "number",
    "Edm.Int16": "number",
    "Edm.Int32": "number",
    "Edm.Boolean": "flag",
    "Edm.DateTime": "date",
    "Edm.Date": "date",
    "Edm.DateTimeOffset": "stamp",
    "Edm.Time": "time",
    "Edm.TimeOfDay": "time",
}


@dataclass(frozen=True)
class Shape:
    """How a table is built: its key, the table it belongs to, and its columns by frequency."""

    name: str
    key: tuple[str, ...]
    parent: str = ""
    often: tuple[str, ...] = ()
    indexed: tuple[str, ...] = ()


def _shape(name: str, key: str, parent: str = "", often: str = "", indexed: str = "") -> Shape:
    return Shape(name, tuple(key.split()), parent, tuple(often.split()), tuple(indexed.split()))


SHAPES: tuple[Shape, ...] = (
    _shape(
        "BusinessPartner",
        "BusinessPartner",
        often="""Supplier BusinessPartnerCategory BusinessPartnerFullName BusinessPartnerGrouping BusinessPartnerName
            BusinessPartnerUUID CreatedByUser CreationDate CreationTime LastChangeDate LastChangeTime LastChangedByUser
            OrganizationBPName1 SearchTerm1 BusinessPartnerIDByExtSystem""",
        indexed="Supplier LastChangeDate CreationDate BusinessPartnerIDByExtSystem",
    ),
    _shape(
        "BusinessPartnerAddress",
        "BusinessPartner AddressID",
        "BusinessPartner",
        often="""ValidityStartDate ValidityEndDate AddressUUID CityName Country FullName HouseNumber Language PostalCode
            Region StreetName""",
    ),
    _shape("AddressUsage", "BusinessPartner ValidityEndDate AddressUsage AddressID", "BusinessPartnerAddress"),
    _shape("AddressEmail", "AddressID Person OrdinalNumber", "BusinessPartnerAddress", often="EmailAddress"),
    _shape(
        "AddressPhone",
        "AddressID Person OrdinalNumber",
        "BusinessPartnerAddress",
        often="DestinationLocationCountry IsDefaultPhoneNumber PhoneNumber InternationalPhoneNumber PhoneNumberType",
    ),
    _shape("AddressFax", "AddressID Person OrdinalNumber", "BusinessPartnerAddress", often="FaxNumber FaxCountry"),
    _shape("BusinessPartnerBank", "BusinessPartner BankIdentification", "BusinessPartner"),
    _shape("BusinessPartnerRole", "BusinessPartner BusinessPartnerRole", "BusinessPartner", often="ValidFrom ValidTo"),
    _shape("BusinessPartnerTax", "BusinessPartner BPTaxType", "BusinessPartner", often="BPTaxNumber"),
    _shape(
        "BusinessPartnerIdentification",
        "BusinessPartner BPIdentificationType BPIdentificationNumber",
        "BusinessPartner",
    ),
    _shape(
        "Supplier",
        "Supplier",
        often="CreatedByUser CreationDate SupplierAccountGroup SupplierName SupplierFullName",
    ),
    _shape("SupplierCompany", "Supplier CompanyCode", "Supplier", often="ReconciliationAccount PaymentTerms"),
    _shape(
        "SupplierPurchasingOrg",
        "Supplier PurchasingOrganization",
        "Supplier",
        often="PaymentTerms PurchaseOrderCurrency PurchasingGroup IncotermsClassification",
    ),
    _shape("CompanyCode", "CompanyCode"),
    _shape("CostCenter", "ControllingArea CostCenter ValidityEndDate", indexed="CostCenterLastChangedOnDate"),
    _shape("CostCenterText", "ControllingArea CostCenter ValidityEndDate Language", "CostCenter"),
    _shape("PurchasingGroup", "PurchasingGroup"),
    _shape("PurchasingOrganization", "PurchasingOrganization"),
    _shape(
        "PurchaseOrder",
        "PurchaseOrder",
        often="""CompanyCode PurchaseOrderType PurchasingOrganization PurchasingGroup Supplier DocumentCurrency
            PurchaseOrderDate PaymentTerms ExchangeRate InvoicingParty CorrespncExternalReference Language
            CorrespncInternalReference PurchasingProcessingStatus CreationDate CreatedByUser LastChangeDateTime
            PurchaseOrderSubtype PurchasingDocumentOrigin""",
        indexed="LastChangeDateTime CorrespncExternalReference CorrespncInternalReference",
    ),
    _shape("PurchaseOrderNote", "PurchaseOrder TextObjectType Language", "PurchaseOrder"),
    _shape(
        "PurchaseOrderItem",
        "PurchaseOrder PurchaseOrderItem",
        "PurchaseOrder",
        often="""PurchaseOrderItemText Plant MaterialGroup Material OrderQuantity PurchaseOrderQuantityUnit
            OrderPriceUnit OrderPriceUnitToOrderUnitNmrtr OrdPriceUnitToOrderUnitDnmntr DocumentCurrency NetPriceAmount
            NetPriceQuantity TaxCode PurchaseOrderItemCategory AccountAssignmentCategory
            MultipleAcctAssgmtDistribution GoodsReceiptIsExpected InvoiceIsExpected RequisitionerName
            RequirementTracking ProductTypeCode NetAmount GrossAmount EffectiveAmount CompanyCode BaseUnit""",
    ),
    _shape("PurchaseOrderItemNote", "PurchaseOrder PurchaseOrderItem TextObjectType Language", "PurchaseOrderItem"),
    _shape(
        "PurchaseOrderAccount",
        "PurchaseOrder PurchaseOrderItem AccountAssignmentNumber",
        "PurchaseOrderItem",
        often="""CostCenter GLAccount ControllingArea ProfitCenter Quantity OrderQuantityUnit DocumentCurrency
            MultipleAcctAssgmtDistrPercent PurgDocNetAmount FunctionalArea""",
    ),
    _shape(
        "PurchaseOrderSchedule",
        "PurchaseOrder PurchaseOrderItem ScheduleLine",
        "PurchaseOrderItem",
        often="""ScheduleLineDeliveryDate ScheduleLineOrderQuantity OpenPurchaseOrderQuantity DelivDateCategory
            PurchaseOrderQuantityUnit""",
    ),
    _shape(
        "PurchaseOrderItemAddress",
        "PurchaseOrder PurchaseOrderItem DeliveryAddressID",
        "PurchaseOrderItem",
        often="OrganizationName1 AddresseeFullName StreetName HouseNumber CityName PostalCode Region Country",
    ),
    _shape("Requisition", "PurchaseRequisition", often="PurchaseRequisitionType PurReqnDescription"),
    _shape(
        "RequisitionItem",
        "PurchaseRequisition PurchaseRequisitionItem",
        "Requisition",
        often="""PurchaseRequisitionItemText RequestedQuantity BaseUnit PurchaseRequisitionPrice PurReqnPriceQuantity
            PurReqnItemCurrency ItemNetAmount Plant CompanyCode Supplier FixedSupplier PurchasingOrganization
            PurchasingGroup DeliveryDate RequisitionerName PurReqnReleaseStatus ProcessingStatus PurchasingDocument
            PurchasingDocumentItem OrderedQuantity LastChangeDateTime PurReqCreationDate CreationDate Material""",
        indexed="LastChangeDateTime PurchasingDocument PurReqnExternalReference",
    ),
    _shape(
        "RequisitionAccount",
        "PurchaseRequisition PurchaseRequisitionItem PurchaseReqnAcctAssgmtNumber",
        "RequisitionItem",
        often="CostCenter GLAccount ControllingArea Quantity BaseUnit PurReqnNetAmount",
    ),
    _shape("RequisitionAddress", "PurchaseRequisition PurchaseRequisitionItem", "RequisitionItem"),
    _shape(
        "SupplierInvoice",
        "SupplierInvoice FiscalYear",
        often="""CompanyCode DocumentDate PostingDate CreationDate SuplrInvcLstChgDteTmeTxt InvoicingParty
            SupplierInvoiceIDByInvcgParty DocumentCurrency InvoiceGrossAmount PaymentTerms SupplierInvoiceStatus
            AccountingDocumentType DueCalculationBaseDate""",
        indexed="SuplrInvcLstChgDteTmeTxt CreationDate PostingDate SupplierInvoiceIDByInvcgParty",
    ),
    _shape(
        "InvoiceOrderItem",
        "SupplierInvoice FiscalYear SupplierInvoiceItem",
        "SupplierInvoice",
        often="""PurchaseOrder PurchaseOrderItem Plant TaxCode DocumentCurrency SupplierInvoiceItemAmount
            PurchaseOrderQuantityUnit QuantityInPurchaseOrderUnit PurchaseOrderPriceUnit QtyInPurchaseOrderPriceUnit""",
        indexed="PurchaseOrder",
    ),
    _shape(
        "InvoiceAccount",
        "SupplierInvoice FiscalYear SupplierInvoiceItem OrdinalNumber",
        "InvoiceOrderItem",
        often="CostCenter ControllingArea GLAccount ProfitCenter SuplrInvcAcctAssignmentAmount TaxCode CompanyCode",
    ),
    _shape("InvoiceGLAccount", "SupplierInvoice FiscalYear SupplierInvoiceItem", "SupplierInvoice"),
    _shape(
        "InvoiceTax",
        "SupplierInvoice FiscalYear TaxCode SupplierInvoiceTaxCounter",
        "SupplierInvoice",
        often="TaxAmount TaxBaseAmountInTransCrcy DocumentCurrency",
    ),
    _shape("InvoiceSelectedOrder", "SupplierInvoice FiscalYear PurchaseOrder PurchaseOrderItem", "SupplierInvoice"),
)


def kind_of(field: Field) -> str:
    """The kind of stored value behind a field that is stored under its own type."""
    kind = _KINDS[field.edm]
    return "digits" if kind == "text" and "N" in field.words else kind


def columns() -> dict[str, dict[str, str]]:
    """Kinds of values by table and column; where the versions differ, V4 decides."""
    found: dict[str, dict[str, str]] = {shape.name: {} for shape in SHAPES}
    for service in sorted(SERVICES.values(), key=lambda service: service.version):
        for entity in service.sets.values():
            stored = (field for field in entity.fields.values() if "." not in field.column)
            found[entity.table].update((field.column, kind_of(field)) for field in stored)
    return found
