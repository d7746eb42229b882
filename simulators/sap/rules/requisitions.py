"""Purchase requisitions: creation, changes, release for purchasing, conversion into orders."""

from decimal import Decimal

from simulators.sap.bodies import Draft
from simulators.sap.plants import PLANTS
from simulators.sap.problems import ODataError, business
from simulators.sap.rules.amounts import CENT
from simulators.sap.rules.checks import center_for, material_for, needed
from simulators.sap.rules.numbers import next_number
from simulators.sap.store import Row
from simulators.sap.tenant import Tenant
from simulators.sap.values import Value
from simulators.sap.world.masters import AREA
from simulators.sap.world.requisitions import FIRST_REQUISITION

_ONE = Decimal(1)


def create(tenant: Tenant, draft: Draft) -> Row:
    """Create a requisition with its items, or only check it. Raises ODataError."""
    needed("PurchaseRequisitionType", draft.text("PurchaseRequisitionType") or _type_of_items(draft))
    items = draft.below("RequisitionItem")
    if not items:
        raise business("MEREQ/017", "A requisition needs at least one item")
    number = str(next_number(tenant.store, "Requisition", FIRST_REQUISITION))
    kind = draft.text("PurchaseRequisitionType") or _type_of_items(draft)
    values: dict[str, Value] = {**draft.values, "PurchaseRequisition": number, "PurchaseRequisitionType": kind}
    only_check = bool(values.pop("PurReqnDoOnlyValidation", False))
    requisition = tenant.store["Requisition"].make(values)
    for item in items:
        requisition.adopt(build_item(tenant, requisition, item))
    if only_check:
        requisition["PurchaseRequisition"] = ""
        return requisition
    tenant.store.insert(requisition)
    for row in requisition.children("RequisitionItem"):
        tenant.touch(row, new=True)
    return requisition


def _type_of_items(draft: Draft) -> str:
    return next((item.text("PurchaseRequisitionType") for item in draft.below("RequisitionItem")), "")


def build_item(tenant: Tenant, requisition: Row, draft: Draft) -> Row:
    """A new item, checked and filled in, not stored yet. Raises ODataError."""
    needed("Plant", draft.text("Plant"))
    if draft.text("Plant") not in PLANTS:
        raise business("ME/303", f"Plant {draft.text('Plant')} does not exist", "Plant")
    item = tenant.store["RequisitionItem"].make({**_defaults(draft), **draft.values}, requisition)
    used = [int(row["PurchaseRequisitionItem"]) for row in requisition.children("RequisitionItem")]
    item["PurchaseRequisitionItem"] = draft.values.get("PurchaseRequisitionItem") or str(max(used, default=0) + 10)
    item["PurchaseRequisitionType"] = requisition["PurchaseRequisitionType"]
    needed("RequestedQuantity", item["RequestedQuantity"] > 0)
    needed("BaseUnit", item["BaseUnit"])
    needed("PurchaseRequisitionItemText", item["PurchaseRequisitionItemText"])
    _price(item)
    waits = tenant.settings.order_release == "workflow"
    item["PurReqnReleaseStatus"], item["ReleaseIsNotCompleted"] = ("03", True) if waits else ("02", False)
    item["SourceOfSupplyIsAssigned"] = bool(item["FixedSupplier"])
    accounts = draft.below("RequisitionAccount")
    if item["AccountAssignmentCategory"] and not accounts:
        raise business("ME/083", "Enter an account assignment")
    for place, account in enumerate(accounts, 1):
        item.adopt(_account(tenant, item, place, account))
    for address in draft.below("RequisitionAddress"):
        item.adopt(tenant.store["RequisitionAddress"].make(address.values, item))
    return item


def _defaults(draft: Draft) -> dict[str, Value]:
    number = draft.text("Material")
    plant = draft.text("Plant")
    defaults: dict[str, Value] = {
        "PurReqnPriceQuantity": _ONE,
        "PurReqnItemCurrency": "EUR" if plant == "1730" else "USD",
        "CompanyCode": plant,
        "PurchasingOrganization": plant,
        "PurchasingGroup": "001",
        "ProcessingStatus": "N",
        "PurReqnOrigin": "R",
        "CreatedByUser": "CONNECTOR",
        "ProductTypeCode": "1" if number else "2",
    }
    if number:
        material = material_for(number)
        defaults |= {"PurchaseRequisitionItemText": material.text, "MaterialGroup": material.group}
        defaults |= {"BaseUnit": material.unit, "PurchaseRequisitionPrice": material.price}
    return defaults


def _price(item: Row) -> None:
    per = item["PurReqnPriceQuantity"] or _ONE
    item["ItemNetAmount"] = (item["RequestedQuantity"] * item["PurchaseRequisitionPrice"] / per).quantize(CENT)


def _account(tenant: Tenant, item: Row, place: int, draft: Draft) -> Row:
    if item["AccountAssignmentCategory"] == "K":
        needed("CostCenter", draft.text("CostCenter"))
        center_for(tenant.store, draft.text("CostCenter"), tenant.clock.now().date())
    values: dict[str, Value] = {"GLAccount": "65100000", "ControllingArea": AREA, **draft.values}
    values |= {"PurchaseReqnAcctAssgmtNumber": str(place), "BaseUnit": item["BaseUnit"]}
    values |= {"Quantity": item["RequestedQuantity"], "PurReqnNetAmount": item["ItemNetAmount"]}
    return tenant.store["RequisitionAccount"].make(values, item)


def add_below(tenant: Tenant, parent: Row, draft: Draft) -> Row:
    """Add an item or an account assignment to a stored requisition. Raises ODataError."""
    if draft.entity.table == "RequisitionItem":
        row = build_item(tenant, parent, draft)
    else:
        row = _account(tenant, parent, len(parent.children("RequisitionAccount")) + 1, draft)
    tenant.store.insert(row)
    tenant.touch(row, new=draft.entity.table == "RequisitionItem")
    return row


def change(tenant: Tenant, row: Row, values: dict[str, Value]) -> None:
    """Change a stored row. Raises ODataError for an item that was ordered."""
    if row.table.name == "RequisitionItem" and row["PurchasingDocument"]:
        raise business("06/115", f"Item was ordered with {row['PurchasingDocument']}")
    tenant.store.change(row, values)
    if row.table.name == "RequisitionItem":
        _price(row)
    tenant.touch(row)


def act(tenant: Tenant, row: Row, action: str) -> None:
    """The bound actions of V4: validate, discard from purchasing, enable for purchasing. Raises ODataError."""
    items = row.children("RequisitionItem") if row.table.name == "Requisition" else [row]
    if action.startswith("Discard"):
        for item in items:
            tenant.store.change(item, {"IsDeleted": True})
            tenant.touch(item)
    elif action.startswith("Enable"):
        for item in items:
            release(tenant, item)
    elif action != "Validate":
        raise ODataError(404, "/IWBEP/CM_V4_COS/014", f"Resource not found for the segment '{action}'.")


def release(tenant: Tenant, item: Row) -> None:
    """Complete the release of an item."""
    tenant.store.change(item, {"PurReqnReleaseStatus": "05", "ReleaseIsNotCompleted": False})
    tenant.touch(item)
