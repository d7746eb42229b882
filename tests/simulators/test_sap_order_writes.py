"""Orders written to the SAP simulator: what is created, what is refused, and with which words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.simulators.sap_service import ORDER_V2, ORDER_V4, SapService, refusal


def v2_order(**header: Any) -> dict[str, Any]:
    account = {"AccountAssignmentNumber": "1", "CostCenter": "10101101", "GLAccount": "65100000"}
    item = {
        "PurchaseOrderItem": "10",
        "Plant": "1710",
        "Material": "HV-10001",
        "OrderQuantity": "4",
        "NetPriceAmount": "120.00",
        "AccountAssignmentCategory": "K",
        "to_AccountAssignment": {"results": [account]},
    }
    return {
        "PurchaseOrderType": "NB",
        "CompanyCode": "1710",
        "PurchasingOrganization": "1710",
        "PurchasingGroup": "001",
        "Supplier": "17300001",
        "DocumentCurrency": "USD",
        "CorrespncInternalReference": "ML7K2Q4XW9ZB",
        "to_PurchaseOrderItem": [item],
        **header,
    }


def v4_order() -> dict[str, Any]:
    item = {
        "Plant": "1710",
        "MaterialGroup": "S001",
        "PurchaseOrderItemText": "Crane",
        "OrderQuantity": 2.5,
        "PurchaseOrderQuantityUnit": "H",
        "NetPriceAmount": 99.9,
        "DocumentCurrency": "USD",
        "AccountAssignmentCategory": "K",
        "_PurOrdAccountAssignment": [{"CostCenter": "10101102"}],
        "_PurchaseOrderScheduleLineTP": [{"ScheduleLineDeliveryDate": "2026-04-01"}],
        "_DeliveryAddress": {"CityName": "Reno", "StreetName": "Elm"},
    }
    plain = {name: value for name, value in v2_order().items() if not name.startswith("to_")}
    return {**plain, "_PurchaseOrderItem": [item]}


def test_an_order_is_created_with_everything_below_it(sap_service: SapService) -> None:
    sap_service.control("clock", {"now": "2026-03-02T12:00:00Z", "frozen": True})
    answer = sap_service.write("POST", ORDER_V2, "A_PurchaseOrder", v2_order())
    assert answer.status == 201
    made = answer.json()["d"]
    assert made["PurchaseOrder"] == "4500000061"
    assert answer.header("location") == f"http://sap.test{ORDER_V2}/A_PurchaseOrder('4500000061')"
    item = made["to_PurchaseOrderItem"]["results"][0]
    assert (item["PurchaseOrder"], item["OrderQuantity"], item["DocumentCurrency"]) == ("4500000061", "4", "USD")
    assert item["to_AccountAssignment"]["results"][0]["CostCenter"] == "10101101"
    nested = "_PurchaseOrderItem($expand=_PurchaseOrderScheduleLineTP)"
    read = sap_service.get(f"{ORDER_V4}/PurchaseOrder('4500000061')?$expand={nested}")
    assert read["PurchasingProcessingStatus"] == "02"
    assert read["LastChangeDateTime"].startswith("2026-03-02T12:00:00")
    assert read["_PurchaseOrderItem"][0]["NetAmount"] == 480
    assert read["_PurchaseOrderItem"][0]["_PurchaseOrderScheduleLineTP"][0]["ScheduleLineOrderQuantity"] == 4


def test_an_order_is_found_by_our_reference(sap_service: SapService) -> None:
    sap_service.write("POST", ORDER_V2, "A_PurchaseOrder", v2_order())
    filter_ = "$filter=CorrespncInternalReference eq 'ML7K2Q4XW9ZB'&$select=PurchaseOrder"
    for path in (f"{ORDER_V2}/A_PurchaseOrder", f"{ORDER_V4}/PurchaseOrder"):
        assert [row["PurchaseOrder"] for row in sap_service.rows(f"{path}?{filter_}")] == ["4500000061"]


def test_an_order_is_created_in_v4_with_its_own_address(sap_service: SapService) -> None:
    answer = sap_service.write("POST", ORDER_V4, "PurchaseOrder", v4_order())
    assert answer.status == 201
    path = f"{ORDER_V4}/PurchaseOrderItem(PurchaseOrder='4500000061',PurchaseOrderItem='10')"
    item = sap_service.get(f"{path}?$expand=_DeliveryAddress,_PurchaseOrderScheduleLineTP")
    assert (str(item["NetAmount"]), item["ProductTypeCode"]) == ("249.75", "2")
    assert item["_DeliveryAddress"]["CityName"] == "Reno"
    assert item["_PurchaseOrderScheduleLineTP"][0]["ScheduleLineDeliveryDate"] == "2026-04-01"


def test_an_order_may_wait_for_its_release(sap_service: SapService) -> None:
    sap_service.control("settings", {"order_release": "workflow"})
    made = sap_service.write("POST", ORDER_V2, "A_PurchaseOrder", v2_order()).json()["d"]
    assert (made["PurchasingProcessingStatus"], made["ReleaseIsNotCompleted"]) == ("03", True)
    sap_service.control("release", {"order": made["PurchaseOrder"]})
    row = sap_service.get(f"{ORDER_V4}/PurchaseOrder('{made['PurchaseOrder']}')")
    assert (row["PurchasingProcessingStatus"], row["ReleaseIsNotCompleted"]) == ("05", False)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"PurchaseOrderType": "ZZ"}, "APPL_MM_PUR_PO/064"),
        ({"DocumentCurrency": ""}, "APPL_MM_PUR_PO/088"),
        ({"Supplier": ""}, "00/055"),
        ({"CompanyCode": ""}, "00/055"),
        ({"Supplier": "99999999"}, "ME/303"),
        ({"PurchasingOrganization": "9999"}, "06/321"),
        ({"PurchasingGroup": "999"}, "ME/303"),
        ({"to_PurchaseOrderItem": []}, "APPL_MM_PUR_PO/061"),
    ],
)
def test_an_order_is_refused_with_the_message_of_the_application(
    sap_service: SapService, header: dict[str, Any], code: str
) -> None:
    status, found, message = refusal(sap_service, ORDER_V2, "A_PurchaseOrder", v2_order(**header))
    assert (status, found) == (400, code)
    assert message
    assert len(sap_service.simulator.store["PurchaseOrder"].rows) == 60


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"PurchaseOrderItemCategory": "9"}, "APPL_MM_PUR_PO/065"),
        ({"PurchaseOrderItemCategory": "A"}, "00/055"),
        ({"PurchaseOrderQuantityUnit": "KG"}, "APPL_MM_PUR_PO/063"),
        ({"Plant": ""}, "00/055"),
        ({"Plant": "9999"}, "ME/303"),
        ({"Material": "NOPE"}, "M3/305"),
        ({"Material": ""}, "00/055"),
        ({"OrderQuantity": "0"}, "00/055"),
        ({"to_AccountAssignment": []}, "ME/083"),
        ({"to_AccountAssignment": [{"AccountAssignmentNumber": "1"}]}, "00/055"),
        ({"to_AccountAssignment": [{"CostCenter": "NOPE"}]}, "KI/265"),
    ],
)
def test_an_item_is_refused_and_nothing_of_the_order_stays(
    sap_service: SapService, values: dict[str, Any], code: str
) -> None:
    body = v2_order()
    body["to_PurchaseOrderItem"][0] |= values
    status, found, _ = refusal(sap_service, ORDER_V2, "A_PurchaseOrder", body)
    assert (status, found) == (400, code)
    assert len(sap_service.simulator.store["PurchaseOrder"].rows) == 60


def test_a_blocked_supplier_cannot_be_ordered_from(sap_service: SapService) -> None:
    block = {"entity": "A_Supplier", "key": "17300001", "values": {"PurchasingIsBlocked": True}}
    sap_service.control("change", block)
    assert refusal(sap_service, ORDER_V2, "A_PurchaseOrder", v2_order())[:2] == (400, "ME/027")


@pytest.mark.parametrize(
    "values",
    [
        {"LastChangeDateTimes": ""},
        {"to_PurchaseOrderAccountAssignment": []},
        {"CorrespncInternalReference": "THIRTEEN-LONG"},
        {"PurchaseOrderDate": "tomorrow"},
        {"ReleaseIsNotCompleted": False, "PurchasingCompletenessStatus": "no"},
        {"NetPaymentDays": 30},
        {"CashDiscount1Percent": "1.2345"},
        {"Supplier": 17_300_001},
    ],
)
def test_v2_bodies_are_read_strictly(sap_service: SapService, values: dict[str, Any]) -> None:
    status, _, message = refusal(sap_service, ORDER_V2, "A_PurchaseOrder", v2_order(**values))
    assert status == 400
    assert "invalid" in message


def test_v4_decimals_are_numbers_unless_announced_as_text(sap_service: SapService) -> None:
    body = v4_order()
    body["_PurchaseOrderItem"][0]["OrderQuantity"] = "2"
    assert refusal(sap_service, ORDER_V4, "PurchaseOrder", body)[0] == 400
    body["_PurchaseOrderItem"][0]["NetPriceAmount"] = "99.90"
    media = "application/json;IEEE754Compatible=true"
    assert sap_service.write("POST", ORDER_V4, "PurchaseOrder", body, content_type=media).status == 201


def test_read_only_fields_are_ignored_silently_and_shown_in_the_log(sap_service: SapService) -> None:
    body = v2_order(CreatedByUser="ME", LastChangeDateTime="/Date(0+0000)/")
    made = sap_service.write("POST", ORDER_V2, "A_PurchaseOrder", body).json()["d"]
    assert made["CreatedByUser"] == "CONNECTOR"
    line = sap_service.control("log", method="GET")["requests"][-1]
    assert line["ignored"] == ["CreatedByUser", "LastChangeDateTime"]


def test_system_options_on_a_post_are_refused(sap_service: SapService) -> None:
    path = "A_PurchaseOrder?$format=json"
    assert refusal(sap_service, ORDER_V2, path, v2_order())[:2] == (400, "/IWBEP/CM_MGW_RT/022")
    assert sap_service.write("POST", ORDER_V2, "A_PurchaseOrder?sap-client=100", v2_order()).status == 201


def test_children_are_posted_to_the_set_in_v2_and_to_the_navigation_in_v4(sap_service: SapService) -> None:
    sap_service.write("POST", ORDER_V2, "A_PurchaseOrder", v2_order())
    item = {"PurchaseOrder": "4500000061", **v2_order()["to_PurchaseOrderItem"][0], "PurchaseOrderItem": "20"}
    assert sap_service.write("POST", ORDER_V2, "A_PurchaseOrderItem", item).status == 201
    v4_item = v4_order()["_PurchaseOrderItem"][0]
    assert refusal(sap_service, ORDER_V4, "PurchaseOrderItem", v4_item)[0] == 405
    answer = sap_service.write("POST", ORDER_V4, "PurchaseOrder('4500000061')/_PurchaseOrderItem", v4_item)
    assert (answer.status, answer.json()["PurchaseOrderItem"]) == (201, "30")
    assert refusal(sap_service, ORDER_V2, "A_PurchaseOrderItem", item)[:2] == (400, "06/070")


def test_a_changed_price_changes_the_amounts_and_the_stamp(sap_service: SapService) -> None:
    sap_service.write("POST", ORDER_V2, "A_PurchaseOrder", v2_order())
    path = "A_PurchaseOrderItem(PurchaseOrder='4500000061',PurchaseOrderItem='10')"
    before = sap_service.get(f"{ORDER_V4}/PurchaseOrder('4500000061')")["LastChangeDateTime"]
    assert sap_service.write("PATCH", ORDER_V2, path, {"NetPriceAmount": "10.00", "OrderQuantity": "5"}).status == 204
    nested = "_PurchaseOrderItem($expand=_PurOrdAccountAssignment,_PurchaseOrderScheduleLineTP)"
    order = sap_service.get(f"{ORDER_V4}/PurchaseOrder('4500000061')?$expand={nested}")
    item = order["_PurchaseOrderItem"][0]
    assert order["LastChangeDateTime"] > before
    assert item["NetAmount"] == item["_PurOrdAccountAssignment"][0]["PurgDocNetAmount"] == 50
    assert item["_PurchaseOrderScheduleLineTP"][0]["ScheduleLineOrderQuantity"] == 5


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("A_PurchaseOrder('4500000030')", {"Supplier": "17300009"}, 400, "MMPUR_POHANDLER_TECH/010"),
        ("A_PurchaseOrder('4500000030')", {"DocumentCurrency": "JPY"}, 400, "MMPUR_POHANDLER_TECH/010"),
        ("A_PurchaseOrder('nope')", {"PaymentTerms": "NT30"}, 404, "/IWBEP/CM_MGW_RT/020"),
        ("A_PurchaseOrder('4500000030')", {}, 501, "/IWFND/CM_MGW/096"),
        ("A_PurchaseOrder('4500000030')", {"to_PurchaseOrderItem": []}, 400, "/IWBEP/CM_MGW_RT/176"),
    ],
)
def test_a_change_is_refused(sap_service: SapService, path: str, body: Any, status: int, code: str) -> None:
    assert refusal(sap_service, ORDER_V2, path, body, "PATCH")[:2] == (status, code)


def test_deleting_marks_and_keeps_the_rows(sap_service: SapService) -> None:
    sap_service.write("POST", ORDER_V2, "A_PurchaseOrder", v2_order())
    item = "A_PurchaseOrderItem(PurchaseOrder='4500000061',PurchaseOrderItem='10')"
    assert sap_service.write("DELETE", ORDER_V2, item).status == 204
    assert sap_service.get(f"{ORDER_V2}/{item}")["d"]["PurchasingDocumentDeletionCode"] == "L"
    assert sap_service.write("DELETE", ORDER_V2, "A_PurchaseOrder('4500000061')").status == 204
    assert sap_service.get(f"{ORDER_V4}/PurchaseOrder('4500000061')")["PurchaseOrderDeletionCode"] == "L"


def test_a_document_that_a_person_has_open_cannot_be_changed(sap_service: SapService) -> None:
    sap_service.control("clock", {"now": "2026-03-02T12:00:00Z", "frozen": True})
    sap_service.control("lock", {"entity": "PurchaseOrder", "key": "4500000030", "seconds": 60})
    path, body = "A_PurchaseOrder('4500000030')", {"PaymentTerms": "NT60"}
    status, code, message = refusal(sap_service, ORDER_V2, path, body, "PATCH")
    assert (status, code, message) == (400, "ME/006", "User D.REYES already processing PurchaseOrder 4500000030")
    sap_service.control("clock", {"advance": 60})
    assert sap_service.write("PATCH", ORDER_V2, path, body).status == 204


def test_a_lost_answer_leaves_the_order_there_and_found_by_its_reference(sap_service: SapService) -> None:
    sap_service.control("faults", [{"kind": "lose_answer", "method": "POST", "path": "A_PurchaseOrder$", "times": 1}])
    lost = sap_service.write("POST", ORDER_V2, "A_PurchaseOrder", v2_order())
    assert not lost.arrives
    path = f"{ORDER_V2}/A_PurchaseOrder?$filter=CorrespncInternalReference eq 'ML7K2Q4XW9ZB'"
    assert [row["PurchaseOrder"] for row in sap_service.rows(path)] == ["4500000061"]
    assert not any(sap_service.control("duplicates", method="GET").values())
    sap_service.write("POST", ORDER_V2, "A_PurchaseOrder", v2_order())
    twins = sap_service.control("duplicates", method="GET")["PurchaseOrder.CorrespncInternalReference"]
    assert twins == {"ML7K2Q4XW9ZB": ["4500000061", "4500000062"]}


def test_a_creation_may_succeed_with_a_warning(sap_service: SapService) -> None:
    sap_service.control("settings", {"warnings": True})
    v2 = sap_service.write("POST", ORDER_V2, "A_PurchaseOrder", v2_order())
    v4 = sap_service.write("POST", ORDER_V4, "PurchaseOrder", v4_order())
    assert (v2.status, json.loads(v2.header("sap-message"))["severity"]) == (201, "warning")
    assert (v4.status, json.loads(v4.header("sap-messages"))[0]["numericSeverity"]) == (201, 3)
