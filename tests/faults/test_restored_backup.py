"""A backup is taken, more is sent, the database is lost, and the backup is put back beside systems that went on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django_tenants.utils import schema_context

from integrations.engine import replay
from integrations.models import Attempt, AuditEvent, Delivery, Link, Run, Sync
from integrations.running import CustomerSchedule, run_claim
from tenants import schedule
from tenants.models import Customer
from tests.faults.backups import dump, restore_all, restore_schema
from tests.journeys import requests, test_vendors_both_ways
from tests.journeys.conftest import MakeWorld, make_world
from tests.journeys.payables import Payables
from tests.journeys.purchasing import PIPE, Purchasing
from tests.journeys.test_cost_centers_and_bills import switch_on
from tests.journeys.test_cost_centers_to_sap import DEFAULTS as CENTERS
from tests.journeys.test_cost_centers_to_sap import new_unit
from tests.journeys.world import World

__all__ = ["make_world"]

AMOUNTS = ("OrderQuantity", "NetAmount", "GrossAmount", "EffectiveAmount")
TABLES = ("BusinessPartner", "PurchaseOrder", "Requisition", "CostCenter")
KINDS = ("vendors", "purchase-orders", "receipts", "ap-bills", "business-units", "purchase-order-requests")


@pytest.fixture
def clock() -> Iterator[Any]:
    """The time of this process, both simulators included; it goes on by itself and can be moved."""
    with time_machine.travel(datetime.now(UTC), tick=True) as traveller:
        yield traveller


class Everything:
    """A customer with every flow. `go_on` moves all there is to move."""

    def __init__(self, world: World, clock: Any) -> None:
        self.world, self.clock = world, clock

    def go_on(self, rounds: int = 4) -> None:
        """Rounds of polls and deliveries, some minutes apart."""
        syncs = self.world.rows(Sync)
        for _ in range(rounds):
            self.world.sync(*(sync.flow for sync in syncs))
            self.clock.shift(timedelta(minutes=6))
            due, now = [sync.pk for sync in syncs], datetime.now(UTC)
            schedule.make_due(customer_id=self.world.customer.pk, sync_ids=due, kind="deliver", now=now)

    def links(self) -> dict[tuple[str, str], str]:
        """The crosswalk."""
        return {(link.flow, link.source_key): link.target_key for link in self.world.rows(Link)}

    def lines(self) -> dict[str, dict[str, str]]:
        """The crosswalk of the lines of orders."""
        return {link.source_key: link.lines for link in self.world.rows(Link, flow="purchase-orders")}

    def there(self) -> dict[str, Any]:
        """What both systems hold, as far as we write it."""
        sap = self.world.control(self.world.sap, "state")
        held = {kind: self.world.titan(kind) for kind in KINDS}
        return {**held, **{name: sap[name] for name in TABLES}}

    def writes(self) -> list[tuple[str, str]]:
        """Every write to either system since the log was cleared."""
        calls = [*self.world.calls(), *self.world.calls(sap=True)]
        return [call for call in calls if call[0] not in ("GET", "HEAD") and "token" not in call[1]]

    def unfinished(self) -> list[tuple[str, str, str]]:
        open_ones = self.world.rows(Delivery, state__in=[*Delivery.OPEN, "behind"])
        return [(one.source_key, one.state, one.reason) for one in open_ones]


def opened(world: World, clock: Any) -> Everything:
    """All flows switched on, and a first load done."""
    with schema_context(world.customer.schema_name):
        orders = Sync.objects.get(flow="purchase-orders")
        Sync.objects.filter(flow="vendors").update(options={"owners": test_vendors_both_ways.OWNERS})
    switch_on(world, "purchase-requisitions", "sap", "servicetitan", **orders.options)
    owners = {"owners": test_vendors_both_ways.OWNERS, **test_vendors_both_ways.DEFAULTS}
    switch_on(world, "vendors-to-sap", "servicetitan", "sap", **owners)
    switch_on(world, "cost-centers", "sap", "servicetitan")
    switch_on(world, "cost-centers-to-sap", "servicetitan", "sap", controlling_area="A000", on_new="create", **CENTERS)
    switch_on(world, "supplier-invoices", "sap", "servicetitan")
    requests.switch_on(world)
    everything = Everything(world, clock)
    everything.go_on(2)
    return everything


def test_nothing_of_any_flow_is_sent_twice_after_a_restore(
    make_world: MakeWorld, own_database: Any, tmp_path: Path, clock: Any
) -> None:
    world = make_world(suppliers=5, orders=6, invoices=0)
    here = opened(world, clock)
    assert here.unfinished() == []
    dump(own_database, tmp_path / "backup")

    request = _a_busy_afternoon(world)
    here.go_on()
    tasks = here.unfinished()
    assert [key for key, *_ in tasks] == ["A000/10109901"]  # a person says which unit a new cost center is
    before, links, lines = here.there(), here.links(), here.lines()
    assert len(links) > 20
    clock.shift(timedelta(days=1))

    restore_all(own_database, tmp_path / "backup")
    assert here.links() != links
    call_command("restored", "--all")
    world.clear_log()
    here.go_on(6)
    assert here.unfinished() == tasks
    assert here.writes() == []
    assert here.there() == before
    # A request that was decided meanwhile is not listed any more: only the order that came of it is known again.
    assert links.keys() - here.links().keys() == {("purchase-order-requests", request)}
    assert here.links().items() <= links.items()
    assert here.lines() == lines
    assert {run.open for run in world.rows(Run)} == {0}
    assert [event.action for event in world.rows(AuditEvent, action="customer.restored")] == ["customer.restored"]


def test_an_order_of_a_request_that_the_ledger_does_not_know_any_more_is_a_person_s(
    make_world: MakeWorld, own_database: Any, tmp_path: Path, clock: Any
) -> None:
    world = make_world(suppliers=3, orders=2, invoices=0)
    requests.switch_on(world)
    here = Everything(world, clock)
    here.go_on(2)
    dump(own_database, tmp_path / "backup")
    request = requests.raise_request(world)
    for _ in range(3):
        world.sync(requests.FLOW)
        clock.shift(timedelta(minutes=6))
        requests.look_again(world, request)
    (order,) = requests.sap_orders(world)
    before = here.there()
    assert requests.request_of(world, request)["requestStatus"] == "Approved"

    restore_all(own_database, tmp_path / "backup")
    call_command("restored", "acme")
    world.clear_log()
    here.go_on(6)
    assert (here.writes(), here.there()) == ([], before)
    ((key, state, reason),) = here.unfinished()
    assert (key, state) == (order["PurchaseOrder"], "quarantined")
    assert order["CorrespncInternalReference"] in reason
    with schema_context("acme"):  # there is none, says a person, and has it made
        sync = Sync.objects.get(flow="purchase-orders")
        replay(sync, key, by="person", schedule=CustomerSchedule(world.customer.pk), now=datetime.now(UTC))
    here.go_on(1)
    assert here.unfinished() == []
    assert len(here.there()["purchase-orders"]) == len(before["purchase-orders"]) + 1


def test_what_was_pending_never_overwrites_what_is_newer(
    make_world: MakeWorld, own_database: Any, tmp_path: Path, clock: Any
) -> None:
    world = make_world(suppliers=3, orders=4, invoices=0)
    here = Everything(world, clock)
    here.go_on(1)
    order = sorted(row.source_key for row in world.rows(Link, flow="purchase-orders"))[0]
    _double(world, order)
    (sync,) = world.make_due("purchase-orders")
    with schema_context("acme"):
        Sync.objects.update(enabled=True)
    claim = schedule.claim(now=datetime.now(UTC), limit=1, lease_seconds=300, kinds=["poll"], sync_id=sync.pk)[0]
    run_claim(claim)
    assert world.newest(order).state == "pending"  # read, and not sent
    dump(own_database, tmp_path / "backup")
    _double(world, order)
    here.go_on(1)
    before = here.there()

    restore_all(own_database, tmp_path / "backup")
    call_command("restored", "--all")
    world.clear_log()
    here.go_on(4)
    assert (here.writes(), here.there(), here.unfinished()) == ([], before, [])
    assert [row.state for row in sorted(world.rows(source_key=order), key=lambda row: row.number)][1:] == [
        "superseded",
        "unchanged",
    ]


def test_one_customer_is_put_back_while_others_go_on(
    make_world: MakeWorld, own_database: Any, tmp_path: Path, clock: Any, acme: Customer, globex: Customer
) -> None:
    mine, other = make_world(acme, suppliers=3, orders=4), make_world(globex, suppliers=3, orders=4)
    here, there = Everything(mine, clock), Everything(other, clock)
    here.go_on(1)
    there.go_on(1)
    dump(own_database, tmp_path / "backup")
    for everything in (here, there):
        everything.world.control(everything.world.sap, "generate", {"seed": 5, "suppliers": 0, "orders": 3, "days": 0})
        everything.go_on(1)
    before, theirs = here.there(), (there.there(), there.links())
    links = here.links()

    call_command("suspend", "acme", "--reason", "put back from a backup")
    restore_schema(own_database, tmp_path / "backup", "acme")
    call_command("restored", "acme")
    call_command("resume", "acme")
    mine.clear_log()
    here.go_on(4)
    there.go_on(1)
    assert (here.writes(), here.there(), here.unfinished()) == ([], before, [])
    assert here.links() == links
    assert (there.there(), there.links()) == theirs
    assert {sync.restored_at for sync in other.rows(Sync)} == {None}


def test_new_records_are_sent_without_a_look_once_everything_was_read_again(
    make_world: MakeWorld, own_database: Any, tmp_path: Path, clock: Any
) -> None:
    world = make_world(suppliers=3, orders=2, invoices=0)
    here = Everything(world, clock)
    here.go_on(1)
    dump(own_database, tmp_path / "backup")
    restore_all(own_database, tmp_path / "backup")
    call_command("restored", "acme")
    here.go_on(3)
    world.control(world.sap, "generate", {"seed": 5, "suppliers": 0, "orders": 3, "days": 0, "oddities": 0})
    here.go_on(1)
    assert world.states("purchase-orders") == {"delivered": 5}
    assert not world.rows(Attempt, kind="look")


def _a_busy_afternoon(world: World) -> str:
    """Something new for every flow, and changes to what is known. Returns the id of a request."""
    orders = sorted(row["PurchaseOrder"] for row in world.control(world.sap, "rows?entity=PurchaseOrder")["rows"])
    Payables(world).enter("INV-1", order=orders[0])
    partners = world.control(world.sap, "rows?entity=BusinessPartner")["rows"]
    renamed = next(row["BusinessPartner"] for row in partners if row.get("Supplier") == "17300002")
    world.change("BusinessPartner", renamed, {"OrganizationBPName1": "Renamed Pipe", "BusinessPartnerName": "Renamed"})
    _double(world, orders[1])
    world.change("PurchaseOrder", orders[2], {"PurchaseOrderDeletionCode": "L"})
    world.control(world.sap, "generate", {"seed": 99, "suppliers": 0, "orders": 4, "days": 0, "oddities": 0})
    request = requests.raise_request(world)
    Purchasing(world).request(PIPE)
    vendor = {"tenant": world.tenant, "kind": "vendors", "values": test_vendors_both_ways.ACME}
    world.control(world.servicetitan, "add", vendor)
    new_unit(world)
    return request


def _double(world: World, order: str) -> None:
    (row,) = world.control(world.sap, f"rows?entity=PurchaseOrder&key={order}")["rows"]
    item = row["PurchaseOrderItem"][0]
    amounts = {name: str(Decimal(str(item[name])) * 2) for name in AMOUNTS}
    world.change("PurchaseOrderItem", [order, item["PurchaseOrderItem"]], amounts)
