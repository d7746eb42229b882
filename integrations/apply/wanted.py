"""What a customer's file asks for, checked: plain data without a problem left in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class WantedCustomer:
    """`host` "" means the default one; `name` and `time_zone` "", of a customer who is there, mean theirs."""

    schema_name: str
    name: str
    host: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class WantedPerson:
    """`password` is only used for a person who does not exist yet."""

    email: str
    name: str
    role: str
    password: str | None = field(repr=False, default=None)


@dataclass(frozen=True, slots=True)
class WantedConnection:
    """`credentials` None: those that are stored are kept."""

    name: str
    system: str
    environment: str
    base_url: str
    ca_bundle: str
    options: Mapping[str, Any]
    credentials: Mapping[str, str] | None = field(repr=False, default=None)


@dataclass(frozen=True, slots=True)
class WantedSync:
    """A flow between two connections, by their names."""

    flow: str
    source: str
    target: str
    schedule: Mapping[str, Any]
    enabled: bool
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WantedValue:
    """A row of a value map. `label` "": the one that is there is kept."""

    map: str
    key: str
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A whole file."""

    customer: WantedCustomer
    people: tuple[WantedPerson, ...] = ()
    connections: tuple[WantedConnection, ...] = ()
    syncs: tuple[WantedSync, ...] = ()
    values: tuple[WantedValue, ...] = ()
    retention: Mapping[str, int | None] = field(default_factory=dict)
    """Days by class of data; 0 is for ever, None as the installation does."""
