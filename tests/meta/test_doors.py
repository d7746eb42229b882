"""The doors that the documentation names exist, and say what they do."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from devservices.state import CHECKOUT

MAKEFILE = (CHECKOUT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.M))
DOCUMENTS = sorted([*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md")])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_make_target_that_a_document_names_exists(document: Path) -> None:
    named = set(re.findall(r"(?:`|^)make ([a-z][a-z-]*)", document.read_text(), re.M))
    assert named <= TARGETS


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_management_command_that_a_document_names_exists(document: Path) -> None:
    from django.core.management import get_commands

    named = set(re.findall(r"manage\.py ([a-z_]+)", document.read_text()))
    assert named <= set(get_commands())


def test_every_target_is_a_command_and_not_a_file() -> None:
    phony = set(re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.M).group(1).split())  # type: ignore[union-attr]
    assert phony == TARGETS


def test_make_alone_lists_the_doors() -> None:
    shown = subprocess.run(["make", "-C", str(CHECKOUT)], capture_output=True, text=True, check=True).stdout
    for door in ("make demo", "make up", "make test", "make test-slow", "make down", "make clean"):
        assert f"{door} " in shown


def test_continuous_integration_goes_through_the_same_doors() -> None:
    script = (CHECKOUT / ".ci" / "run").read_text()
    assert re.findall(r"^make (.*)$", script, re.M) == ["demo", "test", "test-slow"]
    assert subprocess.run(["bash", "-n", str(CHECKOUT / ".ci" / "run")], check=False).returncode == 0


def test_the_project_names_no_registry_and_no_directory_of_one_machine() -> None:
    """Links to documentation are fine; hosts that packages come from, and paths that exist on one machine, are not."""
    words = r"pypi\.org|pythonhosted|/home/[a-z]|/root/"
    tracked = subprocess.run(
        ["git", "-C", str(CHECKOUT), "grep", "-lIE", words, "--", ":!tests/meta"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert tracked.stdout == ""
