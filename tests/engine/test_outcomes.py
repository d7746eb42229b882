"""What happens after a write: answered, refused, not sent, unknown, or the worker is gone."""

from __future__ import annotations

import pytest

from integrations.engine import LeaseLost, deliver
from integrations.errors import BadCredentials, NotAuthorised, Rejected, Throttled, Transient, Unknown
from integrations.models import Attempt, Connection, Delivery, Link, Sync
from tests.engine.world import Lease, World


def test_a_lost_answer_is_looked_for_and_linked_without_a_second_write(world: World) -> None:
    world.target.faults = ["lose"]
    world.source.put("a", name="Ada")
    world.go()
    assert world.states() == ["checking"]
    assert Attempt.objects.get().outcome == "unknown"
    world.clock.advance(69)  # the call's time-out, then the lag of the lists
    assert world.deliver() == 0
    world.clock.advance(1)
    world.deliver()
    assert world.states() == ["delivered"]
    assert len(world.target.writes) == 1
    write = Attempt.objects.get(kind="write")
    assert (write.outcome, write.resolution) == ("unknown", "found")
    assert Link.objects.get().origin == "found"


def test_a_create_that_never_arrived_is_sent_again_after_looking(world: World) -> None:
    world.target.faults = [Unknown("No answer.")]
    world.source.put("a", name="Ada")
    world.go()
    world.clock.advance(70)
    world.deliver()
    assert world.states() == ["verifying"]  # a second look for a double waits out the lag of the lists
    world.clock.advance(60)
    world.deliver()
    assert world.states() == ["delivered"]
    assert len(world.target.records) == 1
    kinds = [(a.kind, a.outcome, a.resolution) for a in Attempt.objects.order_by("intended_at", "id")]
    assert kinds == [("write", "unknown", "not_found"), ("look", "not_found", ""), ("write", "answered", "")]


def test_two_records_with_one_mark_are_an_alarm(world: World) -> None:
    world.target.faults = ["lose"]
    world.source.put("a", name="Ada")
    world.go()
    world.target.records["2"] = {**world.target.records["1"], "id": "2"}
    world.clock.advance(70)
    world.deliver()
    delivery = world.newest()
    assert (delivery.state, delivery.code) == ("quarantined", "found-twice")
    assert "1, 2" in delivery.reason


def test_a_killed_worker_s_write_is_looked_for_after_lease_and_time_out_and_lag(world: World) -> None:
    world.source.put("a", name="Ada")
    world.poll()
    world.target.faults = ["die"]
    with pytest.raises(SystemExit):
        world.deliver()
    assert world.states() == ["sending"]
    world.deliver()
    assert world.states() == ["checking"]
    delivery = world.newest()
    assert delivery.due_at is not None
    assert (delivery.due_at - world.clock.now).total_seconds() == 300 + 10 + 60
    world.clock.advance(370)
    world.deliver()
    assert world.states() == ["delivered"]
    assert len(world.target.writes) == 1


def test_a_worker_that_was_taken_over_leaves_its_answer_as_evidence_only(world: World) -> None:
    world.source.put("a", name="Ada")
    world.poll()
    lease = Lease(world.clock)
    work = world.work(lease=lease)
    world.target.before_send = lambda: setattr(lease, "lost", True)
    with pytest.raises(LeaseLost):
        deliver(work)
    world.target.before_send = None
    assert world.states() == ["sending"]
    assert not Link.objects.exists()
    assert [(a.kind, a.outcome) for a in Attempt.objects.order_by("intended_at", "id")] == [
        ("write", "unknown"),
        ("late", "answered"),
    ]
    world.deliver()
    world.clock.advance(370)
    world.deliver()
    assert world.states() == ["delivered"]
    assert len(world.target.records) == 1


def test_a_send_does_not_start_when_the_lease_ends_before_the_call_could(world: World) -> None:
    world.source.put("a", name="Ada")
    world.poll()
    lease = Lease(world.clock, seconds=10)
    deliver(world.work(lease=lease))
    assert world.target.writes == []
    assert (world.newest().state, world.newest().code) == ("pending", "lease-short")
    assert Attempt.objects.get().outcome == "not_sent"


def test_a_refused_record_is_quarantined_and_the_queue_goes_on(world: World) -> None:
    world.target.faults = [Rejected("Vendor is inactive.")]
    world.source.put("a", name="Ada")
    world.source.put("b", name="Bea")
    world.go()
    assert (world.newest("a").state, world.newest("a").reason) == ("quarantined", "Vendor is inactive.")
    assert world.states("b") == ["delivered"]


def test_a_refused_change_that_is_already_so_counts_as_done(world: World) -> None:
    world.source.put("a", "1", name="Ada")
    world.go()
    world.source.put("a", "2", name="Bea")
    world.poll()
    world.target.before_send = lambda: world.target.records["1"].update(name="Bea")
    world.target.faults = [Rejected("Already so.")]
    world.deliver()
    assert world.states() == ["delivered", "delivered"]


def test_a_refused_change_that_is_not_so_is_quarantined_with_the_words_of_the_refusal(world: World) -> None:
    world.source.put("a", "1", name="Ada")
    world.go()
    world.source.put("a", "2", name="Bea")
    world.target.faults = [Rejected("Received orders cannot be edited.")]
    world.go()
    newest = world.newest()
    assert (newest.state, newest.code) == ("quarantined", "rejected")
    assert newest.reason == "Received orders cannot be edited."


def test_our_own_mistake_fails_one_record_only(world: World) -> None:
    world.source.put("a", name="Ada", broken=True)
    world.source.put("b", name="Bea")
    world.go()
    assert (world.newest("a").state, world.newest("a").code) == ("quarantined", "bug")
    assert world.states("b") == ["delivered"]


def test_a_throttled_write_is_tried_again_when_the_other_side_said(world: World) -> None:
    world.target.faults = [Throttled("Slow down.", retry_after=17)]
    world.source.put("a", name="Ada")
    world.go()
    newest = world.newest()
    assert newest.due_at is not None
    assert (newest.state, (newest.due_at - world.clock.now).total_seconds()) == ("pending", 17)
    world.clock.advance(17)
    world.deliver()
    assert world.states() == ["delivered"]


def test_refused_credentials_pause_the_connection_and_lose_nothing(world: World) -> None:
    world.target.faults = [BadCredentials("The client secret was refused.")]
    world.source.put("a", name="Ada")
    world.source.put("b", name="Bea")
    world.go()
    account = Connection.objects.get(name="right")
    assert (account.state, account.pause_code) == ("paused", "bad-credentials")
    assert world.states("a") == ["pending"]


def test_a_missing_scope_pauses_only_this_flow(world: World) -> None:
    world.source.error = NotAuthorised("Communication scenario SAP_COM_0053 is missing.")
    world.poll()
    sync = Sync.objects.get()
    assert (sync.state, sync.pause_reason) == ("paused", "Communication scenario SAP_COM_0053 is missing.")
    assert Connection.objects.filter(state="paused").count() == 0


def test_a_failed_poll_keeps_the_cursor_and_asks_to_be_repeated(world: World) -> None:
    world.source.put("a", name="Ada")
    world.go()
    cursor = Sync.objects.get().cursor
    world.source.error = Transient("503 maintenance")
    polled = world.poll()
    sync = Sync.objects.get()
    assert (sync.cursor, sync.failures, sync.last_error) == (cursor, 1, "503 maintenance")
    assert polled.again_at is not None


def test_a_write_accepted_but_not_as_sent_is_not_called_delivered(world: World) -> None:
    world.source.put("a", name="Ada")
    world.poll()
    world.target.before_send = None
    original = world.target.apply
    world.target.apply = lambda write: (original(write), world.target.records["1"].update(name="ADA"))[0]  # type: ignore[method-assign]
    world.deliver()
    assert world.states() == ["verifying"]  # within the lag it may still be an old picture
    world.clock.advance(60)
    world.deliver()
    newest = world.newest()
    assert (newest.state, newest.code) == ("quarantined", "not-as-written")
    assert "name" in newest.reason


def test_a_record_that_is_not_visible_yet_is_verified_when_it_is(world: World) -> None:
    world.source.put("a", name="Ada")
    world.target.hidden = {"1"}
    world.go()
    assert world.states() == ["verifying"]
    assert Link.objects.get().verified_at is None
    world.target.hidden = set()
    world.clock.advance(60)
    world.deliver()
    assert world.states() == ["delivered"]
    assert Link.objects.get().lines == {"10": "1-10"}


def test_a_cancelled_target_record_is_created_again_under_a_new_mark(world: World) -> None:
    world.source.put("a", "1", name="Ada")
    world.go()
    world.target.records["1"]["gone"] = True
    world.source.put("a", "2", name="Ada")
    world.go()
    link = Link.objects.get()
    assert (link.target_key, link.generation, link.previous[0]["target_key"]) == ("2", 2, "1")
    first, second = world.target.writes
    assert first.marker != second.marker


def test_nothing_is_left_sending(world: World) -> None:
    for number in range(7):
        world.source.put(str(number), name="x")
    world.target.faults = ["lose", Rejected("no"), Transient("later"), Unknown("?"), Throttled("slow"), None, "lose"]
    world.go()
    for _ in range(5):
        world.clock.advance(400)
        world.deliver()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered", "quarantined"}
    assert len(world.target.records) == 6


def test_our_own_mistake_while_polling_is_shown_on_the_sync_and_tried_again(world: World) -> None:
    world.source.error = KeyError("a reader's mistake")
    polled = world.poll()
    assert Sync.objects.get().last_error == "An error in this product: KeyError."
    assert polled.again_at is not None
