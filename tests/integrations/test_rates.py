"""The arithmetic of a rate budget, with a clock that only moves when somebody sleeps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.budget import MISSED, LocalBudget
from integrations.rates import AHEAD_SECONDS, LATE, SECOND, Answer, Priority, Rate, book

TEN = Rate(10, 5)
NEAR = Rate(60, 5, 60)


class Clock:
    """Microseconds; sleeping moves it."""

    def __init__(self) -> None:
        self.now = 1_000_000_000
        self.slept: list[float] = []

    def __call__(self) -> int:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += round(seconds * 1_000_000)


def budget(clock, priority="webhook", rate=TEN):
    return LocalBudget(rate, priority=priority, clock=clock, sleep=clock.sleep)


def test_a_burst_goes_at_once_and_the_rest_at_the_rate():
    clock = Clock()
    mine = budget(clock)
    for _ in range(8):
        mine.acquire()
    assert clock.slept == [0.1, 0.1, 0.1]


def test_a_pause_earns_the_burst_again_and_no_more():
    clock = Clock()
    mine = budget(clock)
    mine.acquire(5)
    clock.now += 3_600_000_000
    mine.acquire(6)
    assert clock.slept == [0.1]


def test_more_calls_than_the_burst_wait_until_they_are_earned_whatever_the_priority():
    for priority in AHEAD_SECONDS:
        clock = Clock()
        budget(clock, priority).acquire(25)
        assert clock.slept == [2.0]


def test_a_refusal_stops_everybody_and_leaves_no_burst_behind():
    clock = Clock()
    mine = budget(clock)
    mine.blocked(30)
    for _ in range(3):
        mine.acquire()
    assert clock.slept == [30.0, 0.1, 0.1]


def test_a_shorter_refusal_does_not_end_a_longer_one():
    clock = Clock()
    mine = budget(clock)
    mine.blocked(30)
    mine.blocked(2)
    mine.acquire()
    assert clock.slept == [30.0]


def test_who_slept_into_a_refusal_waits_for_its_end():
    clock = Clock()
    mine = budget(clock)
    mine.acquire(5)
    naps: list[float] = []

    def sleep(seconds):
        if not naps:
            mine.blocked(10)
        naps.append(seconds)
        clock.now += round(seconds * 1_000_000)

    mine._sleep = sleep
    mine.acquire()
    assert naps == [0.1, 9.9]


def test_backfill_leaves_a_reserve_of_the_burst_to_the_others():
    taken = {}
    for priority in ("backfill", "schedule", "webhook"):
        clock = Clock()
        mine = budget(clock, priority)
        answers = [mine.book() for _ in range(9)]
        taken[priority] = sum(answer.wait == 0 for answer in answers)
    assert taken == {"backfill": 2, "schedule": 5, "webhook": 5}


def test_neither_backfill_nor_schedules_book_so_far_ahead_that_a_webhook_stands_behind_them():
    for priority, granted, wait in (("backfill", 2, 0), ("schedule", 5 + 20, 2_100_000)):
        clock = Clock()
        mine = budget(clock, priority)
        assert sum(mine.book().granted for _ in range(100)) == granted
        assert mine.book(1, Priority.of("webhook", TEN)) == Answer(True, wait, clock.now)


def test_what_may_not_be_booked_yet_is_told_when_to_ask_again():
    for name, again in (("backfill", 4_900_000), ("schedule", 2_600_000)):
        priority = Priority.of(name, TEN)
        answer, full_at = book(0, 5_000_000, 0, 1, TEN, priority)
        assert (answer, full_at) == (Answer(False, again, 0), 5_000_000)
        assert book(again - 1, 5_000_000, 0, 1, TEN, priority)[0].granted is False
        assert book(again, 5_000_000, 0, 1, TEN, priority)[0].granted


def test_an_interval_is_rounded_up_so_that_the_rate_holds():
    assert Rate(60).interval == 16_667


@pytest.mark.parametrize(("workers", "share"), [(1, Rate(10, 5)), (4, Rate(2.5, 1)), (0, Rate(10, 5))])
def test_workers_that_cannot_see_each_other_share_the_rate(workers, share):
    assert TEN.share(workers) == share


def test_near_the_limit_no_more_leave_than_a_second_of_the_remote_system_takes():
    clock = Clock()
    mine = budget(clock, rate=NEAR)
    departures = [mine.book().departure for _ in range(200)]
    assert departures[:6] == [clock.now] * 5 + [clock.now + 16_667]
    assert all(later - one >= SECOND for one, later in zip(departures, departures[60:], strict=False))
    # 60 calls take 1.04 s: 96 % of what the remote system allows.
    assert departures[180] - departures[0] == 3 * SECOND


def test_after_a_pause_near_the_limit_the_calls_of_the_last_second_still_count():
    clock = Clock()
    mine = budget(clock, rate=NEAR)
    clock.now = min(mine.book().departure for _ in range(60)) + SECOND
    assert [mine.book().wait for _ in range(5)] == [0] * 5
    assert mine.book().wait > 0


def oversleeping(clock, too_long):
    """Sleeps so much longer than asked, each time it is asked."""
    late = iter(too_long)
    return lambda seconds: clock.sleep(seconds + next(late, 0) / 1_000_000)


def test_who_wakes_up_too_late_gives_its_moment_back_and_books_another():
    clock = Clock()
    mine = budget(clock, rate=NEAR)
    mine.acquire(5)
    mine._sleep = oversleeping(clock, [LATE + 1])
    mine.acquire()
    assert clock.slept == [0.016667 + (LATE + 1) / 1_000_000]
    assert mine.book().departure == clock.now  # nothing was lost: what was given back is used again


def test_who_wakes_up_a_little_late_goes():
    clock = Clock()
    mine = budget(clock, rate=NEAR)
    mine.acquire(5)
    mine._sleep = oversleeping(clock, [LATE])
    mine.acquire()
    assert len(clock.slept) == 1


def test_who_is_late_again_and_again_goes_after_all():
    clock = Clock()
    mine = budget(clock, rate=NEAR)
    booked = []

    def slow():
        clock.now += LATE + 1
        booked.append(clock.now)
        return clock.now

    mine._clock = slow
    mine.acquire()
    # Each try looks at the clock before it books, when it books, and, but for the last one, afterwards.
    assert len(booked) == 3 * MISSED + 2
    assert len(mine._left) == 1


@given(
    st.lists(
        st.tuples(st.integers(0, 60_000), st.booleans(), st.sampled_from(sorted(AHEAD_SECONDS))),
        min_size=60,
        max_size=200,
    )
)
def test_no_second_of_the_remote_system_holds_more_than_it_takes(requests):
    clock = Clock()
    mine = budget(clock, rate=NEAR)
    going: list[int] = []
    for pause, is_given_up, name in requests:
        clock.now += pause
        back = going.pop() if is_given_up and going else 0
        answer = mine.book(1, Priority.of(name, NEAR), back=back)
        if answer.granted:
            going.append(answer.departure)
    going.sort()
    assert all(later - one >= SECOND for one, later in zip(going, going[60:], strict=False))


@given(
    st.lists(
        st.tuples(st.integers(0, 400_000), st.integers(1, 4), st.sampled_from(sorted(AHEAD_SECONDS))), max_size=80
    ),
    st.sampled_from([Rate(10, 5), Rate(5, 5), Rate(60, 1), Rate(0.5, 2)]),
)
def test_no_window_of_any_length_holds_more_than_burst_and_rate(requests, rate):
    now, full_at, going = 0, 0, []
    for pause, calls, priority in requests:
        now += pause
        answer, full_at = book(now, full_at, 0, calls, rate, Priority.of(priority, rate))
        if answer.granted:
            going.append((now + answer.wait, calls))
    going.sort()
    for first in range(len(going)):
        held = 0
        for at, calls in going[first:]:
            held += calls
            # A request for more than the burst is one moment of its own: it waited for all of it before.
            assert held <= max(rate.burst, going[first][1]) + (at - going[first][0]) / rate.interval + 1e-9
