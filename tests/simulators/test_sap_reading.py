"""Reading from the SAP simulator: literals, options, paging, wire formats, errors."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from tests.simulators.sap_service import CENTER_V2, CENTER_V4, COMPANY, ORDER_V2, ORDER_V4, PARTNER, SapService

STAMP = "2026-02-01T10:00:00.1234567Z"


def set_order(service: SapService, **values: object) -> None:
    service.control("change", {"entity": "PurchaseOrder", "key": "4500000030", "values": values, "touch": False})


@pytest.mark.parametrize(
    ("root", "filter_"),
    [
        (f"{PARTNER}/A_BusinessPartner", "LastChangeDateTime ge datetimeoffset'2026-01-01T00:00:00Z'"),
        (f"{ORDER_V2}/A_PurchaseOrder", "LastChangeDateTime ge datetime'2026-01-01T00:00:00'"),
        (f"{ORDER_V2}/A_PurchaseOrder", "LastChangeDateTime ge 2026-01-01T00:00:00Z"),
        (f"{ORDER_V2}/A_PurchaseOrder", "LastChangeDateTime ge '2026-01-01'"),
        (f"{ORDER_V2}/A_PurchaseOrder", "CreationDate ge datetimeoffset'2026-01-01T00:00:00Z'"),
        (f"{ORDER_V2}/A_PurchaseOrder", "CreationDate ge datetime'2026-13-01T00:00:00'"),
        (f"{ORDER_V2}/A_PurchaseOrder", "PurchaseOrder eq 4500000001"),
        (f"{ORDER_V2}/A_PurchaseOrder", "contains(Supplier,'17')"),
        (f"{ORDER_V2}/A_PurchaseOrder", "to_PurchaseOrderItem/Plant eq '1710'"),
        (f"{ORDER_V2}/A_PurchaseOrder", "PurchaseOrder eq 'x' and"),
        (f"{ORDER_V2}/A_PurchaseOrder", "(PurchaseOrder eq 'x'"),
        (f"{ORDER_V2}/A_PurchaseOrder", "PurchaseOrder in ('1','2')"),
        (f"{ORDER_V2}/A_PurchaseOrder", "PurchaseOrder"),
        (f"{ORDER_V2}/A_PurchaseOrderNote", "PlainLongText eq 'x'"),
        (f"{ORDER_V4}/PurchaseOrder", "LastChangeDateTime ge datetimeoffset'2026-01-01T00:00:00Z'"),
        (f"{ORDER_V4}/PurchaseOrder", "LastChangeDateTime ge 2026-01-01"),
        (f"{ORDER_V4}/PurchaseOrder", "CreationDate ge 2026-01-01T00:00:00Z"),
        (f"{ORDER_V4}/PurchaseOrder", "substringof('17',Supplier)"),
        (f"{ORDER_V4}/PurchaseOrder", "PurchasingDocumentDeletionCode eq ''"),
        (f"{ORDER_V4}/PurchaseOrder", "LastChangeDateTime gt null"),
    ],
)
def test_a_filter_that_the_real_service_cannot_read_is_refused(
    sap_service: SapService, root: str, filter_: str
) -> None:
    status, message = sap_service.error(f"{root}?$filter={filter_}")
    assert status == 400
    assert message


@pytest.mark.parametrize(
    ("root", "filter_"),
    [
        (f"{ORDER_V2}/A_PurchaseOrder", "LastChangeDateTime eq datetimeoffset'2026-02-01T10:00:00.1234567Z'"),
        (f"{ORDER_V2}/A_PurchaseOrder", "LastChangeDateTime eq datetimeoffset'2026-02-01T11:00:00.1234567+01:00'"),
        (f"{ORDER_V2}/A_PurchaseOrder", "datetimeoffset'2026-02-01T10:00:00.1234567Z' eq LastChangeDateTime"),
        (f"{ORDER_V2}/A_PurchaseOrder", "CorrespncExternalReference eq 'O''Hara' and ReleaseIsNotCompleted eq false"),
        (f"{ORDER_V2}/A_PurchaseOrder", "substringof('Har',CorrespncExternalReference) eq true"),
        (f"{ORDER_V2}/A_PurchaseOrder", "startswith(CorrespncExternalReference,'O''') and not (Supplier eq 'x')"),
        (f"{ORDER_V2}/A_PurchaseOrder", "endswith(CorrespncExternalReference,'ara') or Supplier eq 'x'"),
        (f"{ORDER_V2}/A_PurchaseOrder", "NetPaymentDays eq 17M"),
        (f"{ORDER_V2}/A_PurchaseOrder", "PurchaseOrderDate eq datetime'2026-02-03T00:00:00' and NetPaymentDays eq 17"),
        (f"{ORDER_V4}/PurchaseOrder", "LastChangeDateTime eq 2026-02-01T10:00:00.1234567Z"),
        (f"{ORDER_V4}/PurchaseOrder", "contains(CorrespncExternalReference,'''Har')"),
        (f"{ORDER_V4}/PurchaseOrder", "PurchaseOrderDate eq 2026-02-03 and NetPaymentDays eq 17"),
        (f"{ORDER_V4}/PurchaseOrder", "_PurchaseOrderItem/any(i:i/PurchaseOrderItemText eq 'Only here')"),
    ],
)
def test_a_filter_finds_exactly_its_rows(sap_service: SapService, root: str, filter_: str) -> None:
    values = {"CorrespncExternalReference": "O'Hara", "NetPaymentDays": 17, "PurchaseOrderDate": "2026-02-03"}
    set_order(sap_service, **{**values, "LastChangeDateTime": STAMP})
    item = {"entity": "PurchaseOrderItem", "key": ["4500000030", "10"], "touch": False}
    sap_service.control("change", {**item, "values": {"PurchaseOrderItemText": "Only here"}})
    assert [row["PurchaseOrder"] for row in sap_service.rows(f"{root}?$filter={filter_}")] == ["4500000030"]


def test_v2_shows_milliseconds_of_a_stamp_with_seven_digits(sap_service: SapService) -> None:
    set_order(sap_service, LastChangeDateTime=STAMP)
    v2 = sap_service.get(f"{ORDER_V2}/A_PurchaseOrder('4500000030')")["d"]
    v4 = sap_service.get(f"{ORDER_V4}/PurchaseOrder('4500000030')")
    assert v2["LastChangeDateTime"] == "/Date(1769940000123+0000)/"
    assert v4["LastChangeDateTime"] == STAMP
    shown = "LastChangeDateTime eq datetimeoffset'2026-02-01T10:00:00.123Z'"
    assert sap_service.rows(f"{ORDER_V2}/A_PurchaseOrder?$filter={shown}") == []


def test_orders_without_a_stamp_are_never_in_a_delta(sap_service: SapService) -> None:
    unstamped = sap_service.rows(f"{ORDER_V2}/A_PurchaseOrder?$filter=LastChangeDateTime eq null")
    assert [row["PurchaseOrder"] for row in unstamped] == ["4500000001"]
    assert unstamped[0]["LastChangeDateTime"] is None
    everything = "LastChangeDateTime ge datetimeoffset'1970-01-01T00:00:00Z'"
    assert len(sap_service.rows(f"{ORDER_V2}/A_PurchaseOrder?$filter={everything}")) == 59


def test_values_are_written_as_each_version_writes_them(sap_service: SapService) -> None:
    item = {"entity": "PurchaseOrderItem", "key": ["4500000030", "10"]}
    values = {"NetPriceAmount": "1511.63", "OrderQuantity": "40", "TaxDeterminationDate": "1969-12-31"}
    sap_service.control("change", {**item, "values": values})
    path = "(PurchaseOrder='4500000030',PurchaseOrderItem='10')"
    v2 = sap_service.get(f"{ORDER_V2}/A_PurchaseOrderItem{path}")["d"]
    v4 = sap_service.get(f"{ORDER_V4}/PurchaseOrderItem{path}")
    assert (v2["NetPriceAmount"], v2["OrderQuantity"], v2["ProductType"]) == ("1511.63", "40", v4["ProductTypeCode"])
    assert (v2["TaxDeterminationDate"], v4["TaxDeterminationDate"]) == ("/Date(-86400000)/", "1969-12-31")
    assert (v4["NetPriceAmount"], v4["OrderQuantity"]) == (Decimal("1511.63"), 40)
    assert v4["SAP__Messages"] == []
    text = sap_service.get(f"{ORDER_V4}/PurchaseOrderItem{path}", accept="application/json;IEEE754Compatible=true")
    assert text["NetPriceAmount"] == "1511.63"


def test_cost_centers_differ_in_form_but_not_in_content(sap_service: SapService) -> None:
    key = {"ControllingArea": "A000", "CostCenter": "10101101", "ValidityEndDate": "9999-12-31"}
    blocked = {"IsBlkdForPrimaryCostsPosting": True}
    sap_service.control("change", {"entity": "CostCenter", "key": key, "values": blocked})
    v2_key = "ControllingArea='A000',CostCenter='10101101',ValidityEndDate=datetime'9999-12-31T00:00:00'"
    v2 = sap_service.get(f"{CENTER_V2}/A_CostCenter({v2_key})?$expand=to_Text")["d"]
    v4_key = "ControllingArea='A000',CostCenter='10101101',ValidityEndDate=9999-12-31"
    v4 = sap_service.get(f"{CENTER_V4}/A_CostCenter_2({v4_key})?$expand=_CostCenterText")
    assert (v2["IsBlkdForPrimaryCostsPosting"], v4["IsBlkdForPrimaryCostsPosting"]) == ("X", True)
    assert (v2["IsBlockedForRevenuePosting"], v4["IsBlockedForRevenuePosting"]) == ("", False)
    assert (v2["ValidityEndDate"], v4["ValidityEndDate"]) == ("/Date(253402214400000)/", "9999-12-31")
    assert v2["to_Text"]["results"][0]["CostCenterName"] == "HVAC Service 01"
    assert v4["_CostCenterText"][0]["CostCenterName"] == v4["CostCenterName"] == "HVAC Service 01"
    found = sap_service.rows(f"{CENTER_V2}/A_CostCenter?$filter=IsBlkdForPrimaryCostsPosting eq 'X'")
    assert [row["CostCenter"] for row in found] == ["10101101"]


def test_a_partner_has_no_change_time_stamp_but_a_date_and_a_time(sap_service: SapService) -> None:
    values = {"LastChangeDate": "2026-02-01", "LastChangeTime": "07:53:50"}
    change = {"entity": "BusinessPartner", "key": "1000003", "values": values, "touch": False}
    sap_service.control("change", change)
    filter_ = (
        "(LastChangeDate gt datetime'2026-02-01T00:00:00') or (LastChangeDate eq datetime'2026-02-01T00:00:00'"
        " and LastChangeTime ge time'PT07H53M50S') or (CreationDate ge datetime'2026-02-01T00:00:00')"
    )
    rows = sap_service.rows(f"{PARTNER}/A_BusinessPartner?$filter={filter_}&$orderby=BusinessPartner")
    assert [row["BusinessPartner"] for row in rows] == ["1000003"]
    assert (rows[0]["LastChangeDate"], rows[0]["LastChangeTime"]) == ("/Date(1769904000000)/", "PT07H53M50S")
    later = filter_.replace("50S", "51S")
    assert sap_service.rows(f"{PARTNER}/A_BusinessPartner?$filter={later}") == []


def test_v2_lists_pages_counts_and_addresses(sap_service: SapService) -> None:
    sap_service.control("settings", {"v2_page_size": 25})
    path = f"{ORDER_V2}/A_PurchaseOrder?$inlinecount=allpages&$select=PurchaseOrder&sap-client=100"
    first = sap_service.get(path)["d"]
    assert (len(first["results"]), first["__count"]) == (25, "60")
    assert first["__next"].startswith(f"http://sap.test{ORDER_V2}/A_PurchaseOrder?")
    seen = [row["PurchaseOrder"] for row in first["results"]]
    link = first["__next"]
    while link:
        page = sap_service.get(link.removeprefix("http://sap.test"))["d"]
        seen += [row["PurchaseOrder"] for row in page["results"]]
        link = page.get("__next")
    assert seen == [str(4_500_000_001 + place) for place in range(60)]


def test_v4_next_links_are_relative_and_obey_the_preference(sap_service: SapService) -> None:
    path = f"{ORDER_V4}/PurchaseOrder?$select=PurchaseOrder&$count=true&$filter=Supplier ne 'it''s'"
    seen: list[str] = []
    sizes = []
    link = path.removeprefix(f"{ORDER_V4}/")
    while link:
        answer = sap_service.send("GET", f"{ORDER_V4}/{link}".replace("%20", " "), prefer="odata.maxpagesize=25")
        page = answer.json()
        assert answer.header("preference-applied") == "odata.maxpagesize=25"
        assert page["@odata.count"] == 60
        sizes.append(len(page["value"]))
        seen += [row["PurchaseOrder"] for row in page["value"]]
        link = page.get("@odata.nextLink", "")
        assert not link.startswith(("http", "/"))
    assert (sizes, len(set(seen))) == ([25, 25, 10], 60)


def test_top_within_the_page_size_has_no_next_link(sap_service: SapService) -> None:
    sap_service.control("settings", {"v2_page_size": 25})
    assert "__next" not in sap_service.get(f"{ORDER_V2}/A_PurchaseOrder?$top=25")["d"]
    page = sap_service.get(f"{ORDER_V2}/A_PurchaseOrder?$top=30&$skip=5")["d"]
    rest = sap_service.rows(page["__next"].removeprefix("http://sap.test"))
    assert [row["PurchaseOrder"] for row in rest] == [str(4_500_000_031 + place) for place in range(5)]


def test_twenty_rows_of_one_stamp_are_ordered_by_key_across_pages(sap_service: SapService) -> None:
    keys = [str(4_500_000_020 + place) for place in range(20)]
    sap_service.control("change", {"entity": "PurchaseOrder", "keys": keys, "stamp": STAMP})
    order = "$orderby=LastChangeDateTime,PurchaseOrder&$select=PurchaseOrder"
    first = f"$filter=LastChangeDateTime ge {STAMP}&$top=15&{order}"
    page = [row["PurchaseOrder"] for row in sap_service.rows(f"{ORDER_V4}/PurchaseOrder?{first}")]
    assert page == keys[:15]
    rest = f"$filter=LastChangeDateTime eq {STAMP} and PurchaseOrder gt '{page[-1]}'&{order}"
    assert [row["PurchaseOrder"] for row in sap_service.rows(f"{ORDER_V4}/PurchaseOrder?{rest}")] == keys[15:]


def test_a_row_may_be_committed_behind_the_present(sap_service: SapService) -> None:
    sap_service.control("clock", {"now": "2026-03-02T12:00:00Z", "frozen": True})
    sap_service.control("change", {"entity": "PurchaseOrder", "key": "4500000040"})
    late = "2026-03-02T11:59:58.0000000Z"
    sap_service.control("change", {"entity": "PurchaseOrder", "key": "4500000041", "stamp": late})
    newest = sap_service.rows(f"{ORDER_V4}/PurchaseOrder?$orderby=LastChangeDateTime desc&$top=2")
    assert [row["PurchaseOrder"] for row in newest] == ["4500000040", "4500000041"]
    assert newest[1]["LastChangeDateTime"] == late
    since = f"LastChangeDateTime ge {newest[0]['LastChangeDateTime']}"
    rows = sap_service.rows(f"{ORDER_V4}/PurchaseOrder?$filter={since}")
    assert [row["PurchaseOrder"] for row in rows] == ["4500000040"]


def test_v2_shows_what_was_selected_and_expanded_only(sap_service: SapService) -> None:
    select = "PurchaseOrder,to_PurchaseOrderItem/PurchaseOrderItem,to_PurchaseOrderItem/to_AccountAssignment/CostCenter"
    expand = "to_PurchaseOrderItem/to_AccountAssignment"
    row = sap_service.rows(f"{ORDER_V2}/A_PurchaseOrder?$top=1&$skip=30&$select={select}&$expand={expand}")[0]
    assert set(row) == {"__metadata", "PurchaseOrder", "to_PurchaseOrderItem"}
    item = row["to_PurchaseOrderItem"]["results"][0]
    assert set(item) == {"__metadata", "PurchaseOrderItem", "to_AccountAssignment"}
    assert set(item["to_AccountAssignment"]["results"][0]) == {"__metadata", "CostCenter"}
    plain = sap_service.rows(f"{ORDER_V2}/A_PurchaseOrder?$top=1&$select=PurchaseOrder&$expand={expand}")[0]
    assert set(plain) == {"__metadata", "PurchaseOrder"}


def test_v2_rows_carry_their_address_and_deferred_links(sap_service: SapService) -> None:
    row = sap_service.get(f"{ORDER_V2}/A_PurchaseOrder('4500000030')")["d"]
    uri = f"http://sap.test{ORDER_V2}/A_PurchaseOrder('4500000030')"
    kind = "API_PURCHASEORDER_PROCESS_SRV.A_PurchaseOrderType"
    assert row["__metadata"] == {"id": uri, "uri": uri, "type": kind}
    assert row["to_PurchaseOrderItem"] == {"__deferred": {"uri": f"{uri}/to_PurchaseOrderItem"}}


def test_v4_expands_with_inner_options(sap_service: SapService) -> None:
    inner = (
        "$select=PurchaseOrderItem;$top=1;$orderby=PurchaseOrderItem desc;$expand=_DeliveryAddress($select=CityName)"
    )
    path = f"{ORDER_V4}/PurchaseOrder('4500000030')?$select=PurchaseOrder&$expand=_PurchaseOrderItem({inner})"
    row = sap_service.get(path)
    assert set(row) == {"@odata.context", "PurchaseOrder", "_PurchaseOrderItem"}
    everything = sap_service.rows(f"{ORDER_V4}/PurchaseOrder('4500000030')/_PurchaseOrderItem")
    assert [item["PurchaseOrderItem"] for item in row["_PurchaseOrderItem"]] == [everything[-1]["PurchaseOrderItem"]]
    assert set(row["_PurchaseOrderItem"][0]) == {"PurchaseOrderItem", "_DeliveryAddress"}


def test_an_item_without_an_address_shows_that_of_its_plant(sap_service: SapService) -> None:
    item = sap_service.rows(
        f"{ORDER_V2}/A_PurchaseOrderItem?$filter=Plant eq '1720' and DeliveryAddressID eq ''&$top=1"
    )[0]
    assert (item["DeliveryAddressName"], item["DeliveryAddressCityName"]) == ("Desert Branch", "Phoenix")
    key = f"(PurchaseOrder='{item['PurchaseOrder']}',PurchaseOrderItem='{item['PurchaseOrderItem']}')"
    address = sap_service.get(f"{ORDER_V4}/PurchaseOrderItem{key}/_DeliveryAddress")
    assert (address["OrganizationName1"], address["CityName"]) == ("Desert Branch", "Phoenix")


def test_mobile_and_fixed_phones_come_by_different_ways(sap_service: SapService) -> None:
    expand = "to_BusinessPartnerAddress/to_PhoneNumber,to_BusinessPartnerAddress/to_MobilePhoneNumber"
    rows = sap_service.rows(f"{PARTNER}/A_BusinessPartner?$expand={expand}")
    addresses = [address for row in rows for address in row["to_BusinessPartnerAddress"]["results"]]
    kinds = {
        name: {phone["PhoneNumberType"] for address in addresses for phone in address[name]["results"]}
        for name in ("to_PhoneNumber", "to_MobilePhoneNumber")
    }
    assert kinds == {"to_PhoneNumber": {"1"}, "to_MobilePhoneNumber": {"3"}}


def test_the_supplier_of_a_partner_is_one_row_or_null(sap_service: SapService) -> None:
    row = sap_service.get(f"{PARTNER}/A_BusinessPartner('1000001')?$expand=to_Supplier/to_SupplierCompany")["d"]
    assert row["to_Supplier"]["Supplier"] == row["Supplier"] == "17300001"
    assert row["to_Supplier"]["to_SupplierCompany"]["results"][0]["CompanyCode"] == "1710"
    sap_service.control("change", {"entity": "BusinessPartner", "key": "1000001", "values": {"Supplier": ""}})
    assert sap_service.get(f"{PARTNER}/A_BusinessPartner('1000001')?$expand=to_Supplier")["d"]["to_Supplier"] is None


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        (f"{ORDER_V2}/A_PurchaseOrder('nope')", 404, "Resource not found for segment 'A_PurchaseOrderType'"),
        (f"{ORDER_V2}/A_Nothing", 404, "Resource not found for segment 'A_Nothing'"),
        (f"{ORDER_V4}/Nothing", 404, "Resource not found for the segment 'Nothing'."),
        (f"{ORDER_V2}/A_PurchaseOrder?$select=Nope", 400, "Property 'Nope' is invalid"),
        (f"{ORDER_V2}/A_PurchaseOrder?$expand=to_Nope", 400, "Property 'to_Nope' is invalid"),
        (f"{ORDER_V4}/PurchaseOrder?$expand=_PurchaseOrderItem($select=Nope)", 400, "Property 'Nope' is invalid"),
        (f"{ORDER_V2}/A_PurchaseOrder?$orderby=Nope", 400, "Property 'Nope' is invalid"),
        (f"{ORDER_V2}/A_PurchaseOrder?$top=-1", 400, "Invalid value '-1' of $top"),
        (f"{ORDER_V2}/A_PurchaseOrder?$count=true", 400, "The query option '$count' is not allowed here"),
        (f"{ORDER_V4}/PurchaseOrder?$inlinecount=allpages", 400, "The query option '$inlinecount' is not allowed here"),
        (
            f"{ORDER_V2}/A_PurchaseOrder('4500000030')?$filter=Supplier eq ''",
            400,
            "The query option '$filter' is not allowed for a single entity",
        ),
        (
            f"{ORDER_V2}/A_PurchaseOrderItem('4500000030')",
            400,
            "Invalid key predicate type for segment 'A_PurchaseOrderItem'",
        ),
        (f"{ORDER_V2}/A_PurchaseOrderNote?$orderby=Nope desc asc", 400, "Invalid $orderby: Nope desc asc"),
    ],
)
def test_what_does_not_exist_is_said_so(sap_service: SapService, path: str, status: int, text: str) -> None:
    assert sap_service.error(path) == (status, text)


def test_delivery_addresses_are_readable_by_navigation_only(sap_service: SapService) -> None:
    assert sap_service.error(f"{ORDER_V4}/PurOrderItemDeliveryAddress")[0] == 405


def test_error_bodies_have_the_members_of_their_version(sap_service: SapService) -> None:
    v2 = sap_service.send("GET", f"{ORDER_V2}/A_PurchaseOrder('nope')").json()["error"]
    assert (v2["code"], v2["message"]["lang"]) == ("/IWBEP/CM_MGW_RT/020", "en")
    assert re.fullmatch(r"[0-9A-F]{32}", v2["innererror"]["transactionid"])
    assert v2["innererror"]["errordetails"][-1]["code"] == "/IWBEP/CX_MGW_BUSI_EXCEPTION"
    assert v2["innererror"]["application"]["service_id"] == "API_PURCHASEORDER_PROCESS_SRV"
    v4 = sap_service.send("GET", f"{ORDER_V4}/Nothing").json()["error"]
    assert isinstance(v4["message"], str)
    assert v4["@SAP__common.ExceptionCategory"] == "Client_Error"
    assert re.fullmatch(r"[0-9A-F]{32}", v4["innererror"]["ErrorDetails"]["@SAP__common.TransactionId"])


def test_v2_answers_atom_unless_json_is_asked_for(sap_service: SapService) -> None:
    atom = sap_service.send("GET", f"{COMPANY}/A_CompanyCode", accept="*/*")
    assert atom.header("content-type").startswith("application/atom+xml")
    assert len(sap_service.rows(f"{COMPANY}/A_CompanyCode?$format=json", accept="*/*")) == 3


def test_counts_are_plain_text(sap_service: SapService) -> None:
    assert sap_service.send("GET", f"{ORDER_V4}/PurchaseOrder/$count").body == b"60"
    assert sap_service.send("GET", f"{ORDER_V2}/A_PurchaseOrder/$count?$filter=Supplier eq 'x'").body == b"0"


def test_single_properties_can_be_read(sap_service: SapService) -> None:
    path = f"{COMPANY}/A_CompanyCode('1710')/Currency"
    assert sap_service.get(path) == {"d": {"Currency": "USD"}}
    assert sap_service.send("GET", f"{path}/$value").body == b"USD"


def test_an_older_release_lacks_what_came_later(sap_service: SapService) -> None:
    sap_service.control("settings", {"release": "2021"})
    assert b"PurchasingCollectiveNumber" not in sap_service.send("GET", f"{ORDER_V2}/$metadata").body
    assert sap_service.error(f"{ORDER_V2}/A_PurchaseOrder?$select=PurchasingCollectiveNumber")[0] == 400
    sap_service.control("settings", {"release": "cloud"})
    assert b"PurchasingCollectiveNumber" in sap_service.send("GET", f"{ORDER_V2}/$metadata").body


def test_indexes_and_walks_find_the_same_rows(sap_service: SapService) -> None:
    """Every plan for a filter must give what looking at each row gives."""
    parts = [
        "PurchaseOrder gt '4500000020'",
        "PurchaseOrder le '4500000050'",
        "LastChangeDateTime ge 2026-01-01T00:00:00Z",
        "LastChangeDateTime lt 2026-02-20T00:00:00Z",
        "CorrespncInternalReference eq ''",
        "not (PurchaseOrder eq '4500000033')",
    ]
    rows = sap_service.rows(f"{ORDER_V4}/PurchaseOrder")

    def passes(row: dict[str, Any]) -> list[bool]:
        stamp = row["LastChangeDateTime"] or ""
        number = row["PurchaseOrder"]
        early = "" < stamp < "2026-02-20"
        return [number > "4500000020", number <= "4500000050", stamp >= "2026-01-01", early, True, number[-2:] != "33"]

    for word, combine in (("and", all), ("or", any)):
        for order in ("PurchaseOrder", "LastChangeDateTime,PurchaseOrder", "LastChangeDateTime desc", "Supplier"):
            for size in range(1, len(parts) + 1):
                filter_ = f" {word} ".join(f"({part})" for part in parts[:size])
                found = sap_service.rows(f"{ORDER_V4}/PurchaseOrder?$filter={filter_}&$orderby={order}")
                expected = {row["PurchaseOrder"] for row in rows if combine(passes(row)[:size])}
                assert {row["PurchaseOrder"] for row in found} == expected
                assert len(found) == len(expected)
                column = order.split(",")[0].split()[0]
                values = [row[column] or "" for row in found]
                assert values == sorted(values, reverse=order.endswith("desc"))
