"""What is read of requests and written for them, held against what the systems declare and their own documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from integrations.flows.purchase_order_requests import FLOW
from integrations.systems.sap.entities import writable
from integrations.systems.sap.odata import V2, V4
from integrations.systems.sap.writing import rendered
from integrations.systems.servicetitan import bodies
from integrations.systems.servicetitan.formats import wire
from integrations.vocabulary.request_matches import fitting, line_ids
from tests.flows.request_rows import Desk, order, plan, request, sap_order
from tests.flows.test_against_the_documents import SPEC_DIR, Watched, complaints, fields_read, needs_documents


def schemas() -> dict[str, Any]:
    document = json.loads((Path(SPEC_DIR) / "servicetitan" / "tenant-inventory-v2.json").read_text())
    found: dict[str, Any] = document["components"]["schemas"]
    return found


def members(name: str) -> set[str]:
    return set(schemas()[f"Inventory.V2.{name}"]["properties"])


@needs_documents
def test_every_field_of_a_request_stands_in_servicetitans_document():
    used = fields_read(FLOW, request())
    assert {name for place, name in used if not place} - members("PurchaseOrderRequestResponse") == set()
    assert {name for place, name in used if place == "/items"} - members("PurchaseOrderItemResponse") == set()


@needs_documents
@pytest.mark.parametrize("name", ["PurchaseOrderRequestResponse", "PurchaseOrderResponse"])
def test_what_is_compared_stands_in_both_documents(name: str):
    seen: set[tuple[str, str]] = set()
    rows = Watched(request(), "", seen), Watched(order(), "", seen)
    fitting(rows[0], [rows[1], rows[1]], "2026-03-02T08:30:00Z")
    line_ids(rows[0], rows[1], ["10"])
    own = {"createdOn", "number"}
    assert {field for place, field in seen if not place} - members(name) - own == set()


@needs_documents
@pytest.mark.parametrize("reason", FLOW.choices["rejection_reason"])
def test_a_rejection_is_one_that_servicetitans_document_allows(reason: str):
    (write,) = plan(
        there=sap_order(PurchasingProcessingStatus="08"), on_refusal="reject", rejection_reason=reason
    ).writes
    body = wire(write.body, bodies.REJECT_REQUEST)
    known = schemas()
    assert list(complaints(known["Inventory.V2.PurchaseOrderRequestRejectionArgs"], body, known, "reject")) == []


@pytest.mark.parametrize(
    ("target", "dialect", "entity"),
    [
        ("purchase-order", V4, writable.NEW_ORDER_V4),
        ("purchase-order", V2, writable.NEW_ORDER_V2),
        ("requisition", V4, writable.NEW_REQUISITION_V4),
        ("requisition", V2, writable.NEW_REQUISITION_V2),
    ],
)
def test_every_body_is_spelled_in_both_versions(target: str, dialect: Any, entity: Any):
    """The declarations themselves are held against SAP's documents where they stand."""
    row = request(jobId=88001)
    for field in FLOW.choices["job_field"]:
        (write,) = plan(row, Desk(now=row), target=target, job_field=field).writes
        assert rendered(dialect, entity, write.body)
