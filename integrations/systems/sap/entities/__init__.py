"""Every entity and field that is read from SAP, once: names and types are those of SAP's metadata documents.

Where OData V2 and V4 differ, the V4 name stands left of the "=" and is the one our rows carry. Bank data is declared
nowhere, so it is never read.
"""

from __future__ import annotations

from collections.abc import Mapping

from integrations.systems.sap.entities.accounting import (
    COMPANY_CODE,
    COST_CENTER_V2,
    COST_CENTER_V4,
    PURCHASING_GROUP,
    PURCHASING_ORGANIZATION,
)
from integrations.systems.sap.entities.invoices import SUPPLIER_INVOICE
from integrations.systems.sap.entities.orders import DELIVERY_ADDRESS, PURCHASE_ORDER_V2, PURCHASE_ORDER_V4
from integrations.systems.sap.entities.partners import BUSINESS_PARTNER
from integrations.systems.sap.entities.requisitions import REQUISITION_ITEM_V2, REQUISITION_ITEM_V4
from integrations.systems.sap.entity import Entity

__all__ = [
    "BUSINESS_PARTNER",
    "COMPANY_CODE",
    "COST_CENTER_V2",
    "COST_CENTER_V4",
    "DECLARED",
    "DELIVERY_ADDRESS",
    "PURCHASE_ORDER_V2",
    "PURCHASE_ORDER_V4",
    "PURCHASING_GROUP",
    "PURCHASING_ORGANIZATION",
    "REQUISITION_ITEM_V2",
    "REQUISITION_ITEM_V4",
    "SUPPLIER_INVOICE",
]

# What is read of each service document; a ping compares it with the tenant's own metadata.
DECLARED: Mapping[str, tuple[Entity, ...]] = {
    "API_PURCHASEORDER_2": (PURCHASE_ORDER_V4,),
    "API_PURCHASEORDER_PROCESS_SRV": (PURCHASE_ORDER_V2,),
    "API_PURCHASEREQUISITION_2": (REQUISITION_ITEM_V4,),
    "API_PURCHASEREQ_PROCESS_SRV": (REQUISITION_ITEM_V2,),
    "API_SUPPLIERINVOICE_PROCESS_SRV": (SUPPLIER_INVOICE,),
    "API_BUSINESS_PARTNER": (BUSINESS_PARTNER,),
    "API_COST_CENTER": (COST_CENTER_V4,),
    "API_COSTCENTER_SRV": (COST_CENTER_V2,),
    "API_COMPANYCODE_SRV": (COMPANY_CODE,),
    "API_PURCHASINGORGANIZATION": (PURCHASING_ORGANIZATION,),
    "API_PURCHASINGGROUP": (PURCHASING_GROUP,),
}
