"""Changes are read without gaps: fixed lower bound, no upper one, cursor right after every page."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.errors import Transient
from integrations.systems.servicetitan import resources
from integrations.systems.servicetitan.client import ServiceTitanClient
from integrations.systems.servicetitan.objects import READ_AP_BILLS, READ_BUSINESS_UNITS, READ_VENDORS
from integrations.systems.servicetitan.reading import ModifiedWindow, change
from simulators.server import serve
from simulators.wire import Request, Response, json_response
from tests.systems.servicetitan.connecting import Stub, client_for, page, settings

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OVERLAP = 300.0


class Listing(Stub):
    """A list of rows with modifiedOn, sorted by id, two to a page; the clock stands at noon."""

    def __init__(self, rows: dict[int, str]) -> None:
        super().__init__(self._page)
        self.rows = rows
        self.clock.set(NOON, frozen=True)

    def _page(self, request: Request) -> Response:
        since = request.param("modifiedOnOrAfter")
        shown = [number for number, stamp in sorted(self.rows.items()) if not since or stamp >= since]
        start = (int(request.param("page")) - 1) * 2
        rows = [{"id": number, "modifiedOn": self.rows[number]} for number in shown[start : start + 2]]
        return page(rows, more=start + 2 < len(shown))

    def asked(self) -> list[str]:
        return [call.param("modifiedOnOrAfter") for call in self.calls]


def at(minute: int, second: int = 0) -> str:
    return f"2026-03-01T11:{minute:02}:{second:02}Z"


def poll(client: ServiceTitanClient, cursor: dict[str, Any], reader: Any = READ_VENDORS, **more: Any):
    """All pages of one poll: the keys read, and the cursor after the last page."""
    keys: list[str] = []
    for found in reader.pages(client, cursor, overlap=OVERLAP, **more):
        keys += [change.key for change in found.changes]
        cursor = found.cursor
    return keys, cursor


def test_the_first_poll_reads_everything_and_starts_the_window_at_the_newest_stamp():
    listing = Listing({1: at(10), 2: at(50), 3: at(20)})
    with serve(listing) as server:
        client = client_for(settings(server.url))
        keys, cursor = poll(client, {}, full=True)
        load = cursor.pop("load")
        assert (keys, cursor) == (["1", "2", "3"], {"watermark": at(50), "delta": None, "full": None})
        assert (load["read"], load["done"]) == (3, True)
        again, after = poll(client, cursor)
    assert (again, after["watermark"]) == (["2"], at(50))
    assert listing.asked() == ["", "", at(45)]


def test_an_idle_poll_is_one_call():
    listing = Listing({1: at(10)})
    with serve(listing) as server:
        client = client_for(settings(server.url))
        _, cursor = poll(client, {})
        listing.calls.clear()
        listing.rows.clear()
        assert poll(client, cursor) == ([], cursor)
    assert len(listing.calls) == 1


def test_a_row_changed_while_the_first_load_runs_after_its_page_was_read_arrives_with_the_next_poll():
    listing = Listing({number: at(10) for number in range(1, 6)})
    with serve(listing) as server:
        client = client_for(settings(server.url))
        keys = []
        for found in READ_VENDORS.pages(client, {}, overlap=0):
            keys += [change.key for change in found.changes]
            cursor = found.cursor
            if len(keys) == 2:
                listing.clock.advance(120)
                listing.rows[1] = "2026-03-01T12:01:30Z"
                listing.rows[5] = "2026-03-01T12:01:40Z"
        again, after = poll(client, cursor)
    assert keys == ["1", "2", "3", "4", "5"]
    assert cursor["watermark"] == "2026-03-01T12:00:00Z"
    assert again == ["1", "5"]
    assert after["watermark"] == "2026-03-01T12:01:40Z"


def test_a_row_modified_between_two_pages_of_a_window_moves_no_other_row_out_of_sight():
    listing = Listing({number: at(40) for number in range(1, 7)})
    cursor: dict[str, Any] = {"watermark": at(30), "delta": None, "full": None}
    with serve(listing) as server:
        client = client_for(settings(server.url))
        keys = []
        for found in READ_VENDORS.pages(client, cursor, overlap=0):
            keys += [change.key for change in found.changes]
            listing.rows[1] = "2026-03-01T12:30:00Z"
    assert keys == ["1", "2", "3", "4", "5", "6"]
    assert all(call.param("modifiedBefore") == "" for call in listing.calls)
    assert all(call.param("sort") == "+Id" for call in listing.calls)


def test_a_crash_between_two_pages_goes_on_at_the_page_that_was_not_saved():
    listing = Listing({number: at(number) for number in range(1, 6)})
    with serve(listing) as server:
        client = client_for(settings(server.url))
        pages = READ_VENDORS.pages(client, {}, overlap=OVERLAP)
        first = next(pages)
        assert [change.key for change in first.changes] == ["1", "2"]
        assert first.more
        keys, cursor = poll(client, first.cursor)
    assert keys == ["3", "4", "5"]
    assert cursor.pop("load")["read"] == 5
    assert cursor == {"watermark": at(5), "delta": None, "full": None}


def test_a_cursor_that_was_handed_out_does_not_change_any_more():
    listing = Listing({number: at(number) for number in range(1, 6)})
    with serve(listing) as server:
        pages = READ_VENDORS.pages(client_for(settings(server.url)), {}, overlap=OVERLAP)
        cursors = [(found.cursor, json.dumps(found.cursor)) for found in pages]
    assert len(cursors) == 3
    assert all(json.dumps(cursor) == before for cursor, before in cursors)


def test_a_full_read_follows_the_changes_and_moves_no_watermark():
    listing = Listing({1: at(10), 2: at(50), 3: at(20)})
    with serve(listing) as server:
        client = client_for(settings(server.url))
        start: dict[str, Any] = {"watermark": at(40), "delta": None, "full": None}
        found = list(READ_VENDORS.pages(client, start, overlap=OVERLAP, full=True))
    assert [[change.key for change in one.changes] for one in found] == [["2"], ["1", "2"], ["3"]]
    assert [one.more for one in found] == [True, True, False]
    assert {**found[-1].cursor, "load": None} == {"watermark": at(50), "delta": None, "full": None, "load": None}
    assert [(one.read, one.is_done) for each in found[1:] if (one := READ_VENDORS.progress(each.cursor))] == [
        (2, False),
        (3, True),
    ]


def test_what_changes_between_the_window_and_the_full_read_is_read_again_by_the_next_window():
    listing = Listing({1: at(10)})
    with serve(listing) as server:
        client = client_for(settings(server.url))
        pages = READ_VENDORS.pages(client, {"watermark": at(40), "delta": None, "full": None}, overlap=0, full=True)
        next(pages)
        listing.rows[2] = at(55)
        [last] = pages
    assert [change.key for change in last.changes] == ["1", "2"]
    assert last.cursor["watermark"] == at(40)


def test_an_interrupted_full_read_goes_on_although_nobody_asks_for_it_again():
    listing = Listing({1: at(10), 2: at(50), 3: at(20)})
    with serve(listing) as server:
        client = client_for(settings(server.url))
        pages = READ_VENDORS.pages(client, {"watermark": at(55), "delta": None, "full": None}, overlap=0, full=True)
        next(pages)
        interrupted = next(pages).cursor
        keys, cursor = poll(client, interrupted)
    assert keys == ["2", "3"]
    assert cursor["full"] is None


def test_an_empty_tenant_starts_from_the_servers_own_time():
    with serve(Listing({})) as server:
        _, cursor = poll(client_for(settings(server.url)), {})
    assert cursor["watermark"] == "2026-03-01T12:00:00Z"


def test_a_stamp_ahead_of_the_servers_clock_does_not_carry_the_watermark_away():
    with serve(Listing({1: "2027-01-01T00:00:00Z"})) as server:
        _, cursor = poll(client_for(settings(server.url)), {})
    assert cursor["watermark"] == "2026-03-01T12:00:00Z"


def test_rows_without_a_stamp_are_read_and_do_not_move_the_watermark():
    listing = Stub(lambda request: page([{"id": 1, "modifiedOn": None}, {"id": 2, "modifiedOn": at(10)}]))
    with serve(listing) as server:
        [found] = READ_VENDORS.pages(client_for(settings(server.url)), {}, overlap=OVERLAP)
    assert [(change.key, change.stamp) for change in found.changes] == [("1", ""), ("2", at(10))]
    assert found.cursor["watermark"] == at(10)


def test_bills_of_both_types_are_read_without_a_sort_that_the_list_does_not_know():
    listing = Listing({1: at(10), 2: at(20), 3: at(30)})
    with serve(listing) as server:
        keys, cursor = poll(client_for(settings(server.url)), {}, READ_AP_BILLS)
    assert keys == ["1", "2", "3", "1", "2", "3"]
    asked = [(call.param("billType"), call.param("page")) for call in listing.calls]
    assert asked == [("Procurement", "1"), ("Procurement", "2"), ("ApBill", "1"), ("ApBill", "2")]
    assert all(call.param("sort") == "" for call in listing.calls)
    assert cursor["watermark"] == at(30)


def test_seconds_behind_counts_from_the_watermark_in_any_number_of_digits():
    cursor = {"watermark": "2026-03-01T11:00:10.5000000Z"}
    reader = ModifiedWindow(resources.VENDORS)
    assert reader.seconds_behind("2026-03-01T11:00:08Z", cursor) == 2.5
    assert reader.seconds_behind("", cursor) == 0.0
    assert reader.seconds_behind("2026-03-01T11:00:08Z", {}) == 0.0


FEED = {
    "": ([1, 2], True, "A"),
    "A": ([3], True, "B"),
    "B": ([], False, "C"),
    "C": ([4], False, "D"),
}


def feed(request: Request) -> Response:
    numbers, more, token = FEED[request.param("from")]
    rows = [{"id": number, "modifiedOn": at(number), "active": False} for number in numbers]
    return json_response({"hasMore": more, "continueFrom": token, "data": rows})


def test_a_feed_is_followed_to_its_end_and_its_last_token_is_kept():
    with serve(Stub(feed)) as server:
        client = client_for(settings(server.url))
        keys, cursor = poll(client, {}, READ_BUSINESS_UNITS)
        load = cursor.pop("load")
        assert (keys, cursor) == (["1", "2", "3"], {"from": "C", "full": None, "newest": at(3)})
        after = {"from": "D", "full": None, "newest": at(4), "load": load}
        assert poll(client, {**cursor, "load": load}, READ_BUSINESS_UNITS) == (["4"], after)


def read_so_far(pages):
    """How many rows of a full read each page tells of, and whether it was the last."""
    told = [READ_BUSINESS_UNITS.progress(one.cursor) for one in pages]
    return [(one.read, one.total, one.is_done) for one in told if one]


def test_a_feed_that_is_read_for_the_first_time_tells_how_many_rows_it_has_brought():
    with serve(Stub(feed)) as server:
        client = client_for(settings(server.url))
        first, *_ = pages = list(READ_BUSINESS_UNITS.pages(client, {}, overlap=0))
        assert read_so_far(pages) == [(2, None, False), (3, None, False), (3, None, True)]
        assert read_so_far(READ_BUSINESS_UNITS.pages(client, first.cursor, overlap=0))[-1] == (3, None, True)
        later = READ_BUSINESS_UNITS.pages(client, pages[-1].cursor, overlap=0)
        assert read_so_far(later) == [(3, None, True)]  # changes since then are no part of it
        again = READ_BUSINESS_UNITS.pages(client, {"from": "B"}, overlap=0, full=True)
        assert read_so_far(again) == [(2, None, False), (3, None, False), (3, None, True)]


def test_a_full_read_of_a_feed_starts_over_and_ends_where_the_feed_ends():
    with serve(Stub(feed)) as server:
        client = client_for(settings(server.url))
        pages = list(READ_BUSINESS_UNITS.pages(client, {"from": "B"}, overlap=0, full=True))
        interrupted = pages[1].cursor
        keys, cursor = poll(client, {**interrupted, "from": "B"}, READ_BUSINESS_UNITS)
    assert [[change.key for change in one.changes] for one in pages] == [[], ["1", "2"], ["3"], []]
    assert [one.more for one in pages] == [True, True, True, False]
    assert (keys, cursor["from"], cursor["full"]) == (["3"], "C", None)


def test_a_feed_that_does_not_move_on_is_left_after_one_call():
    stub = Stub(lambda request: json_response({"hasMore": True, "continueFrom": "A", "data": []}))
    with serve(stub) as server, pytest.raises(Transient, match="does not move on"):
        poll(client_for(settings(server.url)), {"from": "A"}, READ_BUSINESS_UNITS)
    assert len(stub.calls) == 1


@pytest.mark.parametrize("row", [{"id": None}, {"id": ""}, {}])
def test_a_row_without_its_id_is_no_record(row):
    with pytest.raises(Transient, match=r"^ServiceTitan sent a row without its id\.$") as refused:
        change({**row, "modifiedOn": "2026-11-22T12:00:00Z"})
    assert refused.value.code == "malformed-value"
