"""Plans that link something and are not finished, and what a flow may ask besides its target's rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from integrations.errors import Awaiting, NeedsPerson
from integrations.flow import Bond, Plan, Row, Situation, Want
from integrations.models import Link
from tests.engine.world import Things, World


class Claiming(Things):
    """Claims the record "9" of the target, waits for it to be known, then asks a person."""

    def plan(self, record: Row, situation: Situation) -> Plan:
        claims = situation.lookups.sources(self.name, "9")
        bond = (Bond(self.name, f"{record['name']}/9", "9", {"10": "9-10"}),)
        if not claims:
            return Plan(links=bond, notes=("Claimed.",), then=Awaiting("Looks again.", seconds=0))
        return Plan(links=bond, then=NeedsPerson(f"Claimed by {', '.join(claims)}.", code="claimed"))


def test_a_plan_keeps_its_links_and_notes_and_still_waits_or_asks(world: World) -> None:
    world.flows["things"] = Claiming()
    world.source.put("a", name="Ada")
    world.go()
    newest = world.newest()
    assert (newest.state, newest.code, newest.reason) == ("quarantined", "claimed", "Claimed by Ada/9.")
    assert [note["text"] for note in newest.notes] == ["Claimed."]
    assert world.target.writes == []
    assert Link.objects.get().lines == {"10": "9-10"}


class Asking(Things):
    """Asks for the lines of a parent, for a row that the parent's link names, and for one of the source."""

    asked: Mapping[str, Any] = {}

    def wants(self, record: Row, options: Mapping[str, Any]) -> tuple[Want, ...]:
        return Want("source:twins", "t1", fresh=True), Want("room", "p", fresh=True, via="parents")

    def plan(self, record: Row, situation: Situation) -> Plan:
        ask = situation.lookups
        lines = dict(ask.lines("parents", "p"))
        type(self).asked = {
            "lines": lines,
            "room": ask.reference("room", ask.linked("parents", "p"), fresh=True),
            "twins": ask.reference("source:twins", "t1", fresh=True),
        }
        return Plan()


@pytest.fixture
def calls(world: World, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, tuple[str, ...]]]:
    """The look-ups that the flow "things" makes, answered by both sides."""
    calls: list[tuple[str, str, tuple[str, ...]]] = []
    world.flows["things"] = Asking()
    original = world.work

    def answering(side: str) -> Any:
        def lookup(client: Any, kind: str, keys: Any) -> dict[str, Row]:
            calls.append((side, kind, tuple(keys)))
            return {key: {"side": side, "key": key} for key in keys}

        return lookup

    def work(*args: Any) -> Any:
        made = original(*args)
        made.lookup, made.lookup_source = answering("target"), answering("source")
        return made

    monkeypatch.setattr(world, "work", work)
    return calls


def test_a_flow_may_ask_its_source_and_for_rows_that_a_link_names(world: World, calls: list[Any]) -> None:
    world.source.put("p", name="Paul")
    world.go("parents")
    world.source.rows.clear()
    world.source.put("a", name="Ada")
    world.go()
    assert Asking.asked == {
        "lines": {"10": "1-10"},
        "room": {"side": "target", "key": "1"},
        "twins": {"side": "source", "key": "t1"},
    }
    assert calls == [("source", "twins", ("t1",)), ("target", "room", ("1",))]


def test_a_row_named_by_a_link_that_is_missing_is_not_asked_for(world: World, calls: list[Any]) -> None:
    world.source.put("a", name="Ada")
    world.go()
    assert (world.newest().state, world.newest().needs) == ("waiting", "link:parents:p")
    assert [kind for _, kind, keys in calls if keys] == ["twins"]
