"""The schedule index under several connections at once: beats, workers, and wake-ups that cross a release."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier, Event
from time import monotonic
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from tenants import schedule
from tenants.models import ScheduledWork

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PATIENCE = 30  # seconds until a test gives up; reached only when it fails

pytestmark = pytest.mark.usefixtures("own_database")


def aside(pool: ThreadPoolExecutor, act: Callable[[], Any]) -> Future[Any]:
    """Does something in a thread, that is on a connection of its own."""

    def with_connection() -> Any:
        try:
            return act()
        finally:
            connection.close()

    return pool.submit(with_connection)


def until_somebody_waits_for_a_lock() -> None:
    """Returns once somebody waits for another one's transaction."""
    give_up_at = monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while monotonic() < give_up_at:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
            if cursor.fetchone()[0]:
                return
    pytest.fail("nobody waits")


def take(limit: int = 100) -> list[schedule.Claim]:
    return schedule.claim(now=NOON, limit=limit, lease_seconds=60)


@pytest.fixture
def fifty(acme):
    for number in range(50):
        schedule.ensure(customer_id=acme.pk, sync_id=UUID(int=number), kinds=["poll"], due_at=NOON)


def test_a_claim_skips_what_another_one_is_taking(fifty):
    taken, finish = Event(), Event()

    def slowly() -> list[schedule.Claim]:
        with transaction.atomic():
            claims = take(limit=20)
            taken.set()
            assert finish.wait(PATIENCE)
        return claims

    with ThreadPoolExecutor(1) as pool:
        slow = aside(pool, slowly)
        assert taken.wait(PATIENCE)
        quick = take()
        finish.set()
        assert (len(slow.result()), len(quick)) == (20, 30)
        assert not {claim.id for claim in slow.result()} & {claim.id for claim in quick}


def test_many_beats_at_once_claim_each_row_once(fifty):
    together = Barrier(4)

    def beat() -> list[int]:
        together.wait(PATIENCE)
        found: list[int] = []
        while claims := take(limit=3):
            found += [claim.id for claim in claims]
        return found

    with ThreadPoolExecutor(4) as pool:
        beats = [aside(pool, beat) for _ in range(4)]
        claimed = [number for one in beats for number in one.result()]
    assert len(claimed) == len(set(claimed)) == 50
    assert set(ScheduledWork.objects.values_list("fence", flat=True)) == {1}


def test_a_wake_up_waits_for_a_release_that_is_under_way_and_then_counts(acme):
    """The worker has locked its row and looked; what is saved after that must not be forgotten."""
    schedule.ensure(customer_id=acme.pk, sync_id=UUID(int=1), kinds=["deliver"], due_at=NOON)
    (claim,) = take()
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert schedule.holds(claim)
            waking = aside(
                pool,
                lambda: schedule.make_due(customer_id=acme.pk, sync_ids=[UUID(int=1)], kind="deliver", now=NOON),
            )
            until_somebody_waits_for_a_lock()
            assert schedule.release(claim, now=NOON, due_at=None)
        waking.result()
    assert ScheduledWork.objects.get().due_at == NOON


def test_a_release_waits_for_a_wake_up_that_is_under_way_and_then_counts_it(acme):
    """The work to do and its wake-up are saved in one transaction; the worker has looked before its commit."""
    schedule.ensure(customer_id=acme.pk, sync_id=UUID(int=1), kinds=["deliver"], due_at=NOON)
    (claim,) = take()
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            schedule.make_due(customer_id=acme.pk, sync_ids=[UUID(int=1)], kind="deliver", now=NOON)
            releasing = aside(pool, lambda: schedule.release(claim, now=NOON, due_at=None))
            until_somebody_waits_for_a_lock()
        assert releasing.result() is True
    assert ScheduledWork.objects.get().due_at == NOON


def test_nobody_takes_over_while_the_owner_holds(acme):
    schedule.ensure(customer_id=acme.pk, sync_id=UUID(int=1), kinds=["deliver"], due_at=NOON)
    (claim,) = take()
    later = claim.lease_until
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert schedule.holds(claim)
            assert aside(pool, lambda: schedule.claim(now=later, limit=1, lease_seconds=60)).result() == []
        assert len(schedule.claim(now=later, limit=1, lease_seconds=60)) == 1


def test_two_wake_ups_of_the_same_syncs_do_not_deadlock(acme, fifty):
    together = Barrier(2)
    ids = [UUID(int=number) for number in range(50)]

    def wake(order: list[UUID]) -> None:
        together.wait(PATIENCE)
        for _ in range(20):
            schedule.make_due(customer_id=acme.pk, sync_ids=order, kind="poll", now=NOON)

    with ThreadPoolExecutor(2) as pool:
        for waking in [aside(pool, lambda: wake(ids)), aside(pool, lambda: wake(ids[::-1]))]:
            waking.result()
