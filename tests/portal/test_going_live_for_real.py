"""Previews and changed maps against both simulators: nothing is written before, and exactly what was named after."""

from __future__ import annotations

import json
from typing import Any

import pytest

from integrations import jobs
from integrations.models import AuditEvent, Delivery, ReplayJob, Sync, ValueMap
from integrations.running import utc_now
from tenants import schedule, schema
from tenants.models import Role
from tests.journeys.conftest import make_world, world  # noqa: F401 - fixtures
from tests.journeys.world import LEASE, World
from tests.portal.desk import Desk, enter, words


@pytest.fixture
def owner(world: World, acme: Any) -> Desk:  # noqa: F811 - a fixture
    return enter(acme, Role.OWNER)


def send(desk: Desk, path: str, **form: str) -> Any:
    return desk.browser.open(f"http://{desk.host}{path}", data=form)


def writes(world: World) -> list[tuple[str, str]]:  # noqa: F811
    calls = [*world.calls(sap=True), *world.calls()]
    return [(method, path) for method, path in calls if method not in ("GET", "HEAD") and "token" not in path]


def test_a_preview_shows_what_would_be_written_and_writes_nothing(world: World, owner: Desk) -> None:  # noqa: F811
    with schema.within(world.customer):
        Sync.objects.update(enabled=False)
        gone = ValueMap.objects.filter(map="unit", key="PC").delete()
    assert gone[0] == 1
    world.clear_log()
    vendors = send(owner, "/flows/vendors/preview/")
    assert {one.outcome for one in vendors.context["found"]} <= {"create", "adopt", "unchanged", "not-transferable"}
    assert "would be made there" in words(vendors)
    orders = send(owner, "/flows/purchase-orders/preview/").context["found"]
    assert {(lack.map, lack.key) for one in orders for lack in one.lacks} == {("unit", "PC")}
    assert {one.outcome for one in orders} >= {"person"}
    assert writes(world) == []
    with schema.within(world.customer):
        assert not Delivery.objects.exists()
        assert AuditEvent.objects.filter(action="flow.previewed").count() == 2


def test_what_a_change_of_a_map_names_is_exactly_what_changes_there(world: World, owner: Desk) -> None:  # noqa: F811
    world.sync()
    before = units_of_orders(world)
    code, unit, other, looked = two_kinds_of_records(world, owner)
    reach = looked.context["reach"]
    assert (reach.is_exact, set(reach.records)) == (True, {"purchase-orders"})
    world.clear_log()
    wanted = looked.context["wanted"]
    sample = send(owner, "/maps/cost-center/samples/", rows=wanted, days="30")
    changes = [
        (change.member, str(change.before), str(change.after))
        for look in sample.context["previews"]
        for write in look.writes
        for change in write.changes
    ]
    assert ("businessUnitId", unit, other) in changes
    assert {member for member, _, _ in changes} <= {"businessUnitId", "memo", "items"}
    assert writes(world) == []
    saved = send(owner, "/maps/cost-center/save/", rows=wanted, days="30", again="yes")
    named = {one.source_key for one in reach.examples if one.delivery not in looked.context["same"]}
    assert len(named) == looked.context["differing"]
    assert f"{len(named)} record" in words(saved)
    work_off_jobs(world)
    again = {each.source_key for each in world.rows(Delivery, why="mapping")}
    assert again == named
    world.sync("purchase-orders")
    after = units_of_orders(world)
    changed = {key for key in after if after[key] != before[key]}
    with schema.within(world.customer):
        written = Delivery.objects.filter(why="mapping", state="delivered", sync__flow="purchase-orders")
        assert changed == set(written.values_list("source_key", flat=True))
    assert changed == named
    assert {after[key] for key in changed} == {other}
    assert "sent" in words(owner.get("/maps/cost-center/job/"))


def test_a_value_that_is_not_there_is_told_before_it_is_saved(world: World, owner: Desk) -> None:  # noqa: F811
    rows = json.dumps([["9999", "123456789", "", ""]])
    answer = send(owner, "/maps/cost-center/save/", rows=rows)
    assert answer.status_code == 422
    assert "cost-center 9999 is mapped to 123456789: ServiceTitan has no business-unit 123456789." in words(answer)
    assert not world.rows(ValueMap, key="9999")


def test_a_supplier_has_to_exist_and_a_strange_vendor_is_told(world: World, owner: Desk) -> None:  # noqa: F811
    world.sync("vendors")
    (vendor, *_), (ends, *_) = world.titan("vendors"), world.rows(Sync, flow="vendors")
    with schema.within(world.customer):
        Sync.objects.create(flow="vendors-to-sap", source=ends.target, target=ends.source, enabled=False)
    known = str(vendor["id"])
    rows = [[known, "create", "", ""], ["999999", "17300001", "", ""], [known + "0", "99999999", "", ""]]
    looked = send(owner, "/maps/supplier/preview/", rows=json.dumps(rows))
    assert looked.status_code == 422
    assert "ServiceTitan has no vendor 999999." in words(looked)
    assert f"ServiceTitan has no vendor {known}." not in words(looked)
    assert looked.context["faults"] == [f"supplier {known}0 is mapped to 99999999: SAP S/4HANA has no supplier of it."]
    saved = send(owner, "/maps/supplier/save/", rows=json.dumps(rows[:2]))
    assert "2 rows are saved." in words(saved)


def units_of_orders(world: World) -> dict[str, str]:  # noqa: F811
    """SAP order to the business unit of its order in ServiceTitan."""
    orders = {str(order["id"]): str(order["businessUnitId"]) for order in world.titan("purchase-orders")}
    with schema.within(world.customer):
        done = Delivery.objects.filter(sync__flow="purchase-orders", state__in=["delivered", "unchanged"])
        keys = set(done.values_list("source_key", flat=True))
    return {key: orders[world.target_of("purchase-orders", key)] for key in keys}


def two_kinds_of_records(world: World, desk: Desk) -> tuple[str, str, str, Any]:  # noqa: F811
    """A cost center, its business unit, another one, and a look at that change. Some records have it as the largest of
    several, and come out differently; of others it is a small share."""
    rows = {row.key: row for row in world.rows(ValueMap, map="cost-center")}
    for code, row in sorted(rows.items()):
        other = next(each.value for each in rows.values() if each.value != row.value)
        form = {"key": code, f"other:{code}": other, f"version:{code}": row.updated_at.isoformat()}
        looked = send(desk, "/maps/cost-center/preview/", **form)
        if looked.context["same"] and looked.context["differing"]:
            return code, row.value, other, looked
    raise AssertionError("No cost center has both kinds of records.")


def work_off_jobs(world: World) -> None:  # noqa: F811
    (job,) = world.rows(ReplayJob)
    claims = schedule.claim(now=utc_now(), limit=5, lease_seconds=LEASE, customer_id=world.customer.pk, sync_id=job.pk)
    for claim in claims:
        jobs.run_claim(claim)
    assert [job.state for job in world.rows(ReplayJob)] == ["finished"]
