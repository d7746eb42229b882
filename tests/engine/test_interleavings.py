"""What people, polls and other workers do between two steps of a delivery."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from integrations.engine import (
    Given,
    deliver,
    dismiss,
    found_missing,
    link_by_hand,
    make_anew,
    poll,
    replay,
    save_value,
    unlink,
)
from integrations.errors import NeedsPerson, Transient, Unknown, reference_key
from integrations.flow import Plan, Row, Situation
from integrations.models import Attempt, Link, Run, Step, Sync
from tests.engine.world import Things, World


def void(done: object) -> None:
    """For hooks that answer nothing."""


class Interrupted(Things):
    """Something happens when a plan has just been made, before it is committed."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self.meanwhile: Callable[[], object] | None = meanwhile

    def plan(self, record: Row, situation: Situation) -> Plan:
        try:
            return super().plan(record, situation)
        finally:
            if self.meanwhile:
                meanwhile, self.meanwhile = self.meanwhile, None
                meanwhile()


def _found_twice(world: World) -> None:
    world.target.faults = ["lose"]
    world.source.put("a", "1", name="Ada")
    world.go()
    world.target.records["2"] = {**world.target.records["1"], "id": "2"}
    world.clock.advance(70)
    world.deliver()
    assert (world.newest().state, world.newest().code) == ("quarantined", "found-twice")


def _replay(world: World, key: str = "a") -> None:
    replay(world.sync(), key, by="person", schedule=world.schedule, now=world.clock())


def test_a_replay_after_one_of_two_was_removed_links_the_other_and_writes_nothing(world: World) -> None:
    _found_twice(world)
    del world.target.records["2"]
    _replay(world)
    world.deliver()
    assert world.states() == ["delivered"]
    assert (len(world.target.writes), Link.objects.get().target_key) == (1, "1")


def test_a_replay_while_there_are_still_two_makes_no_third(world: World) -> None:
    _found_twice(world)
    _replay(world)
    world.deliver()
    assert (world.newest().code, len(world.target.writes)) == ("found-twice", 1)


def test_a_newer_version_of_what_was_found_twice_makes_no_third(world: World) -> None:
    _found_twice(world)
    world.source.put("a", "2", name="Bea")
    world.go()
    assert len(world.target.writes) == 1
    assert (world.newest().state, world.newest().code) == ("quarantined", "found-twice")
    del world.target.records["2"]
    _replay(world)
    world.deliver()
    assert world.states() == ["superseded", "delivered"]
    assert world.target.records["1"]["name"] == "Bea"
    assert len(world.target.records) == 1


def test_a_newer_version_behind_what_is_found_twice_makes_no_third(world: World) -> None:
    world.target.faults = ["lose"]
    world.source.put("a", "1", name="Ada")
    world.go()
    world.target.records["2"] = {**world.target.records["1"], "id": "2"}
    world.source.put("a", "2", name="Bea")
    world.poll()
    world.clock.advance(70)
    world.deliver()
    assert len(world.target.writes) == 1
    assert (world.newest().state, world.newest().code) == ("quarantined", "found-twice")


def test_what_was_found_twice_and_dismissed_is_looked_for_when_it_is_replayed(world: World) -> None:
    _found_twice(world)
    dismiss(world.newest(), by="person", reason="Done by hand.", schedule=world.schedule, now=world.clock())
    del world.target.records["2"]
    _replay(world)
    world.deliver()
    assert world.states() == ["dismissed", "delivered"] or world.states() == ["dismissed", "unchanged"]
    assert len(world.target.writes) == 1


def test_a_mistake_of_ours_while_looking_does_not_lead_to_a_second_create(world: World, monkeypatch: Any) -> None:
    world.target.faults = ["lose"]
    world.source.put("a", name="Ada")
    world.go()
    world.clock.advance(70)
    writer = Things.writer
    with monkeypatch.context() as patch:
        patch.setattr(type(writer), "key", lambda self, row: row["no such member"])
        world.deliver()
    assert (world.newest().state, world.newest().code) == ("quarantined", "bug")
    _replay(world)
    world.deliver()
    assert world.states() == ["delivered"]
    assert len(world.target.writes) == 1


def test_a_mistake_of_ours_after_sending_leaves_nothing_sending(world: World, monkeypatch: Any) -> None:
    world.source.put("a", name="Ada")
    world.poll()
    with monkeypatch.context() as patch:
        patch.setattr("integrations.engine.delivering.settle", lambda work, batch: _raise(KeyError("our mistake")))
        world.deliver()
    assert world.states() == ["checking"]
    world.clock.advance(400)
    world.deliver()
    assert world.states() == ["delivered"]
    assert len(world.target.writes) == 1


def test_a_pause_by_a_person_outlives_a_batch_that_is_put_off(world: World) -> None:
    world.source.put("a", name="Ada")
    world.poll()
    work = world.work()
    Sync.objects.update(state="paused", pause_code="person", pause_reason="By hand.")
    world.target.prepare = lambda: _raise(Transient("503 maintenance"))  # type: ignore[method-assign]
    deliver(work)
    assert Sync.objects.get().state == "paused"


def test_a_pause_by_a_person_outlives_a_failed_poll(world: World) -> None:
    world.source.error = Transient("503 maintenance")
    work = world.work()
    Sync.objects.update(state="paused", pause_code="person", pause_reason="By hand.")
    poll(work)
    assert Sync.objects.get().state == "paused"


def _raise(error: Exception) -> Any:
    raise error


def test_a_value_that_is_mapped_while_a_record_is_planned_is_not_missed(world: World) -> None:
    world.flows["things"] = Interrupted(lambda: _map(world, "77"))
    world.source.put("a", name="Ada", code="K1")
    world.go()
    assert world.states() == ["delivered"]


def test_a_value_that_is_back_while_a_record_is_planned_is_not_missed(world: World) -> None:
    given = Given("code", "K1", "77")
    _map(world, "77")
    found_missing([given], [], schedule=world.schedule, now=world.clock())
    back = lambda: found_missing([], [given], schedule=world.schedule, now=world.clock())  # noqa: E731
    world.flows["things"] = Interrupted(back)
    world.source.put("a", name="Ada", code="K1")
    world.go()
    assert world.states() == ["delivered"]


def test_a_mapping_that_changes_while_a_record_is_planned_counts(world: World) -> None:
    _map(world, "77")
    world.flows["things"] = Interrupted(lambda: _map(world, "78"))
    world.source.put("a", name="Ada", code="K1")
    world.go()
    world.deliver()
    assert world.target.records["1"]["code"] == "78"


def _map(world: World, value: str) -> None:
    save_value("code", "K1", value, by="person", schedule=world.schedule, now=world.clock())


def test_a_link_made_by_hand_while_a_create_is_planned_is_used(world: World) -> None:
    world.target.records["900"] = {"id": "900", "marker": "", "name": "Old"}
    world.flows["things"] = Interrupted(lambda: _link(world, "things", "a"))
    world.source.put("a", name="Ada")
    world.go()
    assert world.states() == ["delivered"]
    assert list(world.target.records) == ["900"]
    assert world.target.records["900"]["name"] == "Ada"


def _link(world: World, flow: str, key: str) -> None:
    link_by_hand(world.sync(flow), key, "900", by="person", schedule=world.schedule, now=world.clock())


def test_an_overtaken_create_that_arrives_late_is_seen_as_a_double(world: World) -> None:
    world.target.faults = [Unknown("No answer.")]
    world.source.put("a", "1", name="Ada")
    world.go()
    marker = Step.objects.get().marker
    world.source.put("a", "2", name="Bea")
    world.poll()
    world.clock.advance(71)
    world.deliver()
    world.target.records["9"] = {"id": "9", "marker": marker, "name": "Ada"}
    world.clock.advance(60)
    world.deliver()
    assert (world.newest().state, world.newest().code) == ("quarantined", "found-twice")


def test_a_wake_key_outlives_a_batch_that_is_put_off(world: World) -> None:
    from integrations.errors import Awaiting

    class Patient(Things):
        def plan(self, record: Row, situation: Situation) -> Plan:
            raise Awaiting("Later.", seconds=30, needs="link:parents:p")

    world.flows["things"] = Patient()
    world.source.put("a", name="Ada")
    world.go()
    world.clock.advance(30)
    world.target.prepare = lambda: _raise(Transient("503"))  # type: ignore[method-assign]
    world.deliver()
    assert (world.newest().state, world.newest().needs) == ("waiting", "link:parents:p")


def test_a_replay_while_a_record_is_planned_stays_in_its_story(world: World) -> None:
    world.flows["things"] = Interrupted(lambda: _replay(world))
    world.source.put("a", name="Ada")
    world.go()
    assert [note["text"] for note in world.newest().notes] == ["Replayed by person."]


def test_a_replay_while_a_quarantined_record_is_planned_again_counts_in_its_run_once(world: World) -> None:
    class Without(Interrupted):
        def plan(self, record: Row, situation: Situation) -> Plan:
            super().plan(record, situation)
            raise NeedsPerson("There is no such unit.", needs=reference_key("unit", "7"))

    world.flows["things"] = Without(lambda: None)
    world.source.put("a", name="Ada")
    world.go()
    world.clock.advance(901)
    world.flows["things"] = Without(lambda: _replay(world))
    world.deliver()
    run = Run.objects.get()
    assert (world.states(), run.read, run.quarantined, run.state) == (["quarantined"], 1, 1, "completed")


def test_a_replay_while_a_record_is_planned_has_it_planned_again(world: World) -> None:
    class Refusing(Interrupted):
        def plan(self, record: Row, situation: Situation) -> Plan:
            first = self.meanwhile is not None
            plan = super().plan(record, situation)
            if first:
                raise NeedsPerson("There was no such unit a moment ago.")
            return plan

    world.flows["things"] = Refusing(lambda: _replay(world))
    world.source.put("a", name="Ada")
    world.go()
    assert world.states() == ["delivered"]


def test_what_is_to_be_made_anew_is_made_although_it_was_just_found_unlinked(world: World) -> None:
    def anew() -> None:
        make_anew(Link.objects.get(source_key="a"), by="person", reason="x", schedule=world.schedule, now=world.clock())

    world.source.put("a", name="Ada")
    world.go()
    unlink(Link.objects.get(), by="person", reason="wrong", schedule=world.schedule, now=world.clock())
    world.flows["things"] = Interrupted(anew)
    world.source.put("b", name="Bea")
    world.poll()
    world.clock.advance(1)
    world.deliver()
    assert world.states() == ["delivered", "delivered"]
    assert len(world.target.records) == 3


def test_a_run_whose_reader_died_is_closed_by_the_next_poll_even_if_that_is_idle(world: World) -> None:
    world.source.page_size = 1
    world.source.put("a", name="Ada")
    world.source.put("b", name="Bea")
    reader = world.flows["things"].reader

    class Dying(type(reader)):  # type: ignore[misc]
        def pages(self, *args: Any, **more: Any) -> Any:
            yield next(reader.pages(*args, **more))
            raise SystemExit

    world.flows["things"].reader = Dying()
    try:
        world.poll()
    except SystemExit:
        pass
    finally:
        world.flows["things"].reader = reader
    world.deliver()
    del world.source.rows["b"]
    world.go()
    assert [run.state for run in Run.objects.all()] == ["completed"]


def test_an_attempt_is_never_left_unresolved(world: World) -> None:
    world.target.faults = ["lose"]
    world.source.put("a", name="Ada")
    world.go()
    world.clock.advance(70)
    world.deliver()
    assert not Attempt.objects.filter(kind="write", outcome="unknown", resolution="").exists()


def test_a_pause_in_the_middle_of_a_task_stops_before_the_next_batch(world: World) -> None:
    world.limits = replace(world.limits, batch=1)
    world.source.put("a", name="Ada")
    world.source.put("b", name="Bea")
    world.poll()
    world.target.before_send = lambda: void(Sync.objects.update(state="paused"))
    world.deliver()
    assert len(world.target.writes) == 1
    assert world.states("b") == ["pending"]


def test_a_sync_that_is_removed_in_the_middle_of_a_task_ends_it(world: World) -> None:
    world.limits = replace(world.limits, batch=1)
    world.source.put("a", name="Ada")
    world.source.put("b", name="Bea")
    world.poll()
    world.target.before_send = lambda: void(Sync.objects.all().delete())
    world.deliver()
    assert len(world.target.writes) == 1


def test_a_record_is_not_linked_by_hand_while_a_write_of_it_is_not_settled(world: World) -> None:
    world.target.faults = ["lose"]
    world.source.put("a", name="Ada")
    world.go()
    with pytest.raises(ValueError, match="checking"):
        _link(world, "things", "a")


def test_a_mapping_that_changes_while_a_write_is_unsettled_is_sent_afterwards(world: World) -> None:
    _map(world, "77")
    world.target.faults = ["lose"]
    world.source.put("a", name="Ada", code="K1")
    world.go()
    _map(world, "78")
    assert world.states() == ["checking", "behind"]
    world.clock.advance(70)
    world.deliver()
    assert world.states() == ["delivered", "delivered"]
    assert world.target.records["1"]["code"] == "78"
