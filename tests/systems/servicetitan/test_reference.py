"""Reference data by key and as a whole, against the live stand-in."""

from __future__ import annotations

import pytest

from integrations.flow import Write
from integrations.systems.servicetitan.objects import PURCHASE_ORDERS
from integrations.systems.servicetitan.reference import KINDS, everything, key_of, lookup
from simulators.servicetitan import receipts
from simulators.servicetitan.seed import SERVICE_LINE
from tests.systems.servicetitan.conftest import Service


def test_rows_of_each_kind_are_found_by_the_key_they_are_listed_with(service: Service):
    client = service.client()
    for kind in KINDS:
        rows = everything(client, kind)[-3:]
        assert rows or kind == "vendor", kind
        keys = [key_of(kind, row) for row in rows]
        assert sorted(lookup(client, kind, keys)) == sorted(keys), kind


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_that_does_not_exist_is_absent(service: Service, kind: str):
    assert lookup(service.client(), kind, ["424242"]) == {}
    assert lookup(service.client(), kind, []) == {}


def test_an_unknown_kind_is_a_mistake_of_ours(service: Service):
    client = service.client()
    with pytest.raises(ValueError, match="planets"):
        lookup(client, "planets", ["1"])
    with pytest.raises(ValueError, match="planets"):
        everything(client, "planets")


def test_an_inventory_location_is_a_warehouse_or_a_truck(service: Service):
    warehouse = service.id_of("warehouses", "name", "Warehouse 1710")
    truck = service.id_of("trucks", "name", "Truck 1710-1")
    found = lookup(service.client(), "inventory-location", [str(warehouse), str(truck), "1"])
    assert {key: (row["name"], row["locationType"]) for key, row in found.items()} == {
        str(warehouse): ("Warehouse 1710", "warehouse"),
        str(truck): ("Truck 1710-1", "truck"),
    }


def test_a_sku_is_material_or_equipment_active_or_not(service: Service):
    client = service.client()
    found = lookup(client, "sku-code", ["HV-10001", "HV-10020", "HV-18001", SERVICE_LINE, "HV-19001", "hv-10002"])
    assert {code: (row["skuType"], row["active"]) for code, row in found.items()} == {
        "HV-10001": ("Material", True),
        "HV-10020": ("Equipment", True),
        "HV-18001": ("Material", False),
        SERVICE_LINE: ("Material", True),
    }
    by_id = lookup(client, "sku", [str(row["id"]) for row in found.values()])
    assert {row["code"]: row["skuType"] for row in by_id.values()} == {
        code: row["skuType"] for code, row in found.items()
    }


def test_a_code_that_two_active_skus_share_is_not_guessed(service: Service):
    material = service.tenant["materials"].rows[service.id_of("materials", "code", "HV-10001")]
    equipment = service.tenant["equipment"].rows[service.id_of("equipment", "code", "HV-10020")]
    service.tenant["equipment"].change(equipment, {"code": "HV-10001"})
    client = service.client()
    assert lookup(client, "sku-code", ["HV-10001"]) == {}
    service.tenant["equipment"].change(service.tenant["equipment"].rows[equipment.id], {"active": False})
    assert lookup(client, "sku-code", ["HV-10001"])["HV-10001"]["id"] == material.id


def test_the_whole_pricebook_is_read_to_the_end_of_both_feeds(service: Service):
    rows = everything(service.client(), "sku")
    assert len(rows) == 402
    assert len({row["id"] for row in rows}) == 402


def test_receipts_are_looked_up_by_their_order_and_cancelled_ones_do_not_count(service: Service, order):
    client = service.client()
    keys = [PURCHASE_ORDERS.send(client, Write("create", "", order("M"), {}, "M")).key for _ in range(3)]
    rows = [service.tenant["purchase-orders"].rows[int(key)] for key in keys]
    receipts.receive_all(service.tenant, rows[0])
    receipts.cancel(service.tenant, receipts.receive_all(service.tenant, rows[1]), "Other")
    found = lookup(client, "receipts-of-order", [*keys, "x"])
    assert {key: len(row["receipts"]) for key, row in found.items()} == dict(zip(keys, [1, 0, 0], strict=True))
    [receipt] = found[keys[0]]["receipts"]
    bill = lookup(client, "ap-bill", [str(receipt["billId"])])[str(receipt["billId"])]
    assert bill["purchaseOrderId"] == int(keys[0])
    assert receipt["bill"] == bill


def test_a_job_is_found_by_its_number_whatever_its_state(service: Service):
    found = lookup(service.client(), "job", ["2001", "2059", "2060", "200", "9999"])
    assert {number: row["jobStatus"] for number, row in found.items()} == {
        "2001": "Scheduled",
        "2059": "Canceled",
        "2060": "Completed",
    }


def test_rows_fit_into_a_json_column(service: Service):
    import json

    client = service.client()
    for kind in KINDS:
        json.dumps(everything(client, kind)[:5])
