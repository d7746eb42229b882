"""What the bench reads of a campaign that was played before."""

from __future__ import annotations

import json

import pytest

from bench import campaign
from bench.question import NotAsked, Options


def asked(tmp_path, monkeypatch, *rows, scale=1.0):
    path = tmp_path / "results.jsonl"
    path.write_text("".join(json.dumps({"counts": {}, **row}) + "\n" for row in rows))
    monkeypatch.setenv("RESULTS", str(path))
    return [(figure.middle, figure.reached, figure.note) for figure in campaign.ask(Options(scale=scale))]


def test_ten_thousand_seeds_without_a_failing_one_reach_the_target(tmp_path, monkeypatch):
    halves = ({"first": 0, "histories": 5000, "failing": []}, {"first": 5000, "histories": 5000, "failing": []})
    assert asked(tmp_path, monkeypatch, *halves) == [(10_000, True, ""), (0, True, "")]


def test_a_seed_that_was_played_twice_counts_once_and_as_failing_if_it_ever_failed(tmp_path, monkeypatch):
    rows = ({"first": 0, "histories": 10, "failing": [3]}, {"first": 0, "histories": 10, "failing": []})
    assert asked(tmp_path, monkeypatch, *rows) == [(10, False, ""), (1, False, "seeds 3")]


def test_without_a_file_it_is_not_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("RESULTS", str(tmp_path / "none"))
    with pytest.raises(NotAsked, match="make sim HISTORIES=10000"):
        list(campaign.ask(Options()))
