"""Reference data over real HTTP: what is kept, and what becomes of value maps when a system changes beneath them."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django_tenants.utils import schema_context

from integrations import nights, reference_data
from integrations.engine import Given
from integrations.models import Connection, Delivery, Reference, Step, Sync, ValueMap
from integrations.reference_data import WrongValues
from integrations.running import utc_now
from tenants import schedule
from tenants.models import Customer
from tests.journeys.test_cost_centers_and_bills import switch_on
from tests.journeys.world import World

ORDER = "4500000001"


@pytest.fixture
def world(world: World) -> World:
    """Everything that is mapped is there and active; one SKU of the pricebook is not."""
    with schema_context(world.customer.schema_name):
        ValueMap.objects.filter(map="material", key="HV-18001").delete()
    return world


def save(world: World, value_map: str, key: str, value: str) -> tuple[int, list[str]]:
    with schema_context(world.customer.schema_name):
        given = [Given(value_map, key, value)]
        return reference_data.save_values(world.customer, given, by="person", now=utc_now())


def refresh(world: World) -> reference_data.Report:
    with schema_context(world.customer.schema_name):
        return reference_data.refresh_customer(world.customer)


def command(*arguments: str) -> tuple[str, str, int]:
    """Standard output, standard error and exit code of a command."""
    out, err = StringIO(), StringIO()
    try:
        call_command(*arguments, stdout=out, stderr=err)
    except SystemExit as ended:
        return out.getvalue(), err.getvalue(), int(str(ended.code))
    return out.getvalue(), err.getvalue(), 0


def center_of(world: World, order: str = ORDER) -> str:
    """The first cost center that an order is charged to."""
    items = world.newest(order).payload["items"]
    return str(items[0]["account_assignments"][0]["CostCenter"])


def value_of(world: World, value_map: str, key: str) -> str:
    (row,) = world.rows(ValueMap, map=value_map, key=key)
    return str(row.value)


def test_a_business_unit_that_does_not_exist_is_refused_and_nothing_is_saved(world: World) -> None:
    before = value_of(world, "cost-center", "10101101")
    with pytest.raises(WrongValues) as refused:
        save(world, "cost-center", "10101101", "999999")
    assert str(refused.value) == ("cost-center 10101101 is mapped to 999999: ServiceTitan has no business-unit 999999.")
    assert value_of(world, "cost-center", "10101101") == before


def test_an_inactive_sku_is_refused(world: World) -> None:
    (inactive,) = [row for row in world.titan("materials") if row["code"] == "HV-18001"]
    with pytest.raises(WrongValues, match="this sku is not active"):
        save(world, "material", "HV-1", str(inactive["id"]))


def test_each_map_is_held_against_its_own_kind(world: World) -> None:
    unit = value_of(world, "cost-center", "10101101")
    for value_map in ("plant", "material", "order-type", "payment-terms", "vendor"):
        with pytest.raises(WrongValues, match=f"{value_map} X is mapped to"):
            save(world, value_map, "X", f"{unit}0000")
    assert save(world, "vendor", "17399999", "create") == (0, [])
    assert save(world, "unit", "PAL", "EA*48") == (0, [])


def test_while_servicetitan_cannot_be_asked_a_value_is_saved_and_said_to_be_unchecked(world: World) -> None:
    world.faults({"kind": "status", "status": 503, "body": {}, "method": "GET", "path": "business-units"})
    _, unchecked = save(world, "cost-center", "10999", "999999")
    assert [remark.split(":")[0] for remark in unchecked] == ["cost-center"]
    world.no_faults()
    assert refresh(world).vanished == ("cost-center: 10999 -> 999999",)


def test_everything_that_the_flows_need_is_kept_and_found_by_name_and_code(world: World) -> None:
    report = refresh(world)
    assert {done.kind for done in report.kinds if done.problem} == set()
    kinds = {done.kind: done.rows for done in report.kinds}
    assert set(kinds) == {
        "company-code", "purchasing-organization", "purchasing-group", "cost-center",
        "business-unit", "purchase-order-type", "inventory-location", "payment-term", "sku", "vendor",
    }  # fmt: skip
    assert kinds["business-unit"] == len(world.titan("business-units"))
    assert kinds["sku"] == len(world.titan("materials")) + len(world.titan("equipment"))
    assert report.vanished == report.unchecked == ()
    with schema_context(world.customer.schema_name):
        target = Connection.objects.get(name="servicetitan")
        (by_code,) = reference_data.search(target, "sku", "hv-10001")
        named = reference_data.search(target, "inventory-location", "ehouse 17")
        by_center = reference_data.search(target, "business-unit", "10101101")
    assert by_code.row["code"] == "HV-10001"
    assert [found.name for found in named] == ["Warehouse 1710", "Warehouse 1720", "Warehouse 1730"]
    assert [found.key for found in by_center] == [value_of(world, "cost-center", "10101101")]


def test_what_only_some_tenants_have_is_read_where_a_map_leads_to_it(world: World) -> None:
    world.faults({"kind": "status", "status": 404, "body": {}, "method": "GET", "path": "budget-codes"})
    assert [done for done in refresh(world).kinds if done.problem] == []
    world.no_faults()
    first = str(world.titan("budget-codes")[0]["id"])
    with pytest.raises(WrongValues, match="ServiceTitan has no budget-code 999999"):
        save(world, "budget-code", "10101101", "999999")
    assert save(world, "budget-code", "10101101", first) == (0, [])
    kinds = {done.kind: done.rows for done in refresh(world).kinds}
    assert kinds["budget-code"] == len(world.titan("budget-codes"))


def test_rows_that_are_gone_are_removed_but_not_because_of_a_reading_that_failed(world: World) -> None:
    refresh(world)
    with schema_context(world.customer.schema_name):
        target = Connection.objects.get(name="servicetitan")
        Reference.objects.create(
            connection=target, kind="business-unit", key="1", name="Old", row={}, refreshed_at="2026-01-01T00:00Z"
        )
    world.faults({"kind": "status", "status": 503, "body": {}, "method": "GET", "path": "business-units"})
    failed = [done.kind for done in refresh(world).kinds if done.problem]
    assert failed == ["business-unit"]
    assert len(world.rows(Reference, kind="business-unit", key="1")) == 1
    world.no_faults()
    assert {done.kind: done.removed for done in refresh(world).kinds}["business-unit"] == 1
    assert world.rows(Reference, kind="business-unit", key="1") == []


def test_a_kind_that_could_not_be_read_condemns_no_value(world: World) -> None:
    world.faults({"kind": "status", "status": 503, "body": {}, "method": "GET", "path": "business-units"})
    report = refresh(world)
    assert report.vanished == ()
    assert report.unchecked == ("cost-center: business-unit could not be read.",)


def test_a_business_unit_that_is_switched_off_stops_the_next_order_until_it_is_remapped(world: World) -> None:
    world.sync()
    center = center_of(world)
    old = value_of(world, "cost-center", center)
    assert refresh(world).vanished == ()
    world.edit("business-units", old, active=False)
    assert refresh(world).vanished == (f"cost-center: {center} -> {old}",)
    out, err, _ = command("sync", world.customer.schema_name, "--flow", "purchase-orders")
    assert f"purchase-orders: cost-center {center} leads to {old}, gone or inactive since" in err

    world.change("PurchaseOrderItem", [ORDER, "10"], {"OrderQuantity": "77"})
    world.sync("purchase-orders")
    stopped = world.newest(ORDER)
    assert (stopped.state, stopped.code, stopped.needs) == (
        "quarantined",
        "value-vanished",
        f"map:cost-center:{center}",
    )
    assert stopped.reason == f"cost-center {center} is mapped to {old}, which is no longer there or no longer active."

    new = next(str(row["id"]) for row in world.titan("business-units") if str(row["id"]) != old)
    save(world, "cost-center", center, new)
    world.sync("purchase-orders")
    assert world.newest(ORDER).state == "delivered"
    there = {str(row["id"]): row for row in world.titan("purchase-orders")}
    assert str(there[world.target_of("purchase-orders", ORDER)]["businessUnitId"]) == new


def test_a_business_unit_that_is_switched_on_again_lets_its_orders_go_on(world: World) -> None:
    world.sync()
    center = center_of(world)
    unit = value_of(world, "cost-center", center)
    world.edit("business-units", unit, active=False)
    refresh(world)
    world.change("PurchaseOrderItem", [ORDER, "10"], {"OrderQuantity": "77"})
    world.sync("purchase-orders")
    assert world.newest(ORDER).code == "value-vanished"
    world.edit("business-units", unit, active=True)
    assert refresh(world).back == (f"cost-center: {center} -> {unit}",)
    world.sync("purchase-orders")
    assert world.newest(ORDER).state == "delivered"


def test_one_rule_maps_all_cost_centers_of_a_range_and_the_audit_names_it(world: World) -> None:
    unit = value_of(world, "cost-center", "10101101")
    with schema_context(world.customer.schema_name):
        ValueMap.objects.filter(map="cost-center").delete()
    world.sync()
    assert set(world.states("purchase-orders")) == {"quarantined"}
    woken, _ = save(world, "cost-center", "101011*", unit)
    assert woken == 30
    world.sync("purchase-orders")
    assert {delivery.code for delivery in world.rows(state="quarantined")} == {"wrong-currency"}
    assert world.states("purchase-orders") == {"delivered": 25, "quarantined": 5}
    assert {str(row["businessUnitId"]) for row in world.titan("purchase-orders")} == {unit}
    used = [entry for step in world.rows(Step, action="create") for entry in step.lookups]
    assert {entry.get("rule") for entry in used if entry.get("name") == "cost-center"} == {"101011*"}


def test_an_unmapped_cost_center_is_quarantined_with_suggestions_and_never_mapped_by_itself(world: World) -> None:
    refresh(world)
    world.sync("vendors")
    with schema_context(world.customer.schema_name):
        row = ValueMap.objects.get(map="cost-center", key="10101101")
        unit, _ = row.value, row.delete()
        first = reference_data.suggest("cost-center", "10101101")[0]
    assert (first.value, first.reason) == (unit, "the same code")
    world.sync("purchase-orders")
    waiting = world.rows(Delivery, needs="map:cost-center:10101101")
    assert waiting
    for delivery in waiting:
        texts = [note["text"] for note in delivery.notes]
        assert texts[0].startswith(f"Suggestion: {unit}: ")
    assert world.rows(ValueMap, map="cost-center", key="10101101") == []


def test_a_vendor_is_suggested_by_its_name(world: World) -> None:
    world.sync("vendors")
    refresh(world)
    vendor = next(row for row in world.titan("vendors") if row["active"])
    with schema_context(world.customer.schema_name):
        found = reference_data.suggest("vendor", "17300099", f"{vendor['name']}, Inc.")
    assert [suggestion.value for suggestion in found][:1] == [str(vendor["id"])]


def test_a_map_goes_out_as_csv_comes_back_and_wakes_what_waited(world: World, tmp_path: Path) -> None:
    name, path = world.customer.schema_name, tmp_path / "centers.csv"
    world.sync("vendors")
    command("maps", name, "export", "cost-center", str(path))
    with schema_context(name):
        ValueMap.objects.filter(map="cost-center").delete()
    world.sync("purchase-orders")
    out, _, code = command("maps", name, "import", "cost-center", str(path), "--check")
    assert (json.loads(out), code) == ({"rows": 12, "saved": False, "deliveries": 0}, 0)
    assert world.rows(ValueMap, map="cost-center") == []
    out, _, code = command("maps", name, "import", "cost-center", str(path))
    assert (json.loads(out), code) == ({"rows": 12, "saved": True, "deliveries": 30}, 0)
    assert command("maps", name, "export", "cost-center", "-")[0] == path.read_text()
    world.sync("purchase-orders")
    assert world.states("purchase-orders") == {"delivered": 30}


def test_an_import_with_a_wrong_value_changes_nothing_and_names_its_line(world: World, tmp_path: Path) -> None:
    path = tmp_path / "centers.csv"
    unit = value_of(world, "cost-center", "10101101")
    path.write_text(f"key,value,label\n10101102,{unit},\n10101103,999999,\n10101104,999998,\n")
    _, err, code = command("maps", world.customer.schema_name, "import", "cost-center", str(path))
    assert (code, err.splitlines()) == (
        1,
        [
            "line 3: cost-center 10101103 is mapped to 999999: ServiceTitan has no business-unit 999999.",
            "line 4: cost-center 10101104 is mapped to 999998: ServiceTitan has no business-unit 999998.",
        ],
    )
    assert value_of(world, "cost-center", "10101102") != unit


def test_refresh_by_hand_ends_with_json_and_says_what_failed(world: World) -> None:
    out, _, code = command("refresh", world.customer.schema_name)
    summary: dict[str, Any] = json.loads(out.splitlines()[-1])
    assert (code, summary["failed"], summary["vanished"]) == (0, {}, [])
    assert summary["rows"]["servicetitan business-unit"] == len(world.titan("business-units"))
    world.faults({"kind": "status", "status": 503, "body": {}, "method": "GET", "path": "business-units"})
    out, _, code = command("refresh", world.customer.schema_name)
    assert (code, list(json.loads(out)["failed"])) == (1, ["servicetitan business-unit"])


def test_a_paused_connection_is_not_asked(world: World) -> None:
    with schema_context(world.customer.schema_name):
        Connection.objects.filter(name="sap").update(state="paused", pause_reason="Refused.")
    world.clear_log()
    problems = {done.connection: done.problem for done in refresh(world).kinds}
    assert (problems["sap"], problems["servicetitan"]) == ("Paused: Refused.", "")
    assert world.calls(sap=True) == []


def test_a_sync_that_asks_a_cost_center_map_alone_needs_no_pricebook(world: World) -> None:
    with schema_context(world.customer.schema_name):
        Sync.objects.all().delete()
    switch_on(world, "cost-centers", "sap", "servicetitan")
    assert {"sku", "vendor"} & {done.kind for done in refresh(world).kinds} == set()


def test_a_customer_s_file_with_a_wrong_value_changes_nothing(world: World, tmp_path: Path) -> None:
    path, unit = tmp_path / "acme.yaml", value_of(world, "cost-center", "10101101")
    text = (
        "customer: {{schema: acme, name: Acme Plumbing, time_zone: {zone}}}\nmaps:\n  cost-center:\n    rows: {rows}\n"
    )
    zone = world.customer.time_zone
    path.write_text(text.format(zone=zone, rows=f'{{"10101102": "{unit}", "10101103": "999999"}}'))
    _, err, code = command("apply", str(path))
    wrong = "cost-center 10101103 is mapped to 999999: ServiceTitan has no business-unit 999999."
    assert (code, err.splitlines()) == (1, [f"maps.cost-center: {wrong}"])
    assert value_of(world, "cost-center", "10101102") != unit
    path.write_text(text.format(zone=zone, rows=f'{{"10101102": "{unit}"}}'))
    assert command("apply", str(path))[1:] == ("", 0)
    assert value_of(world, "cost-center", "10101102") == unit


def test_the_nightly_refresh_is_claimed_for_each_customer_and_not_for_the_suspended(world: World) -> None:
    def refresh_at_night() -> int:
        schedule.wake(customer_id=world.customer.pk, sync_id=schedule.REFRESH, kind="night", now=utc_now(), priority=50)
        claims = schedule.claim(
            now=utc_now(), limit=5, lease_seconds=300, customer_id=world.customer.pk, sync_id=schedule.REFRESH
        )
        for claim in claims:
            nights.refresh_claim(claim)
        return len(claims)

    assert refresh_at_night() == 1
    assert len(world.rows(Reference, kind="business-unit")) == len(world.titan("business-units"))
    with schema_context(world.customer.schema_name):
        Reference.objects.all().delete()
    Customer.objects.filter(pk=world.customer.pk).update(suspended_at=utc_now())
    assert refresh_at_night() == 0
    assert world.rows(Reference) == []
