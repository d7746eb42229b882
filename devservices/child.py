"""Runs one command that ends when its supervisor ends, however that happened. Standard library only.

`python child.py SUPERVISOR_PID COMMAND...`: on Linux the kernel is asked to send SIGTERM to this process when its
parent dies; then the command takes the process over. Done in a program of its own, since code between fork and exec
is not safe in a supervisor that has threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)


def main(arguments: list[str]) -> None:
    """Never returns: becomes the command, or leaves if the supervisor is already gone."""
    supervisor, command = int(arguments[0]), arguments[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != supervisor:
        sys.exit("The supervisor is gone.")
    os.execvp(command[0], command)  # noqa: S606 - the command comes from our own supervisor


if __name__ == "__main__":
    main(sys.argv[1:])
