"""The objects that are read from SAP: one declaration each, with the way its changes are found.

Change fields are those of SAP's metadata documents: purchase order headers carry LastChangeDateTime; a business partner
carries a date and a time of change, and nothing tells whether a change of its address, company or purchasing
organisation data moves them, so partners are read again in full besides.
"""

from __future__ import annotations

from integrations.systems.sap import entities
from integrations.systems.sap.client import SapClient
from integrations.systems.sap.entities import DELIVERY_ADDRESS
from integrations.systems.sap.reading import Row, Source, Where
from integrations.systems.sap.services import (
    BUSINESS_PARTNER,
    COMPANY_CODE,
    COST_CENTER,
    PURCHASE_ORDER,
    PURCHASING_GROUP,
    PURCHASING_ORGANIZATION,
    Service,
)
from integrations.systems.sap.strategies import ByDay, ByStamp


def _order(row: Row) -> Row:
    """A V4 order: an address without any content is none."""
    for item in row["items"]:
        item["delivery_address"] = _address(item["delivery_address"] or {})
    return row


def _flat_order(row: Row) -> Row:
    """A V2 order: the flat delivery address of an item becomes an entity, as V4 has it. V4-only members are None."""
    for item in row["items"]:
        item["delivery_address"] = _address({name: item.pop(name, None) for name in DELIVERY_ADDRESS})
        item.update(NetAmount=None, GrossAmount=None, RequirementTracking=None)
    return row


def _address(found: Row) -> Row | None:
    address = {name: found.get(name) or "" for name in DELIVERY_ADDRESS}
    return address if any(value for name, value in address.items() if name != "DeliveryAddressID") else None


PURCHASE_ORDERS = ByStamp(
    service=PURCHASE_ORDER,
    sources=(
        Source(
            offer=PURCHASE_ORDER.offers[0],
            entity_set="PurchaseOrder",
            entity=entities.PURCHASE_ORDER_V4,
            keys=("PurchaseOrder",),
            shape=_order,
        ),
        Source(
            offer=PURCHASE_ORDER.offers[1],
            entity_set="A_PurchaseOrder",
            entity=entities.PURCHASE_ORDER_V2,
            keys=("PurchaseOrder",),
            shape=_flat_order,
        ),
    ),
    key=("PurchaseOrder",),
    page_size="page_size_orders",
    field="LastChangeDateTime",
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


def _named(row: Row) -> Row:
    """A cost center with a name and a description of its own, as V4 has them; V2 has them in the texts only."""
    texts = sorted(row["texts"], key=lambda text: (text["Language"] != "EN", text["Language"]))
    first = texts[0] if texts else {}
    for name in ("CostCenterName", "CostCenterDescription"):
        row[name] = row.get(name) or first.get(name) or ""
    for name in ("CostCenterCreationTime", "CostCenterLastChangedOnDate", "CostCenterLastChangedAtTime"):
        row.setdefault(name, None)
    return row


_COST_CENTER_KEYS = ("ControllingArea", "CostCenter", "ValidityEndDate")
COST_CENTER_SOURCES = (
    Source(
        offer=COST_CENTER.offers[0],
        entity_set="A_CostCenter_2",
        entity=entities.COST_CENTER_V4,
        keys=_COST_CENTER_KEYS,
        shape=_named,
    ),
    Source(
        offer=COST_CENTER.offers[1],
        entity_set="A_CostCenter",
        entity=entities.COST_CENTER_V2,
        keys=_COST_CENTER_KEYS,
        shape=_named,
    ),
)
COMPANY_CODE_SOURCES = (
    Source(
        offer=COMPANY_CODE.offers[0],
        entity_set="A_CompanyCode",
        entity=entities.COMPANY_CODE,
        keys=("CompanyCode",),
    ),
)
PURCHASING_ORGANIZATION_SOURCES = (
    Source(
        offer=PURCHASING_ORGANIZATION.offers[0],
        entity_set="A_PurchasingOrganization",
        entity=entities.PURCHASING_ORGANIZATION,
        keys=("PurchasingOrganization",),
    ),
)
PURCHASING_GROUP_SOURCES = (
    Source(
        offer=PURCHASING_GROUP.offers[0],
        entity_set="A_PurchasingGroup",
        entity=entities.PURCHASING_GROUP,
        keys=("PurchasingGroup",),
    ),
)

# Every entity set that is read, by service.
SOURCES: dict[str, tuple[Source, ...]] = {
    PURCHASE_ORDER.name: PURCHASE_ORDERS.sources,
    BUSINESS_PARTNER.name: SUPPLIERS.sources,
    COST_CENTER.name: COST_CENTER_SOURCES,
    COMPANY_CODE.name: COMPANY_CODE_SOURCES,
    PURCHASING_ORGANIZATION.name: PURCHASING_ORGANIZATION_SOURCES,
    PURCHASING_GROUP.name: PURCHASING_GROUP_SOURCES,
}


def glimpse(client: SapClient, service: Service) -> None:
    """Reads one row of a service with everything we would read of it. Raises what keeps us from reading."""
    offer = client.offer(service)
    for source in SOURCES.get(service.name, ()):
        if source.offer is offer:
            source.page(client, client.without(service), [], source.keys, top=1)
