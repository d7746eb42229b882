"""The options of a sync: known, of the right kind, one of what they may be, and alike where two flows share them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations import catalogue
from integrations.apply.document import Node, Problems
from integrations.apply.wanted import Wanted
from integrations.flow import Choices, Flow
from integrations.models import Sync
from integrations.sync_options import SYNC_OPTIONS, is_like, kind
from tenants.models import Customer
from tenants.schema import within

Options = Mapping[str, Any]


def sync_options(node: Node, flow: Flow | None) -> dict[str, Any]:
    """The options as the file gives them; each one that the flow does not take is noted."""
    declared = {**SYNC_OPTIONS, **(flow.options if flow else {})}
    choices, tables = (flow.choices, flow.tables) if flow else ({}, {})
    node.members(sorted(declared))
    found = {}
    for name, child in node.items().items():
        default = declared.get(name)
        found[name] = value = child.value if isinstance(default, Mapping) else option(child)
        if name in declared and not is_like(value, default):
            child.wrong(f"This has to be {kind(default)}.")
        elif name in choices and value not in choices[name]:
            child.wrong(f"This is one of {', '.join(choices[name])}.")
        elif name in tables:
            _check_table(child, tables[name])
    return found


def option(node: Node) -> Any:
    """The value of an option; `{env: NAME}` and `{file: path}` are followed."""
    return node.resolved() or "" if isinstance(node.value, dict) else node.value


def check_agreement(wanted: Wanted, problems: Problems) -> None:
    """Adds a problem for each option that two flows share and do not have alike, as it will be once all is applied."""
    given = {
        **_stored(wanted.customer.schema_name),
        **{sync.flow: sync.options for sync in wanted.syncs if sync.enabled},
    }
    for sync in wanted.syncs:
        if not sync.enabled:
            given.pop(sync.flow, None)
    named = {sync.flow for sync in wanted.syncs}
    for name, flow in catalogue.flows().items():
        for shared, other in flow.agrees_on.items():
            if name in given and other in given and named & {name, other}:
                _compare(flow, other, shared, given, named, problems)


def _compare(
    flow: Flow, other: str, shared: str, given: Mapping[str, Options], named: set[str], problems: Problems
) -> None:
    """The option of both flows, with the entries that they leave out filled in by the flow that states it."""
    theirs, ours = given[other].get(shared), {**flow.options[shared], **given[flow.name].get(shared, {})}
    place = f"syncs.{flow.name if flow.name in named else other}.options.{shared}"
    if not theirs:
        place = f"syncs.{other}.options.{shared}"
        problems.add(place, f"{other} has to have the option {shared} as well, as {flow.name} is switched on.")
        return
    theirs = {**flow.options[shared], **theirs}
    if apart := [f"{entry} is {theirs[entry]} and {ours[entry]}" for entry in ours if theirs[entry] != ours[entry]]:
        problems.add(place, f"{other} and {flow.name} have to name the same {shared}: {', '.join(apart)}.")


def _stored(schema_name: str) -> dict[str, Options]:
    customer = Customer.objects.filter(schema_name=schema_name).first()
    if customer is None:
        return {}
    with within(customer):
        return {sync.flow: sync.options for sync in Sync.objects.filter(enabled=True)}


def _check_table(node: Node, entries: Choices) -> None:
    node.members(entries)
    for name, child in node.items().items():
        if name in entries and child.value not in entries[name]:
            child.wrong(f"This is one of {', '.join(entries[name])}.")
