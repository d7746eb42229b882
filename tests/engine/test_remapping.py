"""What a change of a map reaches is told before, and exactly that is sent again: by a job, bounded and never twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations import map_changes
from integrations.audit import PLATFORM
from integrations.engine import Given, ledger, reach, remapping, replay_jobs, save_values
from integrations.engine.mapping import remove_values
from integrations.engine.remapping import Counted
from integrations.models import Delivery, Progress, ReplayJob, Step
from integrations.value_maps import current, version_of
from tenants.models import Customer
from tests.engine.world import BEGINNING, Lease, World

LONG_AGO = BEGINNING - timedelta(days=3650)
ROWS = ["K1", "K2", "L1", "K*", "*"]


def by(world: World) -> dict[str, Any]:
    return {"by": "person", "schedule": world.schedule, "now": world.clock()}


def save(world: World, **rows: str) -> int:
    """Saves rows, and leaves what was written as it is. A key of "any" is the rule "*", "Ks" the rule "K*"."""
    keys = {"any": "*", "Ks": "K*"}
    return save_values([Given("code", keys.get(k, k), v) for k, v in rows.items()], send_again=False, **by(world))


def orders(world: World, **codes: str) -> None:
    for key, code in codes.items():
        stamp = str(int(world.source.rows.get(key, {"stamp": "0"})["stamp"]) + 1)
        world.source.put(key, stamp, name=key, code=code)
    world.clock.advance(60)
    world.go()
    world.deliver()


def job(world: World, *keys: str) -> ReplayJob:
    """Begins a job for these keys and works until it is over."""
    made = remapping.start("code", keys, Counted(LONG_AGO, 0, True), by="person", now=world.clock())
    while replay_jobs.go_on(made.pk, lease=lease(world), schedule=world.schedule, now=world.clock()):
        pass
    made.refresh_from_db()
    return made


def lease(world: World) -> Lease:
    held = Lease(world.clock)
    held.renew(world.clock())
    return held


def named(wanted: dict[str, str], removed: list[str], seconds: float = 60) -> dict[str, str]:
    """What the change is said to reach: source key to the value that it would get."""
    found = reach.reach("code", wanted, removed, since=LONG_AGO, seconds=seconds)
    assert found.is_exact
    assert found.total + found.unanswered == len(found.examples)
    return {one.source_key: one.after for one in found.examples if one.after}


def there(world: World) -> dict[str, Any]:
    return {str(record["name"]): record.get("code") for record in world.target.records.values()}


changes = st.one_of(
    st.tuples(st.just("order"), st.sampled_from("abcd"), st.sampled_from(["K1", "K2", "L1", "M1"])),
    st.tuples(st.just("save"), st.sampled_from(ROWS), st.sampled_from(["1", "2", "3"])),
    st.tuples(st.just("remove"), st.sampled_from(ROWS), st.just("")),
)


@given(before=st.lists(changes, max_size=12), last=changes.filter(lambda change: change[0] != "order"))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_change_is_said_to_reach_is_exactly_what_it_changes(
    in_acme: object, before: list[tuple[str, str, str]], last: tuple[str, str, str]
) -> None:
    with transaction.atomic():
        hold_against_each_other(before, last)
        transaction.set_rollback(True)


def hold_against_each_other(before: list[tuple[str, str, str]], last: tuple[str, str, str]) -> None:
    world = World()
    for verb, key, value in before:
        if verb == "order":
            orders(world, **{key: value})
        elif verb == "save":
            save_values([Given("code", key, value)], **by(world))
            world.deliver()
        else:
            remove_values("code", [key], **by(world))
            world.deliver()
    kept, versions = there(world), dict(Delivery.objects.values_list("source_key", "number").order_by("number"))
    held_up = set(Delivery.objects.filter(state__in=Delivery.OPEN).values_list("source_key", flat=True))
    verb, key, value = last
    said = named({key: value} if verb == "save" else {}, [key] if verb == "remove" else [])
    if verb == "save":
        save_values([Given("code", key, value)], send_again=False, **by(world))
    else:
        remove_values("code", [key], send_again=False, **by(world))
    assert job(world, key).done == len(said)
    again = Delivery.objects.filter(why="mapping", state="pending")
    assert {one.source_key for one in again if one.number > versions[one.source_key]} == set(said)
    world.deliver()
    world.deliver()
    changed = {
        name: code
        for name, code in there(world).items()
        if kept.get(name) not in (None, code) and name not in held_up  # those go on; they are counted by themselves
    }
    assert changed == said


def test_a_record_that_asks_for_another_code_by_now_is_not_reached(world: World) -> None:
    save(world, K1="1", K2="2")
    orders(world, a="K1")
    orders(world, a="K2")
    assert named({"K1": "9"}, []) == {}
    assert named({"K2": "9"}, []) == {"a": "9"}


def test_a_record_that_needed_no_write_for_its_new_code_is_reached_by_it(world: World) -> None:
    save(world, K1="1", K2="1")
    orders(world, a="K1")
    orders(world, a="K2")
    assert world.states() == ["delivered", "unchanged"]
    assert named({"K1": "9"}, []) == {}
    assert named({"K2": "9"}, []) == {"a": "9"}
    save(world, K2="9")
    assert job(world, "K2").done == 1
    world.deliver()
    assert there(world) == {"a": "9"}


def test_what_waits_for_a_person_is_none_of_it(world: World) -> None:
    save(world, K1="1")
    orders(world, a="K1")
    world.source.put("a", "7", name="a", code="K1", refuse=True)
    world.go()
    assert world.states() == ["delivered", "quarantined"]
    assert named({"K1": "9"}, []) == {}


def test_saving_may_leave_what_was_written_as_it_is(world: World) -> None:
    save(world, K1="1")
    orders(world, a="K1")
    assert save(world, K1="9") == 0
    assert world.states() == ["delivered"]
    orders(world, a="K1")
    assert there(world) == {"a": "9"}


def test_a_job_sends_each_record_once_however_often_it_is_begun(world: World) -> None:
    save(world, K1="1")
    orders(world, a="K1", b="K1", c="K2")
    save(world, K1="9")
    first, second = job(world, "K1"), job(world, "K1")
    assert (first.state, first.done, second.state, second.done) == (Progress.FINISHED, 2, Progress.FINISHED, 0)
    world.deliver()
    assert job(world, "K1").done == 0
    assert [len(world.states(key)) for key in "abc"] == [2, 2, 1]
    assert {one.why for one in Delivery.objects.filter(number=2)} == {"mapping"}


def test_a_job_goes_on_where_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_jobs, "BATCH", 2)
    save(world, K1="1")
    orders(world, a="K1", b="K1", c="K1", d="K1", e="K1")
    save(world, K1="9")
    made = remapping.start("code", ["K1"], Counted(LONG_AGO, 5, True), by="person", now=world.clock())
    given: dict[str, Any] = {"lease": lease(world), "schedule": world.schedule, "now": world.clock()}
    assert replay_jobs.go_on(made.pk, **given)
    made.refresh_from_db()
    assert (made.done, made.state) == (2, Progress.RUNNING)
    replay_jobs.stop(made, now=world.clock())
    assert not replay_jobs.go_on(made.pk, **given)
    replay_jobs.resume(made)
    while replay_jobs.go_on(made.pk, **given):
        pass
    made.refresh_from_db()
    assert (made.done, made.seen, made.state) == (5, 5, Progress.FINISHED)


def test_what_was_written_before_the_window_stays(world: World) -> None:
    save(world, K1="1")
    orders(world, a="K1")
    since = world.clock() + timedelta(seconds=1)
    save(world, K1="9")
    made = remapping.start("code", ["K1"], Counted(since, 0, True), by="person", now=world.clock())
    replay_jobs.go_on(made.pk, lease=lease(world), schedule=world.schedule, now=world.clock())
    assert world.states() == ["delivered"]


def test_many_keys_are_judged_together(world: World) -> None:
    save(world, **{f"K{number}": "1" for number in range(30)})
    orders(world, a="K3", b="K29", c="K7")
    assert named({f"K{number}": "9" for number in range(30) if number != 7}, []) == {"a": "9", "b": "9"}


def test_when_time_is_up_the_count_says_that_there_may_be_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "PAGE", 1)
    save(world, K1="1")
    orders(world, a="K1", b="K1", c="K1")
    found = reach.reach("code", {"K1": "9"}, [], since=LONG_AGO, seconds=0)
    assert (found.total, found.is_exact) == (1, False)


@pytest.mark.parametrize("kind", ["written", "needed no write"])
def test_what_is_written_between_the_look_and_the_saving_is_sent_again_as_well(
    world: World, in_acme: Customer, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    save(world, K1="old")
    if kind == "needed no write":
        orders(world, a="K1")
        Step.objects.all().delete()  # written so long ago that nobody knows
    look = map_changes.look_closely

    def looked_then_a_worker_was_quicker(*args: Any, **named: Any) -> map_changes.Look:
        found = look(*args, **named)
        orders(world, a="K1")
        return found

    monkeypatch.setattr(map_changes, "look_closely", looked_then_a_worker_was_quicker)
    wanted = map_changes.Wanted(Given("code", "K1", "new"), version_of(current("code", ["K1"])["K1"]))
    _, made = map_changes.save("code", [wanted], in_acme, send_again_since=LONG_AGO, actor=PLATFORM, now=world.clock())
    assert made is not None
    assert made.expected == 0
    assert not made.expected_exactly
    while replay_jobs.go_on(made.pk, lease=lease(world), schedule=world.schedule, now=world.clock()):
        pass
    world.clock.advance(60)
    world.deliver()
    world.deliver()
    assert [record["code"] for record in world.target.records.values()] == ["new"]


def test_a_change_that_reaches_nothing_needs_no_job(world: World, in_acme: Customer) -> None:
    save(world, K1="old")
    orders(world, a="K1")
    wanted = map_changes.Wanted(Given("code", "K2", "new"), "")
    _, made = map_changes.save("code", [wanted], in_acme, send_again_since=LONG_AGO, actor=PLATFORM, now=world.clock())
    assert (made, ReplayJob.objects.count()) == (None, 0)


def test_a_change_sends_a_page_at_once_and_leaves_the_rest_to_a_job_in_pages(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remapping, "PAGE", 3)
    save(world, K1="1")
    orders(world, **dict.fromkeys("abcdefgh", "K1"))
    save(world, K1="9")
    with ledger():
        sent, rest = remapping.begin_to_send_again("code", ["K1"], **by(world))
    assert sent == 3
    assert rest is not None
    assert rest.expected_exactly is False
    assert Delivery.objects.filter(why="mapping").count() == 3
    pages = 0
    while replay_jobs.go_on(rest.pk, lease=lease(world), schedule=world.schedule, now=world.clock()):
        pages += 1
    rest.refresh_from_db()
    assert (rest.state, rest.done) == ("finished", 5)
    assert Delivery.objects.filter(why="mapping").count() == 8
    world.deliver()
    world.deliver()
    assert set(there(world).values()) == {"9"}


def test_a_change_that_reaches_few_needs_no_job(world: World) -> None:
    save(world, K1="1")
    orders(world, a="K1", b="K1")
    save(world, K1="9")
    with ledger():
        assert remapping.begin_to_send_again("code", ["K1"], **by(world)) == (2, None)
        assert remapping.begin_to_send_again("code", ["K1"], **by(world)) == (0, None)
