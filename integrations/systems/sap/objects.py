"""The objects that are read from SAP: one declaration each, with the way its changes are found.

Change fields are those of SAP's metadata documents: purchase order headers carry LastChangeDateTime; a business partner
carries a date and a time of change, and nothing tells whether a change of its address, company or purchasing
organisation data moves them, so partners are read again in full besides.
"""

from __future__ import annotations

from integrations.systems.sap.entities import BUSINESS_PARTNER, DELIVERY_ADDRESS, PURCHASE_ORDER_V2, PURCHASE_ORDER_V4
from integrations.systems.sap.reading import Row, Source, Where
from integrations.systems.sap.services import BUSINESS_PARTNER as BUSINESS_PARTNER_SERVICE
from integrations.systems.sap.services import PURCHASE_ORDER as PURCHASE_ORDER_SERVICE
from integrations.systems.sap.services import Offer, Service
from integrations.systems.sap.strategies import ByDay, ByStamp


def _offer(service: Service, version: str) -> Offer:
    found = service.offer(version)
    if found is None:
        raise KeyError(f"{service.name} {version}")
    return found


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
    service=PURCHASE_ORDER_SERVICE,
    sources=(
        Source(
            offer=_offer(PURCHASE_ORDER_SERVICE, "v4"),
            entity_set="PurchaseOrder",
            entity=PURCHASE_ORDER_V4,
            keys=("PurchaseOrder",),
            shape=_order,
        ),
        Source(
            offer=_offer(PURCHASE_ORDER_SERVICE, "v2"),
            entity_set="A_PurchaseOrder",
            entity=PURCHASE_ORDER_V2,
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
    service=BUSINESS_PARTNER_SERVICE,
    sources=(
        Source(
            offer=_offer(BUSINESS_PARTNER_SERVICE, "v2"),
            entity_set="A_BusinessPartner",
            entity=BUSINESS_PARTNER,
            keys=("BusinessPartner",),
            only=(Where("Supplier", "ne", ""),),
        ),
    ),
    key=("Supplier",),
    page_size="page_size_partners",
    days=("LastChangeDate", "CreationDate"),
    times={"LastChangeDate": "LastChangeTime", "CreationDate": "CreationTime"},
)
