"""The objects that are written to SAP: purchase orders, purchase requisitions, business partners, cost centers."""

from __future__ import annotations

from typing import Any

from integrations.flow import Row
from integrations.systems.sap import objects
from integrations.systems.sap.client import SapClient
from integrations.systems.sap.entities import writable
from integrations.systems.sap.services import BUSINESS_PARTNER, COST_CENTER, PURCHASE_ORDER, PURCHASE_REQUISITION
from integrations.systems.sap.strategies import Strategy
from integrations.systems.sap.writing import Action, ObjectWriter

# In V4 a cost center's keys cannot be given in a plain create (API_COST_CENTER: Core.Computed).
_CREATE_PERIOD = "A_CostCenter_2/com.sap.gateway.srvd_a2x.api_cost_center.v0001.CreateValidityPeriod"


def _reference(client: SapClient) -> str:
    return str(client.account.options["reference_field"])


# Actions: create. The mark of twelve characters stands in the connection's reference field.
PURCHASE_ORDERS = ObjectWriter(
    service=PURCHASE_ORDER,
    reader=lambda client: objects.PURCHASE_ORDERS,
    actions={
        "v4": {"create": Action(method="POST", path="PurchaseOrder", entity=writable.NEW_ORDER_V4)},
        "v2": {"create": Action(method="POST", path="A_PurchaseOrder", entity=writable.NEW_ORDER_V2)},
    },
    identity=("PurchaseOrder",),
    mark=_reference,
    mark_length=12,
    created="CreationDate",
)


def _mark_items(body: dict[str, Any], name: str, mark: str) -> dict[str, Any]:
    return {**body, "items": [{**item, name: mark} for item in body["items"]]}


def _mark_of_items(row: Row, name: str) -> str:
    return next((str(item[name]) for item in row["items"] if item.get(name)), "")


# Actions: create. The mark stands on every item; with PurReqnDoOnlyValidation in the body SAP only checks.
REQUISITIONS = ObjectWriter(
    service=PURCHASE_REQUISITION,
    reader=lambda client: objects.REQUISITIONS,
    actions={
        "v4": {"create": Action(method="POST", path="PurchaseReqn", entity=writable.NEW_REQUISITION_V4)},
        "v2": {"create": Action(method="POST", path="A_PurchaseRequisitionHeader", entity=writable.NEW_REQUISITION_V2)},
    },
    identity=("PurchaseRequisition",),
    mark=lambda client: "PurReqnExternalReference",
    mark_length=35,
    created="PurReqCreationDate",
    marked=_mark_of_items,
    place_mark=_mark_items,
)

# Actions: create (deep, one transaction), patch (the partner), patch-address ("AddressID" in the body), patch-supplier
# ("Supplier" in the body). The key is the business partner's number.
BUSINESS_PARTNERS = ObjectWriter(
    service=BUSINESS_PARTNER,
    reader=lambda client: objects.PARTNERS,
    actions={
        "v2": {
            "create": Action(method="POST", path="A_BusinessPartner", entity=writable.NEW_PARTNER),
            "patch": Action(
                method="PATCH",
                path="A_BusinessPartner",
                entity=writable.PARTNER_CHANGE,
                key=(("BusinessPartner", "text"),),
            ),
            "patch-address": Action(
                method="PATCH",
                path="A_BusinessPartnerAddress",
                entity=writable.ADDRESS_CHANGE,
                key=(("BusinessPartner", "text"), ("AddressID", "text")),
            ),
            "patch-supplier": Action(
                method="PATCH",
                path="A_Supplier",
                entity=writable.SUPPLIER_CHANGE,
                key=(("Supplier", "text"),),
            ),
        }
    },
    identity=("BusinessPartner",),
    mark=lambda client: "BusinessPartnerIDByExtSystem",
    mark_length=20,
    created="CreationDate",
)


def _cost_centers(client: SapClient) -> Strategy:
    return objects.COST_CENTERS_BY_VERSION[client.offer(COST_CENTER).version]


# Actions: create (a first period of validity), patch ("ValidityEndDate" of the period in the body). V4 only. The key is
# "<controlling area>/<cost center>", chosen by us, and by it the record is found: there is no mark.
COST_CENTERS = ObjectWriter(
    service=COST_CENTER,
    reader=_cost_centers,
    actions={
        "v4": {
            "create": Action(method="POST", path=_CREATE_PERIOD, entity=writable.NEW_COST_CENTER),
            "patch": Action(
                method="PATCH",
                path="A_CostCenter_2",
                entity=writable.COST_CENTER_CHANGE,
                key=(("ControllingArea", "text"), ("CostCenter", "text"), ("ValidityEndDate", "date")),
            ),
        },
        "v2": {},
    },
    identity=("ControllingArea", "CostCenter"),
    mark=lambda client: "",
    mark_length=0,
)
