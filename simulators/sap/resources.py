"""What an address below a service root means: a list, a row, a property, a count, an action."""

from dataclasses import dataclass
from urllib.parse import unquote

from simulators.sap.access import View
from simulators.sap.conditions import Compiler
from simulators.sap.declare import EntitySet, Field, Nav
from simulators.sap.expressions import Binary, Constant, Name, Node, parse_key
from simulators.sap.options import split_outside
from simulators.sap.problems import ODataError, bad_request, not_found
from simulators.sap.store import Row
from simulators.sap.values import Value, digits


@dataclass(frozen=True, slots=True)
class Resource:
    """A resolved address.

    ``rows`` is None for a whole entity set, ``row`` the row of a single one (None: it does not exist). ``nav`` and
    ``owner`` tell how it was reached. ``what``: list, row, count, property, value or action.
    """

    what: str
    entity: EntitySet
    row: Row | None = None
    rows: list[Row] | None = None
    nav: Nav | None = None
    owner: Row | None = None
    field: Field | None = None
    action: str = ""


def segments_of(raw_path: str) -> list[str]:
    """The decoded segments of a path; a slash inside of a quoted key does not divide."""
    decoded = unquote(raw_path)
    return [segment for segment in split_outside(decoded, "/") if segment]


def resolve(view: View, segments: list[str]) -> Resource:
    """Follow the segments. Raises ODataError (404 or 400)."""
    name, key = _split(segments[0])
    entity = view.service.sets.get(name)
    if entity is None:
        raise not_found(name) if view.service.version == 2 else _no_segment(name)
    resource = Resource("list", entity) if key is None else _keyed(view, entity, None, key)
    for segment in segments[1:]:
        resource = _next(view, resource, segment)
    return resource


def _split(segment: str) -> tuple[str, str | None]:
    name, bracket, rest = segment.partition("(")
    return name, rest[:-1] if bracket and rest.endswith(")") else None


def _no_segment(name: str) -> ODataError:
    text = f"Resource not found for the segment '{name}'."
    return ODataError(404, "/IWBEP/CM_V4_COS/014", text)


def _keyed(view: View, entity: EntitySet, rows: list[Row] | None, key: str) -> Resource:
    constants = parse_key(key, view.service.version)
    names = {field.name for field in entity.keys}
    if set(constants) == {""} and len(names) == 1:
        constants = {entity.keys[0].name: constants[""]}
    if set(constants) != names:
        raise bad_request(f"Invalid key predicate type for segment '{entity.name}'", "/IWBEP/CM_MGW_RT/021")
    stored = {field.column: _stored(view, entity, field, constants[field.name]) for field in entity.keys}
    if rows is None:
        return Resource("row", entity, view.store.find(entity.table, stored))
    sorts = view.table(entity).key_sorts
    wanted = tuple(sort(stored[column]) for column, sort in sorts)
    return Resource("row", entity, next((row for row in rows if row.key == wanted), None))


def _stored(view: View, entity: EntitySet, field: Field, constant: Constant) -> Value:
    # The same rules for literals as in $filter: compile a comparison and take its check.
    node: Node = Binary("eq", Name((field.name,)), constant)
    Compiler(view, entity).compile(node)
    value = constant.value
    return digits(value) if view.kind(entity, field) == "digits" and isinstance(value, str) else value


def _next(view: View, resource: Resource, segment: str) -> Resource:
    if segment == "$count" and resource.what == "list":
        return Resource("count", resource.entity, rows=resource.rows)
    if segment == "$value" and resource.what == "property":
        return Resource("value", resource.entity, resource.row, field=resource.field)
    if "." in segment.partition("(")[0]:
        return Resource("action", resource.entity, resource.row, action=segment.rsplit(".", 1)[1])
    if resource.what != "row":
        raise not_found(segment)
    if resource.row is None:
        raise not_found(resource.entity.type_name)
    name, key = _split(segment)
    nav = resource.entity.navs.get(name)
    if nav is not None:
        return _through(view, resource, nav, key)
    if name in resource.entity.fields:
        return Resource("property", resource.entity, resource.row, field=resource.entity.fields[name])
    raise not_found(name)


def _through(view: View, resource: Resource, nav: Nav, key: str | None) -> Resource:
    target, owner = view.service.sets[nav.target], resource.row
    rows = list(view.follow(owner, nav)) if owner is not None else []
    if key is not None:
        return _keyed(view, target, rows, key)
    if nav.many:
        return Resource("list", target, rows=rows, nav=nav, owner=owner)
    return Resource("row", target, rows[0] if rows else None, nav=nav, owner=owner)
