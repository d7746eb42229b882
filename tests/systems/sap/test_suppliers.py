"""Suppliers are read by day of change, whole, without bank data, and again in full on demand."""

from __future__ import annotations

import json

import pytest

from integrations.errors import Transient
from integrations.systems.sap.client import SapClient
from integrations.systems.sap.objects import SUPPLIERS
from tests.systems.sap.conftest import Sap, read


def keys(changes):
    return [change.key for change in changes]


def partners(sap: Sap) -> list[dict]:
    return [row for row in sap.simulator.state()["BusinessPartner"] if row.get("Supplier")]


def suppliers(sap: Sap) -> list[str]:
    return sorted(row["Supplier"] for row in partners(sap))


def rename(sap: Sap, supplier: str, name: str, **rest) -> None:
    partner = next(row["BusinessPartner"] for row in partners(sap) if row["Supplier"] == supplier)
    values = {"OrganizationBPName1": name}
    sap.control("change", {"entity": "BusinessPartner", "key": partner, "values": values, **rest})


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_supplier_without_its_number_is_no_supplier(sap, monkeypatch, nothing):
    """The fault campaign's seed 4407: a vendor of nobody was made."""
    asked = SapClient.rows

    def nameless(*args):
        found = asked(*args)
        found.rows[-1]["Supplier"] = nothing
        return found

    monkeypatch.setattr(SapClient, "rows", nameless)
    with pytest.raises(Transient, match=r"^SAP's answer holds a record without its Supplier\.$") as refused:
        read(SUPPLIERS, sap.client())
    assert refused.value.code == "malformed-answer"


@pytest.mark.parametrize("size", [1, 6, 100])
def test_the_initial_load_reads_every_supplier_once(sap, size):
    changes, cursor = read(SUPPLIERS, sap.client(page_size_partners=size))
    assert sorted(keys(changes)) == suppliers(sap)
    assert cursor["full"] is None


def test_a_supplier_comes_with_all_that_belongs_to_it_and_without_bank_data(sap):
    sap.forget()
    changes, _ = read(SUPPLIERS, sap.client())
    for change in changes:
        json.dumps(change.row)
        assert change.row["supplier"]["Supplier"] == change.key
        assert {"addresses", "roles", "tax_numbers"} <= change.row.keys()
        assert isinstance(change.row["supplier"]["PurchasingIsBlocked"], bool)
    assert any(address["emails"] for change in changes for address in change.row["addresses"])
    assert any(change.row["tax_numbers"] for change in changes)
    assert any(change.row["supplier"]["companies"] for change in changes)
    assert any(change.row["supplier"]["purchasing_organizations"] for change in changes)
    assert "bank" not in json.dumps([change.row for change in changes]).lower()
    assert "bank" not in json.dumps(sap.seen()).lower()


def test_a_stamp_is_the_later_of_change_and_creation():
    row = {"LastChangeDate": None, "LastChangeTime": None, "CreationDate": "2026-10-31", "CreationTime": "08:15:00"}
    assert SUPPLIERS.stamp(row) == "2026-10-31T08:15:00"
    changed = {**row, "LastChangeDate": "2026-11-02", "LastChangeTime": None}
    assert SUPPLIERS.stamp(changed) == "2026-11-02T00:00:00"


def test_an_idle_poll_is_one_get_and_brings_nothing_up(sap):
    client = sap.client()
    _, cursor = read(SUPPLIERS, client)
    rename(sap, suppliers(sap)[0], "Acme Pipe")
    for _ in range(2):
        _, cursor = read(SUPPLIERS, client, cursor)
    sap.forget()
    changes, after = read(SUPPLIERS, client, cursor)
    assert (changes, after) == ([], cursor)
    assert [line["method"] for line in sap.seen()] == ["GET"]


def test_a_supplier_changed_there_and_back_comes_each_time(sap):
    client, supplier = sap.client(), suppliers(sap)[2]
    _, cursor = read(SUPPLIERS, client)
    seen = []
    for name in ("A", "B", "A"):
        sap.advance(600)
        rename(sap, supplier, name)
        changes, cursor = read(SUPPLIERS, client, cursor)
        seen += [change.row["OrganizationBPName1"] for change in changes if change.key == supplier]
    assert seen == ["A", "B", "A"]


def test_a_change_of_the_day_before_arrives_because_nobody_tells_the_zone(sap):
    client, supplier = sap.client(), suppliers(sap)[2]
    rename(sap, suppliers(sap)[0], "Newest")
    _, cursor = read(SUPPLIERS, client)
    _, cursor = read(SUPPLIERS, client, cursor)
    rename(sap, supplier, "Yesterday", stamp="2026-11-01T23:00:00Z")
    assert keys(read(SUPPLIERS, client, cursor)[0]) == [supplier]


@pytest.mark.parametrize("hours", [-12, -7, 0, 5.5, 14])
@pytest.mark.parametrize("clock", ["2026-11-02T00:10:00Z", "2026-11-02T23:50:00Z"])
def test_a_change_arrives_whatever_zone_the_systems_dates_are_in(sap, hours, clock):
    sap.control("clock", {"now": clock, "frozen": True})
    sap.control("settings", {"zone_minutes": int(hours * 60)})
    client, (first, second, *_) = sap.client(), suppliers(sap)
    rename(sap, first, "Before")
    _, cursor = read(SUPPLIERS, client)
    for name, supplier in (("One", first), ("Two", second), ("Three", first)):
        sap.advance(900)
        rename(sap, supplier, name)
        changes, cursor = read(SUPPLIERS, client, cursor)
        assert (supplier, name) in [(change.key, change.row["OrganizationBPName1"]) for change in changes]
    sap.advance(900)
    assert read(SUPPLIERS, client, cursor)[0] == []


def test_a_new_supplier_without_a_change_date_arrives(sap):
    client = sap.client()
    _, cursor = read(SUPPLIERS, client)
    _, cursor = read(SUPPLIERS, client, cursor)
    body = {
        "entity": "BusinessPartner",
        "values": {"BusinessPartner": "10009999", "Supplier": "17309999", "OrganizationBPName1": "New Supply"},
    }
    sap.control("add", body)
    changes, _ = read(SUPPLIERS, client, cursor)
    assert keys(changes) == ["17309999"]
    assert changes[0].row["supplier"] is None


def test_changes_that_move_no_date_come_with_the_full_read(sap):
    client, supplier = sap.client(), suppliers(sap)[2]
    _, cursor = read(SUPPLIERS, client)
    _, cursor = read(SUPPLIERS, client, cursor)
    rename(sap, supplier, "Silent", touch=False)
    changes, cursor = read(SUPPLIERS, client, cursor, full=True)
    assert {change.key: change.row["OrganizationBPName1"] for change in changes}[supplier] == "Silent"
    assert sorted(set(keys(changes))) == suppliers(sap)


def test_many_changes_of_one_day_are_paged_by_key_and_survive_crashes(sap):
    client = sap.client(page_size_partners=3)
    _, cursor = read(SUPPLIERS, client)
    sap.advance(60)
    for supplier in suppliers(sap)[:11]:
        rename(sap, supplier, "Renamed")
    seen: set[str] = set()
    for _ in range(20):
        page = next(SUPPLIERS.pages(client, cursor, overlap=300))
        seen |= set(keys(page.changes))
        cursor = json.loads(json.dumps(page.cursor))
        if not page.more:
            break
    assert set(suppliers(sap)[:11]) <= seen
    assert not page.more


def test_fetch_finds_suppliers_by_their_number(sap):
    found = SUPPLIERS.fetch(sap.client(), [suppliers(sap)[4], "17999999"])
    assert list(found) == [suppliers(sap)[4]]


def test_lag_is_told_in_seconds():
    cursor = {"delta": {"mark": "2026-11-02T09:30:00"}}
    assert SUPPLIERS.seconds_behind("2026-11-02T09:29:00", cursor) == 60
    assert SUPPLIERS.seconds_behind("", cursor) == 0
    assert SUPPLIERS.seconds_behind("2026-11-02T09:29:00", {}) == 0
