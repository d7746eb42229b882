"""Links: made with the write that made the record, and waking whatever waited for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from integrations.engine.bulk import insert_all
from integrations.engine.recording import wake
from integrations.engine.work import Work, asking, digest
from integrations.errors import link_key, linked_to_key
from integrations.flow import Bond
from integrations.models import Delivery, Link, Step


@dataclass(frozen=True, slots=True)
class Found:
    """What a source record (or a part of it) is at the target."""

    flow: str
    source_key: str
    target_key: str
    generation: int = 1
    delivery_id: UUID | None = None
    lines: dict[str, str] = field(default_factory=dict)
    observed: Mapping[str, Any] | None = None


def key_of(source_key: str, part: str) -> str:
    """The key under which a part of a record is linked: `<record>#<part>`; the record itself has no part."""
    return f"{source_key}#{part}" if part else source_key


def parts_of(source_key: str, links: Mapping[str, Link]) -> dict[str, Link]:
    """The links of a record by the name of the part, "" being the record itself; `links` are by source key."""
    found = ((key.partition("#"), link) for key, link in links.items())
    return {part: link for (record, _, part), link in found if record == source_key}


def of_step(work: Work, delivery: Delivery, step: Step, target_key: str) -> Found:
    """The link that a finished step makes."""
    source_key = key_of(delivery.source_key, step.part)
    return Found(work.flow.name, source_key, target_key, step.generation, delivery.id)


def of_bond(bond: Bond, delivery: Delivery) -> Found:
    """The link of another flow that a plan came to know."""
    return Found(bond.flow, bond.source_key, bond.target_key, 1, delivery.id, dict(bond.lines), bond.observed)


def link_all(work: Work, found: Sequence[Found], origin: str, now: datetime) -> None:
    """Makes or moves links, and wakes what waits for them. A link that pointed elsewhere remembers it."""
    if not found:
        return
    found = list({(one.flow, one.source_key): one for one in found}.values())
    flows = {one.flow for one in found}
    known = {
        (link.flow, link.source_key): link
        for link in Link.objects.filter(flow__in=flows, source_key__in={one.source_key for one in found})
    }
    links = [_pointed(known.get((one.flow, one.source_key)), one, origin, now) for one in found]
    fields = [f.name for f in Link._meta.fields if f.name not in ("id", "flow", "source_key")]
    insert_all(links, unique=["flow", "source_key"], update=fields)
    wake_for(work, links, now)


def _pointed(link: Link | None, found: Found, origin: str, now: datetime) -> Link:
    if link is None:
        link = Link(flow=found.flow, source_key=found.source_key, origin=origin, linked_at=now, lines=found.lines)
    elif link.target_key != found.target_key:
        link.previous = [*link.previous, {"target_key": link.target_key, "until": now.isoformat()}]
        link.origin, link.linked_at, link.verified_at = origin, now, None
        link.observed, link.lines = {}, found.lines
    if found.observed is not None:
        link.observed, link.digest, link.verified_at = dict(found.observed), digest(found.observed), now
    link.target_key, link.delivery_id = found.target_key, found.delivery_id
    link.generation = max(link.generation, found.generation)  # never back: the marks of earlier ones were given away
    return link


def wake_for(work: Work, links: Sequence[Link], now: datetime) -> None:
    """Wakes what waits for these links. One that was let go leads nowhere and wakes nobody."""
    links = [link for link in links if link.target_key]
    keys = [link_key(link.flow, link.source_key) for link in links]
    keys += [linked_to_key(link.flow, link.target_key) for link in links]
    wake(keys, schedule=work.schedule, now=now)


@dataclass(frozen=True, slots=True)
class Side:
    """Where a step is written: its writer, the client, and how its rows are observed."""

    writer: Any
    client: Any
    observe: Any


def side_of(work: Work, name: str) -> Side:
    """The target, or the system that the record came from."""
    if name == "source":
        return Side(work.flow.source_writer, work.source, work.flow.observe_source)
    return Side(work.flow.writer, work.target, work.flow.observe)


def rows_of(work: Work, steps: Sequence[Step]) -> dict[tuple[str, str], Any]:
    """The rows that these steps wrote or change, by (side, target key), fifty to a call."""
    rows: dict[tuple[str, str], Any] = {}
    for name in sorted({step.side for step in steps}):
        side = side_of(work, name)
        keys = sorted({step.target_key for step in steps if step.side == name})
        with asking(name):
            rows.update({(name, key): row for key, row in side.writer.fetch(side.client, keys).items()})
    return rows
