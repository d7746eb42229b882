"""An upgrade as docs/deploy.md has it, with real processes: nothing is lost or doubled, and no call is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from devservices.state import CHECKOUT
from tests.faults.processes.releases import commands, release

MIGRATIONS = ("integrations/migrations/0*.py", "tenants/migrations/0*.py")


def asked(*words: str) -> str:
    """git's answer; "" where it has none."""
    run = subprocess.run(["git", *words], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    return run.stdout.strip() if run.returncode == 0 else ""


def starts(revision: str, directory: Path) -> bool:
    """Whether the revision is one that somebody could have installed."""
    tree = release(revision, directory)
    alone = {"PATH": os.defpath, "PYTHONPATH": str(tree), "DEVELOPMENT": "on", "ENV_FILE": os.devnull}
    check = [sys.executable, "manage.py", "check"]
    return subprocess.run(check, cwd=tree, env=alone, capture_output=True, check=False).returncode == 0


def versions_before(directory: Path) -> list[str]:
    """The commit before the newest migration, so that one happens under load, and the commit before this one."""
    newest = asked("log", "-1", "--diff-filter=A", "--format=%H", "--", *MIGRATIONS)
    before = [
        commit for back in range(1, 6) if newest and (commit := asked("rev-parse", "--verify", f"{newest}~{back}"))
    ]
    older = next((commit for commit in before if starts(commit, directory)), "")
    previous = asked("rev-parse", "--verify", "HEAD~1")
    with_previous = older and previous and previous != older and starts(previous, directory)
    return [older, previous] if with_previous else [older] if older else []


@pytest.mark.slow
def test_an_upgrade_under_load_loses_nothing_and_refuses_no_call(tmp_path: Path) -> None:
    versions = versions_before(tmp_path)
    if not versions:
        pytest.skip("The history does not reach back to the commit before the newest migration.")
    command = [sys.executable, "-m", "tests.faults.processes.upgrade", *versions, "--records", "300"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1200, check=False)
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    told = json.loads(done.stdout)
    assert (told["wrong"], told["problems"], told["quiet"], told["ended"]) == ([], [], True, [])
    assert (told["records"], told["upgrades"]) == (300, len(versions))
    assert told["migrated"], "a migration happened while everything worked"
    assert min(told["calls"].values()) > 20


def test_the_page_tells_only_what_the_rehearsal_knows() -> None:
    lines = list(commands("7. Upgrading"))
    assert [line.split()[-1] for line in lines if line.startswith("systemctl restart")] == [
        f"ml-connector-{name}" for name in ("worker", "teller", "web", "beat")
    ]
    assert any("manage.py migrate_customers" in line for line in lines)
