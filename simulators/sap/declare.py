"""The little language in which services are declared, and what it declares.

A service is a text of these kinds of lines::

    set A_CostCenter of A_CostCenterType in CostCenter -create -update -delete
    ControllingArea S4! key U, CostCenter S10! key U, ValidityEndDate DT! key, ...
    nav to_Text many A_CostCenterText kids:CostCenterText
    action CreateValidityPeriod on A_CostCenter_2 many ResultType
    CostCenter S10! must U, ...
    list _CostCenterText TextType Language S2!, ...

Types: ``S10`` Edm.String(10), ``D13.3`` Edm.Decimal (``.v`` variable scale), ``B`` Boolean, ``DT`` DateTime, ``DTO``
DateTimeOffset with 7 digits (``DTO(0)`` whole seconds), ``T`` Time, ``DATE``, ``TOD`` TimeOfDay, ``G`` Guid; ``!`` not
nullable. Words: ``key``, ``ro`` neither creatable nor updatable, ``-c`` ``-u`` ``-f`` ``-s`` not creatable, updatable,
filterable, sortable, ``U`` upper case, ``N`` digits only, ``computed`` ``default`` ``fixed`` ``must`` as annotated in
V4, ``new`` absent from the 2021 release, ``<Column`` where the value is stored. A navigation goes to its target by
``kids:Table``, ``up:Table`` or ``link:Table`` (by the column that is the target's key), ``?Column=value`` filters it.
An action is bound to ``one`` row or to ``many``; its fields are its parameters, ``list`` one of rows.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

Version = Literal[2, 4]
Release = Literal["cloud", "2022", "2021"]

_EDM = {
    "S": "Edm.String",
    "D": "Edm.Decimal",
    "B": "Edm.Boolean",
    "DT": "Edm.DateTime",
    "DTO": "Edm.DateTimeOffset",
    "T": "Edm.Time",
    "DATE": "Edm.Date",
    "TOD": "Edm.TimeOfDay",
    "G": "Edm.Guid",
    "Int16": "Edm.Int16",
    "Int32": "Edm.Int32",
}
_PRECISION = {"DT": 0, "T": 0, "DTO": 7}
_TYPE = re.compile(
    r"(?P<base>Int16|Int32|DTO|DT|DATE|TOD|[SDBTG])(?P<size>\d*)(\.(?P<scale>\d+|v))?(\((?P<p>\d+)\))?!?$"
)


@dataclass(frozen=True, slots=True)
class Field:
    """One property of an entity. ``column`` is where its value is stored (``Child.Column`` for a child's)."""

    name: str
    edm: str
    max_length: int | None
    precision: int | None
    scale: str
    nullable: bool
    words: frozenset[str]
    column: str

    @property
    def key(self) -> bool:
        """Part of the key."""
        return "key" in self.words

    @property
    def creatable(self) -> bool:
        """May be given when a row is created."""
        return not self.words & {"ro", "-c", "computed"}

    @property
    def updatable(self) -> bool:
        """May be changed by PATCH."""
        return not self.words & {"ro", "-u", "computed", "fixed", "key"}

    @property
    def filterable(self) -> bool:
        """May stand in ``$filter``."""
        return "-f" not in self.words

    @property
    def sortable(self) -> bool:
        """May stand in ``$orderby``."""
        return "-s" not in self.words


@dataclass(frozen=True, slots=True)
class Nav:
    """A navigation property. ``way`` is how the rows are found, ``where`` a fixed condition on them."""

    name: str
    mult: Literal["one", "maybe", "many"]
    target: str
    way: Literal["kids", "up", "link"]
    table: str
    where: tuple[str, str] | None = None

    @property
    def many(self) -> bool:
        """Leads to a list."""
        return self.mult == "many"


@dataclass(frozen=True)
class EntitySet:
    """An entity set with its type. ``words``: ``-create``, ``-update``, ``-delete``, ``-read`` are not allowed."""

    name: str
    type_name: str
    table: str
    words: frozenset[str]
    key_order: tuple[str, ...]
    fields: Mapping[str, Field]
    navs: Mapping[str, Nav]

    @cached_property
    def keys(self) -> tuple[Field, ...]:
        """The key fields in the order of the metadata."""
        return tuple(self.fields[name] for name in self.key_order)

    def allows(self, what: str) -> bool:
        """Whether ``create``, ``update``, ``delete`` or ``read`` is allowed on the set itself."""
        return f"-{what}" not in self.words


@dataclass(frozen=True, slots=True)
class Action:
    """A bound action of V4: its parameters, and at most one parameter (``rows``) that is a list of rows."""

    name: str
    bound_to: str
    many: bool
    result: str
    fields: Mapping[str, Field]
    rows: str = ""
    rows_type: str = ""
    row_fields: Mapping[str, Field] = field(default_factory=dict)


@dataclass(frozen=True)
class Service:
    """A service: its technical name, where it answers, its entity sets and actions by name."""

    name: str
    version: Version
    root: str
    namespace: str
    sets: Mapping[str, EntitySet]
    actions: Mapping[str, Action]

    def at_release(self, release: Release) -> "Service":
        """The service as an older release has it: without the fields that came later."""
        if release == "cloud":
            return self
        later = {"newest"} if release == "2022" else {"new", "newest"}
        older = {name: replace(entity, fields=_without(entity.fields, later)) for name, entity in self.sets.items()}
        return replace(self, sets=older)


def _without(fields: Mapping[str, Field], words: set[str]) -> Mapping[str, Field]:
    return {name: field for name, field in fields.items() if not field.words & words}


def service(name: str, *, version: Version, text: str, path: str = "") -> Service:
    """Read a service from its declaration. Raises ValueError for a line that cannot be read."""
    root = f"/sap/opu/odata/sap/{name}" if version == 2 else f"/sap/opu/odata4/sap/{path}"
    namespace = name if version == 2 else f"com.sap.gateway.srvd_a2x.{path.split('/', maxsplit=1)[0]}.v0001"
    blocks = list(_blocks(text))
    sets = (_entity_set(lines) for lines in blocks if lines[0].startswith("set "))
    actions = (_action(lines) for lines in blocks if lines[0].startswith("action "))
    by_name = {entity.name: entity for entity in sets}
    return Service(name, version, root, namespace, by_name, {action.name: action for action in actions})


def _blocks(text: str) -> Iterator[list[str]]:
    block: list[str] = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        if line.startswith(("set ", "action ")) and block:
            yield block
            block = []
        block.append(line)
    yield block


def _entity_set(lines: list[str]) -> EntitySet:
    _, name, _, type_name, _, table, *words = lines[0].split()
    given = next((line.split()[1:] for line in lines if line.startswith("keys ")), None)
    fields = {field.name: field for field in _fields(" ".join(_plain(lines[1:])))}
    keys = given or [field.name for field in fields.values() if field.key]
    navs = {nav.name: nav for nav in (_nav(line) for line in lines if line.startswith("nav "))}
    return EntitySet(name, type_name, table, frozenset(words), tuple(keys), fields, navs)


def _action(lines: list[str]) -> Action:
    _, name, _, bound_to, mult, *result = lines[0].split()
    listed = next((line.split(None, 3)[1:] for line in lines if line.startswith("list ")), ["", "", ""])
    fields = {field.name: field for field in _fields(" ".join(_plain(lines[1:])))}
    row_fields = {field.name: field for field in _fields(listed[2])}
    return Action(name, bound_to, mult == "many", "".join(result), fields, listed[0], listed[1], row_fields)


def _plain(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.startswith(("nav ", "keys ", "list "))]


def _fields(text: str) -> Iterable[Field]:
    return (_field(item.split()) for item in text.split(",") if item.strip())


def _field(parts: list[str]) -> Field:
    name, kind, *words = parts
    match = _TYPE.match(kind)
    if match is None:
        raise ValueError(f"unknown type {kind} of {name}")
    base, size, given = match["base"], match["size"], match["p"]
    column = next((word[1:] for word in words if word.startswith("<")), name)
    return Field(
        name=name,
        edm=_EDM[base],
        max_length=int(size) if base == "S" and size else None,
        precision=int(size) if base == "D" else int(given) if given else _PRECISION.get(base),
        scale=match["scale"] or "",
        nullable=not kind.endswith("!"),
        words=frozenset(word for word in words if not word.startswith("<")),
        column=column,
    )


def _nav(line: str) -> Nav:
    _, name, mult, target, path = line.split()
    way, _, table = path.partition(":")
    table, _, where = table.partition("?")
    column, _, value = where.partition("=")
    if mult not in ("one", "maybe", "many") or way not in ("kids", "up", "link"):
        raise ValueError(f"unknown navigation: {line}")
    return Nav(name, mult, target, way, table, (column, value) if where else None)  # type: ignore[arg-type]
