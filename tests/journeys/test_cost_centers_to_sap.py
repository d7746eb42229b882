"""Business units and cost centers in both directions, over real HTTP."""

from __future__ import annotations

from typing import Any

from integrations.models import Link
from tests.journeys.test_cost_centers_and_bills import switch_on
from tests.journeys.world import World

DEFAULTS = {"company_code": "1710", "category": "F", "responsible": "Dana Reyes", "hierarchy_area": "0001"}


def to_sap(world: World, **options: Any) -> None:
    switch_on(world, "cost-centers-to-sap", "servicetitan", "sap", controlling_area="A000", **options)
    world.sync("cost-centers-to-sap")


def center(world: World, number: str) -> dict[str, Any]:
    rows = world.control(world.sap, "state")["CostCenter"]
    (row,) = [r for r in rows if (r["CostCenter"], r["ValidityEndDate"]) == (number, "9999-12-31")]
    found: dict[str, Any] = row
    return found


def new_unit(world: World) -> str:
    """A person makes a business unit in ServiceTitan, like another one."""
    like = world.titan("business-units")[0]
    values = {name: like[name] for name in like if name not in ("id", "_hidden", "_external")}
    values |= {"name": "Solar", "accountCode": "10109901"}
    made = world.control(
        world.servicetitan, "add", {"tenant": world.tenant, "kind": "business-units", "values": values}
    )
    return str(made["id"])


def test_units_are_linked_to_the_cost_centers_that_sap_has_and_nothing_is_written(world: World) -> None:
    before = world.control(world.sap, "state")["CostCenter"]
    to_sap(world)
    assert world.states("cost-centers-to-sap") == {"unchanged": 12}
    assert world.control(world.sap, "state")["CostCenter"] == before
    agreed = {link.target_key: link.observed for link in world.rows(Link, flow="cost-centers-to-sap")}
    assert agreed["A000/10101101"] == {"CostCenterName": center(world, "10101101")["CostCenterName"]}
    assert len(agreed) == 12
    assert all(agreed.values())


def test_a_new_unit_gets_its_cost_center_and_a_renamed_one_renames_it(world: World) -> None:
    to_sap(world, on_new="create", names="servicetitan", **DEFAULTS)
    unit = new_unit(world)
    world.sync("cost-centers-to-sap")
    assert center(world, "10109901")["CostCenterName"] == "Solar"
    assert world.target_of("cost-centers-to-sap", unit) == "A000/10109901"
    world.edit("business-units", unit, name="Solar West")
    world.sync("cost-centers-to-sap")
    assert center(world, "10109901")["CostCenterName"] == "Solar West"
    world.clear_log()
    world.sync("cost-centers-to-sap")
    assert [call for call in world.calls(sap=True) if call[0] != "GET"] == []


def test_a_tenant_that_has_only_the_v2_service_gets_a_task_that_says_so(world: World) -> None:
    world.control(world.sap, "settings", {"arrangements": {"API_COST_CENTER": "unknown"}})
    new_unit(world)
    to_sap(world, on_new="create", **DEFAULTS)
    (stuck,) = [d for d in world.rows(sync__flow="cost-centers-to-sap") if d.state == "quarantined"]
    assert stuck.code == "not-offered"


def test_names_written_from_both_sides_settle(world: World) -> None:
    switch_on(world, "cost-centers", "sap", "servicetitan")
    to_sap(world, names="servicetitan")
    for _ in range(3):
        world.sync("cost-centers", "cost-centers-to-sap")
    for base in (True, False):
        world.clear_log()
        world.sync("cost-centers", "cost-centers-to-sap")
        assert [call for call in world.calls(sap=base) if call[0] in ("POST", "PATCH") and "token" not in call[1]] == []
