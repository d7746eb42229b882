"""Invoices that look like another one, found with few calls and compared row by row."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.flow import Row
from integrations.systems.sap.alike import alike_key
from integrations.systems.sap.reference import lookup
from tests.systems.sap.conftest import Sap

ORDER = "4500000004"


@pytest.fixture(params=["cloud", "2021"])
def full(request: pytest.FixtureRequest, sap: Sap) -> Sap:
    sap.control("reset")
    sap.control("clock", {"now": "2026-11-02T09:30:00Z", "frozen": True})
    sap.control("generate", {"seed": 7, "suppliers": 20, "orders": 60, "invoices": 0, "oddities": 0})
    sap.control("settings", {"release": request.param})
    return sap


def enter(sap: Sap, number: str, day: str, **values: Any) -> str:
    made = sap.control("invoice", {"order": ORDER, "number": number, "date": day, **values})
    return str(made["invoice"])


def facts(sap: Sap) -> tuple[str, str]:
    first = sap.simulator.state()["SupplierInvoice"][0]
    return first["InvoicingParty"], f"{float(first['InvoiceGrossAmount']):.2f}".rstrip("0").rstrip(".")


def names(row: Row) -> list[str]:
    return sorted(found["SupplierInvoice"] for found in row["invoices"])


def test_the_same_number_is_found_whenever_and_the_same_amount_within_the_days(full: Sap) -> None:
    one = enter(full, "INV-1", "2026-10-01")
    near, _far = enter(full, "ABC", "2026-10-08"), enter(full, "DEF", "2026-10-09")
    old = enter(full, "INV-1", "2025-01-15", unplanned="5")
    supplier, gross = facts(full)
    key = alike_key(supplier, "inv-1", gross, "2026-10-01", 7)
    found = lookup(full.client(), "invoices-alike", [key])
    assert names(found[key]) == sorted([one, near, old])
    assert {"IsReversed", "CompanyCode", "SupplierInvoiceStatus"} <= set(found[key]["invoices"][0])


def test_twenty_five_are_asked_for_in_three_calls_and_each_gets_its_own(full: Sap) -> None:
    numbers = [f"N-{place}" for place in range(25)]
    entered = {number: enter(full, number, "2026-10-01", unplanned=str(place)) for place, number in enumerate(numbers)}
    supplier, _ = facts(full)
    keys = {number: alike_key(supplier, number, "0.5", "2026-10-01", 7) for number in numbers}
    client = full.client()
    lookup(client, "invoices-alike", list(keys.values())[:1])
    full.forget()
    found = lookup(client, "invoices-alike", list(keys.values()))
    assert {number: names(found[key]) for number, key in keys.items()} == {n: [k] for n, k in entered.items()}
    assert len(full.seen()) == 3


def test_a_number_with_a_quote_or_a_bar_is_asked_for_as_it_is(full: Sap) -> None:
    one = enter(full, "O'BRIEN|7", "2026-10-01")
    supplier, gross = facts(full)
    key = alike_key(supplier, "O'Brien|7", gross, "2020-01-01", 7)
    assert names(lookup(full.client(), "invoices-alike", [key])[key]) == [one]
