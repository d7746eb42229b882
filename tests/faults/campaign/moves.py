"""What can happen in a history, as plain numbers, so that any list of moves can be played, shortened and told.

A move never names a thing that may not exist: its numbers are taken modulo what is there when it is played. That is
what lets a failing list be shrunk by leaving moves out.
"""

from __future__ import annotations

import random
from typing import NamedTuple

WEIGHTS = {
    "work": 50,  # a worker takes a message, or goes on for a few pauses
    "tick": 16,  # what is due is claimed and sent to the broker
    "time": 8,
    "sap": 9,  # somebody changes something in SAP
    "titan": 2,  # somebody changes something in ServiceTitan
    "person": 3,  # a map, a replay
    "fault": 10,  # the next matching call goes wrong
    "mangle": 1,  # the next answer holds a null or an unknown word
    "die": 4,
    "overtake": 3,  # a worker stands still for longer than its lease, and others do its work meanwhile
    "cut": 1,  # the database closes a worker's connection
    "broker": 2,  # messages are lost, doubled, reordered
    "skew": 1,  # a system's clock is set
}


class Move(NamedTuple):
    """One thing that happens."""

    kind: str
    a: int
    b: int
    c: int


def drawn(seed: int, count: int) -> list[Move]:
    """The moves of a seed."""
    chance = random.Random(seed)
    kinds = chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=count)
    return [Move(kind, *(chance.randrange(1 << 20) for _ in range(3))) for kind in kinds]
