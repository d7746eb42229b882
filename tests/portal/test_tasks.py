"""Tasks in the portal: by cause, with one fix for all; many records at once, with progress and stop."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from integrations import jobs
from integrations.engine import grouping
from integrations.models import Alert, AuditEvent, Connection, Delivery, ReplayJob, Sync
from integrations.tokens import PAUSED_FOR_CREDENTIALS
from tenants import schedule, schema
from tenants.models import Role
from tests.api.books import BEGINNING
from tests.api.records import work
from tests.portal.desk import Desk, enter, words

CAUSE: dict[str, Any] = {
    "flow": "purchase-orders",
    "state": "quarantined",
    "code": "unmapped-cost-center",
    "needs": "map:cost-center:K2",
}


@pytest.fixture
def made(acme) -> dict[str, Any]:
    return work(acme)


@pytest.fixture
def desk(acme, made) -> Desk:
    return enter(acme)


def run_jobs() -> None:
    for claim in schedule.claim(now=timezone.now(), limit=10, lease_seconds=300, kinds=("job",)):
        jobs.run_claim(claim)


def test_records_with_one_cause_are_one_task_with_one_fix(desk):
    text = desk.page("/tasks/")
    assert "3 records: Purchase orders from SAP to ServiceTitan" in text
    assert "Give K2 a value in the map Cost centers: saving it lets all of them go on." in text


def test_of_one_record_it_is_not_said_that_there_are_more(desk, acme):
    with schema.within(acme):
        one = Delivery.objects.filter(state="quarantined").order_by("source_key").values("pk")[:1]
        Delivery.objects.filter(state="quarantined").exclude(pk__in=one).update(state="delivered", needs="", code="")
    assert "1 record waits for a mapping. No value is mapped in “Cost centers” for K2." in desk.page("/")
    assert " 1 record: Purchase orders from SAP to ServiceTitan" in desk.page("/tasks/")
    many = desk.page(f"/tasks/many/?{urlencode(CAUSE)}")
    assert "1 record" in many
    assert [text for text in (desk.page("/"), desk.page("/tasks/"), many) if "ore than" in text] == []


def test_what_to_do_is_said_in_the_words_of_the_buttons(desk, acme):
    with schema.within(acme):
        Delivery.objects.filter(state="quarantined").update(code="misconfigured", needs="", reason="It is too old.")
    text = desk.page("/tasks/")
    assert "then send all of them again." in text
    assert "Send again or dismiss all…" in text
    told = [*grouping._FIXES.values(), grouping.fix_for("", "", "quarantined"), grouping.fix_for("", "", "waiting")]
    assert [fix.words for fix in told if "replay" in fix.words.casefold()] == []


def test_a_task_closes_itself(desk, acme):
    with schema.within(acme):
        Delivery.objects.filter(state="quarantined").update(state="delivered", needs="", code="")
    assert "Nothing needs you" in desk.page("/tasks/")


def test_what_goes_on_by_itself_is_no_task(desk, acme):
    with schema.within(acme):
        held = {"state": "waiting", "code": "not-linked", "needs": "link:vendors:17300001", "reason": "It is not here."}
        Delivery.objects.filter(state="quarantined").update(**held)
    page = desk.get("/tasks/")
    assert page.context["causes"] == []
    assert [cause["group"].records for cause in page.context["waiting"]] == [3]
    assert "Goes on by itself" in words(page)


def test_the_most_consequential_stands_first(desk, acme):
    with schema.within(acme):
        Connection.objects.filter(name="sap").update(
            state="paused", pause_code=PAUSED_FOR_CREDENTIALS, pause_reason="SAP refused the credentials."
        )
        Sync.objects.filter(flow="vendors").update(
            state="paused", pause_code="scope:x", pause_reason="The scope x is missing."
        )
        seen = {"first_seen_at": BEGINNING, "last_seen_at": BEGINNING}
        Alert.objects.create(kind="key-expiring", cause="key-expiring:1", subject="our key", detail="It ends.", **seen)
    kinds = [task.kind for task, *_ in desk.get("/tasks/").context["others"]]
    assert kinds == ["credentials", "permission", "expiring"]
    assert "SAP refused the credentials." in desk.page("/tasks/")


def test_many_are_counted_before_anything_is_begun(desk, acme):
    page = desk.get("/tasks/many/?flow=purchase-orders&state=quarantined&code=unmapped-cost-center")
    assert page.context["counted"].records == 3
    with schema.within(acme):
        assert not ReplayJob.objects.exists()


@pytest.mark.parametrize("query", ["", "flow=purchase-orders", "flow=purchase-orders&state=quarantined", "code=x"])
def test_a_job_for_everything_is_not_offered(desk, acme, query):
    assert desk.get(f"/tasks/many/?{query}").status_code == 422
    form: dict[str, Any] = dict(pair.split("=") for pair in query.split("&") if pair)
    desk.post("/tasks/many/start/", action="replay", **form)
    with schema.within(acme):
        assert not ReplayJob.objects.exists()


def test_many_are_sent_again_with_progress(desk, acme):
    answer = desk.post("/tasks/many/start/", action="replay", **CAUSE)
    assert "It has begun." in words(answer)
    assert "under way" in words(answer)
    run_jobs()
    text = words(desk.get(desk.browser.at.removeprefix("http://acme.localhost")))
    assert "3 go on." in text
    assert "finished" in text
    with schema.within(acme):
        assert AuditEvent.objects.get(action="replay-job.started").actor_label == "operator@acme.test"
        assert set(Delivery.objects.filter(source_key__startswith="45000001").values_list("state", flat=True)) == {
            "pending"
        }


def test_a_running_job_is_asked_anew_and_touched_only_when_it_changed(desk, acme):
    answer = desk.post("/tasks/many/start/", action="replay", **CAUSE)
    path, seen = desk.browser.at.removeprefix("http://acme.localhost"), answer.context["seen"]
    asked = {"HX-Request": "true"}
    assert desk.get(f"{path}?seen={seen}", **asked).status_code == 204
    run_jobs()
    part = desk.get(f"{path}?seen={seen}", **asked)
    assert part.status_code == 200
    assert "<html" not in part.content.decode()
    assert "data-live" not in part.content.decode()


def test_a_job_is_stopped_and_goes_on_where_it_was(desk, acme):
    desk.post("/tasks/many/start/", action="replay", **CAUSE)
    path = desk.browser.at.removeprefix("http://acme.localhost")
    assert "Stopped." in words(desk.post(f"{path}stop/"))
    run_jobs()
    with schema.within(acme):
        assert ReplayJob.objects.get().done == 0
    assert "It goes on where it was." in words(desk.post(f"{path}resume/"))
    run_jobs()
    with schema.within(acme):
        assert (ReplayJob.objects.get().done, ReplayJob.objects.get().state) == (3, "finished")


def test_dismissing_many_takes_a_reason(desk, acme):
    assert "Say why: it is kept in the audit." in words(desk.post("/tasks/many/start/", action="dismiss", **CAUSE))
    desk.post("/tasks/many/start/", action="dismiss", reason="Entered by hand.", **CAUSE)
    run_jobs()
    with schema.within(acme):
        assert Delivery.objects.filter(state="dismissed", reason="Entered by hand.").count() == 3


def test_a_viewer_starts_nothing(acme, made):
    viewer = enter(acme, Role.VIEWER)
    assert "Send again or dismiss all" not in viewer.page("/tasks/")
    assert viewer.post("/tasks/many/start/", action="replay", **CAUSE).status_code == 403
    with schema.within(acme):
        assert not ReplayJob.objects.exists()


def test_a_setting_that_is_missing_leads_to_the_settings_of_its_flow(desk, acme):
    with schema.within(acme):
        held = {"code": "no-sku", "needs": "", "reason": "Item 10 is a service, and no catch-all SKU is named."}
        Delivery.objects.filter(state="quarantined").update(**held)
    page = desk.get("/tasks/")
    assert 'href="/flows/purchase-orders/settings/"' in page.content.decode()
    assert "Name the catch-all SKU in the settings of the flow" in words(page)
