"""Every request that the client makes, held against SAP's own metadata: may this be read, filtered, sorted, written?

Both versions of each service are exercised over HTTP and what went out is looked at, so nothing that the readers and
writers ask for can be forgotten here. SPEC_DIR names the folder with the documents; without it these tests skip.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from integrations.flow import Row, Write
from integrations.systems.sap import objects, writers
from integrations.systems.sap.alike import alike_key
from integrations.systems.sap.ping import ping
from integrations.systems.sap.reference import KINDS, everything, key_of, lookup
from integrations.systems.sap.services import SERVICES
from simulators.log import Seen
from simulators.sap.app import SapSimulator
from simulators.wire import Request, Response
from tests.systems.sap.conftest import NOW, Sap, read
from tests.systems.sap.edmx import Described, Kind, Limits, described
from tests.systems.sap.test_writers import new_cost_center, new_order, new_partner, new_requisition

Lines = list[dict[str, Any]]
SINCE = NOW - timedelta(minutes=5)
ROOTS = {f"/{offer.root}": offer for service in SERVICES for offer in service.offers}
READERS = {
    name: it
    for name, it in vars(objects).items()
    if hasattr(it, "pages") and not isinstance(it, type) and not name.startswith("_")
}
COMPARISON = re.compile(r"([A-Za-z_]\w*) (eq|ne|gt|ge|lt|le) ")
# FilterExpressionType of OData's capabilities vocabulary: what each allows.
ALLOWED = {"MultiValue": {"eq"}, "SearchExpression": set[str]()}
OLD = {
    "API_PURCHASEORDER_2": "unregistered",
    "API_PURCHASEREQUISITION_2": "unregistered",
    "API_COST_CENTER": "unregistered",
}


@pytest.fixture(autouse=True)
def recorded(monkeypatch: pytest.MonkeyPatch) -> Lines:
    """Every API request of the test, with its body."""
    lines: Lines = []
    answer = SapSimulator.answer

    def noting(self: SapSimulator, request: Request, seen: Seen) -> Response:
        if any(request.path.startswith(f"{root}/") for root in ROOTS):
            body = json.loads(request.body) if request.body else {}
            lines.append({"method": request.method, "path": request.path, "query": request.query, "body": body})
        return answer(self, request, seen)

    monkeypatch.setattr(SapSimulator, "answer", noting)
    return lines


@pytest.fixture(params=["newest", "version 2 only", "release of 2021"])
def tenant(request: pytest.FixtureRequest, sap: Sap) -> Sap:
    described("API_BUSINESS_PARTNER")
    sap.control("generate", {"seed": 7, "suppliers": 8, "orders": 12, "invoices": 6})
    if request.param != "newest":
        sap.control("settings", {"arrangements": OLD})
    if request.param == "release of 2021":
        sap.control("settings", {"release": "2021"})
    return sap


# What a request asks for


def split(line: dict[str, Any]) -> tuple[str, str]:
    """The service's root and the rest of the path, without a key in brackets."""
    (root,) = [root for root in ROOTS if line["path"].startswith(f"{root}/")]
    return root, line["path"][len(root) + 1 :].partition("(")[0]


def complaints(line: dict[str, Any]) -> Iterator[str]:
    """What the document of the service says against one request."""
    root, path = split(line)
    if path in ("", "$metadata"):
        return
    document = described(ROOTS[root].document)
    if path.rpartition(".")[2] in document.actions:
        yield from against_action(document, path.rpartition(".")[2], line["body"])
        return
    if path not in document.sets:
        yield f"{path} is no entity set"
        return
    limits = document.sets[path]
    kind = document.kinds[limits.type]
    if line["method"] == "GET":
        yield from against_question(document, limits, kind, dict(line["query"]))
    else:
        is_new = line["method"] == "POST"
        if ("creatable" if is_new else "updatable") in limits.refused:
            yield f"{path} takes no {line['method']}"
        yield from against_body(document, limits, line["body"], is_new=is_new, path=path)


def against_question(document: Described, limits: Limits, kind: Kind, query: dict[str, str]) -> Iterator[str]:
    text = re.sub(r"'(?:[^']|'')*'", "''", query.get("$filter", ""))
    for name, operator in COMPARISON.findall(text):
        if name not in kind.properties or name in limits.unfilterable:
            yield f"{limits.type} is not filtered by {name}"
        elif operator not in ALLOWED.get(limits.expressions.get(name, ""), {operator}):
            yield f"{limits.type} is not filtered by {name} {operator}"
    if text and not COMPARISON.search(text):
        yield f"the filter {text} was not understood"
    for term in query.get("$orderby", "").split(","):
        name = term.partition(" ")[0]
        if name and (name not in kind.properties or name in limits.unsortable):
            yield f"{limits.type} is not sorted by {name}"
    for name in projected(query):
        yield from against_path(document, limits.type, name)


def projected(query: dict[str, str]) -> Iterator[tuple[str, ...]]:
    """The paths of $select and $expand; those of V4 are nested in brackets."""
    for option in ("$select", "$expand"):
        for part in pieces(query.get(option, ""), ","):
            outer, _, inner = part.partition("(")
            yield tuple(outer.split("/"))
            nested = dict(one.split("=", 1) for one in pieces(inner.removesuffix(")"), ";") if one)
            yield from ((outer, *path) for path in projected(nested))


def pieces(text: str, comma: str) -> Iterator[str]:
    """A text cut at commas that stand in no brackets."""
    depth, start = 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == comma and depth == 0:
            yield text[start:place]
            start = place + 1
    if text[start:]:
        yield text[start:]


def against_path(document: Described, type_name: str, path: tuple[str, ...]) -> Iterator[str]:
    kind, (name, *rest) = document.kinds[type_name], path
    if name in kind.navigations:
        if rest:
            yield from against_path(document, kind.navigations[name], tuple(rest))
    elif rest or name not in kind.properties:
        yield f"{type_name} has no {name}"


# What a request writes


def against_body(
    document: Described, limits: Limits, body: dict[str, Any], *, is_new: bool, path: str
) -> Iterator[str]:
    kind = document.kinds[limits.type]
    for name, value in body.items():
        if name in kind.navigations:
            yield from against_child(document, limits, name, value, is_new=is_new, path=f"{path}/{name}")
        elif name not in kind.properties:
            yield f"{path} has no {name}"
        else:
            flags = kind.properties[name]
            closed = (flags.get("creatable") == "false") if is_new else name in limits.unchangeable or name in kind.keys
            if closed or flags.get("Computed") or (flags.get("Immutable") and not is_new):
                yield f"{path}.{name} is not {'created' if is_new else 'changed'}"
            yield from against_value(flags, value, f"{path}.{name}")


def against_child(
    document: Described, limits: Limits, name: str, value: Any, *, is_new: bool, path: str
) -> Iterator[str]:
    if not is_new or name in limits.not_inserted_with:
        yield f"{path} is not written together with its parent"
    target = document.kinds[limits.type].navigations[name]
    for row in value if isinstance(value, list) else value.get("results", [value]):
        yield from against_body(document, document.sets[document.set_of(target)], row, is_new=is_new, path=path)


def against_value(flags: dict[str, str], value: Any, path: str) -> Iterator[str]:
    """Type and length. Decimals are text in V2, and in V4 as this client sends them (IEEE754Compatible)."""
    types: dict[str, Any] = {"Edm.Boolean": bool, "Edm.Int32": int}
    if value is None:
        if flags.get("Nullable") == "false":
            yield f"{path} is never null"
    elif not isinstance(value, types.get(flags["Type"], (str, int, float))):
        yield f"{path} is no {flags['Type']}"
    elif "MaxLength" in flags and len(str(value)) > int(flags["MaxLength"]):
        yield f"{path} is longer than {flags['MaxLength']}"


def against_action(document: Described, name: str, body: dict[str, Any]) -> Iterator[str]:
    known = document.actions[name]
    yield from (f"{name} has no parameter {each}" for each in body if each not in known)


# The requests


def all_complaints(lines: Lines) -> list[str]:
    return [f"{line['method']} {line['path']}: {text}" for line in lines for text in complaints(line)]


def test_every_question_of_every_reader_may_be_asked(tenant: Sap, recorded: Lines) -> None:
    client = tenant.client(page_size=3, page_size_orders=3, page_size_partners=3, history_from="2020-01-01")
    list(ping(client))
    for reader in READERS.values():
        changes, cursor = read(reader, client)
        tenant.advance(3600)
        read(reader, client, cursor)
        read(reader, client, cursor, full=True)
        reader.fetch(client, [change.key for change in changes[:3]])
    for kind in KINDS:
        lookup(client, kind, [key_of(kind, row) for row in everything(client, kind)[:3]] or ["1"])
    lookup(client, "supplier", ["17300001"])
    lookup(client, "requisition", ["10000001"])
    lookup(client, "invoices-alike", [alike_key("17300001", "Inv-1", "100", "2026-01-05", 3)])
    assert all_complaints(recorded) == []
    asked = {(split(line)[0], split(line)[1]) for line in recorded if "$metadata" not in line["path"]}
    assert {root for root, _ in asked} == {
        f"/{client.offer(service).root}" for service in SERVICES
    }  # each service in the version that this tenant has


def written(lines: Lines) -> list[tuple[str, str]]:
    """Method and entity set of every write."""
    return [(line["method"], split(line)[1]) for line in lines if line["method"] not in ("GET", "HEAD")]


def test_every_search_for_a_mark_may_be_asked(tenant: Sap, recorded: Lines) -> None:
    client = tenant.client()
    for writer in (writers.PURCHASE_ORDERS, writers.REQUISITIONS, writers.BUSINESS_PARTNERS, writers.COST_CENTERS):
        writer.find(client, {"ML7QK2D4VX01", "A000/17199999"}, SINCE)
        writer.directory(client)
    assert all_complaints(recorded) == []
    assert len(recorded) > 8


def test_every_document_that_is_created_may_be_created_so(tenant: Sap, recorded: Lines) -> None:
    client = tenant.client()
    creates = [
        (writers.PURCHASE_ORDERS, new_order(tenant)),
        (writers.REQUISITIONS, new_requisition(tenant)),
        (writers.BUSINESS_PARTNERS, new_partner()),
    ]
    if client.offer(writers.COST_CENTERS.service).version == "v4":
        creates.append((writers.COST_CENTERS, new_cost_center(tenant)))
    for writer, write in creates:
        client.offer(writer.service)
        writer.send(client, write)
    assert all_complaints(recorded) == []
    assert [method for method, _ in written(recorded)] == ["POST"] * len(creates)


def part_writes(row: Row) -> Iterator[Write]:
    """A change of each part of a business partner, and an addition of each part."""
    key, address = row["BusinessPartner"], row["addresses"][0]
    place = {"AddressID": address["AddressID"]}
    company = {"Supplier": row["Supplier"], "CompanyCode": "1710"}
    purchasing = {"Supplier": row["Supplier"], "PurchasingOrganization": "1710"}
    yield Write("patch", key, {"OrganizationBPName1": "Valley Supply Inc", "OrganizationBPName2": ""}, {})
    yield Write("patch-address", key, {**place, "CityName": "Tempe", "POBox": "", "HouseNumberSupplementText": "2"}, {})
    yield Write("patch-supplier", key, {"Supplier": row["Supplier"], "PurchasingIsBlocked": True}, {})
    yield Write("patch-company", key, {**company, "PaymentTerms": "0001"}, {})
    yield Write("patch-purchasing-organization", key, {**purchasing, "PaymentTerms": "0001"}, {})
    yield Write("add-role", key, {"BusinessPartnerRole": "FLCU00"}, {})
    yield Write("add-company", key, {**company, "CompanyCode": "1720", "ReconciliationAccount": "21100000"}, {})
    for kind, field in (("email", "EmailAddress"), ("phone", "PhoneNumber")):
        entry = address[f"{kind}s"][0]
        names = {"Person": entry["Person"], "OrdinalNumber": entry["OrdinalNumber"]}
        yield Write(f"patch-{kind}", key, {**place, **names, field: "480555"}, {})
        yield Write(f"add-{kind}", key, {**place, "Person": "", field: "480556"}, {})
    yield Write("add-address", key, {"StreetName": "Elm", "CityName": "Mesa", "Country": "US", "Language": "EN"}, {})


def test_every_part_of_a_partner_that_is_changed_may_be_changed(tenant: Sap, recorded: Lines) -> None:
    client, partners = tenant.client(), writers.BUSINESS_PARTNERS
    client.offer(partners.service)
    key = partners.send(client, new_partner()).key
    for write in part_writes(partners.fetch(client, [key])[key]):
        partners.send(client, write)
    assert all_complaints(recorded) == []
    assert {name for method, name in written(recorded) if method == "PATCH"} == {
        "A_BusinessPartner", "A_BusinessPartnerAddress", "A_Supplier", "A_SupplierCompany", "A_SupplierPurchasingOrg",
        "A_AddressEmailAddress", "A_AddressPhoneNumber",
    }  # fmt: skip


def test_a_cost_center_is_renamed_as_the_document_allows(sap: Sap, recorded: Lines) -> None:
    described("API_COST_CENTER")
    client, centers = sap.client(), writers.COST_CENTERS
    client.offer(centers.service)
    key = centers.send(client, new_cost_center(sap)).key
    centers.send(client, Write("patch", key, {"ValidityEndDate": "9999-12-31", "CostCenterName": "Other"}, {}))
    assert all_complaints(recorded) == []
    assert [method for method, _ in written(recorded)] == ["POST", "PATCH"]


# The documents do say no


def test_what_the_documents_forbid_is_noticed() -> None:
    order = "/sap/opu/odata4/sap/api_purchaseorder_2/srvd_a2x/sap/purchaseorder/0001/"
    requisition = "/sap/opu/odata4/sap/api_purchaserequisition_2/srvd_a2x/sap/purchaserequisition/0001/"
    partner, invoice = "/sap/opu/odata/sap/API_BUSINESS_PARTNER/", "/sap/opu/odata/sap/API_SUPPLIERINVOICE_PROCESS_SRV/"
    wrong: list[tuple[str, str, Any]] = [
        ("GET", f"{order}PurchaseOrderItem", {"$filter": "NetPriceAmount gt 5"}),
        ("GET", f"{order}PurchaseOrder", {"$select": "PurchaseOrder,Nothing"}),
        ("GET", f"{order}PurchaseOrder", {"$expand": "_PurchaseOrderItem($select=Plant,Nothing)"}),
        ("GET", f"{requisition}PurchaseReqn", {"$orderby": "PurReqnHeaderNote"}),
        ("GET", f"{requisition}PurchaseReqnAcctAssgmt", {"$filter": "NetworkActivity eq ''"}),
        ("GET", f"{invoice}A_SupplierInvoice", {"$filter": "IsReversed eq true"}),
        ("POST", f"{order}PurchaseOrderItem", {}),
        ("POST", f"{order}PurchaseOrder", {"LastChangeDateTime": "2026-01-01T00:00:00Z"}),
        ("POST", f"{order}PurchaseOrder", {"PurchaseOrderType": "TOO LONG"}),
        ("PATCH", f"{partner}A_BusinessPartner('1')", {"BusinessPartner": "1"}),
        ("POST", f"{partner}A_BusinessPartner", {"CreatedByUser": "ME"}),
        ("POST", f"{partner}Nothing", {}),
    ]
    for method, path, given in wrong:
        line = {"method": method, "path": path, "query": list(given.items()) if method == "GET" else [], "body": given}
        assert list(complaints(line)) != [], (method, path)
