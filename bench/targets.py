"""The nine targets of the design, and the lines that say which are reached.

A target is reached if every figure that a question yielded for its row keeps its limit, at the sizes that it speaks of.
A smaller run tells its figures, and the target counts as not asked. One of which a part is missing is not reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench.answers import Answers
from bench.question import Figure
from bench.report import limit, line


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One row: the question that asks for it, and of how many figures it is made."""

    row: str
    what: str
    question: str
    figures: int = 1


TARGETS = (
    Target(row="cpu", what="CPU per delivered order, against a bare loop", question="orders"),
    Target(row="wall", what="wall time at 50 ms latency, against a bare loop", question="orders"),
    Target(row="budget", what="use of a 60/s budget, and no 429", question="budget", figures=2),
    Target(row="idle", what="a poll with nothing new", question="idle", figures=3),
    Target(row="fleet", what="1,000 customers with 5 flows, every 2 minutes", question="fleet"),
    Target(row="memory", what="memory in a first load of 100,000", question="backfill"),
    Target(row="growth", what="time per record of a first load of 100,000", question="backfill"),
    Target(row="customer", what="a new customer, ready to use", question="tenancy"),
    Target(row="campaign", what="10,000 seeded histories", question="campaign", figures=2),
)


def lines(answers: Mapping[str, Answers | None]) -> list[str]:
    """A line per target of the design, whatever was asked."""
    return [_line(target, answers.get(target.question)) for target in TARGETS]


def _line(target: Target, answers: Answers | None) -> str:
    figures = [one for one in answers.figures if one.row == target.row] if answers else []
    if answers is None or not figures:
        return f"not asked:   {target.what} (make bench ASK={target.question})"
    told = "; ".join(f"{line(one)}, target {limit(one)}" for one in figures)
    return f"{_verdict(target, figures, answers.scale)} {target.what}: {told} ({answers.circumstances})"


def _verdict(target: Target, figures: Iterable[Figure], scale: float) -> str:
    kept = [one.reached for one in figures]
    if scale < 1:
        return "not asked:  "  # at the size that it speaks of
    return "reached:    " if all(kept) and len(kept) == target.figures else "NOT reached:"
