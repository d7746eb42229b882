"""What is old goes, in batches; what a replay or the seals need stays, and the chain still holds."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from integrations import retention
from integrations.audit import PLATFORM, command
from integrations.models import (
    ApiCall,
    Attempt,
    AuditEvent,
    AuditSeal,
    Connection,
    Delivery,
    Event,
    EventDelivery,
    EventEndpoint,
    InboundEvent,
    Run,
    Step,
    Sync,
)
from tenants import schema
from tenants.models import StaffCall
from tests.integrations.sealed_books import NOW, deliver, fill, found, judged, seal, tamper

LATER = NOW + timedelta(days=401)
YEARS_LATER = NOW + timedelta(days=2600)


@pytest.fixture
def books(in_acme):
    """Three versions of one order and one of another, all closed; sealed, and a later row that seals go on to."""
    fill(events=5, orders=1)
    sync = Sync.objects.get()
    for number in (1, 2, 3):
        deliver(sync, "4500009999", NOW + timedelta(minutes=number), number=number)
    deliver(sync, "4500007777", NOW + timedelta(days=390))
    seal(in_acme)
    return in_acme


def payloads():
    rows = Delivery.objects.order_by("source_key", "number")
    return {(d.source_key, d.number): sorted(d.payload) for d in rows}


def test_payloads_go_and_the_newest_version_of_each_record_stays(books):
    purged = retention.purge(books, now=LATER)
    whole, empty = ["Net", "PurchaseOrder"], ["purged_sha256"]
    assert purged.rows["payloads"] == 2
    assert payloads() == {
        ("4500000000", 1): whole,
        ("4500007777", 1): whole,
        ("4500009999", 1): empty,
        ("4500009999", 2): empty,
        ("4500009999", 3): whole,
    }
    emptied = Step.objects.filter(delivery__source_key="4500009999", delivery__number=1).get()
    assert (sorted(emptied.body), sorted(emptied.expect), emptied.state) == (empty, empty, "done")


def test_what_is_left_still_agrees_with_the_seals(books):
    retention.purge(books, now=LATER)
    verdict = judged(books)
    assert verdict.findings == []
    assert verdict.purged["attempts"].startswith("2026-11-22T12:03:00")


def test_a_purged_row_that_is_altered_is_found(books):
    retention.purge(books, now=LATER)
    hit = Attempt.objects.order_by("finished_at")[0]
    tamper("UPDATE integrations_attempt SET status = 500 WHERE id = %(id)s", id=hit.pk)
    assert found(books) == [f"attempt {hit.pk} (closed at 2026-11-22T12:00:00.000000+00:00): altered after seal 2"]


def test_a_forged_digest_in_place_of_a_content_is_found(books):
    retention.purge(books, now=LATER)
    hit = Attempt.objects.order_by("finished_at")[0]
    tamper(
        'UPDATE integrations_attempt SET exchange = \'{"purged_sha256": "00"}\' WHERE id = %(id)s',
        id=hit.pk,
    )
    assert len(found(books)) == 1


def test_exchanges_of_closed_deliveries_go_and_those_of_open_ones_stay(books):
    waiting = Delivery.objects.get(source_key="4500000000")
    Delivery.objects.filter(pk=waiting.pk).update(state="quarantined", closed_at=None)
    assert retention.purge(books, now=LATER).rows["exchanges"] == 3
    kept = [
        a.step.delivery.source_key for a in Attempt.objects.order_by("finished_at") if "status" in (a.exchange or {})
    ]
    assert kept == ["4500000000", "4500007777"]


def test_an_older_version_goes_when_the_one_that_followed_it_has_its_turn(books):
    retention.purge(books, now=LATER)
    deliver(Sync.objects.get(), "4500000000", NOW + timedelta(days=392), number=2)
    deliver(Sync.objects.get(), "4500006666", NOW + timedelta(days=393))
    seal(books)
    retention.purge(books, now=NOW + timedelta(days=395 + 400))
    assert payloads()["4500000000", 1] == ["purged_sha256"]
    assert payloads()["4500000000", 2] == ["Net", "PurchaseOrder"]
    assert found(books) == []


def test_small_batches_come_to_the_same_end(books):
    first = retention.purge(books, now=LATER, batch=1)
    assert (first.rows["payloads"], first.rows["exchanges"], first.more) == (2, 4, False)
    assert retention.purge(books, now=LATER).rows.get("exchanges", 0) == 0
    assert found(books) == []


def test_out_of_time_it_says_that_there_is_more_and_goes_on_the_next_time(books):
    first = retention.purge(books, now=LATER, batch=1, seconds=0)
    assert (first.rows["exchanges"], first.more) == (1, True)
    while retention.purge(books, now=LATER, batch=1, seconds=0).more:
        pass
    assert Attempt.objects.filter(exchange__has_key="purged_sha256").count() == 4


def test_what_is_not_sealed_yet_stays(in_acme):
    fill()
    assert retention.purge(in_acme, now=LATER).rows == {}
    assert not Attempt.objects.filter(exchange__has_key="purged_sha256").exists()


def test_events_of_the_audit_go_by_whole_seals_and_leave_a_mark(books):
    before = AuditEvent.objects.count()
    fill(events=3, orders=0)
    seal(books, now=YEARS_LATER)
    assert retention.purge(books, now=YEARS_LATER).rows["audit"] == before
    assert [e.action for e in AuditEvent.objects.order_by("sequence")] == ["sync.changed"] * 3 + [
        "retention.purged"
    ] * 3
    verdict = judged(books)
    assert verdict.findings == []
    assert int(verdict.purged["events"]) == AuditEvent.objects.order_by("sequence")[0].sequence - 1


def test_the_door_of_retention_opens_for_nothing_that_no_link_says_is_purged(books):
    def remove_all():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('connector.retention', 'on', true)")
            cursor.execute("DELETE FROM integrations_auditevent")

    with pytest.raises(DatabaseError, match="append-only"):
        remove_all()
    retention.purge(books, now=YEARS_LATER)
    with pytest.raises(DatabaseError, match="append-only"):
        remove_all()
    assert AuditEvent.objects.exists()


def test_a_removed_purge_link_makes_what_it_covers_a_finding(books):
    retention.purge(books, now=LATER)
    tamper("DELETE FROM integrations_auditseal WHERE kind = 'purge'")
    emptied = Attempt.objects.filter(exchange__has_key="purged_sha256").order_by("id").values_list("id", flat=True)
    assert [f"attempt {row}: its content was removed, and not by retention" for row in emptied][0] in found(books)


def test_runs_go_when_nothing_of_them_is_open(books):
    sync = Sync.objects.get()
    old = [Run.objects.create(sync=sync, started_at=NOW, finished_at=NOW, state="completed") for _ in range(2)]
    new = Run.objects.create(sync=sync, started_at=LATER, finished_at=LATER, state="completed")
    reading = Run.objects.create(sync=sync, started_at=NOW)
    Delivery.objects.filter(source_key="4500000000").update(run=old[0], closed_at=None, state="quarantined")
    Delivery.objects.filter(source_key="4500007777").update(run=old[1])
    assert retention.purge(books, now=LATER).rows["runs"] == 1
    assert set(Run.objects.values_list("id", flat=True)) == {old[0].pk, new.pk, reading.pk}
    assert Delivery.objects.get(source_key="4500007777").run_id is None
    assert found(books) == [
        f"delivery {Delivery.objects.get(source_key='4500000000').pk}: removed, or opened again, after seal 3"
    ]


def test_webhook_calls_and_told_events_go_when_they_are_done_with(in_acme):
    account = Connection.objects.create(
        name="st", system="servicetitan", environment="sandbox", base_url="https://x.example"
    )
    for number, due in ((1, None), (2, NOW)):
        InboundEvent.objects.create(
            connection=account, tenant_id="1", occurrence=str(number), type="job", received_at=NOW, due_at=due
        )
    endpoint = EventEndpoint.objects.create(url="https://x.example")
    for state in ("delivered", "failed"):
        event = Event.objects.create(kind="run.completed", subject=state, data={}, created_at=NOW)
        EventDelivery.objects.create(event=event, endpoint=endpoint, state=state, created_at=NOW)
    purged = retention.purge(in_acme, now=LATER)
    assert (purged.rows["inbound"], purged.rows["events"]) == (1, 1)
    assert (InboundEvent.objects.get().occurrence, Event.objects.get().subject) == ("2", "failed")


def test_days_of_one_customer_are_not_those_of_another(acme, globex, settings):
    schema.use(acme)
    retention.set_days("payloads", 30, actor=PLATFORM)
    retention.set_days("audit", 0, actor=PLATFORM)
    assert (retention.days_of()["payloads"], retention.days_of()["audit"]) == (30, 0)
    assert AuditEvent.objects.order_by("sequence")[0].detail == {"days": [400, 30]}
    schema.use(globex)
    assert retention.days_of() == settings.RETAIN_DAYS
    assert not AuditEvent.objects.exists()


def test_for_ever_is_for_ever(books):
    for data in retention.STEPS:
        retention.set_days(data, 0, actor=PLATFORM)
    assert retention.purge(books, now=YEARS_LATER).rows == {}


@pytest.mark.parametrize(("data", "days"), [("payloads", 6), ("payloads", 36_501), ("links", 30)])
def test_days_that_cannot_be_are_refused(in_acme, data, days):
    with pytest.raises(retention.BadDays, match=data):
        retention.set_days(data, days, actor=PLATFORM)


def test_the_classes_of_data_are_those_of_the_settings(settings):
    assert set(retention.STEPS) == set(settings.RETAIN_DAYS)


def retain(*arguments):
    out = StringIO()
    call_command("retention", *arguments, stdout=out, stderr=StringIO())
    return json.loads(out.getvalue())


def test_the_command_shows_and_sets_days(books):
    schema.use_public()
    assert retain("acme")["payloads"] == 400
    told = retain("acme", "--set", "payloads=365", "--set", "runs=0")
    assert (told["payloads"], told["runs"]) == (365, 0)
    assert retain("acme", "--set", "payloads=default")["payloads"] == 400
    schema.use(books)
    events = AuditEvent.objects.filter(action="retention.changed").order_by("sequence")
    assert [event.detail["days"] for event in events] == [[400, 365], [400, 0], [365, 400]]
    assert {event.actor_id for event in events} == {command("retention").id}


@pytest.mark.parametrize("text", ["payloads", "payloads=soon", "payloads=3", "links=30"])
def test_the_command_refuses_what_it_does_not_understand_and_changes_nothing(acme, text):
    with pytest.raises(CommandError):
        retain("acme", "--set", "runs=30", "--set", text)
    schema.use(acme)
    assert retention.days_of()["runs"] == 400


def test_a_removed_link_is_not_needed_to_see_what_was_purged(books):
    retention.purge(books, now=LATER)
    assert AuditSeal.objects.filter(kind="purge").count() == 2


def test_answers_that_nobody_can_ask_for_any_more_go_every_night(in_acme):
    given = {"fingerprint": "f", "answer": "{}"}
    for number, days in enumerate((31, 31, 29)):
        at = NOW - timedelta(days=days)
        ApiCall.objects.create(actor="a", key=str(number), created_at=at, began_at=at, **given)
        StaffCall.objects.create(actor="a", key=str(number), created_at=at, began_at=at, **given)
    retention.purge(in_acme, now=NOW)
    assert [call.key for call in ApiCall.objects.all()] == ["2"]
    assert StaffCall.objects.count() == 3
    assert retention.forget_calls(StaffCall, now=NOW) == 2
    assert [call.key for call in StaffCall.objects.all()] == ["2"]
