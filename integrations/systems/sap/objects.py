"""The objects that are read from SAP: one declaration each, with the way its changes are found.

Change fields are those of SAP's metadata documents. Purchase order headers and requisition items carry
LastChangeDateTime. A business partner carries a date and a time of change, and nothing tells whether a change of its
address, company or purchasing organisation data moves them, so partners are read again in full besides. Cost centers
carry such a pair in V4 and nothing in V2. Supplier invoices carry a time stamp as text in recent releases, before that
a date of creation, before that the posting date only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from integrations.systems.sap import entities
from integrations.systems.sap.by_day import ByDay
from integrations.systems.sap.by_stamp import ByStamp, ByText
from integrations.systems.sap.client import SapClient
from integrations.systems.sap.reading import Source, Where
from integrations.systems.sap.services import (
    BUSINESS_PARTNER,
    COMPANY_CODE,
    COST_CENTER,
    PURCHASE_ORDER,
    PURCHASE_REQUISITION,
    PURCHASING_GROUP,
    PURCHASING_ORGANIZATION,
    SUPPLIER_INVOICE,
    Service,
)
from integrations.systems.sap.shapes import flat_order, named_cost_center, order, periods, requisition
from integrations.systems.sap.strategies import Chosen, Strategy, Whole

# How many days back invoices are looked at where only a date of creation or of posting is known: parked ones are
# posted later, and posting dates may lie in the past.
INVOICE_LOOK_BACK = 35

PURCHASE_ORDERS = ByStamp(
    service=PURCHASE_ORDER,
    sources=(
        Source(
            offer=PURCHASE_ORDER.offers[0],
            entity_set="PurchaseOrder",
            entity=entities.PURCHASE_ORDER_V4,
            keys=("PurchaseOrder",),
            shape=order,
        ),
        Source(
            offer=PURCHASE_ORDER.offers[1],
            entity_set="A_PurchaseOrder",
            entity=entities.PURCHASE_ORDER_V2,
            keys=("PurchaseOrder",),
            shape=flat_order,
        ),
    ),
    key=("PurchaseOrder",),
    page_size="page_size_orders",
    field="LastChangeDateTime",
    born="CreationDate",
)

# A partner without a supplier number is no supplier (yet). Pages go by partner: that number is never shared.
SUPPLIERS = ByDay(
    service=BUSINESS_PARTNER,
    sources=(
        Source(
            offer=BUSINESS_PARTNER.offers[0],
            entity_set="A_BusinessPartner",
            entity=entities.BUSINESS_PARTNER,
            keys=("BusinessPartner",),
            only=(Where("Supplier", "ne", ""),),
        ),
    ),
    key=("Supplier",),
    page_size="page_size_partners",
    days=("LastChangeDate", "CreationDate"),
    times={"LastChangeDate": "LastChangeTime", "CreationDate": "CreationTime"},
)

# The same by partner number, suppliers or not: for writing them.
PARTNERS = replace(
    SUPPLIERS, key=("BusinessPartner",), sources=tuple(replace(source, only=()) for source in SUPPLIERS.sources)
)

# Read by item, brought up as whole requisitions.
_REQUISITION_KEYS = ("PurchaseRequisition", "PurchaseRequisitionItem")
REQUISITIONS = ByStamp(
    service=PURCHASE_REQUISITION,
    sources=(
        Source(
            offer=PURCHASE_REQUISITION.offers[0],
            entity_set="PurchaseReqnItem",
            entity=entities.REQUISITION_ITEM_V4,
            keys=_REQUISITION_KEYS,
        ),
        Source(
            offer=PURCHASE_REQUISITION.offers[1],
            entity_set="A_PurchaseRequisitionItem",
            entity=entities.REQUISITION_ITEM_V2,
            keys=_REQUISITION_KEYS,
        ),
    ),
    key=("PurchaseRequisition",),
    page_size="page_size",
    field="LastChangeDateTime",
    fold=requisition,
    born="PurReqCreationDate",
)

# A cost center is its controlling area and number; its rows are periods of validity and change their keys.
_COST_CENTER_KEYS = ("ControllingArea", "CostCenter", "ValidityEndDate")
_COST_CENTER_SOURCES = (
    Source(
        offer=COST_CENTER.offers[0],
        entity_set="A_CostCenter_2",
        entity=entities.COST_CENTER_V4,
        keys=_COST_CENTER_KEYS,
        shape=named_cost_center,
    ),
    Source(
        offer=COST_CENTER.offers[1],
        entity_set="A_CostCenter",
        entity=entities.COST_CENTER_V2,
        keys=_COST_CENTER_KEYS,
        shape=named_cost_center,
    ),
)
_COST_CENTERS_V4 = ByDay(
    service=COST_CENTER,
    sources=_COST_CENTER_SOURCES[:1],
    key=("ControllingArea", "CostCenter"),
    page_size="page_size",
    days=("CostCenterLastChangedOnDate", "CostCenterCreationDate"),
    times={
        "CostCenterLastChangedOnDate": "CostCenterLastChangedAtTime",
        "CostCenterCreationDate": "CostCenterCreationTime",
    },
    fold=periods,
)
_COST_CENTERS_V2 = Whole(
    service=COST_CENTER,
    sources=_COST_CENTER_SOURCES[1:],
    key=("ControllingArea", "CostCenter"),
    page_size="page_size",
    fold=periods,
)


def _cost_center_way(client: SapClient) -> str:
    return str(client.offer(COST_CENTER).version)


COST_CENTERS_BY_VERSION: Mapping[str, Strategy] = {"v4": _COST_CENTERS_V4, "v2": _COST_CENTERS_V2}
COST_CENTERS = Chosen({"v4": _COST_CENTERS_V4, "v2": _COST_CENTERS_V2}, _cost_center_way)

_INVOICE_SOURCES = (
    Source(
        offer=SUPPLIER_INVOICE.offers[0],
        entity_set="A_SupplierInvoice",
        entity=entities.SUPPLIER_INVOICE,
        keys=("SupplierInvoice", "FiscalYear"),
    ),
)


def _invoices_by(day: str) -> ByDay:
    return ByDay(
        service=SUPPLIER_INVOICE,
        sources=_INVOICE_SOURCES,
        key=("SupplierInvoice", "FiscalYear"),
        page_size="page_size_orders",
        days=(day,),
        times={},
        look_back=INVOICE_LOOK_BACK,
        born=day,
    )


_INVOICES_BY_TEXT = ByText(
    service=SUPPLIER_INVOICE,
    sources=_INVOICE_SOURCES,
    key=("SupplierInvoice", "FiscalYear"),
    page_size="page_size_orders",
    field="SuplrInvcLstChgDteTmeTxt",
    born="CreationDate",
)


def _invoice_way(client: SapClient) -> str:
    client.offer(SUPPLIER_INVOICE)
    lacking = client.without(SUPPLIER_INVOICE)
    ways = {"change": "SuplrInvcLstChgDteTmeTxt", "creation": "CreationDate", "posting": "PostingDate"}
    return next(way for way, field in ways.items() if f"A_SupplierInvoiceType.{field}" not in lacking)


SUPPLIER_INVOICES = Chosen(
    {"change": _INVOICES_BY_TEXT, "creation": _invoices_by("CreationDate"), "posting": _invoices_by("PostingDate")},
    _invoice_way,
)

# Every entity set that is read, by service.
SOURCES: Mapping[str, tuple[Source, ...]] = {
    PURCHASE_ORDER.name: PURCHASE_ORDERS.sources,
    BUSINESS_PARTNER.name: SUPPLIERS.sources,
    PURCHASE_REQUISITION.name: REQUISITIONS.sources,
    SUPPLIER_INVOICE.name: _INVOICE_SOURCES,
    COST_CENTER.name: _COST_CENTER_SOURCES,
    COMPANY_CODE.name: (
        Source(
            offer=COMPANY_CODE.offers[0],
            entity_set="A_CompanyCode",
            entity=entities.COMPANY_CODE,
            keys=("CompanyCode",),
        ),
    ),
    PURCHASING_ORGANIZATION.name: (
        Source(
            offer=PURCHASING_ORGANIZATION.offers[0],
            entity_set="A_PurchasingOrganization",
            entity=entities.PURCHASING_ORGANIZATION,
            keys=("PurchasingOrganization",),
        ),
    ),
    PURCHASING_GROUP.name: (
        Source(
            offer=PURCHASING_GROUP.offers[0],
            entity_set="A_PurchasingGroup",
            entity=entities.PURCHASING_GROUP,
            keys=("PurchasingGroup",),
        ),
    ),
}


def glimpse(client: SapClient, service: Service) -> None:
    """Reads one row of a service with everything we would read of it. Raises what keeps us from reading."""
    offer = client.offer(service)
    for source in SOURCES[service.name]:
        if source.offer is offer:
            source.page(client, client.without(service), [], source.keys, top=1)
