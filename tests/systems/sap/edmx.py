"""What SAP's own metadata documents (EDMX, OData V2 and V4) allow to be read, filtered, sorted and written."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

FILES = {
    "API_PURCHASINGGROUP": "CE_PURCHASINGGROUP_0001",
    "API_PURCHASINGORGANIZATION": "CE_PURCHASINGORGANIZATION_0001",
}


@dataclass(slots=True)
class Kind:
    """An entity type: its properties with their flags (V2) and terms (V4), its navigations with their types."""

    properties: dict[str, dict[str, str]] = field(default_factory=dict)
    navigations: dict[str, str] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Limits:
    """What may not be done with an entity set. `expressions`: the only comparisons that some fields take."""

    type: str = ""
    refused: set[str] = field(default_factory=set)
    unfilterable: set[str] = field(default_factory=set)
    unsortable: set[str] = field(default_factory=set)
    unchangeable: set[str] = field(default_factory=set)
    expressions: dict[str, str] = field(default_factory=dict)
    not_inserted_with: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Described:
    """One document."""

    kinds: dict[str, Kind] = field(default_factory=lambda: defaultdict(Kind))
    sets: dict[str, Limits] = field(default_factory=lambda: defaultdict(Limits))
    actions: dict[str, dict[str, str]] = field(default_factory=dict)

    def set_of(self, type_name: str) -> str:
        """The entity set of a type: each has one."""
        (found,) = [name for name, limits in self.sets.items() if limits.type == type_name]
        return found


def described(document: str) -> Described:
    """The document of a service. Skips the test where SPEC_DIR names no folder with SAP's documents."""
    folder = os.environ.get("SPEC_DIR", "")
    if not folder:
        pytest.skip("SPEC_DIR is not set: SAP's documents are not part of this project")
    places = [place for place in (Path(folder), Path(folder) / "sap") if (place / "API_BUSINESS_PARTNER.edmx").exists()]
    return _read(places[0] / f"{FILES.get(document, document)}.edmx")


@cache
def _read(path: Path) -> Described:
    root = etree.parse(path).getroot()
    found = Described()
    ends = _association_ends(root)
    for kind in _all(root, "EntityType"):
        _kind(found.kinds[kind.get("Name")], kind, ends)
    for entity_set in _all(root, "EntitySet"):
        _set_of_v2(found, entity_set)
    for block in _all(root, "Annotations"):
        for annotation in block:
            _annotation(found, block.get("Target", ""), annotation)
    for action in _all(root, "Action"):
        parameters = [each for each in action if _local(each) == "Parameter"]
        found.actions[action.get("Name")] = {each.get("Name"): each.get("Type") for each in parameters}
    return found


def _kind(known: Kind, element: Any, ends: dict[str, str]) -> None:
    for child in element.iter():
        if _local(child) == "PropertyRef":
            known.keys.add(child.get("Name"))
        elif _local(child) == "Property":
            known.properties[child.get("Name")] = {name.rpartition("}")[2]: value for name, value in child.items()}
        elif _local(child) == "NavigationProperty":
            written = child.get("Type") or ends[f"{child.get('Relationship')} {child.get('ToRole')}"]
            known.navigations[child.get("Name")] = written.removeprefix("Collection(").rstrip(")").rpartition(".")[2]


def _set_of_v2(found: Described, element: Any) -> None:
    limits = found.sets[element.get("Name")]
    limits.type = element.get("EntityType").rpartition(".")[2]
    flags = {name.rpartition("}")[2]: value for name, value in element.items()}
    limits.refused |= {word for word in ("creatable", "updatable", "addressable") if flags.get(word) == "false"}
    for name, property_flags in found.kinds[limits.type].properties.items():
        for word, names in (
            ("filterable", limits.unfilterable),
            ("sortable", limits.unsortable),
            ("updatable", limits.unchangeable),
        ):
            if property_flags.get(word) == "false":
                names.add(name)


def _annotation(found: Described, target: str, annotation: Any) -> None:
    """The terms of OData's capabilities and core vocabularies that forbid something."""
    place, _, last = target.rpartition("/")
    term, owner = annotation.get("Term", "").rpartition(".")[2], place.rpartition(".")[2]
    if term in ("Computed", "Immutable") and owner in found.kinds and annotation.get("Bool") != "false":
        found.kinds[owner].properties.get(last, {})[term] = "true"
    if owner != "Container" or last not in found.sets:
        return
    limits = found.sets[last]
    refusals = {"Insertable": "creatable", "Updatable": "updatable", "Readable": "addressable"}
    for value in _members(annotation):
        name = value.get("Property")
        if value.get("Bool") == "false" and name in refusals:
            limits.refused.add(refusals[name])
        _names(limits, name, value)
    if term == "NavigationRestrictions":
        _navigations(limits, annotation)


def _names(limits: Limits, name: str, value: Any) -> None:
    paths = {each.text for each in _all(value, "PropertyPath")}
    if name == "NonFilterableProperties":
        limits.unfilterable |= paths
    elif name == "NonSortableProperties":
        limits.unsortable |= paths
    elif name in ("NonUpdatableProperties", "NonUpdatableNavigationProperties"):
        limits.unchangeable |= paths
    elif name == "FilterExpressionRestrictions":
        for record in _all(value, "Record"):
            said = {each.get("Property"): each for each in record}
            limits.expressions[said["Property"].get("PropertyPath")] = said["AllowedExpressions"].get("String")


def _navigations(limits: Limits, annotation: Any) -> None:
    for record in _all(annotation, "Record"):
        said = {each.get("Property"): each for each in record if _local(each) == "PropertyValue"}
        inserts = _all(said["InsertRestrictions"], "PropertyValue") if "InsertRestrictions" in said else []
        if "NavigationProperty" in said and any(each.get("Bool") == "false" for each in inserts):
            limits.not_inserted_with.add(said["NavigationProperty"].get("NavigationPropertyPath"))


def _members(annotation: Any) -> list[Any]:
    """The members of an annotation's own record, not of records inside of it."""
    return [value for record in annotation if _local(record) == "Record" for value in record]


def _association_ends(root: Any) -> dict[str, str]:
    """The type at each end of an association of V2, by "namespace.association role"."""
    found = {}
    for schema in _all(root, "Schema"):
        for association in (each for each in schema if _local(each) == "Association"):
            name = f"{schema.get('Namespace')}.{association.get('Name')}"
            ends = [each for each in association if _local(each) == "End"]
            found.update({f"{name} {end.get('Role')}": end.get("Type") for end in ends})
    return found


def _all(element: Any, name: str) -> list[Any]:
    return [each for each in element.iter() if isinstance(each.tag, str) and _local(each) == name]


def _local(element: Any) -> str:
    return str(etree.QName(element).localname) if isinstance(element.tag, str) else ""
