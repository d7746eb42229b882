"""The fault campaign: a range of seeds keeps the promise, a seed is the same history each time, planted bugs are found.

`SEED=1000 HISTORIES=400 make sim` plays a range of one's own; see docs/fault-campaign.md.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.campaign import coverage, stage
from tests.faults.campaign.history import play
from tests.faults.campaign.moves import Move, drawn
from tests.faults.campaign.mutants import MUTANTS
from tests.faults.campaign.profiles import FURTHER, FURTHER_FROM, PROFILES, profile_of
from tests.faults.campaign.shrinking import shrunk

FIRST = int(os.environ.get("SEED", "1"))
COUNT = int(os.environ.get("HISTORIES", str(len(PROFILES))))
"""One history of each profile."""


@pytest.fixture
def _campaign(own_database: Any, settings: Any) -> Iterator[None]:
    settings.OUTGOING_ALLOW, settings.OUTGOING_ALLOW_PLAIN_HTTP = ["127.0.0.0/8"], True
    yield
    stage.dismiss_all()


@pytest.mark.usefixtures("_campaign")
def test_every_seed_keeps_the_promise_and_some_answers_were_lost_on_the_way() -> None:
    outcomes = [play(seed) for seed in range(FIRST, FIRST + COUNT)]
    assert {outcome.seed: outcome.problems for outcome in outcomes if outcome.problems} == {}
    counts = sum((outcome.counts for outcome in outcomes), Counter[str]())
    assert min(counts["write unknown found"], counts["write unknown not_found"]) > 0
    assert min(counts["a worker killed beside a call"], counts["a worker stood still for longer than its lease"]) > 0


def test_each_profile_has_seeds_of_its_own_and_each_flow_and_fault_is_in_one_of_them() -> None:
    assert [profile_of(seed) for seed in range(len(PROFILES))] == list(PROFILES)
    further = range(FURTHER_FROM, FURTHER_FROM + len(FURTHER))
    assert {profile_of(seed).name for seed in further} == {profile.name for profile in FURTHER}
    flows = {flow for profile in (*PROFILES, *FURTHER) for flow in profile.flows}
    assert flows == {
        "vendors",
        "vendors-to-sap",
        "cost-centers",
        "cost-centers-to-sap",
        "purchase-orders",
        "purchase-requisitions",
        "purchase-order-requests",
        "supplier-invoices",
    }


@pytest.mark.usefixtures("_campaign")
def test_a_planted_bug_is_found_and_told_in_few_moves() -> None:
    """Rows that were read and not saved never arrive."""
    (mutant,) = [one for one in MUTANTS if one.name == "wakes nobody when a link appears"]
    with mutant.planted():
        moves = shrunk(drawn(mutant.seed), lambda some: bool(play(mutant.seed, some).problems), tries=8)
        assert play(mutant.seed, moves).problems
    assert len(moves) < len(drawn(mutant.seed)) // 2
    assert play(mutant.seed, moves).problems == ()


@pytest.mark.usefixtures("_campaign")
def test_a_cost_center_that_somebody_mapped_to_a_unit_of_another_currency_is_mapped_right_in_the_end() -> None:
    """Seed 205 left it so: an order in USD for books in EUR is a person's, and stayed open."""
    outcome = play(205, [Move("person", 193037, 518618, 158731)])
    assert outcome.problems == ()
    assert any(line.endswith("somebody maps cost center 10101101 to 22001") for line in outcome.told)


@pytest.mark.usefixtures("_campaign")
def test_an_order_that_only_looks_keeps_no_other_one_of_its_batch_from_taking_over() -> None:
    """Seed 789: items 10 and 20 became an order each; the first one claimed what had been made of item 20."""
    moves = [
        Move("outside", 966911, 426319, 814843),
        Move("time", 214833, 411950, 315703),
        Move("outside", 948645, 602684, 138079),
        Move("tick", 984557, 960620, 552911),
        Move("work", 726854, 963353, 680519),
        Move("outside", 925436, 661022, 539675),
    ]
    assert play(789, moves).problems == ()


@pytest.mark.usefixtures("_campaign")
def test_an_order_of_a_requisition_waits_while_nobody_knows_which_request_made_it() -> None:
    """Seed 1000058: a worker died, a buyer was faster than the look, and the goods stood in two orders."""
    moves = [
        Move("outside", 726671, 195798, 472170),
        Move("brink", 15304, 980984, 845501),
        Move("time", 875640, 97345, 919236),
        Move("tick", 873797, 735116, 347041),
        Move("work", 276384, 1018205, 726046),
        Move("die", 987382, 452529, 697911),
        Move("work", 723484, 915976, 471816),
        Move("overtake", 647745, 282379, 286006),
        Move("work", 493831, 87892, 886384),
    ]
    assert play(1000058, moves).problems == ()


def test_what_is_not_needed_for_a_failure_is_left_out() -> None:
    moves = [Move("time", number, 0, 0) for number in range(40)]
    assert [move.a for move in shrunk(moves, lambda some: {7, 31} <= {move.a for move in some})] == [7, 31]


def test_a_range_in_which_a_fault_never_struck_says_so() -> None:
    counts = dict.fromkeys(coverage.REQUIRED, 1)
    assert coverage.missing(counts) == []
    assert coverage.missing({**counts, "webhook forged": 0}) == ["webhook forged"]
    further = coverage.required([FURTHER_FROM])
    assert coverage.missing(counts, further) == coverage.missing({}, coverage.NEW)


@pytest.mark.usefixtures("_campaign")
def test_a_seed_is_the_same_history_whatever_was_played_before_it_in_the_process() -> None:
    """Seed 79 read other stamps after others: SAP's simulator went on counting digits where they had ended."""
    moves = drawn(79)[:4]
    first, _, again = play(79, moves), play(23, drawn(23)[:4]), play(79, moves)
    assert again.told == first.told


@pytest.mark.slow
def test_two_processes_play_seeds_of_every_profile_alike_to_the_byte_whatever_the_order_of_their_sets() -> None:
    for first, count in ((14, len(PROFILES)), (FURTHER_FROM, len(FURTHER))):
        told = [_told_by_a_process(first, count, number) for number in ("1", "2")]
        assert told[0].count(b"\nseed ") + told[0].startswith(b"seed ") == count
        assert told[0] == told[1]


def _told_by_a_process(first: int, count: int, order_of_sets: str) -> bytes:
    command = [sys.executable, "-m", "tests.faults.campaign", "--seed", str(first), "--histories", str(count)]
    chosen = {**os.environ, "PYTHONHASHSEED": order_of_sets, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    return subprocess.run([*command, "--story"], capture_output=True, timeout=900, check=True, env=chosen).stdout


@pytest.mark.slow
@pytest.mark.usefixtures("_campaign")
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_each_planted_bug_is_found_by_its_seed_or_the_next_ones_of_that_profile(mutant: Any) -> None:
    step = len(PROFILES) if mutant.seed < FURTHER_FROM else len(FURTHER)
    seeds = [mutant.seed + number * step for number in range(3)]
    with mutant.planted():
        assert any(play(seed).problems for seed in seeds)
    assert play(mutant.seed).problems == ()
