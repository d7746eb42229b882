"""The supervisor of our own processes: nothing outlives it, and nothing that is not ours is ever signalled."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from devservices.process_identity import command_line, started_at, wait_until_gone
from devservices.processes import Program, Supervisor, end_leftovers
from devservices.state import ServiceError

SLEEPER = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)")
DEAF = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
STUBBORN = (sys.executable, "-c", DEAF)


def prints_up(supervisor: Supervisor, name: str) -> Program:
    return Program(name, SLEEPER, ready=lambda: b"up" in supervisor.log(name).read_bytes())


def test_a_program_is_ready_when_it_says_so_and_gone_after_the_block(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        pid = supervisor.start(prints_up(supervisor, "web"))
        assert supervisor.alive("web")
        assert supervisor.log("web").read_text() == "up\n"
    assert command_line(pid) == ""


def test_a_program_that_ends_at_once_is_reported_with_its_last_words(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "print('no database'); raise SystemExit(3)")
    with Supervisor(tmp_path) as supervisor, pytest.raises(ServiceError, match="(?s)worker ended.*no database"):
        supervisor.start(Program("worker", command, ready=lambda: False))


def test_the_environment_of_a_program_is_its_own_and_the_supervisors(tmp_path: Path) -> None:
    show = (sys.executable, "-c", "import os; print(os.environ['ONE'], os.environ['TWO'], flush=True)")
    with Supervisor(tmp_path, environment={"ONE": "1", "TWO": "1"}) as supervisor:
        program = Program("web", show, environment={"TWO": "2"}, ready=lambda: bool(supervisor.log("web").read_text()))
        supervisor.start(program)
        assert supervisor.log("web").read_text() == "1 2\n"


def test_a_kill_reaches_the_children_of_the_program_too(tmp_path: Path) -> None:
    family = "import subprocess, sys; c = subprocess.Popen(sys.argv[1:]); print(c.pid, flush=True); c.wait()"
    with Supervisor(tmp_path) as supervisor:
        ready = lambda: supervisor.log("worker").read_text().endswith("up\n")  # noqa: E731
        supervisor.start(Program("worker", (sys.executable, "-c", family, *SLEEPER), ready=ready))
        child = int(supervisor.log("worker").read_text().split()[0])
        assert command_line(child)
        supervisor.kill("worker")
        assert wait_until_gone(child, patience=5)
        assert not supervisor.alive("worker")


def test_a_program_that_ended_by_itself_is_named(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        pid = supervisor.start(prints_up(supervisor, "beat"))
        supervisor.send("beat", signal.SIGKILL)
        assert wait_until_gone(pid, patience=5)
        wait_for(lambda: supervisor.ended() == ["beat"])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_programs_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    pid = killed_supervisor(tmp_path, SLEEPER)
    assert wait_until_gone(pid, patience=10)


def test_what_a_killed_supervisor_left_is_ended_at_the_next_start(tmp_path: Path) -> None:
    pid = killed_supervisor(tmp_path, STUBBORN)  # ignores the signal that the kernel sends
    assert command_line(pid)
    row = json.loads((tmp_path / "processes.json").read_text())["worker"]
    assert row == {"pid": pid, "started_at": started_at(pid)}
    assert end_leftovers(tmp_path / "processes.json", patience=0.1) == ["worker"]
    assert command_line(pid) == ""


def test_a_recorded_pid_that_now_belongs_to_another_program_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen(SLEEPER, stdout=subprocess.DEVNULL)
    try:
        row = {"pid": stranger.pid, "started_at": "an earlier boot"}
        record = tmp_path / "processes.json"
        record.write_text(json.dumps({"supervisor": {"pid": 1, "started_at": ""}, "worker": row}))
        assert end_leftovers(record) == []
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_second_supervisor_does_not_end_the_first_ones_programs(tmp_path: Path) -> None:
    other = subprocess.Popen(SLEEPER, stdout=subprocess.DEVNULL)
    try:
        row = {"pid": other.pid, "started_at": started_at(other.pid)}
        (tmp_path / "processes.json").write_text(json.dumps({"supervisor": row, "web": row}))
        with pytest.raises(ServiceError, match=f"It runs already, under process {other.pid}"):
            Supervisor(tmp_path)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def killed_supervisor(directory: Path, command: tuple[str, ...]) -> int:
    """Starts a supervisor with one worker, kills the supervisor with SIGKILL, and returns the worker's pid."""
    script = (
        "import sys, time, pathlib; from devservices.processes import *\n"
        "s = Supervisor(pathlib.Path(sys.argv[1])); s.start(Program('worker', sys.argv[2:]))\n"
        "print('started', flush=True); time.sleep(60)"
    )
    supervisor = subprocess.Popen(
        [sys.executable, "-c", script, str(directory), *command], stdout=subprocess.PIPE, text=True
    )
    assert supervisor.stdout is not None
    assert supervisor.stdout.readline() == "started\n"
    pid = int(json.loads((directory / "processes.json").read_text())["worker"]["pid"])
    wait_for(lambda: "up" in (directory / "logs" / "worker.log").read_text())
    supervisor.kill()
    supervisor.wait()
    supervisor.stdout.close()
    return pid


def wait_for(condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < limit
