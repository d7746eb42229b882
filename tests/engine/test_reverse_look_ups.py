"""Links and value maps read backwards, our marks recognised, and what follows when the target refuses a create."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from integrations.errors import BadCredentials, Rejected, linked_to_key
from integrations.flow import Plan, Row, Situation, Want, Write
from integrations.models import Connection, Link, Step, ValueMap
from tests.engine.test_wider_flows import Answered
from tests.engine.world import Parents, Things, World, Writer


class Backwards(Things):
    """Asks whose the target record "1" of the flow "parents" is."""

    seen: Mapping[str, Any] = {}

    def plan(self, record: Row, situation: Situation) -> Plan:
        ask = situation.lookups
        type(self).seen = {
            "codes": ask.codes_for("code", "X"),
            "sender": ask.sender("parents", record.get("marker", "")),
            "source": ask.source_of("parents", "1"),
            "in question": ask.in_question("parents"),
        }
        return Plan()


@pytest.fixture
def parents(world: World) -> World:
    world.flows |= {"parents": Parents(), "things": Backwards()}
    world.source.put("a", name="Ada")
    return world


def bring_parents(world: World, *keys: str) -> None:
    rows, world.source.rows = world.source.rows, {key: {"stamp": "1", "name": key} for key in keys}
    world.go("parents")
    world.source.rows = rows


def test_a_record_waits_for_whatever_leads_to_a_target_record_and_is_woken_by_it(parents: World) -> None:
    parents.go()
    assert (parents.states(), parents.newest().needs) == (["waiting"], linked_to_key("parents", "1"))
    bring_parents(parents, "p")
    parents.deliver()
    assert parents.states() == ["unchanged"]
    assert Backwards.seen["source"] == "p"


def test_two_records_that_lead_to_one_are_a_persons(parents: World) -> None:
    bring_parents(parents, "p", "q")
    Link.objects.update(target_key="1")
    parents.go()
    assert (parents.newest().state, parents.newest().code) == ("quarantined", "several-sources")


def test_a_value_map_is_read_backwards(parents: World) -> None:
    ValueMap.objects.bulk_create(
        [ValueMap(map="code", key=key, value=value) for key, value in (("b", "X"), ("a", "X"), ("c", "Y"))]
    )
    bring_parents(parents, "p")
    parents.go()
    assert Backwards.seen["codes"] == ("a", "b")


def test_our_own_mark_is_recognised_and_no_other(parents: World) -> None:
    bring_parents(parents, "p")
    marker = Step.objects.get().marker
    parents.source.put("a", name="Ada", marker=marker)
    parents.go()
    assert Backwards.seen["sender"] == "p"
    parents.source.put("a", "2", name="Ada", marker="SOMEBODYELSE")
    parents.go()
    assert Backwards.seen["sender"] == ""


@pytest.mark.parametrize("ahead", [(), (Want("in-question:parents", ""),)])
def test_a_write_whose_answer_was_lost_is_in_question_until_it_was_looked_for(
    parents: World, ahead: tuple[Want, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Backwards, "wants", lambda flow, record, options: ahead)
    bring_parents(parents, "p")
    parents.go()
    assert Backwards.seen["in question"] is False
    parents.target.faults = ["lose"]
    bring_parents(parents, "q")
    parents.source.put("a", "2", name="Ada")
    parents.go()
    assert (parents.newest().source_key, Backwards.seen["in question"]) == ("a", True)
    parents.clock.advance(71)
    parents.deliver("parents")
    parents.source.put("a", "3", name="Ada")
    parents.go()
    assert Backwards.seen["in question"] is False


class Telling(Things):
    """Tells the source when the target refuses a record."""

    sees_refusals = sees_done = True
    source_writer = Writer()

    def plan(self, record: Row, situation: Situation) -> Plan:
        if [done for done in situation.done if done.action == "tell"]:
            return Plan()
        if situation.refused:
            body = {"status": situation.refused}
            return Plan((Write("tell", "s1", body, dict(body), side="source"),), notes=(situation.refused,))
        return super().plan(record, situation)

    def observe_source(self, row: Row) -> dict[str, Any]:
        return {"status": row.get("status")}


def test_a_refused_create_is_answered_to_the_source_instead(world: World) -> None:
    world.flows["things"] = Telling()
    world.answers.records["s1"] = {"id": "s1", "status": "", "marker": ""}
    world.target.faults = [Rejected("Not this one.")]
    world.source.put("a", name="Ada")
    world.go()
    assert world.states() == ["delivered"]
    assert world.answers.records["s1"]["status"] == "Not this one."
    assert world.target.records == {}


def test_refused_credentials_of_the_source_pause_the_source(world: World) -> None:
    world.flows["things"] = Answered()
    world.answers.records["s1"] = {"id": "s1", "status": "PendingApproval", "marker": ""}
    world.answers.faults = [BadCredentials("No.")]
    world.source.put("a", name="Ada")
    world.go()
    assert {row.name: row.state for row in Connection.objects.all()} == {"left": "paused", "right": "ok"}
