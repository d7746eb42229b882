"""What a tenant's `$metadata` offers: entity types with their properties, navigations and filterable flags.

Releases differ: older ones lack fields and whole services, newer ones and tenants with own fields have more. Read with
expat and without document types, because the document comes from an address that a customer entered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from integrations.errors import Transient
from integrations.systems.sap.entity import Entity


@dataclass(slots=True)
class EntityType:
    """One entity type: property name to EDM type, navigation names, and what may not be filtered by, etc."""

    properties: dict[str, str] = field(default_factory=dict)
    navigations: set[str] = field(default_factory=set)
    unfilterable: set[str] = field(default_factory=set)
    unsortable: set[str] = field(default_factory=set)
    uncreatable: set[str] = field(default_factory=set)


def entity_types(document: bytes) -> dict[str, EntityType]:
    """The entity types of an EDMX document of either version. Raises Transient for anything else."""
    reader = _Reader()
    try:
        reader.parser.Parse(document, True)
    except (expat.ExpatError, ValueError):
        raise Transient("SAP's service description is not readable.", code="malformed-answer") from None
    if not reader.types:
        raise Transient("SAP's service description holds no entity types.", code="malformed-answer")
    return reader.types


def missing(entity: Entity, types: dict[str, EntityType]) -> set[str]:
    """The declared fields and navigations that a tenant lacks, as "EntityType.Name"; a whole type as "EntityType"."""
    known = types.get(entity.type)
    if known is None:
        return {entity.type}
    found = {f"{entity.type}.{one.source}" for one in entity.fields if one.source not in known.properties}
    for child in entity.children:
        if child.navigation in known.navigations:
            found |= missing(child.entity, types)
        else:
            found.add(f"{entity.type}.{child.navigation}")
    return found


class _Reader:
    def __init__(self) -> None:
        self.types: dict[str, EntityType] = {}
        self._open: EntityType | None = None
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = attributes.get("Name", "")
        kind = tag.rpartition(":")[2]
        if kind == "EntityType":
            self._open = self.types.setdefault(name, EntityType())
        elif self._open is not None and kind == "Property":
            self._property(self._open, name, attributes)
        elif self._open is not None and kind == "NavigationProperty":
            self._open.navigations.add(name)

    def _property(self, known: EntityType, name: str, attributes: dict[str, str]) -> None:
        known.properties[name] = attributes.get("Type", "")
        flags = {"filterable": known.unfilterable, "sortable": known.unsortable, "creatable": known.uncreatable}
        for flag, names in flags.items():
            if attributes.get(f"sap:{flag}") == "false":
                names.add(name)

    def _end(self, tag: str) -> None:
        if tag.rpartition(":")[2] == "EntityType":
            self._open = None

    def _refuse(self, *_: Any) -> None:
        raise ValueError("document types are refused")
