"""Every request in the tests is answered under the rights of a web process, so none can need more by accident.

See tenants/roles.py: rows may be read and written, but the audit only added to, and no table made or dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection
from django.http import HttpRequest, HttpResponse

ROLE = "web_of_tests"


def make_role() -> None:
    """Roles belong to the whole server; another process may have made it already."""
    with connection.cursor() as cursor:
        cursor.execute(f"""
            DO $do$ BEGIN CREATE ROLE {ROLE} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $do$
        """)


class WebRole:
    """Outermost of the middleware. Its two statements pass Django by: tests that count statements do not see them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with _limited():
            return self.get_response(request)


@contextmanager
def _limited() -> Iterator[None]:
    connection.ensure_connection()
    _say(f"SET ROLE {ROLE}")
    try:
        yield
    finally:
        _say("RESET ROLE")


def _say(statement: str) -> None:
    raw = connection.connection
    if raw is None or raw.closed:
        return
    try:
        raw.execute(statement)
    except psycopg.errors.InFailedSqlTransaction:
        return  # what is rolled back takes the role with it
