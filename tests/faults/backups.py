"""pg_dump and pg_restore over the database of a test, as docs/operations.md has it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql

from devservices import postgres, state
from tests.databases import Copy


def dump(database: Copy, file: Path, *options: str) -> None:
    """A backup of the database as it is now, in PostgreSQL's custom format."""
    _run("pg_dump", database, "--format=custom", f"--file={file}", *options)


def restore_all(database: Copy, file: Path) -> None:
    """The database is lost; a new one is made of the backup."""
    connections.close_all()
    with _maintenance() as server:
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database.name)))
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database.name)))
    _run("pg_restore", database, "--no-owner", "--exit-on-error", f"--dbname={database.name}", str(file))


def restore_schema(database: Copy, file: Path, schema: str) -> None:
    """One customer's schema is set aside and made anew of the backup, while everything else stays as it is."""
    with psycopg.connect(dbname=database.name, autocommit=True, **_where()) as server:
        aside = sql.Identifier(f"{schema}_lost")
        server.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(sql.Identifier(schema), aside))
        server.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    options = ("--no-owner", "--exit-on-error", f"--schema={schema}", f"--dbname={database.name}")
    _run("pg_restore", database, *options, str(file))


def _where() -> dict[str, Any]:
    default = settings.DATABASES["default"]
    known = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    return {word: default[key] for word, key in known.items() if default[key]}


def _maintenance() -> psycopg.Connection[Any]:
    return psycopg.connect(dbname="postgres", autocommit=True, **_where())


def _run(program: str, database: Copy, *options: str) -> None:
    """One of PostgreSQL's own programs: those beside the embedded server, else those of the machine."""
    place = "" if os.environ.get("DATABASE_URL") else f"{postgres.binaries(state.root() / 'postgres')}/"
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
    where = {names[word]: str(value) for word, value in _where().items()}
    environment = {**os.environ, **where, "PGDATABASE": database.name}
    done = subprocess.run([f"{place}{program}", *options], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
