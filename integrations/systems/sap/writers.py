"""The objects that are written to SAP: purchase orders, purchase requisitions, business partners, cost centers."""

from __future__ import annotations

from typing import Any

from integrations.flow import Row
from integrations.systems.sap import objects
from integrations.systems.sap.client import SapClient
from integrations.systems.sap.entities import writable
from integrations.systems.sap.entity import Entity, Kind
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

_Key = tuple[tuple[str, Kind], ...]
_ADDRESS: _Key = (("BusinessPartner", "text"), ("AddressID", "text"))
_CONTACT: _Key = (("AddressID", "text"), ("Person", "text"), ("OrdinalNumber", "text"))
_COMPANY: _Key = (("Supplier", "text"), ("CompanyCode", "text"))
_PURCHASING: _Key = (("Supplier", "text"), ("PurchasingOrganization", "text"))


def _patch(path: str, entity: Entity, *key: tuple[str, Kind]) -> Action:
    return Action(method="PATCH", path=path, entity=entity, key=key)


def _add(path: str, entity: Entity) -> Action:
    return Action(method="POST", path=path, entity=entity)


# Actions: create (deep, one transaction), add-... and patch-... (one part each). The key is the business partner's
# number; what else names a part (AddressID, Supplier, CompanyCode, ...) stands in the body, as it was read.
BUSINESS_PARTNERS = ObjectWriter(
    service=BUSINESS_PARTNER,
    reader=lambda client: objects.PARTNERS,
    actions={
        "v2": {
            "create": _add("A_BusinessPartner", writable.NEW_PARTNER),
            "add-role": _add("A_BusinessPartnerRole", writable.NEW_ROLE),
            "add-company": _add("A_SupplierCompany", writable.NEW_COMPANY),
            "add-purchasing-organization": _add("A_SupplierPurchasingOrg", writable.NEW_PURCHASING),
            "add-address": _add("A_BusinessPartnerAddress", writable.NEW_ADDRESS),
            "add-email": _add("A_AddressEmailAddress", writable.NEW_EMAIL),
            "add-phone": _add("A_AddressPhoneNumber", writable.NEW_PHONE),
            "patch": _patch("A_BusinessPartner", writable.PARTNER_CHANGE, ("BusinessPartner", "text")),
            "patch-address": _patch("A_BusinessPartnerAddress", writable.ADDRESS_CHANGE, *_ADDRESS),
            "patch-email": _patch("A_AddressEmailAddress", writable.EMAIL_CHANGE, *_CONTACT),
            "patch-phone": _patch("A_AddressPhoneNumber", writable.PHONE_CHANGE, *_CONTACT),
            "patch-fax": _patch("A_AddressFaxNumber", writable.FAX_CHANGE, *_CONTACT),
            "patch-supplier": _patch("A_Supplier", writable.SUPPLIER_CHANGE, ("Supplier", "text")),
            "patch-company": _patch("A_SupplierCompany", writable.COMPANY_CHANGE, *_COMPANY),
            "patch-purchasing-organization": _patch(
                "A_SupplierPurchasingOrg", writable.PURCHASING_CHANGE, *_PURCHASING
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
