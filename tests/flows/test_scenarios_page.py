"""The page of scenarios names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent.parent
NAMED = re.compile(r"\| ([\w/]+\.py)::(test_\w+) \|$", re.M)


def test_every_scenario_has_its_test():
    named = NAMED.findall((TESTS.parent / "docs" / "scenarios.md").read_text())
    assert len(named) > 40
    missing = [name for path, name in named if f"def {name}(" not in (TESTS / path).read_text()]
    assert missing == []
