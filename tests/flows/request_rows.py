"""Requests as ServiceTitan shows them, the desk of a small customer, and what the flow plans for both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.flow import Known, Linked, Plan, Row, Situation, Write
from integrations.flows.purchase_order_requests import FLOW
from integrations.vocabulary.sap_purchases import observed
from tests.flows.rows import MARKER, Book

REQUEST, NOW = "source:purchase-order-request", "2026-03-02T09:00:00+00:00"
ORDER = "4500000061"


def line(sku: int = 9001, quantity: str = "4", cost: str = "12.5", number: int = 1, **values: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": number, "skuId": sku, "skuName": "Pipe", "skuCode": "TG", "description": "Copper pipe &amp; more",
        "vendorPartNumber": "CP-22", "quantity": quantity, "cost": cost, "status": "Pending",
    }  # fmt: skip
    return row | values


def request(*lines: dict[str, Any], **values: Any) -> dict[str, Any]:
    """Four pieces of copper pipe for Plumbing, to the main warehouse."""
    row: dict[str, Any] = {
        "id": 7001, "requestNumber": "PR-00001", "requestStatus": "PendingApproval", "vendorId": 501, "typeId": 7,
        "businessUnitId": 14, "inventoryLocationId": 40, "jobId": None, "projectId": None, "date": "2026-03-02",
        "requiredOn": "2026-03-09", "tax": "0", "shipping": "0", "total": "50", "summary": "For the boiler room",
        "createdOn": "2026-03-02T08:00:00Z", "modifiedOn": "2026-03-02T08:00:00Z", "items": list(lines) or [line()],
    }  # fmt: skip
    return row | values


def order(number: int = 19001, **values: Any) -> dict[str, Any]:
    """The order that an approval of the request makes."""
    row = {name: value for name, value in request().items() if not name.startswith("request")}
    items = [line(number=80001)]
    return row | {"id": number, "number": "100001", "createdOn": "2026-03-02T08:30:00Z", "items": items} | values


@dataclass
class Desk(Book):
    """A small customer at whose ServiceTitan the request stands as `now` says, with these orders and requests."""

    now: Mapping[str, Any] = field(default_factory=request)
    orders: tuple[Row, ...] = ()
    others: tuple[Row, ...] = ()
    at: str = NOW

    def reference(self, kind: str, key: str, *, fresh: bool = False) -> Row | None:
        if kind == REQUEST:
            return self.now
        if kind == "source:purchases-since":
            return {"orders": self.orders, "requests": self.others, "at": self.at}
        if kind == "source:job-by-id":
            return {"88001": {"id": 88001, "jobNumber": "2117"}}.get(key)
        return super().reference(kind.removeprefix("source:"), key)

    def known(self, flow: str, source_key: str) -> Known:
        target = self.links.get((flow, source_key))
        return Known({"": Linked(target, {}, {})} if target else {})


OPTIONS = {
    "company_code": "1710", "purchasing_organization": "1710", "purchasing_group": "001", "gl_account": "65100000",
    "unit": "PC", "approve": "created",
}  # fmt: skip


def plan(row: Row | None = None, desk: Desk | None = None, *, there: Row | None = None, **options: Any) -> Plan:
    """What the flow plans; `there` is SAP's order, linked and as it was made unless `seen` says otherwise."""
    row = row or request()
    made = {name: options.pop(name) for name in ("refused", "done", "observed") if name in options}
    seen = made.pop("observed", observed(there or {}))
    situation = Situation(
        lookups=desk or Desk(now=row), options={**FLOW.options, **OPTIONS, **options}, marker=MARKER, current=there,
        linked=Linked(options.pop("key", ORDER), seen, {}) if there else None, **made,
    )  # fmt: skip
    return FLOW.plan(FLOW.record(row), situation)


def sap_order(**values: Any) -> dict[str, Any]:
    """SAP's order of the request, as read."""
    body = plan().writes[0].body
    state = {"PurchasingProcessingStatus": "02", "ReleaseIsNotCompleted": False, "PurchaseOrderDeletionCode": ""}
    return {**body, "PurchaseOrder": ORDER, **state, "PurchasingCompletenessStatus": False, **values}


def approved(**values: Any) -> dict[str, Any]:
    return request(requestStatus="Approved", modifiedOn="2026-03-02T08:30:00Z", **values)


APPROVE = Write("approve", "7001", {}, {"decision": "approved"}, side="source")
