"""Retention, audit and export in the portal."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pytest
from django.utils import timezone

from integrations import audit, retention
from integrations.models import AuditEvent, RetentionRule
from tenants import schema
from tenants.models import Role
from tests.portal.desk import Desk, enter, words


@pytest.fixture
def desk(acme) -> Desk:
    return enter(acme, Role.OWNER)


def note(customer, action: str, *, who: str = "olga@acme.test", **detail) -> None:
    with schema.within(customer):
        actor = audit.Actor(kind="person", id="1", label=who)
        audit.record(actor=actor, action=action, subject="vendors", detail=detail)


def body(answer) -> bytes:
    return b"".join(answer.streaming_content)


# --- Retention ---


def test_another_time_is_kept_told_and_in_the_audit(desk, acme):
    assert "30 days" in desk.page("/retention/")
    answer = desk.post("/retention/inbound/", keep="days", days="60")
    assert "Saved." in words(answer)
    with schema.within(acme):
        assert retention.days_of()["inbound"] == 60
        assert AuditEvent.objects.get(action="retention.changed").detail == {"days": [30, 60]}
    desk.post("/retention/inbound/", keep="ever")
    with schema.within(acme):
        assert retention.days_of()["inbound"] == 0
    desk.post("/retention/inbound/", keep="default")
    with schema.within(acme):
        assert RetentionRule.objects.count() == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"keep": "days"}, "Say how many days."),
        ({"keep": "days", "days": "3"}, "At least 7 days."),
        ({"keep": "days", "days": "many"}, "Enter a whole number of days."),
        ({"keep": "always"}, "Select a valid choice."),
    ],
)
def test_days_that_cannot_be_are_told_and_change_nothing(desk, acme, given, said):
    assert said in words(desk.post("/retention/inbound/", **given))
    with schema.within(acme):
        assert RetentionRule.objects.count() == 0


def test_a_class_of_data_that_there_is_not_is_not_found(desk):
    assert desk.post("/retention/secrets/", keep="ever").status_code == 404


def test_every_class_of_data_has_its_words(acme):
    from integrations.portal.retention import CLASSES

    with schema.within(acme):
        assert set(CLASSES) == set(retention.days_of())


def test_a_viewer_reads_and_does_not_change(acme):
    desk = enter(acme, Role.VIEWER)
    assert "Change" not in desk.page("/retention/").split("How long each kind of data is kept.")[1]
    assert desk.post("/retention/inbound/", follow=False, keep="ever").status_code == 403


# --- Audit ---


def test_deeds_are_told_with_what_changed_and_narrowed_by_who_and_what(desk, acme, globex):
    note(acme, "sync.paused", reason="holidays", options={"before": "a", "after": "b"})
    note(acme, "connection.pinged", who="Data warehouse")
    note(globex, "sync.paused", reason="theirs")
    page = desk.page("/audit/")
    assert "sync.paused" in page
    assert "reason: holidays" in page
    assert "options: a → b" in page
    assert "theirs" not in page
    assert "holidays" not in desk.page("/audit/?who=data")
    assert "connection.pinged" in desk.page("/audit/?who=data")
    assert "Data warehouse" not in desk.page("/audit/?deed=sync.")
    assert "Nothing fits" in desk.page("/audit/?deed=sync.resumed")


def test_a_window_the_wrong_way_round_is_told(desk):
    answer = desk.get("/audit/?since=2026-03-02&until=2026-03-01")
    assert answer.status_code == 422
    assert "This day is before the first one." in words(answer)


def test_the_file_has_all_of_the_list_and_no_formula(desk, acme):
    note(acme, "sync.paused", who="=cmd()", reason="x")
    answer = desk.get("/audit/file/?deed=sync.paused")
    lines = list(csv.reader(io.StringIO(body(answer).decode("utf-8-sig"))))
    assert lines[0][:4] == ["at", "who", "kind of actor", "deed"]
    assert lines[1][1:5] == ["'=cmd()", "person", "sync.paused", "vendors"]
    assert json.loads(lines[1][6]) == {"reason": "x"}
    assert len(lines) == 2


def test_pages_of_the_audit_follow_each_other_and_cost_the_same(desk, acme):
    first = desk.statements("/audit/")
    with schema.within(acme):
        events = (AuditEvent(at=timezone.now(), actor_kind="person", action="x.y", subject=f"n{n}") for n in range(120))
        AuditEvent.objects.bulk_create(events)
    assert desk.statements("/audit/") == first
    page = desk.get("/audit/").content.decode()
    assert "n119" in page
    assert "n69" not in page
    following = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "n69" in desk.page(f"/audit/{following}")


# --- Export ---


def test_everything_comes_as_an_archive_and_that_is_in_the_audit(desk, acme):
    assert "Passwords and keys are not in it" in desk.page("/export/")
    answer = desk.post("/export/archive/", follow=False)
    with zipfile.ZipFile(io.BytesIO(body(answer))) as archive:
        assert json.loads(archive.read("customer.json"))["id"] == "acme"
        deeds = [json.loads(line)["action"] for line in archive.read("auditevent.jsonl").splitlines()]
    assert "customer.exported" in deeds


@pytest.mark.parametrize("path", ["/audit/", "/audit/file/", "/export/"])
@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_audit_and_export_are_for_owners(acme, role, path):
    assert enter(acme, role).get(path).status_code == 403


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_nobody_else_takes_the_archive_by_hand_made_requests(acme, role):
    assert enter(acme, role).post("/export/archive/", follow=False).status_code == 403
    with schema.within(acme):
        assert not AuditEvent.objects.filter(action="customer.exported").exists()
