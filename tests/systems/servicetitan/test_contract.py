"""Everything the client sends stands in the vendor's OpenAPI documents. SPEC_DIR names the folder that holds them."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from integrations.systems.servicetitan import objects
from integrations.systems.servicetitan.formats import Body, Many, Part
from integrations.systems.servicetitan.resources import FEED, LICENSED, PAGING, RESOURCES, Resource
from integrations.systems.servicetitan.writing import Action, ObjectWriter

SPEC_DIR = os.environ.get("SPEC_DIR", "")
pytestmark = pytest.mark.skipif(not SPEC_DIR, reason="SPEC_DIR does not name the vendor's OpenAPI documents")

WRITERS: list[ObjectWriter] = [value for value in vars(objects).values() if isinstance(value, ObjectWriter)]
ACTIONS = [(writer, name, action) for writer in WRITERS for name, action in writer.actions.items()]
# How a declared kind looks in the documents: (type, formats).
KINDS: dict[str, tuple[str, set[str]]] = {
    "text": ("string", {"", "multiline", "html", "guid", "phone", "email"}),
    "int64": ("integer", {"int64"}),
    "decimal": ("number", {"decimal"}),
    "flag": ("boolean", {""}),
    "moment": ("string", {"date-time"}),
}


@cache
def document(module: str) -> dict[str, Any]:
    path = Path(SPEC_DIR) / "servicetitan" / f"tenant-{module}-v2.json"
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def operation(resource: Resource, path: str, method: str) -> dict[str, Any]:
    """The operation at a path below the tenant; the name of the path parameter does not matter."""
    wanted = f"/tenant/{{}}/{path.replace('{key}', '{}')}"
    for written, methods in document(resource.module)["paths"].items():
        if "{}".join(part.split("}")[-1] for part in written.split("{")) == wanted and method.lower() in methods:
            found: dict[str, Any] = methods[method.lower()]
            return found
    raise AssertionError(f"{method} {path} is not in the document of {resource.module}")


def parameters(resource: Resource, path: str) -> dict[str, dict[str, Any]]:
    listed = operation(resource, path, "get").get("parameters", [])
    return {entry["name"]: entry["schema"] for entry in listed if entry["in"] == "query"}


def schema(module: str, part: dict[str, Any]) -> dict[str, Any]:
    """A schema with its reference followed ($ref directly, or as the only member of oneOf/allOf)."""
    for name in ("oneOf", "allOf"):
        if len(part.get(name, [])) == 1:
            return schema(module, part[name][0])
    if "$ref" not in part:
        return part
    found: dict[str, Any] = document(module)["components"]["schemas"][part["$ref"].split("/")[-1]]
    return {**found, "name": part["$ref"].split("/")[-1]}


def assert_fits(module: str, declared: Part, part: dict[str, Any], path: str) -> None:
    given = schema(module, part)
    if isinstance(declared, Many):
        assert given["type"] == "array", path
        assert_fits(module, declared.of, given["items"], f"{path}[]")
    elif isinstance(declared, Body):
        assert_body(module, declared, given, path)
    else:
        kind, formats = KINDS[declared]
        assert given["type"] == kind, path
        assert given.get("format", "") in formats or "enum" in given, path


def assert_body(module: str, declared: Body, given: dict[str, Any], path: str) -> None:
    assert re.sub(r"[A-Za-z]+\.V2\.", "", given["name"]) == declared.schema, path
    members = {**declared.required, **declared.optional}
    assert set(members) <= set(given["properties"]), path
    assert set(given.get("required", [])) == set(declared.required), path
    for name, part in members.items():
        assert_fits(module, part, given["properties"][name], f"{path}.{name}")
    for name in declared.nulls:
        assert schema(module, given["properties"][name]).get("nullable") is True, f"{path}.{name}"


@pytest.mark.parametrize("resource", [*RESOURCES, *LICENSED], ids=lambda resource: resource.path)
def test_a_list_knows_every_parameter_it_is_asked_with(resource: Resource) -> None:
    assert resource.parameters | PAGING <= set(parameters(resource, resource.path))


@pytest.mark.parametrize("resource", [*RESOURCES, *LICENSED], ids=lambda resource: resource.path)
def test_several_ids_are_given_in_the_documented_style(resource: Resource) -> None:
    known = parameters(resource, resource.path)
    style = {"array": "repeat", "string": "comma"}[known["ids"]["type"]] if "ids" in known else ""
    assert resource.ids == style
    assert ("ids" in resource.parameters) == bool(style)


@pytest.mark.parametrize("resource", [*RESOURCES, *LICENSED], ids=lambda resource: resource.path)
def test_inactive_rows_are_asked_for_wherever_a_list_hides_them(resource: Resource) -> None:
    assert resource.hides_inactive == ("active" in parameters(resource, resource.path))


@pytest.mark.parametrize("resource", [*RESOURCES, *LICENSED], ids=lambda resource: resource.path)
def test_a_read_by_id_exists_exactly_where_it_is_declared(resource: Resource) -> None:
    if resource.single is None:
        with pytest.raises(AssertionError):
            operation(resource, f"{resource.path}/{{key}}", "get")
    else:
        assert resource.single <= set(parameters(resource, f"{resource.path}/{{key}}"))


@pytest.mark.parametrize("resource", [r for r in RESOURCES if r.feed], ids=lambda resource: resource.path)
def test_an_export_feed_knows_its_parameters(resource: Resource) -> None:
    assert set(parameters(resource, resource.feed)) == FEED


@pytest.mark.parametrize("resource", [*RESOURCES, *LICENSED], ids=lambda resource: resource.path)
def test_the_normalised_members_are_members_of_the_answer(resource: Resource) -> None:
    module = resource.module
    content = operation(resource, resource.path, "get")["responses"]["200"]["content"]["application/json"]["schema"]
    row = schema(module, schema(module, content)["properties"]["data"]["items"])
    shape = resource.shape
    named = {*shape.texts, *shape.decimals, *shape.days, *shape.lists, *shape.nested}
    assert named <= set(row["properties"])
    for name, inner in shape.lists.items():
        if inner is not None:
            items = schema(module, schema(module, row["properties"][name])["items"])
            assert {*inner.texts, *inner.decimals, *inner.lists} <= set(items["properties"]), name
    for name, inner in shape.nested.items():
        assert set(inner.texts) <= set(schema(module, row["properties"][name])["properties"]), name


@pytest.mark.parametrize(("writer", "name", "action"), ACTIONS, ids=[f"{w.resource.path}-{n}" for w, n, _ in ACTIONS])
def test_a_write_goes_to_a_documented_address_with_documented_members(
    writer: ObjectWriter, name: str, action: Action
) -> None:
    resource = writer.resource
    path = f"{resource.path}/{action.path}" if action.path else resource.path
    found = operation(resource, path, action.method)
    assert ("requestBody" in found) == (action.body is not None)
    if action.body is not None:
        given = schema(resource.module, found["requestBody"]["content"]["application/json"]["schema"])
        assert_body(resource.module, action.body, given, action.body.schema)


@pytest.mark.parametrize(("writer", "name", "action"), ACTIONS, ids=[f"{w.resource.path}-{n}" for w, n, _ in ACTIONS])
def test_a_404_counts_as_refusal_only_where_it_is_documented(writer: ObjectWriter, name: str, action: Action) -> None:
    path = f"{writer.resource.path}/{action.path}" if action.path else writer.resource.path
    documented = "404" in operation(writer.resource, path, action.method)["responses"]
    assert action.missing == ("refused" if documented else "route")
