"""The page of scenarios names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent.parent
NAMED = re.compile(r"\| ([\w/]+\.py)::(test_\w+) \|$", re.M)


PAGE = TESTS.parent / "docs" / "scenarios.md"


def test_every_scenario_has_its_test() -> None:
    named = NAMED.findall(PAGE.read_text())
    assert len(named) > 40
    missing = [name for path, name in named if f"def {name}(" not in (TESTS / path).read_text()]
    assert missing == []


def test_every_row_names_a_test() -> None:
    rows = [
        line for line in PAGE.read_text().splitlines() if line.startswith("| ") and not line.startswith("| a buyer")
    ]
    rows = [row for row in rows if not row.startswith("| rule |")]
    assert [row for row in rows if not NAMED.search(row)] == []


def test_every_rule_is_held_by_a_journey() -> None:
    """Over real HTTP, with the state on both sides; a test of the mapping alone does not count."""
    tables = re.findall(r"^\| rule \| journey \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE.read_text(), re.M)
    rules = [row for table in tables for row in NAMED.findall(table)]
    assert len(rules) > 70
    assert [name for path, name in rules if not path.startswith("journeys/")] == []
