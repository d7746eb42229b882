"""Vendors and purchase orders are written, read back, and found again after a lost answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.errors import BadCredentials, NotAuthorised, Rejected, TokenRefused, Transient, Unknown
from integrations.flow import Write
from integrations.systems.servicetitan import resources
from integrations.systems.servicetitan.objects import (
    BUSINESS_UNITS,
    PURCHASE_ORDERS,
    RECEIPTS,
    SUPPLIER_KEY,
    VENDORS,
)
from integrations.systems.servicetitan.writing import ObjectWriter, external_value
from tests.systems.servicetitan.conftest import OTHER, Service

ADDRESS = {"street": "1 Main", "unit": "", "city": "Reno", "state": "NV", "zip": "89501", "country": "US"}


def new_vendor(number: str, **changes: Any) -> Write:
    body = {
        "name": f"Vendor {number}",
        "active": True,
        "phone": "775-555-0100",
        "isTruckReplenishment": False,
        "taxRate": "0",
        "restrictedMobileCreation": False,
        "address": ADDRESS,
        **changes,
    }
    return Write("create", "", body, {}, number)


def since() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=5)


def test_a_vendor_is_created_and_read_back_with_its_marker(service: Service):
    client = service.client()
    sent = VENDORS.send(client, new_vendor("17300001", externalData={"sap-payment-terms": "NT30"}))
    row = VENDORS.fetch(client, [sent.key])[sent.key]
    assert (row["id"], row["name"], row["contactInfo"]["phone"]) == (int(sent.key), "Vendor 17300001", "775-555-0100")
    assert external_value(row, SUPPLIER_KEY) == "17300001"
    assert external_value(row, "sap-payment-terms") == "NT30"
    assert VENDORS.key(row) == sent.key
    assert sent.exchange.status == 200


def test_a_patch_merges_external_data_and_keeps_what_it_does_not_name(service: Service):
    client = service.client()
    key = VENDORS.send(client, new_vendor("17300001")).key
    VENDORS.send(client, Write("patch", key, {"active": False, "externalData": {"sap-payment-terms": "NT45"}}, {}))
    [row] = VENDORS.directory(client)
    assert row["active"] is False
    assert {entry["key"]: entry["value"] for entry in row["externalData"]} == {
        SUPPLIER_KEY: "17300001",
        "sap-payment-terms": "NT45",
    }


def test_an_inactive_vendor_is_still_fetched_found_and_listed(service: Service):
    client = service.client()
    key = VENDORS.send(client, new_vendor("17300001", active=False)).key
    assert list(VENDORS.fetch(client, [key])) == [key]
    assert [row["id"] for row in VENDORS.find(client, ["17300001"], since())["17300001"]] == [int(key)]
    assert [row["id"] for row in VENDORS.directory(client)] == [int(key)]


def test_an_order_is_created_and_read_back_with_exact_amounts(service: Service, order):
    client = service.client()
    sent = PURCHASE_ORDERS.send(client, Write("create", "", order("ABCDEF234567"), {}, "ABCDEF234567"))
    row = PURCHASE_ORDERS.fetch(client, [sent.key])[sent.key]
    assert row["summary"] == "SAP 4500000001 already ordered\nReference ABCDEF234567"
    assert (row["status"], row["date"], row["requiredOn"]) == ("Pending", "2026-03-01", "2026-03-09")
    assert (row["tax"], row["shipping"]) == ("0", "12.5")
    [item] = row["items"]
    assert (item["quantity"], item["cost"], item["skuCode"], item["vendorPartNumber"]) == (
        "3",
        "1.105",
        "HV-10001",
        "P-1",
    )


def test_an_order_is_changed_line_by_line_and_cancelled(service: Service, order):
    client = service.client()
    key = PURCHASE_ORDERS.send(client, Write("create", "", order("ABCDEF234567"), {}, "ABCDEF234567")).key
    line = PURCHASE_ORDERS.fetch(client, [key])[key]["items"][0]
    kept = {name: line[name] for name in ("id", "skuId", "description", "vendorPartNumber", "cost")}
    PURCHASE_ORDERS.send(client, Write("patch", key, {"items": [{**kept, "quantity": "5"}], "tax": "1.25"}, {}))
    row = PURCHASE_ORDERS.fetch(client, [key])[key]
    assert (row["tax"], [(item["id"], item["quantity"]) for item in row["items"]]) == ("1.25", [(line["id"], "5")])
    PURCHASE_ORDERS.send(client, Write("cancel", key, {"canceledReason": "Other"}, {}))
    assert PURCHASE_ORDERS.fetch(client, [key])[key]["status"] == "Canceled"
    with pytest.raises(Rejected, match="Canceled cannot be canceled"):
        PURCHASE_ORDERS.send(client, Write("cancel", key, {"canceledReason": "Other"}, {}))


@pytest.mark.parametrize("kind", ["lose_answer", "truncate", "malformed"])
def test_a_create_whose_answer_is_lost_is_unknown_and_found_by_its_marker(service: Service, order, kind: str):
    client, start = service.client(), since()
    service.fault(kind, method="POST", path="/(purchase-orders|vendors)$")
    for writer, write in (
        (VENDORS, new_vendor("17300001")),
        (PURCHASE_ORDERS, Write("create", "", order("ABCDEF234567"), {}, "ABCDEF234567")),
    ):
        with pytest.raises(Unknown):
            writer.send(client, write)
        [row] = writer.find(client, [write.marker, "ZZZZZZ234567"], start)[write.marker]
        assert list(writer.fetch(client, [writer.key(row)])) == [writer.key(row)]


@pytest.mark.parametrize(
    ("status", "commit"), [(500, True), (502, True), (503, False), (504, True)], ids=["500", "502", "503", "504"]
)
def test_a_server_error_after_a_write_says_nothing_about_it(service: Service, status: int, commit: bool):
    client = service.client()
    service.fault("status", method="POST", path="/vendors$", status=status, commit=commit)
    with pytest.raises(Unknown):
        VENDORS.send(client, new_vendor("17300001"))
    assert len(VENDORS.find(client, ["17300001"], since())["17300001"]) == int(commit)


def test_a_reset_before_anything_was_handled_is_unknown_and_then_not_found(service: Service):
    client = service.client()
    service.fault("reset", method="POST", path="/vendors$")
    with pytest.raises(Unknown):
        VENDORS.send(client, new_vendor("17300001"))
    assert VENDORS.find(client, ["17300001"], since()) == {"17300001": []}


def test_a_record_that_the_lists_do_not_show_yet_is_found_once_the_lag_is_over(service: Service, order):
    client, start = service.client(), since()
    service.simulator.clock.set(datetime.now(UTC), frozen=True)
    service.simulator.switches.change({"list_lag_seconds": 120.0})
    key = PURCHASE_ORDERS.send(client, Write("create", "", order("ABCDEF234567"), {}, "ABCDEF234567")).key
    assert PURCHASE_ORDERS.find(client, ["ABCDEF234567"], start) == {"ABCDEF234567": []}
    service.simulator.clock.advance(121)
    assert [row["id"] for row in PURCHASE_ORDERS.find(client, ["ABCDEF234567"], start)["ABCDEF234567"]] == [int(key)]


@pytest.mark.parametrize(
    ("lag_ids", "lag_get", "visible"), [(False, True, True), (True, False, True), (True, True, False)]
)
def test_a_read_back_tries_the_list_of_ids_and_then_the_single_record(
    service: Service, order, lag_ids: bool, lag_get: bool, visible: bool
):
    client = service.client()
    service.simulator.switches.change({"list_lag_seconds": 600.0, "lag_ids": lag_ids, "lag_get": lag_get})
    key = PURCHASE_ORDERS.send(client, Write("create", "", order("ABCDEF234567"), {}, "ABCDEF234567")).key
    assert list(PURCHASE_ORDERS.fetch(client, [key])) == ([key] if visible else [])


def test_a_rejected_create_carries_the_sentence_and_writes_nothing(service: Service, order):
    client = service.client()
    with pytest.raises(Rejected, match="The SKU must be an existing material or equipment"):
        PURCHASE_ORDERS.send(client, Write("create", "", bad_sku(order), {}, "ABCDEF234567"))
    assert PURCHASE_ORDERS.directory(client) == []


def bad_sku(order) -> dict[str, Any]:
    body = order("ABCDEF234567")
    return {**body, "items": [{**body["items"][0], "skuId": "999999"}]}


@pytest.mark.parametrize("shape", ["problem", "gateway", "empty"])
def test_a_revoked_token_is_noticed_in_each_shape_of_the_gate(service: Service, shape: str):
    client = service.client()
    service.simulator.switches.change({"gate_shape": shape})
    service.simulator.revoke_tokens()
    with pytest.raises(TokenRefused):
        VENDORS.send(client, new_vendor("17300001"))
    client.renew()
    assert VENDORS.send(client, new_vendor("17300001")).key


@pytest.mark.parametrize("shape", ["problem", "gateway", "empty"])
def test_a_missing_scope_is_named_in_each_shape_of_the_gate(service: Service, shape: str):
    client = service.client()
    service.simulator.switches.change({"gate_shape": shape})
    service.tenant.scopes.discard("tn.inv.vendors:w")
    with pytest.raises(NotAuthorised, match=r"tn\.inv\.vendors:w"):
        VENDORS.send(client, new_vendor("17300001"))
    assert VENDORS.directory(client) == []


@pytest.mark.parametrize("shape", ["problem", "gateway", "empty"])
def test_a_wrong_application_key_is_a_matter_of_authorisation_not_of_the_scope_alone(service: Service, shape: str):
    client = service.client()
    service.simulator.switches.change({"gate_shape": shape})
    service.tenant.app_key = "ak1.canary-other"
    with pytest.raises(NotAuthorised):
        client.page(resources.VENDORS, ())


@pytest.mark.parametrize("status", [400, 401])
def test_a_withdrawn_secret_is_noticed_at_the_next_token(service: Service, status: int):
    client = service.client()
    service.simulator.switches.change({"token_error_status": status})
    service.tenant.client_secrets = ["cs1.canary-new"]
    service.simulator.revoke_tokens()
    with pytest.raises(BadCredentials):
        client.page(resources.VENDORS, ())


def test_a_token_of_one_tenant_opens_no_other_tenant(service: Service):
    client, other = service.client(), service.client(OTHER)
    VENDORS.send(client, new_vendor("17300001"))
    assert VENDORS.find(other, ["17300001"], since()) == {"17300001": []}
    assert VENDORS.directory(other) == []
    other._token = client._token
    with pytest.raises(NotAuthorised):
        VENDORS.send(other, new_vendor("17300001"))


@pytest.mark.parametrize("shape", ["retry-after", "title", "message", "bare"])
def test_a_throttled_write_did_not_happen(service: Service, shape: str):
    client = service.client()
    service.fault("throttle", method="POST", path="/vendors$", times=1, shape=shape, seconds=4)
    with pytest.raises(Transient) as caught:
        VENDORS.send(client, new_vendor("17300001"))
    assert caught.value.retry_after == (None if shape == "bare" else 4.0)
    assert VENDORS.directory(client) == []


def test_a_hundred_and_twenty_creates_are_read_back_in_three_calls(service: Service):
    client = service.client()
    keys = [VENDORS.send(client, new_vendor(str(17300000 + place))).key for place in range(120)]
    before = len(service.calls())
    assert sorted(VENDORS.fetch(client, keys)) == sorted(keys)
    assert service.calls()[before:] == [("GET", "Vendors_GetList")] * 3
    assert len(VENDORS.find(client, [str(17300000 + place) for place in range(120)], since())) == 120


def test_a_directory_is_read_to_its_end_page_by_page(service: Service):
    client = service.client(page_size=7)
    for place in range(20):
        VENDORS.send(client, new_vendor(str(17300000 + place)))
    before = len(service.calls())
    assert len(VENDORS.directory(client)) == 20
    assert len(service.calls()) - before == 3


def test_nulls_and_unknown_words_of_real_tenants_are_read_as_data(service: Service, order):
    client = service.client()
    key = PURCHASE_ORDERS.send(client, Write("create", "", order("ABCDEF234567"), {}, "ABCDEF234567")).key
    VENDORS.send(client, new_vendor("17300001"))
    service.simulator.switches.change({"nulls": True, "unknown_enums": True})
    row = PURCHASE_ORDERS.fetch(client, [key])[key]
    assert set(row["shipTo"]) >= {"street", "city"}
    assert isinstance(row["items"], list)
    assert [external_value(row, SUPPLIER_KEY) for row in VENDORS.find(client, ["17300001"], since())["17300001"]] == [
        "17300001"
    ]


@pytest.mark.parametrize("writer", [VENDORS, PURCHASE_ORDERS, RECEIPTS, BUSINESS_UNITS], ids=lambda w: w.resource.path)
def test_ids_that_do_not_exist_are_absent_not_an_error(service: Service, writer: ObjectWriter):
    assert writer.fetch(service.client(), ["424242"]) == {}
