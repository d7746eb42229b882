"""What questions were answered with (.state/bench): figures, curves, when, at which size, how busy it was."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.question import Curve, Figure, Options, as_json, from_json

FOLDER = Path(os.environ.get("BENCH_ANSWERS") or Path(__file__).resolve().parent.parent / ".state" / "bench")


@dataclass(slots=True, kw_only=True)
class Answers:
    """Of one question. `loads` are the machine's loads, over a minute, before and after."""

    asked_at: datetime
    scale: float
    loads: tuple[float, float]
    results: list[Figure | Curve] = field(default_factory=list)

    @property
    def figures(self) -> Iterator[Figure]:
        """Without the curves."""
        return (result for result in self.results if isinstance(result, Figure))

    @property
    def circumstances(self) -> str:
        """What a reader has to know: when, how busy the machine was, and whether sizes were those of the target."""
        size = "" if self.scale >= 1 else f", sizes times {self.scale:g}"
        return f"{self.asked_at:%Y-%m-%d %H:%M} UTC, load {self.loads[0]:.1f} to {self.loads[1]:.1f}{size}"


def begun(options: Options) -> Answers:
    """Nothing is answered yet."""
    load = os.getloadavg()[0]
    return Answers(asked_at=datetime.now(UTC), scale=options.scale, loads=(load, load))


def keep(name: str, answers: Answers) -> None:
    """Writes the answers so far to the question's file."""
    answers.loads = (answers.loads[0], os.getloadavg()[0])
    FOLDER.mkdir(parents=True, exist_ok=True)
    given = {"asked_at": answers.asked_at.isoformat(), "scale": answers.scale, "loads": answers.loads}
    rows = [as_json(result) for result in answers.results]
    (FOLDER / f"{name}.json").write_text(json.dumps({**given, "results": rows}))


def forget(name: str) -> None:
    """Before it is asked again."""
    (FOLDER / f"{name}.json").unlink(missing_ok=True)


def of(name: str) -> Answers | None:
    """The newest answers; None where it was never asked, or by a bench that kept less."""
    path = FOLDER / f"{name}.json"
    found = json.loads(path.read_text()) if path.exists() else None
    if not isinstance(found, dict):
        return None
    return Answers(
        asked_at=datetime.fromisoformat(found["asked_at"]),
        scale=found["scale"],
        loads=(found["loads"][0], found["loads"][1]),
        results=[from_json(row) for row in found["results"]],
    )
