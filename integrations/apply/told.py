"""What was changed: a line for whoever applied the file, and an event for the audit. Never a secret in either."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations import audit
from integrations.models import Connection

TOGETHER = 200
"""Rows of a value map in one event."""


@dataclass(frozen=True, slots=True)
class Change:
    """`what` says it in words. `id` is the thing's public id, `verb` and `detail` are those of the audit's event."""

    where: str
    what: str
    id: str = field(default="", compare=False)
    verb: str = field(default="changed", compare=False)
    detail: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def creation(where: str, public_id: str, **detail: Any) -> Change:
    """Of a thing that was not there before."""
    return Change(where, "created", public_id, "created", detail)


def set_members(row: Any, where: str, members: Mapping[str, Any], public_id: str = "") -> Iterator[Change]:
    """Sets what differs; says from what to what where it is short."""
    for name, value in members.items():
        before = getattr(row, name)
        if before == value:
            continue
        setattr(row, name, value)
        short = isinstance(value, str | bool) and name != "ca_bundle"
        words = f" from {before or 'nothing'} to {value or 'nothing'}" if short else ""
        told = "changed" if name == "ca_bundle" else [_plain(before), _plain(value)]
        yield Change(where, f"{name} changed{words}", public_id, "changed", {name: told})


def map_rows(name: str, word: str, rows: Mapping[str, tuple[str | None, str]]) -> Iterator[Change]:
    """Rows of a value map, by key: value before (None: there was none) and after."""
    keys = list(rows)
    if keys:
        yield Change(f"map {name}", f"{len(keys)} {word}", verb="saved", detail={"rows": dict(rows)})


def record(changes: Iterable[Change], actor: audit.Actor) -> None:
    """Appends an event per change; many rows of a map are told in several. In the customer's schema."""
    names = {"map": "value-map", "person": "member"}
    for change in changes:
        noun, _, subject = change.where.partition(" ")
        for detail in _in_parts(change.detail):
            audit.record(
                actor=actor,
                action=f"{names.get(noun, noun)}.{change.verb}",
                subject=subject,
                subject_id=change.id,
                detail=detail,
            )


def _in_parts(detail: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    rows = list(detail.get("rows", {}).items())
    if len(rows) <= TOGETHER:
        yield detail
        return
    for start in range(0, len(rows), TOGETHER):
        yield {**detail, "rows": dict(rows[start : start + TOGETHER])}


def _plain(value: Any) -> Any:
    return value.name if isinstance(value, Connection) else value
