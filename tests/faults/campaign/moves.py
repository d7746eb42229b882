"""What can happen in a history, as plain numbers, so that any list of moves can be played, shortened and told.

A move never names a thing that may not exist: its numbers are taken modulo what is there when it is played. That is
what lets a failing list be shrunk by leaving moves out.
"""

from __future__ import annotations

import random
from typing import NamedTuple

from tests.faults.campaign.profiles import profile_of

WEIGHTS = {
    "work": 46,  # a worker takes a message, or goes on for a few pauses
    "tick": 15,  # what is due is claimed and sent to the broker; sometimes by two beats at once
    "time": 8,
    "outside": 11,  # somebody changes something in SAP or ServiceTitan
    "person": 4,  # somebody does something here: a map, a replay, ...
    "fault": 10,  # the next matching call goes wrong
    "mangle": 0,  # the next answer holds a null or an unknown word
    "ignore": 0,  # the next change is answered as done and is not done
    "die": 4,
    "overtake": 3,  # a worker stands still for longer than its lease, and others do its work meanwhile
    "brink": 1,  # a write leaves in the last moment of a lease, and its worker dies
    "cut": 1,  # the database closes a worker's connection
    "broker": 2,  # messages are lost, doubled, reordered
    "skew": 1,  # a system's clock is set
    "event": 0,  # webhooks arrive: doubled, backwards, forged
    "seal": 0,  # the audit is sealed
    "compare": 0,  # somebody has both books compared
    "database": 0,  # the database refuses a statement in a transaction: a deadlock, a full disk, ...
    "expire": 0,  # a worker is held up while it reads, for longer than tokens live
    "behind": 0,  # a change becomes visible behind what was read already
}


class Move(NamedTuple):
    """One thing that happens."""

    kind: str
    a: int
    b: int
    c: int


def drawn(seed: int) -> list[Move]:
    """The moves of a seed."""
    chance, profile = random.Random(seed), profile_of(seed)
    weights = {**WEIGHTS, **profile.more}
    kinds = chance.choices(list(weights), list(weights.values()), k=profile.moves)
    return [Move(kind, *(chance.randrange(1 << 20) for _ in range(3))) for kind in kinds]
