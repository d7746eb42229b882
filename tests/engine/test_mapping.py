"""Rules in value maps, and values that vanish."""

from __future__ import annotations

import pytest

from integrations.engine import Given, found_missing, save_value, suggest, vanished
from integrations.errors import Misconfigured
from integrations.models import Reference, Step, ValueMap
from tests.engine.world import World


def save(world: World, key: str, value: str) -> int:
    return save_value("code", key, value, by="person", schedule=world.schedule, now=world.clock())


def look(world: World, *, missing: list[Given] = [], present: list[Given] = []) -> tuple[list[str], list[str]]:  # noqa: B006
    found = found_missing(missing, present, schedule=world.schedule, now=world.clock())
    gone, back = ([str(row) for row in rows] for rows in found)
    return gone, back


@pytest.mark.parametrize("key", ["1*0", "**", "10 *"])
def test_a_malformed_rule_is_refused(world: World, key: str) -> None:
    with pytest.raises(Misconfigured, match="code: "):
        save(world, key, "1")
    assert not ValueMap.objects.exists()


def test_a_rule_wakes_what_waits_for_any_code_that_it_answers(world: World) -> None:
    for key, code in (("a", "K10"), ("b", "K11"), ("c", "L10")):
        world.source.put(key, name=key, code=code)
    world.go()
    assert save(world, "K1*", "77") == 2
    world.deliver()
    assert [world.newest(key).state for key in "abc"] == ["delivered", "delivered", "quarantined"]
    assert [record["code"] for record in world.target.records.values()] == ["77", "77"]


def test_the_audit_says_which_rule_was_used(world: World) -> None:
    save(world, "K1*", "77")
    save(world, "K11", "78")
    world.source.put("a", name="a", code="K10")
    world.source.put("b", name="b", code="K11")
    world.go()
    used = {step.delivery.source_key: step.lookups for step in Step.objects.select_related("delivery")}
    assert used == {
        "a": [{"kind": "map", "name": "code", "key": "K10", "value": "77", "rule": "K1*"}],
        "b": [{"kind": "map", "name": "code", "key": "K11", "value": "78"}],
    }


def test_a_closer_rule_sends_again_only_what_it_answers_otherwise(world: World) -> None:
    save(world, "*", "1")
    for key, code in (("a", "K10"), ("b", "K11"), ("c", "L10")):
        world.source.put(key, name=key, code=code)
    world.go()
    assert save(world, "K10", "1") == 0
    assert save(world, "K*", "2") == 1
    world.deliver()
    assert [record["code"] for record in world.target.records.values()] == ["1", "2", "1"]


def test_the_default_changes_nothing_for_codes_with_rows_of_their_own(world: World) -> None:
    save(world, "K1", "1")
    world.source.put("a", name="a", code="K1")
    world.go()
    assert save(world, "*", "2") == 0


def test_a_vanished_value_quarantines_what_would_use_it_until_another_is_saved(world: World) -> None:
    save(world, "K1", "77")
    assert look(world, missing=[Given("code", "K1", "77")]) == (["code: K1 -> 77"], [])
    world.source.put("a", name="Ada", code="K1")
    world.source.put("b", name="Bea")
    world.go()
    one = world.newest()
    assert (one.state, one.code, one.needs) == ("quarantined", "value-vanished", "map:code:K1")
    assert one.reason == "code K1 is mapped to 77, which is no longer there or no longer active."
    assert world.states("b") == ["delivered"]
    assert vanished(["code"]) == ["code K1 leads to 77, gone or inactive since 2026-03-02."]
    assert save(world, "K1", "78") == 1
    world.deliver()
    assert world.states() == ["delivered"]
    assert vanished(["code"]) == []


def test_a_rule_whose_value_vanished_is_named_and_an_exact_row_mends_it(world: World) -> None:
    save(world, "K*", "77")
    look(world, missing=[Given("code", "K*", "77")])
    world.source.put("a", name="Ada", code="K1")
    world.go()
    assert world.newest().reason.startswith("code K1 is mapped by the rule K* to 77,")
    assert save(world, "K1", "78") == 1
    world.deliver()
    assert world.states() == ["delivered"]


def test_a_value_that_is_back_wakes_what_it_held_up(world: World) -> None:
    save(world, "K1", "77")
    look(world, missing=[Given("code", "K1", "77")])
    world.source.put("a", name="Ada", code="K1")
    world.go()
    assert look(world, present=[Given("code", "K1", "77")]) == ([], ["code: K1 -> 77"])
    world.deliver()
    assert world.states() == ["delivered"]


def test_saving_a_vanished_value_again_takes_it_for_found(world: World) -> None:
    save(world, "K1", "77")
    look(world, missing=[Given("code", "K1", "77")])
    world.source.put("a", name="Ada", code="K1")
    world.go()
    assert save(world, "K1", "77") == 1


def test_a_row_that_was_changed_while_it_was_looked_at_is_left_alone(world: World) -> None:
    save(world, "K1", "78")
    assert look(world, missing=[Given("code", "K1", "77")]) == ([], [])
    assert ValueMap.objects.get().missing_since is None


def test_a_second_look_finds_nothing_new(world: World) -> None:
    save(world, "K1", "77")
    look(world, missing=[Given("code", "K1", "77")])
    since = ValueMap.objects.get().missing_since
    world.clock.advance(60)
    assert look(world, missing=[Given("code", "K1", "77")]) == ([], [])
    assert ValueMap.objects.get().missing_since == since


def test_inactive_rows_are_not_suggested(world: World) -> None:
    connection = world.sync().target
    for key, active in (("1", True), ("2", False)):
        row = {"name": "Plumbing", "active": active}
        Reference.objects.create(
            connection=connection, kind="unit", key=key, name="Plumbing", row=row, refreshed_at=world.clock()
        )
    assert [found.value for found in suggest([connection.pk], "unit", "K1", "Plumbing")] == ["1"]
