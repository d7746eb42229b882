"""Databases for tests: one template per state of the code, copied quickly wherever one is needed.

The template is named after everything it depends on, so it is made again only when that changes. Each copy is named
after the process that uses it, so that any number of test runs can go on side by side; copies of processes that are
gone are dropped by whoever comes next.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connections
from psycopg import sql

from tenants import schema
from tests.wiping import Contents, contents, wipe

LOCK = 0x74657374  # advisory, on the maintenance database: templates are made and dropped by one process at a time
BUILDING = "test_template_unfinished"
OWN_FILES = ("tenants/**/*.py", "integrations/migrations/*.py", "tests/databases.py", "tests/web_role.py")
PACKAGES = ("django", "django-tenants", "django-celery-beat")
CUSTOMERS = {"acme": "Acme Plumbing", "globex": "Globex Heating"}

_numbers = itertools.count(1)
_spare: list[tuple[Copy, Contents]] = []  # wiped copies of this process


@dataclass(frozen=True)
class Copy:
    """A database with migrated schemas and the customers acme and globex."""

    name: str

    @property
    def url(self) -> str:
        """As DATABASE_URL."""
        default = settings.DATABASES["default"]
        user, host, port = default["USER"], str(default["HOST"]), default["PORT"]
        login = f"{quote(user)}:{quote(default['PASSWORD'])}" if default["PASSWORD"] else quote(user)
        if host.startswith("/"):
            return f"postgres://{login}@/{quote(host)}/{self.name}"
        return f"postgres://{login}@{host}:{port or 5432}/{self.name}"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process of ours that works on this copy."""
        return {
            **os.environ,
            "DATABASE_URL": self.url,
            "BROKER_URL": settings.CELERY_BROKER_URL,
            "DEVELOPMENT": "on",
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "FIELD_KEYS": ",".join(settings.FIELD_KEYS),
        }


def start_server() -> None:
    """Starts the embedded PostgreSQL of the tests, unless DATABASE_URL names another server."""
    if not os.environ.get("DATABASE_URL"):
        from devservices import postgres

        postgres.start()


def start_broker() -> None:
    """Starts the embedded Valkey of the tests, unless BROKER_URL names another one."""
    if not os.environ.get("BROKER_URL"):
        from devservices import valkey

        valkey.start()
    from integrations.budget import store

    store(settings.REDIS_URL)._again_at = 0.0  # a test before may have found it away


@contextmanager
def fresh_copy() -> Iterator[Copy]:
    """A copy for this process, made the default database until the end, then dropped."""
    before = connections["default"].settings_dict["NAME"]
    copy = _made()
    _use(copy.name)
    try:
        yield copy
    finally:
        _use(before)
        _given_up(copy)


@contextmanager
def wiped_copy() -> Iterator[Copy]:
    """The same, of which what was left behind is wiped and the next one gets it; dropped where that does not do."""
    before = connections["default"].settings_dict["NAME"]
    copy, known = _spare.pop() if _spare else (_made(), None)
    _use(copy.name)
    known = known or contents()
    try:
        yield copy
    finally:
        _use(copy.name)
        is_clean = _wiped(known)
        _use(before)
        if is_clean:
            _spare.append((copy, known))
        else:
            _given_up(copy)


def drop_spare() -> None:
    """Drops what is kept for the next test."""
    while _spare:
        _given_up(_spare.pop()[0])


def _wiped(known: Contents) -> bool:
    try:
        return wipe(known)
    except DatabaseError:
        return False


def _made() -> Copy:
    with _maintenance() as server:
        _drop_orphans(server)
        template = _template(server)
        copy = Copy(f"test_{os.getpid()}_{next(_numbers)}")
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(_name(copy.name), _name(template)))
    return copy


def _given_up(copy: Copy) -> None:
    with _maintenance() as server:
        _drop(server, copy.name)


def _template(server: psycopg.Connection[Any]) -> str:
    """The name of the template of this code, which is made if it is not there."""
    name = f"test_template_{_digest()}"
    if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        return name
    for (old,) in server.execute(r"SELECT datname FROM pg_database WHERE datname LIKE 'test\_template\_%'").fetchall():
        _drop(server, old)
    server.execute(sql.SQL("CREATE DATABASE {}").format(_name(BUILDING)))
    before = connections["default"].settings_dict["NAME"]
    _use(BUILDING)
    try:
        _fill()
    finally:
        _use(before)
    server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(_name(BUILDING), _name(name)))
    return name


def _fill() -> None:
    from tenants import roles
    from tenants.provision import create_customer, make_template
    from tests.web_role import ROLE, make_role

    call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
    make_template()
    make_role()
    roles.grant(ROLE)
    for schema_name, name in CUSTOMERS.items():
        create_customer(schema_name=schema_name, name=name)


def _digest() -> str:
    """A word for everything the template depends on."""
    found = hashlib.sha256(repr([version(package) for package in PACKAGES]).encode())
    for path in sorted(path for pattern in OWN_FILES for path in Path(settings.BASE_DIR).glob(pattern)):
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


def _use(name: str) -> None:
    connections.close_all()
    connections["default"].settings_dict["NAME"] = name
    schema.use_public()


@contextmanager
def _maintenance() -> Iterator[psycopg.Connection[Any]]:
    """A connection to the server's own database, one test process at a time."""
    default = settings.DATABASES["default"]
    known = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    where: dict[str, Any] = {word: default[key] for word, key in known.items() if default[key]}
    with psycopg.connect(dbname="postgres", autocommit=True, **where) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield server


def _drop_orphans(server: psycopg.Connection[Any]) -> None:
    for (name,) in server.execute(r"SELECT datname FROM pg_database WHERE datname LIKE 'test\_%'").fetchall():
        owner = re.fullmatch(r"test_(\d+)_\d+", name)
        if owner and not _alive(int(owner[1])):
            _drop(server, name)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _drop(server: psycopg.Connection[Any], name: str) -> None:
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(_name(name)))


def _name(name: str) -> sql.Identifier:
    return sql.Identifier(name)


@contextmanager
def writes_refused(*tables: str, code: str = "25006") -> Iterator[None]:
    """Meanwhile a statement that changes one of the tables fails with this SQLSTATE."""
    from django.db import connection

    name = f"public.refuse_{code.lower()}"
    with connection.cursor() as cursor:
        cursor.execute(f"""
            CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'injected: read-only, or full' USING ERRCODE = '{code}'; END $$
        """)
        for table in tables:
            timing = "BEFORE INSERT OR UPDATE OR DELETE"
            cursor.execute(f"CREATE TRIGGER refuse {timing} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {name}()")
    yield
    with connection.cursor() as cursor:
        cursor.execute("".join(f"DROP TRIGGER refuse ON {table};" for table in tables))
