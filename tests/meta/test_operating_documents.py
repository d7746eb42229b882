"""What the documents for operators claim has its evidence, and the units start what the compose file starts."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import yaml

from devservices.state import CHECKOUT

COMPOSE: dict[str, Any] = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
UNITS = {path.stem.removeprefix("ml-connector-"): path for path in (CHECKOUT / "deploy" / "systemd").glob("*.service")}
ROWS = [line for line in (CHECKOUT / "docs" / "security.md").read_text().splitlines() if re.match(r"\| \d", line)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split(" ")[1])
def test_every_line_of_the_standard_names_a_file_or_a_test_that_exists(row: str) -> None:
    evidence = re.findall(r"`([^`]+)`", row.rsplit("|", 2)[1])
    assert evidence, row
    for named in evidence:
        path, _, test = named.partition("::")
        assert (CHECKOUT / path).is_file(), named
        assert not test or re.search(rf"^\s*def {test}\(", (CHECKOUT / path).read_text(), re.M), named


def test_there_are_lines_to_check() -> None:
    assert len(ROWS) >= 20


def test_every_test_file_that_a_document_names_exists() -> None:
    for document in ("operations.md", "security.md", "deploy.md", "privacy.md"):
        named = re.findall(r"`(tests/[\w/]+\.py)", (CHECKOUT / "docs" / document).read_text())
        assert [path for path in named if not (CHECKOUT / path).is_file()] == []


@pytest.mark.parametrize("name", ["worker", "teller", "beat"])
def test_a_unit_starts_what_the_compose_file_starts(name: str) -> None:
    assert command(name)[1:] == [str(part) for part in COMPOSE["services"][name]["command"]][1:]


def test_the_web_unit_starts_what_the_image_starts_but_on_loopback() -> None:
    image = (CHECKOUT / "Dockerfile").read_text().replace("\\\n", "")
    found = re.search(r'^CMD \["gunicorn", (.*)\]$', image, re.M)
    assert found
    wanted = re.findall(r'"([^"]+)"', found[1])
    assert command("web")[1:] == [part.replace("0.0.0.0:", "127.0.0.1:") for part in wanted]


def test_systemd_listens_where_the_web_process_would_and_goes_on_while_it_is_exchanged() -> None:
    unit = (CHECKOUT / "deploy" / "systemd" / "ml-connector-web.socket").read_text()
    assert re.search(r"^ListenStream=127.0.0.1:8000$", unit, re.M)
    assert "--bind=127.0.0.1:8000" in command("web")
    assert "Requires=ml-connector-web.socket" in UNITS["web"].read_text().splitlines()


def test_an_upgrade_takes_workers_before_the_web_process_and_migrates_before_both() -> None:
    page = (CHECKOUT / "docs" / "deploy.md").read_text().partition("## 7. ")[2]
    order = re.findall(r"^(?:\.\./venv/bin/python manage\.py|systemctl) (migrate_customers|restart \S+)$", page, re.M)
    names = [f"restart ml-connector-{name}" for name in ("worker", "teller", "web", "beat")]
    assert order == ["migrate_customers", *names]


@pytest.mark.parametrize("name", ["web", "worker", "teller", "beat"])
def test_a_unit_runs_as_an_ordinary_user_without_rights(name: str) -> None:
    lines = set(UNITS[name].read_text().splitlines())
    wanted = {"User=ml-connector", "NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet="}
    assert wanted - lines == set()


def command(name: str) -> list[str]:
    found = re.search(r"^ExecStart=(.*)$", UNITS[name].read_text(), re.M)
    assert found
    return shlex.split(found[1].replace("%%", "%"))
