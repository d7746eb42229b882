"""The shared rate budget on a real Valkey: processes and threads that share one rate."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from devservices import urls, valkey
from integrations import budget
from integrations.budget import LocalBudget, SharedBudget, Usage, usage
from integrations.rates import AHEAD_SECONDS, SECOND, Answer, Rate

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def url():
    valkey.start("tests")  # finds it running where another test has started it
    return urls.redis_url("tests", number=1)


@pytest.fixture
def connection():
    return uuid4().hex


def used(connection, url) -> Usage:
    found = usage(connection, url=url)
    assert found is not None
    return found


def take(url, connection, priorities, calls, outbox):
    """Each thread books and waits; what is noted is the moment at which a call was allowed to go."""

    def thread(priority):
        moments = []
        mine = SharedBudget(connection, Rate(200, 5), url=url, priority=priority)
        book = mine.book

        def noted(number=1, *, back=0):
            answer = book(number, back=back)
            if answer.granted:
                moments.append((answer.now + answer.wait, time.time_ns() // 1000))
            return answer

        mine.book = noted  # type: ignore[method-assign]
        for _ in range(calls):
            mine.acquire()
        return moments

    with ThreadPoolExecutor(len(priorities)) as pool:
        outbox.put([moment for found in pool.map(thread, priorities) for moment in found])


def test_two_processes_with_several_threads_never_exceed_burst_and_rate(url, connection):
    context = multiprocessing.get_context("fork")
    outbox = context.Queue()
    priorities = ["webhook", "schedule", "schedule", "backfill", "backfill"]
    workers = [context.Process(target=take, args=(url, connection, priorities, 12, outbox)) for _ in range(2)]
    for worker in workers:
        worker.start()
    moments = sorted(at for _ in workers for at, _ in outbox.get(timeout=60))
    for worker in workers:
        worker.join(10)
    assert len(moments) == 120
    for first, start in enumerate(moments):
        for held, at in enumerate(moments[first:], start=1):
            assert held <= 5 + (at - start) / 5000
    assert used(connection, url).calls == 120


def test_the_script_and_the_arithmetic_agree(url, connection):
    for priority in AHEAD_SECONDS:
        shared = SharedBudget(connection + priority, Rate(0.001, 4), url=url, priority=priority)
        local = LocalBudget(Rate(0.001, 4), priority=priority, clock=lambda: 10**9)
        for calls in (1, 1, 3, 1, 1):
            ours, theirs = local.book(calls), shared.book(calls)
            assert theirs.granted == ours.granted
            # One call in a thousand seconds: what passes between two calls of a test is nothing beside it.
            assert abs(theirs.wait - ours.wait) < 100_000_000


def test_script_and_arithmetic_count_the_calls_of_a_second_alike(url, connection):
    near = Rate(1_000_000, 5, 60)
    shared = SharedBudget(connection, near, url=url, priority="webhook")
    departures = [shared.book().departure for _ in range(150)]
    assert all(later - one >= SECOND for one, later in zip(departures, departures[60:], strict=False))
    local = LocalBudget(near, priority="webhook", clock=lambda: departures[0])
    theirs = [local.book().departure for _ in range(150)]
    assert [at // SECOND for at in theirs] == [
        (at - departures[0]) // SECOND + departures[0] // SECOND for at in theirs
    ]


def test_what_is_given_back_is_booked_again_by_whoever_comes_next(url, connection):
    mine = SharedBudget(connection, Rate(1_000_000, 5, 2), url=url, priority="webhook")
    one, other = mine.book(), mine.book()
    third = mine.book()
    assert third.departure >= one.departure + SECOND
    assert abs(mine.book(back=third.departure).departure - third.departure) < 1000
    assert mine.book().departure >= other.departure + SECOND
    assert used(connection, url).calls == 4


def test_a_call_that_missed_its_moment_books_another_one(url, connection):
    mine = SharedBudget(connection, Rate(50, 1, 60), url=url)
    naps = []

    def sleep(seconds):
        naps.append(seconds)
        time.sleep(seconds + (0.05 if len(naps) == 1 else 0))

    mine._sleep = sleep
    mine.acquire()
    mine.acquire()
    assert used(connection, url).calls == 2
    assert naps


def test_a_refusal_told_to_one_worker_stops_all_of_them(url, connection):
    one, other = (SharedBudget(connection, Rate(10, 5), url=url, priority="webhook") for _ in range(2))
    one.blocked(30)
    assert other.is_blocked()
    answer = other.book()
    assert answer.granted
    assert 29_000_000 < answer.wait <= 30_000_000
    assert 0 < other.book().wait - answer.wait <= 100_000  # no burst afterwards
    assert (used(connection, url).blocked_until or LONG_AGO) > datetime.now(UTC)


def test_connections_have_budgets_of_their_own_and_share_the_apps(url, connection):
    app = (uuid4().hex, Rate(0.001, 3))
    one, other = (SharedBudget(connection + name, Rate(10, 5), url=url, app=app) for name in "ab")
    assert [one.book(2).wait, other.book(1).wait] == [0, 0]
    assert other.book(1).granted is False
    assert SharedBudget(connection + "c", Rate(10, 5), url=url).book(5).wait == 0


def test_usage_tells_calls_waits_and_no_block(url, connection):
    mine = SharedBudget(connection, Rate(10, 5), url=url)
    mine.book(5)
    mine.book(2)
    assert usage(connection, url=url) == Usage(calls=7, waits=1, blocked_until=None)


def test_a_refusal_during_a_wait_is_obeyed_before_the_call_goes(url, connection):
    naps = []
    mine = SharedBudget(connection, Rate(10, 1), url=url, sleep=time.sleep)

    def refuse(seconds):
        naps.append(seconds)
        if len(naps) == 1:
            SharedBudget(connection, Rate(10, 1), url=url).blocked(0.05)
        else:
            time.sleep(seconds)

    mine._sleep = refuse
    mine.acquire(2)
    assert len(naps) >= 2


def test_each_process_keeps_its_share_while_the_store_is_away(connection, tmp_path, caplog):
    budget.store.cache_clear()
    away = f"unix://{tmp_path}/nobody.sock"
    mine = SharedBudget(connection, Rate(10, 4), url=away, workers=4)
    other = SharedBudget(connection, Rate(10, 4), url=away, workers=4)
    first, second = mine.book(), other.book()
    assert (first.granted, first.wait) == (True, 0)
    # Both are in one process, so they share one bucket of 2.5 calls a second.
    assert 0 < second.wait <= 400_000
    mine.blocked(5)
    assert other.is_blocked()
    assert usage(connection, url=away) is None
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_store_that_lost_its_scripts_is_told_them_again(url, connection):
    import redis

    mine = SharedBudget(connection, Rate(10, 5), url=url)
    mine.book()
    redis.Redis.from_url(url).script_flush()
    assert isinstance(mine.book(), Answer)
    assert used(connection, url).calls == 2
