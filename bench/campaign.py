"""Was the promise kept in 10,000 seeded histories of faults? Reads what `make sim RESULTS=FILE` wrote; plays none.

`make bench ASK=campaign RESULTS=FILE`. A seed that stands in the file twice counts once, and as failing if it ever
failed. A history that lost, doubled or left stuck a record is one that failed (docs/fault-campaign.md).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.question import Figure, NotAsked, Options

HISTORIES = 10_000


def ask(options: Options) -> Iterable[Figure]:
    """How many histories were played, and how many failed."""
    path = Path(os.environ.get("RESULTS") or ".state/campaign.jsonl")
    if not path.is_file():
        raise NotAsked(f"there is no {path}: make sim HISTORIES={HISTORIES} RESULTS={path} plays them, for hours")
    played, failing = _summed(json.loads(line) for line in path.read_text().splitlines())
    yield Figure(
        what="histories played", values=[len(played)], limit=options.size(HISTORIES), at_least=True, row="campaign"
    )
    note = ", ".join(map(str, sorted(failing)[:20]))
    yield Figure(what="of them failing", values=[len(failing)], limit=0, note=note and f"seeds {note}", row="campaign")


def _summed(rows: Iterable[dict[str, Any]]) -> tuple[set[int], set[int]]:
    """The seeds that were played, and those that ever failed."""
    played, failing = set[int](), set[int]()
    for row in rows:
        played |= set(range(row["first"], row["first"] + row["histories"]))
        failing |= set(row["failing"])
    return played, failing
