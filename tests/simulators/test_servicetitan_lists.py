"""Lists and export feeds: paging, defaults, windows, sorting, lag; nulls and words that no document knows."""

from __future__ import annotations

from typing import Any

import pytest

from simulators.servicetitan.simulator import ServiceTitan
from tests.simulators.servicetitan_service import ADDRESS, VENDOR, Service


def _clock(service: Service, now: str) -> None:
    service.control("POST", "clock", {"now": now, "frozen": True})


def _vendors(service: Service, number: int) -> list[int]:
    return [service.ok("POST", "inventory/vendors", {**VENDOR, "name": f"V{it}"})["id"] for it in range(number)]


def test_pages_are_followed_by_has_more(service: Service) -> None:
    ids = _vendors(service, 5)
    first = service.ok("GET", "inventory/vendors?pageSize=2")
    assert (first["page"], first["pageSize"], first["hasMore"], first["totalCount"]) == (1, 2, True, None)
    assert [row["id"] for row in first["data"]] == ids[:2]
    last = service.ok("GET", "inventory/vendors?page=3&pageSize=2&includeTotal=true")
    assert ([row["id"] for row in last["data"]], last["hasMore"], last["totalCount"]) == (ids[4:], False, 5)


def test_a_page_has_fifty_rows_unless_asked_otherwise(service: Service) -> None:
    answer = service.ok("GET", "pricebook/materials")
    assert (answer["pageSize"], len(answer["data"]), answer["hasMore"]) == (50, 50, True)


@pytest.mark.parametrize(
    ("query", "member"),
    [
        ("page=0", "Page"),
        ("pageSize=5001", "PageSize"),
        ("page=x", "Page"),
        ("includeTotal=maybe", "IncludeTotal"),
        ("active=Yes", "Active"),
        ("modifiedOnOrAfter=yesterday", "ModifiedOnOrAfter"),
        ("sort=%2BMood", "Sort"),
    ],
)
def test_a_value_that_cannot_be_read_is_a_400_naming_the_parameter(service: Service, query: str, member: str) -> None:
    assert set(service.errors("GET", f"inventory/vendors?{query}")) == {member}


def test_lists_hide_inactive_rows_unless_asked(service: Service) -> None:
    active = service.vendor()
    inactive = service.vendor(active=False)
    assert service.ids("inventory/vendors") == [active]
    assert service.ids("inventory/vendors?active=Any") == [active, inactive]
    assert service.ids("inventory/vendors?active=False") == [inactive]
    assert service.ok("GET", f"inventory/vendors/{inactive}")["active"] is False


def test_at_most_fifty_ids(service: Service) -> None:
    ids = ",".join(str(it) for it in range(1, 52))
    assert set(service.errors("GET", f"inventory/purchase-orders?ids={ids}")) == {"Ids"}


def test_windows_include_their_start_and_exclude_their_end(service: Service) -> None:
    _clock(service, "2026-01-31T08:00:00Z")
    (first,) = _vendors(service, 1)
    _clock(service, "2026-01-31T08:10:00Z")
    (second,) = _vendors(service, 1)
    path = "inventory/vendors?modifiedOnOrAfter=2026-01-31T08:00:00Z&modifiedBefore="
    assert service.ids(path + "2026-01-31T08:10:00Z") == [first]
    assert service.ids(path + "2026-01-31T08:10:01Z") == [first, second]
    assert service.ids("inventory/vendors?createdOnOrAfter=2026-01-31T08:10:00Z") == [second]
    service.ok("PATCH", f"inventory/vendors/{first}", {"memo": "later"})
    assert service.ids("inventory/vendors?modifiedOnOrAfter=2026-01-31T08:10:00Z") == [first, second]
    assert service.ids("inventory/vendors?createdBefore=2026-01-31T08:10:00Z") == [first]


def test_sorting_needs_an_encoded_plus_sign(service: Service) -> None:
    _clock(service, "2026-01-31T08:00:00Z")
    first, second = _vendors(service, 2)
    _clock(service, "2026-01-31T08:10:00Z")
    service.ok("PATCH", f"inventory/vendors/{first}", {"memo": "later"})
    assert service.ids("inventory/vendors?sort=%2BModifiedOn") == [second, first]
    assert service.ids("inventory/vendors?sort=-Id") == [second, first]
    assert service.ids("inventory/vendors?sort=+ModifiedOn") == [first, second]
    assert service.control("GET", "log")["ignored"] == {"Vendors_GetList?sort= ModifiedOn": 1}


def test_orders_are_filtered_by_status_job_and_dates(service: Service) -> None:
    job, vendor = service.ids("jpm/jobs?number=2005")[0], service.vendor()
    plain = service.order(vendorId=vendor)
    ofjob = service.order(vendorId=vendor, jobId=job, date="2026-03-01")
    service.edit("purchase-orders", plain, status="Sent")
    assert service.ids("inventory/purchase-orders?status=Sent") == [plain]
    assert service.ids(f"inventory/purchase-orders?jobId={job}") == [ofjob]
    assert service.ids(f"inventory/purchase-orders?jobIds={job},1") == [ofjob]
    assert service.ids("inventory/purchase-orders?number=2005-001") == [ofjob]
    assert service.ids("inventory/purchase-orders?dateOnOrAfter=2026-03-01&dateBefore=2026-03-02") == [ofjob]
    assert service.ids("inventory/purchase-orders?sentOnOrAfter=2020-01-01") == [plain]


def test_there_is_no_filter_by_vendor_or_memo(service: Service) -> None:
    number = service.order()
    assert service.ids("inventory/purchase-orders?vendorId=1&memo=nothing") == [number]
    ignored = {"PurchaseOrders_GetList?vendorId": 1, "PurchaseOrders_GetList?memo": 1}
    assert service.control("GET", "log")["ignored"] == ignored


def test_lists_lag_behind_and_get_by_id_does_not(service: Service) -> None:
    _clock(service, "2026-01-31T08:00:00Z")
    service.switch(list_lag_seconds=180)
    number = service.vendor()
    assert (service.ids("inventory/vendors"), service.ids(f"inventory/vendors?ids={number}")) == ([], [number])
    assert service.ok("GET", f"inventory/vendors/{number}")["id"] == number
    service.control("POST", "clock", {"advance": 179})
    assert service.ids("inventory/vendors") == []
    service.control("POST", "clock", {"advance": 1})
    assert service.ids("inventory/vendors") == [number]


def test_changes_lag_as_creations_do(service: Service) -> None:
    _clock(service, "2026-01-31T08:00:00Z")
    number = service.vendor()
    service.switch(list_lag_seconds=60)
    service.ok("PATCH", f"inventory/vendors/{number}", {"memo": "new"})
    assert service.rows("inventory/vendors")[0]["memo"] == ""
    assert service.rows(f"inventory/vendors?ids={number}")[0]["memo"] == "new"
    service.switch(lag_ids=True)
    assert service.rows(f"inventory/vendors?ids={number}")[0]["memo"] == ""
    service.switch(lag_get=True)
    assert service.ok("GET", f"inventory/vendors/{number}")["memo"] == ""
    service.control("POST", "clock", {"advance": 60})
    assert service.rows("inventory/vendors")[0]["memo"] == "new"


def test_an_order_whose_answer_was_lost_is_found_by_its_creation_window_after_the_lag(service: Service) -> None:
    _clock(service, "2026-01-31T08:00:00Z")
    service.switch(list_lag_seconds=2)
    number = service.order()
    window = "inventory/purchase-orders?createdOnOrAfter=2026-01-31T07:55:00Z"
    assert service.ids(window) == []
    service.control("POST", "clock", {"advance": 2})
    assert [row["summary"] for row in service.rows(window)] == ["SAP 4500000001, already ordered"]
    assert service.ids(window) == [number]


def _feed(service: Service, path: str, start: str = "", **query: str) -> tuple[list[int], list[int], str]:
    """Ids of all pieces, the sizes of the pieces, and the last token."""
    ids: list[int] = []
    sizes: list[int] = []
    more = "".join(f"&{name}={value}" for name, value in query.items())
    while True:
        answer = service.ok("GET", f"{path}?from={start}{more}")
        ids += [row["id"] for row in answer["data"]]
        sizes.append(len(answer["data"]))
        start = answer["continueFrom"]
        if not answer["hasMore"]:
            return ids, sizes, start


def test_a_feed_gives_all_rows_in_pieces_with_inactive_ones_and_a_token_at_the_end(service: Service) -> None:
    service.switch(export_page_size=150)
    ids, sizes, token = _feed(service, "pricebook/export/materials")
    assert (len(ids), len(set(ids)), sizes) == (382, 382, [150, 150, 82])
    again = service.ok("GET", f"pricebook/export/materials?from={token}")
    assert (again["data"], again["hasMore"], again["continueFrom"]) == ([], False, token)
    inactive = [row for row in service.rows("pricebook/materials?active=False") if row["id"] in ids]
    assert [row["code"] for row in inactive] == ["HV-18001"]


def test_a_feed_goes_on_with_what_changed_since_the_token(service: Service) -> None:
    vendor = service.vendor()
    first, second = service.order(vendorId=vendor), service.order(vendorId=vendor)
    ids, _, token = _feed(service, "inventory/export/purchase-orders")
    assert ids == [first, second]
    service.ok("PATCH", f"inventory/purchase-orders/{first}", {"memo": "changed"})
    assert _feed(service, "inventory/export/purchase-orders", token)[0] == [first]


def test_recent_changes_are_repeated_when_asked_for(service: Service) -> None:
    _clock(service, "2026-01-31T08:00:00Z")
    number = service.order()
    _, _, token = _feed(service, "inventory/export/purchase-orders", includeRecentChanges="true")
    assert _feed(service, "inventory/export/purchase-orders", token, includeRecentChanges="true")[0] == [number]
    service.control("POST", "clock", {"advance": 600})
    _, _, token = _feed(service, "inventory/export/purchase-orders", token, includeRecentChanges="true")
    assert _feed(service, "inventory/export/purchase-orders", token, includeRecentChanges="true")[0] == []


def test_a_feed_can_start_at_a_date_and_refuses_nonsense(service: Service) -> None:
    _clock(service, "2026-01-31T08:00:00Z")
    service.order()
    assert _feed(service, "inventory/export/purchase-orders", "2026-02-01")[0] == []
    assert set(service.errors("GET", "inventory/export/purchase-orders?from=nonsense!")) == {"From"}


def test_there_is_no_feed_of_vendors_or_receipts(service: Service) -> None:
    paths = ("inventory/export/vendors", "inventory/export/receipts", "accounting/export/ap-bills")
    assert [service.send("GET", path).status for path in paths] == [404, 404, 404]


def test_the_pricebook_is_searched_in_part_but_not_by_code_alone(service: Service) -> None:
    codes = [row["code"] for row in service.rows("pricebook/materials?searchText=HV-1000")]
    assert codes == [f"HV-{it}" for it in range(10_001, 10_010)]
    assert set(service.errors("GET", "pricebook/materials?searchText=H")) == {"SearchText"}


def test_real_tenants_nulls_and_words_can_be_had(service: Service) -> None:
    vendors = _vendors(service, 6)
    service.switch(nulls=True, unknown_enums=True)
    rows = service.rows("inventory/vendors?active=Any")
    assert [row["id"] for row in rows] == vendors
    assert any(row["name"] is None for row in rows)
    assert {row["deliveryOption"] for row in rows} == {"Manual", "SomethingNew"}


def test_pages_of_one_question_agree_while_nothing_changes_and_see_changes_at_once(service: Service) -> None:
    ids = _vendors(service, 3)
    assert service.ids("inventory/vendors?pageSize=2") == ids[:2]
    service.ok("PATCH", f"inventory/vendors/{ids[0]}", {"active": False})
    assert service.ids("inventory/vendors?pageSize=2") == ids[1:]


def test_the_same_seed_makes_the_same_world() -> None:
    def world(seed: int) -> dict[str, Any]:
        titan = ServiceTitan(None)
        titan.clock.set(titan.clock.now().replace(microsecond=0), frozen=True)
        titan.seed(seed, [1001], [{"name": "Copper and Sons", "phone": "650-555-0100", "address": ADDRESS}])
        tables: dict[str, list[dict[str, Any]]] = titan.state()["tenants"]["1001"]
        stamps = ("createdOn", "modifiedOn", "completedOn", "tenant")
        return {
            kind: [{k: v for k, v in row.items() if k not in stamps} for row in rows] for kind, rows in tables.items()
        }

    assert world(7) == world(7)
    assert world(7)["materials"] != world(8)["materials"]
    assert [row["contactInfo"]["phone"] for row in world(7)["vendors"]] == ["650-555-0100"]


def test_the_seed_follows_the_conventions(service: Service) -> None:
    units = service.rows("settings/business-units")
    assert [(row["accountCode"], row["currency"]) for row in (units[0], units[11])] == [
        ("10101101", "USD"),
        ("10101112", "EUR"),
    ]
    names = [row["name"] for row in service.rows("inventory/warehouses")]
    assert names == ["Warehouse 1710", "Warehouse 1720", "Warehouse 1730"]
    assert len(service.rows("inventory/trucks")) == 6
    assert [row["code"] for row in service.rows("pricebook/materials?searchText=SERVICE-LINE")] == ["SERVICE-LINE"]
    assert service.rows("jpm/jobs?number=2059")[0]["jobStatus"] == "Canceled"
    assert [row["name"] for row in service.rows("accounting/payment-terms")] == [
        "Net 30",
        "Net 45",
        "Net 60",
        "Due on receipt",
    ]
