"""Why something that a person or program asked for is not done. Edges show these in their own form."""

from __future__ import annotations

from collections.abc import Sequence

Fault = tuple[str, str]
"""A member and what is wrong with it, e.g. ("options/batch", "This has to be a whole number.")."""


class CannotBeDone(Exception):
    """It does not fit the present state; the message says why, and what would help."""


class WrongMembers(Exception):
    """What was asked for is wrong in itself; all faults are told at once."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(" ".join(sentence for _, sentence in faults))
        self.faults = tuple(faults)
