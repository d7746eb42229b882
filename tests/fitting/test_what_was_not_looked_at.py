"""What a fit report has not looked at never fits, and is said in a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django_tenants.utils import schema_context

from integrations import fitting
from integrations.fitting import hints, sampling
from integrations.fitting.metering import OutOfCalls
from integrations.models import FitReport
from integrations.running import utc_now
from tests.fitting.making import by_key, unmap
from tests.journeys.world import World

Made = Callable[..., FitReport]


def test_what_the_calls_did_not_suffice_for_never_fits(
    world: World, make_report: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out(*_given: Any) -> Any:
        raise OutOfCalls

    monkeypatch.setattr(sampling, "_rehearse", out)
    report = make_report(world, "vendors", "purchase-orders")
    lines = by_key(report)
    assert report.verdict == "unknown"
    for name in report.flows:
        assert lines[f"volume:{name}"]["detail"] == "Not looked at: the calls of this report were used up."
        assert "fewer flows" in lines[f"volume:{name}"]["fix"]


def test_suggestions_that_could_not_be_read_are_said_so_and_not_counted_as_none(
    world: World, make_report: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    unmap(world, "cost-center", "10101101")

    def out(*_given: Any) -> Any:
        raise OutOfCalls

    monkeypatch.setattr(hints, "_everything", out)
    report = make_report(world, "vendors", "purchase-orders")
    lines = by_key(report)
    assert "there is a suggestion" not in lines["maps:cost-center"]["detail"]
    told = "Suggestions: Not looked at: the calls of this report were used up."
    assert told in lines["maps:cost-center"]["detail"]
    assert (lines["units"]["state"], lines["units"]["hides"]) == ("unknown", True)
    assert report.verdict == "unknown"


def test_a_report_is_not_compared_with_those_of_other_connections_that_are_gone(world: World) -> None:
    with schema_context(world.customer.schema_name):
        ends = {"ends": {}, "flows": ["vendors"], "steps_all": 4, "calls_most": 1, "started_at": utc_now()}
        reports = [FitReport.objects.create(state="finished", **ends) for _ in range(2)]
        later = max(reports, key=lambda report: report.pk)  # ids of one millisecond have no order
        assert fitting.previous(later) is None
