"""The fault campaign: a range of seeds keeps the promise, a seed is the same history each time, planted bugs are found.

`SEED=1000 HISTORIES=400 make sim` plays a range of one's own; see docs/fault-campaign.md.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.campaign import stage
from tests.faults.campaign.history import MOVES, play
from tests.faults.campaign.moves import Move, drawn
from tests.faults.campaign.mutants import MUTANTS
from tests.faults.campaign.shrinking import shrunk

FIRST = int(os.environ.get("SEED", "1"))
COUNT = int(os.environ.get("HISTORIES", "6"))


@pytest.fixture
def _campaign(own_database: Any, settings: Any) -> Iterator[None]:
    settings.OUTGOING_ALLOW, settings.OUTGOING_ALLOW_PLAIN_HTTP = ["127.0.0.0/8"], True
    yield
    stage.dismiss_all()


@pytest.mark.usefixtures("_campaign")
def test_every_seed_keeps_the_promise_and_some_answers_were_lost_on_the_way() -> None:
    outcomes = [play(seed) for seed in range(FIRST, FIRST + COUNT)]
    assert {outcome.seed: outcome.problems for outcome in outcomes if outcome.problems} == {}
    assert sum(outcome.counts["write unknown found"] for outcome in outcomes) > 0
    assert sum(outcome.counts["killed"] for outcome in outcomes) > 0


@pytest.mark.usefixtures("_campaign")
def test_a_planted_bug_is_found_and_told_in_few_moves() -> None:
    """A worker that takes an unknown outcome for not sent doubles what was written."""
    (mutant,) = [one for one in MUTANTS if one.name == "moves the cursor before the rows are saved"]
    with mutant.planted():
        seed = next(seed for seed in range(1, 60) if play(seed).problems)
        moves = shrunk(drawn(seed, MOVES), lambda some: bool(play(seed, some).problems), tries=12)
        assert play(seed, moves).problems
    assert len(moves) < MOVES // 2
    assert play(seed).problems == ()


def test_what_is_not_needed_for_a_failure_is_left_out() -> None:
    moves = [Move("time", number, 0, 0) for number in range(40)]
    assert [move.a for move in shrunk(moves, lambda some: {7, 31} <= {move.a for move in some})] == [7, 31]


@pytest.mark.slow
def test_two_processes_play_one_seed_alike_to_the_byte() -> None:
    command = [sys.executable, "-m", "tests.faults.campaign", "--seed", "5", "--histories", "3", "--story"]
    first, second = (subprocess.run(command, capture_output=True, timeout=300, check=True).stdout for _ in range(2))
    assert first.count(b"seed ") == 3
    assert first == second


@pytest.mark.slow
@pytest.mark.usefixtures("_campaign")
@pytest.mark.parametrize("mutant", [one for one in MUTANTS if one.seed], ids=lambda mutant: mutant.name)
def test_each_planted_bug_is_found_by_its_seed(mutant: Any) -> None:
    with mutant.planted():
        assert play(mutant.seed).problems
    assert play(mutant.seed).problems == ()
