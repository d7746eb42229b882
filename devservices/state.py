"""Where the services of an instance keep their files, and which account they run as.

Normally everything is below `.state/<instance>` of the checkout. PostgreSQL refuses to run as root, so root runs it
as `nobody`; where `nobody` cannot reach the checkout (below a home directory of mode 0700) or where the path of a
socket would be too long, the files are below `/var/tmp/mlc-<hash of checkout and user>` instead.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent
INSTANCES = ("main", "demo", "tests", "faults", "processes", "bench")
SOCKET_PATH_LIMIT = 100  # bytes; the kernel's own limit is 107
LONGEST_SOCKET_NAME = "postgres/run/.s.PGSQL.5432.lock"
FALLBACK_PARENT = Path("/var/tmp")  # noqa: S108 - ours is made with mkdir, and refused if somebody else owns it


class ServiceError(Exception):
    """A service could not be started, with what to do about it."""


def instance_name(name: str = "") -> str:
    """The named instance, else the one that DEVSERVICES_INSTANCE names, else `main`."""
    chosen = name or os.environ.get("DEVSERVICES_INSTANCE", "") or "main"
    if chosen not in INSTANCES:
        raise ServiceError(f"There is no instance {chosen!r}: it is one of {', '.join(INSTANCES)}.")
    return chosen


def root(instance: str = "", *, checkout: Path = CHECKOUT, uid: int | None = None) -> Path:
    """The directory of an instance. Only computed: nothing is created."""
    uid = os.getuid() if uid is None else uid
    near = checkout / ".state" / instance_name(instance)
    fits = len(os.fsencode(near / LONGEST_SOCKET_NAME)) <= SOCKET_PATH_LIMIT
    if fits and (uid != 0 or open_to_everybody(checkout)):
        return near
    digest = hashlib.sha256(f"{checkout}:{uid}".encode()).hexdigest()[:12]
    return FALLBACK_PARENT / f"mlc-{digest}" / instance_name(instance)


def open_to_everybody(path: Path) -> bool:
    """Whether any account may pass through `path` and everything above it."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in (path, *path.parents))


def prepare(instance: str = "") -> Path:
    """Creates the directory of an instance, safe from other accounts, and returns it."""
    directory = root(instance)
    mode = 0o711 if os.getuid() == 0 else 0o700  # nobody passes through, but lists nothing
    for part in (directory.parent, directory):
        part.mkdir(mode=mode, exist_ok=True)
        found = part.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise ServiceError(f"{part} belongs to another account. Remove it, or work in a checkout of your own.")
        part.chmod(mode)
    (directory / "logs").mkdir(mode=0o700, exist_ok=True)
    return directory


def service_account() -> dict[str, Any]:
    """Arguments for subprocess that run a program as `nobody`; none for an ordinary user."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def give(path: Path, mode: int = 0o700) -> Path:
    """Creates a directory for the account that PostgreSQL runs as."""
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    account = service_account()
    if account:
        os.chown(path, account["user"], account["group"])
    path.chmod(mode)
    return path


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """One starter at a time per directory, over all processes."""
    with (directory / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
