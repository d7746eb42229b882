"""The story of one record: every version, what was used for it, each exchange, and what people did; oldest first."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from integrations.models import Attempt, AuditEvent, Delivery, Link, Step

MOST_VERSIONS, MOST_ATTEMPTS, MOST_DEEDS = 30, 200, 200
TONES = {
    "delivered": "good",
    "unchanged": "good",
    "quarantined": "bad",
    "waiting": "warn",
    "checking": "warn",
    "refused": "bad",
    "unknown": "warn",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened. `used`: rows of maps, links and reference data; `parts`: (heading, text) to open.

    `kind` ("version", "note", "write", "exchange", "closed", "deed") and `facts` say the same as `title`, for pages
    that tell it in words of their own.
    """

    at: datetime
    title: str
    text: str = ""
    tone: str = ""
    used: tuple[dict[str, Any], ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    kind: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def timeline(delivery: Delivery, links: Collection[Link]) -> list[Entry]:
    """Of the record that this delivery is a version of. Five statements, however long its story is."""
    versions = Delivery.objects.filter(sync=delivery.sync_id, source_key=delivery.source_key).order_by("-number")
    rows = list(versions[:MOST_VERSIONS])
    steps = list(Step.objects.filter(delivery__in=[row.pk for row in rows]).order_by("delivery", "position"))
    attempts = Attempt.objects.filter(step__in=[step.pk for step in steps]).order_by("-intended_at")[:MOST_ATTEMPTS]
    ids = [str(row.pk) for row in (*rows, *links)]
    deeds = AuditEvent.objects.filter(subject_id__in=ids).order_by("-sequence")[:MOST_DEEDS]
    told = [*deeds, *_mapped(rows, steps)]
    found = [*_versions(rows, steps), *_exchanges(attempts, steps, rows), *(_deed(deed) for deed in told)]
    return sorted(found, key=lambda entry: entry.at)


def _mapped(rows: list[Delivery], steps: list[Step]) -> Collection[AuditEvent]:
    """Who changed a row of a map that this record uses, since it was read first."""
    used = [entry for step in steps for entry in step.lookups if isinstance(entry, dict) and entry.get("kind") == "map"]
    codes = sorted({f"{entry.get('name')} {entry.get('key')}" for entry in used})
    if not codes:
        return ()
    since = min(row.created_at for row in rows)
    saved = AuditEvent.objects.filter(at__gte=since, action="value-map.saved", detail__rows__has_any_keys=codes)
    return saved.order_by("-at")[:MOST_DEEDS]


def pretty(value: Any) -> str:
    """JSON to read."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def _versions(rows: list[Delivery], steps: list[Step]) -> Iterator[Entry]:
    by_delivery: dict[Any, list[Step]] = defaultdict(list)
    for step in steps:
        by_delivery[step.delivery_id].append(step)
    for row in rows:
        payload = (("The row as it was read", pretty(row.payload)),)
        told = {"number": row.number, "why": row.why, "by": row.started_by}
        title = f"Version {row.number}: {row.why}"
        yield Entry(row.created_at, title, f"Started by {row.started_by}.", "", (), payload, "version", told)
        for note in row.notes:
            if at := parse_datetime(str(note.get("at", ""))):
                yield Entry(at, f"Version {row.number}", str(note.get("text", "")), kind="note", facts=told)
        yield from (_planned(row, step) for step in by_delivery[row.pk])
        if row.closed_at:
            tone, ended = TONES.get(row.state, ""), {**told, "state": row.state}
            title = f"Version {row.number} {row.get_state_display().lower()}"
            yield Entry(row.closed_at, title, row.reason, tone, kind="closed", facts=ended)


def _planned(row: Delivery, step: Step) -> Entry:
    done = f" at {step.target_key}" if step.target_key else ""
    title = f"Version {row.number}, write {step.position}: {step.action}{done}"
    used = tuple(entry for entry in step.lookups if isinstance(entry, dict))
    told = {"action": step.action, "state": step.state, "key": step.target_key, "side": step.side}
    at, text = step.done_at or row.created_at, f"This write is {step.state}."
    return Entry(at, title, text, "", used, _parts(step), "write", told)


def _parts(step: Step) -> tuple[tuple[str, str], ...]:
    return (("What is written", pretty(step.body)), ("What is expected there afterwards", pretty(step.expect)))


def _exchanges(attempts: Collection[Attempt], steps: list[Step], rows: list[Delivery]) -> Iterator[Entry]:
    numbers = {row.pk: row.number for row in rows}
    of_step = {step.pk: step for step in steps}
    for attempt in attempts:
        step = of_step[attempt.step_id]
        status = f", HTTP {attempt.status}" if attempt.status else ""
        resolved = f", then {attempt.resolution.replace('_', ' ')}" if attempt.resolution else ""
        outcome = f"{attempt.outcome.replace('_', ' ')}{status}{resolved}"
        title = f"Version {numbers[step.delivery_id]}, write {step.position}: {attempt.kind} {outcome}"
        text = ": ".join(filter(None, (attempt.code, attempt.reason)))
        parts = (("Request and answer, without secrets", pretty(attempt.exchange)),) if attempt.exchange else ()
        tone = TONES.get(attempt.resolution or attempt.outcome, "")
        told = {"kind": attempt.kind, "outcome": attempt.outcome, "then": attempt.resolution, "side": step.side}
        yield Entry(attempt.intended_at, title, text, tone, (), parts, "exchange", told)


def _deed(deed: AuditEvent) -> Entry:
    detail = "; ".join(_told(name, value) for name, value in deed.detail.items())
    told = {"action": deed.action, "by": deed.actor_label}
    return Entry(deed.at, f"{deed.action.replace('.', ' ')} by {deed.actor_label}", detail, kind="deed", facts=told)


def _told(name: str, value: Any) -> str:
    """A member of an event's detail in words: what was before and after, where it says so."""
    if not isinstance(value, dict):
        return f"{name}: {value}"
    if value.keys() == {"before", "after"}:
        return f"{name}: {value['before'] or 'nothing'} → {value['after'] or 'nothing'}"
    return ", ".join(_told(inner, part) for inner, part in value.items())
