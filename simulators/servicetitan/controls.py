"""Control endpoints of this simulator: edits a person makes in the UI, credentials, duplicates, what is stored."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from simulators.servicetitan import receipts, requests, seed
from simulators.servicetitan.checks import stamp
from simulators.servicetitan.order_items import money, new_item, total
from simulators.servicetitan.table import Data, Record
from simulators.servicetitan.tenant import Tenant
from simulators.simulator import control_body
from simulators.wire import Request, Response, json_response

# An SAP purchase order number, or a bracketed or capitalised word long enough to be a marker.
MARKERS = r"\b45\d{8}\b|\[[^\]\s]{6,}\]|\b[A-Z2-7]{12,}\b"


def answer(tenants: dict[int, Tenant], request: Request, name: str) -> Response | None:
    """Answer a control endpoint of this system, or None. Raises ValueError, KeyError or TypeError for a bad call."""
    if (request.method, name) == ("GET", "state") and request.query:
        table = tenants[int(request.param("tenant", str(next(iter(tenants)))))][request.param("kind")]
        return json_response([row(record) for record in table.rows.values()])
    if (request.method, name) == ("GET", "duplicates"):
        pattern = request.param("pattern", MARKERS)
        return json_response({str(it.number): duplicates(it, pattern) for it in tenants.values()})
    handler = _POSTS.get(name) if request.method == "POST" else None
    if handler is None:
        return None
    given = control_body(request)
    tenant = tenants[int(given["tenant"])] if "tenant" in given else next(iter(tenants.values()))
    return json_response(handler(tenant, given))


def state(tenants: dict[int, Tenant]) -> dict[str, Any]:
    """All rows as they are now."""
    return {str(number): _tables(tenant) for number, tenant in tenants.items()}


def _tables(tenant: Tenant) -> dict[str, list[Data]]:
    return {name: [row(record) for record in table.rows.values()] for name, table in tenant.tables.items()}


def row(record: Record) -> Data:
    """A row with what the API does not show: ``_hidden`` and ``_external`` (by application GUID)."""
    return {**record.data, "_hidden": record.hidden, "_external": record.external}


def edit(tenant: Tenant, given: dict[str, Any]) -> Data:
    """A person's edit: ``kind``, ``id`` and ``values`` (members of the answer, merged into objects)."""
    table = tenant[given["kind"]]
    record = table.rows[int(given["id"])]
    values = _merged(record.data, given.get("values", {}))
    if given["kind"] == "purchase-orders":
        values = _order_values(tenant, record, values)
    hidden = {**record.hidden, **given.get("hidden", {})}
    changed = table.change(record, values, touch=bool(given.get("touch", True)), hidden=hidden)
    return row(changed)


def _merged(old: Data, values: Data) -> Data:
    return {
        name: {**old[name], **value} if isinstance(value, dict) and isinstance(old.get(name), dict) else value
        for name, value in values.items()
    }


def _order_values(tenant: Tenant, record: Record, values: Data) -> Data:
    values = {name: Decimal(str(it)) if name in ("tax", "shipping") else it for name, it in values.items()}
    if "items" in values:
        values["items"] = [_order_item(tenant, record, item) for item in values["items"]]
    if values.get("status") == "Sent":
        values.setdefault("sentOn", stamp(tenant.clock.now()))
    values["total"] = total({**record.data, **values})
    return values


def _order_item(tenant: Tenant, record: Record, given: Data) -> Data:
    old = next((item for item in record.data["items"] if item["id"] == given.get("id")), None)
    given = {name: Decimal(str(it)) if name in ("quantity", "cost") else it for name, it in given.items()}
    empty = {"description": "", "vendorPartNumber": "", "quantity": Decimal(1), "cost": Decimal()}
    item = {**(old or new_item(tenant, {**empty, **given})), **given}
    for name in ("quantity", "cost", "quantityReceived"):
        item[name] = Decimal(str(item[name]))
    return {**item, "total": money(item["quantity"] * item["cost"])}


def add(tenant: Tenant, given: dict[str, Any]) -> Data:
    """A row that a person makes: ``kind`` and ``values``; for vendors and jobs a few values are enough."""
    kind, values = given["kind"], dict(given.get("values", {}))
    if kind == "vendors":
        return row(seed.add_vendor(tenant, values))
    if kind == "jobs":
        unit = values.get("businessUnitId") or next(iter(tenant["business-units"].rows))
        number, status = str(values["jobNumber"]), values.get("jobStatus", "Scheduled")
        return row(seed.add_job(tenant, number, status, unit, values.get("projectId")))
    if kind == "purchase-order-requests":
        return row(_add_request(tenant, values))
    hidden = given.get("hidden", {})
    return row(tenant[kind].add(tenant.next_id(), values, hidden=hidden))


def _add_request(tenant: Tenant, values: Data) -> Record:
    tenant.sequences["request"] += 1
    nothing = ("invoiceId", "jobId", "projectId", "technicianId", "shipTo", "businessUnitId", "inventoryLocationId")
    empty = {"description": "", "vendorPartNumber": ""}
    data: Data = {
        "requestNumber": f"PR-{tenant.sequences['request']:05d}",
        "requestStatus": "PendingApproval",
        **dict.fromkeys((*nothing, "batchId", "vendorDocumentNumber", "requiredOn", "summary"), None),
        "typeId": next(iter(tenant["purchase-order-types"].rows)),
        "date": stamp(tenant.clock.now()),
        "customFields": [],
        **values,
        "tax": Decimal(str(values.get("tax", 0))),
        "shipping": Decimal(str(values.get("shipping", 0))),
    }
    rows = [
        {**empty, **it, "quantity": Decimal(str(it["quantity"])), "cost": Decimal(str(it["cost"]))}
        for it in values["items"]
    ]
    data["items"] = [new_item(tenant, it) for it in rows]
    data["total"] = total(data)
    return tenant["purchase-order-requests"].add(tenant.next_id(), data)


def decide(tenant: Tenant, given: dict[str, Any]) -> Data:
    """A manager decides a request in the UI: ``id`` and ``approve`` (true or false)."""
    record = tenant["purchase-order-requests"].rows[int(given["id"])]
    if given.get("approve", True):
        return row(requests.approve(tenant, record))
    return row(tenant["purchase-order-requests"].change(record, {"requestStatus": "Rejected"}))


def receive(tenant: Tenant, given: dict[str, Any]) -> Data:
    """A person receives an order (``id``, `receipts.receive_by_hand`), or cancels a receipt (``cancel``: its id)."""
    if "cancel" in given:
        record = tenant["receipts"].rows[int(given["cancel"])]
        receipts.cancel(tenant, record, "Other")
        return row(tenant["receipts"].rows[record.id])
    return row(receipts.receive_by_hand(tenant, tenant["purchase-orders"].rows[int(given["id"])], given))


def credentials(tenant: Tenant, given: dict[str, Any]) -> Data:
    """Change what the gate accepts for a tenant: ``app_key``, ``client_id``, ``client_secrets``, ``without_scopes``."""
    for name in ("app_key", "client_id", "client_secrets"):
        if name in given:
            setattr(tenant, name, given[name])
    tenant.scopes.difference_update(given.get("without_scopes", ()))
    tenant.scopes.update(given.get("with_scopes", ()))
    return {"tenant": tenant.number, "scopes": sorted(tenant.scopes)}


_POSTS: dict[str, Callable[[Tenant, dict[str, Any]], Data]] = {
    "edit": edit,
    "add": add,
    "decide": decide,
    "receive": receive,
    "credentials": credentials,
}


def duplicates(tenant: Tenant, pattern: str = MARKERS) -> dict[str, list[dict[str, Any]]]:
    """Rows that stand for the same thing: vendors by external data or name, orders by words of their memo or by memo,
    receipts by order and supplier's number. Canceled orders and receipts do not count."""
    return {
        "vendors": _shared(_vendor_signs(tenant)),
        "purchase_orders": _shared(_order_signs(tenant, re.compile(pattern))),
        "receipts": _shared(_receipt_signs(tenant)),
    }


def _shared(signs: Iterator[tuple[str, int]]) -> list[dict[str, Any]]:
    found: defaultdict[str, set[int]] = defaultdict(set)
    for sign, number in signs:
        found[sign].add(number)
    return [{"sign": sign, "ids": sorted(ids)} for sign, ids in found.items() if len(ids) > 1]


def _vendor_signs(tenant: Tenant) -> Iterator[tuple[str, int]]:
    for record in tenant["vendors"].rows.values():
        for guid, pairs in record.external.items():
            yield from ((f"{guid} {key}={value}", record.id) for key, value in pairs.items())


def _order_signs(tenant: Tenant, pattern: re.Pattern[str]) -> Iterator[tuple[str, int]]:
    for record in tenant["purchase-orders"].rows.values():
        memo = record.data["summary"]
        if record.data["status"] != "Canceled" and memo:
            yield f"memo {memo}", record.id
            yield from ((word, record.id) for word in pattern.findall(memo))


def _receipt_signs(tenant: Tenant) -> Iterator[tuple[str, int]]:
    for record in tenant["receipts"].rows.values():
        number = record.data["vendorInvoiceNumber"]
        if record.active and number:
            yield f"order {record.data['purchaseOrderId']} number {number.casefold()}", record.id
