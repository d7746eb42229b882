"""Every request that the client makes is valid for openapi-core, which none of us wrote, by the vendor's documents."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest

from integrations.flow import Write
from integrations.systems.servicetitan import objects
from integrations.systems.servicetitan.client import ServiceTitanClient
from integrations.systems.servicetitan.ping import ping
from integrations.systems.servicetitan.reading import ExportFeed, ModifiedWindow
from integrations.systems.servicetitan.reference import KINDS, everything, key_of, lookup
from integrations.systems.servicetitan.writing import ObjectWriter
from simulators.log import Seen
from simulators.servicetitan import controls, receipts
from simulators.servicetitan.simulator import TOKEN_PATH, ServiceTitan
from simulators.wire import Request, Response
from tests.systems.servicetitan.conftest import Service
from tests.systems.servicetitan.test_writers import new_vendor, since

SPEC_DIR = os.environ.get("SPEC_DIR", "")
pytestmark = pytest.mark.skipif(not SPEC_DIR, reason="SPEC_DIR does not name the vendor's OpenAPI documents")

ODD_FORMATS = ("decimal", "guid", "multiline", "html", "phone", "email", "int64", "int32")


@cache
def api(module: str) -> OpenAPI:
    document = json.loads((Path(SPEC_DIR) / "servicetitan" / f"tenant-{module}-v2.json").read_text())
    always: dict[str, Callable[[Any], bool]] = dict.fromkeys(ODD_FORMATS, lambda value: True)
    return OpenAPI.from_dict(document, config=Config(extra_format_validators=always))


def departures(request: Request) -> list[str]:
    module = request.path.split("/")[1]
    named: dict[str, Any] = {}
    for key, value in request.query:
        named.setdefault(key, []).append(value)
    asked = MockRequest(
        "https://api-integration.servicetitan.io",
        request.method.lower(),
        request.path,
        args=named,
        data=request.body or None,
        headers=request.headers,
    )
    found = [str(error) for error in api(module).iter_request_errors(asked)]
    return [f"{request.method} {request.path} {request.query}: {error}" for error in found]


@pytest.fixture
def recorded(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Request]]:
    seen: list[Request] = []
    answer = ServiceTitan.answer

    def noting(self: ServiceTitan, request: Request, line: Seen) -> Response:
        if request.path != TOKEN_PATH:
            seen.append(request)
        return answer(self, request, line)

    monkeypatch.setattr(ServiceTitan, "answer", noting)
    yield seen
    assert [line for request in seen for line in departures(request)] == []


def test_a_request_that_breaks_the_document_is_noticed():
    path = "/inventory/v2/tenant/1001/vendors"
    wrong = [
        Request("GET", path, [("ids", "abc")], {"st-app-key": "x"}),
        Request("POST", path, [], {"st-app-key": "x", "content-type": "application/json"}, b'{"name": 5}'),
        Request("GET", "/inventory/v2/tenant/1001/locations", [], {"st-app-key": "x"}),
        Request("GET", path, [], {}),
    ]
    assert [bool(departures(request)) for request in wrong] == [True] * 4


def test_reading(service: Service, recorded: list[Request]):
    client = service.client(page_size=50)
    list(ping(client))
    for kind in KINDS:
        rows = everything(client, kind)
        lookup(client, kind, [key_of(kind, row) for row in rows[:60]] or ["1"])
    lookup(client, "receipts-of-order", ["1", "2"])
    readers = [it for it in vars(objects).values() if isinstance(it, ModifiedWindow | ExportFeed)]
    for reader in readers:
        *_, last = reader.pages(client, {}, overlap=300)
        list(reader.pages(client, last.cursor, overlap=0.5, full=True))
        reader.fetch(client, ["1", "2"])
    assert len(readers) == 7
    assert len({request.path for request in recorded}) > 20


def test_writing(service: Service, recorded: list[Request], order):
    client = service.client()
    vendor = write(client, objects.VENDORS, new_vendor("17300001", externalData={"sap-payment-terms": "NT30"}))
    write(client, objects.VENDORS, Write("patch", vendor, {"taxRate": "1.5", "externalData": {"other": None}}, {}))
    objects.VENDORS.find(client, ["17300001", "17300002"], since())
    key = write(client, objects.PURCHASE_ORDERS, Write("create", "", order("M"), {}, "M"))
    objects.PURCHASE_ORDERS.find(client, ["M"], since())
    line = objects.PURCHASE_ORDERS.fetch(client, [key])[key]["items"][0]
    kept = {name: line[name] for name in ("id", "skuId", "description", "vendorPartNumber", "cost", "quantity")}
    write(client, objects.PURCHASE_ORDERS, Write("patch", key, {"items": [kept], "date": "2026-03-02"}, {}))
    receipt = {"purchaseOrderId": key, "dateReceived": "2026-03-05", "tax": "0.10", "shipping": "0"}
    item = {"skuId": line["skuId"], "quantity": "1", "cost": "1.25", "purchaseOrderItemId": line["id"]}
    made = write(client, objects.RECEIPTS, Write("create", "", {**receipt, "items": [item]}, {}, "R"))
    write(client, objects.RECEIPTS, Write("cancel", made, {"canceledReason": "Duplicate"}, {}))
    write(client, objects.PURCHASE_ORDERS, Write("cancel", key, {"canceledReason": "Other"}, {}))
    assert {request.method for request in recorded} == {"GET", "POST", "PATCH"}


def test_deciding(service: Service, recorded: list[Request], order):
    client, body = service.client(), order("M")
    line = {"skuId": int(body["items"][0]["skuId"]), "quantity": 1, "cost": 1}
    values = {"vendorId": int(body["vendorId"]), "items": [line]}
    for action, decision in (("approve", {}), ("reject", {"rejectionReason": "CostTooHigh"})):
        request = controls.add(service.tenant, {"kind": "purchase-order-requests", "values": values})
        write(client, objects.PURCHASE_ORDER_REQUESTS, Write(action, str(request["id"]), decision, {}))
    unit = str(service.id_of("business-units", "accountCode", "10101101"))
    write(client, objects.BUSINESS_UNITS, Write("patch", unit, {"externalData": {"sap-cost-center": "1"}}, {}))
    key = write(client, objects.PURCHASE_ORDERS, Write("create", "", body, {}, "M"))
    receipts.receive_all(service.tenant, service.tenant["purchase-orders"].rows[int(key)])
    [bill] = objects.AP_BILLS.directory(client)
    write(client, objects.AP_BILLS, Write("mark-exported", str(bill["id"]), {}, {}))
    assert [request.path for request in recorded if request.method == "POST"][-1].endswith("/ap-bills/markasexported")


def write(client: ServiceTitanClient, writer: ObjectWriter, what: Write) -> str:
    key: str = writer.send(client, what).key
    return key
