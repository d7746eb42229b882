"""Creates `.venv` and installs exactly what requirements/dev.txt names, by hash. Standard library only.

`python3 devservices/install.py` is run by make before everything else; it does nothing while the requirements are
what they were. uv is used where it is on the PATH (14 s from nothing), else pip (about 45 s).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".installed"
REQUIREMENTS = CHECKOUT / "requirements" / "dev.txt"
PIP = CHECKOUT / "requirements" / "pip.txt"
OLDEST = (3, 11)
NEWER_PYTHONS = ("python3.13", "python3.12", "python3.11")
NO_VENV = """
This Python cannot make a virtual environment (its module ensurepip is missing). Either
    apt-get install python3-venv        (Debian and Ubuntu)
or install uv, and run make again."""


def main() -> None:
    """Brings `.venv` up to date. Leaves with a message where that is not possible."""
    if sys.version_info < OLDEST:
        use_a_newer_python()
    with (CHECKOUT / ".install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
        if works() and STAMP.exists() and STAMP.read_text() == wanted:
            return
        print("Installing into .venv (once, and whenever the requirements change) ...", flush=True)
        if not (shutil.which("uv") and with_uv()):
            with_pip()
        STAMP.write_text(wanted)


def use_a_newer_python() -> None:
    """Goes on under a newer Python of this machine; leaves where there is none."""
    for name in NEWER_PYTHONS:
        found = shutil.which(name)
        if found and not subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode:
            os.execv(found, [found, *sys.argv])  # noqa: S606 - a fixed name, looked up on the user's own PATH
    sys.exit(f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed; this one is {sys.version.split()[0]}.")


def works() -> bool:
    """Whether `.venv` is there and its Python runs; it does not once the checkout was moved or Python removed."""
    return PYTHON.exists() and run([str(PYTHON), "-c", "import sys"], quiet=True)


def with_uv() -> bool:
    """Installs with uv. False where it could not, for instance because it does not know the machine's mirror."""
    made = works() or run(["uv", "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)])
    options = ["--quiet", "--python", str(PYTHON), "--require-hashes", "-r", str(REQUIREMENTS)]
    return made and run(["uv", "pip", "install", *options])


def with_pip() -> None:
    """Installs with pip, in its newest version if that can be had: it takes half the time of an old one."""
    has_pip = works() and run([str(PYTHON), "-m", "pip", "--version"], quiet=True)  # uv makes environments without
    if not has_pip and not run([sys.executable, "-m", "venv", "--clear", str(VENV)]):
        sys.exit(NO_VENV)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    if not run([*pip, "-r", str(PIP)]):
        print("Going on with the pip that is there.")
    if not run([*pip, "-r", str(REQUIREMENTS)]):
        sys.exit("The installation failed: see pip's message above.")


def run(command: Sequence[str], *, quiet: bool = False) -> bool:
    """Whether the command ended well."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run(command, check=False, capture_output=quiet, env=environment).returncode == 0


if __name__ == "__main__":
    main()
