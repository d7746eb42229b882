"""A cost center is one record with its periods of validity, whatever the version tells of changes."""

from __future__ import annotations

import json

import pytest

from integrations.systems.sap.objects import COST_CENTERS
from integrations.systems.sap.services import COST_CENTER
from tests.systems.sap.conftest import Sap, read


@pytest.fixture(params=["v4", "v2"])
def both(request: pytest.FixtureRequest, sap: Sap) -> Sap:
    if request.param == "v2":
        sap.control("settings", {"arrangements": {"API_COST_CENTER": "unknown"}})
    return sap


def rows(sap: Sap) -> list[dict]:
    return sap.simulator.state()["CostCenter"]


def identities(sap: Sap) -> list[str]:
    return sorted({f"{row['ControllingArea']}/{row['CostCenter']}" for row in rows(sap)})


def keys(changes):
    return [change.key for change in changes]


def add_period(sap: Sap, row: dict, start: str, end: str, name: str) -> None:
    values = {name: value for name, value in row.items() if isinstance(value, str | bool)}
    values |= {"ValidityStartDate": start, "ValidityEndDate": end, "CostCenterName": name}
    text = {"Language": "EN", "CostCenterName": name, "CostCenterDescription": name}
    sap.control("add", {"entity": "CostCenter", "values": values, "kids": {"CostCenterText": [text]}})


@pytest.mark.parametrize("size", [1, 4, 200])
def test_every_cost_center_comes_once_with_all_its_periods(both, size):
    add_period(both, rows(both)[0], "1990-01-01", "1999-12-31", "Before")
    changes, _ = read(COST_CENTERS, both.client(page_size=size))
    assert sorted(keys(changes)) == identities(both)
    first = next(
        change
        for change in changes
        if change.key == f"{rows(both)[0]['ControllingArea']}/{rows(both)[0]['CostCenter']}"
    )
    ends = [period["ValidityEndDate"] for period in first.row["periods"]]
    assert ends == sorted(ends)
    assert "1999-12-31" in ends
    assert first.row["is_valid"]
    assert first.row["CostCenterName"] != "Before"
    json.dumps(first.row)


def test_a_cost_center_whose_last_period_is_over_is_not_valid(both):
    row = rows(both)[0]
    values = {**{k: v for k, v in row.items() if isinstance(v, str)}, "CostCenter": "OLD1"}
    both.control("add", {"entity": "CostCenter", "values": {**values, "ValidityEndDate": "2020-12-31"}})
    found = COST_CENTERS.fetch(both.client(), [f"{row['ControllingArea']}/OLD1"])
    assert [change.row["is_valid"] for change in found.values()] == [False]


def test_v4_brings_up_a_changed_cost_center_only(sap):
    client = sap.client()
    _, cursor = read(COST_CENTERS, client)
    for _ in range(2):
        _, cursor = read(COST_CENTERS, client, cursor)
    sap.advance(60)
    row = rows(sap)[0]
    key = [row["ControllingArea"], row["CostCenter"], row["ValidityEndDate"]]
    sap.control("change", {"entity": "CostCenter", "key": key, "values": {"CostCtrResponsiblePersonName": "Anna"}})
    changes, cursor = read(COST_CENTERS, client, cursor)
    assert keys(changes) == [f"{row['ControllingArea']}/{row['CostCenter']}"]
    sap.forget()
    assert read(COST_CENTERS, client, cursor)[0] == []


def test_in_v4_a_look_that_finds_what_the_last_one_found_is_one_call_and_a_new_day_brings_it_up_again(sap):
    client = sap.client()
    row = rows(sap)[0]
    identity, key = f"{row['ControllingArea']}/{row['CostCenter']}", [row["ControllingArea"], row["CostCenter"]]
    today = client.today()
    add_period(sap, row, today, today, "Just today")
    _, cursor = read(COST_CENTERS, client)
    _, cursor = read(COST_CENTERS, client, cursor)
    sap.forget()
    assert read(COST_CENTERS, client, cursor)[0] == []
    assert len(sap.seen()) == 1
    ended = {"entity": "CostCenter", "key": [*key, row["ValidityEndDate"]], "values": {"ValidityEndDate": today}}
    sap.control("change", ended)
    changes, cursor = read(COST_CENTERS, client, cursor)
    assert keys(changes) == [identity]
    sap.advance(86_400)
    changes, cursor = read(COST_CENTERS, client, cursor)
    assert keys(changes) == [identity]


def test_a_tenant_that_gains_the_v4_service_starts_anew(sap):
    sap.control("settings", {"arrangements": {"API_COST_CENTER": "unknown"}})
    _, cursor = read(COST_CENTERS, sap.client())
    sap.control("settings", {"arrangements": {"API_COST_CENTER": "offered"}})
    changes, cursor = read(COST_CENTERS, sap.client(), cursor)
    assert sorted(keys(changes)) == identities(sap)
    assert cursor["way"] == "v4"
    assert sap.client().offer(COST_CENTER).version == "v4"
