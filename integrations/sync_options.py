"""Which options a sync takes, and whether given ones are of the right kind: its flow says so itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from integrations import catalogue
from integrations.flow import Choices
from integrations.models import Sync

SYNC_OPTIONS: Mapping[str, Any] = {"batch": 50}
"""Options of every sync besides its flow's own: how many deliveries one task takes at once."""
LARGEST_BATCH = 500

_KINDS = {bool: "true or false", int: "a whole number", float: "a number"}
_KINDS |= {tuple: "a list of whole numbers", dict: "a table"}


def declared(flow: str) -> dict[str, Any]:
    """The options of a flow's sync with their defaults."""
    return {**SYNC_OPTIONS, **catalogue.flows()[flow].options}


def choices(flow: str, name: str) -> tuple[str, ...]:
    """The values that an option may have; empty where there is no such list."""
    return tuple(catalogue.flows()[flow].choices.get(name, ()))


def kind(default: Any) -> str:
    """What an option with this default is, in words."""
    return _KINDS.get(type(default), "a text")


def faults(flow: str, options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each (option, sentence) that is wrong."""
    known = declared(flow)
    for name, value in options.items():
        if name not in known:
            yield name, f"The flow {flow} has no option {name[:60]}."
        elif not is_like(value, known[name]):
            yield name, f"This has to be {kind(known[name])}."
        elif choices(flow, name) and value not in choices(flow, name):
            yield name, f"This is one of {', '.join(choices(flow, name))}."
        elif name in catalogue.flows()[flow].tables:
            yield from _in_table(name, value, catalogue.flows()[flow].tables[name])
        elif name == "batch" and not 1 <= value <= LARGEST_BATCH:
            yield name, f"This is from 1 to {LARGEST_BATCH}."


def _in_table(name: str, table: Mapping[str, Any], entries: Choices) -> Iterator[tuple[str, str]]:
    for entry, value in table.items():
        if entry not in entries:
            yield name, f"This has no entry {entry[:60]}; there are {', '.join(entries)}."
        elif value not in entries[entry]:
            yield name, f"{entry} is one of {', '.join(entries[entry])}."


def disagreements(flow: str, options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each (option, sentence) that another flow which is switched on has otherwise, and must not."""
    given = {sync.flow: sync.options for sync in Sync.objects.filter(enabled=True)} | {flow: options}
    for name, one in catalogue.flows().items():
        for option, other in one.agrees_on.items():
            if flow in (name, other) and {name, other} <= set(given):
                ours, theirs = ({**one.options[option], **given[side].get(option, {})} for side in (name, other))
                if not given[other].get(option) or ours != theirs:
                    yield option, f"{name} and {other} have to have the same {option} once both are switched on."


def is_like(value: Any, default: Any) -> bool:
    """Whether a value is of the default's kind. Lists are of ids: other ones are refused there, record by record."""
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, tuple):
        return isinstance(value, list) and all(type(one) is int for one in value)
    if isinstance(default, float):
        return isinstance(value, int | float)
    return isinstance(value, type(default)) if default is not None else True
