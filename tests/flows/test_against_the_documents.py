"""What the flows read and write, held against what the systems declare and, with SPEC_DIR, their own documents."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from integrations.flows.cost_centers import FLOW as CENTERS
from integrations.flows.purchase_orders import FLOW as ORDERS
from integrations.flows.vendors import FLOW as VENDORS
from integrations.systems.sap import entities
from integrations.systems.sap.entity import Entity
from integrations.systems.servicetitan import bodies
from integrations.systems.servicetitan.formats import wire
from integrations.systems.servicetitan.writing import _external
from tests.flows.rows import center, plan_order, plan_vendor, sap_item, sap_order, sap_supplier, st_order, st_vendor

SPEC_DIR = os.environ.get("SPEC_DIR", "")
needs_documents = pytest.mark.skipif(not SPEC_DIR, reason="SPEC_DIR names no folder with the systems' documents")
# Ours, made by the reader from the flat fields of V2 and absent there.
V4_ONLY = {"NetAmount", "RequirementTracking"}


class Watched(dict[str, Any]):
    """A row that remembers which of its fields were read, below its place in the tree."""

    def __init__(self, row: dict[str, Any], place: str, seen: set[tuple[str, str]]) -> None:
        super().__init__({name: self._watch(value, f"{place}/{name}", seen) for name, value in row.items()})
        self.place, self.seen = place, seen

    def _watch(self, value: Any, place: str, seen: set[tuple[str, str]]) -> Any:
        if isinstance(value, dict):
            return Watched(value, place, seen)
        return [self._watch(entry, place, seen) for entry in value] if isinstance(value, list) else value

    def __getitem__(self, name: str) -> Any:
        self.seen.add((self.place, name))
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.seen.add((self.place, name))
        return super().get(name, default)


def fields_read(flow: Any, *rows: dict[str, Any]) -> set[tuple[str, str]]:
    seen: set[tuple[str, str]] = set()
    for row in rows:
        flow.record(Watched(row, "", seen))
    return seen


def declared(entity: Entity, place: str = "") -> Iterator[tuple[str, str, str, str]]:
    """(place in our rows, our name, entity type, SAP's name) of everything that is read of an entity."""
    for field in entity.fields:
        yield place, field.name, entity.type, field.source
    for child in entity.children:
        yield place, child.name, entity.type, ""
        yield from declared(child.entity, f"{place}/{child.name}")


ORDER_FIELDS = fields_read(ORDERS, sap_order(), sap_order(sap_item(NetAmount=None)))
PARTNER_FIELDS = fields_read(VENDORS, sap_supplier(), sap_supplier(OrganizationBPName1=""))
CENTER_FIELDS = fields_read(CENTERS, center(), center(CostCenterName=""))
# Building and room are used where an address of another service has them.
NOT_READ = {("/addresses", "Building"), ("/addresses", "RoomNumber")}
NOT_READ |= {
    ("/items/delivery_address", name) for name in ("Building", "RoomNumber", "HouseNumberSupplementText", "POBox")
}


def test_every_field_of_an_order_is_read_from_both_versions():
    v4 = {(place, name) for place, name, *_ in declared(entities.PURCHASE_ORDER_V4)}
    assert ORDER_FIELDS - v4 - NOT_READ == set()
    v2 = {(place, name) for place, name, *_ in declared(entities.PURCHASE_ORDER_V2)}
    v2 |= {("/items/delivery_address", name) for place, name in v2 if place == "/items"} | {
        ("/items", "delivery_address")
    }
    assert {name for _, name in ORDER_FIELDS - v2 - NOT_READ} == V4_ONLY


def test_every_field_of_a_supplier_is_read():
    assert (
        PARTNER_FIELDS - {(place, name) for place, name, *_ in declared(entities.BUSINESS_PARTNER)} - NOT_READ == set()
    )


def test_every_field_of_a_cost_center_is_read_from_both_versions():
    made = {("", name) for name in ("is_valid", "CostCenterName", "CostCenterDescription")}
    for entity in (entities.COST_CENTER_V4, entities.COST_CENTER_V2):
        assert CENTER_FIELDS - {(place, name) for place, name, *_ in declared(entity)} - made == set()


@needs_documents
@pytest.mark.parametrize(
    ("document", "entity", "used"),
    [
        ("API_PURCHASEORDER_2", entities.PURCHASE_ORDER_V4, ORDER_FIELDS),
        ("API_PURCHASEORDER_PROCESS_SRV", entities.PURCHASE_ORDER_V2, ORDER_FIELDS),
        ("API_BUSINESS_PARTNER", entities.BUSINESS_PARTNER, PARTNER_FIELDS),
    ],
)
def test_every_field_stands_in_saps_own_document(document, entity, used):
    tree = ElementTree.parse(Path(SPEC_DIR) / "sap" / f"{document}.edmx")  # noqa: S314 - a document of ours, not input
    real: dict[str, set[str]] = {}
    for node in tree.iter():
        if node.tag.endswith("}EntityType"):
            properties = (child.get("Name", "") for child in node if child.tag.endswith("}Property"))
            real[node.get("Name", "")] = set(properties)
    ours = [(kind, source) for place, name, kind, source in declared(entity) if source and (place, name) in used]
    assert len(ours) > 20
    assert [(kind, source) for kind, source in ours if source not in real[kind]] == []


def written() -> list[tuple[str, dict[str, Any]]]:
    """Every kind of body that the two flows write, as it leaves."""
    create = plan_order(sap_order(sap_item(RequisitionerName="2117")), job_field="RequisitionerName").writes[0].body
    row = st_order(create, vendorId=1, businessUnitId=1, inventoryLocationId=1, date="2020-01-01", summary="")
    row |= {"shipTo": {}, "requiredOn": "2020-01-01", "tax": "1", "shipping": "1", "jobId": 1}
    row["items"][0]["cost"] = "1"
    patch = plan_order(sap_order(sap_item(RequisitionerName="2117")), there=row, job_field="RequisitionerName").writes[
        0
    ]
    cancel = plan_order(sap_order(PurchaseOrderDeletionCode="L"), there=row).writes[0]
    vendor = plan_vendor(sap_supplier(), company_code="1710", tag_type_ids=[5]).writes[0].body
    bare = st_vendor(name="", active=False, contactInfo={}, address={}, externalData=[])
    change = plan_vendor(sap_supplier(), company_code="1710", there=bare).writes[0].body
    return [
        ("CreatePurchaseOrderRequest", wire(create, bodies.CREATE_PURCHASE_ORDER)),
        ("UpdatePurchaseOrderRequest", wire(patch.body, bodies.UPDATE_PURCHASE_ORDER)),
        (
            "CancelResourceRequest_Of_Inventory.V2.PurchaseOrderCancellationReason",
            wire(cancel.body, bodies.CANCEL_PURCHASE_ORDER),
        ),
        ("CreateVendorRequest", wire(marked(vendor, new=True), bodies.CREATE_VENDOR)),
        ("UpdateVendorRequest", wire(marked(change, new=False), bodies.UPDATE_VENDOR)),
    ]


def marked(body: dict[str, Any], *, new: bool) -> dict[str, Any]:
    return body | {"externalData": _external("3fa85f64-5717-4562-b3fc-2c963f66afa6", body["externalData"], new=new)}


def test_the_bodies_hold_every_member_that_sap_owns():
    shapes = {name: set(body) for name, body in written()}
    assert shapes["UpdatePurchaseOrderRequest"] == {
        "vendorId", "businessUnitId", "inventoryLocationId", "jobId", "shipTo", "memo", "date", "requiredOn", "tax",
        "shipping", "items",
    }  # fmt: skip
    assert shapes["UpdateVendorRequest"] == {
        "name", "active", "phone", "email", "address", "paymentTermId", "externalData",
    }  # fmt: skip


@needs_documents
def test_every_body_is_one_that_servicetitans_own_document_allows():
    document = json.loads((Path(SPEC_DIR) / "servicetitan" / "tenant-inventory-v2.json").read_text())
    schemas = document["components"]["schemas"]
    for name, body in written():
        assert list(complaints(schemas[f"Inventory.V2.{name}"], body, schemas, name)) == []


def complaints(schema: dict[str, Any], value: Any, schemas: dict[str, Any], path: str) -> Iterator[str]:
    """Members that the schema does not know, required ones that are missing, values of another type."""
    for part in [schema, *schema.get("oneOf", ())]:
        if "$ref" in part:
            yield from complaints(schemas[part["$ref"].rsplit("/", 1)[1]], value, schemas, path)
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path} is not one of {schema['enum']}"
    kinds: dict[str, Any] = {
        "integer": int,
        "number": (int, float),
        "string": str,
        "boolean": bool,
        "array": list,
        "object": dict,
    }
    kind = schema.get("type")
    number = float(value) if kind == "number" else value
    if kind and not isinstance(number, kinds[kind]):
        yield f"{path} is no {kind}"
    if kind == "array":
        for entry in value:
            yield from complaints(schema["items"], entry, schemas, f"{path}[]")
    if "properties" in schema:
        yield from (f"{path} lacks {name}" for name in schema.get("required", ()) if name not in value)
        for name, entry in value.items():
            if name not in schema["properties"]:
                yield f"{path} has no {name}"
            else:
                yield from complaints(schema["properties"][name], entry, schemas, f"{path}.{name}")
