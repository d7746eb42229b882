"""Waiting for links and for people, and being woken."""

from __future__ import annotations

from integrations.engine import dismiss, link_by_hand, save_value
from integrations.flow import Plan, Row, Situation
from integrations.models import Step
from tests.engine.world import Things, World


def test_a_record_waits_for_its_parent_and_is_woken_by_the_link(world: World) -> None:
    world.source.put("a", name="Ada", parent="p")
    world.go()
    assert (world.newest().state, world.newest().needs) == ("waiting", "link:parents:p")
    child_sync = world.sync()
    world.source.rows.clear()
    world.source.put("p", name="Paul")
    world.go("parents")
    assert child_sync.id in world.schedule.due
    world.deliver()
    assert world.states() == ["delivered"]
    assert world.target.writes[-1].body == {"name": "Ada", "parent": "1"}


def test_what_waits_holds_back_nothing_else(world: World) -> None:
    world.source.put("a", name="Ada", parent="p")
    world.source.put("b", name="Bea", code="unheard-of")
    world.source.put("c", name="Cleo")
    world.go()
    assert [world.states(k) for k in "abc"] == [["waiting"], ["quarantined"], ["delivered"]]


def test_an_unmapped_code_names_itself_and_is_delivered_once_mapped(world: World) -> None:
    world.source.put("a", name="Ada", code="K1")
    world.go()
    newest = world.newest()
    assert (newest.state, newest.code, newest.needs) == ("quarantined", "unmapped-code", "map:code:K1")
    assert save_value("code", "K1", "77", by="person", schedule=world.schedule, now=world.clock()) == 1
    world.deliver()
    assert world.states() == ["delivered"]
    assert world.target.records["1"]["code"] == "77"


def test_a_changed_mapping_sends_again_what_was_written_under_the_old_value(world: World) -> None:
    save_value("code", "K1", "77", by="person", schedule=world.schedule, now=world.clock())
    world.source.put("a", name="Ada", code="K1")
    world.source.put("b", name="Bea")
    world.go()
    assert save_value("code", "K1", "78", by="person", schedule=world.schedule, now=world.clock()) == 1
    world.deliver()
    assert world.states("a") == ["delivered", "delivered"]
    assert world.states("b") == ["delivered"]
    assert world.newest("a").why == "mapping"
    assert world.target.records["1"]["code"] == "78"


def test_the_step_says_which_values_it_used(world: World) -> None:
    save_value("code", "K1", "77", by="person", schedule=world.schedule, now=world.clock())
    world.source.put("a", name="Ada", code="K1")
    world.go()
    assert Step.objects.get().lookups == [{"kind": "map", "name": "code", "key": "K1", "value": "77"}]


def test_a_link_made_by_hand_wakes_what_waits_for_it(world: World) -> None:
    world.source.put("a", name="Ada", parent="p")
    world.go()
    link_by_hand(world.sync("parents"), "p", "900", by="person", schedule=world.schedule, now=world.clock())
    world.deliver()
    assert world.target.writes[-1].body == {"name": "Ada", "parent": "900"}


def test_a_dismissed_record_stays_closed_until_its_source_changes(world: World) -> None:
    world.source.put("a", name="Ada", refuse=True)
    world.go()
    dismiss(world.newest(), by="person", reason="A test order.", schedule=world.schedule, now=world.clock())
    world.go()
    assert world.states() == ["dismissed"]
    world.source.put("a", "2", name="Ada")
    world.go()
    assert world.states() == ["dismissed", "delivered"]


def test_the_lines_of_a_record_are_waited_for_until_it_was_read_back(world: World) -> None:
    class Lined(Things):
        def plan(self, record: Row, situation: Situation) -> Plan:
            situation.lookups.lines("parents", record["parent"])
            return super().plan(record, situation)

    world.flows["things"] = Lined()
    world.source.put("p", name="Paul")
    world.target.hidden = {"1"}
    world.go("parents")
    world.source.rows.clear()
    world.source.put("a", name="Ada", parent="p")
    world.go()
    assert (world.newest().state, world.newest().code) == ("waiting", "not-read-back")
    world.target.hidden = set()
    world.clock.advance(60)
    world.deliver("parents")
    world.deliver()
    assert world.states("a") == ["delivered"]
