"""Control endpoints of SAP's own: what a person in SAP would do, and looking at what is stored."""

from collections.abc import Callable, Mapping
from typing import Any

from simulators.sap.catalog import SERVICES
from simulators.sap.rules.amounts import reprice
from simulators.sap.store import Row, Store, Table
from simulators.sap.tenant import Tenant
from simulators.sap.values import Value, from_plain, parse_ticks, to_plain
from simulators.simulator import control_body
from simulators.wire import Request

Endpoint = Callable[[Tenant, Request], Any]


def table_of(store: Store, name: str) -> Table:
    """A table by its own name or by that of an entity set. Raises KeyError."""
    for service in SERVICES.values():
        if name in service.sets and name not in store.tables:
            return store[service.sets[name].table]
    return store[name]


def _values(table: Table, given: Mapping[str, Any]) -> dict[str, Value]:
    return {column: from_plain(table.kinds[column], value) for column, value in given.items()}


def _key(table: Table, given: Any) -> dict[str, Value]:
    """A key as an object, as a list in the order of the table's key, or as the only value."""
    parts = given if isinstance(given, list) else [given]
    plain = given if isinstance(given, dict) else dict(zip(table.shape.key, parts, strict=True))
    return _values(table, plain)


def find(store: Store, entity: str, key: Any) -> Row:
    """A stored row. Raises KeyError when it does not exist."""
    table = table_of(store, entity)
    row = store.find(table.name, _key(table, key))
    if row is None:
        raise KeyError(f"no {entity} {key}")
    return row


def change(tenant: Tenant, request: Request) -> Any:
    """Change rows: ``entity``, ``key`` or ``keys``, ``values``; ``touch`` (default true) stamps the document.

    ``stamp`` is the change stamp to use instead of now: the same for all keys, also one behind the present (a
    transaction that took long to commit).
    """
    given = control_body(request)
    keys = given["keys"] if "keys" in given else [given["key"]]
    rows = [find(tenant.store, given["entity"], key) for key in keys]
    for row in rows:
        values = _values(row.table, given.get("values", {}))
        tenant.store.change(row, values)
        reprice(row, values)
        if given.get("touch", True):
            tenant.touch(row, _ticks(given))
    return {"changed": [plain(row, deep=False) for row in rows]}


def _ticks(given: Mapping[str, Any]) -> int | None:
    return parse_ticks(given["stamp"]) if given.get("stamp") else None


def add(tenant: Tenant, request: Request) -> Any:
    """Add one row as given, below the row at ``below`` if there is one; dependent rows stand in ``kids`` by table.

    Nothing is checked and nothing is filled in: also for rows that no service would create.
    """
    given = control_body(request)
    store = tenant.store
    table = table_of(store, given["entity"])
    parent = find(store, table.parent.name, given["below"]) if table.parent is not None else None
    row = store.insert(build(store, table, given, parent))
    if given.get("touch", True):
        tenant.touch(row, _ticks(given), new=parent is None)
    return {"added": plain(row, deep=True)}


def build(store: Store, table: Table, given: Mapping[str, Any], parent: Row | None) -> Row:
    """A row with its dependent rows from plain JSON."""
    row = table.make(_values(table, given.get("values", {})), parent)
    for name, kids in given.get("kids", {}).items():
        for kid in kids:
            row.adopt(build(store, table_of(store, name), kid, row))
    return row


def remove(tenant: Tenant, request: Request) -> Any:
    """Take a row out altogether, as archiving does."""
    given = control_body(request)
    row = find(tenant.store, given["entity"], given["key"])
    tenant.store.remove(row)
    return {"removed": plain(row, deep=False)}


def rows(tenant: Tenant, request: Request) -> Any:
    """``?entity=`` lists a table, ``&key=`` one row of it with all that depends on it."""
    entity, store = request.param("entity"), tenant.store
    if request.param("key"):
        keys = request.param("key").split(",")
        return {"rows": [plain(find(store, entity, keys if len(keys) > 1 else keys[0]), deep=True)]}
    return {"rows": [plain(row, deep=True) for row in table_of(store, entity).everything()]}


_MARKED: dict[str, tuple[str, ...]] = {
    "PurchaseOrder": ("CorrespncInternalReference", "CorrespncExternalReference"),
    "RequisitionItem": ("PurReqnExternalReference",),
    "BusinessPartner": ("BusinessPartnerIDByExtSystem",),
}


def duplicates(tenant: Tenant, request: Request) -> Any:
    """Documents that carry the same reference: by table and column, the keys of each that occurs more than once."""
    found: dict[str, dict[str, list[str]]] = {}
    for name, columns in _MARKED.items():
        for column in columns:
            by_value: dict[str, list[str]] = {}
            for row in tenant.store[name].everything():
                if row[column]:
                    by_value.setdefault(row[column], []).append("/".join(row[part] for part in row.table.shape.key))
            found[f"{name}.{column}"] = {value: keys for value, keys in by_value.items() if len(keys) > 1}
    return found


def plain(row: Row, *, deep: bool) -> dict[str, Any]:
    """A row as plain JSON: columns that are not initial, and the dependent rows by table."""
    kinds, initial = row.table.kinds, row.table.initial
    shown = {name: to_plain(kinds[name], row[name]) for name in kinds if row[name] != initial[name]}
    if deep:
        for name in row.table.kids:
            if row.children(name):
                shown[name] = [plain(kid, deep=True) for kid in row.children(name)]
    return shown


def state_of(store: Store) -> dict[str, Any]:
    """Every document by table."""
    roots = (table for table in store.tables.values() if table.parent is None)
    return {table.name: [plain(row, deep=True) for row in table.everything()] for table in roots}


CONTROLS: dict[tuple[str, str], Endpoint] = {
    ("POST", "change"): change,
    ("POST", "add"): add,
    ("POST", "remove"): remove,
    ("GET", "rows"): rows,
    ("GET", "duplicates"): duplicates,
}
