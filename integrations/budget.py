"""Calls per second of one connection over all workers, kept in Redis or Valkey by its own clock.

One script call books any number of calls and tells how long to wait; the caller sleeps exactly that long. After a 429
a key tells every worker until when the connection is left alone. If the store cannot be reached, each process falls
back to a bucket of its own with its share of the rate, so work goes on slower and the rate is still kept.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial
from itertools import count
from typing import Any, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from integrations.budget_scripts import BLOCK, BOOK
from integrations.rates import LATE, MICROSECONDS, Answer, Priority, Rate, block, book, earliest

log = logging.getLogger(__name__)

PREFIX = "budget"
# How long a process goes on alone before it tries the store again.
OUTAGE_SECONDS = 5.0
# How often a call that missed its moment books another one before it goes late.
MISSED = 3
SLOT_SECONDS = 10
SLOTS = 6


@dataclass(frozen=True, slots=True)
class Usage:
    """What a connection used of its budget in about the last minute."""

    calls: int
    waits: int
    blocked_until: datetime | None


def microseconds() -> int:
    """This machine's wall clock in microseconds."""
    return time.time_ns() // 1000


def _steady() -> int:
    """Microseconds of a clock that nobody sets."""
    return time.monotonic_ns() // 1000


class LocalBudget:
    """A budget within one process. `clock` answers microseconds, `sleep` takes seconds; both can be handed in."""

    def __init__(
        self,
        rate: Rate,
        *,
        priority: str = "schedule",
        clock: Callable[[], int] = microseconds,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.rate = rate
        self._priority = Priority.of(priority, rate)
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._full_at = 0
        self._blocked_until = 0
        self._left = deque[int](maxlen=2 * rate.most)

    def book(self, calls: int = 1, priority: Priority | None = None, *, back: int = 0) -> Answer:
        """Books calls without waiting for them. `back`: the departure of a booking that is given up for this one."""
        with self._lock:
            now, mine = self._clock(), priority or self._priority
            if back in self._left:
                self._left.remove(back)
                self._full_at -= calls * self.rate.interval
            first = earliest(self._left, calls, self.rate)
            answer, self._full_at = book(
                now, self._full_at, self._blocked_until, calls, self.rate, mine, earliest=first
            )
            if answer.granted:
                self._left.extendleft([answer.departure] * calls)
            return answer

    def acquire(self, calls: int = 1) -> None:
        _acquire(partial(self.book, calls), self.rate, self.is_blocked, self._sleep, self._clock)

    def blocked(self, seconds: float) -> None:
        with self._lock:
            self._blocked_until = max(self._blocked_until, self._clock() + int(seconds * MICROSECONDS))
            self._full_at = block(self._full_at, self._blocked_until, self.rate)

    def is_blocked(self) -> bool:
        return self._clock() < self._blocked_until


class SharedBudget:
    """The budget of one connection over all processes. Safe to use from several threads.

    `app` is a second budget that must agree as well, for all connections of one app: its name and its rate.
    `workers` is how many processes share the rate when the store cannot be reached.
    """

    def __init__(
        self,
        connection_id: str,
        rate: Rate,
        *,
        url: str,
        priority: str = "schedule",
        app: tuple[str, Rate] | None = None,
        workers: int = 1,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.rate = rate
        self._id = connection_id
        self._store = store(url)
        self._sleep = sleep
        self._priority_name = priority
        self._alone = rate.share(workers)
        buckets = [(_bucket(connection_id), rate)] + ([(_bucket(f"app:{app[0]}"), app[1])] if app else [])
        self._keys = [_blocked(connection_id), *(key for key, _ in buckets)]
        self._arguments = [number for _, each in buckets for number in _numbers(each, priority)]

    def acquire(self, calls: int = 1) -> None:
        """Returns when the calls may go out."""
        _acquire(partial(self.book, calls), self.rate, self.is_blocked, self._sleep, _steady)

    def book(self, calls: int = 1, *, back: int = 0) -> Answer:
        """Books calls without waiting for them. `back`: the departure of a booking that is given up for this one."""
        found = self._store.run(BOOK, self._keys, [calls, back, *self._arguments])
        if found is None:
            return self._local().book(calls, Priority.of(self._priority_name, self._alone), back=back)
        granted, wait, now = found
        return Answer(bool(granted), int(wait), int(now))

    def blocked(self, seconds: float) -> None:
        """Nobody calls this connection for so long, whichever process it runs in."""
        lost = (self.rate.burst - 1) * self.rate.interval
        if self._store.run(BLOCK, self._keys[:2], [int(seconds * MICROSECONDS), lost]) is None:
            self._local().blocked(seconds)

    def is_blocked(self) -> bool:
        found = self._store.reach(lambda client: client.exists(self._keys[0]))
        return bool(found) if found is not None else self._local().is_blocked()

    def _local(self) -> LocalBudget:
        return _process_bucket(self._id, self._alone)


class Store:
    """One Redis or Valkey. Every call answers None while it cannot be reached, and says so once."""

    def __init__(self, url: str) -> None:
        retry = Retry(NoBackoff(), 1)
        self._client = redis.Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=0.5, retry=retry)
        self._free: deque[Any] = deque()
        self._process = os.getpid()
        self._again_at = 0.0

    def run(self, script: str, keys: list[str], arguments: list[int]) -> Any:
        """Runs a script on the store."""
        return self.reach(lambda client: self._run(client, script, [len(keys), *keys, *arguments]))

    def _run(self, client: redis.Redis, script: str, words: list[Any]) -> Any:
        """On a connection of our own: every call to a remote system asks here, and `Redis.evalsha` costs thrice."""
        if self._process != os.getpid():
            self._process, self._free = os.getpid(), deque()  # a fork shares no connection with its parent
        try:
            mine = self._free.pop()
        except IndexError:  # asked by trying: another thread may take the last one in between
            mine = client.connection_pool.make_connection()
        try:
            answer = _evaluate(mine, script, words)
        except redis.ConnectionError:
            mine.disconnect()  # it may have been idle for too long: once more, anew
            answer = _evaluate(mine, script, words)
        self._free.append(mine)
        return answer

    def reach(self, call: Callable[[redis.Redis], Any]) -> Any:
        """The call's answer, or None. After a failure the store is left alone for a few seconds."""
        if time.monotonic() < self._again_at:
            return None
        try:
            return call(self._client)
        except redis.RedisError as error:
            self._again_at = time.monotonic() + OUTAGE_SECONDS
            log.warning("budget-store-unreachable: each process keeps its share of the rate (%s)", type(error).__name__)
            return None


def usage(connection_id: str, *, url: str) -> Usage | None:
    """What a connection used in about the last minute; None while the store cannot be reached."""
    return cast("Usage | None", store(url).reach(lambda client: _usage(client, connection_id)))


def forget(connection_id: str, *, url: str) -> None:
    """The connection is gone: nothing of its budget is left in the store (or it is forgotten there within minutes)."""
    store(url).reach(lambda client: client.delete(_bucket(connection_id), _blocked(connection_id)))


@lru_cache(maxsize=8)
def store(url: str) -> Store:
    """The store of a URL (redis://, rediss:// or unix://), one per process."""
    return Store(url)


@lru_cache(maxsize=4096)
def _process_bucket(connection_id: str, rate: Rate) -> LocalBudget:
    return LocalBudget(rate)


def _evaluate(mine: Any, script: str, words: list[Any]) -> Any:
    """The answer of a script. One whose answer does not come leaves a connection that is out of step: it is closed."""
    try:
        mine.send_command("EVALSHA", _digest(script), *words)
        try:
            return mine.read_response()
        except redis.exceptions.NoScriptError:
            mine.send_command("EVAL", script, *words)
            return mine.read_response()
    except BaseException:
        mine.disconnect()
        raise


@lru_cache(maxsize=8)
def _digest(script: str) -> str:
    return hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()  # what the store calls it


def _acquire(
    ask: Callable[..., Answer],
    rate: Rate,
    is_blocked: Callable[[], bool],
    sleep: Callable[[float], None],
    clock: Callable[[], int],
) -> None:
    """Books, sleeps, and books anew where the moment was missed: calls that pile up would arrive too many at once."""
    back = 0
    for left in count(MISSED, -1):
        began = clock()
        answer = ask(back=back)
        if answer.wait:
            sleep(answer.wait / MICROSECONDS)
        # Whoever slept may have slept into a pause that began meanwhile; what it had booked is given up.
        is_free = answer.granted and not (answer.wait and is_blocked())
        is_late = rate.most and left > 0 and clock() - began - answer.wait > LATE
        if is_free and not is_late:
            return
        back = answer.departure if answer.granted else 0


def _usage(client: redis.Redis, connection_id: str) -> Usage:
    seconds = int(client.time()[0])
    slots = [f"{_bucket(connection_id)}:used:{seconds // SLOT_SECONDS - back}" for back in range(SLOTS)]
    with client.pipeline(transaction=False) as pipe:
        for slot in slots:
            pipe.hmget(slot, ["calls", "waits"])
        pipe.get(_blocked(connection_id))
        *counts, until = pipe.execute()
    calls, waits = (sum(int(pair[index] or 0) for pair in counts) for index in (0, 1))
    return Usage(calls, waits, datetime.fromtimestamp(int(until) / MICROSECONDS, UTC) if until else None)


def _numbers(rate: Rate, priority: str) -> tuple[int, int, int, int, int]:
    taken = Priority.of(priority, rate)
    return rate.interval, rate.burst, rate.burst - taken.leaves, taken.ahead, rate.most


def _bucket(name: str) -> str:
    return f"{PREFIX}:{name}"


def _blocked(connection_id: str) -> str:
    return f"{PREFIX}:{connection_id}:blocked"
