"""Purchase orders: created Pending, numbered here, edited by status, items replaced as a whole (Inventory V2)."""

from decimal import Decimal
from typing import Any

from simulators.servicetitan import order_rules, receipts
from simulators.servicetitan.answers import only_id
from simulators.servicetitan.checks import stamp
from simulators.servicetitan.feeds import answer_feed
from simulators.servicetitan.lists import Listing, answer_list, answer_one, before, equals, one_of, since
from simulators.servicetitan.order_items import new_item, total
from simulators.servicetitan.problems import refuse
from simulators.servicetitan.table import Data, Record
from simulators.servicetitan.tenant import Call, Tenant
from simulators.wire import Response

_RENAMED = {"memo": "summary", "vendorInvoiceNumber": "vendorDocumentNumber"}
_HEAD = ("vendorId", "typeId", "businessUnitId", "inventoryLocationId", "jobId", "technicianId", "projectId")

ORDERS = Listing(
    "purchase-orders",
    filters={
        "status": equals("status"),
        "number": equals("number"),
        "jobId": equals("jobId"),
        "jobIds": one_of("jobId"),
        "technicianId": equals("technicianId"),
        "projectId": equals("projectId"),
        "dateOnOrAfter": since("date"),
        "dateBefore": before("date"),
        "sentOnOrAfter": since("sentOn"),
        "sentBefore": before("sentOn"),
    },
    keyed={"jobId": "jobId", "projectId": "projectId", "number": "number"},
    has_active=False,
)


def new_order(tenant: Tenant, body: dict[str, Any]) -> Record:
    """Store a purchase order from a checked create body; it is born Pending with a number of ours."""
    items = [new_item(tenant, item) for item in body["items"]]
    data: Data = {
        "number": order_number(tenant, body.get("jobId")),
        "invoiceId": None,
        "jobId": body.get("jobId"),
        "projectId": body.get("projectId"),
        "status": "Pending",
        "typeId": body["typeId"],
        "vendorId": body["vendorId"],
        "technicianId": body.get("technicianId"),
        "shipTo": dict(body["shipTo"]["address"]),
        "businessUnitId": body["businessUnitId"],
        "inventoryLocationId": body["inventoryLocationId"],
        "batchId": None,
        "budgetCodeId": body.get("budgetCodeId"),
        "vendorDocumentNumber": body.get("vendorInvoiceNumber") or "",
        "date": stamp(body["date"]),
        "requiredOn": stamp(body["requiredOn"]),
        "sentOn": None,
        "receivedOn": None,
        "total": Decimal(),
        "tax": body["tax"],
        "shipping": body["shipping"],
        "summary": body.get("memo") or "",
        "items": items,
        "customFields": [],
    }
    data["total"] = total(data)
    hidden = {
        "shipToDescription": body["shipTo"]["description"],
        "impactsTechnicianPayroll": body["impactsTechnicianPayroll"],
        "inactiveItems": [],
    }
    return tenant["purchase-orders"].add(tenant.next_id(), data, hidden=hidden)


def order_number(tenant: Tenant, job_id: int | None) -> str:
    """The next number: orders of a job are numbered within it (2001-001), others within the tenant."""
    job = tenant["jobs"].rows.get(job_id) if job_id is not None else None
    prefix = job.data["jobNumber"] if job is not None else ""
    tenant.sequences[f"order {prefix}"] += 1
    number = tenant.sequences[f"order {prefix}"]
    return f"{prefix}-{number:03d}" if prefix else str(100_000 + number)


def _create(call: Call) -> Response:
    order_rules.check_references(call.tenant, call.body, call.body)
    order_rules.check_items(call.tenant, call.body["items"])
    record = new_order(call.tenant, call.body)
    kind = call.tenant["purchase-order-types"].rows[record.data["typeId"]]
    if kind.data["automaticallyReceive"]:
        receipts.receive_all(call.tenant, record)
    return only_id(record.id)


def _update(call: Call) -> Response:
    record = call.found("purchase-orders", "Purchase order")
    order_rules.check_open(record)
    order_rules.check_references(call.tenant, call.body, {**record.data, **call.body})
    data, hidden = _head_changes(record, call.body), dict(record.hidden)
    if "shipTo" in call.body:
        data["shipTo"] = dict(call.body["shipTo"]["address"])
        hidden["shipToDescription"] = call.body["shipTo"]["description"]
    if "impactsTechnicianPayroll" in call.body:
        hidden["impactsTechnicianPayroll"] = call.body["impactsTechnicianPayroll"]
    items = _replaced_items(call, record, hidden)
    if items is not None:
        data["items"] = items
    changed = {name: value for name, value in data.items() if value != record.data[name]}
    order_rules.check_editable(call.tenant.switches.edit_rules, record, changed)
    if changed or hidden != record.hidden:
        changed["total"] = total({**record.data, **changed})
        call.tenant["purchase-orders"].change(record, changed, hidden=hidden)
    return only_id(record.id)


def _head_changes(record: Record, body: dict[str, Any]) -> Data:
    data: Data = {name: body[name] for name in (*_HEAD, "budgetCodeId", "tax", "shipping") if name in body}
    data.update({name: stamp(body[name]) for name in ("date", "requiredOn") if name in body})
    data.update({read: body[write] or "" for write, read in _RENAMED.items() if write in body})
    return data


def _replaced_items(call: Call, record: Record, hidden: Data) -> list[Data] | None:
    """The complete new list of items: named ones changed, missing ones gone, new ones as the switch says."""
    if "items" not in call.body:
        return None
    old = {item["id"]: item for item in record.data["items"]}
    rows = order_rules.known_items(call.tenant.switches.patch_adds_lines, old, call.body["items"])
    order_rules.check_items(call.tenant, rows)
    items = [
        _changed_item(call, old[row["id"]], row) if row.get("id") in old else new_item(call.tenant, row) for row in rows
    ]
    kept = {item["id"] for item in items}
    gone = [item for number, item in old.items() if number not in kept]
    if any(item["quantityReceived"] for item in gone):
        raise refuse("Items", "Items that were received cannot be removed.")
    hidden["inactiveItems"] = [*hidden.get("inactiveItems", []), *gone]
    return items


def _changed_item(call: Call, old: Data, row: dict[str, Any]) -> Data:
    wanted = {name: row[name] for name in ("skuId", "description", "vendorPartNumber", "quantity", "cost")}
    wanted["budgetCodeId"] = row.get("budgetCodeId", old["budgetCodeId"])
    if all(old[name] == value for name, value in wanted.items()):
        return old
    if wanted["quantity"] < old["quantityReceived"]:
        raise refuse("Items", "The quantity cannot be less than what was received.")
    fresh = new_item(call.tenant, {**wanted})
    kept = {name: old[name] for name in ("id", "createdOn", "quantityReceived", "serialNumbers", "status")}
    return {**fresh, **kept}


def _cancel(call: Call) -> Response:
    record = call.found("purchase-orders", "Purchase order")
    status = record.data["status"]
    if status not in ("Pending", "Sent"):
        raise refuse("Status", f"A purchase order in status {status} cannot be canceled.")
    items = [{**item, "status": "Canceled"} for item in record.data["items"]]
    hidden = {**record.hidden, "canceledReason": call.body.get("canceledReason")}
    call.tenant["purchase-orders"].change(record, {"status": "Canceled", "items": items}, hidden=hidden)
    return only_id(record.id)


HANDLERS = {
    "PurchaseOrders_GetList": lambda call: answer_list(call, ORDERS),
    "PurchaseOrders_GetById": lambda call: answer_one(call, "purchase-orders", "Purchase order"),
    "PurchaseOrders_Create": _create,
    "PurchaseOrders_Update": _update,
    "PurchaseOrders_Cancel": _cancel,
    "Export_PurchaseOrders": lambda call: answer_feed(call, "purchase-orders"),
}
