"""Records with several target records, answers to their own system, waiting for what wakes nobody, read models."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.errors import Awaiting
from integrations.flow import Bond, Plan, Row, Situation, Write
from integrations.models import Link, Reference, Run, Step
from tests.engine.world import Things, World, Writer


class Split(Things):
    """One target record per name in `parts`."""

    has_parts = True

    def plan(self, record: Row, situation: Situation) -> Plan:
        writes = []
        for name in record["parts"]:
            part = situation.part(name)
            if part.current is None or self.is_gone(part.current):
                body = {"name": f"{record['name']} {name}"}
                writes.append(Write("create", "", body, dict(body), part.marker, part=name))
        return Plan(tuple(writes))


class Answered(Things):
    """Created at the target, then approved where the record came from."""

    sees_done = True
    source_writer = Writer()

    def plan(self, record: Row, situation: Situation) -> Plan:
        made = [done.action for done in situation.done]
        if "create" not in made:
            return super().plan(record, situation)
        if "patch" not in made:
            return Plan((Write("patch", "s1", {"status": "Approved"}, {"status": "Approved"}, side="source"),))
        return Plan(links=(Bond("parents", record["name"], "77"),))

    def observe_source(self, row: Row) -> dict[str, Any]:
        return {"status": row.get("status")}


def test_each_part_of_a_record_gets_its_own_record_and_link(world: World) -> None:
    world.flows["things"] = Split()
    world.source.put("a", name="Ada", parts=["x", "y"])
    world.go()
    assert world.states() == ["delivered"]
    assert {link.source_key: link.target_key for link in Link.objects.all()} == {"a#x": "1", "a#y": "2"}
    assert [record["name"] for record in world.target.records.values()] == ["Ada x", "Ada y"]


def test_a_lost_answer_to_the_second_part_doubles_neither(world: World) -> None:
    world.flows["things"] = Split()
    world.target.faults = [None, "lose"]
    world.source.put("a", name="Ada", parts=["x", "y"])
    world.go()
    assert world.states() == ["checking"]
    world.clock.advance(71)
    world.deliver()
    assert world.states() == ["delivered"]
    assert len(world.target.writes) == 2


def test_only_the_part_that_is_gone_is_made_again(world: World) -> None:
    world.flows["things"] = Split()
    world.source.put("a", "1", name="Ada", parts=["x", "y"])
    world.go()
    world.target.records["2"]["gone"] = True
    world.source.put("a", "2", name="Ada", parts=["x", "y"])
    world.go()
    links = {link.source_key: (link.target_key, link.generation) for link in Link.objects.all()}
    assert links == {"a#x": ("1", 1), "a#y": ("3", 2)}


def test_an_answer_to_the_source_follows_the_write_and_links_what_appeared(world: World) -> None:
    world.flows["things"] = Answered()
    world.answers.records["s1"] = {"id": "s1", "status": "PendingApproval", "marker": ""}
    world.source.put("a", name="Ada")
    world.go()
    assert world.states() == ["delivered"]
    assert world.answers.records["s1"]["status"] == "Approved"
    assert [(step.action, step.side) for step in Step.objects.order_by("position")] == [
        ("create", "target"),
        ("patch", "source"),
    ]
    assert set(Link.objects.values_list("flow", "source_key", "target_key")) == {
        ("things", "a", "1"),
        ("parents", "Ada", "77"),
    }


def test_a_lost_answer_to_the_source_is_settled_by_looking_at_its_state(world: World) -> None:
    world.flows["things"] = Answered()
    world.answers.records["s1"] = {"id": "s1", "status": "PendingApproval", "marker": ""}
    world.answers.faults = ["lose"]
    world.source.put("a", name="Ada")
    world.go()
    assert world.states() == ["checking"]
    world.clock.advance(71)
    world.deliver()
    assert world.states() == ["delivered"]
    assert len(world.answers.writes) == 1


def test_what_is_awaited_is_looked_at_again_in_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Things.plan

    def patient(flow: Things, record: Row, situation: Situation) -> Plan:
        if situation.waited < 60:
            raise Awaiting("The bill has not appeared yet.", seconds=30)
        return original(flow, record, situation)

    monkeypatch.setattr(Things, "plan", patient)
    world.source.put("a", name="Ada")
    world.go()
    assert (world.newest().state, world.newest().reason) == ("waiting", "The bill has not appeared yet.")
    world.clock.advance(29)
    assert world.deliver() == 0
    for seconds in (1, 30):
        world.clock.advance(seconds)
        world.deliver()
    assert world.states() == ["delivered"]


def test_a_read_model_keeps_rows_as_they_are_read_and_writes_nothing(world: World) -> None:
    class Kept(Things):
        keeps = "kept"

    world.flows["things"] = Kept()
    world.source.put("a", name="Ada")
    world.go()
    world.clock.advance(60)
    world.source.put("a", "2", name="Bea")
    world.source.put("b", name="Cleo")
    world.go()
    world.go()
    kept = {reference.key: reference.row["name"] for reference in Reference.objects.filter(kind="kept")}
    assert kept == {"a": "Bea", "b": "Cleo"}
    assert world.target.writes == []
    assert [(run.read, run.written, run.state) for run in Run.objects.order_by("started_at")] == [
        (1, 1, "completed"),
        (2, 2, "completed"),
    ]


def test_our_own_mistake_after_a_write_costs_one_record_of_its_batch(world: World) -> None:
    class Clumsy(Things):
        def observe(self, row: Row) -> dict[str, Any]:
            if row["name"] == "Bea":
                raise KeyError("nothing")
            return super().observe(row)

    world.flows["things"] = Clumsy()
    for key, name in (("a", "Ada"), ("b", "Bea"), ("c", "Cleo")):
        world.source.put(key, name=name)
    world.go()
    assert [world.states(key) for key in "abc"] == [["delivered"], ["quarantined"], ["delivered"]]
    assert world.newest("b").code == "bug"
