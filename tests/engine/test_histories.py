"""Many seeded histories, each of which has to end with every record exactly once and nothing stuck.

`HISTORIES=500 SEED=1000 pytest tests/engine/test_histories.py` runs a range of one's own.
"""

from __future__ import annotations

import os

import pytest

from tests.engine.histories import History
from tests.engine.world import World

FIRST = int(os.environ.get("SEED", "1"))
COUNT = int(os.environ.get("HISTORIES", "25"))


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_every_history_ends_with_each_record_exactly_once(world: World, seed: int) -> None:
    history = History(world, seed)
    history.run(steps=60)
    problems = history.problems()
    assert not problems, "\n".join([*problems, "", *history.told])
