"""A record that ends every worker which takes it up is set aside; everything else is delivered, once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import pytest

from integrations.engine import crash_loop, deliver
from integrations.engine.grouping import fix_for
from integrations.engine.replaying import replay
from integrations.flow import Row
from integrations.models import Attempt, Delivery
from tests.engine.histories import Crash
from tests.engine.world import Target, Things, World, Writer


class Deadly(Things):
    """Nobody survives a row that is `deadly`: as if it took all memory, no `except` sees it."""

    def record(self, row: Row) -> Row:
        if row.get("deadly"):
            raise Crash
        return super().record(row)


@pytest.fixture
def world(in_acme: object) -> World:
    made = World()
    made.flows["things"] = Deadly()
    for key in "abcde":
        made.source.put(key, name=key, deadly=key == "c")
    made.poll()
    return made


def workers(world: World, most: int = 12) -> int:
    """One worker after another takes the claim, until one gives it back; how many died before that."""
    for deaths in range(most):
        work = world.work()
        crash_loop.beware(work, deaths + 1)
        try:
            deliver(work)
        except Crash:
            world.clock.advance(600)
            continue
        return deaths
    raise AssertionError("nobody came to the end")


def test_it_is_set_aside_by_name_after_so_many_deaths_and_the_others_are_delivered_once(world: World) -> None:
    assert workers(world) == crash_loop.MOST + 1  # one more than it was alone: at first others stood before it
    assert {key: world.states(key) for key in "abcde"} == {
        key: ["quarantined" if key == "c" else "delivered"] for key in "abcde"
    }
    found = world.newest("c")
    assert (found.code, found.due_at) == ("ends-workers", None)
    assert found.reason == (
        "3 workers in a row ended without a word when they took up this record: they may have lacked memory or time. "
        "It is set aside, so that the others go on."
    )
    assert fix_for(found.code, "", found.state).kind == "report"
    assert sorted(record["name"] for record in world.target.records.values()) == ["a", "b", "d", "e"]


def test_two_of_them_are_set_aside_one_after_the_other(world: World) -> None:
    world.source.put("d", "2", name="d", deadly=True)
    world.poll()
    assert workers(world) == crash_loop.MOST + 1 + crash_loop.ALONE
    assert [key for key in "abcde" if world.newest(key).state == "quarantined"] == ["c", "d"]
    assert [key for key in "abcde" if world.newest(key).state == "delivered"] == ["a", "b", "e"]


def test_what_stands_before_it_is_delivered_while_workers_still_die(world: World) -> None:
    for begun in range(1, crash_loop.MOST + 1):
        work = world.work()
        crash_loop.beware(work, begun)
        with pytest.raises(Crash):
            deliver(work)
        world.clock.advance(600)
        settled = Delivery.objects.filter(state="delivered").count()
        assert settled == (0 if begun <= crash_loop.CAREFUL else 2)


class Killed(Things):
    """Whoever takes up the `victim` is ended from outside, once."""

    victim = ""

    def record(self, row: Row) -> Row:
        if row["name"] == self.victim:
            raise Crash
        return super().record(row)


def test_workers_that_are_ended_from_outside_leave_no_record_set_aside(world: World) -> None:
    """Ten are killed, each beside another record: deploys, a machine that restarts."""
    flow = world.flows["things"] = Killed()
    for key in "abcdefghij":
        world.source.put(key, "2", name=key)
    world.poll()
    for deaths, flow.victim in enumerate("abcdefghij"):
        work = world.work()
        crash_loop.beware(work, deaths + 1)
        with pytest.raises(Crash):
            deliver(work)
        world.clock.advance(600)
    flow.victim = ""
    work = world.work()
    crash_loop.beware(work, 11)
    deliver(work)
    assert {world.newest(key).state for key in "abcdefghij"} == {"delivered"}


def test_replayed_after_it_was_mended_it_is_delivered(world: World) -> None:
    workers(world)
    world.source.put("c", "2", name="c")
    world.go()
    assert world.states("c")[-1] == "delivered"


class DeadlySearch(Writer):
    """Nobody survives finding what was written for c."""

    def find(self, client: Target, markers: Collection[str], since: datetime) -> dict[str, list[Row]]:
        found = super().find(client, markers, since)
        if any(row["name"] == "c" for rows in found.values() for row in rows):
            raise Crash
        return found


def test_one_that_was_sent_before_it_ended_workers_is_looked_for_before_it_is_ever_sent_again(world: World) -> None:
    flow = world.flows["things"] = Things()
    flow.writer = DeadlySearch()
    world.target.faults = [None, None, "lose"]
    deaths = 0
    while world.newest("c").state != "quarantined":
        work = world.work()
        crash_loop.beware(work, deaths + 1)
        try:
            deliver(work)
        except Crash:
            deaths += 1
        world.clock.advance(600)
        assert deaths < 12
    assert world.newest("c").code == "ends-workers"
    (attempt,) = Attempt.objects.filter(step__delivery=world.newest("c"), kind="write")
    assert (attempt.outcome, attempt.resolution) == ("unknown", "")
    assert "c" in [record["name"] for record in world.target.records.values()]
    flow.writer = Writer()
    replay(world.sync(), "c", by="person", schedule=world.schedule, now=world.clock())
    for _ in range(5):
        world.deliver()
        world.clock.advance(600)
    assert world.newest("c").state == "delivered"
    assert [write.body["name"] for write in world.target.writes].count("c") == 1
    attempt.refresh_from_db()
    assert attempt.resolution == "found"
