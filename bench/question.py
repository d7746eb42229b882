"""What a question of the bench is made of.

A question is a module of this folder with

- a docstring whose first line says what is asked;
- `ask(options: Options) -> Iterable[Figure | Curve]`, which measures both sides in this one run, and yields what came
  of it as soon as it is known;
- optionally `LONG = True`: it takes more than about two minutes, and is left out unless it is named or `--all` given.

It raises `NotAsked` where something that it needs is not there: that is told, and is never a target reached.

Each question runs in a process of its own, with Django set up on the settings of the tests and nothing started:
`bench.stage` opens databases, simulators and a customer between them. There is no list of questions to keep up.

`python -m bench` asks all of them, `python -m bench NAME ...` some; the last lines say which targets are reached
(`bench.targets`).
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


class NotAsked(Exception):
    """Why a question cannot be asked here, and what to do about it."""


@dataclass(frozen=True, slots=True)
class Options:
    """How much is measured. `scale` multiplies sizes (1 = what the targets speak of), `rounds` repeats."""

    rounds: int = 3
    scale: float = 1.0

    def size(self, full: int, least: int = 1) -> int:
        """A size under this scale."""
        return max(least, round(full * self.scale))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure: its value in every round. `limit` makes it a target: at most, or with `at_least` so much.

    `row` names the target of the design that it is a part of, see `bench.targets`.
    """

    what: str
    values: Sequence[float]
    unit: str = ""
    limit: float | None = None
    at_least: bool = False
    note: str = ""
    row: str = ""

    @property
    def middle(self) -> float:
        """The median over the rounds."""
        return statistics.median(self.values)

    @property
    def reached(self) -> bool:
        """Whether the median keeps the limit; a figure without one always does."""
        if self.limit is None:
            return True
        return self.middle >= self.limit if self.at_least else self.middle <= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """How one thing grows with another: a picture. `lines` are points (x, y) by the name of the line."""

    name: str
    title: str
    x: str
    y: str
    lines: dict[str, list[tuple[float, float]]] = field(default_factory=dict)


def as_json(result: Figure | Curve) -> dict[str, Any]:
    """For the file in which a question leaves its answer."""
    return {"kind": type(result).__name__, **asdict(result)}


def from_json(row: dict[str, Any]) -> Figure | Curve:
    """What `as_json` wrote."""
    kind = row.pop("kind")
    if kind == "Figure":
        return Figure(**row)
    lines = {name: [(x, y) for x, y in points] for name, points in row.pop("lines").items()}
    return Curve(**row, lines=lines)
