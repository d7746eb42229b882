"""The commands of the image, in a virtual environment made from requirements/production.txt alone.

The folder holds what the image copies and nothing else of the checkout, and is not written to while they run.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml

from devservices import programs, urls, valkey
from devservices.processes import Program, Supervisor
from devservices.state import CHECKOUT
from tests.databases import Copy

pytestmark = pytest.mark.slow

DOCKERFILE = (CHECKOUT / "Dockerfile").read_text()
PRODUCT = DOCKERFILE[DOCKERFILE.index(" AS product") : DOCKERFILE.index(" AS simulators")]
COMPOSE: dict[str, Any] = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
INSTANCE = "faults"
KEYS = {
    "SECRET_KEY": "canary-secret-key-of-more-than-fifty-characters-for-this-test",
    "FIELD_KEYS": "Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2E=",
    "AUDIT_KEYS": "YXVkaXQtY2FuYXJ5LWF1ZGl0LWNhbmFyeS1hdWRpdC0=",
}


@pytest.fixture(scope="module")
def programs_of_the_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that has what requirements/production.txt names."""
    home = tmp_path_factory.mktemp("bare") / "venv"
    requirements = ["--require-hashes", "-r", str(CHECKOUT / "requirements" / "production.txt")]
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if uv:
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(home)], check=True)
        subprocess.run([uv, "pip", "install", "-q", "--python", str(home / "bin/python"), *requirements], check=True)
    else:
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(home / "bin/pip"), "install", "-q", *requirements], check=True)
    return home / "bin"


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """What the image copies, as the image has it."""
    folder = tmp_path / "image"
    folder.mkdir()
    for source, target in re.findall(r"^COPY (\S+) (\S+)$", PRODUCT, re.M):
        if source.endswith("/"):
            shutil.copytree(CHECKOUT / source, folder / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(CHECKOUT / source, folder / target)
    return folder


def environment(where: Path, database: str) -> dict[str, str]:
    return {
        "PATH": f"{where}:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "DEVELOPMENT": "off",
        "PUBLIC_HOST": "connector.example.com",
        "DATABASE_URL": database,
        "BROKER_URL": urls.broker_url(INSTANCE),
        **KEYS,
    }


def test_check_deploy_has_nothing_to_say(programs_of_the_image: Path, image: Path) -> None:
    run = subprocess.run(
        ["python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=image,
        env=environment(programs_of_the_image, "postgres://build@localhost/build"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")


def test_every_command_of_the_image_works_and_a_second_beat_does_no_harm(
    programs_of_the_image: Path, image: Path, tmp_path: Path, own_database: Copy
) -> None:
    valkey.start(INSTANCE)
    valkey.empty(INSTANCE)
    variables = environment(programs_of_the_image, own_database.url)
    try:
        for command in (["collectstatic", "--noinput"], COMPOSE["services"]["migrate"]["command"][2:]):
            subprocess.run(["python", "manage.py", *command], cwd=image, env=variables, check=True, capture_output=True)
        before = contents(image)
        with Supervisor(tmp_path, environment=variables) as supervisor:
            address = start_all(supervisor, image)
            assert asked(f"{address}/healthz") == (200, "ok\n")
            assert ready(address)["ready"] is True
            assert sorted(supervisor.ended()) == []
            assert asked(f"{address}/sign-in/", Host="connector.example.com")[0] == 301
            encrypted = {"Host": "connector.example.com", "X-Forwarded-Proto": "https"}
            assert asked(f"{address}/sign-in/", **encrypted)[0] == 200
        assert contents(image) == before, "the image's file system is read-only"
    finally:
        valkey.stop(INSTANCE)


def start_all(supervisor: Supervisor, image: Path) -> str:
    """web, both kinds of workers, and beat twice, by the command lines of Dockerfile and compose file."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    found = re.search(r"^CMD (\[.*?\])$", PRODUCT.replace("\\\n", ""), re.M)
    assert found
    web = [part.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for part in json.loads(found[1])]
    address = f"http://127.0.0.1:{port}"
    commands = {name: COMPOSE["services"][name]["command"] for name in ("worker", "teller", "beat")}
    for name, command in {**commands, "beat-again": commands["beat"], "web": web}.items():
        line = f"cd {shlex.quote(str(image))} && exec {shlex.join(command)}"
        supervisor.start(Program(name, ["/bin/sh", "-c", line]), wait=False)
    supervisor.wait_until_ready(Program("web", [], ready=lambda: programs.answers(f"{address}/healthz")))
    supervisor.wait_until_ready(Program("worker", [], ready=lambda: bool(ready(address)["ready"])))
    return address


def ready(address: str) -> Any:
    return json.loads(asked(f"{address}/readyz")[1])


def asked(url: str, **headers: str) -> tuple[int, str]:
    """Status and body; redirects are not followed."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    try:
        with urllib.request.build_opener(Stay).open(urllib.request.Request(url, headers=names), timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def contents(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}
