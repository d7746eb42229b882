"""All services by name, and where each of them answers."""

from simulators.sap.declare import Service
from simulators.sap.services.business_partner import BUSINESS_PARTNER
from simulators.sap.services.company_code import COMPANY_CODE
from simulators.sap.services.cost_center_v2 import COST_CENTER_V2
from simulators.sap.services.cost_center_v4 import COST_CENTER_V4
from simulators.sap.services.purchase_order_v2 import PURCHASE_ORDER_V2
from simulators.sap.services.purchase_order_v4 import PURCHASE_ORDER_V4
from simulators.sap.services.purchasing_group import PURCHASING_GROUP
from simulators.sap.services.purchasing_organization import PURCHASING_ORGANIZATION
from simulators.sap.services.requisition_v2 import REQUISITION_V2
from simulators.sap.services.requisition_v4 import REQUISITION_V4
from simulators.sap.services.supplier_invoice import SUPPLIER_INVOICE

SERVICES: dict[str, Service] = {
    service.name: service
    for service in (
        BUSINESS_PARTNER,
        PURCHASE_ORDER_V2,
        PURCHASE_ORDER_V4,
        COMPANY_CODE,
        COST_CENTER_V2,
        COST_CENTER_V4,
        PURCHASING_GROUP,
        PURCHASING_ORGANIZATION,
        REQUISITION_V2,
        REQUISITION_V4,
        SUPPLIER_INVOICE,
    )
}
