"""Bills: nobody can create one; a receipt brings one forth, at once, later or never (Accounting V2, ApBills).

Amounts travel as strings here, and dates without a zone. The older inventory-bills are another view of the same rows.
"""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from simulators.servicetitan.contract import CONTRACT
from simulators.servicetitan.feeds import answer_feed
from simulators.servicetitan.lists import (
    Filter,
    Listing,
    Test,
    answer_list,
    answer_one,
    contains,
    custom_fields,
    equals,
    one_word_of,
)
from simulators.servicetitan.table import Data, Record
from simulators.servicetitan.tenant import Call, Tenant
from simulators.servicetitan.vendors import custom_field_types, set_custom_fields
from simulators.wire import Response, json_response, parse_moment


def plan(tenant: Tenant, receipt: int, due: datetime) -> None:
    """A bill for this receipt shall appear at that moment."""
    heapq.heappush(tenant.due_bills, (due, receipt))


def make_due(tenant: Tenant) -> None:
    """Make the bills whose moment has come; a receipt canceled meanwhile gets none."""
    while tenant.due_bills and tenant.due_bills[0][0] <= tenant.clock.now():
        receipt = tenant["receipts"].rows[heapq.heappop(tenant.due_bills)[1]]
        if receipt.active:
            bill = new_bill(tenant, receipt)
            tenant["receipts"].change(receipt, {"billId": bill.id})


def new_bill(tenant: Tenant, receipt: Record) -> Record:
    """Store the bill of a receipt."""
    given = receipt.data
    vendor = tenant["vendors"].rows[given["vendorId"]]
    order = tenant["purchase-orders"].rows[given["purchaseOrderId"]]
    tenant.sequences["bill"] += 1
    own_number, supplier_number = f"B-{tenant.sequences['bill']:06d}", given["vendorInvoiceNumber"]
    first = tenant.switches.invoice_number_in == "referenceNumber"
    billed_on = parse_moment(given["receivedOn"])
    term = tenant["payment-terms"].rows.get(vendor.hidden.get("paymentTermId") or 0)
    days = term.data["dueDay"] if term is not None else 30
    data: Data = {
        "purchaseOrderId": order.id,
        "syncStatus": "Pending",
        "status": "Unreconciled",
        "source": "Purchasing",
        "billType": "Procurement",
        "postDate": _day(billed_on),
        "referenceNumber": supplier_number if first else own_number,
        "vendorNumber": "" if first else supplier_number,
        "summary": given["memo"],
        "billDate": _day(billed_on),
        "earlyDiscountDate": None,
        "billAmount": _text(given["receiptAmount"]),
        "vendorInvoiceTotal": _text(given["receiptAmount"]),
        "taxAmount": _text(given["taxAmount"]),
        "shippingAmount": _text(given["shippingAmount"]),
        "createdBy": "System",
        "termName": term.data["name"] if term is not None else None,
        "dueDate": _day(billed_on + timedelta(days=days or 0)),
        "doNotPay": False,
        "dateCanceled": None,
        "canceledBy": None,
        "shipToDescription": given["shipToDescription"],
        "batch": None,
        "businessUnit": _named(tenant, "business-units", given["businessUnitId"]),
        "taxZone": None,
        "vendor": {"id": vendor.id, "name": vendor.data["name"]},
        "remittanceVendorInfo": None,
        "shipTo": given["shipTo"],
        "budgetCodeId": given["budgetCodeId"],
        "items": [_item(tenant, receipt, place, item) for place, item in enumerate(given["items"], 1)],
        "expenseItems": [],
        "customFields": [],
        "jobId": given["jobId"],
        "jobNumber": _job_number(tenant, given["jobId"]),
    }
    return tenant["ap-bills"].add(tenant.next_id(), data, hidden={"orderNumber": order.data["number"]})


def _item(tenant: Tenant, receipt: Record, place: int, item: Data) -> Data:
    location = tenant.location(receipt.data["inventoryLocationId"])
    found = tenant.sku(item["skuId"])
    kind = "Warehouse" if location is not None and location.id in tenant["warehouses"].rows else "Truck"
    accounts = {name: {"id": 1, **item[name]} for name in ("generalLedgerAccount", "costOfSaleAccount", "assetAccount")}
    return {
        "order": place,
        "name": item["name"],
        "description": item["description"],
        "quantity": _text(item["quantity"]),
        "cost": _text(item["cost"]),
        "inventoryLocation": None
        if location is None
        else {"id": location.id, "name": location.data["name"], "type": kind},
        "vendorPartNumber": None,
        "serialNumber": None,
        **accounts,
        "id": tenant.next_id(),
        "skuId": item["skuId"],
        "receiptItemId": item["id"],
        "skuType": found[0] if found is not None else "Material",
        "skuCode": item["code"],
        "budgetCodeId": item["budgetCodeId"],
    }


def _day(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT00:00:00")


def _text(amount: Decimal) -> str:
    return f"{amount:.2f}" if amount == amount.quantize(Decimal("0.01")) else f"{amount:f}"


def _named(tenant: Tenant, table: str, number: int | None) -> Data | None:
    record = tenant[table].rows.get(number or 0)
    return {"id": record.id, "name": record.data["name"]} if record is not None else None


def _job_number(tenant: Tenant, number: int | None) -> str | None:
    job = tenant["jobs"].rows.get(number or 0)
    return job.data["jobNumber"] if job is not None else None


def _order_number(value: str) -> Test:
    return lambda record: value.lower() in str(record.hidden.get("orderNumber", "")).lower()


def _amount(at_least: bool) -> Filter:
    def prepare(value: Decimal) -> Test:
        return lambda record: (
            (Decimal(record.data["billAmount"]) >= value) is at_least or Decimal(record.data["billAmount"]) == value
        )

    return prepare


def _created(since: bool) -> Filter:
    return lambda value: lambda record: record.created >= value if since else record.created < value


def _business_units(value: str) -> Test:
    ids = {int(part) for part in value.split(",")}
    return lambda record: (record.data["businessUnit"] or {}).get("id") in ids


_FILTERS: dict[str, Filter] = {
    "billNumber": contains("referenceNumber", "vendorNumber"),
    "businessUnitIds": _business_units,
    "customField.Fields": custom_fields,
    "dateFrom": _created(True),
    "dateTo": _created(False),
    "jobNumber": contains("jobNumber"),
    "purchaseOrderNumber": _order_number,
    "syncStatuses": one_word_of("syncStatus"),
    "statuses": one_word_of("status"),
    "sources": one_word_of("source"),
    "minCost": _amount(True),
    "maxCost": _amount(False),
    "billType": equals("billType"),
}
AP_BILLS = Listing("ap-bills", filters=_FILTERS, preset={"billType": "Procurement"}, has_active=False)


def as_inventory_bill(data: Data) -> Data:
    """The older view: fewer members, the inventory location by its name only."""
    members = CONTRACT.schemas["accounting", "ExportInventoryBillResponse"]
    items = [{**item, "inventoryLocation": (item["inventoryLocation"] or {}).get("name")} for item in data["items"]]
    for item in items:
        del item["vendorPartNumber"]
    shown = {name: value for name, value in data.items() if name in members}
    return {**shown, "items": items}


_INVENTORY = Listing("ap-bills", filters=_FILTERS, has_active=False, shape=as_inventory_bill)
_BARE = Listing("ap-bills", filters=_FILTERS, has_active=False, shape=as_inventory_bill, bare=True)


def _mark(ids: str, name: str) -> Callable[[Call], Response]:
    def handler(call: Call) -> Response:
        return json_response([{name: it, **_export(call.tenant, it)} for it in call.body[ids]])

    return handler


def _export(tenant: Tenant, number: int) -> dict[str, Any]:
    bill = tenant["ap-bills"].rows.get(number)
    if bill is None:
        return {"success": False, "errorMessage": f"Bill {number} was not found."}
    if "Exported" in bill.data["syncStatus"]:
        return {"success": False, "errorMessage": f"Bill {number} is already exported."}
    if bill.data["status"] == "Canceled":
        return {"success": False, "errorMessage": f"Bill {number} is canceled."}
    posted = bill.data["syncStatus"] == "Posted"
    tenant["ap-bills"].change(bill, {"syncStatus": "PostedAndExported" if posted else "Exported"})
    for receipt in list(tenant["receipts"].rows.values()):
        if receipt.data["billId"] == number:
            tenant["receipts"].change(receipt, {"syncStatus": "Exported"})
    order = tenant["purchase-orders"].rows.get(bill.data["purchaseOrderId"] or 0)
    if order is not None and order.data["status"] == "Received":
        tenant["purchase-orders"].change(order, {"status": "Exported"})
    return {"success": True, "errorMessage": None}


HANDLERS: dict[str, Callable[[Call], Response]] = {
    "ApBills_GetListPaginated": lambda call: answer_list(call, AP_BILLS),
    "ApBills_GetById": lambda call: answer_one(call, "ap-bills", "Bill"),
    "ApBills_GetCustomFieldTypes": lambda call: custom_field_types(call, "ap-bills"),
    "ApBills_UpdateCustomFields": lambda call: set_custom_fields(call, "ap-bills"),
    "ApBills_MarkAsExported": _mark("billIds", "billId"),
    "InventoryBills_GetList": lambda call: answer_list(call, _BARE),
    "InventoryBills_GetListPaginated": lambda call: answer_list(call, _INVENTORY),
    "InventoryBills_MarkAsExported": _mark("inventoryBillIds", "inventoryBillId"),
    "Export_InventoryBills": lambda call: answer_feed(call, "ap-bills", as_inventory_bill),
}
