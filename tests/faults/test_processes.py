"""Real processes, killed and stopped at random moments; the whole size is `make processes`."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable

import pytest

from devservices.state import CHECKOUT

MIGRATION = "integrations/migrations/0008_fit_reports.py"
"""The first migration after those that are frozen: what was there before it is the version before."""


def older_version() -> str:
    """The commit before the first migration that is not frozen; "" where the history does not reach so far."""
    asked = ["git", "log", "--diff-filter=A", "--format=%H", "--", MIGRATION]
    found = subprocess.run(asked, capture_output=True, text=True, cwd=CHECKOUT, check=False).stdout.split()
    known = ["git", "cat-file", "-e", f"{found[-1]}~1"] if found else ["false"]
    return f"{found[-1]}~1" if subprocess.run(known, cwd=CHECKOUT, check=False).returncode == 0 else ""


@pytest.mark.slow
def test_workers_of_the_version_before_work_beside_new_ones_on_the_new_schema() -> None:
    older = older_version()
    if not older:
        pytest.skip(f"The history does not reach back to the commit before {MIGRATION}.")
    command = [sys.executable, "-m", "tests.faults.processes", "--seed", "1", "--records", "300", "--acts", "3"]
    done = subprocess.run([*command, "--beside", older], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    told = json.loads(done.stdout)
    assert (told["problems"], told["quiet"], told["records"]) == ([], True, 300)


@pytest.mark.slow
def test_whatever_is_killed_or_stopped_everything_is_exact_in_the_end(
    record_property: Callable[[str, object], None],
) -> None:
    seed = random.randrange(1, 10**6)
    record_property("seed", seed)
    command = [sys.executable, "-m", "tests.faults.processes", "--seed", str(seed), "--records", "400", "--acts", "6"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, f"seed {seed}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    told = json.loads(done.stdout)
    assert (told["problems"], told["quiet"], told["records"]) == ([], True, 400)
    assert sum(told["harms"].values()) == 6
