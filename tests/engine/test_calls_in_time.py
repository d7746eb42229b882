"""When a call may still begin, and when what became of it is looked for."""

from __future__ import annotations

from integrations.connection import writes_may_begin
from integrations.engine import deliver
from integrations.errors import Unknown
from tests.engine.world import Lease, World


def test_a_write_that_waited_too_long_for_its_budget_is_told_not_to_begin(world: World) -> None:
    told = []

    def wait() -> None:
        told.append(writes_may_begin.get()())
        world.clock.advance(290)
        told.append(writes_may_begin.get()())

    world.source.put("a", name="Ada")
    world.poll()
    world.target.before_send = wait
    world.deliver()
    assert told == [True, False]
    assert writes_may_begin.get()()


def test_a_lease_that_is_renewed_meanwhile_lets_no_call_begin_later_than_its_intent_says(world: World) -> None:
    """Whoever took over would look for the record at the time that the intent says, and might not see it yet."""
    lease = Lease(world.clock)
    work, told = world.work(lease=lease), []

    def wait() -> None:
        told.append(writes_may_begin.get()())
        world.clock.advance(290)
        lease.renew(world.clock())
        told.append(writes_may_begin.get()())

    world.source.put("a", name="Ada")
    world.poll()
    world.target.before_send = wait
    deliver(work)
    assert told == [True, False]


def test_what_broke_off_early_is_looked_for_when_the_other_side_can_have_ended_with_it(world: World) -> None:
    def wait() -> None:
        world.clock.advance(100)  # for the budget of the connection
        assert writes_may_begin.get()()

    world.source.put("a", name="Ada")
    world.poll()
    world.target.before_send, world.target.faults = wait, [Unknown("Broken off.")]
    world.deliver()
    due_at = world.newest().due_at
    assert due_at is not None
    assert (due_at - world.clock()).total_seconds() == world.limits.call_seconds + world.limits.list_lag_seconds
