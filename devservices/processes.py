"""A small supervisor for the product's own processes: web, workers, beat and the two simulators.

Each child leads a process group of its own, logs to `<directory>/logs/<name>.log` and ends with its supervisor.
Whatever a killed supervisor left behind is recorded in `<directory>/processes.json` and ended at the next start,
provided that the pid is proven to be the very process that was recorded.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from devservices.process_identity import end, started_at
from devservices.state import ServiceError

STOP_SECONDS = 20.0
READY_SECONDS = 60.0
SUPERVISOR = "supervisor"
CHILD = Path(__file__).with_name("child.py")


@dataclass(frozen=True, slots=True)
class Program:
    """A command to keep running. `ready` is asked until it says yes. `environment` is added to the supervisor's.

    It works in `directory`, or where the supervisor does, and inherits the open files of `files`, as numbers.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    ready: Callable[[], bool] | None = None
    directory: Path | None = None
    files: Sequence[int] = ()


class Supervisor:
    """Starts programs and ends them again. Used as a context manager; not safe to share between threads."""

    def __init__(self, directory: Path, *, environment: Mapping[str, str] | None = None) -> None:
        """`directory` exists and belongs to this supervisor alone. `environment` is what every program gets."""
        self.directory = directory
        self.environment = dict(os.environ if environment is None else environment)
        self.record = directory / "processes.json"
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        (directory / "logs").mkdir(exist_ok=True)
        end_leftovers(self.record)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_all()

    def start(self, program: Program, *, wait: bool = True) -> int:
        """Starts a program, waits until it is ready (unless told not to) and returns its pid. Raises ServiceError."""
        if self.alive(program.name):
            raise ServiceError(f"{program.name} runs already.")
        with self.log(program.name).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-S", "-E", str(CHILD), str(os.getpid()), *program.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**self.environment, **program.environment},
                cwd=program.directory,
                pass_fds=program.files,
                start_new_session=True,
            )
        self._running[program.name] = process
        self._write_record()
        if wait:
            self.wait_until_ready(program)
        return process.pid

    def wait_until_ready(self, program: Program, seconds: float = READY_SECONDS) -> None:
        """Raises ServiceError, with the end of its log, where the program ends or does not get ready in time."""
        limit = time.monotonic() + seconds
        while program.ready and not program.ready():
            problem = "" if self.alive(program.name) else "ended"
            problem = problem or ("was not ready in time" if time.monotonic() > limit else "")
            if problem:
                log = self.log(program.name)
                tail = log.read_bytes()[-3000:].decode(errors="replace")
                raise ServiceError(f"{program.name} {problem}. The end of {log}:\n{tail}")
            time.sleep(0.05)

    def log(self, name: str) -> Path:
        """The log file of a program."""
        return self.directory / "logs" / f"{name}.log"

    def alive(self, name: str) -> bool:
        """Whether the program runs."""
        process = self._running.get(name)
        return process is not None and process.poll() is None

    def ended(self) -> list[str]:
        """The programs that ended by themselves."""
        return [name for name in self._running if not self.alive(name)]

    def send(self, name: str, number: signal.Signals) -> None:
        """Sends a signal to the program's whole group: SIGSTOP and SIGCONT pause a worker with its children."""
        os.killpg(self._running[name].pid, number)

    def kill(self, name: str) -> None:
        """SIGKILL for the program and all its children at once: the crash that the tests are about."""
        process = self._running.pop(name)
        end_group(process.pid, first=signal.SIGKILL)
        process.wait()
        self._write_record()

    def stop(self, name: str) -> None:
        """Asks a program to end, and kills it if it does not."""
        process = self._running.pop(name)
        end_process(process)
        self._write_record()

    def stop_all(self) -> None:
        """Stops everything, the youngest first: nobody is left to call a service that is gone."""
        for process in self._running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for name in reversed(list(self._running)):
            self.stop(name)

    def _write_record(self) -> None:
        programs = {name: process.pid for name, process in self._running.items()}
        rows = {name: _identity(pid) for name, pid in {SUPERVISOR: os.getpid(), **programs}.items()}
        unfinished = self.record.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(rows, indent=1))
        unfinished.replace(self.record)


def end_process(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM, patience, then SIGKILL for the whole group, children that outlived their leader included."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        end_group(process.pid, first=signal.SIGKILL)
        process.wait()
    end_group(process.pid, first=signal.SIGKILL)


def end_group(pid: int, *, first: signal.Signals) -> None:
    """Sends a signal to a process group; one that is gone is no error."""
    try:
        os.killpg(pid, first)
    except (ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
        return


def end_leftovers(record: Path, *, patience: float = STOP_SECONDS) -> list[str]:
    """Ends what a killed supervisor left running, and returns the names of it.

    Raises ServiceError where the recorded supervisor is alive: two of them would end each other's processes.
    """
    try:
        rows = json.loads(record.read_text())
    except (OSError, ValueError):
        return []
    supervisor = rows.pop(SUPERVISOR)
    if len(rows) and supervisor["pid"] != os.getpid() and _is_still(supervisor):
        raise ServiceError(f"It runs already, under process {supervisor['pid']}. Stop that one first (Ctrl-C there).")
    left = {name: row for name, row in rows.items() if _is_still(row)}
    for row in left.values():
        end(row["pid"], patience=patience, group=True)
    record.unlink(missing_ok=True)
    return list(left)


def end_supervisor(record: Path) -> bool:
    """Asks the recorded supervisor to stop and waits until it has; False where none runs."""
    try:
        supervisor = json.loads(record.read_text())[SUPERVISOR]
    except (OSError, ValueError):
        return False
    if supervisor["pid"] == os.getpid() or not _is_still(supervisor):
        return False
    end(supervisor["pid"], patience=3 * STOP_SECONDS)
    return True


def _identity(pid: int) -> dict[str, int | str]:
    return {"pid": pid, "started_at": started_at(pid)}


def _is_still(row: Mapping[str, Any]) -> bool:
    return bool(row["started_at"]) and started_at(row["pid"]) == row["started_at"]
