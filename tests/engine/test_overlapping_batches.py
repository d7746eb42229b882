"""While the calls of one batch are made, the batch before is settled: nothing is lost, doubled or mixed up by that."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from threading import Lock

import pytest
from django.db import OperationalError

from integrations.engine import LeaseLost, deliver
from integrations.flow import Write
from integrations.models import Attempt, Delivery
from tests.engine.world import Lease, World


@pytest.fixture
def busy(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Nine records, in batches of two, with four calls side by side."""
    turn, apply = Lock(), world.target.apply

    def one_at_a_time(write: Write) -> str:
        with turn:
            return apply(write)

    monkeypatch.setattr(world.target, "apply", one_at_a_time)
    world.limits = replace(world.limits, batch=2, side_by_side=4)
    for number in range(9):
        world.source.put(f"r{number}", name="x")
    world.poll()
    return world


def once_each(world: World) -> bool:
    markers = Counter(record["marker"] for record in world.target.records.values())
    return len(markers) == 9 and set(markers.values()) == {1}


def states(world: World) -> set[str]:
    return {world.newest(f"r{number}").state for number in range(9)}


def test_each_record_of_a_backlog_is_written_once_and_read_back(busy: World) -> None:
    assert busy.deliver() == 9
    assert states(busy) == {"delivered"}
    assert once_each(busy)


def test_lost_answers_in_the_middle_are_looked_for_and_written_once(busy: World) -> None:
    busy.target.faults = [None, None, None, "lose", None, "lose"]
    busy.deliver()
    assert Counter(busy.newest(f"r{number}").state for number in range(9)) == {"delivered": 7, "checking": 2}
    busy.clock.advance(71)
    busy.deliver()
    assert states(busy) == {"delivered"}
    assert once_each(busy)


def test_a_lease_that_is_lost_while_two_batches_are_under_way_leaves_evidence_of_both(busy: World) -> None:
    lease = Lease(busy.clock)
    work = busy.work(lease=lease)

    def lose() -> None:
        if len(busy.target.records) >= 3:
            lease.lost = True

    busy.target.after_send = lose
    with pytest.raises(LeaseLost):
        deliver(work)
    busy.target.after_send = None
    sent = len(busy.target.writes)
    settled = Delivery.objects.filter(state__in=["delivered", "verifying"]).count()
    late = Attempt.objects.filter(kind=Attempt.Kind.LATE).count()
    assert settled + late == sent
    busy.clock.advance(500)
    busy.deliver()
    busy.clock.advance(500)
    busy.deliver()
    assert states(busy) == {"delivered"}
    assert once_each(busy)


def test_a_database_that_fails_meanwhile_leaves_no_call_behind_and_nothing_is_doubled(
    busy: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from integrations.engine import delivering, settling

    settle, calls = settling.settle, []

    def fail_once(*given: object) -> object:
        calls.append(given)
        if len(calls) == 2:
            raise OperationalError("the connection is gone")
        return settle(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(delivering, "settle", fail_once)
    with pytest.raises(OperationalError):
        busy.deliver()
    busy.clock.advance(500)
    busy.deliver()
    busy.clock.advance(500)
    busy.deliver()
    assert states(busy) == {"delivered"}
    assert once_each(busy)
