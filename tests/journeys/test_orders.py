"""Orders of SAP as they arrive in ServiceTitan, over real HTTP: lines, units, money, references, and obstacles."""

from __future__ import annotations

from typing import Any

import pytest

from integrations import document_index
from integrations.finding import having
from integrations.models import Delivery
from tenants import schema
from tests.journeys.conftest import MakeWorld
from tests.journeys.ordering import HVAC, INSTALL, PIPE, SUPPLIER, Ordering


@pytest.fixture
def opened(make_world: MakeWorld) -> Ordering:
    return Ordering(make_world(suppliers=3, orders=0, invoices=0)).open()


def test_a_single_line_arrives_with_everything_that_servicetitan_requires(opened: Ordering) -> None:
    order = opened.order()
    opened.sync()
    row, source = opened.there(order), opened.in_sap(order)
    assert row["status"] == "Pending"
    assert row["summary"].startswith(f"SAP {order} is already ordered: do not send it to the vendor.")
    assert str(row["vendorId"]) == opened.world.target_of("vendors", SUPPLIER)
    assert str(row["businessUnitId"]) == opened.mapped("cost-center", HVAC)
    assert str(row["inventoryLocationId"]) == opened.mapped("plant", "1710")
    assert row["date"][:10] == source["PurchaseOrderDate"]
    assert (
        row["requiredOn"][:10] == source["PurchaseOrderItem"][0]["PurchaseOrderSchedule"][0]["ScheduleLineDeliveryDate"]
    )
    (line,) = row["items"]
    assert str(line["skuId"]) == opened.mapped("material", "HV-10001")
    assert (opened.lines(order), float(row["tax"]), float(row["total"])) == ([("10", "2", "10")], 0, 20)
    assert opened.crosswalk(order) == {"10": str(line["id"])}


def test_several_items_are_one_order_and_never_split(opened: Ordering) -> None:
    items = [{**PIPE, "quantity": str(n), "price": str(n)} for n in range(1, 8)]
    order = opened.order(*items)
    opened.sync()
    assert opened.lines(order) == [(f"{n}0", str(n), str(n)) for n in range(1, 8)]
    assert len(opened.world.titan("purchase-orders")) == 1


def test_several_cost_centers_give_the_unit_of_the_largest_and_the_memo_names_all(opened: Ordering) -> None:
    order = opened.order({**PIPE, "quantity": "3"}, {**PIPE, "quantity": "7", "center": INSTALL})
    opened.sync()
    row = opened.there(order)
    assert str(row["businessUnitId"]) == opened.mapped("cost-center", INSTALL)
    assert f"Cost centers: {HVAC} 30 % (30), {INSTALL} 70 % (70)." in row["summary"]


def test_the_business_units_of_a_batch_are_asked_for_in_one_call(opened: Ordering) -> None:
    for center in (HVAC, INSTALL):
        opened.order({**PIPE, "center": center})
    opened.world.sync("vendors")
    opened.world.clear_log()
    opened.sync()
    assert [path for _, path in opened.world.calls() if "business-units" in path] == [
        "/settings/v2/tenant/1001/business-units"
    ]


def test_one_item_shared_by_two_cost_centers_belongs_to_the_larger_share(opened: Ordering) -> None:
    shares = [(HVAC, "40"), (INSTALL, "60")]
    accounts = [{"CostCenter": center, "MultipleAcctAssgmtDistrPercent": percent} for center, percent in shares]
    values = {
        "AccountAssignmentCategory": "K",
        "MultipleAcctAssgmtDistribution": "2",
        "PurchaseOrderAccount": accounts,
    }
    item = {"material": "HV-10001", "quantity": "10", "price": "10", "values": values}
    order = opened.order(item)
    opened.sync()
    row = opened.there(order)
    assert str(row["businessUnitId"]) == opened.mapped("cost-center", INSTALL)
    assert f"Cost centers: {HVAC} 40 % (40), {INSTALL} 60 % (60)." in row["summary"]


def test_an_item_shared_by_quantity_belongs_to_who_takes_most(opened: Ordering) -> None:
    shares = [(HVAC, "3"), (INSTALL, "7")]
    accounts = [{"CostCenter": center, "Quantity": quantity} for center, quantity in shares]
    values = {
        "AccountAssignmentCategory": "K",
        "MultipleAcctAssgmtDistribution": "1",
        "PurchaseOrderAccount": accounts,
    }
    order = opened.order({"material": "HV-10001", "quantity": "10", "price": "10", "values": values})
    opened.sync()
    row = opened.there(order)
    assert str(row["businessUnitId"]) == opened.mapped("cost-center", INSTALL)
    assert f"Cost centers: {HVAC} 30 % (30), {INSTALL} 70 % (70)." in row["summary"]


def test_an_item_with_an_address_of_its_own_is_shipped_there(opened: Ordering) -> None:
    order = opened.order(PIPE)
    address = {
        "DeliveryAddressID": "91001", "OrganizationName1": "Site office", "StreetName": "Elm Street",
        "HouseNumber": "77", "CityName": "San Jose", "PostalCode": "95112", "Region": "CA", "Country": "US",
    }  # fmt: skip
    where = {"entity": "PurchaseOrderItemAddress", "below": [order, "10"]}
    keys = {"PurchaseOrder": order, "PurchaseOrderItem": "10"}
    opened.world.control(opened.world.sap, "add", {**where, "values": {**keys, **address}})
    opened.change_item(order, ManualDeliveryAddressID="91001")
    opened.sync()
    ship_to = opened.there(order)["shipTo"]
    assert (ship_to["street"], ship_to["city"], ship_to["zip"]) == ("77 Elm Street", "San Jose", "95112")


def test_services_and_free_text_take_the_catch_all_sku(opened: Ordering) -> None:
    order = opened.order(PIPE, {"text": "Crane with driver", "quantity": "4", "price": "99.5", "center": HVAC})
    opened.sync()
    (sku,) = [row["id"] for row in opened.world.titan("materials") if row["code"] == "SERVICE-LINE"]
    line = opened.there(order)["items"][1]
    assert (line["skuId"], line["description"]) == (sku, "20 | Crane with driver")
    assert opened.lines(order)[1] == ("20", "4", "99.5")


def test_boxes_are_ordered_in_the_pieces_that_are_stocked(opened: Ordering) -> None:
    order = opened.order({**PIPE, "price": "36"})
    opened.change_item(order, PurchaseOrderQuantityUnit="BOX", OrderPriceUnit="BOX")
    opened.sync()
    assert opened.lines(order) == [("10", "24", "3")]
    assert float(opened.there(order)["total"]) == 72


def test_a_price_per_hundred_pieces_is_respected_and_nothing_is_lost(opened: Ordering) -> None:
    order = opened.order({**PIPE, "quantity": "300", "price": "12.5", "values": {"NetPriceQuantity": "100"}})
    opened.sync()
    assert opened.lines(order) == [("10", "300", "0.125")]


def test_what_rounding_leaves_over_is_told(opened: Ordering) -> None:
    opened.choose(line_cost_decimals=2)
    order = opened.order({**PIPE, "quantity": "3", "price": "100", "values": {"NetPriceQuantity": "3"}})
    opened.sync()
    assert opened.lines(order) == [("10", "3", "33.33")]
    assert "Line 10: 0.01 of 100 is lost to rounding." in opened.notes(order)


def test_an_order_in_euro_for_a_unit_in_dollars_is_refused_with_both_currencies(opened: Ordering) -> None:
    unit = opened.mapped("cost-center", HVAC)
    order = opened.order(values={"DocumentCurrency": "EUR"})
    opened.sync()
    assert opened.story(order) == ("quarantined", "wrong-currency")
    assert opened.newest(order).reason == f"The order is in EUR, business unit {unit} keeps its books in USD."
    assert opened.world.titan("purchase-orders") == []


def test_an_order_that_a_wrong_unit_held_up_goes_on_once_its_cost_center_is_mapped_as_before(opened: Ordering) -> None:
    """What was written last had used the same unit, so that nothing but the held up version knew of the mistake."""
    order, right = opened.order(), opened.mapped("cost-center", HVAC)
    opened.sync()
    euro = next(str(row["id"]) for row in opened.world.titan("business-units") if row["currency"] == "EUR")
    opened.decide("cost-center", HVAC, euro)
    opened.change_item(order, OrderQuantity="5")
    opened.sync()
    assert opened.story(order) == ("quarantined", "wrong-currency")
    opened.decide("cost-center", HVAC, right)
    opened.sync()
    assert opened.story(order) == ("delivered", "")
    assert opened.lines(order) == [("10", "5", "10")]


def test_two_plants_follow_the_larger_amount_or_are_refused(opened: Ordering) -> None:
    two = [{**PIPE, "values": {"Plant": "1710"}}, {**PIPE, "quantity": "9", "values": {"Plant": "1720"}}]
    first = opened.order(*two)
    opened.sync()
    assert str(opened.there(first)["inventoryLocationId"]) == opened.mapped("plant", "1720")
    assert "Plants: 1710 18.2 % (20), 1720 81.8 % (90)." in opened.there(first)["summary"]
    opened.choose(items_disagree="refuse")
    second = opened.order(*two)
    opened.sync()
    assert opened.story(second) == ("quarantined", "items-disagree")
    assert "disagree on the location" in opened.newest(second).reason
    opened.choose(items_disagree="dominant")
    opened.replay(second)
    assert opened.story(second) == ("delivered", "")


def test_two_delivery_dates_become_the_earliest(opened: Ordering) -> None:
    order = opened.order(PIPE, {**PIPE, "quantity": "50"})
    for item, day in (("10", "2026-12-24"), ("20", "2026-12-01")):
        opened.world.change("PurchaseOrderSchedule", [order, item, "1"], {"ScheduleLineDeliveryDate": day})
    opened.sync()
    row = opened.there(order)
    assert row["requiredOn"][:10] == "2026-12-01"
    assert "Deliveries: 2026-12-24 3.8 % (20), 2026-12-01 96.2 % (500)." in row["summary"]


def test_each_missing_map_is_named_and_the_order_goes_on_when_all_are_mapped(opened: Ordering) -> None:
    order = opened.order({**PIPE, "material": "HV-19001"})
    opened.sync()
    newest = opened.newest(order)
    assert (newest.state, newest.code, newest.needs) == ("quarantined", "unmapped-material", "map:material:HV-19001")
    assert opened.world.titan("purchase-orders") == []
    opened.decide("material", "HV-19001", opened.mapped("material", "HV-10001"))
    opened.sync()
    assert opened.story(order) == ("delivered", "")


def test_a_job_number_is_looked_up_and_one_that_does_not_exist_is_a_task_until_it_does(opened: Ordering) -> None:
    opened.choose(job_field="RequisitionerName")
    known = opened.world.titan("jobs")[0]
    found = opened.order({**PIPE, "job": known["jobNumber"]})
    missing = opened.order({**PIPE, "job": "99999"})
    opened.sync()
    assert opened.there(found)["jobId"] == known["id"]
    with schema.within(opened.world.customer):
        for number in (known["jobNumber"], opened.there(found)["number"]):
            assert list(Delivery.objects.filter(having(number)).values_list("source_key", flat=True)) == [found]
    assert [each.schema_name for each in document_index.customers_with(opened.there(found)["number"])] == ["acme"]
    assert opened.story(missing) == ("quarantined", "job-not-found")
    assert opened.newest(missing).reason == "Job 99999 does not exist in ServiceTitan."
    values = {"tenant": opened.world.tenant, "kind": "jobs", "values": {"jobNumber": "99999"}}
    made = opened.world.control(opened.world.servicetitan, "add", values)
    opened.replay(missing)
    assert (opened.story(missing), opened.there(missing)["jobId"]) == (("delivered", ""), made["id"])


@pytest.mark.parametrize("field", ["RequisitionerName", "RequirementTracking"])
def test_the_customer_chooses_the_field_that_carries_the_job(opened: Ordering, field: str) -> None:
    opened.choose(job_field=field)
    first, second = opened.world.titan("jobs")[:2]
    values = {"RequisitionerName": first["jobNumber"], "RequirementTracking": second["jobNumber"]}
    order = opened.order({**PIPE, "values": values})
    opened.sync()
    assert opened.there(order)["jobId"] == (first if field == "RequisitionerName" else second)["id"]


NOT_ORDERS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("stock-transport", {"PurchaseOrderItemCategory": "7"}, {}),
    ("returns-item", {"IsReturnsItem": True}, {}),
    ("limit-item", {"PurchaseOrderItemCategory": "A"}, {}),
    ("not-released", {}, {"ReleaseIsNotCompleted": True, "PurchasingProcessingStatus": "03"}),
]


@pytest.mark.parametrize(("code", "item", "header"), NOT_ORDERS, ids=[code for code, *_ in NOT_ORDERS])
def test_what_is_no_order_to_a_vendor_is_named_and_no_failure(
    opened: Ordering, code: str, item: dict[str, Any], header: dict[str, Any]
) -> None:
    order = opened.order()
    if item:
        opened.change_item(order, **item)
    if header:
        opened.change(order, **header)
    opened.sync()
    newest = opened.newest(order)
    assert newest.state == "not_transferable", newest.reason
    assert newest.code == code
    assert newest.reason
    assert opened.world.titan("purchase-orders") == []


def test_an_order_arrives_once_it_is_released(opened: Ordering) -> None:
    order = opened.order()
    opened.change(order, ReleaseIsNotCompleted=True, PurchasingProcessingStatus="03")
    opened.sync()
    assert opened.story(order) == ("not_transferable", "not-released")
    opened.world.control(opened.world.sap, "release", {"order": order})
    opened.sync()
    assert opened.story(order) == ("delivered", "")
    assert opened.statuses() == ["Pending"]


@pytest.mark.parametrize("licensed", [True, False])
def test_lines_carry_the_budget_code_of_their_cost_center_where_that_is_licensed(
    opened: Ordering, licensed: bool
) -> None:
    opened.choose(budget_codes="mapped")
    code = str(opened.world.titan("budget-codes")[0]["id"])
    order = opened.order(PIPE, {**PIPE, "center": INSTALL})
    opened.sync()
    assert (opened.story(order), opened.newest(order).needs) == (
        ("quarantined", "unmapped-budget-code"),
        f"map:budget-code:{HVAC}",
    )
    if not licensed:
        refusal = {"kind": "status", "status": 400, "body": {"title": "Budget codes are not enabled."}}
        opened.world.faults(
            {**refusal, "method": "GET", "path": "budget-codes"},
            {**refusal, "method": "POST", "path": "/purchase-orders", "contains": "budgetCodeId"},
        )
    opened.decide("budget-code", HVAC, code)
    opened.decide("budget-code", INSTALL, code)
    opened.sync()
    if licensed:
        assert [str(item["budgetCodeId"]) for item in opened.there(order)["items"]] == [code, code]
    else:
        assert opened.story(order) == ("quarantined", "rejected")
        assert "Budget codes are not enabled." in opened.newest(order).reason
        assert opened.world.titan("purchase-orders") == []


def test_a_budget_code_that_people_gave_a_line_stays(opened: Ordering) -> None:
    opened.choose(budget_codes="mapped")
    first, second = (row["id"] for row in opened.world.titan("budget-codes")[:2])
    opened.decide("budget-code", HVAC, str(first))
    order = opened.order()
    opened.sync()
    line = opened.there(order)["items"][0]
    opened.edit(order, items=[{"id": line["id"], "budgetCodeId": second}])
    opened.change_item(order, OrderQuantity="5")
    opened.sync()
    assert opened.lines(order) == [("10", "5", "10")]
    assert opened.there(order)["items"][0]["budgetCodeId"] == second
