"""What a flow may ask about records of another flow, and waiting that may end sooner."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from integrations.errors import Awaiting, NeedsPerson, link_key
from integrations.flow import Known, Linked, Plan, Row, Situation
from tests.engine.test_wider_flows import Split
from tests.engine.world import Parents, Things, World


class Families(Split):
    """A parent with one target record per name in `parts`; `known` are those that were linked before its last plan."""

    name = "parents"
    needs = ()
    known: Sequence[str] = ()

    def plan(self, record: Row, situation: Situation) -> Plan:
        type(self).known = situation.parts
        if record.get("refuse"):
            raise NeedsPerson("Somebody has to look at this.", code="looked-at")
        return super().plan(record, situation)


class Looking(Things):
    """Looks at a record of the flow "parents"."""

    seen: Known = Known()

    def plan(self, record: Row, situation: Situation) -> Plan:
        type(self).seen = situation.lookups.known("parents", record["looks"])
        return Plan()


@pytest.fixture
def families(world: World) -> World:
    world.flows |= {"parents": Families(), "things": Looking()}
    world.source.put("p", name="Paul", parts=["x", "y"])
    world.source.put("p2", name="Pia", parts=["x"])
    world.go("parents")
    return world


def look(world: World, key: str) -> Known:
    world.source.rows = {"a": {"stamp": key, "name": "Ada", "looks": key}}
    world.go()
    return Looking.seen


def test_a_record_knows_its_linked_parts_and_no_others(families: World) -> None:
    families.source.put("p", "2", name="Paul", parts=["x", "y"])
    families.go("parents")
    assert Families.known == ("x", "y")


def test_the_parts_of_a_record_of_another_flow_are_known_with_their_lines(families: World) -> None:
    seen = look(families, "p")
    assert seen.parts == {
        "x": Linked("1", {"name": "Paul x"}, {"10": "1-10"}),
        "y": Linked("3", {"name": "Paul y"}, {"10": "3-10"}),
    }
    assert (seen.state, seen.code) == ("", "")
    assert look(families, "nobody") == Known()


def test_a_record_that_has_not_come_to_its_end_says_where_it_stands(families: World) -> None:
    families.source.rows = {"p2": {"stamp": "2", "name": "Pia", "parts": ["x"], "refuse": True}}
    families.go("parents")
    seen = look(families, "p2")
    assert (seen.state, seen.code, seen.reason) == ("quarantined", "looked-at", "Somebody has to look at this.")
    assert list(seen.parts) == ["x"]


def test_what_is_awaited_may_come_sooner(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Things.plan

    def patient(flow: Things, record: Row, situation: Situation) -> Plan:
        if not situation.lookups.known("parents", "p").parts:
            raise Awaiting("Paul may come.", seconds=3600, needs=link_key("parents", "p"))
        return original(flow, record, situation)

    monkeypatch.setattr(Things, "plan", patient)
    world.flows["parents"] = Parents()
    monkeypatch.setattr(Parents, "plan", original)
    world.source.put("a", name="Ada")
    world.go()
    assert world.states() == ["waiting"]
    world.source.rows = {"p": {"stamp": "1", "name": "Paul"}}
    world.go("parents")
    world.deliver()
    assert world.states() == ["delivered"]
