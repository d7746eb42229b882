"""Readers against the stand-in: what changes there arrives, once visible."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from integrations.flow import Reader, Write
from integrations.systems.servicetitan.client import ServiceTitanClient
from integrations.systems.servicetitan.objects import (
    PURCHASE_ORDERS,
    READ_AP_BILLS,
    READ_BUSINESS_UNITS,
    READ_PURCHASE_ORDER_REQUESTS,
    READ_RECEIPTS,
    READ_VENDORS,
)
from simulators.servicetitan import controls, receipts
from simulators.servicetitan.seed import add_vendor
from tests.systems.servicetitan.conftest import Service

OVERLAP = 300.0


def poll(reader: Reader, client: ServiceTitanClient, cursor: dict[str, Any], **more: Any):
    keys: list[str] = []
    for page in reader.pages(client, cursor, overlap=OVERLAP, **more):
        keys += [change.key for change in page.changes]
        cursor = page.cursor
    return keys, cursor


def later(service: Service, seconds: float) -> None:
    """The stand-in's clock, which also stamps its rows, moves on."""
    if not service.simulator.clock.frozen:
        service.simulator.switches.change({"token_seconds": 86400})
        service.simulator.clock.set(datetime.now(UTC), frozen=True)
    service.simulator.clock.advance(seconds)


def vendor(service: Service, name: str, **values: Any) -> str:
    return str(add_vendor(service.tenant, {"name": name, **values}).id)


def test_vendors_arrive_when_made_when_changed_and_when_made_inactive(service: Service):
    later(service, 0)
    client = service.client(page_size=3)
    made = [vendor(service, f"V{place}") for place in range(7)]
    keys, cursor = poll(READ_VENDORS, client, {}, full=True)
    assert keys == made
    later(service, 3600)
    assert poll(READ_VENDORS, client, cursor)[0] == made
    controls.edit(service.tenant, {"kind": "vendors", "id": made[2], "values": {"active": False}})
    keys, cursor = poll(READ_VENDORS, client, cursor)
    assert made[2] in keys
    later(service, 3600)
    assert poll(READ_VENDORS, client, cursor)[0] == [made[2]]
    assert READ_VENDORS.fetch(client, [made[2]])[made[2]].row["active"] is False


def test_a_vendor_that_becomes_visible_late_is_caught_by_the_overlap(service: Service):
    later(service, 0)
    client = service.client()
    first = vendor(service, "First")
    later(service, 600)
    _, cursor = poll(READ_VENDORS, client, {})
    service.simulator.switches.change({"list_lag_seconds": 120.0})
    late = vendor(service, "Late")
    later(service, 60)
    service.simulator.switches.change({"list_lag_seconds": 0.0})
    quick = vendor(service, "Quick")
    keys, cursor = poll(READ_VENDORS, client, cursor)
    assert keys[-1] == quick
    assert late not in keys
    later(service, 61)
    assert late in poll(READ_VENDORS, client, cursor)[0]
    assert first not in poll(READ_VENDORS, client, cursor)[0]


def test_requests_receipts_and_bills_arrive(service: Service, order):
    client = service.client()
    body = order("M")
    key = PURCHASE_ORDERS.send(client, Write("create", "", body, {}, "M")).key
    line = {"skuId": int(body["items"][0]["skuId"]), "quantity": 2, "cost": "3.5"}
    values = {"vendorId": int(body["vendorId"]), "items": [line]}
    request = controls.add(service.tenant, {"kind": "purchase-order-requests", "values": values})
    receipt = receipts.receive_all(service.tenant, service.tenant["purchase-orders"].rows[int(key)])
    assert poll(READ_PURCHASE_ORDER_REQUESTS, client, {})[0] == [str(request["id"])]
    assert poll(READ_RECEIPTS, client, {})[0] == [str(receipt.id)]
    [bill] = poll(READ_AP_BILLS, client, {})[0]
    row = READ_AP_BILLS.fetch(client, [bill])[bill].row
    assert (row["purchaseOrderId"], row["billAmount"]) == (int(key), "15.82")


def test_business_units_are_read_by_their_feed_and_a_change_arrives(service: Service):
    later(service, 0)
    service.simulator.switches.change({"export_page_size": 5})
    client = service.client()
    later(service, 86400)
    keys, cursor = poll(READ_BUSINESS_UNITS, client, {}, full=True)
    assert len(keys) == 12
    assert poll(READ_BUSINESS_UNITS, client, cursor)[0] == []
    later(service, 3600)
    unit = service.id_of("business-units", "accountCode", "10101103")
    controls.edit(service.tenant, {"kind": "business-units", "id": unit, "values": {"name": "Renamed"}})
    assert poll(READ_BUSINESS_UNITS, client, cursor)[0] == [str(unit)]
