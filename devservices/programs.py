"""The product's processes as commands: what web, worker, beat and the simulators are started with.

Only command lines: nothing of the product is imported. Whoever starts them hands in DATABASE_URL, BROKER_URL and
OUTGOING_ALLOW by the environment (`environment` makes one for an instance).
"""

from __future__ import annotations

import os
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from devservices import urls
from devservices.processes import Program, Supervisor
from devservices.state import CHECKOUT

LOOPBACK = "127.0.0.0/8"


def environment(instance: str = "", **more: str) -> dict[str, str]:
    """The environment of every process of an instance: embedded services, calls to loopback allowed."""
    return {
        **os.environ,
        "DATABASE_URL": urls.database_url(instance),
        "BROKER_URL": urls.broker_url(instance),
        "REDIS_URL": "",
        "DEVELOPMENT": "on",
        "OUTGOING_ALLOW": LOOPBACK,
        "OUTGOING_ALLOW_PLAIN_HTTP": "on",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(CHECKOUT),
        **more,
    }


def web(port: int) -> Program:
    """gunicorn on loopback; ready once the health check says that the database answers."""
    options = ["--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4", "--no-control-socket"]
    command = [sys.executable, "-m", "gunicorn", "connector.wsgi:application", *options]
    return Program("web", command, ready=lambda: answers(f"http://127.0.0.1:{port}/healthz"))


def worker(supervisor: Supervisor, name: str = "worker", *, processes: int = 2) -> Program:
    """A Celery worker with its child processes; ready once it says so in its log."""
    options = ["--concurrency", str(processes), "--hostname", f"{name}@%h", "--loglevel", "INFO"]
    quiet = ["--without-gossip", "--without-mingle"]
    return Program(name, [*celery("worker"), *options, *quiet], ready=says(supervisor, name, " ready."))


def beat(supervisor: Supervisor, name: str = "beat") -> Program:
    """Celery beat; ready once it has shown its settings."""
    command = [*celery("beat"), "--pidfile=", "--loglevel", "INFO"]
    return Program(name, command, ready=says(supervisor, name, "maxinterval"))


def celery(command: str) -> list[str]:
    """The Celery command line of the product."""
    return [sys.executable, "-m", "celery", "--app", "connector.celery", command]


def simulator(system: str, port_file: Path, *options: str, port: int = 0) -> Program:
    """A simulator (`sap` or `servicetitan`) as a process; ready once its port stands in `port_file`."""
    port_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", f"simulators.{system}", "--port", str(port), "--port-file", str(port_file)]
    return Program(system, [*command, *options], ready=port_file.exists)


def says(supervisor: Supervisor, name: str, words: str) -> Callable[[], bool]:
    """Whether the words stand in what the program has logged since now."""
    log = supervisor.log(name)
    start = log.stat().st_size if log.exists() else 0

    def looks() -> bool:
        return words.encode() in log.read_bytes()[start:]

    return looks


def answers(url: str, headers: Mapping[str, str] | None = None) -> bool:
    """Whether a URL on loopback answers with 200."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers or {})), timeout=5) as answer:  # noqa: S310 - http on loopback
            return int(answer.status) == 200
    except (urllib.error.URLError, OSError):
        return False


def free_port(preferred: int) -> int:
    """The preferred port of loopback, or any free one where it is taken."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("No port of loopback is free.")
