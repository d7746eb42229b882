"""What waits for a record of which nothing will come, and what a plan's end wakes."""

from __future__ import annotations

from integrations.engine import deliver
from integrations.errors import NeedsPerson, NotReady, NotTransferable, undone_key
from integrations.flow import Plan, Row, Situation
from tests.engine.world import Things, World


class Child(Things):
    """Not transferable if its parent is not."""

    def plan(self, record: Row, situation: Situation) -> Plan:
        try:
            return super().plan(record, situation)
        except NotReady as error:
            reason = situation.lookups.why_not("parents", record["parent"])
            if not reason:
                raise
            raise NotTransferable(f"Without its parent: {reason}", code="no-parent", needs=error.needs) from None


class Parent(Things):
    """Some are refused; one that is undone says so."""

    name = "parents"

    def plan(self, record: Row, situation: Situation) -> Plan:
        if record.get("never"):
            raise NotTransferable("Too old.", code="too-old")
        if record.get("undone"):
            return Plan(wakes=(undone_key("parents", record["name"]),))
        return super().plan(record, situation)


class Rival(Things):
    """A person's, until its rival is undone."""

    def plan(self, record: Row, situation: Situation) -> Plan:
        if record.get("rival") and situation.lookups.why_not("nobody", "x") == "" and not situation.waited:
            raise NeedsPerson("Only one of them.", code="duplicate", needs=undone_key("parents", record["rival"]))
        return super().plan(record, situation)


def family(world: World) -> World:
    world.flows |= {"things": Child(), "parents": Parent()}
    return world


def put(world: World, flow: str, key: str, stamp: str = "1", **values: object) -> None:
    """The only row of this flow's source changes."""
    world.source.rows.clear()
    world.source.put(key, stamp, **values)
    world.go(flow)


def test_what_waits_is_told_when_nothing_will_come_of_what_it_waits_for(world: World) -> None:
    family(world)
    put(world, "things", "a", name="Ada", parent="p")
    assert world.states() == ["waiting"]
    put(world, "parents", "p", name="Paul", never=True)
    world.deliver()
    newest = world.newest()
    assert (newest.state, newest.code, newest.needs) == ("not_transferable", "no-parent", "link:parents:p")
    assert newest.reason == "Without its parent: Too old."


def test_it_goes_on_by_itself_when_something_comes_of_it_later(world: World) -> None:
    family(world)
    put(world, "parents", "p", name="Paul", never=True)
    put(world, "things", "a", name="Ada", parent="p")
    assert world.states() == ["not_transferable"]
    put(world, "parents", "p", "2", name="Paul")
    assert world.sync().id in world.schedule.due
    world.deliver()
    assert world.states() == ["delivered"]
    assert world.target.writes[-1].body == {"name": "Ada", "parent": "1"}


def test_a_version_that_was_overtaken_is_not_woken(world: World) -> None:
    family(world)
    put(world, "parents", "p", name="Paul", never=True)
    put(world, "things", "a", name="Ada", parent="p")
    put(world, "things", "a", "2", name="Ada")
    assert world.states() == ["not_transferable", "delivered"]
    put(world, "parents", "p", "2", name="Paul")
    world.deliver()
    assert world.states() == ["not_transferable", "delivered"]


def test_those_who_do_not_ask_go_on_waiting_and_are_not_planned_for_ever(world: World) -> None:
    world.flows["parents"] = Parent()
    put(world, "things", "a", name="Ada", parent="p")
    put(world, "parents", "p", name="Paul", never=True)
    assert world.deliver() == 1
    assert world.deliver() == 0
    assert world.states() == ["waiting"]


def test_a_refusal_between_plan_and_commit_is_not_missed(world: World) -> None:
    family(world)
    world.source.put("a", name="Ada", parent="p")
    world.poll()
    work = world.work()
    renew = work.lease.renew
    asked: list[int] = []

    def renewed(now: object) -> None:
        renew(now)  # type: ignore[arg-type]
        asked.append(1)
        if len(asked) == 2:  # after the batch was planned, before its plan is committed
            put(world, "parents", "p", name="Paul", never=True)

    work.lease.renew = renewed  # type: ignore[method-assign]
    deliver(work)
    assert world.states() == ["not_transferable"]


def test_a_persons_task_is_settled_by_the_end_of_another_record(world: World) -> None:
    world.flows |= {"things": Rival(), "parents": Parent()}
    put(world, "things", "a", name="Ada", rival="Paul")
    assert (world.newest().state, world.newest().needs) == ("quarantined", "undone:parents:Paul")
    world.clock.advance(1)
    put(world, "parents", "p", name="Paul", undone=True)
    world.deliver()
    assert world.states() == ["delivered"]
