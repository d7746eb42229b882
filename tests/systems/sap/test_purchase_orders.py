"""Purchase orders are read whole, in one shape for both dialects, and no change is lost."""

from __future__ import annotations

import json

import pytest

from integrations.errors import Misconfigured, Transient
from integrations.systems.sap.client import SapClient
from integrations.systems.sap.objects import PURCHASE_ORDERS
from tests.systems.sap.conftest import Sap, read


def keys(changes):
    return [change.key for change in changes]


def stored(sap: Sap) -> list[str]:
    return sorted(row["PurchaseOrder"] for row in sap.simulator.state()["PurchaseOrder"])


def test_the_initial_load_reads_every_order_once_even_those_without_a_stamp(either):
    either.touch()
    changes, cursor = read(PURCHASE_ORDERS, either.client(page_size_orders=7))
    assert sorted(keys(changes)) == stored(either)
    assert "" in {change.stamp for change in changes}
    assert cursor["full"] is None


def test_both_dialects_yield_the_same_rows(sap):
    v4 = {change.key: change.row for change in read(PURCHASE_ORDERS, sap.client())[0]}
    sap.control("settings", {"arrangements": {"API_PURCHASEORDER_2": "html"}})
    v2 = {change.key: change.row for change in read(PURCHASE_ORDERS, sap.client())[0]}
    assert v4.keys() == v2.keys()
    for key, row in v4.items():
        assert _common(row) == _common(v2[key])


def _common(row):
    """Without what V4 alone knows, and with stamps as V2 shows them."""
    items = [{**item, "NetAmount": None, "GrossAmount": None, "RequirementTracking": None} for item in row["items"]]
    for item in items:
        if item["delivery_address"]:
            item["delivery_address"] = {**item["delivery_address"], "DeliveryAddressID": ""}
    stamp = row["LastChangeDateTime"]
    return {**row, "items": items, "LastChangeDateTime": stamp and stamp[:19]}


def test_a_row_is_plain_json_in_our_shape(either):
    changes, _ = read(PURCHASE_ORDERS, either.client())
    row = next(change.row for change in changes if any(item["account_assignments"] for item in change.row["items"]))
    json.dumps(row)
    item = next(item for item in row["items"] if item["account_assignments"])
    assert item["PurchaseOrderItem"].isdecimal()
    assert not item["PurchaseOrderItem"].startswith("0")
    assert isinstance(item["OrderQuantity"], str)
    assert isinstance(item["IsCompletelyDelivered"], bool)
    assert item["account_assignments"][0]["CostCenter"]
    assert item["schedule_lines"][0]["ScheduleLineDeliveryDate"][4] == "-"


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_order_without_its_number_is_no_order(either, monkeypatch, nothing):
    """The fault campaign's seed 53: it went over as an order of nobody."""
    asked = SapClient.rows

    def nameless(*args):
        found = asked(*args)
        found.rows[-1]["PurchaseOrder"] = nothing
        return found

    monkeypatch.setattr(SapClient, "rows", nameless)
    with pytest.raises(Transient, match=r"PurchaseOrder holds a record without its PurchaseOrder\.$") as refused:
        read(PURCHASE_ORDERS, either.client())
    assert refused.value.code == "malformed-answer"


def test_an_idle_poll_is_one_get_and_brings_nothing_up(either):
    client = either.client()
    _, cursor = read(PURCHASE_ORDERS, client)
    _, cursor = read(PURCHASE_ORDERS, client, cursor)
    either.forget()
    changes, after = read(PURCHASE_ORDERS, client, cursor)
    assert changes == []
    assert after == cursor
    assert [line["method"] for line in either.seen()] == ["GET"]


def test_a_changed_order_comes_once(either):
    client = either.client()
    _, cursor = read(PURCHASE_ORDERS, client)
    _, cursor = read(PURCHASE_ORDERS, client, cursor)
    either.advance(60)
    either.touch(stored(either)[0], SupplierRespSalesPersonName="Anna")
    changes, cursor = read(PURCHASE_ORDERS, client, cursor)
    assert [(change.key, change.row["SupplierRespSalesPersonName"]) for change in changes] == [
        (stored(either)[0], "Anna")
    ]
    assert read(PURCHASE_ORDERS, client, cursor)[0] == []


def test_a_row_committed_late_behind_the_watermark_arrives(either):
    client, late = either.client(), stored(either)[3]
    _, cursor = read(PURCHASE_ORDERS, client)
    either.advance(60)
    either.touch(stored(either)[0], SupplierRespSalesPersonName="Anna")
    _, cursor = read(PURCHASE_ORDERS, client, cursor)
    stamp = "2026-11-02T09:30:58Z"
    either.touch(late, stamp=stamp, SupplierRespSalesPersonName="Late")
    changes, cursor = read(PURCHASE_ORDERS, client, cursor)
    assert keys(changes) == [late]
    assert round(PURCHASE_ORDERS.seconds_behind(changes[0].stamp, cursor)) == 2
    assert read(PURCHASE_ORDERS, client, cursor, overlap=0)[0] == []


@pytest.mark.parametrize("size", [1, 3, 7, 20, 21])
def test_twenty_rows_of_one_stamp_across_page_borders_all_arrive(either, size):
    client, burst = either.client(page_size_orders=size), stored(either)[:20]
    _, cursor = read(PURCHASE_ORDERS, client)
    either.advance(60)
    either.touch(*stored(either)[30:33], stamp="2026-11-02T09:30:01.1234567Z", Language="DE")
    either.touch(*burst, stamp="2026-11-02T09:30:02.1234567Z", Language="DE")
    either.touch(*stored(either)[40:44], stamp="2026-11-02T09:30:02.1239999Z", Language="DE")
    either.touch(*stored(either)[50:52], stamp="2026-11-02T09:30:03Z", Language="DE")
    changes, cursor = read(PURCHASE_ORDERS, client, cursor, overlap=0)
    expected = {*burst, *stored(either)[30:33], *stored(either)[40:44], *stored(either)[50:52]}
    assert expected <= set(keys(changes))
    assert len([change for change in changes if change.row["Language"] == "DE"]) == len(expected)
    assert read(PURCHASE_ORDERS, client, cursor)[0] == []


@pytest.mark.parametrize("digits", [0, 3, 6])
@pytest.mark.parametrize("size", [1, 3, 20])
def test_a_system_whose_filters_cut_stamps_is_read_whole(either, size, digits):
    """How exactly a filter compares is said nowhere: whole seconds, at least, are the same to every system."""
    either.control("settings", {"stamp_digits": digits})
    client, burst = either.client(page_size_orders=size), stored(either)[:20]
    _, cursor = read(PURCHASE_ORDERS, client)
    either.advance(60)
    either.touch(*burst, stamp="2026-11-02T09:30:02.1234567Z", Language="DE")
    either.touch(*stored(either)[40:44], stamp="2026-11-02T09:30:02.9999999Z", Language="DE")
    either.touch(*stored(either)[50:52], stamp="2026-11-02T09:30:03.7654321Z", Language="DE")
    changes, cursor = read(PURCHASE_ORDERS, client, cursor, overlap=0)
    expected = {*burst, *stored(either)[40:44], *stored(either)[50:52]}
    assert expected <= set(keys(changes))
    for overlap in (0, 0.0000003, 1):
        assert read(PURCHASE_ORDERS, client, cursor, overlap=overlap)[0] == []


@pytest.mark.parametrize("stop", [1, 2, 3, 5])
def test_a_crash_between_pages_skips_nothing(either, stop):
    client = either.client(page_size_orders=3)
    _, cursor = read(PURCHASE_ORDERS, client)
    either.advance(60)
    burst = stored(either)[5:25]
    either.touch(*burst, stamp="2026-11-02T09:30:02.1234567Z", Language="DE")
    seen: set[str] = set()
    for _ in range(60):
        for number, page in enumerate(PURCHASE_ORDERS.pages(client, cursor, overlap=0), 1):
            seen |= set(keys(page.changes))
            cursor = json.loads(json.dumps(page.cursor))
            if number == stop or not page.more:
                break
        if not page.more:
            break
    assert set(burst) <= seen
    assert not page.more


@pytest.mark.parametrize("stop", [1, 4])
def test_a_crash_during_the_initial_load_goes_on_where_it_stopped(either, stop):
    client, seen = either.client(page_size_orders=7), []
    cursor: dict = {}
    for _ in range(20):
        for number, page in enumerate(PURCHASE_ORDERS.pages(client, cursor, overlap=300), 1):
            seen += keys(page.changes)
            cursor = page.cursor
            if number == stop:
                break
        if not page.more:
            break
    assert sorted(seen) == stored(either)


def test_a_row_changed_during_the_initial_load_after_its_page_was_read_arrives(either):
    client, changed = either.client(page_size_orders=7), stored(either)[0]
    cursor: dict = {}
    for number, page in enumerate(PURCHASE_ORDERS.pages(client, {}, overlap=0)):
        cursor = page.cursor
        if number == 1:
            either.advance(30)
            either.touch(changed, SupplierRespSalesPersonName="Anna")
    changes, _ = read(PURCHASE_ORDERS, client, cursor, overlap=0)
    assert changed in keys(changes)


def test_rows_that_keep_changing_do_not_keep_the_poll_going(either):
    client = either.client(page_size_orders=2)
    _, cursor = read(PURCHASE_ORDERS, client)
    either.advance(60)
    either.touch(*stored(either)[:9], Language="DE")
    read_pages = 0
    for page in PURCHASE_ORDERS.pages(client, cursor, overlap=0):
        cursor, read_pages = page.cursor, read_pages + 1
        either.advance(5)
        either.touch(*stored(either)[20:40], Language="FR")
    assert read_pages < 20
    either.advance(5)
    assert set(stored(either)[20:40]) <= set(keys(read(PURCHASE_ORDERS, client, cursor, overlap=0)[0]))


def test_a_stamp_from_the_future_does_not_hide_what_follows(either):
    client = either.client()
    _, cursor = read(PURCHASE_ORDERS, client)
    either.touch(stored(either)[0], stamp="2027-01-01T00:00:00Z", Language="DE")
    _, cursor = read(PURCHASE_ORDERS, client, cursor)
    either.advance(60)
    either.touch(stored(either)[1], Language="DE")
    assert stored(either)[1] in keys(read(PURCHASE_ORDERS, client, cursor, overlap=0)[0])


def test_a_full_read_on_demand_brings_everything_up_again_after_the_changes(either):
    client = either.client(page_size_orders=25)
    _, cursor = read(PURCHASE_ORDERS, client)
    either.advance(60)
    either.touch(stored(either)[0], Language="DE")
    pages = list(PURCHASE_ORDERS.pages(client, cursor, overlap=0, full=True))
    assert stored(either)[0] in keys(pages[0].changes)
    assert sorted(key for page in pages[1:] for key in keys(page.changes)) == stored(either)
    assert [page.more for page in pages] == [True] * (len(pages) - 1) + [False]
    assert pages[-1].cursor["full"] is None


def test_fetch_reads_these_orders_and_leaves_out_those_that_do_not_exist(either):
    wanted = [*stored(either)[:30], "4599999999", stored(either)[0]]
    found = PURCHASE_ORDERS.fetch(either.client(page_size_orders=10), wanted)
    assert sorted(found) == stored(either)[:30]
    assert found[wanted[0]].row["PurchaseOrder"] == wanted[0]


def test_a_key_with_a_quote_is_no_filter_of_its_own(either):
    assert PURCHASE_ORDERS.fetch(either.client(), ["' or PurchaseOrder ne '"]) == {}


@pytest.mark.parametrize("size", ["v2_page_size", "v4_page_size"])
def test_a_server_that_hands_out_less_than_asked_for_is_read_to_the_end(either, size):
    either.control("settings", {size: 4})
    changes, _ = read(PURCHASE_ORDERS, either.client())
    assert sorted(keys(changes)) == stored(either)


@pytest.mark.parametrize("kind", ["truncate", "malformed", "reset", "lose_answer"])
def test_a_page_that_cannot_be_read_never_looks_like_an_empty_one(either, kind):
    client = either.client()
    _, cursor = read(PURCHASE_ORDERS, client)
    either.fault(kind=kind, times=1)
    with pytest.raises(Transient):
        read(PURCHASE_ORDERS, client, cursor)


def test_a_next_link_to_another_host_is_refused(sap):
    client = sap.client()
    offer = PURCHASE_ORDERS.source(client).offer
    for link in (
        "https://evil.example.com/sap/opu/odata4/x",
        "//evil.example.com/x",
        sap.url.replace("http", "https") + f"/{offer.root}/PurchaseOrder",
        sap.url + "/sap/opu/odata/sap/API_BUSINESS_PARTNER/A_BusinessPartnerBank",
        "../../../../../../../other",
        "http://user:canary@127.0.0.1/x",
    ):
        with pytest.raises(Misconfigured):
            client.follow(offer, link)
    assert client.follow(offer, "PurchaseOrder?$top=1").rows


def test_orders_from_before_the_cut_off_are_left_out_until_they_change(either):
    created = {row["PurchaseOrder"]: row["CreationDate"] for row in either.simulator.state()["PurchaseOrder"]}
    cut = sorted(created.values())[20]
    client = either.client(history_from=cut, page_size_orders=7)
    changes, cursor = read(PURCHASE_ORDERS, client)
    assert sorted(keys(changes)) == sorted(key for key, day in created.items() if day >= cut)
    either.advance(60)
    old = next(key for key, day in created.items() if day < cut)
    either.touch(old, Language="DE")
    assert old in keys(read(PURCHASE_ORDERS, client, cursor)[0])
