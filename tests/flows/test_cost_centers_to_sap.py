"""How a business unit of ServiceTitan finds, names or creates its cost center in SAP."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.errors import Misconfigured, NeedsPerson, NotTransferable
from integrations.flow import Linked, Plan, Row, Situation
from integrations.flows.cost_centers_to_sap import FLOW
from integrations.systems.sap.entities import writable
from integrations.systems.sap.odata import V4
from integrations.systems.sap.writing import rendered
from tests.flows.rows import Book

CENTER = {
    "ControllingArea": "A000",
    "CostCenter": "10101201",
    "CostCenterName": "HVAC",
    "ValidityEndDate": "9999-12-31",
}
DEFAULTS: dict[str, Any] = {
    "company_code": "1710",
    "category": "F",
    "responsible": "Dana Reyes",
    "hierarchy_area": "0001",
}


def unit(**values: Any) -> dict[str, Any]:
    row = {"id": 14, "name": "HVAC Service", "accountCode": "", "currency": "USD", "active": True}
    return row | {"createdOn": "2026-02-03T08:00:00Z"} | values


def book_with(*centers: Row, **maps: str) -> Book:
    """SAP has these cost centers; `maps` is what the customer has mapped, by number without its first letter."""
    book = Book(maps={("cost-center", number.removeprefix("n")): value for number, value in maps.items()})
    book.references = {("cost-center", str(row["CostCenter"])): row for row in centers}
    return book


def plan(row: Row, book: Book, *, there: Row | None = None, **options: Any) -> Plan:
    linked = Linked(f"{there['ControllingArea']}/{there['CostCenter']}", {}, {}) if there else None
    chosen = {**FLOW.options, "controlling_area": "A000", **options}
    return FLOW.plan(FLOW.record(row), Situation(book, chosen, "MARK", linked, there))


def test_a_cost_center_that_sap_has_is_only_linked():
    found = plan(unit(), book_with(CENTER, n10101201="14"))
    assert (found.adopt, found.writes) == ("A000/10101201", ())


def test_the_account_code_is_the_number_where_nothing_is_mapped():
    assert plan(unit(accountCode="10101201"), book_with(CENTER)).adopt == "A000/10101201"


def test_a_name_is_written_where_servicetitan_owns_it_and_cut_as_sap_does():
    row = unit(name="HVAC Service and Maintenance")
    (write,) = plan(row, book_with(CENTER, n10101201="14"), names="servicetitan").writes
    assert (write.action, write.key) == ("patch", "A000/10101201")
    assert write.body == {"ValidityEndDate": "9999-12-31", "CostCenterName": "HVAC Service and Mai"}
    assert FLOW.observe(CENTER | write.body) == write.expect
    there = CENTER | write.body
    assert plan(row, book_with(there, n10101201="14"), there=there, names="servicetitan").writes == ()


def test_a_name_is_left_alone_where_sap_owns_it_or_the_unit_is_not_active():
    book = book_with(CENTER, n10101201="14")
    assert plan(unit(), book, there=CENTER).writes == ()
    assert plan(unit(active=False), book, there=CENTER, names="servicetitan").writes == ()


def test_a_new_cost_center_is_created_with_the_customers_defaults():
    (write,) = plan(unit(accountCode="10109901"), book_with(), on_new="create", **DEFAULTS).writes
    assert (write.action, write.key, write.marker) == ("create", "", "A000/10109901")
    assert write.body == {
        "ControllingArea": "A000", "CostCenter": "10109901", "ValidityStartDate": "2026-02-03",
        "ValidityEndDate": "9999-12-31", "CostCenterName": "HVAC Service", "CostCenterDescription": "HVAC Service",
        "CompanyCode": "1710", "CostCenterCategory": "F", "CostCtrResponsiblePersonName": "Dana Reyes",
        "CostCenterStandardHierArea": "0001", "CostCenterCurrency": "USD",
    }  # fmt: skip
    assert set(rendered(V4, writable.NEW_COST_CENTER, write.body)) == set(write.body)
    assert write.expect == {"CostCenterName": "HVAC Service"}


def test_without_defaults_nothing_is_created():
    with pytest.raises(Misconfigured) as caught:
        plan(unit(accountCode="10109901"), book_with(), on_new="create", company_code="1710")
    assert "category, responsible, hierarchy_area" in caught.value.message
    with pytest.raises(Misconfigured):
        plan(unit(), book_with(), controlling_area="")


@pytest.mark.parametrize(("on_new", "error"), [("ask", NeedsPerson), ("skip", NotTransferable)])
def test_a_missing_cost_center_is_a_task_or_passed_over(on_new, error):
    with pytest.raises(error) as caught:
        plan(unit(accountCode="10109901"), book_with(), on_new=on_new)
    assert caught.value.code == "no-cost-center"


@pytest.mark.parametrize("code", ["", "12345678901", "10/9"])
def test_a_unit_without_a_usable_number_is_told(code):
    with pytest.raises(NotTransferable) as caught:
        plan(unit(accountCode=code), book_with(), on_new="create", **DEFAULTS)
    assert caught.value.code == "no-number"


def test_a_unit_that_is_not_active_creates_nothing():
    with pytest.raises(NotTransferable):
        plan(unit(accountCode="10109901", active=False), book_with(), on_new="create", **DEFAULTS)


def test_a_unit_of_several_cost_centers_changes_none_of_them():
    with pytest.raises(NotTransferable) as caught:
        plan(unit(), book_with(CENTER, n10101201="14", n10101202="14"), names="servicetitan")
    assert caught.value.code == "several"


def test_a_unit_that_is_mapped_elsewhere_since_is_a_persons():
    with pytest.raises(NeedsPerson) as caught:
        plan(unit(), book_with(n10101202="14"), there=CENTER)
    assert caught.value.code == "mapped-elsewhere"


def test_an_option_that_is_no_choice_is_told():
    with pytest.raises(Misconfigured):
        plan(unit(), book_with(), names="both")
