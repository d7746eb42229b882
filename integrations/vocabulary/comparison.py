"""What we would write against what is there: the members that differ, and the edits people made there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.errors import NeedsPerson
from integrations.flow import Linked

Members = Mapping[str, Any]

EDIT_RULES = ("overwrite", "ask")
"""What a customer may choose for what people edited in the target."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not as we would write it. `path` leads to it, e.g. ("items", "10", "cost")."""

    path: tuple[str, ...]
    ours: Any
    theirs: Any

    def __str__(self) -> str:
        return f"{' '.join(self.path)} {_shown(self.theirs)} instead of {_shown(self.ours)}"


def differences(ours: Members, theirs: Members) -> list[Difference]:
    """Every value of `ours` that is another one in `theirs`; whole entries that only one side has count once.

    Members that only `theirs` has are not ours and do not count, below the first level they do.
    """
    return [found for name in ours for found in _compare((name,), ours[name], theirs.get(name))]


def changed_members(found: list[Difference], ours: Members) -> dict[str, Any]:
    """The first-level members of `ours` in which a difference was found."""
    names = {difference.path[0] for difference in found}
    return {name: value for name, value in ours.items() if name in names}


def note_edits(found: list[Difference], linked: Linked | None, rule: str) -> tuple[str, ...]:
    """One sentence per value that somebody changed in the target since our last write, soon to be overwritten.

    Raises NeedsPerson instead if the customer's rule is "ask".
    """
    before = linked.observed if linked else {}
    edits = [d for d in found if _known(before, d.path) and _at(before, d.path) != d.theirs]
    if edits and rule == "ask":
        words = "; ".join(str(edit) for edit in edits)
        raise NeedsPerson(f"Changed in the target since the last transfer: {words}.", code="edited-in-target")
    return tuple(f"Overwritten: {edit}, as it was edited in the target." for edit in edits)


def _compare(path: tuple[str, ...], ours: Any, theirs: Any) -> Iterator[Difference]:
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        for name in [*ours, *(name for name in theirs if name not in ours)]:
            yield from _compare((*path, name), ours.get(name), theirs.get(name))
    elif ours != theirs:
        yield Difference(path, ours, theirs)


def _known(members: Members, path: tuple[str, ...]) -> bool:
    return bool(members) and path[0] in members


def _at(members: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        members = members.get(name) if isinstance(members, Mapping) else None
    return members


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, Mapping):
        return " ".join(str(part) for part in value.values())
    return f'"{value}"' if isinstance(value, str) and not value.isdigit() else str(value)
