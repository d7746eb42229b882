"""Deliveries, attempts, links and failures through the API: shown, filtered, and acted upon with their audit."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.models import (
    Attempt,
    AuditEvent,
    Delivery,
    Link,
    ReconcileReport,
    Reference,
    ReplayJob,
    Step,
    ValueMap,
)
from tenants import schema
from tenants.models import ScheduledWork
from tests.api.books import digest_of
from tests.api.records import more, work

SELECTION = {"flows": ["purchase-orders"], "states": ["quarantined"]}


@pytest.fixture
def made(acme: Any) -> dict[str, Any]:
    return work(acme)


def deeds(acme: Any) -> list[tuple[str, str]]:
    with schema.within(acme):
        return list(
            AuditEvent.objects.exclude(action__startswith="api-key")
            .order_by("sequence")
            .values_list("action", "subject")
        )


def keys(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [item["key"] for item in answer.json()["items"]]


def test_deliveries_are_listed_newest_first_and_filtered(api: Any, made: Any) -> None:
    assert keys(api.get("deliveries"))[:2] == ["4500000102", "4500000101"]
    found = {
        query: len(keys(api.get(f"deliveries?{query}")))
        for query in (
            "state=delivered",
            "state=quarantined",
            "flow=purchase-orders",
            "flow=vendors",
            "key=45000001",
            "code=unmapped-cost-center",
            "needs=map:cost-center:K2",
            "reason=no%20value",
            "created_from=2026-03-02T08:01:00Z",
            "created_before=2026-03-02T08:01:00Z",
        )
    }
    assert list(found.values()) == [1, 3, 4, 0, 3, 3, 3, 3, 2, 2]


def test_one_delivery_shows_its_row_its_writes_and_its_attempts(api: Any, made: Any) -> None:
    shown = api.get(f"deliveries/{made['done'].pk}").json()
    assert (shown["payload"], shown["steps"][0]["target_key"]) == ({"PurchaseOrder": "4500000001"}, "5001")
    assert shown["steps"][0]["lookups"][0]["value"] == "12"
    attempts = api.get(f"attempts?delivery={made['done'].pk}").json()["items"]
    assert [one["outcome"] for one in attempts] == ["answered"]
    assert api.get(f"attempts/{attempts[0]['id']}").json()["exchange"] == {"method": "POST"}


def test_a_replay_makes_one_version_however_often_it_is_asked_for(api: Any, acme: Any, made: Any) -> None:
    answers = [api.post(f"deliveries/{made['done'].pk}/replay") for _ in range(3)]
    assert [(a.status_code, a.json()["number"], a.json()["state"]) for a in answers] == [(202, 2, "pending")] * 3
    assert deeds(acme) == [("delivery.replayed", "purchase-orders 4500000001")] * 3
    with schema.within(acme):
        assert Delivery.objects.filter(source_key="4500000001").count() == 2


def test_a_dismissal_needs_a_reason_and_an_open_delivery(api: Any, acme: Any, made: Any) -> None:
    one = made["held"][0].pk
    assert api.post(f"deliveries/{one}/dismiss", {}).status_code == 400
    answer = api.post(f"deliveries/{one}/dismiss", {"reason": "entered by hand"})
    assert (answer.status_code, answer.json()["state"], answer.json()["reason"]) == (
        200,
        "dismissed",
        "entered by hand",
    )
    again = api.post(f"deliveries/{one}/dismiss", {"reason": "entered by hand"})
    assert (again.status_code, again.json()["detail"]) == (409, "A delivery that is dismissed cannot be dismissed.")
    assert deeds(acme) == [("delivery.dismissed", "purchase-orders 4500000100")]


def test_failures_of_one_cause_come_with_one_fix(api: Any, made: Any) -> None:
    (group,) = api.get("failure-groups").json()["items"]
    assert (group["records"], group["needs"], group["example"]) == (3, "map:cost-center:K2", str(made["held"][0].pk))
    assert group["fix"] == {
        "kind": "map-value",
        "words": "Map cost-center K2: saving it lets all of them go on.",
        "map": "cost-center",
        "flow": "",
        "key": "K2",
    }
    assert api.get("failure-groups?flow=vendors").json()["items"] == []


def test_a_job_is_counted_started_stopped_and_resumed(api: Any, acme: Any, made: Any) -> None:
    counted = api.post("replay-jobs/preview", {"action": "replay", "selection": SELECTION}).json()
    assert counted == {"records": 3, "exactly": True, "sample": []}
    answer = api.post("replay-jobs", {"action": "replay", "selection": SELECTION})
    job = answer.json()
    assert (answer.status_code, job["state"], job["expected"]) == (202, "running", 3)
    assert answer["Location"] == f"/api/v1/replay-jobs/{job['id']}"
    assert api.post(f"replay-jobs/{job['id']}/stop").json()["state"] == "stopped"
    assert api.post(f"replay-jobs/{job['id']}/resume").json()["state"] == "running"
    assert [item["id"] for item in api.get("replay-jobs").json()["items"]] == [job["id"]]
    assert [action for action, _ in deeds(acme)] == ["replay-job.started", "replay-job.stopped", "replay-job.resumed"]
    assert ScheduledWork.objects.filter(kind="job", customer=acme).count() == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"action": "replay", "selection": {}}, "/selection"),
        ({"action": "dismiss", "selection": SELECTION}, "/reason"),
        ({"action": "replay", "selection": {"flows": ["coffee"]}}, "/selection/flows/0"),
        ({"action": "remove", "selection": SELECTION}, "/action"),
    ],
)
def test_a_job_that_cannot_be_is_refused_with_its_place(
    api: Any, acme: Any, made: Any, body: dict[str, Any], pointer: str
) -> None:
    answer = api.post("replay-jobs", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    with schema.within(acme):
        assert not ReplayJob.objects.exists()


def test_a_repeated_start_with_one_key_begins_one_job(api: Any, acme: Any, made: Any) -> None:
    body = {"action": "replay", "selection": SELECTION}
    answers = [api.post("replay-jobs", body, Idempotency_Key="one") for _ in range(2)]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    with schema.within(acme):
        assert ReplayJob.objects.count() == 1


def test_a_link_is_taken_apart_and_made_anew_or_linked_elsewhere(api: Any, acme: Any, made: Any) -> None:
    link = f"links/{made['link'].pk}"
    refused = api.post(f"{link}/make-anew", {"reason": "x"})
    assert (refused.status_code, refused.json()["detail"]) == (409, "4500000001 is linked to 5001: unlink it first.")
    apart = api.post(f"{link}/unlink", {"reason": "wrong company"}).json()
    assert (apart["target_key"], apart["origin"], apart["previous"][0]["target_key"]) == ("", "unlinked", "5001")
    assert apart["previous"][0]["reason"] == "wrong company"
    assert api.post(f"{link}/make-anew", {"reason": "again"}).json()["generation"] == 2
    assert api.post(f"{link}/relink", {"target_key": "5002", "reason": "found"}).json()["target_key"] == "5002"
    assert [action for action, _ in deeds(acme)] == ["link.unlinked", "link.made-anew", "link.relinked"]


def test_links_are_found_by_either_key(api: Any, made: Any) -> None:
    for query in ("target_key=5001", "source_key=4500000001", "flow=purchase-orders"):
        assert [item["target_key"] for item in api.get(f"links?{query}").json()["items"]] == ["5001"]


def test_freshness_is_measured_at_the_source(api: Any, made: Any) -> None:
    orders, vendors = api.get("freshness").json()["items"]
    assert (orders["flow"], orders["quarantined"], orders["watermark"]) == (
        "purchase-orders",
        3,
        "2026-03-02T07:58:11Z",
    )
    assert orders["age_seconds"] > 0
    assert (vendors["fresh_at"], vendors["age_seconds"]) == (None, None)


def test_the_budget_tells_its_limits_and_its_use(api: Any, made: Any) -> None:
    sap, titan = api.get("budget-use").json()["items"]
    assert (sap["connection"], sap["calls_per_second"], sap["calls"], sap["blocked_until"]) == ("sap", 5.0, 0, None)
    assert titan["side_by_side"] == 4


LISTS = (
    "deliveries",
    "deliveries?state=quarantined",
    "attempts",
    "links",
    "failure-groups",
    "value-maps",
    "value-maps/cost-center/rows",
    "value-maps/cost-center/suggestions",
    "reference-data",
    "reference-data/business-unit",
    "bills",
    "bills/unbilled",
    "reconcile-reports",
    "replay-jobs",
    "freshness",
)


@pytest.mark.parametrize("path", LISTS)
def test_a_list_takes_the_same_statements_whatever_its_length(api: Any, acme: Any, made: Any, path: str) -> None:
    counts = []
    for number in (1, 7):
        more(acme, number) if number == 1 else _again(acme, number)
        api.get(path)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert api.get(path).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


def _again(acme: Any, number: int) -> None:
    with schema.within(acme):
        for model in (Attempt, Step, ReconcileReport, Reference, ValueMap):
            model.objects.all().delete()
        Link.objects.filter(flow="vendors").delete()
        Delivery.objects.filter(source_key__startswith="46").delete()
    more(acme, number)


def test_what_belongs_to_another_customer_is_not_found_and_stays_as_it_is(
    api: Any, acme: Any, globex: Any, made: Any
) -> None:
    theirs = work(globex)
    before = digest_of(globex)
    one, link = theirs["held"][0].pk, theirs["link"].pk
    calls = [
        ("GET", f"deliveries/{one}", None),
        ("POST", f"deliveries/{one}/replay", None),
        ("POST", f"deliveries/{one}/dismiss", {"reason": "x"}),
        ("POST", f"links/{link}/unlink", {"reason": "x"}),
        ("GET", f"attempts/{theirs['attempt'].pk}", None),
    ]
    for method, path, body in calls:
        answer = api.call(method, path, body) if body else api.call(method, path)
        assert answer.status_code == 404, path
    assert digest_of(globex) == before
