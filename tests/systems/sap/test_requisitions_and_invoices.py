"""Requisitions come whole although only their items tell of changes; invoices come by what the tenant can tell."""

from __future__ import annotations

import json

import pytest

from integrations.errors import Transient
from integrations.systems.sap.by_stamp import ByText
from integrations.systems.sap.objects import REQUISITIONS, SUPPLIER_INVOICES
from integrations.systems.sap.shapes import requisition
from tests.systems.sap.conftest import Sap, read


def keys(changes):
    return [change.key for change in changes]


@pytest.fixture
def full(sap: Sap) -> Sap:
    sap.control("reset")
    sap.control("clock", {"now": "2026-11-02T09:30:00Z", "frozen": True})
    sap.control("generate", {"seed": 7, "suppliers": 20, "orders": 60, "requisitions": 15, "invoices": 25})
    return sap


@pytest.fixture(params=["v4", "v2"])
def both(request: pytest.FixtureRequest, full: Sap) -> Sap:
    if request.param == "v2":
        full.control("settings", {"arrangements": {"API_PURCHASEREQUISITION_2": "unknown"}})
    return full


def requisitions(sap: Sap) -> list[str]:
    return sorted(row["PurchaseRequisition"] for row in sap.simulator.state()["Requisition"])


def invoices(sap: Sap) -> list[str]:
    return sorted(f"{row['SupplierInvoice']}/{row['FiscalYear']}" for row in sap.simulator.state()["SupplierInvoice"])


def items_of(sap: Sap, number: str) -> list[str]:
    rows = sap.control(f"rows?entity=Requisition&key={number}", method="GET")["rows"][0]
    return [item["PurchaseRequisitionItem"].lstrip("0") for item in rows["RequisitionItem"]]


# Requisitions


@pytest.mark.parametrize("size", [1, 4, 200])
def test_every_requisition_comes_once_and_whole(both, size):
    changes, cursor = read(REQUISITIONS, both.client(page_size=size))
    assert sorted(keys(changes)) == requisitions(both)
    for change in changes:
        json.dumps(change.row)
        assert [item["PurchaseRequisitionItem"] for item in change.row["items"]] == items_of(both, change.key)
        assert change.row["PurchaseRequisitionType"]
    assert cursor["full"] is None


def test_both_versions_yield_the_same_requisitions(full):
    v4 = {change.key: change.row for change in read(REQUISITIONS, full.client())[0]}
    full.control("settings", {"arrangements": {"API_PURCHASEREQUISITION_2": "unknown"}})
    v2 = {change.key: change.row for change in read(REQUISITIONS, full.client())[0]}
    for key, row in v4.items():
        for mine, other in zip(row["items"], v2[key]["items"], strict=True):
            differing = {name for name in mine if mine[name] != other[name]} - {"LastChangeDateTime"}
            assert differing == set(), key


def test_a_requisition_is_of_the_type_that_its_header_or_its_items_name():
    item = {"PurchaseRequisition": "1", "PurchaseRequisitionItem": "10", "LastChangeDateTime": None, "header": None}
    header = {"PurchaseRequisitionType": "NB", "PurReqnDescription": ""}
    for rows in ([{**item, "header": header}], [{**item, "PurchaseRequisitionType": "NB"}]):
        row = requisition(rows, "2026-11-02")
        assert row["PurchaseRequisitionType"] == "NB"
        assert set(row["items"][0]) == set(item) - {"header"}
    assert requisition([item], "2026-11-02")["PurchaseRequisitionType"] == ""


def test_a_changed_item_brings_up_its_whole_requisition_once(both):
    client = both.client(page_size=2)
    _, cursor = read(REQUISITIONS, client)
    for _ in range(2):
        _, cursor = read(REQUISITIONS, client, cursor)
    both.advance(60)
    number = next(number for number in requisitions(both) if len(items_of(both, number)) > 1)
    item = {"PurchaseRequisition": number, "PurchaseRequisitionItem": items_of(both, number)[0].zfill(5)}
    change = {"entity": "RequisitionItem", "key": item, "values": {"RequisitionerName": "JOB1001"}}
    both.control("change", change)
    changes, cursor = read(REQUISITIONS, client, cursor)
    assert set(keys(changes)) == {number}
    assert len(changes[-1].row["items"]) == len(items_of(both, number))
    assert changes[-1].row["items"][0]["RequisitionerName"] == "JOB1001"
    assert read(REQUISITIONS, client, cursor)[0] == []


def change_item(sap: Sap, number: str, place: int, **values: str) -> None:
    item = {"PurchaseRequisition": number, "PurchaseRequisitionItem": items_of(sap, number)[place].zfill(5)}
    sap.control("change", {"entity": "RequisitionItem", "key": item, "values": values})


def test_a_look_that_finds_what_the_last_one_found_is_one_call(both):
    client = both.client()
    _, cursor = read(REQUISITIONS, client)
    number = next(number for number in requisitions(both) if len(items_of(both, number)) > 1)
    change_item(both, number, 0, RequisitionerName="JOB1001")
    _, cursor = read(REQUISITIONS, client, cursor)
    both.forget()
    for _ in range(3):
        changes, cursor = read(REQUISITIONS, client, cursor)
        assert changes == []
    assert len(both.seen()) == 3
    change_item(both, number, 1, RequisitionerName="JOB1002")
    changes, cursor = read(REQUISITIONS, client, cursor)
    assert [(change.key, [item["RequisitionerName"] for item in change.row["items"][:2]]) for change in changes] == [
        (number, ["JOB1001", "JOB1002"])
    ]
    assert len(both.seen()) == 5


def test_a_requisition_that_could_not_be_read_whole_is_read_by_the_next_look(both):
    client = both.client()
    _, cursor = read(REQUISITIONS, client)
    _, cursor = read(REQUISITIONS, client, cursor)
    number = requisitions(both)[0]
    change_item(both, number, 0, RequisitionerName="JOB1001")
    both.fault(kind="status", status=503, skip=1, times=1)
    with pytest.raises(Transient):
        read(REQUISITIONS, client, cursor)
    assert keys(read(REQUISITIONS, client, cursor)[0]) == [number]


def test_a_requisition_that_is_found_but_not_shown_by_its_number_is_read_by_the_next_look(full, monkeypatch):
    client = full.client()
    _, cursor = read(REQUISITIONS, client)
    _, cursor = read(REQUISITIONS, client, cursor)
    number = requisitions(full)[0]
    change_item(full, number, 0, RequisitionerName="JOB1001")
    with monkeypatch.context() as patched:
        patched.setattr(type(REQUISITIONS), "fetch", lambda *given: {})
        changes, cursor = read(REQUISITIONS, client, cursor)
        assert changes == []
    assert keys(read(REQUISITIONS, client, cursor)[0]) == [number]


# Supplier invoices


@pytest.mark.parametrize("prefix", ["", " "])
@pytest.mark.parametrize("size", [3, 25, 50])
def test_invoices_come_by_their_text_stamp_in_the_form_that_sap_writes(full, prefix, size):
    full.control("settings", {"stamp_prefix": prefix})
    every = {"entity": "SupplierInvoice", "keys": [key.split("/") for key in invoices(full)], "values": {}}
    full.control("change", {**every, "stamp": "2026-11-02T09:29:00.1234567Z"})
    client = full.client(page_size_orders=size)
    changes, cursor = read(SUPPLIER_INVOICES, client)
    assert sorted(keys(changes)) == invoices(full)
    assert cursor["way"] == "change"
    for _ in range(2):
        _, cursor = read(SUPPLIER_INVOICES, client, cursor)
    full.forget()
    changes, after = read(SUPPLIER_INVOICES, client, cursor)
    assert (changes, after) == ([], cursor)
    assert size < 50 or len(full.seen()) == 1
    full.advance(60)
    number, year = invoices(full)[0].split("/")
    change = {"entity": "SupplierInvoice", "key": [number, year], "values": {"PaymentBlockingReason": "R"}}
    full.control("change", change)
    changes, _ = read(SUPPLIER_INVOICES, client, cursor)
    assert keys(changes) == [f"{number}/{year}"]


def test_an_invoice_comes_with_its_orders_accounts_and_taxes_and_without_bank_data(full):
    changes, _ = read(SUPPLIER_INVOICES, full.client())
    rows = [change.row for change in changes]
    assert any(row["order_items"] and row["order_items"][0]["PurchaseOrder"] for row in rows)
    assert all(row["InvoiceGrossAmount"].replace(".", "").lstrip("-").isdecimal() for row in rows)
    assert "bank" not in json.dumps(rows).lower()


def test_an_older_release_reads_invoices_by_posting_date_looking_back(full):
    full.control("settings", {"release": "2021"})
    client = full.client()
    changes, cursor = read(SUPPLIER_INVOICES, client)
    assert sorted(keys(changes)) == invoices(full)
    assert cursor["way"] in ("creation", "posting")
    for _ in range(2):
        _, cursor = read(SUPPLIER_INVOICES, client, cursor)
    full.forget()
    assert read(SUPPLIER_INVOICES, client, cursor)[0] == []


def test_an_upgrade_that_brings_the_stamp_starts_anew(full):
    full.control("settings", {"release": "2021"})
    _, cursor = read(SUPPLIER_INVOICES, full.client())
    full.control("settings", {"release": "cloud"})
    changes, cursor = read(SUPPLIER_INVOICES, full.client(), cursor)
    assert cursor["way"] == "change"
    assert sorted(keys(changes)) == invoices(full)


def test_fetch_finds_invoices_by_number_and_year(full):
    found = SUPPLIER_INVOICES.fetch(full.client(), [*invoices(full)[:3], "5199999999/2020", "nonsense"])
    assert sorted(found) == invoices(full)[:3]


@pytest.mark.parametrize(
    ("text", "like"),
    [
        ("20260131081500.1234567", "20260131081500.0000000"),
        (" 20260131081500.1234567", " 20260131081500.0000000"),
        ("20260131081500,123", "20260131081500,000"),
        ("20260131081500", "20260131081500"),
        ("20260131081500.1234567 ", "20260131081500.0000000 "),
    ],
)
def test_a_text_stamp_survives_the_way_to_a_number_and_back(text, like):
    by_text = SUPPLIER_INVOICES.ways["change"]
    assert isinstance(by_text, ByText)
    assert by_text.written(by_text.count(text), like) == text


def test_a_text_stamp_of_unknown_form_is_no_stamp():
    by_text = SUPPLIER_INVOICES.ways["change"]
    assert isinstance(by_text, ByText)
    with pytest.raises(Transient):
        by_text.count("yesterday")
