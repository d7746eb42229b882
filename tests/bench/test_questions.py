"""Every question can be asked: tiny, in a process of its own, as the bench does."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from bench.__main__ import questions

QUICK = ("backfill", "budget", "idle", "lists", "orders", "tenancy", "ticks", "webhooks")
ELSEWHERE = {
    "campaign": "tests/bench/test_campaign_results.py",
    "fleet": "starts a whole installation, and takes five minutes however small it is",
    "pages": "tests/portal asks each of its pages",
    "peers": "needs other tools",
}


def ask(name, folder, **environment):
    command = [sys.executable, "-m", "bench", name, "--rounds", "1", "--scale", "0.002"]
    given = {**os.environ, "BENCH_ANSWERS": str(folder), "DEVSERVICES_INSTANCE": "tests", **environment}
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_a_question_is_answered_at_a_five_hundredth_of_its_size(name, tmp_path):
    done = ask(name, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    kept = json.loads((tmp_path / f"{name}.json").read_text())
    assert kept["scale"] == 0.002
    assert all(row["values"] for row in kept["results"] if row["kind"] == "Figure")
    assert done.stdout.splitlines()[-9:] != []
    assert "reached: " not in "".join(done.stdout.splitlines()[-9:])


@pytest.mark.slow
def test_peers_that_are_not_installed_are_not_asked_and_how_to_get_them_is_said(tmp_path):
    done = ask("peers", tmp_path, PEERS_PYTHON=str(tmp_path / "python"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not asked: dlt and singer-sdk are not in" in done.stdout
    assert "pip install -r bench/peer_tools/requirements.txt" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_every_question_is_tried_somewhere():
    assert {*QUICK, *ELSEWHERE} == set(questions())
