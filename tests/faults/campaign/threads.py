"""Stands for the threads of a batch: its calls are made in the worker's own thread, so that a seed decides when."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any


@dataclass
class Later:
    """A future whose work is done by whoever asks for its result first."""

    call: Callable[[], None]
    is_done: bool = False

    def result(self) -> None:
        if not self.is_done:
            self.is_done = True
            self.call()


class InTurn:
    """A pool whose calls are made at once or at the very last.

    Which of the two is drawn, so that a batch may be planned before or after the calls of the one ahead of it.
    """

    def __init__(self, max_workers: int) -> None:
        self.waiting: list[Later] = []

    def __enter__(self) -> InTurn:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        """Calls that are under way are made to their end, unless the process is gone."""
        if kind is None or issubclass(kind, Exception):
            for later in self.waiting:
                later.result()

    def submit(self, call: Callable[..., None], *given: Any) -> Later:
        later = Later(partial(call, *given))
        self.waiting.append(later)
        if random.random() < 0.5:
            later.result()
        return later
