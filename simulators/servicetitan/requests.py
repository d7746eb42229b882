"""Purchase order requests: wait for approval in the UI or by API; approval makes a new Pending order (Inventory V2)."""

from collections.abc import Callable
from dataclasses import replace

from simulators.servicetitan.answers import only_id
from simulators.servicetitan.lists import Listing, answer_list, before, equals, one_of, since
from simulators.servicetitan.problems import refuse
from simulators.servicetitan.purchase_orders import order_number
from simulators.servicetitan.table import Data, Record
from simulators.servicetitan.tenant import Call, Tenant
from simulators.wire import Response

REQUESTS = Listing(
    "purchase-order-requests",
    filters={
        "requestStatus": equals("requestStatus"),
        "requestNumber": equals("requestNumber"),
        "jobId": equals("jobId"),
        "jobIds": one_of("jobId"),
        "technicianId": equals("technicianId"),
        "projectId": equals("projectId"),
        "dateOnOrAfter": since("date"),
        "dateBefore": before("date"),
    },
    keyed={"jobId": "jobId"},
    has_active=False,
)
_ONLY_OPEN = replace(
    REQUESTS,
    filters={**REQUESTS.filters, "hidden": lambda value: lambda record: record.data["requestStatus"] != value},
    preset={"hidden": "Approved"},
)
_OWN = ("id", "requestNumber", "requestStatus", "createdOn", "modifiedOn")
_EMPTY_ADDRESS = dict.fromkeys(("street", "unit", "city", "state", "zip", "country"))


def _pending(call: Call) -> Record:
    record = call.found("purchase-order-requests", "Purchase order request")
    if record.data["requestStatus"] != "PendingApproval":
        raise refuse("RequestStatus", f"The request is already {record.data['requestStatus']}.")
    return record


def approve(tenant: Tenant, record: Record) -> Record:
    """Decide a request in favour; the order that comes of it bears no reference to the request."""
    copied: Data = {name: value for name, value in record.data.items() if name not in _OWN}
    order: Data = {
        "number": order_number(tenant, record.data["jobId"]),
        "status": "Pending",
        "budgetCodeId": None,
        "sentOn": None,
        "receivedOn": None,
        **copied,
        "shipTo": record.data["shipTo"] or dict(_EMPTY_ADDRESS),
        "vendorDocumentNumber": record.data["vendorDocumentNumber"] or "",
        "summary": record.data["summary"] or "",
        "items": [{**item, "id": tenant.next_id()} for item in record.data["items"]],
    }
    made = tenant["purchase-orders"].add(tenant.next_id(), order)
    hidden = {**record.hidden, "orderId": made.id}
    tenant["purchase-order-requests"].change(record, {"requestStatus": "Approved"}, hidden=hidden)
    return made


def _approve(call: Call) -> Response:
    record = _pending(call)
    made = approve(call.tenant, record)
    return only_id(made.id if call.tenant.switches.approve_answers == "order" else record.id)


def _reject(call: Call) -> Response:
    record = _pending(call)
    hidden = {**record.hidden, "rejectionReason": call.body["rejectionReason"]}
    call.tenant["purchase-order-requests"].change(record, {"requestStatus": "Rejected"}, hidden=hidden)
    return only_id(record.id)


HANDLERS: dict[str, Callable[[Call], Response]] = {
    "PurchaseOrders_GetRequests": lambda call: answer_list(
        call, REQUESTS if call.tenant.switches.approved_requests == "listed" else _ONLY_OPEN
    ),
    "PurchaseOrders_ApproveRequest": _approve,
    "PurchaseOrders_RejectRequest": _reject,
}
