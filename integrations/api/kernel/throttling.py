"""So many calls a minute per key, person or (for strangers) address, counted in Redis or Valkey over all processes.

The arithmetic is that of integrations/rates.py (a generic cell rate algorithm), but nobody waits here: what does not
fit is refused. While the store cannot be reached each process counts for itself.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from django.conf import settings

from integrations.api.kernel.problems import Problem
from integrations.budget import store
from integrations.rates import MICROSECONDS

BURST_SHARE = 6
"""After a pause, a sixth of a minute's calls may come at once."""

# KEYS: bucket   ARGV: interval, burst (microseconds and calls). Answers: granted, microseconds that are booked already.
TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + interval
if full - now > interval * burst then return {0, full - interval - now} end
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return {1, full - now}
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one caller may do: `per_minute` calls, `burst` of them at once."""

    per_minute: int

    @property
    def burst(self) -> int:
        return max(1, self.per_minute // BURST_SHARE)

    @property
    def interval(self) -> int:
        """Microseconds per call."""
        return math.ceil(60 * MICROSECONDS / self.per_minute)


@dataclass(frozen=True, slots=True)
class Taken:
    """Whether a call fits, and how much of the burst is booked (microseconds)."""

    allowance: Allowance
    granted: bool
    booked: int

    @property
    def headers(self) -> dict[str, str]:
        """RateLimit-Limit, -Remaining and -Reset (draft-ietf-httpapi-ratelimit-headers-03), and Retry-After."""
        one, burst = self.allowance.interval, self.allowance.burst
        found = {
            "RateLimit-Limit": f"{burst}, {self.allowance.per_minute};w=60",
            "RateLimit-Remaining": str(max(0, (burst * one - self.booked) // one)),
            "RateLimit-Reset": str(math.ceil(self.booked / MICROSECONDS)),
        }
        if not self.granted:
            found["Retry-After"] = str(max(1, math.ceil((self.booked + one - burst * one) / MICROSECONDS)))
        return found


def take(caller: str) -> Taken:
    """Counts a call of this caller."""
    allowance = Allowance(settings.API_CALLS_PER_MINUTE)
    arguments = [allowance.interval, allowance.burst]
    found = store(settings.REDIS_URL).run(TAKE, [f"api:{caller}"], arguments) if settings.REDIS_URL else None
    granted, booked = found if found is not None else _alone.take(caller, allowance)
    return Taken(allowance, bool(granted), int(booked))


def require(caller: str) -> dict[str, str]:
    """The headers for the answer. Raises Problem 429 if the call does not fit any more."""
    taken = take(caller)
    if not taken.granted:
        detail = f"At most {taken.allowance.per_minute} calls a minute. Wait as long as Retry-After says."
        raise Problem("too-many-requests", detail, headers=taken.headers)
    return taken.headers


class OneProcess:
    """The same count within this process, for as long as the store is away. Keeps the latest callers only."""

    MOST = 10_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._full_at: OrderedDict[str, int] = OrderedDict()

    def take(self, caller: str, allowance: Allowance) -> tuple[bool, int]:
        """As the script does it."""
        now = time.time_ns() // 1000
        with self._lock:
            full = max(self._full_at.pop(caller, 0), now) + allowance.interval
            granted = full - now <= allowance.interval * allowance.burst
            self._full_at[caller] = full = full if granted else full - allowance.interval
            if len(self._full_at) > self.MOST:
                self._full_at.popitem(last=False)
            return granted, full - now


_alone = OneProcess()
