"""How long a write with all that belongs to it may still take: the caller's lease has to outlive the whole of it."""

from __future__ import annotations

import time
from collections.abc import Callable


class Countdown:
    """Runs from its construction on."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = clock() + seconds

    def seconds(self) -> float:
        """What is left; negative once it is over."""
        return self._until - self._clock()

    def pause(self, wait: Callable[[], None]) -> None:
        """Waits without counting: waiting for the budget is no part of an exchange."""
        begun = self._clock()
        wait()
        self._until += self._clock() - begun
