"""What a range of histories has to have gone through: a fault that never struck was not tried.

Counted by `wire`, `workings` and `history` when a thing really happened, not when it was drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tests.faults.campaign.profiles import FURTHER_FROM
from tests.faults.campaign.spoiling import FAULTS

HAPPENED = (
    "a null in a member",
    "an unknown word",
    "a change ignored silently",
    "a list read while it lags",
    "a late commit",
    "equal stamps",
    "a change while a source was read",
    "a clock moved",
    "401",
    "a second tick",
    "a message twice",
    "messages in another order",
    "messages lost",
    "a worker killed beside a call",
    "a worker killed between statements",
    "a worker killed before a statement",
    "a connection to the database cut",
    "a worker stood still for longer than its lease",
    "a write in the last moment of a lease",
    "webhook doubled",
    "webhook backwards",
    "webhook forged",
    "webhook tampered",
    "webhook lost",
    "webhook delayed",
    "webhook of nobody",
    "person: map",
    "person: edit_map",
    "person: replay",
    "person: dismiss",
    "person: unlink",
    "person: link",
    "person: make_anew",
    "person: pause",
    "person: resume",
    "person: credentials",
    "person: options",
    "person: reconcile",
    "sealed",
    "old data removed",
)
OUTCOMES = (
    "write answered",
    "write not_sent",
    "write unknown found",
    "write unknown not_found",
    "look found",
    "look not_found",
)
"""How attempts ended: both answers to the question what became of a write have to be among them."""
REQUIRED = (*FAULTS, *HAPPENED, *OUTCOMES)
NEW = (
    "a token had expired",
    "a token had expired while paging",
    "a commit behind the watermark",
    "in a transaction: a deadlock",
    "in a transaction: a serialization failure",
    "in a transaction: a full disk",
    "received by hand",
    "outside: bill",
    "outside: receive",
    "outside: buy",
    "outside: rename_unit",
    "outside: new_unit",
)
FURTHER = (*OUTCOMES, *NEW)
"""What seeds from `profiles.FURTHER_FROM` on have to go through."""

ENOUGH = 500
"""A range of so many histories has to have gone through everything; a shorter one says what it missed."""


def required(firsts: Iterable[int]) -> tuple[str, ...]:
    """What ranges that begin with these seeds have to go through."""
    kinds = [FURTHER if first >= FURTHER_FROM else REQUIRED for first in firsts]
    return tuple(dict.fromkeys(name for kind in kinds for name in kind))


def missing(counts: Mapping[str, int], names: Iterable[str] = REQUIRED) -> list[str]:
    """What never happened."""
    return [name for name in names if not counts.get(name)]


def table(counts: Mapping[str, int], names: Iterable[str] = REQUIRED) -> str:
    """How often each of it happened, as lines of Markdown."""
    return "\n".join(f"| {name} | {counts.get(name, 0)} |" for name in names)
