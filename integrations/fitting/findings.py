"""What a fit report says, line by line. Made of facts alone; nothing is asked here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

State = Literal["works", "missing", "not-licensed", "attention", "unknown", "info"]
Who = Literal["", "sap", "servicetitan", "you", "host"]
Facts = Mapping[str, Any]

AREAS: Mapping[str, str] = {
    "environment": "Environments",
    "sap": "What SAP lets us do",
    "servicetitan": "What ServiceTitan lets us do",
    "changes": "How changes are found",
    "clock": "Clocks",
    "volumes": "How much there is, and how long the first load takes",
    "vendors": "Vendors that are there already",
    "maps": "Codes without a value",
    "money": "Currencies",
    "run": "What the first run would do",
    "notices": "Good to know",
}
"""The parts of a report, in its order."""

STATES: Mapping[str, str] = {
    "works": "works",
    "missing": "missing",
    "not-licensed": "not licensed",
    "attention": "needs you",
    "unknown": "could not be told",
    "info": "for information",
}
WHO: Mapping[str, str] = {
    "": "",
    "sap": "your SAP colleague",
    "servicetitan": "the ServiceTitan administrator",
    "you": "you, in this portal",
    "host": "the hosting team",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line. `key` is the same in every report that finds it, so that reports can be compared.

    `fix` is what to do, by `who`; `flows` are the flows of the report that cannot run, or not fully, because of it.
    `records` is how many sampled records it holds up. A `wall` is what no step can take away; what `hides` keeps the
    report from telling whether the flows fit.
    """

    key: str
    area: str
    title: str
    state: State
    detail: str = ""
    fix: str = ""
    who: Who = ""
    flows: tuple[str, ...] = ()
    records: int = 0
    wall: bool = False
    hides: bool = False
    more: tuple[Mapping[str, Any], ...] = ()

    @property
    def is_step(self) -> bool:
        """Whether something has to be done about it before the flows fit."""
        return bool(self.fix and self.flows) and self.state not in ("works", "info")

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {**asdict(self), "flows": list(self.flows), "more": [dict(each) for each in self.more]}

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Finding:
        """As it was kept."""
        return cls(**{**row, "flows": tuple(row["flows"]), "more": tuple(row["more"])})


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its word: "1 vendor", "12 vendors"."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
