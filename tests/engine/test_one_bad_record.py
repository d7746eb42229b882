"""One record that cannot be read, looked up, stored or written holds back no other, and keeps nobody busy."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.errors import BadCredentials, Rejected, Transient
from integrations.flow import Bond, Plan, Row, Situation, Want
from integrations.models import Connection, Link, Sync
from tests.engine.world import Things, World


def _raise(error: Exception) -> Any:
    raise error


def test_a_refused_change_with_a_code_of_its_own_is_quarantined_and_not_repeated(world: World) -> None:
    world.source.put("a", "1", name="Ada")
    world.go()
    world.source.put("a", "2", name="Bea")
    world.poll()
    world.target.faults = [Rejected("Received orders cannot be edited.", code="http-400")]
    world.deliver()
    newest = world.newest()
    assert (newest.state, newest.code) == ("quarantined", "http-400")
    assert len(world.target.writes) == 2


class Bonding(Things):
    def plan(self, record: Row, situation: Situation) -> Plan:
        return Plan(links=(Bond("parents", "p", "77"),))


def test_two_records_of_a_batch_that_come_to_know_the_same_link_hold_up_nothing(world: World) -> None:
    world.flows["things"] = Bonding()
    world.source.put("a", name="Ada")
    world.source.put("b", name="Bea")
    world.go()
    assert (world.states("a"), world.states("b")) == (["unchanged"], ["unchanged"])
    assert Link.objects.get().target_key == "77"


class Fussy(Things):
    """Asks the target for something that it refuses to look up."""

    def wants(self, record: Row, options: Any) -> tuple[Want, ...]:
        return (Want("room", record["room"]),) if record.get("room") else ()


def test_a_look_up_that_is_refused_for_one_record_holds_back_no_other(world: World, monkeypatch: Any) -> None:
    original = world.work

    def work(*args: Any) -> Any:
        made = original(*args)
        made.lookup = lambda client, kind, keys: _raise(Rejected("400: not a number", code="http-400"))
        return made

    monkeypatch.setattr(world, "work", work)
    world.flows["things"] = Fussy()
    world.source.put("a", name="Ada", room="x'y")
    world.source.put("b", name="Bea")
    world.go()
    assert world.states("b") == ["delivered"]
    assert (world.newest("a").state, world.newest("a").reason) == ("quarantined", "400: not a number")


class Asking(Things):
    """Asks while it plans; `trouble` is why that cannot be done just now."""

    trouble: Exception | None = None

    def plan(self, record: Row, situation: Situation) -> Plan:
        if self.trouble is not None:
            raise self.trouble
        return super().plan(record, situation)


@pytest.mark.parametrize(
    ("trouble", "paused"),
    [
        (Transient("Another process has been signing in for 60 seconds.", code="token-wait"), False),
        (Transient("The host name right.example.com does not resolve.", code="name-resolution"), False),
        (BadCredentials("Signing in was refused."), True),
    ],
)
def test_a_system_that_cannot_be_asked_while_a_record_is_planned_is_no_mistake_of_the_record(
    world: World, trouble: Exception, paused: bool
) -> None:
    """The fault campaign's seed 2662: it was quarantined as a mistake of ours, and stayed so."""
    flow = world.flows["things"] = Asking()
    flow.trouble = trouble
    world.source.put("a", name="Ada")
    world.go()
    assert world.newest("a").state == "pending"
    assert [row.state for row in Connection.objects.order_by("name")] == ["ok", "paused" if paused else "ok"]
    flow.trouble = None
    Connection.objects.update(state="ok")
    world.clock.advance(600)
    world.syncs.clear()
    world.syncs["things"] = Sync.objects.get(flow="things")
    world.deliver()
    assert world.states("a") == ["delivered"]


def test_a_row_that_the_ledger_cannot_store_is_told_and_holds_back_no_other(world: World) -> None:
    world.source.put("a", name="A\x00da")
    world.source.put("b", name="B\ud800ea")
    world.source.put("c", name="Cleo")
    world.go()
    assert world.states("c") == ["delivered"]


def test_a_reason_that_the_ledger_cannot_store_holds_up_nothing(world: World) -> None:
    world.target.faults = [Rejected("No\x00.")]
    world.source.put("a", name="Ada")
    world.source.put("b", name="Bea")
    world.go()
    assert (world.states("a"), world.states("b")) == (["quarantined"], ["delivered"])


def test_credentials_refused_by_the_source_while_delivering_pause_the_source(world: World, monkeypatch: Any) -> None:
    from integrations.errors import BadCredentials

    class Asking(Things):
        def wants(self, record: Row, options: Any) -> tuple[Want, ...]:
            return (Want("source:twins", "t1", fresh=True),)

    original = world.work

    def work(*args: Any) -> Any:
        made = original(*args)
        made.lookup_source = lambda client, kind, keys: _raise(BadCredentials("The password was refused."))
        return made

    monkeypatch.setattr(world, "work", work)
    world.flows["things"] = Asking()
    world.source.put("a", name="Ada")
    world.go()
    assert dict(Connection.objects.values_list("name", "state")) == {"left": "paused", "right": "ok"}


def test_a_link_that_was_let_go_is_waited_for_and_keeps_nobody_busy(world: World, monkeypatch: Any) -> None:
    Link.objects.create(flow="parents", source_key="p", target_key="", linked_at=world.clock())
    world.limits = replace(world.limits, task_seconds=5)
    world.source.put("a", name="Ada", parent="p")
    world.poll()
    original = world.clock.now

    def label(flow: Things, record: Row) -> str:
        world.clock.advance(1)
        return "looked at"

    monkeypatch.setattr(Things, "label", label)
    world.deliver()
    assert (world.newest().state, world.clock.now) == ("waiting", original + timedelta(seconds=1))


def test_a_record_whose_own_link_was_let_go_is_made_again(world: World) -> None:
    Link.objects.create(flow="things", source_key="a", target_key="", linked_at=world.clock())
    world.source.put("a", name="Ada")
    world.go()
    assert world.states() == ["delivered"]


def test_a_batch_of_fifty_costs_a_fixed_number_of_statements(world: World) -> None:
    counts = []
    for start, size in ((0, 10), (100, 50)):
        for number in range(start, start + size):
            world.source.put(f"{number:03}", name="x")
        world.poll()
        world.target.faults = ["lose"] * size
        with CaptureQueriesContext(connection) as sending:
            world.deliver()
        world.clock.advance(71)
        with CaptureQueriesContext(connection) as checking:
            world.deliver()
        counts.append((len(sending), len(checking)))
    assert Counter(world.states(f"{n:03}")[0] for n in range(100, 150)) == {"delivered": 50}
    (sending_ten, checking_ten), (sending_fifty, checking_fifty) = counts
    assert (checking_fifty, sending_fifty - sending_ten) in ((checking_ten, 0), (checking_ten, 2))  # looks for more
