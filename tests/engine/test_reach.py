"""Value maps before and after they are changed: how far a change reaches, and what removing a row does."""

from __future__ import annotations

from datetime import timedelta

from integrations.engine import grouping, reach, save_value
from integrations.engine.mapping import remove_values
from integrations.models import ValueMap
from tests.engine.world import World


def save(world: World, key: str, value: str) -> int:
    return save_value("code", key, value, by="person", schedule=world.schedule, now=world.clock())


def remove(world: World, *keys: str) -> int:
    return remove_values("code", keys, by="person", schedule=world.schedule, now=world.clock())


def orders(world: World, **codes: str) -> None:
    for key, code in codes.items():
        world.source.put(key, name=key, code=code)
    world.go()


def test_the_reach_of_a_change_counts_records_that_would_come_out_differently(world: World) -> None:
    save(world, "K1", "1")
    save(world, "K2", "2")
    orders(world, a="K1", b="K2", c="K3")
    since = world.clock() - timedelta(days=30)
    found = reach.reach("code", {"K1": "9", "K3": "3"}, [], since=since)
    assert (dict(found.records), found.woken, found.is_exact) == ({"things": 1}, 1, True)
    (one,) = found.examples
    assert (one.source_key, one.key, one.before, one.after) == ("a", "K1", "1", "9")
    assert ValueMap.objects.get(key="K1").value == "1"


def test_the_reach_of_a_rule_leaves_out_codes_with_rows_of_their_own(world: World) -> None:
    save(world, "*", "0")
    save(world, "K1", "1")
    orders(world, a="K1", b="K2", c="L1")
    found = reach.reach("code", {"K*": "5"}, [], since=world.clock() - timedelta(days=1))
    assert [(one.source_key, one.after) for one in found.examples] == [("b", "5")]
    removed = reach.reach("code", {}, ["*"], since=world.clock() - timedelta(days=1))
    assert sorted((one.source_key, one.after) for one in removed.examples) == [("b", ""), ("c", "")]


def test_what_is_older_than_the_window_does_not_count(world: World) -> None:
    save(world, "K1", "1")
    orders(world, a="K1")
    assert not reach.reach("code", {"K1": "9"}, [], since=world.clock() + timedelta(seconds=1)).records


def test_removing_a_row_sends_again_what_a_rule_answers_otherwise(world: World) -> None:
    save(world, "K*", "5")
    save(world, "K1", "1")
    orders(world, a="K1", b="K2")
    assert remove(world, "K1") == 1
    world.deliver()
    assert [record["code"] for record in world.target.records.values()] == ["5", "5"]
    assert remove(world, "K1") == 0


def test_removing_a_rule_that_nothing_replaces_leaves_what_was_written(world: World) -> None:
    save(world, "K*", "5")
    orders(world, a="K1")
    assert remove(world, "K*") == 0
    assert world.states() == ["delivered"]
    world.source.put("a", "2", name="a", code="K1")
    world.go()
    assert world.newest().needs == "map:code:K1"


def test_failures_of_one_cause_are_one_group_with_its_fix(world: World) -> None:
    orders(world, a="K1", c="K2")
    world.clock.advance(60)
    orders(world, b="K1", d="K1")
    world.source.put("e", name="e", parent="p")
    world.source.put("f", name="f", refuse=True)
    world.go()
    found = {(group.code, group.needs): group for group in grouping.groups()}
    first = found["unmapped-code", "map:code:K1"]
    assert (first.flow, first.state, first.records, first.example) == (
        "things",
        "quarantined",
        3,
        world.newest("a").pk,
    )
    assert (first.fix.kind, first.fix.map, first.fix.key) == ("map-value", "code", "K1")
    assert first.fix.words == "Map code K1: saving it lets all of them go on."
    assert found["not-ready", "link:parents:p"].fix.flow == "parents"
    assert found["needs-person", ""].fix.kind == "replay"
    assert list(grouping.open_needs("code")) == ["K1", "K2"]


def test_a_group_closes_itself_once_its_cause_is_mended(world: World) -> None:
    orders(world, a="K1", b="K1")
    assert save(world, "K1", "1") == 2
    world.deliver()
    assert grouping.groups() == []
