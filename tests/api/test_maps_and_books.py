"""Value maps, reference data, bills and reconcile reports through the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from integrations import jobs
from integrations.engine import remapping
from integrations.models import AuditEvent, Delivery, ReconcileReport, ValueMap
from tenants import schedule, schema
from tests.api.records import more, work


@pytest.fixture
def made(acme: Any) -> dict[str, Any]:
    """Nothing can be asked of the live systems here: values are saved and said to be unchecked."""
    return work(acme)


def rows(acme: Any, name: str = "unit") -> dict[str, str]:
    with schema.within(acme):
        return dict(ValueMap.objects.filter(map=name).values_list("key", "value"))


def test_every_map_is_listed_with_what_its_values_name(api: Any, acme: Any, made: Any) -> None:
    maps = {item["name"]: item for item in api.get("value-maps").json()["items"]}
    assert maps["cost-center"]["kind"] == "business-unit"
    assert "purchase-orders" in maps["cost-center"]["flows"]
    assert (maps["unit"]["takes_rules"], maps["plant"]["takes_rules"]) == (False, True)


def test_saved_rows_wake_what_waited_and_stand_in_the_audit(api: Any, acme: Any, made: Any) -> None:
    with schema.within(acme):
        Delivery.objects.filter(pk=made["held"][0].pk).update(needs="map:unit:PC")
    answer = api.post(
        "value-maps/unit/rows", {"rows": [{"key": "PC", "value": "EA"}, {"key": "BOX", "value": "EA*12"}]}
    )
    assert (answer.status_code, answer.json()["rows"], answer.json()["deliveries"]) == (200, 2, 1)
    assert rows(acme) == {"PC": "EA", "BOX": "EA*12"}
    with schema.within(acme):
        event = AuditEvent.objects.get(action="value-map.saved")
        assert event.detail["rows"]["unit PC"] == {"before": None, "after": "EA"}
        assert Delivery.objects.get(pk=made["held"][0].pk).state == "pending"


def test_what_many_records_used_is_sent_again_by_a_job_that_is_named(
    api: Any, acme: Any, made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remapping, "PAGE", 2)
    rows = [{"key": "K1", "value": "12"}]
    assert api.post("value-maps/unit/rows", {"rows": rows}).json()["job"] is None
    with schema.within(acme):
        used = {"kind": "map", "name": "unit", "key": "K1", "value": "12"}
        done = [
            Delivery.objects.create(
                sync=made["orders"], source_key=f"45000003{n:02}", number=1, state="unchanged",
                digest="", stamp="", payload={"n": n}, lookups=[used], created_at=timezone.now(),
            )
            for n in range(5)
        ]  # fmt: skip
    answer = api.post("value-maps/unit/rows", {"rows": [{"key": "K1", "value": "13"}]}).json()
    assert answer["deliveries"] == 2
    shown = api.get(f"replay-jobs/{answer['job']}").json()
    assert (shown["action"], shown["state"], shown["expected_exactly"]) == ("remap", "running", False)
    for claim in schedule.claim(now=timezone.now(), limit=10, lease_seconds=300, kinds=("job",)):
        jobs.run_claim(claim)
    assert api.get(f"replay-jobs/{answer['job']}").json()["done"] == len(done) - 2
    with schema.within(acme):
        assert Delivery.objects.filter(why="mapping").count() == len(done)
        assert AuditEvent.objects.filter(action="remap-job.started", subject="unit").count() == 1


def test_a_wrong_row_is_told_with_its_place_and_nothing_is_saved(api: Any, acme: Any, made: Any) -> None:
    answer = api.post("value-maps/unit/rows", {"rows": [{"key": "PC", "value": "EA"}, {"key": "B*", "value": "EA"}]})
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {
            "pointer": "/rows/1/value",
            "code": "wrong-value",
            "detail": 'unit: The key "B*" is a rule, and this map takes exact codes only.',
        }
    ]
    assert rows(acme) == {}


def test_a_map_goes_out_as_a_file_and_comes_back(api: Any, acme: Any, made: Any) -> None:
    api.post("value-maps/unit/csv", {"csv": "key;value\nPC;EA\nH;H\n"})
    assert rows(acme) == {"PC": "EA", "H": "H"}
    answer = api.get("value-maps/unit/csv")
    assert answer.content.decode() == "key,value,label\nH,H,\nPC,EA,\n"
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    wrong = api.post("value-maps/unit/csv", {"csv": "key,value\nPC,\n,EA\n"})
    assert [mistake["detail"] for mistake in wrong.json()["errors"]] == [
        "line 2: a row has a key and a value.",
        "line 3: a row has a key and a value.",
    ]


def test_a_removed_row_is_gone_and_stands_in_the_audit(api: Any, acme: Any, made: Any) -> None:
    api.post("value-maps/unit/rows", {"rows": [{"key": "PC", "value": "EA"}]})
    (row,) = api.get("value-maps/unit/rows").json()["items"]
    assert api.call("DELETE", f"value-maps/unit/rows/{row['id']}").status_code == 204
    assert api.get(f"value-maps/unit/rows/{row['id']}").status_code == 404
    with schema.within(acme):
        assert AuditEvent.objects.get(action="value-map.row-removed").detail["before"] == "EA"


def test_a_row_of_another_map_is_not_found_here(api: Any, made: Any) -> None:
    api.post("value-maps/unit/rows", {"rows": [{"key": "PC", "value": "EA"}]})
    (row,) = api.get("value-maps/unit/rows").json()["items"]
    assert api.get(f"value-maps/plant/rows/{row['id']}").status_code == 404
    assert api.get("value-maps/coffee/rows").status_code == 404


def test_the_reach_of_a_change_is_told_before_it_is_made(api: Any, acme: Any, made: Any) -> None:
    with schema.within(acme):
        ValueMap.objects.create(map="cost-center", key="K1", value="12")
        Delivery.objects.update(created_at="2099-01-01T00:00:00Z")
    body = {"rows": [{"key": "K1", "value": "13"}, {"key": "K2", "value": "14"}], "days": 365}
    found = api.post("value-maps/cost-center/reach", body).json()
    assert (found["records"], found["woken"], found["exactly"]) == ({"purchase-orders": 1}, 3, True)
    assert [(one["source_key"], one["before"], one["after"]) for one in found["examples"]] == [
        ("4500000001", "12", "13")
    ]
    assert rows(acme, "cost-center") == {"K1": "12"}


def test_suggestions_are_made_for_what_waits(api: Any, acme: Any, made: Any) -> None:
    more(acme, 1)
    (code,) = api.get("value-maps/cost-center/suggestions").json()["items"]
    assert (code["key"], code["suggestions"]) == ("K2", [])
    (named,) = api.get("value-maps/cost-center/suggestions?key=C0").json()["items"]
    assert [found["value"] for found in named["suggestions"]] == ["0"]


def test_reference_data_is_searched_by_key_code_and_name(api: Any, acme: Any, made: Any) -> None:
    more(acme, 12)
    found = {
        query: [item["key"] for item in api.get(f"reference-data/business-unit?{query}").json()["items"]]
        for query in ("search=Unit%2011", "search=c3", "key=7", "connection=sap")
    }
    assert found == {"search=Unit%2011": ["11"], "search=c3": ["3"], "key=7": ["7"], "connection=sap": []}
    kinds = {item["kind"]: item["rows"] for item in api.get("reference-data").json()["items"]}
    assert kinds == {"business-unit": 12, "ap-bills": 12}


def test_bills_are_shown_with_why_no_invoice_stands_behind_them(api: Any, acme: Any, made: Any) -> None:
    more(acme, 2)
    bills = api.get("bills").json()["items"]
    assert sorted((bill["bill"], bill["amount"]) for bill in bills) == [("0", "10.000000"), ("1", "10.000000")]
    assert bills[0]["why_none"] == "It was entered in ServiceTitan without a purchase order."
    assert api.get("bills?origin=sap-invoice").json()["items"] == []
    assert len(api.get("bills/csv").content.decode().splitlines()) == 3
    assert api.get("bills/unbilled").json()["items"] == []
    assert api.get("bills/unbilled/csv").content.decode().startswith("key,number,supplier")


def test_a_comparison_is_begun_once_and_can_be_stopped(api: Any, acme: Any, made: Any) -> None:
    first, again = (api.post("reconcile-reports", {"flow": "purchase-orders"}) for _ in range(2))
    report = first.json()
    assert (first.status_code, report["state"], report["agree"]) == (202, "running", None)
    assert again.json()["id"] == report["id"]
    assert api.post(f"reconcile-reports/{report['id']}/stop").json()["state"] == "stopped"
    refused = api.post("reconcile-reports", {"flow": "supplier-invoices"})
    assert refused.json()["errors"][0]["code"] == "not-switched-on"
    assert [item["flow"] for item in api.get("reconcile-reports?flow=purchase-orders").json()["items"]] == [
        "purchase-orders"
    ]


def test_differences_are_listed_by_cause_and_as_a_file_that_runs_no_formula(api: Any, acme: Any, made: Any) -> None:
    more(acme, 3)
    with schema.within(acme):
        report = ReconcileReport.objects.get()
    path = f"reconcile-reports/{report.pk}/differences"
    found = api.get(f"{path}?cause=late").json()["items"]
    assert {(one["source_amount"], one["target_amount"], one["is_explained"]) for one in found} == {
        ("1.500000", None, False)
    }
    assert api.get(f"{path}?is_explained=true").json()["items"] == []
    lines = api.get(f"{path}/csv").content.decode().splitlines()
    assert (len(lines), lines[1].split(",")[3:6]) == (4, ["late", "False", "'=cmd"])
