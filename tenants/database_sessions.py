"""What holds for every session at the database: how long it may wait, and that it is nobody else's meanwhile."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import connection

SHARED = (
    "Whoever stands between here and PostgreSQL gives one session to several connections in turn (PgBouncer in "
    "transaction mode, for example). The session says which customer is worked for, and holds locks: take session mode."
)


def set_limits(connection: Any, **_: Any) -> None:
    """Tells a new session how long it may wait.

    By a statement: PgBouncer refuses the startup parameter `options`, or drops it (`ignore_startup_parameters`).
    """
    connection.connection.execute(settings.DATABASE_LIMITS)


def are_shared() -> bool:
    """Whether two connections were given one session in turn.

    A pool that hands out what was given back last, as PgBouncer does, is found out; one that happens to give each its
    own session just then is not.
    """
    params = connection.get_connection_params()
    with connection.get_new_connection(params) as mine, connection.get_new_connection(params) as other:
        mine.autocommit = other.autocommit = True
        word = uuid4().hex
        mine.execute("SELECT set_config('connector.whose', %s, false)", [word])
        other.execute("SELECT set_config('connector.whose', 'other', false)")
        found = mine.execute("SELECT current_setting('connector.whose', true)").fetchone()
    return bool(found != (word,))
