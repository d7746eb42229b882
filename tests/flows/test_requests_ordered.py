"""What is ordered in SAP of a request."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.errors import Misconfigured, NeedsPerson, Unmapped
from integrations.flow import Row
from integrations.vocabulary.money import decimal
from integrations.vocabulary.sap_purchases import observed, price_of, standing
from tests.flows.request_rows import Desk, line, plan, request
from tests.flows.rows import MARKER


def test_a_request_becomes_an_order_with_our_mark():
    (write,) = plan().writes
    assert (write.action, write.key, write.marker, write.side) == ("create", "", MARKER, "target")
    assert write.body == {
        "PurchaseOrderType": "NB", "CompanyCode": "1710", "PurchasingOrganization": "1710", "PurchasingGroup": "001",
        "Supplier": "17300001", "DocumentCurrency": "USD", "PurchaseOrderDate": "2026-03-02",
        "items": [{
            "PurchaseOrderItem": "10", "PurchaseOrderItemText": "Copper pipe & more", "Material": "TG0012",
            "SupplierMaterialNumber": "CP-22", "Plant": "1710", "OrderQuantity": "4", "PurchaseOrderQuantityUnit": "PC",
            "NetPriceAmount": "12.5", "NetPriceQuantity": "1", "DocumentCurrency": "USD",
            "AccountAssignmentCategory": "K",
            "account_assignments": [
                {"AccountAssignmentNumber": "1", "CostCenter": "10101201", "GLAccount": "65100000"}
            ],
            "schedule_lines": [
                {"ScheduleLine": "1", "ScheduleLineDeliveryDate": "2026-03-09", "ScheduleLineOrderQuantity": "4"}
            ],
        }],
    }  # fmt: skip


def test_a_request_becomes_a_requisition_with_a_supplier_if_the_customer_says_so():
    (write,) = plan(target="requisition").writes
    assert (write.action, write.marker) == ("create-requisition", f"PR-{MARKER}")
    assert (write.body["PurchaseRequisitionType"], write.body["PurReqnDescription"]) == ("NB", "ServiceTitan PR-00001")
    (item,) = write.body["items"]
    assert (item["FixedSupplier"], item["RequestedQuantity"], item["PurchaseRequisitionPrice"]) == (
        "17300001",
        "4",
        "12.5",
    )


def test_several_codes_that_lead_to_one_id_ask_which_is_meant_on_the_way_back():
    with pytest.raises(Unmapped) as found:
        plan(request(businessUnitId=12))
    assert (found.value.needs, found.value.suggestions) == ("map:business-unit:12", ("10101101", "10101102"))
    desk = Desk(now=request(businessUnitId=12))
    desk.maps["business-unit", "12"] = "10101102"
    (item,) = plan(request(businessUnitId=12), desk).writes[0].body["items"]
    assert item["account_assignments"][0]["CostCenter"] == "10101102"


@pytest.mark.parametrize(
    ("row", "needs"),
    [
        (request(line(sku=9999)), "map:sku:9999"),
        (request(inventoryLocationId=99), "map:location:99"),
        (request(businessUnitId=13), "map:business-unit:13"),
    ],
)
def test_what_leads_to_no_code_is_asked_for(row: Row, needs: str):
    with pytest.raises(Unmapped) as found:
        plan(row)
    assert found.value.needs == needs


def test_lines_of_the_catch_all_sku_are_texts_of_a_material_group():
    (item,) = plan(request(line(sku=9900)), catch_all_sku="9900", material_group="S001").writes[0].body["items"]
    assert ("Material" in item, item["MaterialGroup"]) == (False, "S001")


def test_the_unit_may_be_mapped_for_one_sku():
    desk = Desk()
    desk.maps["sku-unit", "9001"] = "M"
    assert plan(desk=desk).writes[0].body["items"][0]["PurchaseOrderQuantityUnit"] == "M"


def test_the_job_number_stands_where_the_customer_wants_it():
    row = request(jobId=88001)
    assert plan(row, job_field="RequisitionerName").writes[0].body["items"][0]["RequisitionerName"] == "2117"
    with pytest.raises(NeedsPerson):
        plan(request(jobId=99), job_field="RequisitionerName")


@pytest.mark.parametrize(
    ("row", "options", "code"),
    [
        (request(), {"company_code": ""}, "no-purchasing-data"),
        (request(businessUnitId=None), {"currency": "USD"}, "no-account"),
        (request(inventoryLocationId=None), {}, "no-plant"),
        (request(businessUnitId=None), {"default_cost_center": "10101101"}, "no-currency"),
    ],
)
def test_what_nobody_has_set_is_named(row: Row, options: Mapping[str, Any], code: str):
    with pytest.raises(Misconfigured) as found:
        plan(row, **options)
    assert found.value.code == code


def test_tax_and_shipping_are_noted():
    found = plan(request(tax="1.5", shipping="7"))
    assert found.notes == (
        "Tax 1.5 of the request is not in SAP's order.",
        "Shipping 7 of the request is not in SAP's order.",
    )


@pytest.mark.parametrize(
    ("price", "currency", "expected"),
    [("12.5", "USD", ("12.5", "1")), ("0.125", "USD", ("1.25", "10")), ("0.1234", "USD", ("12.34", "100"))]
    + [("12.5", "JPY", ("125", "10")), ("0", "USD", ("0", "1")), ("0.000015", "USD", ("0.02", "1000"))],
)
def test_a_price_is_stated_for_as_many_as_it_needs(price: str, currency: str, expected: tuple[str, str]):
    assert price_of(decimal(price), currency) == expected


@given(cents=st.integers(0, 10**7), places=st.integers(0, 5))
def test_a_price_of_up_to_five_decimals_loses_nothing(cents: int, places: int):
    price = Decimal(cents).scaleb(-places)
    stated, per = price_of(price, "USD")
    assert Decimal(stated) / Decimal(per) == price


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"PurchasingProcessingStatus": "02"}, "released"),
        ({"PurchasingProcessingStatus": ""}, "released"),
        ({"PurchasingProcessingStatus": "", "ReleaseIsNotCompleted": True}, "open"),
        ({"PurchasingProcessingStatus": "05"}, "released"),
        ({"PurchasingProcessingStatus": "05", "ReleaseIsNotCompleted": True}, "open"),
        ({"PurchasingProcessingStatus": "02", "PurchasingCompletenessStatus": True}, "open"),
        ({"PurchasingProcessingStatus": "26"}, "open"),
        ({"PurchasingProcessingStatus": "08"}, "rejected"),
        ({"items": [{"PurReqnReleaseStatus": "05"}, {"PurReqnReleaseStatus": "03"}]}, "open"),
        ({"items": [{"PurReqnReleaseStatus": "05"}, {"PurReqnReleaseStatus": "03", "IsDeleted": True}]}, "released"),
        ({"items": [{"PurReqnReleaseStatus": "05", "IsDeleted": True}]}, "deleted"),
        ({}, "open"),
    ],
)
def test_where_an_order_or_a_requisition_stands(row: dict[str, Any], expected: str):
    assert standing(row) == expected


def test_what_is_written_is_what_is_seen():
    write = plan().writes[0]
    assert observed({**write.body, "PurchasingProcessingStatus": "02"}) == write.expect
