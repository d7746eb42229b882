"""Many values into one place: which one wins where items disagree, and how the others are told to people."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from decimal import Decimal
from typing import Any, TypeVar

from integrations.errors import NeedsPerson
from integrations.vocabulary.money import plain, rounded

Value = TypeVar("Value", bound=Hashable)

MOST_NAMED = 10


def totals(shares: Iterable[tuple[Value, Decimal]]) -> dict[Value, Decimal]:
    """Amounts added up per value, in order of first appearance."""
    sums: dict[Value, Decimal] = {}
    for value, amount in shares:
        sums[value] = sums.get(value, Decimal(0)) + amount
    return sums


def agreed(what: str, shares: Iterable[tuple[Value, Decimal]], rule: str) -> Value | None:
    """The one value, or where there are several: the one with the largest amount (rule "dominant").

    Of equal amounts the first wins. None where there is no value at all. Raises NeedsPerson for the rule "refuse".
    """
    sums = totals(shares)
    if len(sums) > 1 and rule == "refuse":
        raise NeedsPerson(f"The items disagree on the {what}: {named(sums)}.", code="items-disagree")
    return max(sums, key=lambda value: sums[value], default=None)


def sentences(**kinds: Iterable[tuple[Any, Decimal]]) -> list[str]:
    """One sentence for each kind of which there are several: "Cost centers: 4711 60 % (720), 4712 40 % (480)."."""
    sums = {what.replace("_", " "): totals(shares) for what, shares in kinds.items()}
    return [f"{what}: {named(found)}." for what, found in sums.items() if len(found) > 1]


def named(sums: dict[Value, Decimal]) -> str:
    """The shares in words: "10101101 60 % (720), 10101102 40 % (480)"."""
    whole = sum(sums.values(), Decimal(0))
    texts = [_share(str(value), amount, whole) for value, amount in sums.items()]
    more = [f"and {len(texts) - MOST_NAMED} more"] if len(texts) > MOST_NAMED else []
    return ", ".join(texts[:MOST_NAMED] + more)


def _share(value: str, amount: Decimal, whole: Decimal) -> str:
    if not whole:
        return value
    return f"{value} {plain(rounded(100 * amount / whole, 1))} % ({plain(amount)})"
