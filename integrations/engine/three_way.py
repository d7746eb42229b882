"""One record in three ways: what its source says now, what was read back after the last write, what the target has now.

Both systems are read live; nothing is written, and the ledger is only read.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from integrations.engine.previewing import Preview, Proposed, preview
from integrations.engine.work import Work, asking, stored
from integrations.models import Delivery, Link


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the target record. `wanted`: as the source says it should be; where nothing would be written, as it
    is. Values that a side does not have are None."""

    name: str
    wanted: Any
    written: Any
    there: Any

    @property
    def differs(self) -> bool:
        """Whether the three are not the same."""
        return not self.wanted == self.written == self.there


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A target record that the record is linked to; `is_there`: the target shows it."""

    source_key: str
    target_key: str
    is_there: bool
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class ThreeWay:
    """`at_source`: the source shows the record. `changed`: members of its row that are not as this version has them,
    with both values. `would`: what would become of it if it were delivered now."""

    at_source: bool
    changed: tuple[tuple[str, Any, Any], ...]
    counterparts: tuple[Counterpart, ...]
    creates: tuple[Proposed, ...]
    would: Preview


def three_way(work: Work, delivery: Delivery) -> ThreeWay:
    """Reads the record on both sides. Raises the errors of both systems."""
    with asking("source"):
        found = work.flow.reader.fetch(work.source, [delivery.source_key]).get(delivery.source_key)
    now = copy(delivery)
    if found is not None:
        now.payload = stored(found.row)
    (would,) = preview(work, [now])
    return ThreeWay(
        at_source=found is not None,
        changed=tuple(_changed(delivery.payload, now.payload)),
        counterparts=_counterparts(work, delivery, would),
        creates=tuple(write for write in would.writes if not write.key),
        would=would,
    )


def _counterparts(work: Work, delivery: Delivery, would: Preview) -> tuple[Counterpart, ...]:
    own = Q(source_key=delivery.source_key) | Q(source_key__startswith=f"{delivery.source_key}#")
    links = list(Link.objects.filter(own, flow=work.flow.name).exclude(target_key="").order_by("source_key"))
    if not links:
        return ()
    with asking("target"):
        rows = work.flow.writer.fetch(work.target, [link.target_key for link in links])
    return tuple(_counterpart(work, link, rows.get(link.target_key), would) for link in links)


def _counterpart(work: Work, link: Link, row: Mapping[str, Any] | None, would: Preview) -> Counterpart:
    there = stored(work.flow.observe(row)) if row is not None else {}
    after = {
        change.member: change.after
        for write in would.writes
        if write.key == link.target_key and write.side == "target"
        for change in write.changes
    }
    wanted = {**there, **stored(after)}
    names = sorted({*link.observed, *wanted})
    members = tuple(Member(name, wanted.get(name), link.observed.get(name), there.get(name)) for name in names)
    return Counterpart(link.source_key, link.target_key, row is not None, members)


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    names = sorted({*before, *after})
    return [(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)]
