"""Many rows in one statement: each column travels as one binary array, so nothing is quoted and nothing is repeated.

Django's own ways cost more than the work: `bulk_update` builds a CASE per row and column, `bulk_create` compiles an
expression per value, and its cursors write every value into the text of the statement.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any, cast

import psycopg
from django.db import connection, models
from django.db.models import JSONField

_plain_connection: Any = connection  # django's type does not know the psycopg connection inside

Values = Sequence[Any] | Mapping[str, Any]


@contextmanager
def bound_cursor() -> Iterator[Any]:
    """A cursor that sends parameters beside the statement, as %s or %b (binary), not within it.

    Like any of Django's it knows the schema in use, the transaction, and who counts or logs statements.
    """
    with connection.cursor():  # connects, and chooses the customer's schema
        cursor = psycopg.Cursor(_plain_connection.connection)
    with _plain_connection._prepare_cursor(cursor) as prepared:
        yield prepared


def fetch(statement: str, parameters: Values = ()) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    with bound_cursor() as cursor:
        cursor.execute(statement, parameters)
        return cast("list[tuple[Any, ...]]", cursor.fetchall())


def execute(statement: str, parameters: Values = ()) -> int:
    """Runs a statement; returns how many rows it touched."""
    with bound_cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def insert_all(
    rows: Collection[models.Model], *, unique: Sequence[str] = (), update: Sequence[str] = (), chunk: int = 500
) -> None:
    """Inserts rows of one model, a statement per `chunk`.

    Where a row with the same `unique` fields exists, its `update` fields are replaced instead.
    """
    waiting = list(rows)
    for start in range(0, len(waiting), chunk):
        part = waiting[start : start + chunk]
        shape = _inserting(type(part[0]), tuple(unique), tuple(update))
        execute(shape.statement, shape.columns(part))
        alias = connection.alias  # asked once: `connection` is found anew, per thread, whenever it is named
        for row in part:
            row._state.adding, row._state.db = False, alias


def update_all(rows: Collection[models.Model], fields: Sequence[str]) -> None:
    """Writes these fields of these rows, all of one model, in one statement."""
    if rows:
        shape = _updating(type(next(iter(rows))), tuple(fields))
        execute(shape.statement, shape.columns(rows))


@dataclass(frozen=True, slots=True)
class _Shape:
    """A statement, and how each of its arrays is read from the rows."""

    statement: str
    readers: tuple[Callable[[Any], Any], ...]

    def columns(self, rows: Collection[Any]) -> list[list[Any]]:
        return [[read(row) for row in rows] for read in self.readers]


@lru_cache(maxsize=64)
def _inserting(model: type[models.Model], unique: tuple[str, ...], update: tuple[str, ...]) -> _Shape:
    fields = list(model._meta.local_concrete_fields)
    names, values, arrays = _parts(fields)
    conflict = ""
    if unique:
        by_name = {field.name: f'"{field.column}"' for field in fields}
        given = ", ".join(f"{by_name[name]} = excluded.{by_name[name]}" for name in update)
        conflict = f"ON CONFLICT ({', '.join(by_name[name] for name in unique)}) DO UPDATE SET {given}"
    columns = ", ".join(f'"{field.column}"' for field in fields)
    statement = (
        f'INSERT INTO "{model._meta.db_table}" ({columns}) SELECT {", ".join(values)} '  # noqa: S608 - names of our own
        f"FROM unnest({', '.join(arrays)}) AS v({', '.join(names)}) {conflict}"
    )
    return _Shape(statement, tuple(map(_reader, fields)))


@lru_cache(maxsize=64)
def _updating(model: type[models.Model], fields: tuple[str, ...]) -> _Shape:
    key = model._meta.pk
    columns = [key, *(cast("models.Field[Any, Any]", model._meta.get_field(name)) for name in fields)]
    names, values, arrays = _parts(columns)
    given = ", ".join(f'"{field.column}" = {value}' for field, value in zip(columns[1:], values[1:], strict=True))
    statement = (
        f'UPDATE "{model._meta.db_table}" AS t SET {given} FROM unnest({", ".join(arrays)}) '  # noqa: S608 - likewise
        f'AS v({", ".join(names)}) WHERE t."{key.column}" = v.{names[0]}'
    )
    return _Shape(statement, tuple(map(_reader, columns)))


def _parts(fields: Sequence[models.Field[Any, Any]]) -> tuple[list[str], list[str], list[str]]:
    """Names for the columns of unnest, what is written of each, and its array. JSON travels as text."""
    names = [f"v{number}" for number in range(len(fields))]
    kinds = ["text" if isinstance(field, JSONField) else _kind(field) for field in fields]
    casts = ["::jsonb" if isinstance(field, JSONField) else "" for field in fields]
    return names, [f"v.{n}{c}" for n, c in zip(names, casts, strict=True)], [f"%b::{kind}[]" for kind in kinds]


def _kind(field: models.Field[Any, Any]) -> str:
    """The type without its length: arrays of varchar(60) are text."""
    kind = (field.db_type(connection) or "").split("(", 1)[0]
    return "text" if kind == "varchar" else kind


def _reader(field: models.Field[Any, Any]) -> Callable[[Any], Any]:
    if isinstance(field, JSONField):
        return lambda row: dump(getattr(row, field.attname))
    if isinstance(field, models.CharField | models.TextField):
        return lambda row: _text(getattr(row, field.attname))
    if isinstance(field, models.DateTimeField) and (field.auto_now or field.auto_now_add):
        raise TypeError(f"{field} is set by Django's own save() only")
    return attrgetter(field.attname)


def _text(value: Any) -> str | None:
    return value if value is None or type(value) is str else str(value)


class Stored(dict[str, Any]):
    """A JSON object whose text is known already, so that it need not be written again. Not to be changed."""

    __slots__ = ("text",)

    def __init__(self, value: Any, text: str) -> None:
        super().__init__(value)
        self.text = text


def dump(value: Any) -> str | None:
    """JSON as it is stored."""
    if value is None:
        return None
    if type(value) is Stored:
        return value.text
    return _PLAIN.encode(value)


_PLAIN = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)
