"""What the flows plan is taken by the client as it is, and shows what was expected once it is read back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from integrations.flow import Row, Write
from integrations.flows.purchase_orders import FLOW as ORDERS
from integrations.flows.vendors import FLOW as VENDORS
from simulators.servicetitan.seed import add_vendor
from tests.flows.rows import Book, plan_order, plan_vendor, sap_item, sap_order, sap_supplier
from tests.systems.servicetitan.conftest import Service


def carried_out(service: Service, flow: Any, write: Write) -> Row:
    """The row as read back after one write."""
    client = service.client()
    key = flow.writer.send(client, write).key
    row: Row = flow.writer.fetch(client, [key])[key]
    return row


def assert_shows(flow: Any, row: Row, expected: Mapping[str, Any]) -> None:
    shown = flow.observe(row)
    assert {name: shown[name] for name in expected} == expected


@pytest.fixture
def book(service: Service) -> Book:
    """The small customer's maps, with ids that exist in the stand-in."""
    material = str(service.id_of("materials", "code", "HV-10001"))
    unit = str(service.id_of("business-units", "accountCode", "10101101"))
    place = str(service.id_of("warehouses", "name", "Warehouse 1710"))
    return Book(
        links={("vendors", "17300001"): str(add_vendor(service.tenant, {"name": "ACME"}).id)},
        maps={
            ("cost-center", "10101101"): unit,
            ("plant", "1710"): place,
            ("material", "TG0012"): material,
            ("unit", "PC"): "EA",
            ("order-type", "NB"): str(service.id_of("purchase-order-types", "name", "SAP Purchase Order")),
            ("payment-terms", "0004"): str(service.id_of("payment-terms", "name", "Net 30")),
        },
        references={
            ("business-unit", unit): {"id": int(unit), "name": "HVAC", "currency": "USD"},
            ("inventory-location", place): {"id": int(place), "name": "Warehouse 1710"},
        },
    )


def test_a_vendor_shows_what_was_expected_when_created_and_when_changed(service: Service, book: Book):
    tags: dict[str, Any] = {"company_code": "1710", "tag_type_ids": [service.id_of("tag-types", "name", "SAP")]}
    (create,) = plan_vendor(sap_supplier(), book=book, **tags).writes
    row = carried_out(service, VENDORS, create)
    assert_shows(VENDORS, row, create.expect)
    assert plan_vendor(sap_supplier(), book=book, there=row, **tags).writes == ()
    (patch,) = plan_vendor(sap_supplier(OrganizationBPName1="ACME Two"), book=book, there=row, **tags).writes
    assert patch.action == "patch"
    assert_shows(VENDORS, carried_out(service, VENDORS, patch), patch.expect)


def test_an_order_shows_what_was_expected_when_created_changed_and_cancelled(service: Service, book: Book):
    (create,) = plan_order(sap_order(), book=book).writes
    row = carried_out(service, ORDERS, create)
    assert_shows(ORDERS, row, create.expect)
    assert plan_order(sap_order(), book=book, there=row).writes == ()
    (patch,) = plan_order(sap_order(sap_item(OrderQuantity="5")), book=book, there=row).writes
    assert patch.action == "patch"
    row = carried_out(service, ORDERS, patch)
    assert_shows(ORDERS, row, patch.expect)
    (cancel,) = plan_order(sap_order(PurchaseOrderDeletionCode="L"), book=book, there=row).writes
    row = carried_out(service, ORDERS, cancel)
    assert_shows(ORDERS, row, cancel.expect)
    assert ORDERS.is_gone(row)


@pytest.mark.parametrize("switch", ["refuse", "accept"])
def test_a_new_line_is_patched_where_the_tenant_takes_it_else_the_order_is_made_anew(
    service: Service, book: Book, switch: str
):
    service.simulator.switches.change({"patch_adds_lines": switch})
    (create,) = plan_order(sap_order(), book=book).writes
    row = carried_out(service, ORDERS, create)
    two = sap_order(sap_item(), sap_item("20"))
    writes = plan_order(two, book=book, there=row, patch_adds_lines=switch == "accept").writes
    rows = [carried_out(service, ORDERS, write) for write in writes]
    for write, after in zip(writes, rows, strict=True):
        assert_shows(ORDERS, after, write.expect)
    assert [write.action for write in writes] == (["patch"] if switch == "accept" else ["cancel", "create"])
    assert len(rows[-1]["items"]) == 2
