"""Every session at the database has its limits, behind a pooler too; one that others get in turn is found out."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from devservices import state
from tenants import database_sessions

database: Any = connection
NEEDS_PGBOUNCER = pytest.mark.skipif(shutil.which("pgbouncer") is None, reason="PgBouncer is not installed")
CONFIGURATION = """[databases]
* = {server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
"""


@contextmanager
def pgbouncer(mode: str) -> Iterator[int]:
    """The port of a PgBouncer in front of the tests' server, with nothing configured but what it needs."""
    names = ("HOST", "PORT", "USER", "PASSWORD")
    server = " ".join(f"{name.lower()}={value}" for name in names if (value := settings.DATABASES["default"][name]))
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        listen = free.getsockname()[1]
        free.close()
        file = state.give(Path(folder)) / "pgbouncer.ini"
        file.write_text(CONFIGURATION.format(server=server, listen=listen, mode=mode))
        process = subprocess.Popen(["pgbouncer", str(file)], stderr=subprocess.PIPE, **state.service_account())
        try:
            _await(listen, process)
            yield listen
        finally:
            process.kill()
            process.communicate()


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise AssertionError(f"PgBouncer does not listen: {process.communicate()[1].decode()}")


@pytest.fixture
def through(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sends new connections to another port."""

    def send(port: int) -> None:
        params = {**database.get_connection_params(), "host": "127.0.0.1", "port": port}
        monkeypatch.setattr(database, "get_connection_params", lambda: dict(params))

    return send


def limits(session: Any) -> list[str]:
    names = ("idle_in_transaction_session_timeout", "lock_timeout", "statement_timeout")
    return [session.execute(f"SHOW {name}").fetchone()[0] for name in names]


def begun() -> Any:
    """A new session, begun as Django begins them."""
    other = database.copy()
    other.get_connection_params = database.get_connection_params
    other.connect()
    return other


def test_a_session_begins_with_its_limits(db):
    other = begun()
    try:
        assert limits(other.connection) == ["1min", "90s", "2min"]
    finally:
        other.close()


@NEEDS_PGBOUNCER
def test_behind_pgbouncer_a_session_has_its_limits_and_is_nobody_elses(db, through):
    with pgbouncer("session") as port:
        through(port)
        other = begun()
        try:
            assert limits(other.connection) == ["1min", "90s", "2min"]
            assert not database_sessions.are_shared()
        finally:
            other.close()


@NEEDS_PGBOUNCER
def test_pgbouncer_that_gives_a_session_to_others_in_turn_stops_a_deployment(db, through):
    with pgbouncer("transaction") as port:
        through(port)
        assert database_sessions.are_shared()
        with pytest.raises(CommandError, match="session mode"):
            call_command("migrate_customers")


def test_connections_have_sessions_of_their_own(db):
    assert not database_sessions.are_shared()


def test_one_session_for_two_connections_stops_a_deployment_before_anything_is_changed(db, monkeypatch):
    with database.get_new_connection(database.get_connection_params()) as only:
        monkeypatch.setattr(database, "get_new_connection", lambda params: only)
        with pytest.raises(CommandError, match="session mode"):
            call_command("migrate_customers")
