"""From pending deliveries to plans: the flow maps, the engine gathers what the flow asks for."""

from __future__ import annotations

import base64
import hashlib
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial, reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from integrations.engine.linking import key_of, parts_of
from integrations.engine.lookups import Asked, Cache
from integrations.engine.overtaking import Seen, maps_of
from integrations.engine.recovering import not_found_again
from integrations.engine.refusing import left_behind
from integrations.engine.relinking import held_back
from integrations.engine.work import DATABASE_AWAY, REFUSED, Work
from integrations.errors import Awaiting, IntegrationError, NeedsPerson, NotReady, NotTransferable
from integrations.flow import Done, Linked, Part, Plan, Row, Situation, Want, no_part
from integrations.models import Delivery, Link, Step

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Planned:
    """A delivery with its plan, or with the error that kept it from having one."""

    delivery: Delivery
    link: Link | None = None
    current: Row | None = None
    record: Any = None
    plan: Plan | None = None
    error: Exception | None = None
    generation: int = 1
    parts: dict[str, int] = field(default_factory=dict)
    seen: Seen = field(default_factory=Seen)
    used: list[dict[str, str]] = field(default_factory=list)
    hoped: set[tuple[str, str]] = field(default_factory=set)


def asked_for(planned: Planned, cache: Cache) -> Asked:
    """What a flow asks while it plans one record."""
    return Asked(cache, hoped=planned.hoped)


def plan_batch(
    work: Work,
    deliveries: Sequence[Delivery],
    directory: Directory,
    asks: Callable[[Planned, Cache], Asked] = asked_for,
) -> list[Planned]:
    """Plans a batch: one statement per kind of look-up, one remote call per fifty linked records."""
    keys = [d.source_key for d in deliveries]
    rows = {link.source_key: link for link in Link.objects.filter(flow=work.flow.name, source_key__in=keys)}
    batch = [
        Planned(delivery=d, link=row if (row := rows.get(d.source_key)) and row.target_key else None)
        for d in deliveries
    ]
    maps = maps_of(work.flow.maps)
    wants: list[Want] = []
    for planned in batch:
        planned.generation = rows[planned.delivery.source_key].generation if planned.delivery.source_key in rows else 1
        planned.seen = Seen({planned.delivery.source_key: planned.link.target_key if planned.link else ""}, maps)
        _guarded(planned, lambda p: wants.extend(_read_record(work, p)))
        planned.error = planned.error or _taken_apart(rows.get(planned.delivery.source_key))
    alive = [planned for planned in batch if planned.error is None]
    cache = Cache(work, directory.references)
    cache.prepare(wants, work.clock())
    _read_current(work, alive)
    more = More(work, alive)
    cache.read_sources(wants)
    for planned in alive:
        _guarded(planned, lambda p: _plan(work, p, asks(p, cache), directory, more))
    return batch


def _taken_apart(link: Link | None) -> NeedsPerson | None:
    """What keeps a record back whose link a person took apart, until a person says what is to become of it."""
    if link is None or link.origin != Link.Origin.UNLINKED:
        return None
    return NeedsPerson(held_back(link), code="unlinked")


@dataclass(slots=True)
class Directory:
    """All rows of the target's object, read once per task and only if something has to be matched.

    `references` are rows of reference data, by kind and key, as this task has found them.
    """

    work: Work
    references: dict[tuple[str, str], Row] = field(default_factory=dict)
    _rows: list[Row] | None = None

    def rows(self) -> Sequence[Row]:
        """The rows as of the first call in this task, and what this task has written since."""
        if self._rows is None:
            self._rows = list(self.work.flow.writer.directory(self.work.target))
        return self._rows

    def add(self, rows: Iterable[Row]) -> None:
        """Rows that this task wrote and read back."""
        if self._rows is not None:
            self._rows.extend(rows)


def marker_for(flow: str, source_key: str, generation: int) -> str:
    """The 12 characters by which a created record is found again: the same for every try of one generation.

    It depends only on customer, flow, source key and generation, so that even a ledger restored from a backup
    recognises what was sent after the backup.
    """
    schema = str(getattr(connection, "schema_name", ""))
    text = f"{schema}\0{flow}\0{source_key}\0{generation}"
    return base64.b32encode(hashlib.sha256(text.encode()).digest()[:8]).decode().rstrip("=")[:12]


def _read_record(work: Work, planned: Planned) -> Sequence[Want]:
    planned.record = work.flow.record(planned.delivery.payload)
    planned.delivery.label = work.flow.label(planned.record)[:200]
    return work.flow.wants(planned.record, work.options)


def _read_current(work: Work, batch: Sequence[Planned]) -> None:
    """The target's rows of linked records, read just now."""
    keys = sorted({p.link.target_key for p in batch if p.link})
    rows = work.flow.writer.fetch(work.target, keys) if keys else {}
    for planned in batch:
        if planned.link:
            planned.current = rows.get(planned.link.target_key)
            if planned.current is None:
                planned.error = NeedsPerson(
                    f"The linked record {planned.link.target_key} is not there any more.", code="target-missing"
                )


@dataclass(slots=True)
class More:
    """What only some flows ask for: finished steps, and the parts of a record with their rows."""

    work: Work
    batch: Sequence[Planned]
    done: dict[UUID, list[Done]] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    rows: Mapping[str, Row] = field(default_factory=dict)
    lost: Collection[UUID] = ()

    def __post_init__(self) -> None:
        flow = self.work.flow
        self.lost = not_found_again(self.work.sync, [p.delivery for p in self.batch])
        if flow.sees_done:
            finished = Step.objects.filter(delivery__in=[p.delivery for p in self.batch], state=Step.State.DONE)
            for step in finished.order_by("position"):
                self.done.setdefault(step.delivery_id, []).append(Done(step.action, step.target_key, step.part))
        if flow.has_parts and self.batch:
            named = reduce(or_, (Q(source_key__startswith=f"{p.delivery.source_key}#") for p in self.batch))
            self.links = {link.source_key: link for link in Link.objects.filter(named, flow=flow.name)}
            keys = sorted({link.target_key for link in self.links.values()} - {""})
            self.rows = flow.writer.fetch(self.work.target, keys) if keys else {}

    def names(self, planned: Planned) -> tuple[str, ...]:
        """The names of a record's linked parts, in order."""
        return tuple(sorted(parts_of(planned.delivery.source_key, self.links)))

    def part(self, planned: Planned, name: str) -> Part:
        """One part of a record; a part that is gone is made again under the next generation's marker."""
        key = key_of(planned.delivery.source_key, name)
        link = self.links.get(key)
        if problem := _taken_apart(link):
            raise problem
        planned.seen.links[key] = link.target_key if link else ""
        row = self.rows.get(link.target_key) if link else None
        generation = link.generation if link else 1
        if row is not None and self.work.flow.is_gone(row):
            generation += 1
        planned.parts[name] = generation
        linked = Linked(link.target_key, link.observed, link.lines, link.generation) if link else None
        return Part(marker_for(self.work.flow.name, key, generation), linked, row)


def _plan(work: Work, planned: Planned, asked: Asked, directory: Directory, more: More) -> None:
    if planned.error:
        return
    link, flow, key = planned.link, work.flow, planned.delivery.source_key
    if link and planned.current is not None and flow.is_gone(planned.current):
        planned.generation += 1
    match = flow.match_before_create and link is None
    situation = Situation(
        lookups=asked,
        options=work.options,
        marker=marker_for(flow.name, key, planned.generation),
        next_marker=marker_for(flow.name, key, planned.generation + 1),
        linked=Linked(link.target_key, link.observed, link.lines, link.generation) if link else None,
        current=planned.current,
        candidates=directory.rows() if match else (),
        done=more.done.get(planned.delivery.id, ()),
        part=partial(more.part, planned) if flow.has_parts else no_part,
        parts=more.names(planned),
        refused=planned.delivery.reason if planned.delivery.code == REFUSED else "",
        waited=(work.clock() - planned.delivery.created_at).total_seconds(),
        lost=planned.delivery.id in more.lost,
        left_behind=partial(left_behind, planned.delivery),
    )
    planned.plan = flow.plan(planned.record, situation)
    if planned.plan.adopt and planned.current is None:
        adopted = (row for row in situation.candidates if flow.writer.key(row) == planned.plan.adopt)
        planned.current = next(adopted, None) or flow.writer.fetch(work.target, [planned.plan.adopt]).get(
            planned.plan.adopt
        )
    planned.used = asked.used


def _guarded(planned: Planned, step: Any) -> None:
    """One record's error is that record's own, and the batch goes on. That a system cannot be asked is everybody's."""
    try:
        step(planned)
    except (NeedsPerson, NotReady, Awaiting, NotTransferable) as error:
        if error.exchange is not None:
            raise
        planned.error = error
    except (IntegrationError, *DATABASE_AWAY):
        raise
    except Exception as error:
        log.exception("mapping failed", extra={"delivery": str(planned.delivery.id)})
        planned.error = error
