"""What a client needs of the platform, in memory: a token store and a budget that never waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from integrations.connection import Token


class MemoryTokens:
    """One token, fetched when there is none, when it is due or when it was just refused. Counts the fetches."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.now = now
        self.cached: Token | None = None
        self.fetched = 0

    def token(self, fetch: Callable[[], Token], *, stale: str = "") -> Token:
        cached = self.cached
        if cached is None or cached.value == stale or cached.renew_at <= self.now():
            self.fetched += 1
            cached = self.cached = fetch()
        return cached


class NoBudget:
    """Never waits; remembers what it was asked for."""

    def __init__(self) -> None:
        self.calls = 0
        self.blocks: list[float] = []

    def acquire(self, calls: int = 1) -> None:
        self.calls += calls

    def blocked(self, seconds: float) -> None:
        self.blocks.append(seconds)
