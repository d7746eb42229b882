"""The notation of the contract files, and what it is read into.

An operation: ``METHOD /path OperationId`` and, indented, ``body <schema>``, ``answer <status> <schema>`` (``page X`` is
the paged envelope of X, ``feed X`` that of an export), ``query <parameters>``, ``sort <fields>``. A schema or an
enumeration: its name, and indented its members or values. ``name!`` is required, ``type?`` may be null, ``[type]`` is a
list. Schemas are named without the documents' name spaces.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

SCALARS = frozenset(
    {"string", "text", "html", "phone", "email", "guid", "int32", "int64", "decimal", "double", "boolean"}
    | {"datetime", "date", "map"}
)


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a body, or one query parameter."""

    name: str
    type: str
    required: bool = False
    nullable: bool = False
    many: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One call. ``path`` is below ``/tenant/{tenant}``; ``answer`` is a schema name, ``page X``, ``[X]``, ..."""

    module: str
    method: str
    path: str
    name: str
    body: str = ""
    status: int = 200
    answer: str = ""
    query: Mapping[str, Member] = field(default_factory=dict)
    sort: tuple[str, ...] = ()

    @property
    def writes(self) -> bool:
        """True if the call changes something."""
        return self.method != "GET"


@dataclass(frozen=True, slots=True)
class Contract:
    """All simulated operations by route, and schemas and enumerations by module and name."""

    operations: Mapping[tuple[str, str, str], Operation]
    schemas: Mapping[tuple[str, str], Mapping[str, Member]]
    enums: Mapping[tuple[str, str], tuple[str, ...]]

    def route(self, method: str, module: str, path: str) -> Operation | None:
        """The operation of a concrete path (what follows the tenant id), and None for any other path."""
        return self.operations.get((method, module, _ID.sub("/{}", path)))


_ID = re.compile(r"/(?:\d+|\{\w+\})(?=/|$)")


def read(modules: Mapping[str, Any]) -> Contract:
    """Read the contract files of the modules."""
    operations: dict[tuple[str, str, str], Operation] = {}
    schemas: dict[tuple[str, str], Mapping[str, Member]] = {}
    enums: dict[tuple[str, str], tuple[str, ...]] = {}
    for module, source in modules.items():
        for operation in _operations(module, source.OPERATIONS):
            operations[operation.method, module, _ID.sub("/{}", operation.path)] = operation
        schemas.update({(module, name): _members(text) for name, text in _blocks(source.SCHEMAS)})
        enums.update({(module, name): tuple(_words(text)) for name, text in _blocks(source.ENUMS)})
    return Contract(operations, schemas, enums)


def _blocks(source: str) -> Iterator[tuple[str, str]]:
    for block in re.split(r"\n(?=\S)", source.strip("\n")):
        if block.strip():
            head, _, rest = block.partition("\n")
            yield head, rest


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.replace("\n", " ").split(",") if word.strip()]


def _members(text: str) -> dict[str, Member]:
    members = [_member(word) for word in _words(text)]
    return {member.name: member for member in members}


def _member(text: str) -> Member:
    name, _, kind = text.partition(": ")
    plain = kind.removesuffix("?")
    many = plain.startswith("[")
    return Member(name.removesuffix("!"), plain.strip("[]"), name.endswith("!"), kind.endswith("?"), many)


def _operations(module: str, source: str) -> Iterator[Operation]:
    for head, rest in _blocks(source):
        method, path, name = head.split()
        facts = {"body": "", "answer": "200 nothing", "query": "", "sort": ""}
        for line in re.split(r"\n {4}(?! )", "\n" + rest):
            word, _, text = line.strip().partition(" ")
            if word:
                facts[word] = text
        status, _, answer = facts["answer"].partition(" ")
        sort = tuple(_words(facts["sort"]))
        query = _members(facts["query"])
        yield Operation(module, method, path, name, facts["body"].strip(), int(status), answer, query, sort)
