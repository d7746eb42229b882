"""Real processes, killed and stopped at random moments; the whole size is `make processes`."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable

import pytest


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
