"""What the demo claims, and whether it is so: every claim is printed with its outcome and counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Checks:
    """Collects claims. `failures` is empty only if everything was exactly as expected."""

    made: int = 0
    failures: list[str] = field(default_factory=list)

    def equal(self, claim: str, actual: Any, expected: Any) -> None:
        """Claims that two values are equal; if not, both are shown."""
        self.made += 1
        if actual == expected:
            print(f"  ok    {claim}")
            return
        self.failures.append(claim)
        print(f"  WRONG {claim}\n          expected: {shown(expected)}\n          found:    {shown(actual)}")

    def verdict(self) -> int:
        """Prints the last line and returns the exit code."""
        if self.failures:
            print(f"\n{len(self.failures)} of {self.made} claims do not hold:")
            print("\n".join(f"  - {claim}" for claim in self.failures))
            return 1
        print(f"\nAll {self.made} claims hold.")
        return 0


def shown(value: Any, limit: int = 2000) -> str:
    """A value on one line, cut if it is long."""
    text = repr(sorted(value) if isinstance(value, set | frozenset) else value)
    return text if len(text) <= limit else f"{text[:limit]} ..."


def table(header: tuple[str, ...], rows: list[tuple[str | int, ...]]) -> str:
    """Rows as text, first column to the left, numbers to the right."""
    cells = [header, *(tuple(str(cell) for cell in row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = ["  ".join(_cell(row[c], widths[c], left=c == 0) for c in range(len(header))).rstrip() for row in cells]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _cell(text: str, width: int, *, left: bool) -> str:
    return text.ljust(width) if left else text.rjust(width)
