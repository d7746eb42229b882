"""Releases in directories of their own, and the part of docs/deploy.md and of systemd that an upgrade needs.

The commands come from the page and the command lines from the units, so that what is tested is what is written.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from devservices import programs
from devservices.processes import Program, Supervisor
from devservices.state import CHECKOUT

PAGE = CHECKOUT / "docs" / "deploy.md"
UNITS = CHECKOUT / "deploy" / "systemd"
HOME = "/srv/ml-connector/current"
ACTIVATED = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3);"
    "os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid())); os.execv(sys.argv[2], sys.argv[2:])"
)
"""What systemd does for a service with a socket: it is file 3, and two variables say so."""


def release(revision: str, directory: Path) -> Path:
    """The files of a revision in a directory of their own, or for "" those of this checkout as they are now.

    Raises CalledProcessError where there is no such history.
    """
    tree = directory / "releases" / (revision or "checkout") / "app"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    if revision:
        packed = _git("archive", revision)
        with tarfile.open(fileobj=io.BytesIO(packed)) as files:
            files.extractall(tree, filter="data")
        return tree
    for name in _git("ls-files", "-z", "--cached", "--others", "--exclude-standard").decode().split("\0"):
        if name and (CHECKOUT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, tree / name)
    return tree


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=CHECKOUT, capture_output=True, check=True).stdout


def commands(chapter: str) -> Iterator[str]:
    """The lines of the first shell block below a heading of docs/deploy.md."""
    text = PAGE.read_text().partition(f"\n## {chapter}")[2].partition("\n## ")[0]
    found = re.search(r"^```\n(.*?)^```$", text, re.M | re.S)
    if found is None:
        raise LookupError(f"docs/deploy.md has no block below {chapter!r}.")
    yield from found[1].splitlines()


class Machine:
    """One machine with systemd on it, as far as this page goes: `worker` stands for two of the same unit."""

    def __init__(self, supervisor: Supervisor, listener: socket.socket, web: Mapping[str, str]) -> None:
        self.supervisor, self.listener, self.web = supervisor, listener, web
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.current = Path()

    def manage(self, tree: Path, *words: str) -> str:
        """A command of a release, as the owner of the tables. Raises CalledProcessError."""
        run = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=tree,
            env={**self.supervisor.environment, "PYTHONPATH": str(tree)},
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            raise RuntimeError(f"manage.py {shlex.join(words)} ended with {run.returncode}:\n{run.stdout}{run.stderr}")
        return run.stdout

    def restart(self, unit: str) -> None:
        """Each process of the unit is asked to end, and when it has, the current release is started in its place."""
        for name in {"worker": ("one", "two")}.get(unit, (unit,)):
            if self.supervisor.alive(name):
                self.supervisor.stop(name)
            self.supervisor.start(self._program(unit, name))

    def _program(self, unit: str, name: str) -> Program:
        line = _command(unit)
        if unit == "web":
            command = [sys.executable, "-c", ACTIVATED, str(self.listener.fileno()), *line]
            return self._made(name, command, lambda: programs.answers(f"{self.url}/healthz"))
        ready = {"beat": "maxinterval"}.get(unit, " ready.")
        host = [] if unit == "beat" else ["--hostname", f"{name}@%h"]
        return self._made(name, [*line, *host, "--loglevel", "INFO"], programs.says(self.supervisor, name, ready))

    def _made(self, name: str, command: list[str], ready: Callable[[], bool]) -> Program:
        tree = self.current
        more = {"PYTHONPATH": str(tree), **(self.web if name == "web" else {})}
        files = (self.listener.fileno(),) if name == "web" else ()
        return Program(name, command, more, ready, directory=tree, files=files)

    def upgrade(self, tree: Path) -> Iterator[str]:
        """Does what the page says for this release, one command at a time; tells each before it is done.

        Raises LookupError for a command that is not known here.
        """
        for line in commands("7. Upgrading"):
            yield line
            self._do(line, tree)

    def _do(self, line: str, tree: Path) -> None:
        words = line.split()
        if words[0] in ("cd", "export", "cp") or words[1:2] == ["daemon-reload"] or "/pip " in line or "venv" in words:
            return  # packages are those of this environment; units are read where they stand
        if words[0] == "ln":
            self.current = tree
        elif words[:2] == ["systemctl", "restart"]:
            self.restart(words[2].removeprefix("ml-connector-"))
        elif words[1:2] == ["manage.py"]:
            self.manage(tree, *words[2:])
        elif words[:2] == ["curl", "--fail"]:
            probe = Program("web", [], ready=lambda: programs.answers(self.url + "/readyz"))
            self.supervisor.wait_until_ready(probe)
        else:
            raise LookupError(f"docs/deploy.md says what is not known here: {line}")


def _command(unit: str) -> list[str]:
    """The command line of a unit, with the programs of this environment."""
    text = (UNITS / f"ml-connector-{unit}.service").read_text()
    line = re.search(rf"^ExecStart={HOME}/venv/bin/(.*)$", text, re.M)
    if line is None:
        raise LookupError(f"The unit of {unit} does not start a program of {HOME}.")
    program, *words = shlex.split(line[1].replace("%%", "%"))
    return [sys.executable, "-m", program, *words]


def listen() -> socket.socket:
    """systemd's part of ml-connector-web.socket, on a port of its own."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(2048)
    os.set_inheritable(listener.fileno(), True)
    return listener
