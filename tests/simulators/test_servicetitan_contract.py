"""The simulator against ServiceTitan's real OpenAPI documents in the folder SPEC_DIR; skipped without it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from simulators.servicetitan.bills import AP_BILLS
from simulators.servicetitan.contract import CONTRACT
from simulators.servicetitan.contract.notation import SCALARS, Member, Operation
from simulators.servicetitan.lists import Listing, known_parameters
from simulators.servicetitan.purchase_orders import ORDERS
from simulators.servicetitan.receipts import RECEIPTS
from simulators.servicetitan.reference import LISTINGS
from simulators.servicetitan.requests import REQUESTS
from simulators.servicetitan.simulator import HANDLERS
from simulators.servicetitan.vendors import VENDORS
from simulators.wire import Request, Response
from tests.simulators.servicetitan_service import ADDRESS, GUID, VENDOR, Service

SPEC_DIR = os.environ.get("SPEC_DIR", "")
needs_documents = pytest.mark.skipif(not SPEC_DIR, reason="SPEC_DIR does not name the folder of the real documents")

MODULES = ("inventory", "accounting", "settings", "jpm", "pricebook")
FORMATS = {"date-time": "datetime", "multiline": "text"}
ODD_FORMATS = ("decimal", "guid", "multiline", "html", "phone", "email", "date-time", "int64", "int32")
OPERATIONS = sorted(CONTRACT.operations.values(), key=lambda it: (it.module, it.name))

# What lists declare and the simulator reads but does not filter by: it holds nothing that it could be about.
WITHOUT_EFFECT = {
    "ApBills_GetListPaginated": {"batchId", "batchNumber", "customField.Operator", "purchaseOrderTypes"},
    "BudgetCodes_ListCompanyBudgetCodes": {"segmentIds", "segmentItemIds"},
    "Receipts_GetList": {"customFields.Operator"},
    "Projects_GetList": {
        *("invoiceId", "technicianId", "jobId", "appointmentId", "projectManagerIds", "businessUnitIds"),
        *("startsBefore", "startsOnOrAfter", "completedBefore", "completedOnOrAfter"),
        *("targetCompletionDateBefore", "targetCompletionDateOnOrAfter"),
    },
}


def _operation_id(operation: Operation) -> str:
    return f"{operation.module}-{operation.name}"


@cache
def _document(module: str) -> dict[str, Any]:
    path = Path(SPEC_DIR) / "servicetitan" / f"tenant-{module}-v2.json"
    read: dict[str, Any] = json.loads(path.read_text())
    return read


def _short(name: str) -> str:
    """A schema's name without its name space; ``page X`` and ``feed X`` for the two envelopes."""
    for word, envelope in (("page ", "PaginatedResponse_Of_"), ("feed ", "ExportResponse_Of_")):
        if name.startswith(envelope):
            return word + _short(name.removeprefix(envelope))
    outer, of, inner = name.partition("_Of_")
    return outer.split(".")[-1] + (f"_Of_{_short(inner)}" if of else "")


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return _short(schema["$ref"].split("/")[-1])
    for word in ("oneOf", "allOf", "anyOf"):
        if word in schema:
            return _kind(schema[word][0])
    if schema["type"] == "array":
        return f"[{_kind(schema['items'])}]"
    if schema["type"] == "object":
        return "map"
    written = schema.get("format", schema["type"])
    return FORMATS.get(written, written)


def _declared(member: Member) -> str:
    return f"[{member.type}]" if member.many else member.type


def _spoken(operation: Operation) -> dict[str, Any]:
    spoken: dict[str, Any] = _document(operation.module)["paths"][f"/tenant/{{tenant}}{operation.path}"]
    found: dict[str, Any] = spoken[operation.method.lower()]
    return found


@needs_documents
@pytest.mark.parametrize("operation", OPERATIONS, ids=_operation_id)
def test_an_operation_is_declared_as_documented(operation: Operation) -> None:
    spoken = _spoken(operation)
    assert spoken["operationId"] == operation.name
    in_query = [
        it for it in spoken.get("parameters", []) if it["in"] == "query" and f"{{{it['name']}}}" not in operation.path
    ]
    documented = {it["name"]: (_kind(it["schema"]), it.get("required", False)) for it in in_query}
    assert {name: (_declared(it), it.required) for name, it in operation.query.items()} == documented
    body = spoken.get("requestBody")
    assert operation.body == (_kind(body["content"]["application/json"]["schema"]) if body else "")
    (status, answer), *_ = [it for it in spoken["responses"].items() if it[0].startswith("2")]
    content = answer.get("content")
    documented_answer = _kind(content["application/json"]["schema"]) if content else "nothing"
    assert (str(operation.status), operation.answer) == (status, documented_answer)


@needs_documents
@pytest.mark.parametrize("module", MODULES)
def test_every_declared_body_has_the_documented_members(module: str) -> None:
    documented = {_short(name): schema for name, schema in _document(module)["components"]["schemas"].items()}
    for (owner, name), members in CONTRACT.schemas.items():
        if owner == module:
            schema = documented[name]
            required = set(schema.get("required", []))
            expected = {
                member: (_kind(it), member in required, bool(it.get("nullable")))
                for member, it in schema["properties"].items()
            }
            assert {it.name: (_declared(it), it.required, it.nullable) for it in members.values()} == expected, name


@needs_documents
@pytest.mark.parametrize("module", MODULES)
def test_every_declared_enumeration_has_the_documented_values(module: str) -> None:
    documented = {_short(name): schema for name, schema in _document(module)["components"]["schemas"].items()}
    found = {name: list(values) for (owner, name), values in CONTRACT.enums.items() if owner == module}
    assert found == {name: documented[name]["enum"] for name in found}


def test_every_type_in_the_declarations_is_declared() -> None:
    known = {(module, name) for module, name in (*CONTRACT.schemas, *CONTRACT.enums)}
    members = [(module, it) for (module, _), schema in CONTRACT.schemas.items() for it in schema.values()]
    members += [(it.module, member) for it in OPERATIONS for member in it.query.values()]
    assert [it for module, it in members if it.type not in SCALARS and (module, it.type) not in known] == []


def test_every_declared_operation_has_a_handler_and_no_handler_is_left_over() -> None:
    assert sorted(HANDLERS) == sorted(it.name for it in OPERATIONS)


LISTS: dict[str, Listing] = {
    **LISTINGS,
    "Vendors_GetList": VENDORS,
    "PurchaseOrders_GetList": ORDERS,
    "PurchaseOrders_GetRequests": REQUESTS,
    "Receipts_GetList": RECEIPTS,
    "ApBills_GetListPaginated": AP_BILLS,
}


@pytest.mark.parametrize("name", sorted(LISTS))
def test_every_declared_filter_has_an_effect_or_is_listed(name: str) -> None:
    operation = next(it for it in OPERATIONS if it.name == name)
    assert set(operation.query) - known_parameters(LISTS[name]) == WITHOUT_EFFECT.get(name, set())
    assert set(LISTS[name].filters) - set(operation.query) == set()


# Exchanges of the simulator itself, checked by openapi-core ------------------------------------------------


def _nullable(spoken: Any) -> Any:
    """The documents write a member that may be null as nullable beside oneOf with a schema that forbids null."""
    if isinstance(spoken, list):
        return [_nullable(it) for it in spoken]
    if not isinstance(spoken, dict):
        return spoken
    meant = {name: _nullable(it) for name, it in spoken.items()}
    if meant.get("nullable") and "oneOf" in meant:
        meant["oneOf"] = [*meant["oneOf"], {"nullable": True, "enum": [None]}]
    return meant


@cache
def _openapi(module: str) -> OpenAPI:
    always: dict[str, Callable[[Any], bool]] = dict.fromkeys(ODD_FORMATS, lambda value: True)
    return OpenAPI.from_dict(_nullable(_document(module)), config=Config(extra_format_validators=always))


def _departures(module: str, request: Request, response: Response) -> list[str]:
    """What openapi-core says against a recorded exchange."""
    named: dict[str, Any] = {}
    for key, value in request.query:
        named.setdefault(key, []).append(value)
    server = "https://api-integration.servicetitan.io"
    headers: dict[str, Any] = {"ST-App-Key": "shown"}
    asked = MockRequest(
        server, request.method.lower(), request.path, args=named, data=request.body or None, headers=headers
    )
    kind = response.header("content-type").split(";")[0].replace("problem+json", "json")
    answered = MockResponse(response.body, status_code=response.status, content_type=kind or "application/json")
    api = _openapi(module)
    found = [*api.iter_request_errors(asked)] if response.status < 400 else []
    if response.body or response.status >= 400:
        found += [*api.iter_response_errors(asked, answered)]
    return [f"{request.method} {request.path}: {error}" for error in found]


def _live_through_everything(service: Service) -> None:
    """At least one call of each kind that the product makes."""
    vendor = service.vendor(tags=[{"tagTypeId": 1}], vendorContacts=[{"name": "A", "email": "a@b.example"}])
    merge = {"patchMode": "Merge", "applicationGuid": GUID, "externalData": [{"key": "k", "value": None}]}
    service.ok("PATCH", f"inventory/vendors/{vendor}", {"active": True, "address": ADDRESS, "externalData": merge})
    service.errors("POST", "inventory/vendors", {"name": 1})
    service.send("GET", "inventory/vendors/1")
    custom = {"objectId": vendor, "customFields": [{"name": "SAP Supplier", "value": "1"}]}
    service.ok("PATCH", "inventory/vendors/custom-fields", {"operations": [custom]})
    order = service.order(vendorId=vendor, jobId=service.ids("jpm/jobs?number=2005")[0])
    (item,) = service.get_order(order)["items"]
    members = ("id", "skuId", "description", "vendorPartNumber", "quantity", "cost")
    line = {name: item[name] for name in members}
    service.ok("PATCH", f"inventory/purchase-orders/{order}", {"memo": "x", "items": [line]})
    canceled = service.order(vendorId=vendor)
    service.ok("PATCH", f"inventory/purchase-orders/{canceled}/cancellation", {"canceledReason": "Other"})
    received = {"purchaseOrderId": order, "dateReceived": "2026-02-03T00:00:00Z", "tax": 0, "shipping": 0}
    items = [{"skuId": item["skuId"], "purchaseOrderItemId": item["id"], "quantity": 3, "cost": 1.3}]
    receipt = service.ok("POST", "inventory/receipts", {**received, "items": items})["id"]
    bill = service.ids("accounting/ap-bills")[0]
    service.ok("POST", "accounting/ap-bills/markasexported", {"billIds": [bill]})
    service.send("PATCH", f"inventory/receipts/{receipt}/cancellation", {"canceledReason": "Other"})
    values = {"vendorId": vendor, "items": [{"skuId": item["skuId"], "quantity": 1, "cost": 1}]}
    for decision in ("approve", "reject"):
        made = service.control("POST", "add", {"tenant": 1001, "kind": "purchase-order-requests", "values": values})
        body = {"rejectionReason": "Other"} if decision == "reject" else None
        service.ok("PATCH", f"inventory/purchase-orders/requests/{made['id']}/{decision}", body)
    unit = service.ids("settings/business-units")[0]
    pair = {"applicationGuid": GUID, "externalData": [{"key": "sap-cost-center", "value": "10101101"}]}
    service.ok("PATCH", f"settings/business-units/{unit}", {"externalData": pair})
    service.ok("POST", "pricebook/materials", {"code": "NEW-1", "description": "New"})
    service.ok("POST", "accounting/inventory-bills/markasexported", {"inventoryBillIds": [bill]})
    fields = {"objectId": bill, "customFields": [{"name": "SAP Document", "value": "51056"}]}
    service.ok("PATCH", "accounting/ap-bills/custom-fields", {"operations": [fields]})
    _live_with_locations_and_types(service, pair)
    _read_everything(service, {"vendors": vendor, "purchase-orders": order, "ap-bills": bill})


def _live_with_locations_and_types(service: Service, pair: dict[str, Any]) -> None:
    warehouse = service.ids("inventory/warehouses")[0]
    service.ok("PATCH", f"inventory/warehouses/{warehouse}", {"externalData": pair})
    truck = service.ok("POST", "inventory/trucks", {"name": "Truck 9", "warehouseId": warehouse})["id"]
    service.ok("PATCH", f"inventory/trucks/{truck}", {"memo": "new", "externalData": pair})
    members = CONTRACT.schemas["inventory", "CreatePurchaseOrderTypeRequest"].values()
    alerts = CONTRACT.schemas["inventory", "PoTypeAlertSettings"]
    plain: dict[str, Any] = {it.name: 0 if it.type == "int32" else False for it in members}
    body = {**plain, "name": "SAP", "active": True, "alertSettings": dict.fromkeys(alerts, False)}
    kind = service.ok("POST", "inventory/purchase-order-types", body)["id"]
    service.ok("PATCH", f"inventory/purchase-order-types/{kind}", {"skipWeekends": True})


def _read_everything(service: Service, known: dict[str, int]) -> None:
    for operation in sorted(OPERATIONS, key=lambda it: it.path):
        if operation.method == "GET" and "{" not in operation.path:
            answer = service.ok("GET", f"{operation.module}{operation.path}")
            if isinstance(answer, dict) and answer["data"]:
                known.setdefault(operation.path.strip("/"), answer["data"][0]["id"])
    for operation in OPERATIONS:
        if operation.method == "GET" and "{" in operation.path:
            resource = operation.path.split("/")[1]
            service.ok("GET", f"{operation.module}/{resource}/{known[resource]}")


@needs_documents
def test_every_exchange_of_a_life_fits_the_documents(service: Service) -> None:
    _live_through_everything(service)
    told = [(request.path.split("/")[1], request, response) for request, response in service.exchanges]
    assert [line for module, request, response in told for line in _departures(module, request, response)] == []
    called = {seen.route for seen in service.simulator.log.since()}
    assert {it.name for it in OPERATIONS} - called == set()


@needs_documents
def test_what_the_documents_forbid_is_noticed(service: Service) -> None:
    service.ok("POST", "inventory/vendors", {**VENDOR, "unheardOf": 1})
    request, response = service.exchanges[-1]
    (line,) = _departures("inventory", request, response)
    assert "unheardOf" in line
