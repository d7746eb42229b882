"""Replays and dismissals of many records."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from integrations.engine import Selection, replay_jobs
from integrations.engine.replay_jobs import BATCH
from integrations.engine.work import LeaseLost
from integrations.errors import Unknown
from integrations.models import Delivery, ReplayJob
from tests.engine.world import Lease, World

QUARANTINED = Selection(states=("quarantined",))


def refused(world: World, number: int) -> None:
    for index in range(number):
        world.source.put(f"k{index:03}", name=f"n{index}", refuse=True)
    world.go()
    world.deliver()
    world.clock.advance(60)


def start(world: World, selection: Selection = QUARANTINED, **more: Any) -> ReplayJob:
    return replay_jobs.start(selection, **{"action": "replay", "by": "ann", "now": world.clock(), **more})


def go_on(world: World, job: ReplayJob, lease: Lease | None = None) -> bool:
    lease = lease or Lease(world.clock)
    return replay_jobs.go_on(job.pk, lease=lease, schedule=world.schedule, now=world.clock())


def run(world: World, job: ReplayJob) -> ReplayJob:
    while go_on(world, job):
        world.clock.advance(1)
    job.refresh_from_db()
    return job


def test_a_job_replays_every_record_that_fits_in_batches(world: World) -> None:
    refused(world, BATCH + 7)
    job = start(world)
    assert go_on(world, job)
    job.refresh_from_db()
    assert (job.expected, job.seen, job.done, job.state) == (BATCH + 7, BATCH, BATCH, "running")
    job = run(world, job)
    assert (job.seen, job.done, job.left_alone, job.state) == (BATCH + 7, BATCH + 7, 0, "finished")
    assert set(Delivery.objects.values_list("state", flat=True)) == {"pending"}


def test_only_the_newest_version_of_a_record_counts(world: World) -> None:
    world.source.put("a", name="Ada")
    world.go()
    world.source.put("a", "2", name="Bea", refuse=True)
    world.go()
    assert replay_jobs.preview(Selection(states=("delivered",)), "replay").records == 0
    assert replay_jobs.preview(Selection(key="a"), "replay").records == 1


def test_a_job_for_what_was_delivered_makes_one_version_each_however_often_it_runs(world: World) -> None:
    for key in "abc":
        world.source.put(key, name=key)
    world.go()
    job = run(world, start(world, Selection(states=("delivered",))))
    assert not go_on(world, job)
    assert (job.done, Delivery.objects.count()) == (3, 6)
    world.deliver()
    assert [world.states(key) for key in "abc"] == [["delivered", "unchanged"]] * 3
    assert len(world.target.writes) == 3


def test_a_stopped_job_treats_no_further_batch_and_goes_on_when_it_is_resumed(world: World) -> None:
    refused(world, BATCH + 5)
    job = start(world)
    go_on(world, job)
    replay_jobs.stop(job, now=world.clock())
    assert not go_on(world, job)
    job.refresh_from_db()
    assert (job.seen, job.state) == (BATCH, "stopped")
    job = run(world, replay_jobs.resume(job))
    assert (job.seen, job.state) == (BATCH + 5, "finished")


def test_a_batch_of_a_worker_that_was_taken_over_changes_nothing(world: World) -> None:
    refused(world, 3)
    job = start(world)
    with pytest.raises(LeaseLost):
        go_on(world, job, Lease(world.clock, lost=True))
    job.refresh_from_db()
    assert (job.seen, job.cursor, world.newest("k000").state) == (0, {}, "quarantined")


def test_what_arrives_after_the_start_is_not_taken_up(world: World) -> None:
    refused(world, 2)
    job = start(world)
    world.clock.advance(60)
    world.source.put("later", name="x", refuse=True)
    world.go()
    assert run(world, job).seen == 2
    assert world.newest("later").state == "quarantined"


def test_a_record_whose_write_is_not_settled_is_left_alone(world: World) -> None:
    world.source.put("a", name="Ada")
    world.target.faults = [Unknown("lost")]
    world.go()
    job = run(world, start(world, Selection(flows=("things",))))
    assert (job.done, job.left_alone, world.states()) == (0, 1, ["checking"])


def test_a_dismissal_of_many_needs_a_reason_and_takes_only_what_is_open(world: World) -> None:
    refused(world, 2)
    world.source.put("fine", name="fine")
    world.go()
    with pytest.raises(ValueError, match="needs a reason"):
        start(world, Selection(flows=("things",)), action="dismiss", reason=" ")
    job = run(world, start(world, Selection(flows=("things",)), action="dismiss", reason="old stock"))
    assert (job.done, world.states("k000"), world.states("fine")) == (2, ["dismissed"], ["delivered"])
    assert world.newest("k001").reason == "old stock"


def test_a_job_for_everything_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="Say which records"):
        start(world, Selection())


def test_each_part_of_a_selection_narrows(world: World) -> None:
    refused(world, 2)
    early = world.clock()
    world.clock.advance(10)
    world.source.put("x", name="x", code="K1")
    world.go()
    found = {
        name: replay_jobs.preview(selection, "replay").records
        for name, selection in {
            "flow": Selection(flows=("things",)),
            "other flow": Selection(flows=("parents",)),
            "code": Selection(codes=("unmapped-code",)),
            "reason": Selection(reason="SOMEBODY has"),
            "needs": Selection(needs="map:code:K1"),
            "key": Selection(key="k00"),
            "since": Selection(since=early),
            "until": Selection(until=early),
            "both": Selection(key="k", since=early + timedelta(seconds=1)),
        }.items()
    }
    assert found == {
        "flow": 3,
        "other flow": 0,
        "code": 1,
        "reason": 2,
        "needs": 1,
        "key": 2,
        "since": 1,
        "until": 2,
        "both": 0,
    }


def test_a_selection_survives_being_stored() -> None:
    world = World()
    selection = Selection(flows=("things",), key="k", since=world.clock())
    assert Selection.of(selection.as_json()) == selection
