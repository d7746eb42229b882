"""What holds for every supplier: a plan that was carried out leaves nothing to do, whatever it is called."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from integrations.errors import NotTransferable
from integrations.flows.vendors import FLOW
from integrations.vocabulary.matching import Identity, match, plain_name
from tests.flows.rows import plan_vendor, sap_address, sap_supplier

words = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=40)
addresses = st.builds(
    lambda street, house, city, code, country, phone, mail: sap_address(
        StreetName=street, HouseNumber=house, CityName=city, PostalCode=code, Country=country,
        phones=[{"PhoneNumber": phone}] if phone else [], emails=[{"EmailAddress": mail}] if mail else [],
    ),
    words, words, words, st.from_regex(r"[0-9A-Z -]{0,10}", fullmatch=True), st.sampled_from(["US", "DE", ""]),
    words, words,
)  # fmt: skip
suppliers = st.builds(
    lambda name, more, place, blocked: sap_supplier(
        OrganizationBPName1=name, OrganizationBPName2=more, addresses=place, IsMarkedForArchiving=blocked
    ),
    words,
    words,
    st.lists(addresses, max_size=2),
    st.booleans(),
)


def shown(body: dict[str, Any], row: dict[str, Any] | None = None) -> dict[str, Any]:
    """The vendor as ServiceTitan shows it after a POST, or after a PATCH of `row`."""
    row = row or {"id": 501, "contactInfo": {}, "address": {}, "externalData": [], "deliveryOption": "Manual"}
    contact = {name: body[name] for name in ("firstName", "lastName", "phone", "email", "fax") if name in body}
    kept = [entry for entry in row["externalData"] if entry["key"] not in body.get("externalData", {})]
    marks = [{"key": key, "value": value} for key, value in body.get("externalData", {}).items()]
    plain: dict[str, Any] = {name: body[name] for name in ("name", "active", "address") if name in body}
    return {**row, **plain, "contactInfo": {**row["contactInfo"], **contact}, "externalData": [*kept, *marks]}


@given(first=suppliers, second=suppliers)
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(first, second):
    (write,) = plan_vendor(first, create_blocked=True).writes
    row = shown(write.body)
    assert {name: FLOW.observe(row)[name] for name in write.expect} == write.expect
    assert plan_vendor(first, there=row).writes == ()
    for write in plan_vendor(second, there=row).writes:
        row = shown(write.body, row)
        assert {name: FLOW.observe(row)[name] for name in write.expect} == write.expect
    assert plan_vendor(second, there=row).writes == ()


@given(supplier=suppliers)
def test_a_vendor_that_lost_its_mark_is_taken_over_and_never_created_twice(supplier):
    (write,) = plan_vendor(supplier, create_blocked=True).writes
    row = shown(write.body)
    try:
        plan = plan_vendor(supplier, known=(row,))
    except NotTransferable as error:
        raise AssertionError("it was there") from error
    assert (plan.adopt, plan.writes) == ("501", ())


@given(name=words, other=words, code=st.sampled_from(["", "47305"]))
def test_a_match_looks_the_same_from_both_sides(name, other, code):
    one, two = Identity(name, code), Identity(other, code)
    there, back = match(one, [("x", two)]), match(two, [("x", one)])
    assert bool(there.exact) == bool(back.exact)
    if there.exact:
        assert plain_name(name) == plain_name(other) != ""
