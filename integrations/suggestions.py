"""Which value may a code mean? The same code first, then the names that are most alike. Never applied by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process

from integrations.vocabulary.matching import plain_name

LEAST = 0.72
MOST = 5
CODE_MEMBERS = ("code", "accountCode", "number", "CostCenter", "Supplier")
"""Members in which systems keep a code that people gave."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A value that a code may mean. `score` is 1 for the same code, below it for names that are alike."""

    value: str
    name: str
    score: float
    reason: str

    def __str__(self) -> str:
        return f"{self.value}: {self.name} ({self.reason})"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row of reference data that a map may lead to."""

    value: str
    name: str
    codes: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: str, name: str, row: Mapping[str, Any]) -> Candidate:
        """From a reference row: its codes are in the members named in CODE_MEMBERS and in `externalData`."""
        external = [entry.get("value") for entry in row.get("externalData") or () if isinstance(entry, Mapping)]
        codes = [*(row.get(member) for member in CODE_MEMBERS), *external]
        return cls(value, name, tuple(str(code) for code in codes if code))


def best(key: str, label: str, candidates: Iterable[Candidate], *, most: int = MOST) -> tuple[Suggestion, ...]:
    """The candidates that a code may mean, best first: same code, code in the name, name alike."""
    everyone = list(candidates)
    found = {each.value: _by_code(key, each) for each in everyone}
    coded = [suggestion for suggestion in found.values() if suggestion]
    named = _by_name(label, [each for each in everyone if not found[each.value]], most)
    return tuple(sorted([*coded, *named], key=lambda each: (-each.score, each.value))[:most])


def _by_code(key: str, candidate: Candidate) -> Suggestion | None:
    wanted = plain_code(key)
    if wanted and wanted in {plain_code(code) for code in candidate.codes}:
        return Suggestion(candidate.value, candidate.name, 1.0, "the same code")
    if len(wanted) > 2 and wanted in {plain_code(word) for word in re.findall(r"[\w-]+", candidate.name)}:
        return Suggestion(candidate.value, candidate.name, 0.95, "the code is part of the name")
    return None


def _by_name(label: str, candidates: list[Candidate], most: int) -> list[Suggestion]:
    wanted = plain_name(label)
    if not wanted:
        return []
    names = {place: plain_name(each.name) for place, each in enumerate(candidates)}
    alike = process.extract(wanted, names, scorer=fuzz.token_ratio, score_cutoff=LEAST * 100, limit=most)
    return [
        Suggestion(candidates[place].value, candidates[place].name, round(score * 0.94 / 100, 2), "the names are alike")
        for _, score, place in alike
    ]


def plain_code(code: str) -> str:
    """A code without case, blanks and leading zeros: systems differ in them."""
    return code.strip().casefold().lstrip("0")
