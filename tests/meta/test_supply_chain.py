"""What the product is made of, and that its history holds no secret."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from devservices import supply_chain
from devservices.state import CHECKOUT

FOUND = supply_chain.pinned(supply_chain.PRODUCTION.read_text())

# What secrets look like wherever they stand: keys of clouds, tokens of forges, private keys, Sentry, chat, mail.
SECRETS = (
    r"AKIA[0-9A-Z]{16}",
    r"gh[pousr]_[A-Za-z0-9]{36}",
    r"github_pat_[A-Za-z0-9_]{40}",
    r"glpat-[A-Za-z0-9_-]{20}",
    r"xox[abprs]-[0-9A-Za-z-]{20}",
    r"sk_live_[0-9A-Za-z]{16}",
    r"SG\.[A-Za-z0-9_-]{20}\.[A-Za-z0-9_-]{30}",
    r"AIza[0-9A-Za-z_-]{35}",
    r"-----BEGIN ([A-Z]+ )*PRIVATE KEY-----",
    r"eyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.",
    r"https?://[0-9a-f]{32}@",
)


def test_every_package_of_the_product_has_a_licence_that_is_allowed() -> None:
    about = supply_chain.licences(FOUND)
    assert len(about) > 40
    assert {name: licence for name, (_, licence) in about.items() if not supply_chain.allowed(licence)} == {}


@pytest.mark.parametrize("licence", ["", "UNKNOWN", "GPL-3.0-only", "AGPL-3.0", "MIT AND GPL-3.0-only", "SSPL-1.0"])
def test_other_licences_are_refused(licence: str) -> None:
    assert not supply_chain.allowed(licence)


def test_the_bill_of_materials_names_each_package_with_version_licence_and_hashes() -> None:
    bill = supply_chain.bill_of_materials(FOUND)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    rows = {row["name"]: row for row in bill["components"]}
    assert set(rows) == set(FOUND)
    django = rows["django"]
    assert django["purl"] == f"pkg:pypi/django@{django['version']}"
    assert all(row["externalReferences"][0]["hashes"] for row in rows.values())
    assert all(row["licenses"][0]["license"]["name"] for row in rows.values())


def a_program(folder: Path, text: str) -> str:
    """pip-audit, as it behaves in this case."""
    program = folder / "pip-audit"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    return str(program)


GOOD = {"name": "django", "version": "5.2", "vulns": []}
BAD = {"name": "x", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
SKIPPED = {"name": "y", "skip_reason": "Dependency not found on PyPI and could not be audited: y (1.0)"}


@pytest.mark.parametrize(
    ("answer", "code", "told"),
    [
        ([GOOD], 0, "vulnerabilities: none is known of 1 packages"),
        ([GOOD, BAD], 1, "vulnerabilities: x 1.0: PYSEC-1 (mended in 1.1)"),
        ([BAD, SKIPPED], 1, "NOT CHECKED: the service that pip-audit asks does not know 1 of 2 packages"),
        ([GOOD, SKIPPED], 3, "NOT CHECKED: the service that pip-audit asks does not know 1 of 2 packages"),
        ([], 3, "NOT CHECKED"),
    ],
)
def test_what_was_not_asked_is_neither_good_nor_bad(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: list[dict[str, object]],
    code: int,
    told: str,
) -> None:
    result = _audited(f"cat <<'EOF'\n{json.dumps({'dependencies': answer})}\nEOF", tmp_path, monkeypatch)
    assert (result, told in capsys.readouterr().out.splitlines()[-1]) == (code, True)


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo 'ERROR: requests.exceptions.ConnectionError: refused' >&2; exit 1", "said: ERROR: requests.exceptions"),
        ("exit 1", "said: nothing"),
        ("echo '<html>Bad gateway</html>'", "got no answer"),
        ("exec sleep 20", "no answer within 2 seconds"),
    ],
)
def test_no_answer_is_told_in_one_line_and_is_not_green(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], script: str, told: str
) -> None:
    assert _audited(script, tmp_path, monkeypatch) == 3
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "vulnerabilities" in line]
    assert "NOT CHECKED" in line
    assert told in line


def _audited(script: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """What `make audit` ends with where this is pip-audit."""
    program = a_program(folder, script)
    monkeypatch.setattr("devservices.supply_chain.SBOM", supply_chain.CHECKOUT / ".state" / "sbom-of-a-test.cdx.json")
    monkeypatch.setattr("shutil.which", lambda *_, **__: program)
    monkeypatch.setattr("devservices.supply_chain.PATIENCE", 2)
    return supply_chain.main()


def test_where_it_is_not_installed_nothing_is_known(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    assert supply_chain.vulnerable() is None
    assert "NOT CHECKED: pip-audit is not installed" in capsys.readouterr().out


def test_no_commit_holds_a_secret() -> None:
    """Every line that any commit has added; a test's own secrets say that they are canaries."""
    history = subprocess.run(
        ["git", "-C", str(CHECKOUT), "log", "-p", "--all", "--no-color", "--unified=0"],
        capture_output=True,
        check=True,
    ).stdout.decode(errors="replace")
    added = [line for line in history.splitlines() if line.startswith("+") and "canary" not in line.lower()]
    assert len(added) > 10_000
    pattern = re.compile("|".join(SECRETS))
    assert [line for line in added if pattern.search(line)] == []


@pytest.mark.parametrize(
    "line", ["AKIA" + "A" * 16, "ghp_" + "a" * 36, "-----BEGIN RSA " + "PRIVATE KEY-----", "https://" + "0" * 32 + "@x"]
)
def test_the_scan_finds_what_it_looks_for(line: str) -> None:
    assert re.search("|".join(SECRETS), line)
