"""Turning requisition items into a purchase order: merged from several requisitions, or split into several orders."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from simulators.sap.bodies import Draft
from simulators.sap.catalog import SERVICES
from simulators.sap.problems import business
from simulators.sap.rules import orders
from simulators.sap.store import Row
from simulators.sap.tenant import Tenant
from simulators.sap.values import Value

_ORDER = SERVICES["API_PURCHASEORDER_2"].sets
_TAKEN_OVER = {
    "Plant": "Plant",
    "Material": "Material",
    "MaterialGroup": "MaterialGroup",
    "PurchaseRequisitionItemText": "PurchaseOrderItemText",
    "RequestedQuantity": "OrderQuantity",
    "BaseUnit": "PurchaseOrderQuantityUnit",
    "PurchaseRequisitionPrice": "NetPriceAmount",
    "PurReqnPriceQuantity": "NetPriceQuantity",
    "AccountAssignmentCategory": "AccountAssignmentCategory",
    "RequisitionerName": "RequisitionerName",
    "RequirementTracking": "RequirementTracking",
    "ProductTypeCode": "ProductTypeCode",
    "PurchaseRequisition": "PurchaseRequisition",
    "PurchaseRequisitionItem": "PurchaseRequisitionItem",
}


def convert(tenant: Tenant, items: Sequence[Row], supplier: str = "") -> Row:
    """Make one order of these items. Raises ODataError when they cannot be ordered together."""
    suppliers = {supplier or item["FixedSupplier"] or item["Supplier"] for item in items}
    if len(suppliers) != 1 or "" in suppliers:
        raise business("06/058", "The items have no supplier in common", "FixedSupplier")
    for item in items:
        if item["PurchasingDocument"] or item["IsDeleted"] or item["IsClosed"] or item["ReleaseIsNotCompleted"]:
            number = f"{item['PurchaseRequisition']} {item['PurchaseRequisitionItem']}"
            raise business("06/057", f"Requisition item {number} cannot be ordered")
    order = orders.create(tenant, _draft(items, suppliers.pop()))
    for item, ordered in zip(items, order.children("PurchaseOrderItem"), strict=True):
        follow_on: dict[str, Value] = {
            "PurchasingDocument": order["PurchaseOrder"],
            "PurchasingDocumentItem": ordered["PurchaseOrderItem"],
            "OrderedQuantity": item["RequestedQuantity"],
            "ProcessingStatus": "B",
        }
        tenant.store.change(item, follow_on)
        tenant.touch(item)
    return order


def _draft(items: Sequence[Row], supplier: str) -> Draft:
    first = items[0]
    header: dict[str, Any] = {
        "PurchaseOrderType": "NB",
        "Supplier": supplier,
        "CompanyCode": first["CompanyCode"],
        "PurchasingOrganization": first["PurchasingOrganization"],
        "PurchasingGroup": first["PurchasingGroup"],
        "DocumentCurrency": first["PurReqnItemCurrency"],
    }
    draft = Draft(_ORDER["PurchaseOrder"], header)
    draft.kids["PurchaseOrderItem"] = [_item(item) for item in items]
    return draft


def _item(item: Row) -> Draft:
    values = {target: item[source] for source, target in _TAKEN_OVER.items()}
    draft = Draft(_ORDER["PurchaseOrderItem"], values)
    draft.kids["PurchaseOrderAccount"] = [_account(row) for row in item.children("RequisitionAccount")]
    if item["DeliveryDate"] is not None:
        line: dict[str, Value] = {"ScheduleLineDeliveryDate": item["DeliveryDate"]}
        draft.kids["PurchaseOrderSchedule"] = [Draft(_ORDER["PurchaseOrderScheduleLine"], line)]
    return draft


def _account(row: Row) -> Draft:
    columns = ("CostCenter", "GLAccount", "MultipleAcctAssgmtDistrPercent")
    values: dict[str, Any] = {column: row[column] for column in columns}
    values["MultipleAcctAssgmtDistrPercent"] = values["MultipleAcctAssgmtDistrPercent"] or Decimal(0)
    return Draft(_ORDER["PurchaseOrderAccountAssignment"], values)
