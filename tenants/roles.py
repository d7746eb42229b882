"""The rights of processes that answer requests: they read and write rows, and own nothing.

Who owns the tables can switch their triggers off. A web process under a role of its own (WEB_DATABASE_ROLE) cannot: it
adds to the audit, but may neither change nor remove what stands there, makes no tables, and drops none. Workers, beat
and commands work as the owner, since they make and remove schemas.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from psycopg import sql

from tenants.models import Customer
from tenants.provision import TEMPLATE

APPENDED = ("integrations_auditevent",)
"""Tables that rows are added to, and nothing else."""
READ = ("integrations_auditseal", "django_migrations")
"""Tables that are only looked at: seals are made by workers, migrations by a deployment."""

INCOMPLETE = """
    SELECT n.nspname FROM pg_namespace n WHERE n.nspname = ANY(%(schemas)s) AND (
        NOT has_schema_privilege(%(role)s, n.oid, 'USAGE') OR n.oid IN (
            SELECT relnamespace FROM pg_class
            WHERE relkind = 'r' AND NOT has_table_privilege(%(role)s, oid, 'SELECT')))
    ORDER BY n.nspname
"""


class UnknownRole(Exception):
    """The database has no such role, or it is one that owns everything anyway."""


def grant(role: str) -> list[str]:
    """Gives the role its rights in public, in the template and in every customer's schema where it lacks some.

    Returns the schemas that were behind; a copy of the template has the template's rights. Raises UnknownRole.
    """
    _check(role)
    schemas = ["public", TEMPLATE, *Customer.objects.order_by("id").values_list("schema_name", flat=True)]
    late = _incomplete(role, schemas)
    for schema in late:
        _grant(role, schema)
    return late


def _check(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolname = current_user FROM pg_roles WHERE rolname = %s", [role])
        found = cursor.fetchone()
    if found is None:
        raise UnknownRole(f"The database has no role {role}: CREATE ROLE it first, with LOGIN and a password.")
    if found[0]:
        raise UnknownRole(f"The role {role} owns the tables or is a superuser: its rights cannot be limited.")


def _incomplete(role: str, schemas: Sequence[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(INCOMPLETE, {"role": role, "schemas": list(schemas)})
        return [name for (name,) in cursor.fetchall()]


def _grant(role: str, schema: str) -> None:
    """All of one schema's rights, in one transaction of one round trip."""
    names = {"role": sql.Identifier(role), "schema": sql.Identifier(schema)}
    statements = [
        "GRANT USAGE ON SCHEMA {schema} TO {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
        *(f"REVOKE UPDATE, DELETE ON {{schema}}.{table} FROM {{role}}" for table in _there(schema, APPENDED)),
        *(f"REVOKE INSERT, UPDATE, DELETE ON {{schema}}.{table} FROM {{role}}" for table in _there(schema, READ)),
    ]
    if schema == "public":
        statements.append("GRANT EXECUTE ON FUNCTION public.tenants_make_schema(text) TO {role}")
    script = sql.SQL("; ").join(sql.SQL(each).format(**names) for each in statements)
    with connection.cursor() as cursor:
        cursor.execute(script.as_string(None))


def _there(schema: str, tables: Sequence[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename = ANY(%s)", [schema, [*tables]]
        )
        return sorted(name for (name,) in cursor.fetchall())
