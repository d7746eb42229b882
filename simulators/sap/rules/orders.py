"""Purchase orders: checks and defaults of creation, items added later, changes, deletion."""

from datetime import timedelta
from decimal import Decimal

from simulators.sap.bodies import Draft
from simulators.sap.plants import PLANTS
from simulators.sap.problems import business
from simulators.sap.rules.amounts import net_amount, reprice, spread
from simulators.sap.rules.checks import center_for, known, material_for, needed, supplier_for, write_once
from simulators.sap.rules.numbers import next_number
from simulators.sap.store import Row
from simulators.sap.tenant import Tenant
from simulators.sap.values import Value
from simulators.sap.world.masters import AREA
from simulators.sap.world.orders import FIRST_ORDER

_ONE = Decimal(1)
_TYPE = "NB"
# Blank or 0 standard, K consignment, L subcontracting, S third party; A is a limit.
_CATEGORIES = frozenset({"", "0", "K", "L", "S", "A"})
_WRITE_ONCE = {
    "PurchaseOrder": frozenset(
        {
            "Supplier",
            "CompanyCode",
            "PurchasingOrganization",
            "PurchasingGroup",
            "DocumentCurrency",
            "PurchaseOrderType",
        }
    ),
    "PurchaseOrderItem": frozenset({"Material", "PurchaseOrderItemCategory"}),
}
_KEYS_OF_KIDS = {
    "PurchaseOrderAccount": "AccountAssignmentNumber",
    "PurchaseOrderSchedule": "ScheduleLine",
    "PurchaseOrderItem": "PurchaseOrderItem",
}


def create(tenant: Tenant, draft: Draft) -> Row:
    """Create an order with everything below it, or nothing. Raises ODataError."""
    order = _header(tenant, draft)
    items = draft.below("PurchaseOrderItem")
    if not items:
        raise business("APPL_MM_PUR_PO/061", "An order needs at least one item", "to_PurchaseOrderItem")
    for item in items:
        order.adopt(build_item(tenant, order, item))
    for note in draft.below("PurchaseOrderNote"):
        order.adopt(tenant.store["PurchaseOrderNote"].make(note.values, order))
    tenant.store.insert(order)
    tenant.touch(order, new=True)
    return order


def _header(tenant: Tenant, draft: Draft) -> Row:
    store, today = tenant.store, tenant.clock.now().date()
    needed("PurchaseOrderType", draft.text("PurchaseOrderType"))
    if draft.text("PurchaseOrderType") != _TYPE:
        raise business("APPL_MM_PUR_PO/064", f"Document type {draft.text('PurchaseOrderType')} is not supported")
    for column in ("Supplier", "CompanyCode", "PurchasingOrganization", "PurchasingGroup"):
        needed(column, draft.text(column))
    if not draft.text("DocumentCurrency"):
        raise business("APPL_MM_PUR_PO/088", "Document currency is not determined")
    known(store, "CompanyCode", "CompanyCode", draft.text("CompanyCode"))
    known(store, "PurchasingGroup", "PurchasingGroup", draft.text("PurchasingGroup"))
    terms = supplier_for(store, draft.text("Supplier"), draft.text("PurchasingOrganization"))
    waits = tenant.settings.order_release == "workflow"
    defaults: dict[str, Value] = {
        "PurchaseOrderDate": today,
        "PaymentTerms": terms["PaymentTerms"],
        "InvoicingParty": draft.text("Supplier"),
        "Language": "EN",
        "ExchangeRate": _ONE,
    }
    fixed: dict[str, Value] = {
        "PurchaseOrder": str(next_number(store, "PurchaseOrder", FIRST_ORDER)),
        "PurchasingDocumentOrigin": "9",
        "PurchasingProcessingStatus": "03" if waits else "02",
        "ReleaseIsNotCompleted": waits,
        "CreatedByUser": "CONNECTOR",
    }
    return store["PurchaseOrder"].make({**defaults, **draft.values, **fixed})


def build_item(tenant: Tenant, order: Row, draft: Draft) -> Row:
    """A new item below an order, checked and filled in, not stored yet. Raises ODataError."""
    needed("Plant", draft.text("Plant"))
    if draft.text("Plant") not in PLANTS:
        raise business("ME/303", f"Plant {draft.text('Plant')} does not exist", "Plant")
    category = draft.text("PurchaseOrderItemCategory")
    if category not in _CATEGORIES:
        raise business("APPL_MM_PUR_PO/065", f"Item category {category} is not supported", "PurchaseOrderItemCategory")
    flat = {column: value for column, value in draft.values.items() if "." not in column}
    item = tenant.store["PurchaseOrderItem"].make({**_defaults(order, draft), **flat}, order)
    item["PurchaseOrderItem"] = draft.values.get("PurchaseOrderItem") or _next_key(order, "PurchaseOrderItem", 10)
    if any(row["PurchaseOrderItem"] == item["PurchaseOrderItem"] for row in order.children("PurchaseOrderItem")):
        raise business("06/070", f"Item {item['PurchaseOrderItem']} exists already", "PurchaseOrderItem")
    item["DocumentCurrency"] = order["DocumentCurrency"]
    item["CompanyCode"] = order["CompanyCode"]
    item["OrderPriceUnit"] = item["OrderPriceUnit"] or item["PurchaseOrderQuantityUnit"]
    item["PurchaseOrderItemCategory"] = category or "0"
    _check_item(item)
    for column in ("NetAmount", "GrossAmount", "EffectiveAmount"):
        item[column] = net_amount(item)
    _accounts(tenant, item, draft)
    _schedule(tenant, item, draft)
    _address(tenant, item, draft)
    return item


def _defaults(order: Row, draft: Draft) -> dict[str, Value]:
    number = draft.text("Material")
    defaults: dict[str, Value] = {
        "NetPriceQuantity": _ONE,
        "OrderPriceUnitToOrderUnitNmrtr": _ONE,
        "OrdPriceUnitToOrderUnitDnmntr": _ONE,
        "GoodsReceiptIsExpected": True,
        "InvoiceIsExpected": True,
        "ProductTypeCode": "1" if number else "2",
    }
    if number:
        material = material_for(number)
        defaults["PurchaseOrderItemText"] = material.text
        defaults["MaterialGroup"] = material.group
        defaults["PurchaseOrderQuantityUnit"] = defaults["BaseUnit"] = material.unit
        defaults["NetPriceAmount"] = material.price
    return defaults


def _check_item(item: Row) -> None:
    unit = item["PurchaseOrderQuantityUnit"]
    if item["PurchaseOrderItemCategory"] == "A":
        needed("OverallLimitAmount", item["OverallLimitAmount"])
        needed("ExpectedOverallLimitAmount", item["ExpectedOverallLimitAmount"])
        return
    needed("OrderQuantity", item["OrderQuantity"] > 0)
    needed("PurchaseOrderQuantityUnit", unit)
    if not item["Material"]:
        needed("MaterialGroup", item["MaterialGroup"])
        needed("PurchaseOrderItemText", item["PurchaseOrderItemText"])
    elif unit not in (material_for(item["Material"]).unit, "PC"):
        text = "The input of field PURCHASEORDERQUANTITYUNIT on A_PurchaseOrderItemType level cannot be processed"
        raise business("APPL_MM_PUR_PO/063", text, "PurchaseOrderQuantityUnit")


def _next_key(parent: Row, table: str, step: int) -> str:
    used = [int(row[_KEYS_OF_KIDS[table]]) for row in parent.children(table)]
    return str(max(used, default=0) + step)


def _accounts(tenant: Tenant, item: Row, draft: Draft) -> None:
    drafts = draft.below("PurchaseOrderAccount")
    if item["AccountAssignmentCategory"] and not drafts:
        raise business("ME/083", "Enter an account assignment", "to_AccountAssignment")
    for each in drafts:
        item.adopt(build_account(tenant, item, each))
    if len(drafts) > 1 and not item["MultipleAcctAssgmtDistribution"]:
        item["MultipleAcctAssgmtDistribution"] = "2"
    spread(item)


def build_account(tenant: Tenant, item: Row, draft: Draft) -> Row:
    """A new account assignment below an item. Raises ODataError."""
    defaults: dict[str, Value] = {"GLAccount": "65100000", "ControllingArea": AREA}
    fixed: dict[str, Value] = {
        "AccountAssignmentNumber": draft.values.get("AccountAssignmentNumber")
        or _next_key(item, "PurchaseOrderAccount", 1),
        "OrderQuantityUnit": item["PurchaseOrderQuantityUnit"],
        "DocumentCurrency": item["DocumentCurrency"],
    }
    if item["AccountAssignmentCategory"] == "K":
        needed("CostCenter", draft.text("CostCenter"))
        center = center_for(tenant.store, draft.text("CostCenter"), tenant.clock.now().date())
        defaults |= {"ProfitCenter": center["ProfitCenter"], "FunctionalArea": center["FunctionalArea"]}
    return tenant.store["PurchaseOrderAccount"].make({**defaults, **draft.values, **fixed}, item)


def _schedule(tenant: Tenant, item: Row, draft: Draft) -> None:
    table = tenant.store["PurchaseOrderSchedule"]
    lines = [dict(each.values) for each in draft.below("PurchaseOrderSchedule")] or [{}]
    for place, values in enumerate(lines, 1):
        values.setdefault("ScheduleLine", str(place))
        values.setdefault("ScheduleLineDeliveryDate", tenant.clock.now().date() + timedelta(days=7))
        values.setdefault("ScheduleLineOrderQuantity", item["OrderQuantity"])
        fixed: dict[str, Value] = {"PurchaseOrderQuantityUnit": item["PurchaseOrderQuantityUnit"]}
        fixed["OpenPurchaseOrderQuantity"] = values["ScheduleLineOrderQuantity"]
        item.adopt(table.make({"DelivDateCategory": "1", **values, **fixed}, item))


def _address(tenant: Tenant, item: Row, draft: Draft) -> None:
    flat: dict[str, Value] = {
        column.partition(".")[2]: value for column, value in draft.values.items() if "." in column
    }
    for each in draft.below("PurchaseOrderItemAddress"):
        flat |= each.values
    if flat:
        flat["DeliveryAddressID"] = item["ManualDeliveryAddressID"] = str(90_000 + int(item["PurchaseOrderItem"]))
        item.adopt(tenant.store["PurchaseOrderItemAddress"].make(flat, item))


def add_below(tenant: Tenant, parent: Row, draft: Draft) -> Row:
    """Add an item, an account assignment or another dependent row to a stored order. Raises ODataError."""
    table = draft.entity.table
    if table == "PurchaseOrderItem":
        row = build_item(tenant, parent, draft)
    elif table == "PurchaseOrderAccount":
        row = build_account(tenant, parent, draft)
    else:
        row = tenant.store[table].make(draft.values, parent)
    tenant.store.insert(row)
    tenant.touch(row)
    return row


def change(tenant: Tenant, row: Row, values: dict[str, Value]) -> None:
    """Change a stored row of an order. Raises ODataError."""
    if row.root()["PurchaseOrderDeletionCode"]:
        raise business("06/115", f"Purchase order {row['PurchaseOrder']} is marked for deletion")
    for column, value in values.items():
        if column in _WRITE_ONCE.get(row.table.name, ()) and value != row[column]:
            raise write_once("MMPUR_POHANDLER_TECH/010", column)
    flat = {column: value for column, value in values.items() if "." not in column}
    tenant.store.change(row, flat)
    reprice(row, flat)
    tenant.touch(row)


def delete(tenant: Tenant, row: Row) -> None:
    """Mark an order or an item as deleted; rows below an item go."""
    if row.table.name == "PurchaseOrder":
        tenant.store.change(row, {"PurchaseOrderDeletionCode": "L"})
    elif row.table.name == "PurchaseOrderItem":
        tenant.store.change(row, {"PurchasingDocumentDeletionCode": "L"})
    elif row.table.name == "PurchaseOrderAccount":
        tenant.store.change(row, {"IsDeleted": True})
    else:
        tenant.store.remove(row)
    tenant.touch(row)
