"""Receipts make bills: quantities, states, delays, cancellation, exports; and requests become orders."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulators.servicetitan_service import Service


def _receipt(service: Service, order: int, quantity: float = 3, **values: Any) -> dict[str, Any]:
    (item,) = service.get_order(order)["items"]
    line = {"skuId": item["skuId"], "purchaseOrderItemId": item["id"], "quantity": quantity, "cost": 1.25}
    body = {"purchaseOrderId": order, "dateReceived": "2026-02-03T00:00:00Z", "tax": 0.31, "shipping": 5}
    return {**body, "vendorDocumentNumber": "INV-7", "items": [line], **values}


def _frozen(service: Service) -> None:
    service.control("POST", "clock", {"now": "2026-02-03T10:00:00Z", "frozen": True})


def test_a_full_receipt_makes_the_order_received_and_a_bill(service: Service) -> None:
    order = service.order()
    number = service.ok("POST", "inventory/receipts", _receipt(service, order))["id"]
    row = service.get_order(order)
    assert (row["status"], row["items"][0]["quantityReceived"], row["items"][0]["status"]) == (
        "Received",
        3,
        "Received",
    )
    (receipt,) = service.rows(f"inventory/receipts?purchaseOrderIds={order}")
    assert (receipt["id"], receipt["vendorInvoiceNumber"], float(receipt["receiptAmount"])) == (number, "INV-7", 9.06)
    bill = service.ok("GET", f"accounting/ap-bills/{receipt['billId']}")
    assert (bill["billAmount"], bill["taxAmount"], bill["shippingAmount"]) == ("9.06", "0.31", "5.00")
    assert (bill["purchaseOrderId"], bill["referenceNumber"], bill["billDate"]) == (
        order,
        "INV-7",
        "2026-02-03T00:00:00",
    )
    assert (bill["items"][0]["quantity"], bill["items"][0]["cost"]) == ("3.00", "1.25")


def test_partial_receipts_add_up(service: Service) -> None:
    order = service.order()
    service.ok("POST", "inventory/receipts", _receipt(service, order, 1))
    assert service.get_order(order)["status"] == "PartiallyReceived"
    service.ok("POST", "inventory/receipts", _receipt(service, order, 2))
    assert service.get_order(order)["status"] == "Received"
    assert service.send("POST", "inventory/receipts", _receipt(service, order, 1)).status == 400


def test_a_bill_comes_after_the_delay_or_never(service: Service) -> None:
    _frozen(service)
    service.switch(bill_delay_seconds=30)
    order = service.order()
    service.ok("POST", "inventory/receipts", _receipt(service, order, 1))
    path = f"inventory/receipts?purchaseOrderIds={order}"
    service.control("POST", "clock", {"advance": 29})
    assert [row["billId"] for row in service.rows(path)] == [None]
    service.control("POST", "clock", {"advance": 1})
    assert service.rows(path)[0]["billId"] == service.ids("accounting/ap-bills")[0]
    service.switch(bill_delay_seconds=-1)
    service.ok("POST", "inventory/receipts", _receipt(service, order, 1))
    service.control("POST", "clock", {"advance": 600})
    assert [row["billId"] is None for row in service.rows(path)] == [False, True]


def test_the_suppliers_number_stands_in_either_member_of_the_bill(service: Service) -> None:
    service.switch(invoice_number_in="vendorNumber")
    service.ok("POST", "inventory/receipts", _receipt(service, service.order()))
    (bill,) = service.rows("accounting/ap-bills")
    assert (bill["vendorNumber"], bill["referenceNumber"]) == ("INV-7", "B-000001")


def test_a_pending_order_can_be_received_unless_it_must_have_been_sent(service: Service) -> None:
    service.switch(receive_requires_sent=True)
    order = service.order()
    assert set(service.errors("POST", "inventory/receipts", _receipt(service, order))) == {"purchaseOrderId"}
    service.edit("purchase-orders", order, status="Sent")
    service.ok("POST", "inventory/receipts", _receipt(service, order))


def test_a_receipt_of_an_unknown_order_is_a_404_and_of_a_strange_sku_a_400(service: Service) -> None:
    order = service.order()
    assert service.send("POST", "inventory/receipts", _receipt(service, order, purchaseOrderId=1)).status == 404
    strange = {"skuId": service.ids("pricebook/materials")[5], "quantity": 1, "cost": 1}
    assert set(service.errors("POST", "inventory/receipts", _receipt(service, order, items=[strange]))) == {
        "items[0].skuId"
    }


def test_receipts_are_found_again_by_order_and_suppliers_number(service: Service) -> None:
    vendor = service.vendor()
    one, two = service.order(vendorId=vendor), service.order(vendorId=vendor)
    first = service.ok("POST", "inventory/receipts", _receipt(service, one))["id"]
    second = service.ok("POST", "inventory/receipts", _receipt(service, two, vendorDocumentNumber="INV-8"))["id"]
    assert service.ids(f"inventory/receipts?purchaseOrderIds={one},{two}") == [first, second]
    assert service.ids("inventory/receipts?vendorInvoiceNumber=INV-8") == [second]
    assert service.ids(f"inventory/receipts?purchaseOrderIds={one}&vendorInvoiceNumber=INV-8") == []
    assert service.ids(f"inventory/receipts?vendorIds={vendor}&syncStatuses=Pending,Posted") == [first, second]
    assert service.ids("inventory/receipts?receivedOnOrAfter=2026-02-04") == []


def test_a_canceled_receipt_opens_the_order_again_and_cancels_its_bill(service: Service) -> None:
    order = service.order()
    number = service.ok("POST", "inventory/receipts", _receipt(service, order))["id"]
    path = f"inventory/receipts/{number}/cancellation"
    assert service.ok("PATCH", path, {"canceledReason": "Accidental"}) == {"id": number}
    row = service.get_order(order)
    assert (row["status"], row["items"][0]["quantityReceived"], row["receivedOn"]) == ("Pending", 0, None)
    assert service.ids("inventory/receipts") == []
    assert service.ids("inventory/receipts?active=Any") == [number]
    assert [bill["status"] for bill in service.rows("accounting/ap-bills")] == ["Canceled"]
    assert service.send("PATCH", path, {"canceledReason": "Accidental"}).status == 400


def test_a_receipt_canceled_before_its_bill_was_due_gets_none(service: Service) -> None:
    _frozen(service)
    service.switch(bill_delay_seconds=30)
    number = service.ok("POST", "inventory/receipts", _receipt(service, service.order()))["id"]
    service.ok("PATCH", f"inventory/receipts/{number}/cancellation", {"canceledReason": "Other"})
    service.control("POST", "clock", {"advance": 60})
    assert service.rows("accounting/ap-bills") == []


def test_an_order_type_with_automatic_receipt_makes_order_receipt_and_bill_in_one_call(service: Service) -> None:
    kind = next(row["id"] for row in service.rows("inventory/purchase-order-types") if row["automaticallyReceive"])
    order = service.order(typeId=kind, vendorInvoiceNumber="INV-9")
    assert service.get_order(order)["status"] == "Received"
    (receipt,) = service.rows("inventory/receipts?vendorInvoiceNumber=INV-9")
    (bill,) = service.rows("accounting/ap-bills?purchaseOrderNumber=100001")
    assert (receipt["purchaseOrderId"], receipt["billId"], bill["referenceNumber"]) == (order, bill["id"], "INV-9")


def test_bills_are_listed_by_type_and_only_procurement_by_default(service: Service) -> None:
    service.ok("POST", "inventory/receipts", _receipt(service, service.order()))
    (bill,) = service.rows("accounting/ap-bills")
    standalone = {**bill, "billType": "ApBill", "source": "Standalone"}
    service.control("POST", "add", {"tenant": 1001, "kind": "ap-bills", "values": standalone})
    assert service.ids("accounting/ap-bills") == [bill["id"]]
    assert len(service.ids("accounting/ap-bills?billType=ApBill")) == 1
    assert service.ids("accounting/ap-bills?statuses=Reconciled") == []
    assert service.ids("accounting/ap-bills?statuses=Reconciled&statuses=Unreconciled") == [bill["id"]]
    assert service.ids("accounting/ap-bills?billNumber=NV-7&minCost=9&maxCost=9.06") == [bill["id"]]
    assert service.ids("accounting/ap-bills?minCost=9.07") == []


def test_marking_as_exported_answers_each_bill_and_freezes_the_order(service: Service) -> None:
    order = service.order()
    number = service.ok("POST", "inventory/receipts", _receipt(service, order))["id"]
    (bill,) = service.ids("accounting/ap-bills")
    answer = service.ok("POST", "accounting/ap-bills/markasexported", {"billIds": [bill, 1]})
    assert [(row["billId"], row["success"]) for row in answer] == [(bill, True), (1, False)]
    assert answer[1]["errorMessage"] == "Bill 1 was not found."
    assert service.ok("GET", f"accounting/ap-bills/{bill}")["syncStatus"] == "Exported"
    assert service.get_order(order)["status"] == "Exported"
    again = service.ok("POST", "accounting/ap-bills/markasexported", {"billIds": [bill]})
    assert again[0]["success"] is False
    body = {"canceledReason": "Other"}
    assert service.send("PATCH", f"inventory/receipts/{number}/cancellation", body).status == 400


def test_inventory_bills_are_a_bare_array_beside_a_paged_one_and_a_feed(service: Service) -> None:
    service.ok("POST", "inventory/receipts", _receipt(service, service.order()))
    (bare,) = service.ok("GET", "accounting/inventory-bills")
    (paged,) = service.rows("accounting/inventory-bills/paginated")
    (fed,) = service.ok("GET", "accounting/export/inventory-bills")["data"]
    assert bare == paged
    assert fed == {**bare, "active": True}
    assert bare["items"][0]["inventoryLocation"] == "Warehouse 1710"
    assert "billType" not in bare


def _request(service: Service, **values: Any) -> int:
    line = {"skuId": service.ids("pricebook/materials")[0], "quantity": 2, "cost": 10}
    given = {"vendorId": service.vendor(), "summary": "Need it tomorrow", "items": [line], **values}
    made = service.control("POST", "add", {"tenant": 1001, "kind": "purchase-order-requests", "values": given})
    number: int = made["id"]
    return number


@pytest.mark.parametrize("answers", ["request", "order"])
def test_approval_makes_a_new_pending_order_without_reference_to_the_request(service: Service, answers: str) -> None:
    service.switch(approve_answers=answers)
    number = _request(service)
    answer = service.ok("PATCH", f"inventory/purchase-orders/requests/{number}/approve")
    (order,) = service.rows("inventory/purchase-orders")
    assert answer == {"id": number if answers == "request" else order["id"]}
    assert (order["status"], order["number"], order["summary"]) == ("Pending", "100001", "Need it tomorrow")
    assert float(order["total"]) == 20.0
    assert "requestNumber" not in order


def test_a_request_is_decided_once(service: Service) -> None:
    number = _request(service)
    service.control("POST", "decide", {"tenant": 1001, "id": number, "approve": True})
    assert set(service.errors("PATCH", f"inventory/purchase-orders/requests/{number}/approve")) == {"RequestStatus"}
    body = {"rejectionReason": "Other"}
    assert service.send("PATCH", f"inventory/purchase-orders/requests/{number}/reject", body).status == 400
    assert len(service.rows("inventory/purchase-orders")) == 1


def test_a_rejection_needs_one_of_three_reasons(service: Service) -> None:
    path = f"inventory/purchase-orders/requests/{_request(service)}/reject"
    assert set(service.errors("PATCH", path, {})) == {"rejectionReason"}
    assert set(service.errors("PATCH", path, {"rejectionReason": "TooLate"})) == {"rejectionReason"}
    service.ok("PATCH", path, {"rejectionReason": "WrongVendor"})
    assert [row["requestStatus"] for row in service.rows("inventory/purchase-orders/requests")] == ["Rejected"]


def test_requests_are_listed_by_status_and_by_ids_and_have_no_get(service: Service) -> None:
    first, second = _request(service), _request(service)
    service.ok("PATCH", f"inventory/purchase-orders/requests/{first}/reject", {"rejectionReason": "Other"})
    path = "inventory/purchase-orders/requests"
    assert service.ids(f"{path}?requestStatus=PendingApproval") == [second]
    assert service.ids(f"{path}?ids={first},{second}") == [first, second]
    assert service.ids(f"{path}?requestNumber=PR-00002") == [second]
    assert service.send("GET", f"{path}/{first}").status == 404


def test_a_person_receives_and_takes_back(service: Service) -> None:
    order = service.order()
    receipt = service.control("POST", "receive", {"tenant": 1001, "id": order})
    assert service.get_order(order)["status"] == "Received"
    service.control("POST", "receive", {"tenant": 1001, "cancel": receipt["id"]})
    assert service.get_order(order)["status"] == "Pending"
