"""How long one call of a sync may take: a write that answers the source counts as well as one to the target."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import schema_context

from integrations import connections
from integrations.http import Timeouts
from integrations.models import Connection, Sync
from integrations.running import comparison_of
from tests.journeys.conftest import MakeWorld
from tests.journeys.requests import FLOW, switch_on


@pytest.mark.parametrize(("flow", "seconds", "lag"), [(FLOW, 131, 180), ("vendors", 95, 180)])
def test_a_lease_has_to_outlive_the_longest_call_to_either_system(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, flow: str, seconds: float, lag: float
) -> None:
    """SAP takes up to two minutes for a deep insert; ServiceTitan ends a request after 100 seconds."""
    world = make_world(suppliers=1, orders=1, list_lag_seconds=180)
    switch_on(world)
    longest: dict[str, Any] = {"sap": Timeouts(connect=10, read=121), "servicetitan": Timeouts(connect=10, read=85)}
    monkeypatch.setattr(connections, "timeouts", lambda row: longest[row.system])
    with schema_context(world.customer.schema_name):
        limits = comparison_of(Sync.objects.select_related("source", "target").get(flow=flow)).limits
        assert Connection.objects.count() == 2
    assert (limits.call_seconds, limits.list_lag_seconds) == (seconds, lag)
