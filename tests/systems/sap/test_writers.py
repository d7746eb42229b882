"""What is written to SAP arrives in both versions, once, and is found again by our mark."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from integrations.errors import Misconfigured, NotAuthorised, Rejected, TokenRefused, Transient, Unknown
from integrations.flow import Write
from integrations.systems.sap import writers
from integrations.systems.sap.entities import writable
from integrations.systems.sap.odata import V2, V4
from integrations.systems.sap.services import PURCHASE_ORDER
from integrations.systems.sap.writing import key_predicate, rendered
from tests.systems.sap.conftest import NOW, Sap

MARK = "ML7QK2D4VX01"
SINCE = NOW - timedelta(minutes=5)


def supplier(sap: Sap) -> str:
    orders = sap.simulator.state()["PurchaseOrder"]
    return next(row["Supplier"] for row in orders if row.get("PurchaseOrderType") == "NB" and row.get("Supplier"))


def cost_center(sap: Sap) -> dict:
    return sap.simulator.state()["CostCenter"][0]


def new_order(sap: Sap, mark: str = MARK, **header) -> Write:
    item = {
        "PurchaseOrderItem": "10",
        "PurchaseOrderItemText": "Copper pipe 3/4",
        "MaterialGroup": "L001",
        "Plant": "1710",
        "OrderQuantity": "40",
        "PurchaseOrderQuantityUnit": "PC",
        "NetPriceAmount": "120.00",
        "AccountAssignmentCategory": "K",
        "account_assignments": [
            {"AccountAssignmentNumber": "1", "CostCenter": cost_center(sap)["CostCenter"], "GLAccount": "61000000"}
        ],
        "schedule_lines": [{"ScheduleLine": "1", "ScheduleLineDeliveryDate": "2026-12-01"}],
    }
    body = {
        "PurchaseOrderType": "NB",
        "CompanyCode": "1710",
        "PurchasingOrganization": "1710",
        "PurchasingGroup": "001",
        "Supplier": supplier(sap),
        "DocumentCurrency": "USD",
        "PurchaseOrderDate": "2026-11-02",
        "items": [item],
        **header,
    }
    return Write(action="create", key="", body=body, expect={}, marker=mark)


def prepared(sap: Sap, service=PURCHASE_ORDER):
    client = sap.client()
    client.offer(service)
    return client


# Purchase orders


def test_an_order_is_created_and_read_back_with_our_mark(either):
    client = prepared(either)
    sent = writers.PURCHASE_ORDERS.send(client, new_order(either))
    row = writers.PURCHASE_ORDERS.fetch(client, [sent.key])[sent.key]
    item = row["items"][0]
    assert row["CorrespncInternalReference"] == MARK
    assert row["PurchaseOrderDate"] == "2026-11-02"
    assert (item["PurchaseOrderItem"], item["OrderQuantity"], item["NetPriceAmount"]) == ("10", "40", "120")
    assert item["account_assignments"][0]["CostCenter"] == cost_center(either)["CostCenter"]
    assert item["schedule_lines"][0]["ScheduleLineDeliveryDate"] == "2026-12-01"
    assert sent.exchange.status == 201
    assert writers.PURCHASE_ORDERS.key(row) == sent.key


def test_a_lost_answer_is_resolved_by_looking_for_the_mark(either):
    client = prepared(either)
    either.fault(kind="lose_answer", method="POST", times=1)
    with pytest.raises(Unknown):
        writers.PURCHASE_ORDERS.send(client, new_order(either))
    found = writers.PURCHASE_ORDERS.find(client, {MARK, "ML0000000000"}, SINCE)
    assert {mark: len(rows) for mark, rows in found.items()} == {MARK: 1, "ML0000000000": 0}


def test_two_with_one_mark_are_both_found(either):
    client = prepared(either)
    keys = sorted(writers.PURCHASE_ORDERS.send(client, new_order(either)).key for _ in range(2))
    found = writers.PURCHASE_ORDERS.find(client, {MARK}, SINCE)
    assert sorted(row["PurchaseOrder"] for row in found[MARK]) == keys


def test_the_mark_is_found_whatever_case_sap_keeps_it_in(either):
    client = prepared(either)
    sent = writers.PURCHASE_ORDERS.send(client, new_order(either))
    either.touch(sent.key, CorrespncInternalReference=MARK.lower())
    found = writers.PURCHASE_ORDERS.find(client, {MARK.lower()}, SINCE)
    assert [row["PurchaseOrder"] for row in found[MARK.lower()]] == [sent.key]


def test_the_mark_may_stand_in_the_other_reference(either):
    client = either.client(reference_field="CorrespncExternalReference")
    client.offer(PURCHASE_ORDER)
    sent = writers.PURCHASE_ORDERS.send(client, new_order(either))
    assert writers.PURCHASE_ORDERS.fetch(client, [sent.key])[sent.key]["CorrespncExternalReference"] == MARK
    assert len(writers.PURCHASE_ORDERS.find(client, {MARK}, SINCE)[MARK]) == 1


def test_a_mark_that_would_be_cut_is_never_sent(either):
    client = prepared(either)
    either.forget()
    with pytest.raises(Misconfigured):
        writers.PURCHASE_ORDERS.send(client, new_order(either, mark="X" * 13))
    assert either.seen() == []


def test_a_worker_thread_that_is_the_first_to_need_a_service_asks_for_no_token(sap):
    client = sap.client(auth_method="oauth")
    with pytest.raises(TokenRefused):
        writers.PURCHASE_ORDERS.send(client, new_order(sap))
    assert sap.tokens.fetched == 0
    client.renew()
    assert writers.PURCHASE_ORDERS.send(client, new_order(sap)).key


def test_a_refusal_keeps_saps_words(either):
    with pytest.raises(Rejected) as caught:
        writers.PURCHASE_ORDERS.send(prepared(either), new_order(either, PurchaseOrderType="ZZ"))
    assert caught.value.code == "APPL_MM_PUR_PO/064"


def test_an_unreadable_answer_to_a_create_is_unknown(either):
    client = prepared(either)
    either.fault(kind="malformed", method="POST", times=1)
    with pytest.raises(Unknown) as caught:
        writers.PURCHASE_ORDERS.send(client, new_order(either))
    assert caught.value.exchange is not None
    assert len(writers.PURCHASE_ORDERS.find(client, {MARK}, SINCE)[MARK]) == 1


def test_an_answer_without_a_number_is_unknown(either):
    client = prepared(either)
    body = '{"d":{},"PurchaseOrder":""}'
    headers = {"Content-Type": "application/json"}
    either.fault(kind="status", status=201, method="POST", body=body, headers=headers)
    with pytest.raises(Unknown, match="did not tell its number"):
        writers.PURCHASE_ORDERS.send(client, new_order(either))


# Purchase requisitions


def new_requisition(sap: Sap, **header) -> Write:
    item = {
        "PurchaseRequisitionItem": "10",
        "PurchaseRequisitionItemText": "Copper pipe 3/4",
        "MaterialGroup": "L001",
        "AccountAssignmentCategory": "K",
        "RequestedQuantity": "40",
        "BaseUnit": "PC",
        "PurchaseRequisitionPrice": "120.00",
        "PurReqnItemCurrency": "USD",
        "Plant": "1710",
        "CompanyCode": "1710",
        "PurchasingOrganization": "1710",
        "PurchasingGroup": "001",
        "DeliveryDate": "2026-12-01",
        "account_assignments": [
            {"AccountAssignmentNumber": "1", "CostCenter": cost_center(sap)["CostCenter"], "GLAccount": "61000000"}
        ],
    }
    body = {"PurchaseRequisitionType": "NB", "PurReqnDescription": "From the field", "items": [item], **header}
    return Write(action="create", key="", body=body, expect={}, marker=MARK)


@pytest.fixture(params=["v4", "v2"])
def any_requisition(request: pytest.FixtureRequest, sap: Sap) -> Sap:
    if request.param == "v2":
        sap.control("settings", {"arrangements": {"API_PURCHASEREQUISITION_2": "unknown"}})
    return sap


def test_a_requisition_is_created_with_our_mark_on_its_items(any_requisition):
    client = prepared(any_requisition, writers.REQUISITIONS.service)
    sent = writers.REQUISITIONS.send(client, new_requisition(any_requisition))
    row = writers.REQUISITIONS.fetch(client, [sent.key])[sent.key]
    assert row["PurchaseRequisition"] == sent.key
    assert [item["PurReqnExternalReference"] for item in row["items"]] == [MARK]
    assert row["items"][0]["DeliveryDate"] == "2026-12-01"
    found = writers.REQUISITIONS.find(client, {MARK}, SINCE)
    assert [one["PurchaseRequisition"] for one in found[MARK]] == [sent.key]


# Business partners


def new_partner(mark: str = "ST-4711") -> Write:
    body = {
        "BusinessPartnerCategory": "2",
        "BusinessPartnerGrouping": "BP02",
        "OrganizationBPName1": "Valley Supply",
        "addresses": [
            {
                "StreetName": "Main St",
                "HouseNumber": "1",
                "CityName": "Phoenix",
                "PostalCode": "85004",
                "Region": "AZ",
                "Country": "US",
                "Language": "EN",
                "emails": [{"EmailAddress": "a@x.example"}],
                "phones": [{"PhoneNumber": "602555", "PhoneNumberType": "1"}],
            }
        ],
        "roles": [{"BusinessPartnerRole": "FLVN00"}, {"BusinessPartnerRole": "FLVN01"}],
        "supplier": {
            "companies": [{"CompanyCode": "1710", "ReconciliationAccount": "21100000", "PaymentTerms": "0004"}],
            "purchasing_organizations": [
                {"PurchasingOrganization": "1710", "PurchaseOrderCurrency": "USD", "PaymentTerms": "0004"}
            ],
        },
    }
    return Write(action="create", key="", body=body, expect={}, marker=mark)


def test_a_partner_is_created_deep_and_read_again_for_its_supplier_number(sap):
    client = sap.client()
    client.offer(writers.BUSINESS_PARTNERS.service)
    sent = writers.BUSINESS_PARTNERS.send(client, new_partner())
    row = writers.BUSINESS_PARTNERS.fetch(client, [sent.key])[sent.key]
    assert row["BusinessPartner"] == sent.key
    assert row["Supplier"]
    assert row["addresses"][0]["CityName"] == "Phoenix"
    assert row["supplier"]["companies"][0]["CompanyCode"] == "1710"
    found = writers.BUSINESS_PARTNERS.find(client, {"ST-4711"}, SINCE)
    assert [one["BusinessPartner"] for one in found["ST-4711"]] == [sent.key]


def contact(row: dict, address: dict) -> dict:
    return {"AddressID": address["AddressID"], "Person": row["Person"], "OrdinalNumber": row["OrdinalNumber"]}


def test_a_partner_is_changed_part_by_part(sap):
    client = sap.client()
    client.offer(writers.BUSINESS_PARTNERS.service)
    key = writers.BUSINESS_PARTNERS.send(client, new_partner()).key
    row = writers.BUSINESS_PARTNERS.fetch(client, [key])[key]
    address = row["addresses"][0]
    company = {"Supplier": row["Supplier"], "CompanyCode": "1710"}
    purchasing = {"Supplier": row["Supplier"], "PurchasingOrganization": "1710"}
    changes = [
        Write("patch", key, {"OrganizationBPName1": "Valley Supply Inc"}, {}),
        Write("patch-address", key, {"AddressID": row["addresses"][0]["AddressID"], "CityName": "Tempe"}, {}),
        Write("patch-supplier", key, {"Supplier": row["Supplier"], "PurchasingIsBlocked": True}, {}),
        Write("patch-company", key, {**company, "PaymentTerms": "0001"}, {}),
        Write("patch-purchasing-organization", key, {**purchasing, "PaymentTerms": "0001"}, {}),
        Write("add-role", key, {"BusinessPartnerRole": "FLCU00"}, {}),
        Write("add-company", key, {**company, "CompanyCode": "1720", "ReconciliationAccount": "21100000"}, {}),
        *(
            Write(f"patch-{kind}", key, {**contact(address[f"{kind}s"][0], address), field: value}, {})
            for kind, field, value in (("email", "EmailAddress", "b@x.example"), ("phone", "PhoneNumber", "480555"))
        ),
    ]
    for change in changes:
        assert writers.BUSINESS_PARTNERS.send(client, change).key == key
    row = writers.BUSINESS_PARTNERS.fetch(client, [key])[key]
    assert row["OrganizationBPName1"] == "Valley Supply Inc"
    assert row["addresses"][0]["CityName"] == "Tempe"
    assert row["addresses"][0]["emails"][0]["EmailAddress"] == "b@x.example"
    assert row["addresses"][0]["phones"][0]["PhoneNumber"] == "480555"
    assert row["supplier"]["PurchasingIsBlocked"] is True
    terms = {one["CompanyCode"]: one["PaymentTerms"] for one in row["supplier"]["companies"]}
    assert terms == {"1710": "0001", "1720": ""}
    assert row["supplier"]["purchasing_organizations"][0]["PaymentTerms"] == "0001"
    assert "FLCU00" in [one["BusinessPartnerRole"] for one in row["roles"]]


def test_a_partner_that_a_person_has_open_is_tried_again(sap):
    client = prepared(sap, writers.BUSINESS_PARTNERS.service)
    key = sap.simulator.state()["BusinessPartner"][0]["BusinessPartner"]
    change = Write("patch", key, {"OrganizationBPName1": "Renamed"}, {})
    sap.control("lock", {"entity": "BusinessPartner", "key": key, "seconds": 300})
    with pytest.raises(Transient) as caught:
        writers.BUSINESS_PARTNERS.send(client, change)
    assert caught.value.code == "locked"
    sap.advance(301)
    assert writers.BUSINESS_PARTNERS.send(client, change).key == key


def test_nothing_that_is_written_is_ignored_by_sap(sap):
    client = sap.client()
    writes = (
        (writers.PURCHASE_ORDERS, new_order(sap)),
        (writers.REQUISITIONS, new_requisition(sap)),
        (writers.BUSINESS_PARTNERS, new_partner()),
        (writers.COST_CENTERS, new_cost_center(sap)),
    )
    for writer, write in writes:
        client.offer(writer.service)
        writer.send(client, write)
    assert [line["ignored"] for line in sap.seen() if line["method"] == "POST"] == [[], [], [], []]


def test_the_directory_holds_every_partner(sap):
    rows = writers.BUSINESS_PARTNERS.directory(sap.client(page_size_partners=7))
    assert len(rows) == len(sap.simulator.state()["BusinessPartner"])


# Cost centers


def new_cost_center(sap: Sap, number: str = "17199999") -> Write:
    like = cost_center(sap)
    body = {
        "ControllingArea": like["ControllingArea"],
        "CostCenter": number,
        "ValidityStartDate": "2026-01-01",
        "ValidityEndDate": "9999-12-31",
        "CostCenterName": "Service West",
        "CostCenterDescription": "Service crews west",
        "CompanyCode": like["CompanyCode"],
        "CostCenterCategory": like.get("CostCenterCategory", "F"),
        "CostCtrResponsiblePersonName": "Anna",
        "CostCenterStandardHierArea": like["CostCenterStandardHierArea"],
        "CostCenterCurrency": "USD",
    }
    return Write(action="create", key="", body=body, expect={}, marker=f"{like['ControllingArea']}/{number}")


def test_a_cost_center_is_created_renamed_and_found_by_its_own_number(sap):
    client = sap.client()
    client.offer(writers.COST_CENTERS.service)
    write = new_cost_center(sap)
    sent = writers.COST_CENTERS.send(client, write)
    assert sent.key == write.marker
    change = {"ValidityEndDate": "9999-12-31", "CostCenterName": "Service NW"}
    writers.COST_CENTERS.send(client, Write("patch", sent.key, change, {}))
    row = writers.COST_CENTERS.find(client, {sent.key}, SINCE)[sent.key][0]
    assert (row["CostCenterName"], row["is_valid"]) == ("Service NW", True)


def test_a_cost_center_is_not_written_where_only_v2_is_offered(sap):
    sap.control("settings", {"arrangements": {"API_COST_CENTER": "unknown"}})
    client = sap.client()
    client.offer(writers.COST_CENTERS.service)
    sap.forget()
    with pytest.raises(Misconfigured) as caught:
        writers.COST_CENTERS.send(client, new_cost_center(sap))
    assert caught.value.code == "not-offered"
    assert sap.seen() == []


# Bodies and keys


def test_a_body_is_spelled_as_its_dialect_wants_it():
    body = {"PurchaseOrderDate": "2026-11-02", "items": [{"OrderQuantity": "1.50", "GoodsReceiptIsExpected": True}]}
    assert rendered(V2, writable.NEW_ORDER_V2, body) == {
        "PurchaseOrderDate": "/Date(1793577600000)/",
        "to_PurchaseOrderItem": [{"OrderQuantity": "1.50", "GoodsReceiptIsExpected": True}],
    }
    assert rendered(V4, writable.NEW_ORDER_V4, body) == {
        "PurchaseOrderDate": "2026-11-02",
        "_PurchaseOrderItem": [{"OrderQuantity": Decimal("1.50"), "GoodsReceiptIsExpected": True}],
    }


@pytest.mark.parametrize("body", [{"LastChangeDateTime": "x"}, {"items": [{"NetAmount": "1"}]}, {"BankAccount": "1"}])
def test_what_is_not_declared_as_writable_is_never_written(body):
    with pytest.raises(ValueError, match="is not written with"):
        rendered(V4, writable.NEW_ORDER_V4, body)


def test_a_key_stands_in_the_url_with_its_literals_escaped():
    assert key_predicate(V2, [("A", "text", "O'B/1 2")]) == "('O''B%2F1%202')"
    parts = [("ControllingArea", "text", "A000"), ("ValidityEndDate", "date", "9999-12-31")]
    assert key_predicate(V4, parts) == "(ControllingArea='A000',ValidityEndDate=9999-12-31)"  # type: ignore[arg-type]
    assert key_predicate(V2, parts) == "(ControllingArea='A000',ValidityEndDate=datetime'9999-12-31T00%3A00%3A00')"  # type: ignore[arg-type]


def test_a_write_into_a_service_that_closed_is_not_authorised(sap):
    client = prepared(sap)
    sap.control("settings", {"arrangements": {"API_PURCHASEORDER_2": "html"}})
    with pytest.raises(NotAuthorised):
        writers.PURCHASE_ORDERS.send(client, new_order(sap))


def test_since_bounds_the_search_by_the_day_of_creation(sap):
    client = prepared(sap)
    sent = writers.PURCHASE_ORDERS.send(client, new_order(sap))
    later = datetime(2026, 11, 10, tzinfo=UTC)
    assert writers.PURCHASE_ORDERS.find(client, {MARK}, later) == {MARK: []}
    assert sent.key
