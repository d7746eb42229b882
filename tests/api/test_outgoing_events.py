"""Event endpoints, their deliveries and alerts by the API."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations import outgoing
from integrations.models import Alert, AuditEvent, EventDelivery, EventEndpoint
from tenants import schema
from tenants.models import ScheduledWork
from tests.api.caller import Caller, make_key

URL = "https://127.0.0.1/hook"


@pytest.fixture
def endpoint(api, settings):
    settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
    answer = api.post("event-endpoints", {"url": URL, "name": "Desk", "kinds": ["run.completed"]})
    assert answer.status_code == 201, answer.content
    return answer.json()


def happen(acme, count=1):
    with schema.within(acme), transaction.atomic():
        for number in range(count):
            outgoing.emit(outgoing.RUN_COMPLETED, subject=f"run-{number}", data={})


def test_the_secret_is_shown_when_it_is_made_and_never_again(api, endpoint):
    assert endpoint["secret"].startswith("whsec_")
    shown = [api.get("event-endpoints").content, api.get(f"event-endpoints/{endpoint['id']}").content]
    assert all(b"whsec_" not in content for content in shown)
    rotated = api.post(f"event-endpoints/{endpoint['id']}/rotate-secret", {"overlap_seconds": 60}).json()
    assert rotated["secret"] != endpoint["secret"]


@pytest.mark.parametrize(("scope", "shown"), [("read", "https://127.0.0.1/..."), ("operate", "https://127.0.0.1/...")])
def test_readers_see_the_host_and_not_what_opens_by_the_whole_address(acme, api, endpoint, scope, shown):
    reader = Caller(key=make_key(acme, scope)[1])
    path = f"event-endpoints/{endpoint['id']}"
    assert [reader.get(path).json()["url"], reader.get("event-endpoints").json()["items"][0]["url"]] == [shown, shown]
    assert [api.get(path).json()["url"], api.get("event-endpoints").json()["items"][0]["url"]] == [URL, URL]
    assert reader.get(path)["ETag"] == api.get(path)["ETag"]


def test_a_repeated_creation_is_refused_with_the_id_and_makes_no_second_one(api, settings):
    settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
    first = api.post("event-endpoints", {"url": URL}, Idempotency_Key="canary-once")
    again = api.post("event-endpoints", {"url": URL}, Idempotency_Key="canary-once")
    assert (first.status_code, again.status_code) == (201, 409)
    assert again.json()["made"] == first.json()["id"]
    assert len(api.get("event-endpoints").json()["items"]) == 1


@pytest.mark.parametrize("url", ["https://10.0.0.1/", "http://example.com/", "nonsense", "https://a:b@example.com/"])
def test_an_address_that_is_not_allowed_is_refused_where_it_stands(api, url):
    answer = api.post("event-endpoints", {"url": url})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/url"


def test_an_unknown_kind_is_refused(api):
    answer = api.post("event-endpoints", {"url": URL, "kinds": ["run.exploded"]})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"].startswith("/kinds")


def test_there_are_at_most_ten_endpoints(api, endpoint):
    for _ in range(9):
        assert api.post("event-endpoints", {"url": URL}).status_code == 201
    assert api.post("event-endpoints", {"url": URL}).status_code == 409


def test_an_endpoint_is_changed_and_removed_and_both_are_audited(api, acme, endpoint):
    path = f"event-endpoints/{endpoint['id']}"
    assert api.call("PATCH", path, {"enabled": False}).status_code == 428
    changed = api.change(path, {"enabled": False, "kinds": []})
    assert (changed.json()["enabled"], changed.json()["kinds"]) == (False, [])
    assert api.post(f"{path}/test").status_code == 409
    assert api.call("DELETE", path, If_Match=api.get(path)["ETag"]).status_code == 204
    assert api.get(path).status_code == 404
    with schema.within(acme):
        actions = list(AuditEvent.objects.filter(action__startswith="event-endpoint").values_list("action", flat=True))
    assert sorted(actions) == ["event-endpoint.changed", "event-endpoint.created", "event-endpoint.removed"]
    assert not ScheduledWork.objects.filter(kind="events").exists()


def test_a_test_event_is_seen_in_the_log_and_replayed(api, endpoint):
    made = api.post(f"event-endpoints/{endpoint['id']}/test")
    assert made.status_code == 202
    (row,) = api.get("event-deliveries?kind=endpoint.test").json()["items"]
    assert (row["id"], row["state"], row["attempts"]) == (made.json()["id"], "pending", [])
    assert api.post(f"event-deliveries/{row['id']}/replay").json()["state"] == "pending"


def test_given_up_events_of_a_time_window_are_sent_again(api, acme, endpoint):
    happen(acme, 3)
    with schema.within(acme):
        EventDelivery.objects.update(state="given_up", due_at=None)
    window = {"since": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z"}
    assert api.post(f"event-endpoints/{endpoint['id']}/replay", window).json() == {"count": 3}
    states = {row["state"] for row in api.get(f"event-deliveries?endpoint={endpoint['id']}").json()["items"]}
    assert states == {"pending"}
    wrong = {"since": window["until"], "until": window["since"]}
    assert api.post(f"event-endpoints/{endpoint['id']}/replay", wrong).status_code == 400


def test_the_log_costs_the_same_however_long_it_is(api, acme, endpoint):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            assert api.get("event-deliveries?limit=200").status_code == 200
        return len(captured)

    happen(acme, 2)
    statements()
    few = statements()
    happen(acme, 60)
    assert statements() == few


def test_another_customers_endpoints_are_not_there(api, globex, settings):
    settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
    with schema.within(globex):
        theirs = EventEndpoint.objects.create(url=URL)
        happen(globex)
    assert api.get("event-endpoints").json()["items"] == []
    assert api.get(f"event-endpoints/{theirs.pk}").status_code == 404
    assert api.get("event-deliveries").json()["items"] == []


@pytest.fixture
def alert(acme):
    now = timezone.now()
    with schema.within(acme):
        return Alert.objects.create(
            kind="books-differ", cause="c", subject="vendors", first_seen_at=now, last_seen_at=now, count=3
        )


def test_an_alert_is_listed_and_acknowledged_once(api, acme, alert):
    (row,) = api.get("alerts?state=open").json()["items"]
    assert (row["kind"], row["runbook"]) == ("books-differ", "docs/runbook/books-differ.md")
    for _ in range(2):
        assert api.post(f"alerts/{alert.pk}/acknowledge").json()["state"] == "acknowledged"
    with schema.within(acme):
        assert AuditEvent.objects.filter(action="alert.acknowledged").count() == 1


def test_alert_settings_have_defaults_and_are_changed_strictly(api):
    assert api.get("alert-settings").json()["failures_over"] == 10
    changed = api.change("alert-settings", {"recipients": ["desk@acme.example.com"], "failures_over": 3})
    assert changed.status_code == 200
    assert api.get("alert-settings").json()["recipients"] == ["desk@acme.example.com"]
    wrong = api.change("alert-settings", {"recipients": ["not an address"]})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (400, "/recipients")
