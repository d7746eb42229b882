"""Records that are read from their source again because somebody asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from integrations.engine import reread
from integrations.errors import Transient
from integrations.flow import Change
from integrations.models import Reference
from tests.engine.world import Reader, Source, Things, World


def test_what_changed_at_the_source_is_a_new_version_and_goes_on(world: World) -> None:
    world.source.put("a", name="Ada")
    world.go()
    world.source.put("a", "2", name="Bea")
    assert reread(world.work(), ["a"], by="ann") == {"a": "changed"}
    world.deliver()
    newest = world.newest()
    assert (newest.why, newest.started_by, newest.state) == ("re-read", "ann", "delivered")
    assert world.target.records["1"]["name"] == "Bea"


def test_what_did_not_change_and_what_is_gone_makes_no_version(world: World) -> None:
    world.source.put("a", name="Ada")
    world.go()
    assert reread(world.work(), ["a", "b"], by="ann") == {"a": "unchanged", "b": "gone"}
    assert world.states() == ["delivered"]


def test_a_record_that_was_never_read_is_read(world: World) -> None:
    world.source.put("a", name="Ada")
    assert reread(world.work(), ["a"], by="ann") == {"a": "changed"}
    world.deliver()
    assert world.states() == ["delivered"]


class Late(Reader):
    """A poll stores a newer row while the answer to this read is on its way, so many times."""

    def __init__(self, world: World, times: int) -> None:
        self.world, self.times = world, times

    def fetch(self, client: Source, keys: Sequence[str]) -> dict[str, Change]:
        old = super().fetch(client, keys)
        if self.times:
            self.times -= 1
            self.world.source.put("a", f"{9 - self.times}", name=f"newer {self.times}")
            self.world.flows["things"].reader, late = Reader(), self.world.flows["things"].reader
            self.world.poll()
            self.world.flows["things"].reader = late
        return old


def test_an_older_row_never_follows_what_a_poll_stored_meanwhile(world: World) -> None:
    world.source.put("a", name="Ada")
    world.go()
    flow: Any = Things()
    world.flows["things"] = flow
    flow.reader = Late(world, 1)
    assert reread(world.work(), ["a"], by="ann") == {"a": "unchanged"}
    assert world.newest().payload["name"] == "newer 0"
    flow.reader = Late(world, 5)
    with pytest.raises(Transient, match="being read by a poll"):
        reread(world.work(), ["a"], by="ann")


def test_a_row_of_a_read_model_is_kept_as_it_is_now(world: World) -> None:
    class Kept(Things):
        keeps = "kept"

    world.flows["things"] = Kept()
    world.source.put("a", name="Ada")
    assert reread(world.work(), ["a"], by="ann") == {"a": "changed"}
    assert reread(world.work(), ["a"], by="ann") == {"a": "unchanged"}
    assert Reference.objects.get().row["name"] == "Ada"
