"""The documentation site builds without a warning, and what it says of the code is made from the code."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from handbook.hooks import on_page_markdown
from handbook.reference import pages
from integrations import outgoing
from integrations.alerting import KINDS

CHECKOUT = Path(__file__).resolve().parents[2]
OURS = {
    path.stem
    for each in ("tenants", "integrations")
    for path in (CHECKOUT / each).glob("management/commands/[a-z]*.py")
}


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
    for name in OURS:
        assert f"## {name}\n" in made["reference/commands.md"]
    for path in (CHECKOUT / "integrations" / "flows").glob("[a-z]*.py"):
        assert f"## {path.stem.replace('_', '-')}\n" in made["reference/flows.md"]


def test_every_setting_of_the_example_is_in_the_reference_with_what_it_means(made):
    shown = made["reference/settings.md"]
    for line in (CHECKOUT / ".env.example").read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            name = line.partition("=")[0]
            assert re.search(rf"^`{name}`.*\n\n:   \S", shown, re.M), (
                f"{name} has no comment of its own in .env.example"
            )


@pytest.mark.parametrize("page", ["commands", "flows", "api", "metrics", "alerts", "events"])
def test_no_argument_option_call_metric_alert_or_event_is_without_words(made, page):
    rows = [line for line in made[f"reference/{page}.md"].splitlines() if line.startswith("| `") or "](" in line[:3]]
    assert [
        row for row in rows if not re.search(r"\w", row.split(" | ")[2 if page == "metrics" else 1].strip(" |"))
    ] == []
    assert rows or page == "alerts"


def test_every_alert_and_every_event_is_in_the_reference(made):
    assert all(f"runbook/{name}.md" in made["reference/alerts.md"] for name in KINDS)
    assert all(f"`{name}`" in made["reference/events.md"] for name in outgoing.KINDS)


def test_every_command_is_described_in_the_configuration_too():
    described = (CHECKOUT / "docs" / "configuration.md").read_text().partition("## Commands")[2]
    for name in OURS:
        assert f"`manage.py {name}" in described, f"docs/configuration.md says nothing of the exit codes of {name}"


@pytest.mark.parametrize("document", sorted((CHECKOUT / "docs").rglob("*.md")), ids=lambda path: path.name)
def test_every_call_that_a_document_names_exists(made, document):
    known = set(re.findall(r"`([A-Z]+ /api/v1/\S+)`", re.sub(r"\{\w+\}", "{}", made["reference/api.md"])))
    named = re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (?:\.{3}|/api/v1)?(/[\w{}/-]+)", document.read_text())
    calls = [(method, re.sub(r"\{\w+\}", "{}", path)) for method, path in named]
    strange = [
        (method, path)
        for method, path in calls
        if not any(one.startswith(f"{method} ") and one.endswith(path) for one in known)
    ]
    assert strange == []


@pytest.mark.parametrize("document", sorted((CHECKOUT / "docs").rglob("*.md")), ids=lambda path: path.name)
def test_what_belongs_to_a_step_is_indented_by_four_so_that_the_next_step_keeps_its_number(document):
    prose = re.sub(r"^( *)```.*?^\1```", "", document.read_text(), flags=re.S | re.M)
    assert re.findall(r"\n\n {1,3}(?! )\S.*", prose) == []


@pytest.mark.parametrize("document", sorted((CHECKOUT / "docs").rglob("*.md")), ids=lambda path: path.name)
def test_every_file_and_folder_that_a_document_names_is_there(document):
    named = re.findall(r"`([\w.-]+/[\w./-]*(?:\.(?:py|md|json|yaml)|/))(?:::\w+)?`", document.read_text())
    places = (CHECKOUT, CHECKOUT / "integrations", CHECKOUT / "tests", document.parent)
    assert [path for path in named if not any((place / path).exists() for place in places)] == []


def test_a_link_out_of_the_documentation_shows_the_path_instead():
    class Page:
        class file:  # noqa: N801 - as MkDocs names it
            src_uri = "configuration.md"

    text = "see [.env.example](../.env.example), [the guard](../integrations/guard.py), [audit](audit.md)"
    assert on_page_markdown(text, page=Page()) == (
        "see `.env.example`, the guard (`integrations/guard.py`), [audit](audit.md)"
    )
