"""Fit reports through the API: begun, followed, read with what changed since the one before, stopped."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.models import AuditEvent, Connection, FitReport, Sync
from integrations.running import utc_now
from tenants import schema
from tenants.models import Customer, ScheduledWork
from tests.api.records import work

LINE = {
    "key": "maps:plant",
    "area": "maps",
    "title": "1 plant without a value",
    "state": "attention",
    "detail": "",
    "fix": "Map it.",
    "who": "you",
    "flows": ["purchase-orders"],
    "records": 3,
    "wall": False,
    "hides": False,
    "more": [],
}


@pytest.fixture
def made(acme: Customer) -> dict[str, Any]:
    return work(acme)


def finished(acme: Customer, *keys: str) -> FitReport:
    with schema.within(acme):
        rows = {row.system: row for row in Connection.objects.all()}
        return FitReport.objects.create(
            **rows,
            flows=["purchase-orders"],
            state="finished",
            verdict="after-steps",
            findings=[{**LINE, "key": key} for key in keys],
            started_by="olga",
            started_at=utc_now(),
            finished_at=utc_now(),
        )


def test_a_report_is_begun_for_the_flows_in_use_and_can_be_stopped(api: Any, acme: Customer, made: Any) -> None:
    answer = api.post("fit-reports", {})
    assert answer.status_code == 202
    report = answer.json()
    assert answer["Location"] == f"/api/v1/fit-reports/{report['id']}"
    with schema.within(acme):
        assert sorted(report["flows"]) == sorted(Sync.objects.values_list("flow", flat=True))
    assert (report["state"], report["steps_done"], report["verdict"]) == ("running", 0, "")
    assert ScheduledWork.objects.filter(sync_id=report["id"], kind="job").exists()
    assert api.post("fit-reports", {}).json()["id"] == report["id"]
    assert api.post(f"fit-reports/{report['id']}/stop").json()["state"] == "stopped"
    with schema.within(acme):
        found = AuditEvent.objects.filter(action__startswith="fit-report").order_by("sequence")
        assert [event.action for event in found] == ["fit-report.started", "fit-report.stopped"]


def test_what_is_no_pair_is_refused(api: Any, acme: Customer, made: Any) -> None:
    with schema.within(acme):
        sap = Connection.objects.get(system="sap")
    answer = api.post("fit-reports", {"servicetitan": str(sap.pk)})
    assert answer.status_code == 400
    assert "Name one connection to servicetitan." in answer.content.decode()
    assert api.post("fit-reports", {"flows": ["nothing"]}).status_code == 400


def test_a_report_tells_what_changed_since_the_one_before(api: Any, acme: Customer, made: Any) -> None:
    first, second = finished(acme, "a", "b"), finished(acme, "b", "c")
    assert api.get(f"fit-reports/{first.pk}").json()["changes"] is None
    report = api.get(f"fit-reports/{second.pk}").json()
    assert report["changes"] == {"since": str(first.pk), "settled": ["a"], "new": ["c"], "still": ["b"]}
    assert report["findings"][0] == {**LINE, "key": "b"}
    listed = api.get("fit-reports").json()["items"]
    assert [item["id"] for item in listed] == [str(second.pk), str(first.pk)]
    assert "findings" not in listed[0]


def test_another_customers_report_is_not_found(api: Any, acme: Customer, globex: Customer, made: Any) -> None:
    work(globex)
    report = finished(globex, "a")
    assert api.get(f"fit-reports/{report.pk}").status_code == 404
    assert api.post(f"fit-reports/{report.pk}/stop").status_code == 404
