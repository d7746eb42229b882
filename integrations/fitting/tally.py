"""What a rehearsal of many records comes to: counts, reasons, what is lacking with how many it blocks, and examples."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from integrations.engine.previewing import Proposed
from integrations.engine.rehearsing import Lack, Rehearsed

MOST_OF_AN_OUTCOME, MOST_MEMBERS, MOST_TEXT = 2, 40, 300


@dataclass(slots=True)
class Tally:
    """Counts over what was rehearsed of one flow."""

    read: int = 0
    writes: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, dict[str, Any]] = field(default_factory=dict)
    lacks: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    blocked: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    currencies: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)
    others: dict[str, str] = field(default_factory=dict)
    """Outcomes other than a write, by source key: what needs these records will not simply go on."""

    def add(self, rehearsed: Iterable[Rehearsed]) -> None:
        """Counts these records as well."""
        for one in rehearsed:
            self._add(one)

    def _add(self, one: Rehearsed) -> None:
        self.read += 1
        self.outcomes[one.outcome] += 1
        self.writes += len(one.preview.writes)
        self.held.update(flow for flow, _ in one.held)
        if one.currency:
            self.currencies[one.currency] += 1
        self.blocked.update({lack.map for lack in one.lacks})
        for lack in one.lacks:
            self._lack(lack)
        code = one.preview.code
        if code and not (one.lacks and code.startswith("unmapped")):
            outcome = one.preview.outcome if one.lacks else one.outcome
            known = self.reasons.setdefault(code, {"records": 0, "outcome": outcome, "examples": []})
            known["records"] += 1
            if len(known["examples"]) < MOST_OF_AN_OUTCOME:
                known["examples"].append(f"{one.preview.label}: {one.preview.reason}"[:MOST_TEXT])
        if one.outcome in ("person", "wait", "not-transferable"):
            self.others[one.preview.source_key] = one.outcome
        if self._is_wanted(one.outcome):
            self.examples.append(_example(one))

    def _lack(self, lack: Lack) -> None:
        known = self.lacks.setdefault(lack.map, {}).setdefault(lack.key, {"label": "", "records": 0})
        known["records"] += 1
        known["label"] = known["label"] or lack.label[:MOST_TEXT]

    def _is_wanted(self, outcome: str) -> bool:
        known = [example for example in self.examples if example["outcome"] == outcome]
        return len(known) < MOST_OF_AN_OUTCOME

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "read": self.read,
            "writes": self.writes,
            "outcomes": dict(self.outcomes),
            "reasons": self.reasons,
            "lacks": self.lacks,
            "blocked": dict(self.blocked),
            "held": dict(self.held),
            "currencies": dict(self.currencies),
            "examples": self.examples,
        }


def _example(one: Rehearsed) -> dict[str, Any]:
    told = one.preview
    writes = [_write(write) for write in told.writes]
    lacks = [f"{lack.map} {lack.key}" for lack in one.lacks]
    return {
        "key": told.source_key,
        "label": told.label,
        "outcome": one.outcome,
        "reason": told.reason[:MOST_TEXT],
        "lacks": lacks,
        "notes": [note[:MOST_TEXT] for note in told.notes],
        "writes": writes,
    }


def _write(write: Proposed) -> dict[str, Any]:
    changes = [
        {"member": change.member, "before": _plain(change.before), "after": _plain(change.after)}
        for change in write.changes[:MOST_MEMBERS]
    ]
    return {"action": write.action, "key": write.key, "changes": changes}


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))
