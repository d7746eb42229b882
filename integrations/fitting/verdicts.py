"""From findings to a verdict: fits, fits after these steps, does not fit because, or cannot be told yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.fitting.findings import Finding
from integrations.models import FitReport

Verdict = FitReport.Verdict
_ORDER = (
    "environment",
    "sap",
    "servicetitan",
    "changes",
    "clock",
    "money",
    "volumes",
    "maps",
    "vendors",
    "run",
    "notices",
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict. `steps` are in the order in which they are to be done; `because` are sentences."""

    verdict: str
    steps: tuple[dict[str, Any], ...] = ()
    because: tuple[str, ...] = ()


def judge(findings: Sequence[Finding]) -> Judged:
    """What all of it comes to."""
    walls = tuple(f"{one.title}: {one.detail}" for one in findings if one.wall)
    hidden = tuple(f"{one.title}: {one.detail}" for one in findings if one.hides)
    steps = _steps(findings)
    if walls:
        return Judged(Verdict.DOES_NOT_FIT, steps, walls)
    if hidden:
        return Judged(Verdict.UNKNOWN, steps, hidden)
    return Judged(Verdict.AFTER_STEPS if steps else Verdict.FITS, steps)


def _steps(findings: Iterable[Finding]) -> tuple[dict[str, Any], ...]:
    """What has to be done, each fix once: first what opens doors, then what holds up most."""
    wanted = sorted((one for one in findings if one.is_step), key=_place)
    merged: dict[str, dict[str, Any]] = {}
    for one in wanted:
        step = merged.setdefault(
            one.fix, {"title": one.title, "fix": one.fix, "who": one.who, "flows": [], "keys": [], "also": []}
        )
        if step["keys"]:
            step["also"].append(one.title)
        step["keys"].append(one.key)
        step["flows"] += [flow for flow in one.flows if flow not in step["flows"]]
    return tuple(merged.values())


def _place(one: Finding) -> tuple[int, int, int]:
    return (0 if one.hides else 1, _ORDER.index(one.area), -one.records)


@dataclass(frozen=True, slots=True)
class Compared:
    """What has changed since another report: lines that are settled, new ones, and those that still stand."""

    settled: list[Finding] = field(default_factory=list)
    new: list[Finding] = field(default_factory=list)
    still: list[Finding] = field(default_factory=list)


def compare(now: Sequence[Finding], before: Sequence[Finding]) -> Compared:
    """By key; what is for information only is left out."""
    open_now = {one.key: one for one in now if _is_open(one)}
    open_before = {one.key: one for one in before if _is_open(one)}
    return Compared(
        settled=[one for key, one in open_before.items() if key not in open_now],
        new=[one for key, one in open_now.items() if key not in open_before],
        still=[one for key, one in open_now.items() if key in open_before],
    )


def _is_open(one: Finding) -> bool:
    return one.state not in ("works", "info")
