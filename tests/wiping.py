"""A database as it was before a test: wiped within milliseconds, where another copy of the template takes a second."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connections
from django.db.backends.utils import CursorWrapper
from psycopg import sql

Name = tuple[str, str]
"""Schema, and table or sequence."""


@dataclass(frozen=True)
class Contents:
    """Everything a test may leave behind. `shape` are counts of the catalogue, `rows` a digest of each table that has
    rows, `numbers` what each sequence gave last."""

    shape: tuple[int, ...]
    rows: dict[Name, str]
    numbers: dict[Name, int | None]


def contents() -> Contents:
    """What the default database holds now."""
    with connections["default"].cursor() as cursor:
        return _contents(cursor)


def wipe(before: Contents) -> bool:
    """Empties what was empty before. Whether everything is as it was: a table that had rows is not put back."""
    with connections["default"].cursor() as cursor:
        cursor.execute(_END_SESSIONS)
        now = _contents(cursor)
        cursor.execute("SET session_replication_role = replica")  # no order between tables, no rule of ours
        for schema, table in now.rows.keys() - before.rows.keys():
            cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(schema, table)))
        for name, last in before.numbers.items():
            if now.numbers.get(name) != last:
                cursor.execute(_SET_NUMBER, [*name, 1 if last is None else last, last is not None])
        cursor.execute("RESET session_replication_role")
        return _contents(cursor) == before


_END_SESSIONS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
_SET_NUMBER = "SELECT setval(format('%%I.%%I', %s::text, %s::text)::regclass, %s, %s)"
_SHAPE = """
    SELECT (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_attribute), (SELECT count(*) FROM pg_trigger),
           (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_constraint)
"""
_TABLES = """
    SELECT schemaname, tablename FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2
"""


def _contents(cursor: CursorWrapper) -> Contents:
    cursor.execute(_SHAPE)
    shape = cursor.fetchone()
    cursor.execute(_TABLES)
    filled = _asked(cursor, "SELECT {s}, {t}, '' WHERE EXISTS (SELECT 1 FROM {name})", cursor.fetchall())
    digest = "SELECT {s}, {t}, md5(string_agg(one::text, '/' ORDER BY one::text)) FROM {name} one"
    rows = _asked(cursor, digest, list(filled))
    cursor.execute("SELECT schemaname, sequencename, last_value FROM pg_sequences")
    return Contents(shape, rows, {(schema, name): last for schema, name, last in cursor.fetchall()})


def _asked(cursor: CursorWrapper, question: str, tables: list[Name]) -> dict[Name, str]:
    """One question about each table, in one statement."""
    if not tables:
        return {}
    each = [
        sql.SQL(question).format(s=sql.Literal(schema), t=sql.Literal(table), name=sql.Identifier(schema, table))
        for schema, table in tables
    ]
    cursor.execute(sql.SQL(" UNION ALL ").join(each))
    return {(schema, table): answer for schema, table, answer in cursor.fetchall()}
