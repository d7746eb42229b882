"""How a cost center of SAP comes to stand on a business unit of ServiceTitan."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.errors import Misconfigured, NotTransferable, Unmapped
from integrations.flow import Linked, Plan, Row, Situation
from integrations.flows.cost_centers import FLOW
from integrations.systems.servicetitan import bodies
from integrations.systems.servicetitan.formats import wire
from integrations.systems.servicetitan.writing import _external
from tests.flows.rows import Book, center

KEY = "sap-cost-center-A000-10101101"


def unit(number: int, *entries: tuple[str, str], **values: Any) -> dict[str, Any]:
    marks = [{"key": key, "value": value} for key, value in entries]
    return {"id": number, "name": f"Unit {number}", "accountCode": "", "externalData": marks} | values


UNITS = (unit(12), unit(14))


def plan(
    row: Row, *, there: Row | None = None, book: Book | None = None, known: tuple[Row, ...] = UNITS, **options: Any
) -> Plan:
    linked = Linked(str(there["id"]), FLOW.observe(there), {}) if there else None
    situation = Situation(book or Book(), {**FLOW.options, **options}, "", linked, there, () if linked else known)
    return FLOW.plan(FLOW.record(row), situation)


def test_a_mapped_cost_center_is_put_on_its_business_unit():
    found = plan(center())
    (write,) = found.writes
    assert found.adopt == "12"
    assert (write.action, write.key, write.body) == ("patch", "12", {"externalData": {KEY: "Plumbing West"}})
    assert FLOW.observe(unit(12, (KEY, "Plumbing West"))) == write.expect


def test_one_that_stands_there_already_is_only_linked():
    found = plan(center(), known=(unit(12, (KEY, "Plumbing West")),))
    assert (found.adopt, found.writes) == ("12", ())


def test_the_body_is_one_that_servicetitan_takes():
    external = plan(center()).writes[0].body["externalData"]
    sent = wire(
        {"externalData": _external("5b2f2d4e-0000-4000-8000-00000000c0de", external, new=False)},
        bodies.UPDATE_BUSINESS_UNIT,
    )
    assert sent["externalData"]["patchMode"] == "Merge"


def test_two_cost_centers_of_one_business_unit_never_overwrite_each_other():
    there = unit(12, (KEY, "Plumbing West"))
    second = plan(center(CostCenter="10101102"), known=(there, UNITS[1]))
    assert second.writes[0].body == {"externalData": {"sap-cost-center-A000-10101102": "Plumbing West"}}


def test_nothing_is_written_where_nothing_differs():
    assert plan(center(), there=unit(12, (KEY, "Plumbing West"), ("others", "x"))).writes == ()


@pytest.mark.parametrize("there", [unit(12, (KEY, "Old name")), unit(12)])
def test_a_new_name_or_a_key_that_people_took_off_is_written(there):
    (write,) = plan(center(), there=there).writes
    assert write.body == {"externalData": {KEY: "Plumbing West"}}


def test_a_cost_center_without_business_unit_is_a_task_with_suggestions():
    units = (unit(12, name="Plumbing"), unit(14, name="HVAC", accountCode="10109999"), unit(15, name="Plumbing Wst"))
    with pytest.raises(Unmapped) as caught:
        plan(center(CostCenter="10109999"), known=units)
    assert caught.value.needs == "map:cost-center:10109999"
    assert caught.value.suggestions == ("14: HVAC", "15: Plumbing Wst")


def test_a_cost_center_without_business_unit_is_passed_over_if_the_customer_says_so():
    with pytest.raises(NotTransferable) as caught:
        plan(center(CostCenter="10109999"), unmapped="skip")
    assert caught.value.code == "unmapped"


def test_a_business_unit_that_does_not_exist_is_told():
    book = Book()
    book.maps["cost-center", "10101101"] = "99"
    with pytest.raises(Misconfigured) as caught:
        plan(center(), book=book)
    assert caught.value.code == "unit-not-found"


def test_a_moved_cost_center_is_taken_off_the_old_business_unit_first():
    book = Book()
    book.maps["cost-center", "10101101"] = "14"
    first, second = plan(center(), there=unit(12, (KEY, "Plumbing West")), book=book).writes
    assert (first.key, first.body, first.expect) == ("12", {"externalData": {KEY: None}}, {KEY: None})
    assert (second.key, second.body) == ("14", {"externalData": {KEY: "Plumbing West"}})
    (then,) = plan(center(), there=unit(12), book=book).writes
    assert then.key == "14"
    assert plan(center(), there=unit(14, (KEY, "Plumbing West")), book=book).writes == ()


def test_a_cost_center_that_ended_is_taken_off_and_one_never_transferred_is_told():
    (write,) = plan(center(is_valid=False), there=unit(12, (KEY, "Plumbing West"))).writes
    assert write.body == {"externalData": {KEY: None}}
    for there in (None, unit(12)):
        with pytest.raises(NotTransferable) as caught:
            plan(center(is_valid=False), there=there)
        assert caught.value.code == "not-valid"


def test_a_cost_center_without_a_name_is_called_by_its_description_or_number():
    assert FLOW.record(center(CostCenterName="", CostCenterDescription="West")).name == "West"
    assert FLOW.record(center(CostCenterName="")).name == "10101101"
    assert FLOW.label(FLOW.record(center())) == "SAP cost center 10101101 Plumbing West"
