"""A value map as a table and as rules: the exact code first, then the longest prefix ("10*"), then the default ("*").

There are no expressions. Two rules can never fit equally well: a prefix stands in a map only once, and the longer one
is the closer one. An empty code fits no rule, since "nothing" is no code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

STAR = "*"


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a value map. `vanished`: the value is no longer there, or no longer active, in the system it names."""

    key: str
    value: str
    vanished: bool = False

    @property
    def is_rule(self) -> bool:
        """Whether the row stands for more than the one code."""
        return is_rule(self.key)


@dataclass(slots=True)
class Table:
    """The rows of one map."""

    _exact: dict[str, Entry] = field(default_factory=dict)
    _prefixes: dict[str, Entry] = field(default_factory=dict)
    _lengths: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Table:
        """The table of these rows."""
        table = cls()
        for entry in entries:
            known = table._prefixes if entry.is_rule else table._exact
            known[entry.key.removesuffix(STAR) if entry.is_rule else entry.key] = entry
        table._lengths = sorted({len(prefix) for prefix in table._prefixes}, reverse=True)
        return table

    def find(self, code: str) -> Entry | None:
        """The row that counts for a code, None where there is none."""
        if code in self._exact or not code:
            return self._exact.get(code)
        fitting = (self._prefixes.get(code[:length]) for length in self._lengths if length <= len(code))
        return next((entry for entry in fitting if entry), None)

    def rules(self) -> tuple[Entry, ...]:
        """The rows that are rules, the closest first."""
        return tuple(sorted(self._prefixes.values(), key=lambda entry: (-len(entry.key), entry.key)))

    def codes(self, value: str) -> tuple[str, ...]:
        """The codes that are mapped to a value, in order. A rule names none."""
        return tuple(sorted(entry.key for entry in self._exact.values() if entry.value == value))


def is_rule(key: str) -> bool:
    """Whether a key is a rule: a prefix and a star, or the star alone."""
    return key.endswith(STAR)


def problem_with(key: str, *, exact: bool = False) -> str:
    """What is wrong with a key as a code or a rule, in a sentence; "" if nothing. `exact`: the map takes no rules."""
    if STAR not in key:
        return "" if key == key.strip() else f'The key "{key}" begins or ends with a blank.'
    if exact:
        return f'The key "{key}" is a rule, and this map takes exact codes only.'
    if key.index(STAR) != len(key) - 1:
        return f'The key "{key}" is no rule: a rule is a prefix and one star at its end, e.g. "10*", or "*" alone.'
    prefix = key.removesuffix(STAR)
    return "" if prefix == prefix.strip() else f'The rule "{key}" has a blank before its star or at its beginning.'
