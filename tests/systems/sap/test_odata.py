"""Both dialects in one shape: exact values, both ways."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.errors import Transient
from integrations.systems.sap.entities import BUSINESS_PARTNER, PURCHASE_ORDER_V4
from integrations.systems.sap.entity import Child, Entity, fields
from integrations.systems.sap.odata import V2, V4, plain
from integrations.systems.sap.stamps import stamp_of, ticks


@pytest.mark.parametrize(
    ("dialect", "kind", "raw", "value"),
    [
        (V2, "date", "/Date(1473638400000)/", "2016-09-12"),
        (V2, "date", "/Date(-86400000)/", "1969-12-31"),
        (V2, "date", "/Date(-2208988800000)/", "1900-01-01"),
        (V2, "date", "/Date(253402214400000)/", "9999-12-31"),
        (V2, "date", "/Date(-62135769600000)/", None),
        (V2, "date", "/Date(-62135596800000)/", None),
        (V2, "date", None, None),
        (V2, "date", "", None),
        (V2, "stamp", "/Date(1571227437000+0000)/", "2019-10-16T12:03:57.000Z"),
        (V2, "stamp", "/Date(1571227437123+0060)/", "2019-10-16T12:03:57.123Z"),
        (V2, "stamp", "/Date(-1+0000)/", "1969-12-31T23:59:59.999Z"),
        (V2, "stamp", "/Date(253402300799000+0000)/", "9999-12-31T23:59:59.000Z"),
        (V2, "stamp", None, None),
        (V2, "time", "PT07H53M50S", "07:53:50"),
        (V2, "time", "PT00H00M00S", "00:00:00"),
        (V2, "time", "PT8H", "08:00:00"),
        (V2, "decimal", "1511.63", "1511.63"),
        (V2, "decimal", "120.000", "120"),
        (V2, "decimal", "0.000", "0"),
        (V2, "decimal", "-5.50", "-5.5"),
        (V2, "flag", "X", True),
        (V2, "flag", "", False),
        (V2, "bool", True, True),
        (V2, "bool", None, False),
        (V2, "item", "00010", "10"),
        (V2, "item", "10", "10"),
        (V2, "text", None, ""),
        (V4, "date", "2026-01-31", "2026-01-31"),
        (V4, "date", "9999-12-31", "9999-12-31"),
        (V4, "date", "0001-01-01", None),
        (V4, "date", None, None),
        (V4, "stamp", "2026-01-31T08:15:00.1234567Z", "2026-01-31T08:15:00.1234567Z"),
        (V4, "stamp", "2026-01-31T08:15:00Z", "2026-01-31T08:15:00Z"),
        (V4, "stamp", "2026-01-31T09:15:00.5+01:00", "2026-01-31T08:15:00.5Z"),
        (V4, "time", "07:53:50", "07:53:50"),
        (V4, "decimal", Decimal("1511.630"), "1511.63"),
        (V4, "decimal", 40, "40"),
        (V4, "decimal", Decimal("1E+3"), "1000"),
        (V4, "item", "00010", "10"),
    ],
)
def test_a_value_is_read_into_our_shape(dialect, kind, raw, value):
    assert dialect.parse(kind, raw) == value


@pytest.mark.parametrize(
    ("dialect", "kind", "raw"),
    [
        (V2, "date", "2026-01-31"),
        (V2, "decimal", "a lot"),
        (V2, "decimal", "NaN"),
        (V2, "date", "/Date(999999999999999999)/"),
        (V4, "date", "/Date(0)/"),
        (V4, "stamp", "yesterday"),
        (V4, "date", 12),
    ],
)
def test_a_value_that_its_type_cannot_have_is_no_value(dialect, kind, raw):
    with pytest.raises(Transient) as caught:
        dialect.parse(kind, raw)
    assert caught.value.code == "malformed-value"


@pytest.mark.parametrize(
    ("dialect", "kind", "value", "literal"),
    [
        (V2, "text", "O'Brien", "'O''Brien'"),
        (V2, "date", "2026-01-31", "datetime'2026-01-31T00:00:00'"),
        (V2, "stamp", "2026-01-31T08:15:00Z", "datetimeoffset'2026-01-31T08:15:00Z'"),
        (V2, "time", "08:15:00", "time'PT08H15M00S'"),
        (V2, "guid", "f950", "guid'f950'"),
        (V2, "decimal", "1511.63", "1511.63"),
        (V2, "item", "10", "'10'"),
        (V2, "flag", "true", "'X'"),
        (V2, "bool", "false", "false"),
        (V4, "text", "O'Brien", "'O''Brien'"),
        (V4, "date", "2026-01-31", "2026-01-31"),
        (V4, "stamp", "2026-01-31T08:15:00.123Z", "2026-01-31T08:15:00.123Z"),
        (V4, "time", "08:15:00", "08:15:00"),
        (V4, "guid", "f950", "f950"),
        (V4, "item", "10", "'10'"),
        (V4, "bool", "true", "true"),
    ],
)
def test_a_value_stands_in_a_url_as_its_dialect_wants_it(dialect, kind, value, literal):
    assert dialect.literal(kind, value) == literal


@given(st.integers(min_value=-(10**17), max_value=25 * 10**16))
def test_a_stamp_survives_the_way_to_ticks_and_back(count):
    assert ticks(stamp_of(count)) == count


@given(st.decimals(allow_nan=False, allow_infinity=False, places=5, min_value=-(10**12), max_value=10**12))
def test_a_decimal_keeps_its_value_and_loses_only_zeros(number):
    text = plain(number)
    assert Decimal(text) == number
    assert "E" not in text
    assert not ("." in text and text.endswith("0"))


def test_lists_of_both_dialects_are_unwrapped_with_their_next_link():
    v2 = V2.envelope({"d": {"results": [{"a": 1}], "__next": "https://host/x?$skiptoken=2"}})
    v4 = V4.envelope({"value": [{"a": 1}], "@odata.nextLink": "PurchaseOrder?$skiptoken=2"})
    assert (v2.rows, v2.next) == ([{"a": 1}], "https://host/x?$skiptoken=2")
    assert (v4.rows, v4.next) == ([{"a": 1}], "PurchaseOrder?$skiptoken=2")
    assert V2.envelope({"d": [{"a": 1}]}).rows == [{"a": 1}]


@pytest.mark.parametrize("body", [{}, [], None, {"d": {}}, {"value": None}, {"error": {}}, {"d": {"results": {}}}])
def test_what_could_not_be_read_never_looks_empty(body):
    for dialect in (V2, V4):
        with pytest.raises(Transient):
            dialect.envelope(body)


def test_a_navigation_that_was_not_expanded_is_no_empty_list():
    child = Child("items", "to_Item", Entity("T", fields("A")))
    with pytest.raises(Transient):
        V2.nested({"to_Item": {"__deferred": {"uri": "x"}}}, child)


def test_expanded_children_come_as_lists_whatever_the_dialect():
    child = Child("items", "to_Item", Entity("T", fields("A")))
    assert V2.nested({"to_Item": {"results": [{"A": 1}], "__next": "more"}}, child).next == "more"
    assert V2.nested({"to_Item": None}, child).rows == []
    assert V2.nested({"to_Item": {"A": 1}}, child).rows == [{"A": 1}]
    assert V4.nested({"to_Item": [{"A": 1}], "to_Item@odata.nextLink": "more"}, child).next == "more"


def test_the_projection_names_every_field_and_child_and_leaves_out_what_the_tenant_lacks():
    leaf = Entity("Leaf", fields("C D"))
    root = Entity(
        "Root", fields("A B=Bee"), (Child("kids", "to_Kid", Entity("Kid", fields("K"), (Child("l", "to_L", leaf),))),)
    )
    assert V2.projection(root, frozenset({"Leaf.D"})) == (
        ("$select", "A,Bee,to_Kid/K,to_Kid/to_L/C"),
        ("$expand", "to_Kid/to_L"),
    )
    assert V4.projection(root, frozenset({"Root.Bee"})) == (
        ("$select", "A"),
        ("$expand", "to_Kid($select=K;$expand=to_L($select=C,D))"),
    )
    assert V2.projection(root, frozenset({"Root.to_Kid"})) == (("$select", "A,Bee"),)


def test_a_field_that_is_absent_is_none_and_an_unknown_one_is_ignored():
    entity = Entity("Root", fields("A B:decimal"))
    assert V4.row(entity, {"A": "x", "YY1_Own": "z"}) == {"A": "x", "B": None}


def test_bank_data_is_asked_for_nowhere():
    asked = str(V2.projection(BUSINESS_PARTNER, frozenset())) + str(V4.projection(PURCHASE_ORDER_V4, frozenset()))
    assert "Bank" not in asked
    assert "IBAN" not in asked
