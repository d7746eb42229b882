"""Which process a pid is, so that a signal never reaches somebody else's.

A pid alone proves nothing: after a reboot, or long after a crash, it may be another program's. Its command line
and the moment it started do.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path


def command_line(pid: int) -> str:
    """The command line of a living process, "" where there is none (or where it is a zombie)."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return "" if Path("/proc/self").exists() else _ask_ps(pid, "command=")


def started_at(pid: int) -> str:
    """The boot and the moment a process started, stable over its life; "" where there is no such process."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "" if Path("/proc/self").exists() else _ask_ps(pid, "lstart=")
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot} {after_name[19]}"  # field 22 of proc(5), counted from field 3


def _ask_ps(pid: int, what: str) -> str:
    answer = subprocess.run(["/bin/ps", "-o", what, "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def end(pid: int, *, patience: float, first: signal.Signals = signal.SIGTERM, group: bool = False) -> None:
    """Asks a process to end, waits `patience` seconds, then kills it. A process that is gone is no error."""
    send = os.killpg if group else os.kill
    for number in (first, signal.SIGKILL):
        try:
            send(pid, number)
        except ProcessLookupError:
            return
        if wait_until_gone(pid, patience=patience):
            return


def wait_until_gone(pid: int, *, patience: float) -> bool:
    """Whether the process ended within `patience` seconds. A child of ours is reaped on the way."""
    limit = time.monotonic() + patience
    while command_line(pid):
        if time.monotonic() > limit:
            return False
        _reap(pid)
        time.sleep(0.02)
    _reap(pid)
    return True


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
