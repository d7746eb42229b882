"""The installation: skipped while nothing changed, redone when something did, and clear where it cannot be."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from devservices import install


class Commands:
    """Stands in for running commands: what was asked for, and what ends badly."""

    def __init__(self, *failing: str) -> None:
        self.failing = failing
        self.asked: list[str] = []

    def __call__(self, command: Sequence[str], *, quiet: bool = False) -> bool:
        line = " ".join(command)
        self.asked.append(line)
        return not any(word in line for word in self.failing)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "dev.txt").write_text("django==5.2.19 --hash=sha256:00\n")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    names = {"CHECKOUT": "", "VENV": ".venv", "PYTHON": ".venv/bin/python", "STAMP": ".venv/.installed"}
    for name, part in {**names, "REQUIREMENTS": "dev.txt", "PIP": "pip.txt"}.items():
        monkeypatch.setattr(install, name, tmp_path / part)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *failing: str) -> list[str]:
    commands = Commands(*failing)
    monkeypatch.setattr(install, "run", commands)
    install.main()
    return commands.asked


def test_a_second_run_installs_nothing(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch)
    assert [line for line in run(monkeypatch) if "pip install" in line] == []


def test_changed_requirements_are_installed_by_hash(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch)
    (checkout / "dev.txt").write_text("django==5.2.20 --hash=sha256:01\n")
    (last,) = [line for line in run(monkeypatch) if "dev.txt" in line]
    assert "pip install" in last
    assert "--require-hashes" in last
    stamp = (checkout / ".venv" / ".installed").read_text()
    assert stamp == hashlib.sha256((checkout / "dev.txt").read_bytes()).hexdigest()


def test_a_failed_installation_is_tried_again_next_time(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="The installation failed"):
        run(monkeypatch, "dev.txt")
    assert any("dev.txt" in line for line in run(monkeypatch))


def test_an_environment_that_does_not_run_any_more_is_made_again(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = run(monkeypatch, "import sys")
    assert any("-m venv --clear" in line for line in asked)


def test_without_ensurepip_the_message_says_what_to_install(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="apt-get install python3-venv"):
        run(monkeypatch, "import sys", "-m venv")


def test_where_uv_fails_pip_goes_on(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    asked = run(monkeypatch, "uv pip")
    assert [line.split()[0] for line in asked if "dev.txt" in line] == ["uv", str(checkout / ".venv/bin/python")]
