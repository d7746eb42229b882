"""A first run, rehearsed: source rows that no ledger knows yet are planned like deliveries, and nothing is written.

Unlike a preview, a rehearsal does not end a record at the first thing that is missing. A code without a value, or a
vendor that has yet to be made, is noted, stands in for itself ("? cost-center 4711"), and the planning goes on, so that
one rehearsal names every code that a record lacks, as far as the flow comes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.engine.lookups import Asked, Cache
from integrations.engine.planning import Directory, Planned, plan_batch
from integrations.engine.previewing import Preview, shown
from integrations.engine.versions import BACKFILL
from integrations.engine.work import Work, digest
from integrations.errors import NotReady, Unmapped
from integrations.figures import Figured
from integrations.flow import Change, Row
from integrations.models import Delivery

STAND_IN = "? "
"""Begins what stands in for a value that is missing."""


@dataclass(frozen=True, slots=True)
class Lack:
    """A code that a value map has no value for. `label` is what the source calls it, "" if it does not say."""

    map: str
    key: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What the first run would do with one record.

    `outcome` is that of a preview, where a write is told apart: "create", "adopt" (an existing record is taken over),
    "change"; "person" where anything is lacking. `held` are the records of other flows that need a person first.
    """

    preview: Preview
    outcome: str
    lacks: tuple[Lack, ...] = ()
    held: tuple[tuple[str, str], ...] = ()
    currency: str = ""


@dataclass(slots=True)
class Rehearsal(Asked):
    """What a flow asks, with stand-ins. `assumed`: of flows that were rehearsed before, what will not simply come."""

    assumed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    lacks: dict[tuple[str, str], Lack] = field(default_factory=dict)
    held: list[tuple[str, str]] = field(default_factory=list)

    def mapped(self, value_map: str, key: str, *, label: str = "") -> str:
        """The customer's value; what has none is noted. A code that is a word of ours (a unit) stands for itself."""
        try:
            return Asked.mapped(self, value_map, key, label=label)
        except Unmapped:
            self.lacks.setdefault((value_map, key), Lack(value_map, key, label))
            return f"{STAND_IN}{value_map} {key}" if value_map in self.kinds else key

    def linked(self, flow: str, source_key: str) -> str:
        """The target key; of a record that the first run would make before, a stand-in. Raises NotReady for others."""
        try:
            return Asked.linked(self, flow, source_key)
        except NotReady:
            outcome = self.assumed[flow].get(source_key, "") if flow in self.assumed else "unknown"
            if outcome in ("unknown", "wait", "not-transferable"):
                raise
            if outcome == "person":
                self.held.append((flow, source_key))
            return f"{STAND_IN}{flow} {source_key}"

    def reference(self, kind: str, key: str, *, fresh: bool = False) -> Row | None:
        """A row of reference data; what stands in for a value has an empty one."""
        if key.startswith(STAND_IN):
            return {"id": key, "name": key, "active": True}
        return Asked.reference(self, kind, key, fresh=fresh)


def rehearse(
    work: Work, changes: Sequence[Change], directory: Directory, assumed: Mapping[str, Mapping[str, str]]
) -> list[Rehearsed]:
    """Plans these rows as a first run would. Raises both systems' errors; the ledger is only read."""
    asks: dict[Any, Rehearsal] = {}

    def ask(planned: Planned, cache: Cache) -> Rehearsal:
        given: dict[str, Any] = {"assumed": assumed, "kinds": work.flow.map_kinds}
        asks[planned.delivery.pk] = Rehearsal(cache, hoped=planned.hoped, **given)
        return asks[planned.delivery.pk]

    batch = plan_batch(work, [_unsaved(work, change) for change in changes], directory, ask)
    previews = shown(work, batch)
    return [
        _rehearsed(work, planned, preview, asks.get(planned.delivery.pk))
        for planned, preview in zip(batch, previews, strict=True)
    ]


def _unsaved(work: Work, change: Change) -> Delivery:
    return Delivery(
        sync=work.sync,
        source_key=change.key,
        number=1,
        stamp=change.stamp,
        digest=digest(change.row),
        payload=change.row,
        priority=BACKFILL,
        created_at=work.clock(),
    )


def _rehearsed(work: Work, planned: Planned, preview: Preview, asked: Rehearsal | None) -> Rehearsed:
    lacks = dict(asked.lacks) if asked else {}
    error = planned.error
    if isinstance(error, Unmapped) and error.code.startswith("unmapped"):
        _, value_map, key = error.needs.split(":", 2)
        lacks.setdefault((value_map, key), Lack(value_map, key))
    outcome = "person" if lacks or (asked and asked.held) else _told(planned, preview)
    held = tuple(dict.fromkeys(asked.held)) if asked else ()
    return Rehearsed(preview, outcome, tuple(lacks.values()), held, _currency(work, planned))


def _told(planned: Planned, preview: Preview) -> str:
    plan = planned.plan
    if plan is not None and plan.adopt:
        return "adopt"
    if preview.outcome != "write":
        return preview.outcome
    return "create" if any(not write.key for write in preview.writes) else "change"


def _currency(work: Work, planned: Planned) -> str:
    if planned.record is None or not isinstance(work.flow, Figured):
        return ""
    return work.flow.figures(planned.record).currency
