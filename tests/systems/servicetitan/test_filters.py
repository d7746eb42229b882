"""The server ignores what it does not know: nothing unknown is sent, and every row is compared with what was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from integrations.errors import Misconfigured
from integrations.flow import Write
from integrations.systems.servicetitan import resources
from integrations.systems.servicetitan.client import ServiceTitanClient
from integrations.systems.servicetitan.objects import BUSINESS_UNITS, PURCHASE_ORDERS, SUPPLIER_KEY, VENDORS
from integrations.systems.servicetitan.reference import lookup
from simulators.server import serve
from simulators.wire import Request, Response, json_response
from tests.systems.servicetitan.connecting import GUID, Stub, client_for, page, settings

NO_IDS = ["", "x", "1;2", "-3", "5/../6", "5?x=1", "５"]
SINCE = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@contextmanager
def serving(route: Callable[[Request], Response], **options) -> Iterator[tuple[Stub, ServiceTitanClient]]:
    stub = Stub(route)
    with serve(stub) as server:
        client = client_for(settings(server.url, options=options))
        client.prepare()
        yield stub, client


def vendor(number: int, marker: str = "") -> dict:
    external = [{"key": SUPPLIER_KEY, "value": marker}] if marker else []
    return {"id": number, "name": f"Vendor {number}", "externalData": external}


def deaf(rows: list[dict], size: int = 2) -> Callable[[Request], Response]:
    """A list that ignores every filter and only pages."""

    def route(request: Request) -> Response:
        start = (int(request.param("page", "1")) - 1) * size
        return page(rows[start : start + size], more=start + size < len(rows))

    return route


@pytest.mark.parametrize("name", ["name", "vendorId", "includeCount", "fields"])
def test_a_parameter_that_the_list_does_not_know_is_never_sent(name):
    with serving(deaf([])) as (stub, client):
        with pytest.raises(ValueError, match=f"vendors has no parameter {name}"):
            client.page(resources.VENDORS, ((name, "x"),))
        with pytest.raises(ValueError, match="ap-bills has no parameter sort"):
            client.page(resources.AP_BILLS, (("sort", "+Id"),))
    assert stub.calls == []


def test_a_vendor_is_found_by_its_marker_although_the_filter_was_ignored():
    rows = [vendor(1), vendor(2, "17300002"), vendor(3, "17300001"), vendor(4, "17300099")]
    with serving(deaf(rows)) as (stub, client):
        found = VENDORS.find(client, ["17300001", "17300005"], SINCE)
    assert {marker: [row["id"] for row in rows] for marker, rows in found.items()} == {"17300001": [3], "17300005": []}
    assert len(stub.calls) == 2


def test_not_found_is_not_believed_when_the_filter_was_ignored_and_no_external_data_came():
    with serving(deaf([vendor(1), vendor(2)])) as (_, client), pytest.raises(Misconfigured) as caught:
        VENDORS.find(client, ["17300001"], SINCE)
    assert caught.value.code == "external-data-ignored"


def test_twins_with_one_marker_are_both_shown():
    with serving(deaf([vendor(1, "m"), vendor(2, "m")])) as (_, client):
        assert [row["id"] for row in VENDORS.find(client, ["m"], SINCE)["m"]] == [1, 2]


def test_a_marker_is_compared_exactly_not_by_prefix():
    with serving(deaf([vendor(1, "17300001-2"), vendor(2, "1730000")])) as (_, client):
        assert VENDORS.find(client, ["17300001"], SINCE) == {"17300001": []}


def test_rows_that_were_not_asked_for_by_id_are_not_taken():
    with serving(deaf([vendor(1), vendor(2), vendor(3)])) as (_, client):
        assert list(client.by_ids(resources.VENDORS, ["3"])) == ["3"]


def test_a_job_number_that_matches_partially_is_not_the_job():
    jobs = [{"id": 1, "jobNumber": "21170"}, {"id": 2, "jobNumber": "2117"}, {"id": 3, "jobNumber": "2117-1"}]
    with serving(deaf(jobs)) as (_, client):
        found = lookup(client, "job", ["2117", "211"])
    assert {number: row["id"] for number, row in found.items()} == {"2117": 2}


@pytest.mark.parametrize(
    ("summary", "found"),
    [
        ("SAP 4500001 ALREADY ORDERED [ABCDEF234567]", True),
        ("ABCDEF234567", True),
        ("XABCDEF234567", False),
        ("ABCDEF234567-2", False),
        ("abcdef234567", False),
        ("", False),
        (None, False),
    ],
)
def test_an_order_is_found_by_a_marker_that_stands_alone_in_its_memo(summary, found):
    with serving(deaf([{"id": 9, "summary": summary, "items": None}])) as (stub, client):
        rows = PURCHASE_ORDERS.find(client, ["ABCDEF234567"], SINCE)["ABCDEF234567"]
    assert [row["id"] for row in rows] == ([9] if found else [])
    assert stub.calls[0].param("createdOnOrAfter") == "2026-03-01T11:55:00Z"


def test_fifty_ids_go_in_one_call_and_a_hundred_and_one_in_three():
    asked = [str(number) for number in range(1, 102)]

    def route(request: Request) -> Response:
        given = [value for name, value in request.query if name == "ids"]
        ids = given[0].split(",") if len(given) == 1 and "," in given[0] else given
        assert len(ids) <= 50
        return page([vendor(int(number)) for number in ids])

    with serving(route) as (stub, client):
        assert list(VENDORS.fetch(client, asked)) == asked
        repeated = [[v for n, v in call.query if n == "ids"] for call in stub.calls]
        assert list(PURCHASE_ORDERS.fetch(client, asked)) == asked
    assert [len(ids) for ids in repeated] == [50, 50, 1]
    assert [call.param("ids").count(",") + 1 for call in stub.calls[3:]] == [50, 50, 1]


def test_keys_that_are_no_ids_are_not_asked_for():
    with serving(deaf([])) as (stub, client):
        assert VENDORS.fetch(client, NO_IDS) == {}
    assert stub.calls == []


@pytest.mark.parametrize("key", NO_IDS[1:])
def test_a_key_that_is_no_id_never_becomes_part_of_an_address(key):
    with serving(deaf([])) as (stub, client), pytest.raises(Misconfigured) as caught:
        VENDORS.send(client, Write("patch", key, {"active": False}, {}))
    assert caught.value.code == "no-id"
    assert stub.calls == []


def test_what_the_list_does_not_show_yet_is_read_by_its_id():
    def route(request: Request) -> Response:
        if request.path.endswith("/vendors"):
            return page([])
        return json_response(vendor(7)) if request.path.endswith("/vendors/7") else Response(404)

    with serving(route) as (stub, client):
        assert list(VENDORS.fetch(client, ["7", "8"])) == ["7"]
    assert [call.path.rsplit("/", 1)[1] for call in stub.calls] == ["vendors", "7", "8"]


def test_every_absent_record_is_asked_for_by_its_id_however_many_there_are():
    asked = [str(number) for number in range(1, 61)]
    with serving(lambda r: page([]) if r.path.endswith("/vendors") else json_response(vendor(id_in(r)))) as (_, client):
        assert list(VENDORS.fetch(client, asked)) == asked


def id_in(request: Request) -> int:
    return int(request.path.rsplit("/", 1)[1])


def test_every_call_carries_the_key_the_token_and_the_tenant_and_asks_for_inactive_rows_too():
    with serving(deaf([vendor(1)]), page_size=77) as (stub, client):
        VENDORS.directory(client)
    [call] = stub.calls
    assert call.path == "/inventory/v2/tenant/1001/vendors"
    assert (call.headers["authorization"], call.headers["st-app-key"]) == (
        "Bearer canary-token-1",
        "ak1.canary-app-key",
    )
    assert call.query == [
        ("active", "Any"),
        ("externalDataApplicationGuid", GUID),
        ("page", "1"),
        ("pageSize", "77"),
    ]


def test_the_token_is_asked_for_in_a_form_and_only_once():
    with serving(deaf([])) as (stub, client):
        for _ in range(3):
            client.page(resources.VENDORS, ())
    assert stub.forms == ["grant_type=client_credentials&client_id=cid.canary-1001&client_secret=cs1.canary-1001"]


@pytest.mark.parametrize(
    ("key", "given", "sent"),
    [
        ("", {}, {"applicationGuid": GUID, "externalData": [{"key": SUPPLIER_KEY, "value": "m1"}]}),
        (
            "",
            {SUPPLIER_KEY: "m1", "sap-payment-terms": "NT30"},
            {
                "applicationGuid": GUID,
                "externalData": [{"key": SUPPLIER_KEY, "value": "m1"}, {"key": "sap-payment-terms", "value": "NT30"}],
            },
        ),
        (
            "5",
            {"sap-payment-terms": None},
            {
                "patchMode": "Merge",
                "applicationGuid": GUID,
                "externalData": [{"key": "sap-payment-terms", "value": None}],
            },
        ),
    ],
)
def test_external_data_is_written_under_our_guid_and_merged_so_that_other_keys_stay(key, given, sent):
    body = {"name": "A", "externalData": given}
    if not key:
        address = dict.fromkeys(("street", "unit", "city", "state", "zip", "country"), "")
        body |= {"active": True, "isTruckReplenishment": False, "taxRate": "0", "restrictedMobileCreation": False}
        body |= {"address": address}
    with serving(lambda request: json_response({"id": 5})) as (stub, client):
        result = VENDORS.send(client, Write("patch" if key else "create", key, body, {}, "" if key else "m1"))
    assert stub.calls[0].json()["externalData"] == sent
    assert result.key == "5"


def test_a_patch_without_external_data_mentions_none():
    with serving(lambda request: json_response({"id": 5})) as (stub, client):
        VENDORS.send(client, Write("patch", "5", {"active": False}, {}))
    assert (stub.calls[0].method, stub.calls[0].path) == ("PATCH", "/inventory/v2/tenant/1001/vendors/5")
    assert stub.calls[0].json() == {"active": False}


@pytest.mark.parametrize(
    "write",
    [
        Write("delete", "5", {}, {}),
        Write("patch", "", {}, {}),
        Write("create", "5", {}, {}),
        Write("cancel", "", {}, {}),
    ],
)
def test_a_write_that_the_api_does_not_have_is_not_sent(write):
    with serving(deaf([])) as (stub, client), pytest.raises(Misconfigured) as caught:
        PURCHASE_ORDERS.send(client, write)
    assert caught.value.code == "no-such-action"
    assert stub.calls == []


def test_business_units_take_nothing_but_external_data():
    with serving(lambda request: json_response({"id": 5})) as (stub, client):
        BUSINESS_UNITS.send(client, Write("patch", "5", {"externalData": {"sap-cost-center": "10101101"}}, {}))
        with pytest.raises(Misconfigured, match="has no member name"):
            BUSINESS_UNITS.send(client, Write("patch", "5", {"name": "New"}, {}))
    assert len(stub.calls) == 1


def test_a_read_only_connection_reads_but_sends_no_write():
    with serving(deaf([]), read_only=True) as (stub, client):
        VENDORS.directory(client)
        with pytest.raises(Misconfigured, match="read-only"):
            VENDORS.send(client, Write("patch", "5", {"active": False}, {}))
    assert [call.method for call in stub.calls] == ["GET"]
