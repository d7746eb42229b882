"""What a replay would write, before it is asked for."""

from __future__ import annotations

from typing import Any

from integrations.engine.previewing import Preview, preview
from integrations.models import Attempt, Delivery, Link, Step
from tests.engine.world import World


def previews(world: World) -> dict[str, Preview]:
    newest = Delivery.objects.order_by("source_key", "-number").distinct("source_key")
    return {found.source_key: found for found in preview(world.work(), list(newest))}


def changes(found: Preview) -> list[tuple[str, str, Any, Any]]:
    return [(w.action, c.member, c.before, c.after) for w in found.writes for c in w.changes]


def test_a_preview_tells_what_would_change_there_and_changes_nothing(world: World) -> None:
    for key in "abc":
        world.source.put(key, name=key)
    world.source.put("d", name="d", parent="p")
    world.source.put("e", name="e", refuse=True)
    world.go()
    world.target.records["1"]["name"] = "edited"
    del world.target.records["2"]
    ledger = [model.objects.count() for model in (Delivery, Step, Attempt, Link)]
    writes, states = len(world.target.writes), {key: world.states(key) for key in "abcde"}
    found = previews(world)
    assert changes(found["a"]) == [("patch", "name", "edited", "a")]
    assert {key: (one.outcome, one.code) for key, one in found.items()} == {
        "a": ("write", ""),
        "b": ("person", "target-missing"),
        "c": ("unchanged", ""),
        "d": ("wait", "not-ready"),
        "e": ("person", "needs-person"),
    }
    assert [model.objects.count() for model in (Delivery, Step, Attempt, Link)] == ledger
    assert (len(world.target.writes), {key: world.states(key) for key in "abcde"}) == (writes, states)


def test_what_is_not_there_yet_would_be_created(world: World) -> None:
    world.source.put("a", name="Ada")
    world.poll()
    assert changes(previews(world)["a"]) == [("create", "name", None, "Ada")]


def test_our_own_mistake_in_one_record_is_told_with_that_record(world: World) -> None:
    world.source.put("a", name="Ada", broken=True)
    world.poll()
    assert (previews(world)["a"].outcome, previews(world)["a"].code) == ("person", "bug")
