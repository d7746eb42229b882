"""What people at their desks in SAP do, as control calls: order, request, convert, release, enter and reverse invoices.

Unlike ``add`` these follow the rules of the applications: defaults are filled in, checks may refuse (400).
"""

from collections.abc import Callable, Mapping
from typing import Any

from simulators.sap.bodies import Draft
from simulators.sap.catalog import SERVICES
from simulators.sap.control import find
from simulators.sap.desk_invoices import invoice, post, reverse
from simulators.sap.problems import ODataError
from simulators.sap.rules import orders, partners, requisitions
from simulators.sap.rules.checks import document
from simulators.sap.rules.conversion import convert
from simulators.sap.store import Row
from simulators.sap.tenant import Tenant
from simulators.sap.values import Value, from_plain
from simulators.simulator import control_body
from simulators.wire import Request

_SETS = {
    entity.table: entity
    for name in ("API_BUSINESS_PARTNER", "API_PURCHASEREQUISITION_2", "API_PURCHASEORDER_2")
    for entity in SERVICES[name].sets.values()
}


def draft_of(tenant: Tenant, table: str, values: Mapping[str, Any]) -> Draft:
    """A draft from plain JSON by column; members that are no columns but tables hold dependent drafts."""
    shape = tenant.store[table]
    draft = Draft(_SETS[table])
    for name, value in values.items():
        if name in shape.kids:
            draft.kids[name] = [draft_of(tenant, name, each) for each in value]
        elif name == "Supplier" and table == "BusinessPartner":
            draft.kids[name] = [draft_of(tenant, name, value)]
        else:
            draft.values[name] = from_plain(shape.kinds[name], value)
    return draft


_ORDER_ITEM = {
    "material": "Material",
    "text": "PurchaseOrderItemText",
    "price": "NetPriceAmount",
    "job": "RequisitionerName",
}


def _order_item(given: Mapping[str, Any], company: str) -> dict[str, Any]:
    item: dict[str, Any] = {"Plant": company, "OrderQuantity": given.get("quantity", "1")}
    names = {
        "material": "Material",
        "text": "PurchaseOrderItemText",
        "price": "NetPriceAmount",
        "job": "RequisitionerName",
    }
    item |= {column: given[name] for name, column in names.items() if name in given}
    if "material" not in given:
        item |= {"MaterialGroup": "S001", "PurchaseOrderQuantityUnit": "EA"}
        item.setdefault("PurchaseOrderItemText", "Service")
    if "job" in given:
        item["RequirementTracking"] = given["job"]
    if "center" in given:
        item |= {"AccountAssignmentCategory": "K", "PurchaseOrderAccount": [{"CostCenter": given["center"]}]}
    return {**item, **given.get("values", {})}


def order(tenant: Tenant, request: Request) -> Any:
    """Order: ``supplier``, ``items`` of (``material`` or ``text``, ``quantity``, ``price``, ``center``, ``job``)."""
    given = control_body(request)
    company = given.get("company", "1710")
    header = {
        "PurchaseOrderType": "NB",
        "Supplier": given["supplier"],
        "CompanyCode": company,
        "PurchasingOrganization": company,
        "PurchasingGroup": "001",
        "DocumentCurrency": "EUR" if company == "1730" else "USD",
        **given.get("values", {}),
        "PurchaseOrderItem": [_order_item(item, company) for item in given["items"]],
    }
    row = orders.create(tenant, draft_of(tenant, "PurchaseOrder", header))
    return {"order": row["PurchaseOrder"]}


def supplier(tenant: Tenant, request: Request) -> Any:
    """Create a supplier: ``name``, ``values`` of the partner, ``address``; its other data are those of 1710."""
    given = control_body(request)
    company = {"CompanyCode": "1710", "ReconciliationAccount": "21100000", "PaymentTerms": "NT30"}
    purchasing = {"PurchasingOrganization": "1710", "PurchaseOrderCurrency": "USD", "PaymentTerms": "NT30"}
    address = {"Country": "US", "CityName": "Reno", "PostalCode": "89501", "Region": "NV", "StreetName": "Main St"}
    values = {
        "BusinessPartnerCategory": "2",
        "BusinessPartnerGrouping": "BP02",
        "OrganizationBPName1": given["name"],
        **given.get("values", {}),
        "BusinessPartnerRole": [{"BusinessPartnerRole": role} for role in ("FLVN00", "FLVN01")],
        "BusinessPartnerAddress": [address | given.get("address", {})],
        "Supplier": {"SupplierCompany": [company], "SupplierPurchasingOrg": [purchasing]},
    }
    row = partners.create(tenant, draft_of(tenant, "BusinessPartner", values))
    return {"partner": row["BusinessPartner"], "supplier": row["Supplier"]}


def requisition(tenant: Tenant, request: Request) -> Any:
    """Request: ``items`` as in ``order``, and ``supplier`` if it is fixed."""
    given = control_body(request)
    items = [
        _requisition_item(item, given.get("company", "1710"), given.get("supplier", "")) for item in given["items"]
    ]
    values = {"PurchaseRequisitionType": "NB", **given.get("values", {}), "RequisitionItem": items}
    row = requisitions.create(tenant, draft_of(tenant, "Requisition", values))
    return {"requisition": row["PurchaseRequisition"]}


def _requisition_item(given: Mapping[str, Any], company: str, fixed: str) -> dict[str, Any]:
    item: dict[str, Any] = {"Plant": company, "RequestedQuantity": given.get("quantity", "1"), "FixedSupplier": fixed}
    names = {"material": "Material", "text": "PurchaseRequisitionItemText", "price": "PurchaseRequisitionPrice"}
    item |= {column: given[name] for name, column in names.items() if name in given}
    if "material" not in given:
        item |= {"MaterialGroup": "S001", "BaseUnit": "EA"}
        item.setdefault("PurchaseRequisitionItemText", "Service")
    if "job" in given:
        item |= {"RequisitionerName": given["job"], "PurReqnExternalReference": given["job"]}
    if "center" in given:
        item |= {"AccountAssignmentCategory": "K", "RequisitionAccount": [{"CostCenter": given["center"]}]}
    return {**item, **given.get("values", {})}


def convert_requisitions(tenant: Tenant, request: Request) -> Any:
    """Convert: each list of (requisition, item) pairs in ``orders`` becomes one order of ``supplier`` if given."""
    given = control_body(request)
    made = []
    for pairs in given["orders"]:
        items = [_requested(tenant, requisition_, item) for requisition_, item in pairs]
        made.append(convert(tenant, items, given.get("supplier", ""))["PurchaseOrder"])
    return {"orders": made}


def _requested(tenant: Tenant, number: str, item: str) -> Row:
    row = tenant.store.find("RequisitionItem", {"PurchaseRequisition": number, "PurchaseRequisitionItem": item})
    if row is None:
        raise KeyError(f"no requisition {number} {item}")
    return row


def release(tenant: Tenant, request: Request) -> Any:
    """Release an ``order`` (or reject it: ``reject`` true), or all items of a ``requisition``."""
    given = control_body(request)
    if "order" in given:
        row = document(tenant, "PurchaseOrder", given["order"])
        done = not given.get("reject", False)
        status: dict[str, Value] = {"PurchasingProcessingStatus": "05" if done else "08"}
        tenant.store.change(row, {**status, "ReleaseIsNotCompleted": not done})
        tenant.touch(row)
    else:
        for item in document(tenant, "Requisition", given["requisition"]).children("RequisitionItem"):
            requisitions.release(tenant, item)
    return {"ok": True}


def lock(tenant: Tenant, request: Request) -> Any:
    """Open a document (``entity``, ``key``) for ``seconds`` as ``user``: the services refuse to change it."""
    given = control_body(request)
    row = find(tenant.store, given["entity"], given["key"]).root()
    tenant.lock(row, given.get("user", "D.REYES"), float(given.get("seconds", 300)))
    return {"ok": True}


def _guarded(action: Callable[[Tenant, Request], Any]) -> Callable[[Tenant, Request], Any]:
    def guarded(tenant: Tenant, request: Request) -> Any:
        try:
            return action(tenant, request)
        except ODataError as error:
            raise ValueError(f"{error.code} {error.message}") from None

    return guarded


DESK: dict[tuple[str, str], Callable[[Tenant, Request], Any]] = {
    ("POST", name): _guarded(action)
    for name, action in (
        ("order", order),
        ("supplier", supplier),
        ("requisition", requisition),
        ("convert", convert_requisitions),
        ("release", release),
        ("lock", lock),
        ("invoice", invoice),
        ("reverse", reverse),
        ("post", post),
    )
}
