"""What a replay would write, against the target as it is now: planned like a delivery, and nothing of it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from integrations.engine.linking import side_of
from integrations.engine.planning import Directory, Planned, plan_batch
from integrations.engine.work import Work, asking
from integrations.errors import Awaiting, IntegrationError, NotReady, NotTransferable
from integrations.flow import Write
from integrations.models import Delivery


@dataclass(frozen=True, slots=True)
class Changed:
    """One member of a target record: as it is there now (None where there is none), and as it would be."""

    member: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Proposed:
    """A write that would be made. `key` is "" for a create; `side` "source": an answer to the record's own system."""

    action: str
    key: str
    part: str
    side: str
    changes: tuple[Changed, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of one record: "write", "unchanged", "wait", "person" or "not-transferable"."""

    delivery: UUID
    source_key: str
    label: str
    outcome: str
    code: str
    reason: str
    writes: tuple[Proposed, ...]
    notes: tuple[str, ...]


def preview(work: Work, deliveries: Sequence[Delivery]) -> list[Preview]:
    """Plans these versions against the live target. Raises the target's errors; the ledger is only read."""
    return shown(work, plan_batch(work, deliveries, Directory(work)))


def shown(work: Work, batch: Sequence[Planned]) -> list[Preview]:
    """What was planned, beside the target as it is now."""
    rows = _rows(work, batch)
    return [_shown(work, planned, rows) for planned in batch]


def _rows(work: Work, batch: Sequence[Planned]) -> Mapping[tuple[str, str], Any]:
    """The rows that would be changed, as they are now."""
    found: dict[tuple[str, str], Any] = {}
    writes = [write for planned in batch if planned.plan for write in planned.plan.writes if write.key]
    for name in sorted({write.side for write in writes}):
        side, keys = side_of(work, name), sorted({write.key for write in writes if write.side == name})
        with asking(name):
            found.update({(name, key): row for key, row in side.writer.fetch(side.client, keys).items()})
    return found


def _shown(work: Work, planned: Planned, rows: Mapping[tuple[str, str], Any]) -> Preview:
    plan, error = planned.plan, planned.plan.then if planned.plan else planned.error
    writes = tuple(_proposed(work, write, rows) for write in plan.writes) if plan else ()
    outcome = "write" if writes else _outcome(error)
    code = error.code if isinstance(error, IntegrationError) else "bug" if error else ""
    reason = error.message if isinstance(error, IntegrationError) else type(error).__name__ if error else ""
    told = (planned.delivery.pk, planned.delivery.source_key, planned.delivery.label)
    return Preview(*told, outcome, code, reason, writes, plan.notes if plan else ())


def _proposed(work: Work, write: Write, rows: Mapping[tuple[str, str], Any]) -> Proposed:
    row = rows.get((write.side, write.key))
    there = side_of(work, write.side).observe(row) if row is not None else {}
    changes = [Changed(name, there.get(name), after) for name, after in sorted(write.expect.items())]
    differing = tuple(change for change in changes if change.before != change.after)
    return Proposed(write.action, write.key, write.part, write.side, differing)


def _outcome(error: Exception | None) -> str:
    if error is None:
        return "unchanged"
    if isinstance(error, NotReady | Awaiting):
        return "wait"
    return "not-transferable" if isinstance(error, NotTransferable) else "person"
