"""Plays ranges of seeds on a database of this process, and hunts planted bugs with them."""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import django


@contextmanager
def database() -> Iterator[None]:
    """A copy of the template database, the guard opened for 127.0.0.1, and workers that end with it."""
    django.setup()
    from django.conf import settings

    from tests import databases
    from tests.faults.campaign import stage

    settings.OUTGOING_ALLOW, settings.OUTGOING_ALLOW_PLAIN_HTTP = ["127.0.0.0/8"], True
    logging.disable(logging.CRITICAL)  # each planted fault would tell of itself
    databases.start_server()
    with databases.fresh_copy():
        try:
            yield
        finally:
            stage.dismiss_all()
            logging.disable(logging.NOTSET)


def play_range(first: int, count: int, *, results: str = "", story: bool = False) -> int:
    """Plays these seeds; 1 if one of them broke the promise."""
    from tests.faults.campaign import coverage, workings
    from tests.faults.campaign.history import play

    counts: Counter[str] = Counter()
    failing: list[int] = []
    began = time.monotonic()
    for number, seed in enumerate(range(first, first + count), 1):
        outcome = play(seed)
        counts.update(outcome.counts)
        if story:
            print(f"seed {seed}: {outcome.fingerprint}", *outcome.told, sep="\n")
        if outcome.problems:
            failing.append(seed)
            print(_told(seed, outcome.problems), flush=True)
        if number % 50 == 0:
            workings.vacuum()
            rate = number / (time.monotonic() - began)
            print(f"{number} of {count} histories, {len(failing)} failing, {rate:.2f}/s", flush=True)
    row = {"first": first, "histories": count, "failing": failing, "counts": dict(sorted(counts.items()))}
    print(json.dumps(row))
    never = coverage.missing(counts, coverage.required([first]))
    if never:
        print(f"never happened: {', '.join(never)}", flush=True)
    if results:
        with Path(results).open("a") as file:
            file.write(json.dumps(row) + "\n")
    return 1 if failing or (never and count >= coverage.ENOUGH) else 0


def _told(seed: int, problems: Sequence[str]) -> str:
    """The failure, and the fewest moves that show it."""
    from tests.faults.campaign.history import play
    from tests.faults.campaign.moves import drawn
    from tests.faults.campaign.shrinking import shrunk

    moves = shrunk(drawn(seed), lambda some: bool(play(seed, some).problems))
    short = play(seed, moves)
    lines = [f"seed {seed}:", *(f"  {problem}" for problem in problems), f"shown by {len(moves)} moves: {moves!r}"]
    return "\n".join([*lines, *(f"    {line}" for line in short.told)])


def hunt(first: int, count: int, *, only: str = "") -> int:
    """Plants each bug in turn; 1 if one of them is not found by any of these seeds."""
    from tests.faults.campaign.history import play
    from tests.faults.campaign.mutants import MUTANTS

    missed = 0
    for mutant in MUTANTS:
        if only not in mutant.name:
            continue
        with mutant.planted():
            outcomes = (play(seed) for seed in range(first, first + count))
            found = next((outcome for outcome in outcomes if outcome.problems), None)
        missed += found is None
        shown = f"seed {found.seed}: {found.problems[0]}" if found else f"not found by {count} histories"
        print(f"{mutant.name} | {shown}", flush=True)
    return 1 if missed else 0
