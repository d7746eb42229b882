"""How a long command is stopped: Ctrl-C and SIGTERM end the work, and the command still says what it did."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopping:
    """While entered, either signal raises KeyboardInterrupt; after `hold` they are only noted.

    Both are handled whatever was inherited: a background shell starts its children with SIGINT ignored.
    """

    def __init__(self) -> None:
        self.exit_code = 128 + signal.SIGINT
        """What shells say of a program that the signal ended."""
        self._holding = False

    def __enter__(self) -> Self:
        self._before = [(number, signal.signal(number, self._told)) for number in SIGNALS]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before:
            signal.signal(number, handler)

    def hold(self) -> None:
        """From now on the command only says what it did."""
        self._holding = True

    def _told(self, number: int, frame: FrameType | None) -> None:
        if not self._holding:
            self.exit_code = 128 + number
            raise KeyboardInterrupt
