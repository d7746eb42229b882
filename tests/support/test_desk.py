"""The support desk inside a customer: what is shown, what can be done, and by whom."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.utils import timezone

from integrations import document_index
from integrations.admin import customer_site
from integrations.models import (
    Alert,
    Attempt,
    AuditEvent,
    Connection,
    Delivery,
    InboundEvent,
    Link,
    ReconcileReport,
    Reference,
    ReplayJob,
    Sync,
    ValueMap,
)
from tenants import schema
from tenants.models import Role
from tests.api.books import digest_of
from tests.api.records import work
from tests.support.rows import more

VERBS = [
    (model, verb)
    for model, page in customer_site._registry.items()
    for verb, deed in getattr(page, "deeds", {}).items()
    if deed.needs != Role.VIEWER
]


def in_acme(acme: Any, rows: Any) -> list[Any]:
    with schema.within(acme):
        return list(rows())


def one_of_each(acme: Any, records: dict[str, Any]) -> dict[type, Any]:
    """A row of every table that has deeds."""
    now = timezone.now()
    with schema.within(acme):
        return {
            Connection: records["sap"],
            Sync: records["orders"],
            Delivery: records["held"][0],
            Link: records["link"],
            ValueMap: ValueMap.objects.create(map="cost-center", key="K1", value="12"),
            ReplayJob: ReplayJob.objects.create(selection={"key": "45"}, started_by="x", created_at=now),
            ReconcileReport: ReconcileReport.objects.create(sync=records["orders"], started_by="x", started_at=now),
            Alert: Alert.objects.create(kind="x", cause="c", subject="s", first_seen_at=now, last_seen_at=now),
            InboundEvent: InboundEvent.objects.create(
                connection=records["servicetitan"],
                tenant_id="1",
                occurrence="o",
                type="t",
                object_kind="job",
                object_id="7",
                received_at=now,
                state="ignored",
            ),
        }


@pytest.mark.parametrize(("model", "verb"), VERBS, ids=lambda value: getattr(value, "__name__", value))
def test_a_viewers_hand_made_post_is_refused_and_changes_nothing(acme, records, desk_as, model, verb):
    row = one_of_each(acme, records)[model]
    viewer = desk_as(Role.VIEWER)
    before = digest_of(acme)
    assert viewer.do(row, verb, reason="x", target_key="9", difference=str(uuid.uuid4())).status_code == 403
    assert digest_of(acme) == before


@pytest.mark.parametrize("verb", ["relink", "unlink", "make-anew"])
def test_an_operator_does_not_configure(acme, records, desk_as, verb):
    operator = desk_as(Role.OPERATOR)
    before = digest_of(acme)
    assert operator.do(records["link"], verb, reason="x", target_key="9").status_code == 403
    form = {"map": "cost-center", "key": "K2", "value": "12"}
    assert (
        operator.browser.open("http://acme.localhost/admin/integrations/valuemap/save/", data=form).status_code == 403
    )
    assert operator.do(records["sap"], "credentials", **{"secret-password": "canary"}).status_code == 403
    assert digest_of(acme) == before


def test_a_viewer_starts_no_job_and_replays_no_selection(acme, records, desk_as):
    viewer = desk_as(Role.VIEWER)
    before = digest_of(acme)
    posts = [
        ("integrations/replayjob/new/", {"states": "quarantined", "start": ""}),
        (
            "integrations/delivery/",
            {"action": "replay_selected", "_selected_action": str(records["held"][0].pk), "confirmed": "yes"},
        ),
    ]
    for path, form in posts:
        assert viewer.browser.open(f"http://acme.localhost/admin/{path}", data=form).status_code == 403
    assert digest_of(acme) == before


def test_a_deed_is_never_done_by_following_a_link(acme, records, desk_as):
    owner = desk_as(Role.OWNER)
    before = digest_of(acme)
    path = f"integrations/delivery/{records['held'][0].pk}/do/replay/"
    assert owner.get(path).status_code == 405
    assert digest_of(acme) == before


def test_a_record_of_another_customer_is_not_there(acme, globex, records, desk_as):
    theirs = work(globex)["held"][0]
    owner = desk_as(Role.OWNER)
    before = digest_of(acme, globex)
    assert owner.do(theirs, "replay").status_code == 404
    assert theirs.source_key in owner.get("integrations/delivery/").content.decode()  # acme has the same key,
    page = owner.get(f"integrations/delivery/{theirs.pk}/change/").content.decode()
    assert "No value is mapped" not in page  # and shows its own only
    assert digest_of(acme, globex) == before


def test_the_page_of_a_delivery_tells_the_whole_story(acme, records, desk_as):
    done = records["done"]
    with schema.within(acme):
        Delivery.objects.filter(pk=done.pk).update(
            notes=[{"at": "2026-03-02T08:00:01Z", "text": "Woken by link:vendors:17300001."}]
        )
        Attempt.objects.update(exchange={"request": {"method": "POST"}, "answer": {"status": 200}}, status=200)
    owner = desk_as(Role.OWNER)
    owner.do(done, "replay")
    text = owner.page(done)
    for words in (
        "Version 1: changed",
        "Woken by link:vendors:17300001.",
        "write 1: create at 5001",
        "cost-center</code> K1 → 12",
        "write answered, HTTP 200",
        "&quot;method&quot;: &quot;POST&quot;",
        "delivery replayed by owner@host.test (hosting team)",
        "Version 2: replay",
        "4500000001 → 5001",
    ):
        assert words in text, words


def test_a_replay_leads_to_the_version_that_goes_on(acme, records, desk_as):
    operator = desk_as(Role.OPERATOR)
    operator.do(records["done"], "replay")
    (again,) = in_acme(acme, lambda: Delivery.objects.filter(source_key="4500000001", number=2))
    assert operator.browser.at.endswith(f"/integrations/delivery/{again.pk}/change/")
    assert (again.why, again.started_by) == ("replay", "operator@host.test (hosting team)")


def test_dismissing_needs_a_reason_and_keeps_it(acme, records, desk_as):
    operator, held = desk_as(Role.OPERATOR), records["held"][0]
    assert b"Reason is missing" in operator.do(held, "dismiss", reason=" ").content
    assert b"Dismissed." in operator.do(held, "dismiss", reason="Entered by hand.").content
    (row,) = in_acme(acme, lambda: Delivery.objects.filter(pk=held.pk))
    assert (row.state, row.reason) == ("dismissed", "Entered by hand.")


def test_failures_are_grouped_and_saving_the_value_once_lets_all_of_them_go_on(acme, records, desk_as):
    with schema.within(acme):
        for sync in Sync.objects.all():
            Reference.objects.create(
                connection=sync.target, kind=f"x-{sync.flow}", key="1", row={}, refreshed_at=timezone.now()
            )
    owner = desk_as(Role.OWNER)
    text = owner.get("causes/").content.decode()
    assert "3 of purchase-orders: unmapped-cost-center" in text
    assert text.count('name="key" value="K2"') == 1
    form = {"map": "cost-center", "key": "K2", "value": "ignore", "next": "/admin/causes/"}
    text = owner.browser.open("http://acme.localhost/admin/integrations/valuemap/save/", data=form).content.decode()
    assert "is mapped to ignore; 3 records go on because of it." in text
    assert "Nothing waits, and nothing needs a person." in text
    states = in_acme(acme, lambda: Delivery.objects.filter(needs="").values_list("state", flat=True))
    assert "quarantined" not in states


def test_after_saving_nobody_is_sent_elsewhere(acme, records, desk_as):
    form = {"map": "cost-center", "key": "K2", "value": "ignore", "next": "https://evil.example/admin/"}
    owner = desk_as(Role.OWNER)
    owner.browser.open("http://acme.localhost/admin/integrations/valuemap/save/", data=form)
    assert owner.browser.at == "http://acme.localhost/admin/integrations/valuemap/"


def test_a_filter_is_counted_then_replayed_as_a_job_that_can_be_stopped(acme, records, desk_as):
    operator = desk_as(Role.OPERATOR)
    new = "http://acme.localhost/admin/integrations/replayjob/new/"
    refused = operator.browser.open(new, data={"action": "replay", "look": ""}).content.decode()
    assert "a job for all of them is not offered" in refused
    wanted = {"action": "dismiss", "codes": "unmapped-cost-center", "flow": "purchase-orders"}
    assert "<strong>3</strong>" in operator.browser.open(new, data={**wanted, "look": ""}).content.decode()
    assert "A dismissal needs a reason." in operator.browser.open(new, data={**wanted, "start": ""}).content.decode()
    text = operator.browser.open(new, data={**wanted, "reason_of_dismissal": "old", "start": ""}).content.decode()
    assert 'http-equiv="refresh"' in text
    (job,) = in_acme(acme, ReplayJob.objects.all)
    assert (job.expected, job.started_by) == (3, "operator@host.test (hosting team)")
    assert "Stopped." in operator.do(job, "stop").content.decode()
    (job,) = in_acme(acme, ReplayJob.objects.all)
    assert job.state == "stopped"


def test_selected_records_are_shown_before_they_are_replayed(acme, records, desk_as):
    operator = desk_as(Role.OPERATOR)
    path = "http://acme.localhost/admin/integrations/delivery/"
    form = {"action": "replay_selected", "_selected_action": str(records["done"].pk)}
    shown = operator.browser.open(path, data=form).content.decode()
    assert "1 version chosen" in shown
    assert len(in_acme(acme, lambda: Delivery.objects.filter(source_key="4500000001"))) == 1
    operator.browser.open(path, data={**form, "confirmed": "yes"})
    assert len(in_acme(acme, lambda: Delivery.objects.filter(source_key="4500000001"))) == 2


def test_a_sync_is_paused_resumed_and_read_anew_with_a_preview(acme, records, desk_as):
    owner, orders = desk_as(Role.OWNER), records["orders"]
    owner.do(orders, "pause", reason="audit week")
    assert in_acme(acme, lambda: Sync.objects.filter(pk=orders.pk))[0].pause_reason == "audit week"
    assert b"paused (audit week)" in owner.do(orders, "run").content
    owner.do(orders, "resume")
    assert "4 records are known" in owner.do(orders, "reset-preview").content.decode()
    assert in_acme(acme, lambda: Sync.objects.filter(pk=orders.pk))[0].cursor != {}
    owner.do(orders, "reset", reason="restored from backup")
    assert in_acme(acme, lambda: Sync.objects.filter(pk=orders.pk))[0].cursor == {}


def test_secrets_go_in_and_never_come_out(acme, records, desk_as):
    owner, sap = desk_as(Role.OWNER), records["sap"]
    answer = owner.do(sap, "credentials", **{"secret-password": "canary-new-password"})
    text = answer.content.decode() + owner.page(sap)
    assert "Changed: password." in text
    assert "canary" not in text
    assert "is set" in text
    with schema.within(acme):
        assert Connection.objects.get(pk=sap.pk).credentials.reveal()["password"] == "canary-new-password"
        event = AuditEvent.objects.get(action="connection.credentials-changed")
        assert event.detail == {"password": "changed"}


def test_no_page_of_any_table_holds_a_secret(acme, records, desk_as):
    rows = one_of_each(acme, records)
    owner = desk_as(Role.OWNER)
    for model in customer_site._registry:
        name = model._meta.model_name
        pages = [owner.get(f"integrations/{name}/").content.decode()]
        row = rows.get(model) or next(iter(in_acme(acme, lambda model=model: model.objects.all()[:1])), None)
        if row is not None:
            pages.append(owner.page(row))
        assert [page for page in pages if "canary" in page] == []


def test_no_page_of_the_desk_has_scripts_or_styles_of_its_own(acme, records, desk_as):
    from django.conf import settings

    for template in (settings.BASE_DIR / "templates" / "admin").rglob("*.html"):
        own = r"<script|<style|\sstyle=|\son(click|change|submit|load|input)=|https?://"
        assert not re.search(own, template.read_text()), template


@pytest.mark.parametrize("path", ["", "causes/", "delivery"])
def test_pages_cost_the_same_statements_however_much_there_is(acme, records, desk_as, path):
    viewer = desk_as(Role.VIEWER)
    path = f"integrations/delivery/{records['done'].pk}/change/" if path == "delivery" else path
    viewer.get(path)
    few = viewer.statements(path)
    with schema.within(acme):
        more(records, 0, 40)
    assert viewer.statements(path) == few


@pytest.mark.parametrize(("asked", "found"), [("4500000001", 1), ("45000001", 3), ("5001", 1), ("nothing", 0)])
def test_deliveries_are_found_by_the_beginning_of_a_key_or_the_targets_whole_key(acme, records, desk_as, asked, found):
    page = desk_as(Role.VIEWER).get(f"integrations/delivery/?q={asked}").content.decode()
    assert len(set(re.findall(r"/delivery/([0-9a-f-]{36})/change/", page))) == found


def test_a_number_that_stands_in_the_row_is_found_as_well(acme, records, desk_as):
    with schema.within(acme):
        records["held"][1].payload = {"SupplierInvoiceIDByInvcgParty": "INV-77"}
        document_index.note([records["held"][1]])
    page = desk_as(Role.VIEWER).get("integrations/delivery/?q=inv-77").content.decode()
    assert set(re.findall(r"/delivery/([0-9a-f-]{36})/change/", page)) == {str(records["held"][1].pk)}
