"""What somebody changes in the sealed audit by SQL is found and located; what the product does is no finding."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from io import StringIO
from typing import cast

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django_tenants.utils import schema_context

from integrations.keyring import new_key
from integrations.models import Attempt, AuditEvent, AuditSeal, Delivery, Step
from integrations.seals import verifying
from tenants import schema
from tests.integrations.sealed_books import NOW, deliver, fill, found, judged, seal, tamper


@pytest.fixture
def books(in_acme):
    """Five events, four delivered orders and their attempts, sealed."""
    fill()
    seal(in_acme)
    return in_acme


def event(place):
    return AuditEvent.objects.order_by("sequence")[place]


def test_what_nobody_touched_is_as_it_was_sealed(books):
    verdict = judged(books)
    assert verdict.findings == []
    assert (verdict.links, verdict.rows) == (3, 5 + 4 + 4)
    assert [(s.what, s.count) for s in AuditSeal.objects.all()] == [("events", 5), ("attempts", 4), ("deliveries", 4)]


def test_a_second_pass_seals_only_what_is_new(books):
    seal(books)
    assert AuditSeal.objects.count() == 3
    fill(events=1, orders=1)
    seal(books)
    assert [(s.what, s.count) for s in AuditSeal.objects.all()][3:] == [
        ("events", 1),
        ("attempts", 1),
        ("deliveries", 1),
    ]
    assert found(books) == []


def test_many_rows_are_sealed_in_several_links(in_acme):
    fill(events=7, orders=0)
    seal(in_acme, batch=3)
    assert [s.count for s in AuditSeal.objects.all()] == [3, 3, 1]
    assert found(in_acme) == []


def test_one_byte_of_an_event_is_found(books):
    hit = event(2)
    tamper("UPDATE integrations_auditevent SET subject = 'vendors-3' WHERE subject = 'vendors-2'")
    assert found(books) == [f"event {hit.pk} (number {hit.sequence}): altered after seal 1"]


def test_a_removed_event_is_found(books):
    hit = event(4)
    tamper("DELETE FROM integrations_auditevent WHERE id = %(id)s", id=hit.pk)
    assert found(books) == [f"event {hit.pk}: removed, or opened again, after seal 1"]


def test_an_inserted_event_is_found(books):
    hit = event(2)
    copy = (
        "INSERT INTO integrations_auditevent (id, sequence, at, actor_kind, actor_id, actor_label, action, subject, "
        "subject_id, detail, correlation_id) OVERRIDING SYSTEM VALUE SELECT gen_random_uuid(), sequence - 100, at, "
        "actor_kind, actor_id, actor_label, action, subject, subject_id, detail, correlation_id "
        "FROM integrations_auditevent WHERE id = %(id)s"
    )
    tamper(copy, id=hit.pk)
    (finding,) = found(books)
    assert finding.endswith(f"(number {hit.sequence - 100}): inserted, it is in no seal")
    fill(events=1, orders=0)
    seal(books)
    assert found(books) == [finding]


def test_two_events_that_changed_places_are_both_found(books):
    first, second = event(0), event(1)
    swap = "UPDATE integrations_auditevent SET sequence = %(to)s WHERE id = %(id)s"
    tamper(
        "ALTER TABLE integrations_auditevent DROP CONSTRAINT integrations_auditevent_sequence_key",
        "ALTER TABLE integrations_auditevent ALTER COLUMN sequence DROP IDENTITY",
    )
    tamper(swap, to=second.sequence, id=first.pk)
    tamper(swap, to=first.sequence, id=second.pk)
    assert sorted(found(books)) == sorted(
        [
            f"event {first.pk} (number {second.sequence}): altered after seal 1",
            f"event {second.pk} (number {first.sequence}): altered after seal 1",
        ]
    )


@pytest.mark.parametrize(
    "change",
    [
        "exchange = jsonb_set(exchange, '{request_body}', '\"order of another\"')",
        "status = 201",
        "outcome = 'refused'",
        "finished_at = finished_at + interval '1 microsecond'",
        "fence = 2",
    ],
)
def test_a_changed_attempt_is_found(books, change):
    hit = Attempt.objects.order_by("finished_at")[1]
    tamper(f"UPDATE integrations_attempt SET {change} WHERE id = %(id)s", id=hit.pk)
    (finding,) = found(books)
    assert finding.startswith(f"attempt {hit.pk} (closed at 2026-11-22T12:00:01.00000")
    assert finding.endswith("): altered after seal 2")


@pytest.mark.parametrize(
    "statement",
    [
        'UPDATE integrations_delivery SET payload = \'{"PurchaseOrder": "x"}\' WHERE id = %(id)s',
        "UPDATE integrations_delivery SET state = 'dismissed' WHERE id = %(id)s",
        "UPDATE integrations_delivery SET started_by = 'vic' WHERE id = %(id)s",
        "UPDATE integrations_step SET target_key = '77' WHERE delivery_id = %(id)s",
        "UPDATE integrations_step SET expect = '{\"a\": 2}' WHERE delivery_id = %(id)s",
    ],
)
def test_a_changed_delivery_or_step_is_found(books, statement):
    hit = Delivery.objects.order_by("closed_at")[2]
    tamper(statement, id=hit.pk)
    assert found(books) == [f"delivery {hit.pk} (closed at 2026-11-22T12:00:02.000000+00:00): altered after seal 3"]


def test_an_attempt_that_is_inserted_or_removed_is_found(books):
    gone, step = Attempt.objects.order_by("finished_at")[0], Step.objects.all()[0]
    tamper("DELETE FROM integrations_attempt WHERE id = %(id)s", id=gone.pk)
    early = NOW - timedelta(hours=2)
    more = Attempt.objects.create(step=step, outcome="answered", fence=1, intended_at=early, finished_at=early)
    seal(books)
    assert found(books) == [
        f"attempt {gone.pk}: removed, or opened again, after seal 2",
        f"attempt {more.pk} (closed at 2026-11-22T10:00:00.000000+00:00): inserted, it is in no seal",
    ]


def test_a_row_that_was_opened_again_is_found(books):
    hit = Delivery.objects.order_by("closed_at")[0]
    tamper("UPDATE integrations_delivery SET closed_at = NULL, state = 'pending' WHERE id = %(id)s", id=hit.pk)
    assert found(books) == [f"delivery {hit.pk}: removed, or opened again, after seal 3"]


def test_a_content_that_is_said_to_be_purged_is_found_where_retention_never_was(books):
    hit = Attempt.objects.order_by("finished_at")[0]
    leave = (
        "UPDATE integrations_attempt SET exchange = jsonb_build_object('purged_sha256', "
        "encode(sha256(convert_to(exchange::text, 'UTF8')), 'hex')) WHERE id = %(id)s"
    )
    tamper(leave, id=hit.pk)
    assert found(books) == [f"attempt {hit.pk}: its content was removed, and not by retention"]


def test_an_altered_seal_is_found(books):
    tamper("UPDATE integrations_auditseal SET count = 6 WHERE position = 1")
    assert found(books) == ["seal 1: altered"]


def test_a_row_whose_mark_in_the_seal_was_altered_with_it_is_located_still(books):
    hit = event(0)
    tamper("UPDATE integrations_auditevent SET subject = 'x' WHERE id = %(id)s", id=hit.pk)
    tamper("UPDATE integrations_auditseal SET rows = set_byte(rows, 20, 7) WHERE position = 1")
    assert found(books) == ["seal 1: altered", f"event {hit.pk} (number {hit.sequence}): altered after seal 1"]


def test_a_removed_seal_in_the_middle_is_found(books):
    tamper("DELETE FROM integrations_auditseal WHERE position = 2")
    assert found(books) == ["seal 2: removed"]
    fill(events=1, orders=1)
    seal(books)
    tamper("DELETE FROM integrations_auditseal WHERE position IN (4, 5)")
    assert found(books)[:2] == ["seal 2: removed", "seals 4 to 5: removed"]


def test_the_removed_end_of_the_chain_is_found_by_the_log(books):
    newest = seal(books)
    tamper("DELETE FROM integrations_auditseal WHERE position = 3")
    assert found(books) == []
    assert found(books, newest) == ["seal 3: not there as it was logged; the chain ends at 2"]


def test_a_forged_end_of_the_chain_needs_the_key(books, settings):
    newest, ring = seal(books), settings.AUDIT_KEYS
    tamper("DELETE FROM integrations_auditseal WHERE position = 3")
    settings.AUDIT_KEYS = [new_key()]
    seal(books)
    settings.AUDIT_KEYS = ring
    forged = AuditSeal.objects.get(position=3)
    assert found(books) == [f"seal 3: made with key {forged.key}, which is not in AUDIT_KEYS"]
    assert "seal 3: not there as it was logged; the chain ends at 3" in found(books, newest)


def test_seals_of_an_older_key_are_verified_as_long_as_it_is_in_the_ring(books, settings):
    settings.AUDIT_KEYS = [new_key(), *settings.AUDIT_KEYS]
    fill(events=1, orders=0)
    seal(books)
    assert len(set(AuditSeal.objects.values_list("key", flat=True))) == 2
    assert found(books) == []


def test_a_chain_that_is_copied_to_another_customer_is_worth_nothing_there(books, globex):
    tamper(
        "INSERT INTO globex.integrations_auditevent OVERRIDING SYSTEM VALUE SELECT * FROM acme.integrations_auditevent",
        "INSERT INTO globex.integrations_auditseal SELECT * FROM acme.integrations_auditseal WHERE position = 1",
    )
    schema.use(globex)
    (finding,) = found(globex)
    assert finding.startswith("seal 1: made with key ")


@pytest.mark.parametrize("statement", ["UPDATE {} SET count = 1", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_database_refuses_to_change_a_seal(books, statement):
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="The audit is append-only"):
        cursor.execute(statement.format("integrations_auditseal"))


def test_an_open_attempt_is_sealed_when_its_outcome_is_known(in_acme):
    fill(events=0, orders=1)
    Attempt.objects.update(outcome="unknown", finished_at=NOW)
    seal(in_acme)
    assert not AuditSeal.objects.filter(what="attempts").exists()
    Attempt.objects.update(resolution="found", finished_at=NOW + timedelta(days=3))
    seal(in_acme)
    assert AuditSeal.objects.get(what="attempts").count == 1
    assert found(in_acme) == []


def test_a_row_that_became_visible_late_is_sealed_still(books):
    sync = Delivery.objects.all()[0].sync
    fill(events=0, orders=1, at=NOW + timedelta(minutes=50))
    seal(books)
    deliver(sync, "4500000099", NOW + timedelta(minutes=1))
    seal(books)
    assert found(books) == []
    assert judged(books).rows == 5 + 6 + 6


def test_the_newest_seal_is_logged(in_acme, caplog):
    fill()
    with caplog.at_level(logging.INFO, "integrations.seals.sealing"):
        newest = seal(in_acme)
        seal(in_acme)
    (record,) = [record for record in caplog.records if record.message == "audit sealed"]
    assert (record.newest, record.customer) == (newest, "acme")
    assert newest == f"3:{AuditSeal.objects.get(position=3).mac}"


def test_years_of_rows_may_take_longer_than_other_statements(books, monkeypatch):
    allowed, find = [], verifying._find_inserted

    def looked_at(*given):
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            allowed.append(cursor.fetchone()[0])
        find(*given)

    monkeypatch.setattr(verifying, "_find_inserted", looked_at)
    assert judged(books).findings == []
    assert allowed == ["0"] * 3


def verify_audit(*arguments):
    out, code = StringIO(), cast("int | str | None", 0)
    try:
        call_command("verify_audit", *arguments, stdout=out, stderr=StringIO())
    except SystemExit as left:
        code = left.code
    *lines, last = out.getvalue().splitlines()
    return code, lines, json.loads(last)


def test_the_command_tells_each_finding_on_a_line_and_ends_with_1(books, globex):
    hit = event(2)
    assert verify_audit()[:2] == (0, [])
    tamper("UPDATE integrations_auditevent SET subject = 'x' WHERE id = %(id)s", id=hit.pk)
    schema.use_public()
    code, lines, told = verify_audit()
    assert (code, lines) == (1, [f"acme: event {hit.pk} (number {hit.sequence}): altered after seal 1"])
    assert (told["acme"]["findings"], told["globex"]["findings"]) == (1, 0)
    assert (told["acme"]["links"], told["acme"]["rows"]) == (3, 13)
    assert verify_audit("globex")[0] == 0


def test_the_command_holds_the_chain_against_the_logged_end(books):
    newest = seal(books)
    schema.use_public()
    assert verify_audit("acme", "--newest", newest)[0] == 0
    with schema_context("acme"):
        tamper("DELETE FROM integrations_auditseal WHERE position = 3")
    assert verify_audit("acme", "--newest", newest)[0] == 1
    with pytest.raises(CommandError, match="name the customer"):
        verify_audit("--newest", newest)
    with pytest.raises(CommandError, match="<position>:<mac>"):
        verify_audit("acme", "--newest", "latest")
