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

UNCOPYABLE = """
    SELECT relname FROM pg_class c
    WHERE relnamespace = %(schema)s::regnamespace
      AND (relkind NOT IN ('r', 'i', 'S', 't') OR (relkind = 'S' AND NOT EXISTS (
          SELECT FROM pg_depend WHERE objid = c.oid AND classid = 'pg_class'::regclass AND deptype = 'i')))
    UNION ALL
    SELECT typname FROM pg_type WHERE typnamespace = %(schema)s::regnamespace AND typtype NOT IN ('c', 'b')
"""
TABLES = """
    SELECT quote_ident(relname), array_to_string(reloptions, ', ') FROM pg_class
    WHERE relnamespace = %(schema)s::regnamespace AND relkind = 'r' ORDER BY relname
"""
FUNCTIONS = """
    SELECT regexp_replace(pg_get_functiondef(oid), '^(CREATE OR REPLACE \\w+) \\w+\\.', '\\1 ') FROM pg_proc
    WHERE pronamespace = %(schema)s::regnamespace ORDER BY proname, oid
"""
CONSTRAINTS = """
    SELECT format('ALTER TABLE %%I ADD CONSTRAINT %%I %%s', relname, conname, pg_get_constraintdef(c.oid))
    FROM pg_constraint c JOIN pg_class t ON t.oid = conrelid
    WHERE connamespace = %(schema)s::regnamespace AND contype::text = ANY(%(types)s) ORDER BY relname, conname
"""
INDEXES = """
    SELECT pg_get_indexdef(indexrelid, 0, true) FROM pg_index i JOIN pg_class x ON x.oid = indexrelid
    WHERE relnamespace = %(schema)s::regnamespace
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
      AND EXISTS (SELECT FROM pg_class t WHERE t.oid = indrelid AND t.relkind = 'r')
    ORDER BY relname
"""
TRIGGERS = """
    SELECT pg_get_triggerdef(g.oid, true) FROM pg_trigger g JOIN pg_class t ON t.oid = tgrelid
    WHERE relnamespace = %(schema)s::regnamespace AND NOT tgisinternal ORDER BY relname, tgname
"""
COLUMNS = """
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = %(table)s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""
IDENTITIES = """
    SELECT quote_ident(t.relname), quote_ident(s.relname) FROM pg_class s
    JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'i'
    JOIN pg_class t ON t.oid = d.refobjid
    WHERE s.relnamespace = %(schema)s::regnamespace AND s.relkind = 'S'
"""


class UncopyableSchema(Exception):
    """The schema holds something that is not copied by its catalog (a view, a type, a free-standing sequence)."""


def copy_schema(*, source: str, target: str) -> None:
    """Creates the schema `target` as a copy of `source`. To be called in a transaction.

    Raises UncopyableSchema; django.db.ProgrammingError if `target` exists.
    """
    with connection.cursor() as cursor:
        before = _one(cursor, "SELECT current_setting('search_path')")
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
        raise UncopyableSchema(f"The schema {source} holds {', '.join(strange)}, which is no plain table.")
    quoted = connection.ops.quote_name(source)
    cursor.execute(TABLES, schema)
    tables = cursor.fetchall()
    yield "SET LOCAL check_function_bodies = off"
    yield from _column(cursor, FUNCTIONS, schema)
    for table, options in tables:
        yield f"CREATE TABLE {table} (LIKE {quoted}.{table} INCLUDING ALL EXCLUDING INDEXES)"
        if options:
            yield f"ALTER TABLE {table} SET ({options})"
    filled = _filled(cursor, [table for table, _ in tables])
    for table in filled:
        columns = _one(cursor, COLUMNS, {"table": table})
        yield (
            f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE "  # noqa: S608 - names from the catalog
            f"SELECT {columns} FROM {quoted}.{table}"
        )
    yield from _column(cursor, CONSTRAINTS, {**schema, "types": ["p", "u", "x"]})
    yield from _column(cursor, INDEXES, schema)
    yield from _column(cursor, CONSTRAINTS, {**schema, "types": ["f"]})
    yield from _column(cursor, TRIGGERS, schema)
    cursor.execute(IDENTITIES, schema)
    for table, sequence in cursor.fetchall():
        if table in filled:
            yield f"SELECT setval('{sequence}', last_value, is_called) FROM {quoted}.{sequence}"  # noqa: S608 - likewise


def _filled(cursor: CursorWrapper, tables: Iterable[str]) -> list[str]:
    """The tables that have rows: the record of migrations, and what migrations have filled."""
    questions = [f"SELECT $name${table}$name$ WHERE EXISTS (SELECT FROM {table})" for table in tables]  # noqa: S608
    return _column(cursor, " UNION ALL ".join(questions)) if questions else []


def _search_path(cursor: CursorWrapper, schema: str) -> None:
    cursor.execute("SELECT set_config('search_path', quote_ident(%s), true)", [schema])


def _column(cursor: CursorWrapper, sql: str, parameters: dict[str, Any] | None = None) -> list[str]:
    cursor.execute(sql, parameters)
    return [row[0] for row in cursor.fetchall()]


def _one(cursor: CursorWrapper, sql: str, parameters: dict[str, Any] | None = None) -> str:
    return _column(cursor, sql, parameters)[0]
