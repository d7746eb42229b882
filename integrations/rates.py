"""How many calls may go out, as arithmetic: a generic cell rate algorithm over whole microseconds.

A bucket is one number, the moment at which it would be full again (`full_at`). A call moves it on by one interval;
it may go out as soon as the bucket is at most `burst` intervals ahead of the clock. So in any window of `w` seconds at
most `burst + rate * w` calls go out. The same arithmetic runs in Lua on the shared store (integrations/budget.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

MICROSECONDS = 1_000_000

# A second of a remote system that counts calls by the second, and how much closer together they may arrive than they
# left. What leaves later than that, below, might arrive with too many others and asks anew.
SECOND = 1_040_000
LATE = 25_000

# How far each kind of work may book ahead of the others, in seconds. What may not book that far asks again, so a
# webhook never stands behind a long row of scheduled calls, and neither stands behind backfill.
AHEAD_SECONDS = {"webhook": 60.0, "schedule": 2.0, "backfill": 0.0}
# Which share of the burst each kind leaves to the others.
LEAVES_SHARE = {"webhook": 0.0, "schedule": 0.0, "backfill": 0.6}


@dataclass(frozen=True, slots=True)
class Rate:
    """Calls per second, and how many of them may go out at once after a pause.

    `most`: no more than so many in any second of the remote system, whatever the burst; 0: it need not be counted.
    """

    per_second: float
    burst: int = 5
    most: int = 0

    @property
    def interval(self) -> int:
        """Microseconds per call, rounded up so that the rate is never exceeded."""
        return math.ceil(MICROSECONDS / self.per_second)

    def share(self, workers: int) -> Rate:
        """What one of several workers may do alone when they cannot see each other."""
        most = max(self.most // max(workers, 1), 1) if self.most else 0
        return Rate(self.per_second / max(workers, 1), max(self.burst // max(workers, 1), 1), most)


@dataclass(frozen=True, slots=True)
class Priority:
    """What a kind of work may take. `leaves`: calls of the burst that stay for others; `ahead`: microseconds."""

    leaves: int
    ahead: int

    @classmethod
    def of(cls, name: str, rate: Rate) -> Priority:
        """`name` is webhook, schedule or backfill. At least one call of the burst can always be taken."""
        leaves = min(math.ceil(rate.burst * LEAVES_SHARE[name]), rate.burst - 1)
        return cls(leaves, int(AHEAD_SECONDS[name] * MICROSECONDS))


@dataclass(frozen=True, slots=True)
class Answer:
    """`granted`: the calls are booked and may go out after `wait` microseconds. Else: ask again after `wait`.

    `now` is the clock of the bucket, in microseconds.
    """

    granted: bool
    wait: int
    now: int

    @property
    def departure(self) -> int:
        """When the calls go out."""
        return self.now + self.wait


def book(
    now: int, full_at: int, blocked_until: int, calls: int, rate: Rate, priority: Priority, *, earliest: int = 0
) -> tuple[Answer, int]:
    """Books calls if the priority allows it: the answer, and the bucket's new `full_at`. All in microseconds.

    `earliest`: no call leaves before, see `earliest`.
    """
    usable = rate.burst - priority.leaves
    starts = max(full_at, now, blocked_until)
    # A request for more than the burst needs a full bucket, and then waits until the rest is earned.
    again = max(starts - max(usable - calls, 0) * rate.interval, earliest) - now - priority.ahead
    if again > 0:
        return Answer(False, again, now), full_at
    after = starts + calls * rate.interval
    return Answer(True, max(after - rate.burst * rate.interval, blocked_until, earliest, now) - now, now), after


def earliest(departures: Sequence[int], calls: int, rate: Rate) -> int:
    """When so many calls may leave without exceeding `most`; the newest of the departures so far comes first."""
    place = max(rate.most - calls, 0)
    return departures[place] + SECOND if rate.most and len(departures) > place else 0


def block(full_at: int, until: int, rate: Rate) -> int:
    """The bucket's new `full_at` after the remote system asked for a pause: when it is over, there is no burst."""
    return max(full_at, until + (rate.burst - 1) * rate.interval)
