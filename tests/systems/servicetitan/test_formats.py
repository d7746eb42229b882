"""Rows come in one shape whatever the module, and bodies carry only members and types that the API has."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.errors import Misconfigured
from integrations.systems.servicetitan import bodies, resources
from integrations.systems.servicetitan.formats import normalise, plain, wire

RECEIPT: dict[str, Any] = {
    "purchaseOrderId": "7",
    "dateReceived": "2026-03-01",
    "tax": "0",
    "shipping": "12.50",
    "items": [{"skuId": "5", "quantity": "2", "cost": "1.10", "purchaseOrderItemId": 9}],
}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (Decimal("120.00"), "120"),
        ("1511.6300", "1511.63"),
        (5, "5"),
        (Decimal("1E+2"), "100"),
        ("-0.00", "0"),
        (None, None),
        ("", None),
        ("n/a", "n/a"),
    ],
)
def test_amounts_are_plain_decimal_strings_whether_numbers_or_strings_before(given, expected):
    assert plain(given) == expected


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4))
def test_any_amount_keeps_its_value_and_loses_only_trailing_zeros(amount: Decimal):
    text = plain(amount)
    assert Decimal(text) == amount
    assert "E" not in text
    assert not ("." in text and text.endswith(("0", ".")))
    assert plain(text) == text


def test_a_bill_and_a_purchase_order_show_money_and_dates_alike():
    bill = normalise({"id": 1, "billAmount": "10.50", "billDate": "2025-10-13T00:00:00"}, resources.AP_BILLS.shape)
    order = normalise(
        {"id": 1, "total": Decimal("10.50"), "date": "2025-10-13T00:00:00Z"}, resources.PURCHASE_ORDERS.shape
    )
    assert (bill["billAmount"], bill["billDate"]) == (order["total"], order["date"]) == ("10.5", "2025-10-13")


def test_nulls_in_required_members_become_empty_ones():
    row = normalise({"id": 3, "name": None, "contactInfo": None, "externalData": None}, resources.VENDORS.shape)
    assert row["name"] == ""
    assert row["contactInfo"] == {"firstName": "", "lastName": "", "phone": "", "email": "", "fax": ""}
    assert row["address"]["street"] == ""
    assert row["externalData"] == []
    assert row["defaultTaxRate"] is None


def test_an_unknown_enum_value_and_unknown_members_stay_as_they_are():
    row = normalise({"id": 3, "status": "Teleported", "landed": Decimal("1.50")}, resources.PURCHASE_ORDERS.shape)
    assert (row["status"], row["landed"]) == ("Teleported", "1.5")


def test_a_body_gets_the_types_that_the_api_demands():
    assert wire(RECEIPT, bodies.CREATE_RECEIPT) == {
        "purchaseOrderId": 7,
        "dateReceived": "2026-03-01T00:00:00Z",
        "tax": Decimal("0"),
        "shipping": Decimal("12.50"),
        "items": [{"skuId": 5, "quantity": Decimal("2"), "cost": Decimal("1.10"), "purchaseOrderItemId": 9}],
    }


def test_a_member_that_the_server_would_ignore_is_refused():
    with pytest.raises(Misconfigured, match=r"has no member items\[0\]\.price"):
        wire({**RECEIPT, "items": [{**RECEIPT["items"][0], "price": "1"}]}, bodies.CREATE_RECEIPT)


def test_a_missing_required_member_is_named():
    with pytest.raises(Misconfigured, match="needs shipping"):
        wire({**RECEIPT, "shipping": None}, bodies.CREATE_RECEIPT)


@pytest.mark.parametrize(
    ("member", "value"),
    [("purchaseOrderId", "PO-7"), ("purchaseOrderId", True), ("tax", "1,50"), ("tax", "NaN"), ("tax", "Infinity")],
)
def test_a_value_of_the_wrong_type_is_a_setting_to_correct(member, value):
    with pytest.raises(Misconfigured, match=member) as caught:
        wire({**RECEIPT, member: value}, bodies.CREATE_RECEIPT)
    assert caught.value.code == "wrong-type"


def test_a_null_is_left_out_since_most_members_are_not_nullable():
    assert wire({"name": "A", "phone": None}, bodies.UPDATE_VENDOR) == {"name": "A"}


def test_a_null_deletes_a_key_of_external_data():
    body = {"applicationGuid": "g", "patchMode": "Merge", "externalData": [{"key": "k", "value": None}]}
    assert wire({"externalData": body}, bodies.UPDATE_VENDOR) == {"externalData": body}


@pytest.mark.parametrize("value", ["yes", 1, "true"])
def test_a_flag_is_true_or_false_only(value):
    with pytest.raises(Misconfigured, match="active"):
        wire({"active": value}, bodies.UPDATE_VENDOR)
