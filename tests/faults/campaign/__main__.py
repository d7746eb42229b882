"""`python -m tests.faults.campaign --seed 1 --histories 200`: plays a range of seeds and says what came of it.

Exit code 0 only if every history kept the promise. A failing one is told in as few moves as show it. `--results FILE`
adds one line of JSON, so that ranges that were run at different times can be put together; `--merge FILE` sums them up
and says how often everything happened that was to be tried. A long range in which some of it never happened fails.
`--mutants` plants each known bug in turn and names the first seed that shows it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any


def main() -> int:
    """The exit code."""
    given = _arguments()
    if given.merge:
        return _merged(Path(given.merge))
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    if given.processes > 1:
        return _side_by_side(given)
    from tests.faults.campaign import ranges

    with ranges.database():
        if given.mutants:
            return ranges.hunt(given.seed, given.histories, only=given.only)
        return ranges.play_range(given.seed, given.histories, results=given.results, story=given.story)


PROGRAM = "tests.faults.campaign"
SETTINGS = "tests.settings"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.campaign", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--histories", type=int, default=100, help="how many seeds")
    parser.add_argument("--processes", type=int, default=1, help="side by side, each with a database of its own")
    parser.add_argument("--results", default="", help="a file to which a line of JSON is added")
    parser.add_argument("--merge", default="", help="sums up such a file and ends")
    parser.add_argument("--story", action="store_true", help="prints the whole record of each history")
    parser.add_argument("--mutants", action="store_true", help="plants bugs, finds the first seed that shows each")
    parser.add_argument("--only", default="", help="with --mutants: those whose name contains this")
    return parser.parse_args()


def _side_by_side(given: argparse.Namespace) -> int:
    share, rest = divmod(given.histories, given.processes)
    running, first = [], given.seed
    for number in range(given.processes):
        count = share + (number < rest)
        command = [sys.executable, "-m", PROGRAM, "--seed", str(first), "--histories", str(count)]
        command += ["--results", given.results] if given.results else []
        running.append(subprocess.Popen(command))
        first += count
    try:
        return max(process.wait() for process in running)
    finally:
        for process in running:
            if process.poll() is None:
                process.terminate()


def _merged(path: Path) -> int:
    total: Counter[str] = Counter()
    failing: list[int] = []
    firsts: list[int] = []
    for line in path.read_text().splitlines():
        row: dict[str, Any] = json.loads(line)
        total["histories"] += row["histories"]
        total.update(row["counts"])
        failing += row["failing"]
        firsts.append(row["first"])
    from tests.faults.campaign import coverage

    print(json.dumps({"histories": total["histories"], "failing": sorted(failing)}))
    names = coverage.required(firsts)
    print(coverage.table(total, names))
    never = coverage.missing(total, names)
    print(f"never happened: {', '.join(never) or 'nothing of this'}")
    return 1 if failing or never else 0


if __name__ == "__main__":
    started = time.monotonic()
    code = main()
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
    sys.exit(code)
