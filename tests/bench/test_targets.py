"""The last lines: each target of the design, reached or not or not asked, with its figures."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bench import answers, report, targets
from bench.answers import Answers
from bench.question import Curve, Figure, Options

AT = datetime(2026, 11, 2, 12, tzinfo=UTC)


def answered(*results: Figure | Curve, scale: float = 1.0) -> Answers:
    return Answers(asked_at=AT, scale=scale, loads=(0.5, 1.5), results=list(results))


def poll(cpu: float = 5.0, statements: float = 4.0, calls: float = 1.0) -> tuple[Figure, ...]:
    return (
        Figure(what="CPU", values=[cpu], unit="ms", limit=10, row="idle"),
        Figure(what="statements", values=[statements], limit=6, row="idle"),
        Figure(what="calls", values=[calls], limit=1, row="idle"),
    )


def line_of(row: str, found: Answers | None) -> str:
    target = next(target for target in targets.TARGETS if target.row == row)
    lines = targets.lines({target.question: found})
    return lines[targets.TARGETS.index(target)]


def test_every_row_of_the_design_has_a_line_whatever_was_asked():
    lines = targets.lines({})
    assert len(lines) == 9
    assert all(line.startswith("not asked:   ") for line in lines)
    assert lines[4] == "not asked:   1,000 customers with 5 flows, every 2 minutes (make bench ASK=fleet)"


def test_a_target_is_reached_when_each_of_its_figures_keeps_its_limit():
    assert line_of("idle", answered(*poll())) == (
        "reached:     a poll with nothing new: CPU: 5 ms, target <= 10 ms; statements: 4, target <= 6; "
        "calls: 1, target <= 1 (2026-11-02 12:00 UTC, load 0.5 to 1.5)"
    )


@pytest.mark.parametrize("broken", [{"cpu": 10.1}, {"statements": 7.0}, {"calls": 2.0}])
def test_one_figure_over_its_limit_is_a_target_not_reached(broken):
    assert line_of("idle", answered(*poll(**broken))).startswith("NOT reached: ")


def test_a_target_with_a_figure_missing_is_not_reached():
    assert line_of("idle", answered(*poll()[:2])).startswith("NOT reached: ")


def test_a_smaller_run_shows_its_figures_and_reaches_nothing():
    line = line_of("idle", answered(*poll(), scale=0.1))
    assert line.startswith("not asked:   a poll with nothing new: CPU: 5 ms")
    assert "sizes times 0.1" in line


def test_at_least_is_held_against_the_median():
    use = Figure(what="use", values=[96.0, 94.0, 97.0], unit="%", limit=95, at_least=True, row="budget")
    refused = Figure(what="refused", values=[0.0], limit=0, row="budget")
    line = line_of("budget", answered(use, refused))
    assert line.startswith("reached:     use of a 60/s budget, and no 429: use: 96 % (94 to 97), target >= 95 %")


def test_limits_that_belong_to_no_target_are_told_apart():
    own = Figure(what="slowest page", values=[36.0], unit="ms", limit=300)
    free = Figure(what="statements", values=[5.0])
    assert report.others([own, free, *poll()]) == ["reached:     slowest page: 36 ms, limit <= 300 ms"]


def test_answers_are_kept_with_their_circumstances(tmp_path, monkeypatch):
    monkeypatch.setattr(answers, "FOLDER", tmp_path)
    curve = Curve(name="n", title="t", x="x", y="y", lines={"one": [(1.0, 2.0)]})
    found = answers.begun(Options(scale=0.5))
    found.results += [*poll(), curve]
    answers.keep("idle", found)
    again = answers.of("idle")
    assert again is not None
    assert (again.scale, again.asked_at, list(again.figures)) == (0.5, found.asked_at, list(poll()))
    (kept,) = (result for result in again.results if isinstance(result, Curve))
    assert kept.lines == {"one": [(1.0, 2.0)]}
    answers.forget("idle")
    assert answers.of("idle") is None
