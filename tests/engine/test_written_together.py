"""Writers that take several writes in one call: each write is answered, and refused, on its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from integrations.errors import IntegrationError, Rejected
from integrations.flow import Sent, Write
from tests.engine.world import Target, Things, World, Writer


@dataclass
class Together(Writer):
    """Refuses a call as a whole for the sake of one name."""

    at_once: int = 50
    calls: list[list[str]] = field(default_factory=list)

    def send_all(self, client: Target, writes: Sequence[Write]) -> list[Sent | IntegrationError]:
        names = [str(write.body["name"]) for write in writes]
        self.calls.append(names)
        if "Bad" in names:
            raise Rejected("One of them is not acceptable.")
        return [Sent(client.apply(write), None) for write in writes]


@pytest.fixture
def writer(world: World) -> Together:
    things: Any = Things()
    things.writer = Together()
    world.flows["things"] = things
    made: Together = things.writer
    return made


def test_a_call_that_is_refused_for_one_write_is_repeated_for_each_alone(world: World, writer: Together) -> None:
    for key, name in (("a", "Ada"), ("b", "Bad"), ("c", "Cleo")):
        world.source.put(key, name=name)
    world.go()
    assert writer.calls == [["Ada", "Bad", "Cleo"], ["Ada"], ["Bad"], ["Cleo"]]
    assert [world.states(key) for key in "abc"] == [["delivered"], ["quarantined"], ["delivered"]]
    assert [write.body["name"] for write in world.target.writes] == ["Ada", "Cleo"]


def test_an_answer_to_a_part_of_a_call_only_is_no_answer(
    world: World, writer: Together, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = writer.send_all
    monkeypatch.setattr(writer, "send_all", lambda client, writes: whole(client, writes)[:1])
    for key, name in (("a", "Ada"), ("b", "Bea")):
        world.source.put(key, name=name)
    world.go()
    assert [world.states(key) for key in "ab"] == [["checking"], ["checking"]]
    monkeypatch.undo()
    world.clock.advance(500)
    world.deliver()
    assert [world.states(key) for key in "ab"] == [["delivered"], ["delivered"]]
    assert len(world.target.records) == 2
