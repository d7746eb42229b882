"""Receipts, bills, requests and business units: the few writes that each of them has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from integrations.errors import Rejected
from integrations.flow import Write
from integrations.systems.servicetitan.objects import (
    AP_BILLS,
    BUSINESS_UNITS,
    PURCHASE_ORDER_REQUESTS,
    PURCHASE_ORDERS,
    RECEIPTS,
)
from integrations.systems.servicetitan.writing import external_value
from simulators.servicetitan import controls, receipts
from tests.systems.servicetitan.conftest import Service


def since() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=5)


def test_a_receipt_is_posted_found_by_its_memo_and_cancelled(service: Service, order):
    client, start = service.client(), since()
    key = PURCHASE_ORDERS.send(client, Write("create", "", order("ABCDEF234567"), {}, "ABCDEF234567")).key
    line = PURCHASE_ORDERS.fetch(client, [key])[key]["items"][0]
    receipt = {
        "purchaseOrderId": key,
        "dateReceived": "2026-03-05",
        "vendorDocumentNumber": "INV-7",
        "memo": "Reference RCPT23456ABC",
        "tax": "0",
        "shipping": "0",
        "items": [{"skuId": line["skuId"], "quantity": "1", "cost": "1.2", "purchaseOrderItemId": line["id"]}],
    }
    made = RECEIPTS.send(client, Write("create", "", receipt, {}, "RCPT23456ABC")).key
    [row] = RECEIPTS.find(client, ["RCPT23456ABC"], start)["RCPT23456ABC"]
    assert (str(row["id"]), row["vendorInvoiceNumber"], row["receivedOn"]) == (made, "INV-7", "2026-03-05")
    assert [(item["quantity"], item["cost"]) for item in row["items"]] == [("1", "1.2")]
    assert PURCHASE_ORDERS.fetch(client, [key])[key]["status"] == "PartiallyReceived"
    RECEIPTS.send(client, Write("cancel", made, {"canceledReason": "Other"}, {}))
    assert RECEIPTS.fetch(client, [made])[made]["active"] is False


def test_a_receipt_on_an_order_that_does_not_exist_is_refused_not_a_wrong_address(service: Service):
    receipt = {"purchaseOrderId": 1, "dateReceived": "2026-03-05", "tax": 0, "shipping": 0}
    line = {"skuId": service.id_of("materials", "code", "HV-10001"), "quantity": 1, "cost": 1}
    with pytest.raises(Rejected):
        RECEIPTS.send(service.client(), Write("create", "", {**receipt, "items": [line]}, {}, "RCPT23456ABC"))


def test_bills_are_marked_as_exported_one_clear_answer_each(service: Service, order):
    client = service.client()
    key = PURCHASE_ORDERS.send(client, Write("create", "", order("ABCDEF234567"), {}, "ABCDEF234567")).key
    receipts.receive_all(service.tenant, service.tenant["purchase-orders"].rows[int(key)])
    [bill] = AP_BILLS.directory(client)
    assert (bill["billAmount"], bill["syncStatus"]) == ("15.82", "Pending")
    number = AP_BILLS.key(bill)
    assert AP_BILLS.send(client, Write("mark-exported", number, {}, {"syncStatus": "Exported"})).key == number
    assert AP_BILLS.fetch(client, [number])[number]["syncStatus"] == "Exported"
    with pytest.raises(Rejected, match="did not mark bill"):
        AP_BILLS.send(client, Write("mark-exported", "424242", {}, {}))


@pytest.mark.parametrize(("action", "state"), [("approve", "Approved"), ("reject", "Rejected")])
def test_a_request_is_decided_once(service: Service, order, action: str, state: str):
    client, body = service.client(), order("ABCDEF234567")
    line = {"skuId": int(body["items"][0]["skuId"]), "quantity": 2, "cost": "3.5"}
    values = {"vendorId": int(body["vendorId"]), "typeId": int(body["typeId"]), "items": [line]}
    key = str(controls.add(service.tenant, {"kind": "purchase-order-requests", "values": values})["id"])
    write = Write(action, key, {"rejectionReason": "Other"} if action == "reject" else {}, {})
    assert PURCHASE_ORDER_REQUESTS.fetch(client, [key])[key]["requestStatus"] == "PendingApproval"
    assert PURCHASE_ORDER_REQUESTS.send(client, write).key == key
    assert PURCHASE_ORDER_REQUESTS.fetch(client, [key])[key]["requestStatus"] == state
    with pytest.raises(Rejected):
        PURCHASE_ORDER_REQUESTS.send(client, write)


def test_a_business_unit_carries_our_key_and_its_name_stays(service: Service):
    client = service.client()
    key = str(service.id_of("business-units", "accountCode", "10101101"))
    BUSINESS_UNITS.send(client, Write("patch", key, {"externalData": {"sap-cost-center": "10101101"}}, {}))
    row = BUSINESS_UNITS.fetch(client, [key])[key]
    assert external_value(row, "sap-cost-center") == "10101101"
