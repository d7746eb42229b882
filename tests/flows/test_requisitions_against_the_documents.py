"""What the flow of requisitions reads and writes, held against the readers and, with SPEC_DIR, the documents."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from integrations.flows.purchase_requisitions import FLOW
from integrations.systems.sap import entities
from integrations.systems.sap.entity import Entity
from integrations.systems.servicetitan import bodies
from integrations.systems.servicetitan.formats import wire
from tests.flows.requisition_rows import Parts, asked_item, requisition
from tests.flows.rows import PLANT_ADDRESS
from tests.flows.test_against_the_documents import SPEC_DIR, complaints, declared, fields_read, needs_documents

ROWS = requisition(asked_item(), asked_item("20", delivery_address=dict(PLANT_ADDRESS), ItemNetAmount="0"))
READ = fields_read(FLOW, ROWS)
# Of the requisition itself; addresses have these names in other services.
OF_THE_HEADER = {("", "PurchaseRequisition"), ("", "PurchaseRequisitionType"), ("", "items")}
NOT_READ = {
    ("/items/delivery_address", name) for name in ("Building", "RoomNumber", "HouseNumberSupplementText", "POBox")
}
both = pytest.mark.parametrize(
    ("document", "entity"),
    [
        ("API_PURCHASEREQUISITION_2", entities.REQUISITION_ITEM_V4),
        ("API_PURCHASEREQ_PROCESS_SRV", entities.REQUISITION_ITEM_V2),
    ],
)


@both
def test_every_field_of_a_requisition_is_read_from_both_versions(document: str, entity: Entity):
    assert READ - OF_THE_HEADER - NOT_READ - {(place, name) for place, name, *_ in declared(entity, "/items")} == set()


@needs_documents
@both
def test_every_field_stands_in_saps_own_document(document: str, entity: Entity):
    tree = ElementTree.parse(Path(SPEC_DIR) / "sap" / f"{document}.edmx")  # noqa: S314 - a document of ours, not input
    real = {
        node.get("Name", ""): {child.get("Name", "") for child in node if child.tag.endswith("}Property")}
        for node in tree.iter()
        if node.tag.endswith("}EntityType")
    }
    used = [
        (kind, source) for place, name, kind, source in declared(entity, "/items") if source and (place, name) in READ
    ]
    assert len(used) > 30
    assert [(kind, source) for kind, source in used if source not in real[kind]] == []


@needs_documents
def test_every_body_is_one_that_servicetitans_own_document_allows():
    schemas = json.loads((Path(SPEC_DIR) / "servicetitan" / "tenant-inventory-v2.json").read_text())["components"]
    parts = Parts(options={"job_field": "PurReqnExternalReference"})
    row = requisition(asked_item(PurReqnExternalReference="2117"))
    create = parts.plan(row).writes[0]
    parts.follow(row)
    patch = parts.plan(requisition(asked_item(PurReqnExternalReference="2117", RequestedQuantity="5"))).writes[0]
    for name, write, shape in (
        ("CreatePurchaseOrderRequest", create, bodies.CREATE_PURCHASE_ORDER),
        ("UpdatePurchaseOrderRequest", patch, bodies.UPDATE_PURCHASE_ORDER),
    ):
        schema = schemas["schemas"][f"Inventory.V2.{name}"]
        assert list(complaints(schema, wire(write.body, shape), schemas["schemas"], name)) == []
