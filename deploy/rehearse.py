"""Walks docs/deploy.md word for word on a fresh Debian in a directory of its own, and asks whether it is ready.

    debootstrap --variant=minbase --include=ca-certificates bookworm /srv/fresh
    python3 deploy/rehearse.py /srv/fresh

As root. Every block of the page that is shell, up to upgrading, is run there in its order, as it stands. What a person
does in between is done here: passwords are typed, the settings filled in, and systemd, which needs a machine of its
own, is played by a few lines that start what the units say, as the user they say. Prints each command; ends with 1 at
the first one that fails. Remains of an earlier rehearsal are not cleared away: take a new directory.
"""

from __future__ import annotations

import argparse
import base64
import os
import pty
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PAGE = CHECKOUT / "docs" / "deploy.md"
APP = "srv/ml-connector/releases/one/app"
PASSWORD = "OnlyForARehearsal1"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)

SYSTEMCTL = r"""#!/bin/sh
# systemd's part in a rehearsal: no more than the page asks of it.
start() {
    unit=/etc/systemd/system/$1.service
    set -a; eval "$(sed -n 's/^Environment=//p' $unit | tr ' ' '\n')"
    file=$(sed -n 's/^EnvironmentFile=-*//p' $unit); if [ -n "$file" ]; then . "$file"; fi; set +a
    cd "$(sed -n 's/^WorkingDirectory=//p' $unit)" || exit 1
    command=$(sed -n 's/^ExecStart=//p' $unit | sed 's/%%/%/g')
    user=$(sed -n 's/^User=//p' $unit)
    nohup setpriv --reuid "$user" --regid "$user" --init-groups $command >"/var/log/$1.log" 2>&1 &
}
case "$*" in
    daemon-reload) ;;
    "restart postgresql") exec pg_ctlcluster 15 main restart ;;
    "enable --now "*.socket) ;;  # gunicorn listens by itself where nobody does it for it
    "enable --now "*) shift 2; for each in "$@"; do (start "$each"); done ;;
    *) echo "not played: systemctl $*" >&2; exit 1 ;;
esac
"""


def main() -> int:
    """0 if /readyz says that everything is ready."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("root", type=Path, help="a fresh Debian 12, as debootstrap makes it")
    root = parser.parse_args().root.resolve()
    with machine(root):
        try:
            for number, (kind, text) in enumerate(blocks(PAGE.read_text().partition("\n## 7. ")[0])):
                step(root, kind, text, first=number == 0)
            return 0 if ready(root) else 1
        except subprocess.CalledProcessError as error:
            print(f"FAILED ({error.returncode}): {error.cmd}", file=sys.stderr)
            return 1


def blocks(page: str) -> Iterator[tuple[str, str]]:
    """The fenced blocks with their language ("" is shell), in their order."""
    for found in BLOCK.finditer(page):
        yield found[1], found[2]


def step(root: Path, kind: str, text: str, *, first: bool) -> None:
    """Does one block of the page, and what its words before it ask for."""
    if kind == "nginx":
        (root / "etc/nginx/sites-enabled/ml-connector").write_text(text)
        certificate(root)
        inside(root, "nginx -t")
        return
    if kind == "ini":
        (root / "etc/ml-connector/web.env").write_text(text.replace("password@", f"{PASSWORD}@"))
        return
    if kind:
        return
    if "useradd" in text:
        checkout(root)
    for command in text.strip().splitlines():
        if "ENV_FILE" in command and command.startswith("export"):
            fill_in(root)
        inside(root, command)
    if first:
        (root / "usr/local/bin/systemctl").write_text(SYSTEMCTL)
        (root / "usr/local/bin/systemctl").chmod(0o755)
        inside(root, "pg_ctlcluster 15 main start || true; redis-server --daemonize yes >/dev/null")


def checkout(root: Path) -> None:
    """The release, without anything that is not committed."""
    (root / APP).mkdir(parents=True)
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=CHECKOUT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(root / APP)], input=archive, check=True)


def fill_in(root: Path) -> None:
    """The settings that the page names, and nothing else."""

    def ring() -> str:
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()

    given = {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_KEYS": ring(),
        "AUDIT_KEYS": ring(),
        "DATABASE_URL": f"postgres://connector:{PASSWORD}@localhost:5432/connector",
        "WEB_DATABASE_ROLE": "connector_web",
        "PUBLIC_HOST": "connector.example.com",
        "TRUSTED_PROXIES": "127.0.0.1/32",
    }
    path = root / "etc/ml-connector/env"
    text = path.read_text()
    for name, value in given.items():
        text = re.sub(rf"^{name}=.*$", f"{name}={value}", text, flags=re.M)
    path.write_text(text)


def certificate(root: Path) -> None:
    """Of one's own, so that nginx can check its configuration."""
    inside(root, "mkdir -p /etc/ml-connector/tls")
    inside(
        root,
        "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=connector.example.com"
        " -keyout /etc/ml-connector/tls/key.pem -out /etc/ml-connector/tls/chain.pem 2>/dev/null",
    )


_kept = {"cwd": "/", "environment": ""}
"""What `cd` and `export` of the page leave to the commands after them."""


def inside(root: Path, command: str) -> None:
    """Runs one line there. Raises CalledProcessError."""
    print(f"# {command}", flush=True)
    if command.startswith("cd "):
        _kept["cwd"] = command[3:]
        return
    if command.startswith("export "):
        _kept["environment"] += f"{command}; "
        return
    if "curl --fail" in command:
        wait_for(root, command)
        return
    line = f"cd {_kept['cwd']}; {_kept['environment']}{command}"
    typed = {"--pwprompt": [PASSWORD] * 2, "createsuperuser": ["root@example.com", PASSWORD + "x", PASSWORD + "x"]}
    answers = next((words for mark, words in typed.items() if mark in command), [])
    code = spoken(root, line, answers)
    if code:
        raise subprocess.CalledProcessError(code, command)


def spoken(root: Path, line: str, answers: list[str]) -> int:
    """Runs a line at a terminal, and types an answer whenever it asks (a colon, then nothing)."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        os.execvp("chroot", ["chroot", str(root), "sh", "-c", line])
    seen, waiting = b"", list(answers)
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        seen += piece
        if waiting and seen.rstrip(b" ").endswith(b":"):
            os.write(terminal, f"{waiting.pop(0)}\n".encode())
            seen += b"\n"
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code:
        print(seen.decode(errors="replace")[-3000:], file=sys.stderr)
    return code


def wait_for(root: Path, command: str) -> None:
    """The page says to give it some seconds."""
    url = command.rsplit(maxsplit=1)[-1]
    ask = f"import urllib.request as r; print(r.urlopen('{url}', timeout=5).read().decode())"
    for _ in range(40):
        asked = subprocess.run(["chroot", str(root), "python3", "-c", ask], capture_output=True, text=True, check=False)
        if asked.returncode == 0:
            print(asked.stdout.strip())
            return
        time.sleep(3)
    print(asked.stderr[-2000:], file=sys.stderr)
    raise subprocess.CalledProcessError(1, command)


def ready(root: Path) -> bool:
    """Whether the web process works as the role that owns nothing, and the audit cannot be changed by it."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'connector_web'"
    change = "UPDATE customer_template.integrations_auditevent SET action = action"
    as_web = f"PGPASSWORD={PASSWORD} psql -h localhost -U connector_web connector -Atc"
    found = subprocess.run(
        ["chroot", str(root), "sh", "-c", f'{as_web} "{asked}"'], capture_output=True, text=True, check=True
    )
    refused = subprocess.run(
        ["chroot", str(root), "sh", "-c", f'{as_web} "{change}"'], capture_output=True, text=True, check=False
    )
    print(f"connections of connector_web: {found.stdout.strip()}; changing the audit: {refused.stderr.strip()}")
    return int(found.stdout) > 1 and "permission denied" in refused.stderr


@contextmanager
def machine(root: Path) -> Iterator[None]:
    """/proc and /dev, and at the end nothing that still runs there."""
    mounts = [
        ["-t", "proc", "proc", str(root / "proc")],
        ["--bind", "/dev", str(root / "dev")],
        ["-t", "tmpfs", "-o", "mode=1777", "tmpfs", str(root / "dev/shm")],
    ]
    for mount in mounts:
        subprocess.run(["mount", *mount], check=True)
    try:
        yield
    finally:
        stop(root)
        for mount in reversed(mounts):
            subprocess.run(["umount", "-l", mount[-1]], check=False)


def stop(root: Path) -> None:
    """Ends the processes whose root is this directory, and no other."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "root").resolve() == root:
                os.kill(int(entry.name), 15)
        except OSError:
            continue


if __name__ == "__main__":
    sys.exit(main())
