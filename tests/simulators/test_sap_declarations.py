"""The SAP simulator's services against SAP's own descriptions of them (the folder SPEC_DIR; skipped without it)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from simulators.sap.catalog import SERVICES
from simulators.sap.declare import EntitySet, Service
from simulators.sap.metadata import render_metadata

SPEC_DIR = os.environ.get("SPEC_DIR", "")
EDMX = {
    "API_BUSINESS_PARTNER": "API_BUSINESS_PARTNER.edmx",
    "API_PURCHASEORDER_PROCESS_SRV": "API_PURCHASEORDER_PROCESS_SRV.edmx",
    "API_PURCHASEORDER_2": "API_PURCHASEORDER_2.edmx",
    "API_COMPANYCODE_SRV": "API_COMPANYCODE_SRV.edmx",
    "API_COSTCENTER_SRV": "API_COSTCENTER_SRV.edmx",
    "API_COST_CENTER": "API_COST_CENTER.edmx",
    "API_PURCHASINGGROUP": "CE_PURCHASINGGROUP_0001.edmx",
    "API_PURCHASINGORGANIZATION": "CE_PURCHASINGORGANIZATION_0001.edmx",
    "API_PURCHASEREQ_PROCESS_SRV": "API_PURCHASEREQ_PROCESS_SRV.edmx",
    "API_PURCHASEREQUISITION_2": "API_PURCHASEREQUISITION_2.edmx",
    "API_SUPPLIERINVOICE_PROCESS_SRV": "API_SUPPLIERINVOICE_PROCESS_SRV.edmx",
}
OPENAPI = {
    "API_BUSINESS_PARTNER": "OP_API_BUSINESS_PARTNER_SRV.openapi.json",
    "API_PURCHASEORDER_PROCESS_SRV": "OP_API_PURCHASEORDER_PROCESS_SRV_0001.openapi.json",
    "API_PURCHASEREQ_PROCESS_SRV": "OP_API_PURCHASEREQ_PROCESS_SRV_0001.openapi.json",
    "API_SUPPLIERINVOICE_PROCESS_SRV": "OP_API_SUPPLIERINVOICE_PROCESS_SRV.openapi.json",
}
_SHOWN = {
    *("Name", "Type", "Nullable", "MaxLength", "Precision", "Scale"),
    *("creatable", "updatable", "deletable", "filterable", "sortable", "display-format"),
}
_TERMS = {"Computed", "ComputedDefaultValue", "Immutable", "IsUpperCase", "IsDigitSequence", "FieldControl"}
_RESTRICTED = {"Insertable", "Updatable", "Deletable", "Readable", "NonFilterableProperties", "NonSortableProperties"}

services = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES.keys())


def _folder() -> Path:
    if not SPEC_DIR:
        pytest.skip("SPEC_DIR is not set: the descriptions of SAP's services are not here")
    return Path(SPEC_DIR) / "sap"


def _local(element: Any) -> str:
    return str(etree.QName(element).localname)


class Document:
    """What a metadata document says, reduced to what the simulator declares."""

    def __init__(self, text: bytes) -> None:
        self.root = etree.fromstring(text)
        every = [element for element in self.root.iter() if isinstance(element.tag, str)]
        self.types = {e.get("Name"): e for e in every if _local(e) == "EntityType"}
        self.sets = {e.get("Name"): e for e in every if _local(e) == "EntitySet"}
        self.associations = {e.get("Name"): e for e in every if _local(e) == "Association"}
        self.annotations: dict[str, list[Any]] = {}
        for element in every:
            if _local(element) == "Annotations":
                self.annotations.setdefault(element.get("Target"), []).extend(element)

    def properties(self, type_name: str) -> dict[str, dict[str, str]]:
        found = {}
        for element in self.types[type_name]:
            if _local(element) == "Property":
                plain = {name.rpartition("}")[2]: value for name, value in element.attrib.items()}
                found[plain["Name"]] = {name: value for name, value in plain.items() if name in _SHOWN}
        return found

    def keys(self, type_name: str) -> list[str]:
        return [each.get("Name") for each in self.types[type_name].iter() if _local(each) == "PropertyRef"]

    def navigations(self, type_name: str) -> dict[str, tuple[str, str]]:
        elements = [each for each in self.types[type_name] if _local(each) == "NavigationProperty"]
        return {each.get("Name"): self._target(each) for each in elements}

    def _target(self, nav: Any) -> tuple[str, str]:
        if nav.get("Type") is not None:
            return nav.get("Type"), nav.get("Nullable", "")
        association = self.associations[nav.get("Relationship").rpartition(".")[2]]
        end = next(each for each in association if each.get("Role") == nav.get("ToRole"))
        return end.get("Type"), end.get("Multiplicity")

    def parameters(self, action: str) -> list[dict[str, str]]:
        found = next(each for each in self.root.iter("{*}Action") if each.get("Name") == action)
        return [dict(each.attrib) for each in found if _local(each) == "Parameter"]

    def complex(self, name: str) -> list[dict[str, str]]:
        found = next(each for each in self.root.iter("{*}ComplexType") if each.get("Name") == name)
        return [dict(each.attrib) for each in found]

    def flags(self, set_name: str) -> dict[str, str]:
        plain = {name.rpartition("}")[2]: value for name, value in self.sets[set_name].attrib.items()}
        return {name: plain[name] for name in ("creatable", "updatable", "deletable") if name in plain}

    def terms(self, target: str) -> set[str]:
        terms = {each.get("Term").rpartition(".")[2] for each in self.annotations.get(f"SAP__self.{target}", ())}
        return terms & _TERMS

    def restrictions(self, set_name: str) -> dict[str, object]:
        found: dict[str, object] = {}
        for annotation in self.annotations.get(f"SAP__self.Container/{set_name}", ()):
            if annotation.get("Term").endswith("OptimisticConcurrency"):
                found["OptimisticConcurrency"] = True
            for value in annotation.findall("./{*}Record/{*}PropertyValue"):
                name = value.get("Property")
                if name in _RESTRICTED and value.get("Bool") == "false":
                    found[name] = False
                elif name in _RESTRICTED and value.get("Bool") is None:
                    found[name] = sorted(path.text for path in value.iter() if _local(path) == "PropertyPath")
        return found


def _documents(service: Service) -> tuple[Document, Document]:
    real = (_folder() / EDMX[service.name]).read_bytes()
    return Document(render_metadata(service)), Document(real)


def _sets(service: Service) -> list[EntitySet]:
    return list(service.sets.values())


@services
def test_fields_types_lengths_and_flags_are_those_of_the_real_service(service: Service) -> None:
    ours, real = _documents(service)
    for entity in _sets(service):
        theirs = real.properties(entity.type_name)
        for name, facets in ours.properties(entity.type_name).items():
            assert facets == theirs.get(name), f"{entity.name}/{name}"


@services
def test_keys_are_those_of_the_real_service_in_its_order(service: Service) -> None:
    ours, real = _documents(service)
    for entity in _sets(service):
        assert ours.keys(entity.type_name) == real.keys(entity.type_name)


@services
def test_navigations_lead_where_they_lead_in_the_real_service(service: Service) -> None:
    ours, real = _documents(service)
    for entity in _sets(service):
        theirs = real.navigations(entity.type_name)
        for name, target in ours.navigations(entity.type_name).items():
            assert target == theirs.get(name), f"{entity.name}/{name}"


@services
def test_what_a_set_allows_is_what_the_real_one_allows(service: Service) -> None:
    ours, real = _documents(service)
    for entity in _sets(service):
        assert real.sets[entity.name].get("EntityType").endswith(f".{entity.type_name}")
        assert ours.flags(entity.name) == real.flags(entity.name)
        assert ours.restrictions(entity.name) == real.restrictions(entity.name), entity.name


@services
def test_annotations_of_fields_are_those_of_the_real_service(service: Service) -> None:
    ours, real = _documents(service)
    for entity in _sets(service):
        for name in entity.fields:
            target = f"{entity.type_name}/{name}"
            assert ours.terms(target) == real.terms(target), target


@services
def test_actions_take_what_the_real_ones_take(service: Service) -> None:
    ours, real = _documents(service)
    for name, action in service.actions.items():
        assert ours.parameters(name) == real.parameters(name)
        for target in ours.annotations:
            if target.startswith(f"SAP__self.{name}("):
                assert ours.terms(target[10:]) == real.terms(target[10:]), target
        assert not action.rows or ours.complex(action.rows_type) == real.complex(action.rows_type)


@pytest.mark.parametrize("name", OPENAPI)
def test_fields_marked_new_are_those_that_the_2021_release_lacks(name: str) -> None:
    if name not in SERVICES:
        pytest.skip(f"{name} is not served")
    schemas = json.loads((_folder() / OPENAPI[name]).read_text())["components"]["schemas"]
    for entity in _sets(SERVICES[name]):
        older = schemas.get(f"{name}.{entity.type_name}")
        if older is not None:
            new = {field.name for field in entity.fields.values() if {"new", "newest"} & set(field.words)}
            assert new == set(entity.fields) - set(older["properties"]), entity.name


@services
def test_the_rendered_metadata_is_whole(service: Service) -> None:
    document = Document(render_metadata(service))
    assert set(document.sets) == set(service.sets)
    assert all(document.properties(entity.type_name) for entity in _sets(service))
