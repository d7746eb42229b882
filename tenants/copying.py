"""Copies a schema by its catalog: the same tables, constraints, indexes, triggers, rows and rights under another name.

PostgreSQL (15 or newer) does it by itself, in functions that tenants/migrations/0008_roles.py has made: so no dump has
to be kept, no client program is needed, and a process that may not create schemas can still make a customer.
"""

from __future__ import annotations

from django.db import NotSupportedError, connection


class UncopyableSchema(Exception):
    """The schema holds something that is not copied by its catalog (a view, a type, a free-standing sequence)."""


def copy_schema(*, source: str, target: str) -> None:
    """Creates the schema `target` as a copy of `source`, with the rights of the own role. In a transaction.

    Raises UncopyableSchema; django.db.ProgrammingError if `target` exists.
    """
    _run("SELECT public.tenants_copy_schema(%s, %s)", source, target)


def copy_template(*, target: str) -> None:
    """Creates the schema `target` as a copy of the template, whatever the own role may do. In a transaction.

    Raises as `copy_schema` does.
    """
    _run("SELECT public.tenants_make_schema(%s)", target)


def _run(sql: str, *names: str) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql, names)
    except NotSupportedError as error:
        raise UncopyableSchema(str(error).partition("\n")[0]) from error
