"""Receipts: they raise what was received of an order, and a bill follows after a delay (Inventory V2, Receipts)."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

from simulators.servicetitan import bills, order_rules
from simulators.servicetitan.answers import only_id
from simulators.servicetitan.checks import stamp
from simulators.servicetitan.lists import (
    Listing,
    answer_list,
    before,
    custom_fields,
    equals,
    one_of,
    one_word_of,
    since,
)
from simulators.servicetitan.order_items import money
from simulators.servicetitan.problems import Refused, missing, refuse
from simulators.servicetitan.table import Data, Record
from simulators.servicetitan.tenant import Call, Tenant
from simulators.wire import Response, parse_moment

RECEIPTS = Listing(
    "receipts",
    filters={
        "number": equals("number"),
        "vendorInvoiceNumber": equals("vendorInvoiceNumber"),
        "billId": equals("billId"),
        "batchId": equals("batchId"),
        "vendorIds": one_of("vendorId"),
        "businessUnitIds": one_of("businessUnitId"),
        "inventoryLocationIds": one_of("inventoryLocationId"),
        "purchaseOrderIds": one_of("purchaseOrderId"),
        "syncStatuses": one_word_of("syncStatus"),
        "customFields.Fields": custom_fields,
        "receivedOnOrAfter": since("receivedOn"),
        "receivedBefore": before("receivedOn"),
    },
    keyed={"purchaseOrderIds": "purchaseOrderId", "vendorInvoiceNumber": "vendorInvoiceNumber", "billId": "billId"},
)


def _create(call: Call) -> Response:
    order = call.tenant["purchase-orders"].rows.get(call.body["purchaseOrderId"])
    if order is None:
        raise missing("Purchase order", call.body["purchaseOrderId"])
    _check_status(call, order)
    order_rules.check_items(call.tenant, call.body["items"])
    order_rules.check_references(call.tenant, {"budgetCodeId": call.body.get("budgetCodeId")}, {})
    return only_id(_receive(call.tenant, order, call.body).id)


def _check_status(call: Call, order: Record) -> None:
    status = order.data["status"]
    allowed = ["Sent", "PartiallyReceived"]
    if not call.tenant.switches.receive_requires_sent:
        allowed.append("Pending")
    if status not in allowed:
        raise refuse("purchaseOrderId", f"A purchase order in status {status} cannot be received.")


def receive_all(tenant: Tenant, order: Record) -> Record:
    """Receive everything at once, as order types with automatic receipt do."""
    items = [{"purchaseOrderItemId": it["id"], **_asked(it)} for it in order.data["items"]]
    body = {
        "dateReceived": tenant.clock.now(),
        "vendorDocumentNumber": order.data["vendorDocumentNumber"],
        "memo": order.data["summary"],
        "tax": order.data["tax"],
        "shipping": order.data["shipping"],
        "items": items,
    }
    return _receive(tenant, order, body)


def receive_by_hand(tenant: Tenant, order: Record, given: Data) -> Record:
    """A person receives: ``items`` of (``item``, ``quantity``, ``cost``), ``number``, ``tax``, ``shipping``, ``date``.

    What is not said is as the order has it, today, without a number.
    """
    items = {item["id"]: item for item in order.data["items"]}
    lines = [
        {"purchaseOrderItemId": line["item"], **_asked(items[line["item"]]), **_decimals(line, "quantity", "cost")}
        for line in given.get("items", [{"item": number} for number in items])
    ]
    amounts = {"tax": order.data["tax"], "shipping": order.data["shipping"], **_decimals(given, "tax", "shipping")}
    received_on = parse_moment(given["date"]) if "date" in given else tenant.clock.now()
    number = given.get("number", "")
    return _receive(
        tenant, order, {"dateReceived": received_on, "vendorDocumentNumber": number, **amounts, "items": lines}
    )


def _decimals(given: Data, *names: str) -> Data:
    return {name: Decimal(str(given[name])) for name in names if name in given}


def _asked(item: Data) -> Data:
    return {name: item[name] for name in ("skuId", "description", "quantity", "cost")}


def _receive(tenant: Tenant, order: Record, body: dict[str, Any]) -> Record:
    lines = _matched(order, body["items"])
    record = _new_receipt(tenant, order, body, lines)
    received: defaultdict[int, Decimal] = defaultdict(Decimal)
    for line in record.data["items"]:
        received[line["purchaseOrderItemId"]] += line["quantity"]
    count_received(tenant, order, received, +1)
    delay = tenant.switches.bill_delay_seconds
    if delay >= 0:
        due = tenant.clock.now() + timedelta(seconds=delay)
        bills.plan(tenant, record.id, due)
        bills.make_due(tenant)
    return tenant["receipts"].rows[record.id]


def _matched(order: Record, rows: list[dict[str, Any]]) -> list[tuple[dict[str, Any], Data]]:
    """Each row with the order's item it receives: by item id, else the first item of that SKU with something open."""
    items = {item["id"]: item for item in order.data["items"]}
    open_by_id = {number: item["quantity"] - item["quantityReceived"] for number, item in items.items()}
    matched = []
    for place, row in enumerate(rows):
        item = items.get(row.get("purchaseOrderItemId") or 0) or next(
            (it for it in items.values() if it["skuId"] == row["skuId"] and open_by_id[it["id"]] > 0), None
        )
        if item is None or item["skuId"] != row["skuId"]:
            raise refuse(f"items[{place}].skuId", "The SKU is not on the purchase order.")
        open_by_id[item["id"]] -= row["quantity"]
        matched.append((row, item))
    if not matched:
        raise refuse("items", "At least one item is needed.")
    return matched


def _new_receipt(
    tenant: Tenant, order: Record, body: dict[str, Any], lines: list[tuple[dict[str, Any], Data]]
) -> Record:
    items = [_item(tenant, row, item) for row, item in lines]
    amount = sum((money(it["quantity"] * it["cost"]) for it in items), Decimal()) + body["tax"] + body["shipping"]
    tenant.sequences["receipt"] += 1
    copied = ("jobId", "businessUnitId", "vendorId", "technicianId", "inventoryLocationId", "shipTo")
    data: Data = {
        "active": True,
        "number": f"R-{tenant.sequences['receipt']:06d}",
        "vendorInvoiceNumber": body.get("vendorDocumentNumber") or "",
        "createdById": None,
        "memo": body.get("memo") or "",
        "purchaseOrderId": order.id,
        "billId": None,
        **{name: order.data[name] for name in copied},
        "shipToDescription": order.hidden.get("shipToDescription", ""),
        "receiptAmount": money(amount),
        "taxAmount": body["tax"],
        "shippingAmount": body["shipping"],
        "receivedOn": stamp(body["dateReceived"]),
        "batchId": None,
        "syncStatus": "Pending",
        "budgetCodeId": body.get("budgetCodeId"),
        "items": items,
        "customFields": [],
    }
    return tenant["receipts"].add(tenant.next_id(), data)


def _item(tenant: Tenant, row: dict[str, Any], item: Data) -> Data:
    account = {"name": "Inventory", "number": "1400", "type": "Asset", "detailType": "Inventory"}
    cost_of_sale = {
        "name": "Cost of goods sold",
        "number": "5000",
        "type": "CostOfGoodsSold",
        "detailType": "Materials",
    }
    return {
        "id": tenant.next_id(),
        "skuId": row["skuId"],
        "name": item["skuName"],
        "code": item["skuCode"],
        "description": row.get("description") or item["description"],
        "quantity": row["quantity"],
        "cost": row["cost"],
        "generalLedgerAccount": account,
        "costOfSaleAccount": cost_of_sale,
        "assetAccount": account,
        "purchaseOrderItemId": item["id"],
        "budgetCodeId": row.get("budgetCodeId"),
    }


def count_received(tenant: Tenant, order: Record, quantities: dict[int, Decimal], sign: int) -> None:
    """Move the received quantities of an order's items, and its status with them."""
    items = []
    for item in order.data["items"]:
        received = item["quantityReceived"] + sign * quantities.get(item["id"], Decimal())
        status = "Received" if received >= item["quantity"] else "PartiallyReceived" if received > 0 else "Pending"
        items.append({**item, "quantityReceived": received, "status": status})
    states = {item["status"] for item in items}
    if states == {"Received"}:
        status = "Received"
    elif states == {"Pending"}:
        status = "Pending"
    else:
        status = "PartiallyReceived"
    received_on = stamp(tenant.clock.now()) if status == "Received" else None
    tenant["purchase-orders"].change(order, {"items": items, "status": status, "receivedOn": received_on})


def _cancel(call: Call) -> Response:
    record = call.found("receipts", "Receipt")
    cancel(call.tenant, record, call.body.get("canceledReason"))
    return only_id(record.id)


def cancel(tenant: Tenant, record: Record, reason: str | None) -> None:
    """Take a receipt back: inactive, its bill canceled, the order open again. Raises Refused when exported."""
    if not record.active:
        raise refuse("Status", "The receipt is already canceled.")
    bill = tenant["ap-bills"].rows.get(record.data["billId"] or 0)
    if bill is not None and "Exported" in bill.data["syncStatus"]:
        raise Refused({"Status": ["The bill of this receipt was exported."]})
    tenant["receipts"].change(record, {"active": False}, hidden={**record.hidden, "canceledReason": reason})
    if bill is not None:
        canceled = {"status": "Canceled", "dateCanceled": stamp(tenant.clock.now())}
        tenant["ap-bills"].change(bill, canceled)
    order = tenant["purchase-orders"].rows[record.data["purchaseOrderId"]]
    quantities: dict[int, Decimal] = {}
    for item in record.data["items"]:
        number = item["purchaseOrderItemId"]
        quantities[number] = quantities.get(number, Decimal()) + item["quantity"]
    count_received(tenant, order, quantities, -1)


HANDLERS = {
    "Receipts_GetList": lambda call: answer_list(call, RECEIPTS),
    "Receipts_CreateReceipt": _create,
    "Receipts_CancelReceipts": _cancel,
}
