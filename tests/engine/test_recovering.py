"""Looks after a restore reach back to what the lost ledger may have sent, whatever comes between."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from integrations import steering
from integrations.audit import PLATFORM
from integrations.engine import put_back, withheld_for
from integrations.engine.planning import marker_for
from integrations.errors import Transient
from integrations.flow import Row
from integrations.models import Connection, Sync
from integrations.restoring import note_on_new, restored
from tenants import schedule
from tenants.models import Customer
from tests.engine.world import Target, Things, World, Writer


@dataclass
class Dated(Writer):
    """Lists what was made since a moment, as both systems do; with errors on order."""

    errors: list[Exception] = field(default_factory=list)

    def find(self, client: Target, markers: Collection[str], since: datetime) -> dict[str, list[Row]]:
        if self.errors:
            raise self.errors.pop()
        found = super().find(client, markers, since)
        return {marker: [row for row in rows if row["born"] >= since] for marker, rows in found.items()}


@pytest.fixture
def writer(world: World) -> Dated:
    dated, world.target.clock = Dated(), world.clock
    world.flows["things"] = type("DatedThings", (Things,), {"writer": dated})()
    return dated


def sent_by_the_lost_ledger(world: World, key: str = "a") -> None:
    """The record stands at the target, half an hour after the ledger ends, and now it is a day later."""
    world.clock.advance(1800)
    marker = marker_for("things", key, 1)
    world.target.records["7"] = {"id": "7", "marker": marker, "name": "A", "born": world.clock()}
    world.clock.advance(86_400)


def recover(world: World) -> None:
    """Two reads of everything, then deliveries until the look is due and done."""
    for _ in range(2):
        world.clock.advance(1)
        world.poll()
    for _ in range(3):
        world.deliver()
        world.clock.advance(600)


def test_a_look_that_is_put_off_by_the_target_reaches_back_all_the_same(world: World, writer: Dated) -> None:
    world.source.put("a", name="A")
    world.poll()
    sent_by_the_lost_ledger(world)
    put_back(world.clock())
    writer.errors.append(Transient("The target is not there for a moment."))
    recover(world)
    assert writer.errors == []
    assert (world.target.writes, list(world.target.records)) == ([], ["7"])
    assert world.states()[-1] in ("delivered", "unchanged")


def test_what_is_said_to_be_put_back_twice_still_looks_from_the_first_moment(world: World, writer: Dated) -> None:
    world.source.put("a", name="A")
    world.poll()
    sent_by_the_lost_ledger(world)
    put_back(world.clock())
    world.clock.advance(1)
    world.poll()
    world.clock.advance(1)
    put_back(world.clock())  # by somebody who was not sure
    recover(world)
    assert (world.target.writes, list(world.target.records)) == ([], ["7"])


def test_a_flow_that_is_switched_on_anew_after_a_restore_looks_for_what_the_lost_one_sent(
    world: World, writer: Dated, in_acme: Customer
) -> None:
    world.poll("parents")
    world.source.put("a", name="A")
    sent_by_the_lost_ledger(world)
    restored(in_acme, actor=PLATFORM, now=world.clock())
    assert [sync.flow for sync in Sync.objects.all()] == ["parents"]  # the backup is older than the other one
    switch_on_anew(world, in_acme)
    recover(world)
    assert (world.target.writes, list(world.target.records)) == ([], ["7"])


def test_a_ledger_without_any_flow_is_put_back_all_the_same(world: World, writer: Dated, in_acme: Customer) -> None:
    in_acme.created_at = world.clock()
    world.source.put("a", name="A")
    sent_by_the_lost_ledger(world)
    assert restored(in_acme, actor=PLATFORM, now=world.clock()) is None
    switch_on_anew(world, in_acme)
    recover(world)
    assert (world.target.writes, list(world.target.records)) == ([], ["7"])


def test_a_flow_that_had_not_run_when_the_backup_was_made_looks_for_what_it_sent_since(
    world: World, writer: Dated
) -> None:
    world.sync("things")
    Sync.objects.update(created_at=world.clock())
    world.source.put("a", name="A")
    sent_by_the_lost_ledger(world)
    put_back(world.clock())
    recover(world)
    assert (world.target.writes, list(world.target.records)) == ([], ["7"])


def test_a_flow_that_is_switched_on_long_after_a_restore_holds_up_itself_only(world: World, in_acme: Customer) -> None:
    world.poll("parents")
    restored(in_acme, actor=PLATFORM, now=timezone.now())
    for _ in range(2):
        world.clock.now = timezone.now()
        world.poll("parents")
    before = world.sync("parents")
    before.refresh_from_db()
    assert withheld_for(before) == []
    switch_on_anew(world, in_acme)
    assert withheld_for(before) == []
    assert withheld_for(world.syncs["things"]) == ["things"]


def switch_on_anew(world: World, customer: Customer) -> None:
    """As a person does, who finds the flow gone."""
    ends = [
        Connection.objects.get_or_create(name=name, defaults={"system": name, "environment": "sandbox"})[0]
        for name in ("left", "right")
    ]
    sync = Sync(flow="things", source=ends[0], target=ends[1], schedule={"every": 60})
    note_on_new(sync, customer)
    sync.save(force_insert=True)
    if sync.restored_at and sync.restored_at > world.clock():  # the audit has a clock of its own
        sync.restored_at = world.clock()
        sync.save()
    world.syncs["things"] = sync


def test_a_flow_that_others_wait_for_is_read_at_once_though_its_schedule_says_at_night(
    world: World, in_acme: Customer
) -> None:
    now = timezone.now()
    ends = [
        Connection.objects.create(name=name, system=name, environment="sandbox") for name in ("sap", "servicetitan")
    ]
    night = {"at": "03:00"}
    sync = Sync.objects.create(flow="vendors", source=ends[0], target=ends[1], schedule=night, polled_at=now)
    restored(in_acme, actor=PLATFORM, now=now + timedelta(seconds=1))
    sync.refresh_from_db()
    steering.set_due(sync, in_acme, now + timedelta(seconds=2))  # somebody saves its settings
    due = schedule.due_times(customer_id=in_acme.pk, kind="poll")[sync.pk]
    assert due is not None
    assert due <= now + timedelta(seconds=2)
