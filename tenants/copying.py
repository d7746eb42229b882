"""Copies a schema by its catalog: the same tables, constraints, indexes, triggers and rows under another name.

Everything is read from PostgreSQL (15 or newer) itself, so no dump has to be kept, and no client program is needed.
PostgreSQL prints definitions without the schema's name while that schema is the search path; the same text then
means the copy when it is executed with the copy as the search path.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

# A schema's members are found by what depends on it, and theirs by their tables: with thousands of schemas, these are
# the ways that have an index.
UNCOPYABLE = """
    SELECT pg_describe_object(m.classid, m.objid, 0) FROM pg_depend m
    LEFT JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
    WHERE m.refclassid = 'pg_namespace'::regclass AND m.refobjid = %(schema)s::regnamespace
      AND m.classid <> 'pg_proc'::regclass AND relkind IS DISTINCT FROM 'r' AND NOT (relkind = 'S' AND EXISTS (
          SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = m.objid AND deptype = 'i'))
"""
TABLES = """
    SELECT oid, quote_ident(relname), array_to_string(reloptions, ', ') FROM pg_depend
    JOIN pg_class ON classid = 'pg_class'::regclass AND oid = objid
    WHERE refclassid = 'pg_namespace'::regclass AND refobjid = %(schema)s::regnamespace AND relkind = 'r'
    ORDER BY relname
"""
FUNCTIONS = """
    SELECT regexp_replace(pg_get_functiondef(oid), '^(CREATE OR REPLACE \\w+) \\w+\\.', '\\1 ') FROM pg_depend
    JOIN pg_proc ON classid = 'pg_proc'::regclass AND oid = objid
    WHERE refclassid = 'pg_namespace'::regclass AND refobjid = %(schema)s::regnamespace ORDER BY proname, oid
"""
CONSTRAINTS = """
    SELECT format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE conrelid = ANY(%(tables)s) AND contype::text = ANY(%(types)s) ORDER BY conrelid, conname
"""
INDEXES = """
    SELECT pg_get_indexdef(indexrelid, 0, true) FROM pg_index WHERE indrelid = ANY(%(tables)s) AND NOT EXISTS (
        SELECT FROM pg_constraint WHERE conrelid = indrelid AND conindid = indexrelid AND contype IN ('p', 'u', 'x'))
    ORDER BY indexrelid
"""
TRIGGERS = """
    SELECT pg_get_triggerdef(oid, true) FROM pg_trigger WHERE tgrelid = ANY(%(tables)s) AND NOT tgisinternal
    ORDER BY tgrelid, tgname
"""
COLUMNS = """
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = %(table)s AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""
IDENTITIES = """
    SELECT objid::regclass::text FROM pg_depend JOIN pg_class ON oid = objid AND relkind = 'S'
    WHERE refclassid = 'pg_class'::regclass AND refobjid = %(table)s AND deptype = 'i'
"""


class UncopyableSchema(Exception):
    """The schema holds something that is not copied by its catalog (a view, a type, a free-standing sequence)."""


def copy_schema(*, source: str, target: str) -> None:
    """Creates the schema `target` as a copy of `source`. To be called in a transaction.

    Raises UncopyableSchema; django.db.ProgrammingError if `target` exists.
    """
    with connection.cursor() as cursor:
        before = _column(cursor, "SELECT current_setting('search_path')")[0]
        _search_path(cursor, source)
        statements = list(_statements(cursor, source))
        cursor.execute(f"CREATE SCHEMA {connection.ops.quote_name(target)}")
        _search_path(cursor, target)
        cursor.execute(";\n".join(statements) or "SELECT")
        cursor.execute("SELECT set_config('search_path', %s, true)", [before])


def _statements(cursor: CursorWrapper, source: str) -> Iterator[str]:
    """The statements that make the copy, in an order in which each finds what it refers to."""
    schema = {"schema": source}
    strange = _column(cursor, UNCOPYABLE, schema)
    if strange:
        raise UncopyableSchema(f"The schema {source} holds {', '.join(strange)}, which is not copied.")
    cursor.execute(TABLES, schema)
    tables = cursor.fetchall()
    oids = {"tables": [oid for oid, _, _ in tables]}
    quoted = connection.ops.quote_name(source)
    yield "SET LOCAL check_function_bodies = off"
    yield from _column(cursor, FUNCTIONS, schema)
    for _, table, options in tables:
        yield f"CREATE TABLE {table} (LIKE {quoted}.{table} INCLUDING ALL EXCLUDING INDEXES)"
        if options:
            yield f"ALTER TABLE {table} SET ({options})"
    filled = _filled(cursor, [table for _, table, _ in tables])
    for oid, table, _ in tables:
        if table in filled:
            yield from _rows(cursor, quoted, oid, table)
    yield from _column(cursor, CONSTRAINTS, {**oids, "types": ["p", "u", "x"]})
    yield from _column(cursor, INDEXES, oids)
    yield from _column(cursor, CONSTRAINTS, {**oids, "types": ["f"]})
    yield from _column(cursor, TRIGGERS, oids)


def _filled(cursor: CursorWrapper, tables: Iterable[str]) -> set[str]:
    """The tables that have rows: the record of migrations, and what migrations have filled."""
    questions = [f"SELECT $name${table}$name$ WHERE EXISTS (SELECT FROM {table})" for table in tables]  # noqa: S608
    return set(_column(cursor, " UNION ALL ".join(questions))) if questions else set()


def _rows(cursor: CursorWrapper, quoted: str, oid: int, table: str) -> Iterator[str]:
    """The statements that fill a table, and go on counting where the original stopped."""
    columns = _column(cursor, COLUMNS, {"table": oid})[0]
    yield (
        f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE "  # noqa: S608 - names from the catalog
        f"SELECT {columns} FROM {quoted}.{table}"
    )
    for sequence in _column(cursor, IDENTITIES, {"table": oid}):
        yield f"SELECT setval($name${sequence}$name$, last_value, is_called) FROM {quoted}.{sequence}"  # noqa: S608


def _search_path(cursor: CursorWrapper, schema: str) -> None:
    cursor.execute("SELECT set_config('search_path', quote_ident(%s), true)", [schema])


def _column(cursor: CursorWrapper, sql: str, parameters: dict[str, Any] | None = None) -> list[str]:
    cursor.execute(sql, parameters)
    return [row[0] for row in cursor.fetchall()]
