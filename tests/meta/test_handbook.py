"""The documentation site builds without a warning, and what it says of the code is made from the code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from handbook.hooks import on_page_markdown
from handbook.reference import pages

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return pages()


def test_the_site_builds_and_no_page_is_left_out_of_it(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(tmp_path / "site")]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, env=environment, check=False)
    assert (built.returncode, built.stdout, built.stderr) == (0, "", "")
    sources = {path.relative_to(CHECKOUT / "docs").with_suffix("") for path in (CHECKOUT / "docs").rglob("*.md")}
    shown = {path.relative_to(tmp_path / "site").with_suffix("") for path in (tmp_path / "site").rglob("*.html")}
    assert sources <= shown


def test_every_command_and_every_flow_is_in_the_reference(made):
    ours = {
        path.stem for each in ("tenants", "integrations") for path in (CHECKOUT / each).glob("management/commands/*")
    }
    for name in ours - {"__init__", "__pycache__"}:
        assert f"## {name}\n" in made["reference/commands.md"]
    for path in (CHECKOUT / "integrations" / "flows").glob("[a-z]*.py"):
        assert f"## {path.stem.replace('_', '-')}\n" in made["reference/flows.md"]


def test_every_setting_of_the_example_is_in_the_reference(made):
    for line in (CHECKOUT / ".env.example").read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            assert f"`{line.partition('=')[0]}`" in made["reference/settings.md"]


def test_a_link_out_of_the_documentation_shows_the_path_instead():
    class Page:
        class file:  # noqa: N801 - as MkDocs names it
            src_uri = "configuration.md"

    text = "see [.env.example](../.env.example), [the guard](../integrations/guard.py), [audit](audit.md)"
    assert on_page_markdown(text, page=Page()) == (
        "see `.env.example`, the guard (`integrations/guard.py`), [audit](audit.md)"
    )
