"""Codes of value maps held against the system that they come from, and values that `reference_data` does not keep.

What leads from ServiceTitan to SAP has codes that can be asked for there: a code that does not exist is never used, so
it is told and no fault. A supplier that stands for a vendor has to exist. Rules, and codes of which SAP has no list
that can be asked (plants, materials), are not looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from integrations import catalogue, connections
from integrations.engine import Given
from integrations.errors import IntegrationError
from integrations.flow import Row
from integrations.mapping_rules import is_rule
from integrations.models import Connection, Sync

MOST_ASKED = 200
"""So many codes of one change are asked for, fifty in a call."""

CODES: Mapping[str, tuple[str, str]] = {
    "supplier": ("servicetitan", "vendor"),
    "location": ("servicetitan", "inventory-location"),
    "sku": ("servicetitan", "sku"),
    "sku-unit": ("servicetitan", "sku"),
    "business-unit": ("servicetitan", "business-unit"),
}
"""By map: the system that its codes come from, and what they are there."""

VALUES: Mapping[str, tuple[str, str, tuple[str, ...]]] = {"supplier": ("sap", "supplier", ("create",))}
"""By map: where its values have to exist, what they are there, and values that are words of ours."""


@dataclass(slots=True)
class Found:
    """Values that do not exist, each with a sentence; codes that do not; and what could not be asked, with why."""

    wrong: dict[Given, str] = field(default_factory=dict)
    strange: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)


def check(value_map: str, values: Collection[Given]) -> Found:
    """Asks the live systems, gently. Nothing is told where no sync asks the map, or nothing can be asked."""
    found = Found()
    if value_map in VALUES:
        system, kind, words = VALUES[value_map]
        asked = {given.value for given in values} - set(words)
        rows = _ask(value_map, system, kind, asked, found)
        for given in values:
            if rows is not None and given.value in asked and given.value not in rows:
                title = connections.system_of(system).TITLE
                found.wrong[given] = f"{value_map} {given.key} is mapped to {given.value}: {title} has no {kind} of it."
    if value_map in CODES:
        system, kind = CODES[value_map]
        codes = {given.key for given in values if not is_rule(given.key)}
        rows = _ask(value_map, system, kind, codes, found)
        title = connections.system_of(system).TITLE
        if rows is not None:
            found.strange += [f"{title} has no {kind} {code}." for code in sorted(codes) if code not in rows]
    return found


def _ask(value_map: str, system: str, kind: str, keys: Collection[str], found: Found) -> Mapping[str, Row] | None:
    """The rows that there are; None where nobody can be asked, or there is too much to ask."""
    account = _account(value_map, system)
    if account is None or not keys or len(keys) > MOST_ASKED:
        return None
    try:
        client = connections.open_client(account, read_only=True)
        try:
            rows: Mapping[str, Row] = connections.system_of(system).lookup(client, kind, sorted(keys))
            return rows
        finally:
            client.session.close()
    except IntegrationError as error:
        found.unchecked.append(f"{value_map}: {error.message}")
        return None


def _account(value_map: str, system: str) -> Connection | None:
    flows = [flow.name for flow in catalogue.flows().values() if value_map in flow.maps]
    for sync in Sync.objects.select_related("source", "target").filter(flow__in=flows).order_by("flow"):
        for account in (sync.source, sync.target):
            if account.system == system:
                return account
    return None
