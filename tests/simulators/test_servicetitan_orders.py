"""Purchase orders: birth, numbers, edits by status, items as a whole, cancellation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulators.servicetitan_service import ADDRESS, Service

REQUIRED = (
    "vendorId typeId businessUnitId inventoryLocationId shipTo impactsTechnicianPayroll date requiredOn tax shipping"
    " items"
)


def _named(service: Service, name: str) -> int:
    rows = service.rows("inventory/purchase-order-types?active=Any")
    found: int = next(row["id"] for row in rows if row["name"] == name)
    return found


def _patch_lines(service: Service, number: int) -> list[dict[str, Any]]:
    members = ("id", "skuId", "description", "vendorPartNumber", "quantity", "cost")
    return [{name: item[name] for name in members} for item in service.get_order(number)["items"]]


@pytest.mark.parametrize("member", REQUIRED.split())
def test_each_required_member_is_demanded_by_name(service: Service, member: str) -> None:
    body = service.order_body()
    del body[member]
    assert service.errors("POST", "inventory/purchase-orders", body) == {member: [f"The {member} field is required."]}


def test_a_line_without_a_sku_is_a_400_listing_what_is_missing(service: Service) -> None:
    body = service.order_body(items=[{"description": "a text line", "quantity": 1}])
    errors = service.errors("POST", "inventory/purchase-orders", body)
    assert set(errors) == {"items[0].skuId", "items[0].vendorPartNumber", "items[0].cost"}


def test_an_order_is_born_pending_with_a_number_of_its_own(service: Service) -> None:
    row = service.get_order(service.order())
    assert (row["status"], row["number"], row["sentOn"]) == ("Pending", "100001", None)
    assert row["number"] != str(row["id"])


def test_orders_of_a_job_are_numbered_within_the_job(service: Service) -> None:
    job = service.ids("jpm/jobs?number=2005")[0]
    vendor = service.vendor()
    numbers = [service.get_order(service.order(jobId=job, vendorId=vendor))["number"] for _ in range(2)]
    assert numbers == ["2005-001", "2005-002"]


def test_members_come_back_under_other_names(service: Service) -> None:
    row = service.get_order(service.order(memo="SAP 4500000001", vendorInvoiceNumber="INV-7"))
    assert (row["summary"], row["vendorDocumentNumber"], row["shipTo"]) == ("SAP 4500000001", "INV-7", ADDRESS)
    assert not {"memo", "vendorInvoiceNumber", "impactsTechnicianPayroll", "externalData"} & set(row)


def test_the_vendor_document_number_is_not_a_member_of_the_create_body(service: Service) -> None:
    row = service.get_order(service.order(vendorDocumentNumber="INV-7"))
    assert row["vendorDocumentNumber"] == ""
    assert service.control("GET", "log")["ignored"] == {"CreatePurchaseOrderRequest.vendorDocumentNumber": 1}


def test_the_total_is_items_plus_tax_plus_shipping(service: Service) -> None:
    lines = [service.line(), service.line(quantity=0.5, cost=0.33)]
    row = service.get_order(service.order(items=lines, tax=1.1, shipping=2))
    assert [float(item["total"]) for item in row["items"]] == [3.75, 0.17]
    assert float(row["total"]) == 7.02


@pytest.mark.parametrize(
    "member", ["vendorId", "typeId", "businessUnitId", "inventoryLocationId", "jobId", "projectId", "budgetCodeId"]
)
def test_what_an_order_refers_to_must_exist(service: Service, member: str) -> None:
    assert member in service.errors("POST", "inventory/purchase-orders", service.order_body(**{member: 999_999}))


def test_an_inactive_vendor_or_type_is_refused(service: Service) -> None:
    vendor = service.vendor(active=False)
    body = service.order_body(vendorId=vendor, typeId=_named(service, "Retired"))
    assert set(service.errors("POST", "inventory/purchase-orders", body)) == {"vendorId", "typeId"}


def test_a_line_needs_an_active_material_or_equipment(service: Service) -> None:
    inactive = next(row["id"] for row in service.rows("pricebook/materials?active=False"))
    body = service.order_body(items=[service.line(), service.line(inactive), service.line(999_999)])
    errors = service.errors("POST", "inventory/purchase-orders", body)
    assert errors["items[1].skuId"] == ["The SKU HV-18001 is not active."]
    assert errors["items[2].skuId"] == ["The SKU must be an existing material or equipment."]
    equipment = service.rows("pricebook/equipment?pageSize=1")[0]
    item = service.get_order(service.order(items=[service.line(equipment["id"])]))["items"][0]
    assert (item["skuCode"], item["skuType"]) == ("HV-10020", "Equipment")


def test_the_business_unit_must_be_one_of_the_projects(service: Service) -> None:
    project = service.rows("jpm/projects")[0]
    right, wrong = project["businessUnitIds"][0], service.ids("settings/business-units")[-1]
    assert service.order(projectId=project["id"], businessUnitId=right)
    body = service.order_body(projectId=project["id"], businessUnitId=wrong)
    assert set(service.errors("POST", "inventory/purchase-orders", body)) == {"businessUnitId"}


def test_a_closed_job_is_accepted_or_refused_as_switched(service: Service) -> None:
    job = service.ids("jpm/jobs?number=2060")[0]
    assert service.order(jobId=job)
    service.switch(closed_jobs="refuse")
    assert set(service.errors("POST", "inventory/purchase-orders", service.order_body(jobId=job))) == {"jobId"}


def test_a_patch_changes_only_what_it_names_and_answers_the_id(service: Service) -> None:
    number = service.order()
    assert service.ok("PATCH", f"inventory/purchase-orders/{number}", {"memo": "new", "tax": 2}) == {"id": number}
    row = service.get_order(number)
    assert (row["summary"], float(row["total"]), row["status"]) == ("new", 5.75, "Pending")


def test_a_patch_that_changes_nothing_leaves_the_time_stamp(service: Service) -> None:
    number = service.order()
    before = service.get_order(number)["modifiedOn"]
    service.ok("PATCH", f"inventory/purchase-orders/{number}", {"memo": "SAP 4500000001, already ordered"})
    assert service.get_order(number)["modifiedOn"] == before


def test_items_of_a_patch_are_the_complete_new_list(service: Service) -> None:
    number = service.order(items=[service.line(), service.line(description="20 Pipe")])
    first, second = _patch_lines(service, number)
    service.ok("PATCH", f"inventory/purchase-orders/{number}", {"items": [{**second, "quantity": 5}]})
    (item,) = service.get_order(number)["items"]
    assert (item["id"], item["quantity"], float(item["total"])) == (second["id"], 5, 6.25)
    gone = service.control("GET", "state")["tenants"]["1001"]["purchase-orders"][0]["_hidden"]["inactiveItems"]
    assert [item["id"] for item in gone] == [first["id"]]


def test_an_item_of_another_order_is_refused(service: Service) -> None:
    vendor = service.vendor()
    one, two = service.order(vendorId=vendor), service.order(vendorId=vendor)
    errors = service.errors("PATCH", f"inventory/purchase-orders/{one}", {"items": _patch_lines(service, two)})
    assert errors == {"items": ["An item does not belong to this purchase order."]}


@pytest.mark.parametrize("new", [{}, {"id": 0}])
@pytest.mark.parametrize(("switch", "lines"), [("ignore", 1), ("accept", 2)])
def test_adding_a_line_by_patch_is_ignored_or_accepted(
    service: Service, switch: str, lines: int, new: dict[str, Any]
) -> None:
    service.switch(patch_adds_lines=switch)
    number = service.order()
    items = [*_patch_lines(service, number), {**service.line(description="20 Pipe"), **new}]
    service.ok("PATCH", f"inventory/purchase-orders/{number}", {"items": items})
    assert len(service.get_order(number)["items"]) == lines


@pytest.mark.parametrize("new", [{}, {"id": 0}])
def test_adding_a_line_by_patch_is_refused_by_default(service: Service, new: dict[str, Any]) -> None:
    number = service.order()
    items = [*_patch_lines(service, number), {**service.line(), **new}]
    assert service.send("PATCH", f"inventory/purchase-orders/{number}", {"items": items}).status == 400
    assert len(service.get_order(number)["items"]) == 1


def test_a_pending_order_keeps_its_type(service: Service) -> None:
    number, stock = service.order(), _named(service, "Stock")
    assert set(service.errors("PATCH", f"inventory/purchase-orders/{number}", {"typeId": stock})) == {"typeId"}


def test_a_sent_order_allows_quantities_and_memo_but_not_vendor_dates_or_skus(service: Service) -> None:
    number, other = service.order(), service.vendor("17300002")
    service.edit("purchase-orders", number, status="Sent")
    (line,) = _patch_lines(service, number)
    path = f"inventory/purchase-orders/{number}"
    service.ok("PATCH", path, {"memo": "new", "items": [{**line, "quantity": 4, "cost": 2}]})
    assert float(service.get_order(number)["total"]) == 8.0
    assert set(service.errors("PATCH", path, {"vendorId": other})) == {"vendorId"}
    assert set(service.errors("PATCH", path, {"requiredOn": "2026-03-01"})) == {"requiredOn"}
    assert set(service.errors("PATCH", path, {"items": [{**line, "description": "20 Pipe"}]})) == {"items"}
    service.switch(edit_rules="lenient")
    service.ok("PATCH", path, {"vendorId": other})


@pytest.mark.parametrize("status", ["Received", "Exported", "Canceled"])
def test_a_closed_order_refuses_edits_with_a_sentence(service: Service, status: str) -> None:
    number = service.order()
    service.edit("purchase-orders", number, status=status)
    errors = service.errors("PATCH", f"inventory/purchase-orders/{number}", {"memo": "new"})
    assert errors == {"Status": [f"A purchase order in status {status} cannot be edited."]}


@pytest.mark.parametrize("status", ["Pending", "Sent"])
def test_pending_and_sent_orders_can_be_canceled_once(service: Service, status: str) -> None:
    number = service.order()
    service.edit("purchase-orders", number, status=status)
    path = f"inventory/purchase-orders/{number}/cancellation"
    assert service.ok("PATCH", path, {"canceledReason": "Accidental"}) == {"id": number}
    assert service.get_order(number)["status"] == "Canceled"
    assert set(service.errors("PATCH", path, {"canceledReason": "Accidental"})) == {"Status"}


@pytest.mark.parametrize("status", ["PartiallyReceived", "Received", "Exported"])
def test_a_received_order_cannot_be_canceled(service: Service, status: str) -> None:
    number = service.order()
    service.edit("purchase-orders", number, status=status)
    body = {"canceledReason": "Other"}
    assert service.send("PATCH", f"inventory/purchase-orders/{number}/cancellation", body).status == 400


def test_the_cancellation_reason_is_one_of_the_documented_words(service: Service) -> None:
    path = f"inventory/purchase-orders/{service.order()}/cancellation"
    assert set(service.errors("PATCH", path, {"canceledReason": "SupplierBroke"})) == {"canceledReason"}


def test_there_is_no_call_that_sends_an_order(service: Service) -> None:
    number = service.order()
    service.ok("PATCH", f"inventory/purchase-orders/{number}", {"status": "Sent"})
    assert service.get_order(number)["status"] == "Pending"
    assert service.control("GET", "log")["ignored"] == {"UpdatePurchaseOrderRequest.status": 1}


def test_dates_without_time_are_read_as_utc_midnight(service: Service) -> None:
    assert service.get_order(service.order(date="2026-01-31"))["date"] == "2026-01-31T00:00:00Z"
