"""What a schema consists of, as the database's catalog tells it, without the schema's own name."""

from __future__ import annotations

import re

from django.db import connection

QUESTIONS = {
    "tables": """
        SELECT relname, relkind::text, reloptions FROM pg_class WHERE relnamespace = %s::regnamespace ORDER BY 1
    """,
    "columns": """
        SELECT relname, attname, format_type(atttypid, atttypmod), attnotnull, attidentity::text, attgenerated::text,
            attcollation, attstorage::text, pg_get_expr(adbin, adrelid),
            row_number() OVER (PARTITION BY relname ORDER BY attnum)
        FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = attrelid AND d.adnum = attnum
        WHERE relnamespace = %s::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped ORDER BY 1, 2
    """,
    "constraints": """
        SELECT relname, conname, contype::text, pg_get_constraintdef(k.oid), condeferrable, condeferred, convalidated
        FROM pg_constraint k JOIN pg_class c ON c.oid = conrelid
        WHERE connamespace = %s::regnamespace ORDER BY 1, 2
    """,
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = %s ORDER BY 1, 2",
    "sequences": """
        SELECT sequencename, data_type::text, start_value, increment_by, max_value, cache_size, cycle
        FROM pg_sequences WHERE schemaname = %s ORDER BY 1
    """,
    "triggers": """
        SELECT relname, tgname, pg_get_triggerdef(g.oid) FROM pg_trigger g JOIN pg_class c ON c.oid = tgrelid
        WHERE relnamespace = %s::regnamespace AND NOT tgisinternal ORDER BY 1, 2
    """,
    "functions": """
        SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = %s::regnamespace ORDER BY 1
    """,
}


def describe(schema_name: str) -> dict[str, list[tuple[str, ...]]]:
    """The catalog's rows about a schema, with its name replaced wherever it appears."""
    found = {}
    with connection.cursor() as cursor:
        for what, question in QUESTIONS.items():
            cursor.execute(question, [schema_name])
            rows = cursor.fetchall()
            found[what] = [tuple(_plain(str(value), schema_name) for value in row) for row in rows]
        cursor.execute(f"SELECT app, name FROM {schema_name}.django_migrations ORDER BY 1, 2")
        found["migrations"] = cursor.fetchall()
    return found


def _plain(text: str, schema_name: str) -> str:
    """Without the schema's name, and without the casts and brackets that PostgreSQL adds when it reads an expression
    which it has printed itself (`x IN (...)` on a varchar column): they mean the same.
    """
    text = re.sub(r"::(text|character varying)(\[\])?", "", text.replace(f"{schema_name}.", "*."))
    return re.sub(r"[()]", "", text)
