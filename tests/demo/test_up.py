"""`make up` in a copy of the checkout: ready, stopped by a signal, and never stuck behind a run that was killed."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from devservices import state
from devservices.process_identity import command_line, started_at, wait_until_gone

pytestmark = pytest.mark.slow

PARTS = ("connector", "tenants", "integrations", "simulators", "devservices", "demo", "templates", "manage.py")


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    """A copy of what runs, with services and data of its own."""
    for part in PARTS:
        source = state.CHECKOUT / part
        if source.is_dir():
            shutil.copytree(source, tmp_path / part)
        elif source.exists():
            shutil.copy(source, tmp_path / part)
    yield tmp_path
    demo(tmp_path, "down").wait(timeout=120)
    subprocess.run([sys.executable, "-m", "devservices", "forget"], cwd=tmp_path, env=environment(), check=True)


def environment() -> dict[str, str]:
    """Without what pytest's own settings have put there."""
    return {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}


def demo(checkout: Path, door: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "demo", door]
    return subprocess.Popen(command, cwd=checkout, env=environment(), stdout=subprocess.PIPE, text=True)


def until_ready(process: subprocess.Popen[str]) -> str:
    """What was printed until everything runs."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if line.startswith("Ctrl-C stops it"):
            return said
    raise AssertionError(said)


def running_programs(said: str) -> dict[str, int]:
    """The pids of what runs, from the supervisor's record beside the logs."""
    logs = re.search(r"^\s+logs\s+(\S+)$", said, re.M)
    assert logs
    rows = json.loads((Path(logs[1]).parent / "processes.json").read_text())
    return {name: row["pid"] for name, row in rows.items() if started_at(row["pid"]) == row["started_at"]}


def test_up_serves_pages_and_stops_on_a_signal(checkout: Path) -> None:
    process = demo(checkout, "up")
    said = until_ready(process)
    page = re.search(r"^\s+pages\s+(\S+)", said, re.M)
    assert page
    with urllib.request.urlopen(f"{page[1]}/healthz") as answer:
        assert answer.read() == b"ok\n"
    programs = running_programs(said)
    assert set(programs) == {"supervisor", "sap", "servicetitan", "worker", "beat", "web"}
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0
    assert [name for name, pid in programs.items() if command_line(pid)] == []


def test_up_after_a_kill_starts_anew_and_leaves_nothing_of_the_killed_one(checkout: Path) -> None:
    killed = demo(checkout, "up")
    old = running_programs(until_ready(killed))
    killed.kill()
    killed.wait()
    again = demo(checkout, "up")
    new = running_programs(until_ready(again))
    assert not set(new.values()) & set(old.values())
    assert [name for name, pid in old.items() if not wait_until_gone(pid, patience=30)] == []
    stopping = demo(checkout, "down")
    assert stopping.wait(timeout=120) == 0
    assert again.wait(timeout=60) == 0
    assert [name for name, pid in new.items() if command_line(pid)] == []
