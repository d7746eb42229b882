"""`python -m tests.faults.processes --seed 1 --records 5000`: plays one seed and says what came of it.

Exit code 0 only if everything is exact in the end. Each kind of harm is done `--times` times, and `--acts` ends the row
earlier; `--results FILE` adds a line of JSON. Takes minutes.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from tests.faults.processes import books, harms
from tests.faults.processes.people import People
from tests.faults.processes.stage import CUSTOMERS, Stage, stage

QUIET_SECONDS = 420.0
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "lose_answer", "method": "POST", "every": 23, "path": "/tenant/"},
    {"kind": "lose_answer", "method": "PATCH", "every": 11},
    {"kind": "reset", "method": "POST", "every": 41, "path": "/tenant/"},
    {"kind": "status", "status": 503, "commit": True, "method": "POST", "every": 53, "path": "/tenant/"},
    {"kind": "status", "status": 503, "method": "GET", "every": 397},
    {"kind": "throttle", "seconds": 1, "shape": "retry-after", "every": 301},
    {"kind": "revoke_token", "every": 401},
    {"kind": "truncate", "method": "GET", "every": 503},
)
"""Of ServiceTitan, from the first call to the last harm."""

SAP_FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 503, "every": 17},
    {"kind": "reset", "every": 29},
    {"kind": "truncate", "every": 37},
)


def main() -> int:
    """The exit code."""
    given = _arguments()
    began_at = time.monotonic()
    with stage(given.seed, given.records // len(CUSTOMERS), older=given.beside) as made:
        found = play(made, given.seed, given.records, times=given.times, acts=given.acts)
    found["seconds"] = round(time.monotonic() - began_at)
    print(json.dumps(found, indent=1))
    if given.results:
        with Path(given.results).open("a") as file:
            file.write(json.dumps(found) + "\n")
    return 1 if found["problems"] or not found["quiet"] else 0


def play(made: Stage, seed: int, records: int, *, times: int, acts: int) -> dict[str, Any]:
    """One seed on a running installation: harm after harm while records arrive, then quiet, then the books."""
    chance = random.Random(f"{seed}/harms")
    world = made.worlds["acme"]
    world.faults(*FAULTS)
    everybody = [People.of(world, seed, records // len(CUSTOMERS)) for world in made.worlds.values()]
    for people in everybody:
        people.world.faults(*SAP_FAULTS, sap=True)
    cards = harms.deck(seed, chance, times=times)[: acts or None]
    for turn, card in enumerate(cards):
        for people in everybody:
            people.act(1 / (len(cards) - turn), chance)
        made.wait(chance.uniform(0.5, 4))
        say(f"{turn + 1}/{len(cards)} {card.name}")
        card.do(made, chance)
        made.keep()
    hit = _hits(made)
    for people in everybody:
        people.world.no_faults()
    quiet = _until_quiet(made, everybody)
    told = [line for people in everybody for line in made.patiently(partial(books.problems, people))]
    return {
        "seed": seed,
        "records": sum(sum(books.counts(people).values()) for people in everybody),
        "further_versions": sum(people.versions for people in everybody),
        "harms": dict(Counter(card.name for card in cards)),
        "faults": hit,
        "restarted_by_the_keeper": dict(made.restarted),
        "quiet": quiet,
        "problems": told,
    }


def _hits(made: Stage) -> dict[str, int]:
    """How often each kind of fault was met."""
    found: Counter[str] = Counter()
    world = made.worlds["acme"]
    bases = {world.servicetitan, *(world.sap for world in made.worlds.values())}
    for base in bases:
        for rule in world.control(base, "faults")["faults"]:
            found[rule["kind"]] += rule["hits"]
    return dict(found)


def _until_quiet(made: Stage, everybody: list[People]) -> bool:
    """Lets everything come to its end."""
    limit, since = time.monotonic() + QUIET_SECONDS, datetime.now(UTC)
    while time.monotonic() < limit:
        if all(made.patiently(partial(books.is_quiet, people, since)) for people in everybody):
            return True
        made.wait(2)
    return False


def say(text: str) -> None:
    """A line for whoever watches."""
    print(text, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.processes", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--records", type=int, default=5000, help="over both customers")
    parser.add_argument("--times", type=int, default=1, help="how often each kind of harm is done")
    parser.add_argument("--acts", type=int, default=0, help="so many harms only")
    parser.add_argument("--beside", default="", help="a git revision whose code one of the two workers runs")
    parser.add_argument("--results", default="", help="a file to which a line of JSON is added")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
