"""The schedule index: claiming, fencing, taking turns, and waking."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import transaction

from tenants import schedule, schema
from tenants.models import Customer, ScheduledWork

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def sync(number: int) -> UUID:
    return UUID(int=number)


def due(customer: Customer, *numbers: int, at: datetime | None = NOON, **more) -> None:
    for number in numbers:
        schedule.ensure(customer_id=customer.pk, sync_id=sync(number), kinds=["poll"], due_at=at, **more)


def take(now: datetime = NOON, limit: int = 10, **more) -> list[schedule.Claim]:
    return schedule.claim(now=now, limit=limit, lease_seconds=60, **more)


def numbers(claims: list[schedule.Claim]) -> list[int]:
    return [claim.sync_id.int for claim in claims]


def row(number: int) -> ScheduledWork:
    return ScheduledWork.objects.get(sync_id=sync(number), kind="poll")


def test_what_is_due_is_claimed_once(acme):
    due(acme, 1)
    (claim,) = take()
    assert (claim.schema_name, claim.kind, claim.fence) == ("acme", "poll", 1)
    assert (claim.due_at, claim.lease_until) == (NOON, NOON + MINUTE)
    assert take() == []


def test_what_is_not_due_is_left_alone(acme):
    due(acme, 1, at=NOON + timedelta(microseconds=1))
    schedule.ensure(customer_id=acme.pk, sync_id=sync(2), due_at=None)
    assert take() == []


def test_only_the_kinds_that_were_asked_for_are_claimed(acme):
    schedule.ensure(customer_id=acme.pk, sync_id=sync(1), due_at=NOON)
    assert [claim.kind for claim in take(kinds=["deliver"])] == ["deliver"]


def test_a_suspended_customer_is_left_out(acme, globex):
    due(acme, 1)
    due(globex, 2)
    Customer.objects.filter(pk=acme.pk).update(suspended_at=NOON)
    assert numbers(take()) == [2]


def test_it_works_from_within_a_customers_schema(acme):
    due(acme, 1)
    with schema.within(acme):
        (claim,) = take()
        assert schedule.release(claim, now=NOON, due_at=None)


def test_a_dead_workers_claim_can_be_claimed_again_under_a_higher_fence(acme):
    due(acme, 1)
    (first,) = take()
    assert take(NOON + MINUTE - timedelta(microseconds=1)) == []
    (second,) = take(NOON + MINUTE)
    assert (first.fence, second.fence) == (1, 2)


def test_a_former_owner_can_neither_hold_nor_renew_nor_release_nor_begin(acme):
    due(acme, 1)
    (former,) = take()
    (owner,) = take(NOON + MINUTE)
    with transaction.atomic():
        assert not schedule.holds(former)
        assert schedule.holds(owner)
    assert schedule.renew(former, now=NOON + MINUTE, lease_seconds=60) is None
    assert schedule.begin(former, now=NOON + MINUTE, lease_seconds=60) is None
    assert not schedule.release(former, now=NOON + MINUTE, due_at=None)
    assert row(1).lease_until == owner.lease_until


def test_an_expired_lease_that_nobody_took_can_be_renewed(acme):
    due(acme, 1)
    (claim,) = take()
    renewed = schedule.renew(claim, now=NOON + 2 * MINUTE, lease_seconds=60)
    assert renewed is not None
    assert (renewed.lease_until, renewed.fence) == (NOON + 3 * MINUTE, 1)
    assert take(NOON + 2 * MINUTE) == []


def test_a_message_that_is_delivered_twice_begins_once(acme):
    due(acme, 1)
    (claim,) = take()
    begun = schedule.begin(claim, now=NOON, lease_seconds=60)
    assert begun is not None
    assert begun.fence == 2
    assert schedule.begin(claim, now=NOON, lease_seconds=60) is None
    assert schedule.release(begun, now=NOON, due_at=None)
    assert schedule.begin(begun, now=NOON, lease_seconds=60) is None


def test_a_released_claim_no_longer_holds(acme):
    due(acme, 1)
    (claim,) = take()
    assert schedule.release(claim, now=NOON, due_at=NOON + MINUTE)
    with transaction.atomic():
        assert not schedule.holds(claim)
    assert not schedule.release(claim, now=NOON, due_at=None)
    assert take(NOON + MINUTE)[0].fence == 2


def test_holding_needs_a_transaction(own_database, acme):
    due(acme, 1)
    (claim,) = take()
    with pytest.raises(transaction.TransactionManagementError):
        schedule.holds(claim)


def test_a_claim_survives_the_way_through_a_message(acme):
    due(acme, 1)
    (claim,) = take()
    assert schedule.Claim.from_message(json.loads(json.dumps(claim.as_message()))) == claim


def test_a_strange_message_is_refused():
    with pytest.raises((KeyError, TypeError, ValueError)):
        schedule.Claim.from_message({"id": 1})


def test_customers_take_turns(acme, globex):
    due(acme, *range(1, 51))
    due(globex, 101, at=NOON - timedelta(seconds=1))
    due(globex, 102)
    assert numbers(take(limit=4)) == [101, 1, 2, 102]


def test_a_backlog_does_not_keep_a_quiet_customer_waiting(acme, globex):
    due(acme, *range(1, 51), at=NOON - timedelta(hours=1))
    due(globex, 101)
    assert 101 in numbers(take(limit=2))


def test_work_under_way_counts_as_turns_that_were_had(acme, globex):
    due(acme, *range(1, 51))
    assert len(take(limit=5)) == 5
    due(globex, 101, 102, 103)
    assert set(numbers(take(limit=3))) == {101, 102, 103}


def test_within_a_customer_the_smaller_priority_goes_first(acme):
    due(acme, 1, at=NOON - MINUTE, priority=9)
    due(acme, 2, priority=1)
    assert numbers(take(limit=1)) == [2]


def test_ensuring_again_changes_neither_the_time_nor_the_claim(acme):
    due(acme, 1)
    (claim,) = take()
    due(acme, 1, at=NOON + timedelta(days=1), queue="slow", priority=9)
    assert (row(1).due_at, row(1).lease_until, row(1).fence) == (NOON, claim.lease_until, 1)
    assert (row(1).queue, row(1).priority) == ("slow", 9)


def test_a_removed_sync_is_no_longer_held(acme):
    due(acme, 1)
    (claim,) = take()
    schedule.remove(customer_id=acme.pk, sync_id=sync(1))
    with transaction.atomic():
        assert not schedule.holds(claim)


def test_two_customers_with_the_same_sync_id_do_not_meet(acme, globex):
    due(acme, 1)
    due(globex, 1)
    claims = {claim.schema_name: claim for claim in take()}
    schedule.remove(customer_id=acme.pk, sync_id=sync(1))
    with transaction.atomic():
        assert schedule.holds(claims["globex"])


class TestWaking:
    def wake(self, customer: Customer, *numbers: int, now: datetime = NOON) -> None:
        schedule.make_due(customer_id=customer.pk, sync_ids={sync(n) for n in numbers}, kind="poll", now=now)

    def test_a_sync_becomes_due(self, acme):
        due(acme, 1, at=NOON + timedelta(days=1))
        due(acme, 2, at=None)
        self.wake(acme, 1, 2)
        assert numbers(take()) == [1, 2]

    def test_an_earlier_time_is_kept(self, acme):
        due(acme, 1, at=NOON - MINUTE)
        self.wake(acme, 1)
        assert row(1).due_at == NOON - MINUTE

    def test_other_customers_kinds_and_syncs_sleep_on(self, acme, globex):
        due(globex, 1, at=None)
        due(acme, 2, at=None)
        schedule.ensure(customer_id=acme.pk, sync_id=sync(1))
        self.wake(acme, 1)
        assert [(claim.schema_name, claim.kind) for claim in take()] == [("acme", "poll")]

    def test_what_is_woken_during_a_claim_is_due_when_it_is_released(self, acme):
        due(acme, 1)
        (claim,) = take()
        self.wake(acme, 1, now=NOON + timedelta(seconds=5))
        assert take(NOON + timedelta(seconds=5)) == []
        assert schedule.release(claim, now=NOON + timedelta(seconds=9), due_at=None)
        assert row(1).due_at == NOON + timedelta(seconds=9)
        assert row(1).woken_at is None

    def test_a_late_owner_whose_lease_has_ended_does_not_swallow_a_wake_up(self, acme):
        due(acme, 1)
        (late,) = take()
        self.wake(acme, 1, now=NOON + 2 * MINUTE)
        assert schedule.release(late, now=NOON + 3 * MINUTE, due_at=None)
        assert numbers(take(NOON + 3 * MINUTE)) == [1]

    def test_a_wake_up_before_the_claim_is_answered_by_the_claim(self, acme):
        due(acme, 1, at=None)
        self.wake(acme, 1)
        (claim,) = take()
        schedule.release(claim, now=NOON, due_at=None)
        assert row(1).due_at is None
