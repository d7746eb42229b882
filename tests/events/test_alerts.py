"""Alerts: from state and not from noise, once per cause, with a recovery; by mail and by signed webhook."""

from __future__ import annotations

import datetime as dt
from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.utils import timezone

from integrations import alerting, event_endpoints
from integrations.models import (
    Alert,
    AlertSettings,
    ApiKey,
    Connection,
    Delivery,
    Event,
    EventEndpoint,
    ReconcileReport,
    Sync,
)
from tenants import schedule, schema, watching
from tenants.models import Customer, Membership, Person, Role, ScheduledWork
from tests.engine.world import World
from tests.events.receiver import OLGA


@pytest.fixture
def world(in_acme) -> World:
    world = World()
    world.clock.now = timezone.now()
    world.sync()
    Sync.objects.update(fresh_at=world.clock(), schedule={"every": "2m"})
    alerting.change_settings({"recipients": ["desk@acme.example.com"]}, actor=OLGA, now=world.clock())
    return world


def look(world, customer, **later):
    """One evaluation, with its mail; the subjects of what is active."""
    world.clock.now += timedelta(**later)
    alerting.evaluate(customer, now=world.clock())
    assert alerting.tell(customer, now=world.clock())
    return sorted(f"{a.kind} {a.subject}" for a in Alert.objects.filter(state__in=Alert.ACTIVE))


def quarantine(world, count):
    sync, made = world.sync(), Delivery.objects.count()
    Delivery.objects.bulk_create(
        Delivery(
            sync=sync,
            source_key=f"{made + number}",
            number=1,
            state="quarantined",
            code="unmapped",
            digest="d",
            payload={},
            created_at=world.clock(),
        )
        for number in range(count)
    )


def test_a_customer_with_whom_all_is_well_gets_no_mail(world, in_acme):
    assert look(world, in_acme) == []
    assert mail.outbox == []


def test_a_storm_of_failures_makes_one_alert_and_one_mail(world, in_acme):
    quarantine(world, 500)
    for _ in range(3):
        assert look(world, in_acme, minutes=5) == ["failures-over-threshold things"]
        quarantine(world, 500)
    (message,) = mail.outbox
    assert message.to == ["desk@acme.example.com"]
    assert message.subject == "[ml-connector] Acme Plumbing: 1 problem"
    assert "500 records. Most frequent: unmapped (500)." in message.body
    assert Alert.objects.get().count == 1500


def test_failures_below_the_threshold_are_no_alert(world, in_acme):
    quarantine(world, 9)
    assert look(world, in_acme) == []
    quarantine(world, 1)
    assert look(world, in_acme) == ["failures-over-threshold things"]


def test_an_alert_does_not_come_and_go_around_its_threshold(world, in_acme):
    quarantine(world, 10)
    look(world, in_acme)
    Delivery.objects.filter(source_key__in=["0", "1"]).update(state="dismissed")
    assert look(world, in_acme) == ["failures-over-threshold things"]
    Delivery.objects.exclude(source_key__in=["7", "8", "9"]).update(state="dismissed")
    assert look(world, in_acme) == []
    assert [m.subject for m in mail.outbox] == [
        "[ml-connector] Acme Plumbing: 1 problem",
        "[ml-connector] Acme Plumbing: 1 solved",
    ]


def test_several_problems_are_told_in_one_mail(world, in_acme):
    quarantine(world, 10)
    Connection.objects.filter(name="left").update(
        state="paused", pause_code="bad-credentials", pause_reason="The password was refused."
    )
    assert look(world, in_acme) == ["credentials-refused left", "failures-over-threshold things"]
    (message,) = mail.outbox
    assert "Credentials refused: left" in message.body
    assert "docs/runbook/credentials-refused.md" in message.body
    assert "Many failures: things" in message.body


def test_a_connection_that_a_person_paused_is_no_alert(world, in_acme):
    Connection.objects.update(state="paused", pause_code="by-hand")
    assert look(world, in_acme) == []


def test_a_flow_without_its_permission_is_an_alert_until_it_goes_on(world, in_acme):
    Sync.objects.update(state="paused", pause_code="not-authorised", pause_reason="No scope.")
    assert look(world, in_acme) == ["permission-missing things"]
    Sync.objects.update(state="active", pause_code="", pause_reason="")
    assert look(world, in_acme) == []


def test_a_source_that_cannot_be_polled_is_broken_after_so_many_polls(world, in_acme):
    Sync.objects.update(failures=4, last_error="sap could not be reached.")
    assert look(world, in_acme) == []
    Sync.objects.update(failures=5)
    assert look(world, in_acme) == ["connection-broken left"]
    assert "sap could not be reached." in mail.outbox[0].body
    Sync.objects.update(failures=0)
    assert look(world, in_acme) == []


def test_a_target_that_takes_nothing_is_broken(world, in_acme):
    quarantine(world, 1)
    Delivery.objects.update(state="pending", tries=5, code="unreachable", due_at=world.clock())
    assert look(world, in_acme) == ["connection-broken right"]


def test_a_cursor_that_does_not_move_is_stalled_and_told_to_programs(world, in_acme):
    Sync.objects.update(cursor={"at": "1"})
    EventEndpoint.objects.create(url="https://hooks.example.com/")
    assert look(world, in_acme) == []
    assert look(world, in_acme, hours=5) == []
    assert look(world, in_acme, hours=2) == ["sync-stalled things"]
    assert sorted(Event.objects.values_list("kind", flat=True)) == ["alert.opened", "sync.stalled"]
    Sync.objects.update(fresh_at=world.clock())
    assert look(world, in_acme) == []
    assert Event.objects.filter(kind="alert.recovered").count() == 1


def test_a_long_first_load_whose_cursor_moves_is_not_stalled(world, in_acme):
    Sync.objects.update(fresh_at=None)
    for hour in range(12):
        Sync.objects.update(cursor={"at": str(hour)})
        assert look(world, in_acme, hours=3) == []


def test_a_daily_sync_is_not_stalled_by_noon(world, in_acme):
    Sync.objects.update(schedule={"every": "1d"}, cursor={"at": "1"})
    look(world, in_acme)
    assert look(world, in_acme, hours=20) == []


def test_an_overdue_poll_is_an_alert_and_wakes_the_customer(world, in_acme):
    sync = world.sync()
    due_at = world.clock() - timedelta(minutes=31)
    schedule.ensure(customer_id=in_acme.pk, sync_id=sync.pk, kinds=["poll"], due_at=due_at)
    assert watching.watch(now=world.clock()) == 1
    row = ScheduledWork.objects.get(kind="alerts", customer=in_acme)
    assert row.due_at <= world.clock()
    assert look(world, in_acme) == ["sync-overdue things"]


def test_books_that_differ_are_an_alert_until_a_comparison_agrees(world, in_acme):
    given = {"sync": world.sync(), "state": "finished", "started_by": "schedule", "started_at": world.clock()}
    ReconcileReport.objects.create(**given, agree=False, differing=3, causes={"late": 3})
    assert look(world, in_acme) == ["books-differ things"]
    ReconcileReport.objects.create(**given, agree=True)
    assert look(world, in_acme) == []


def test_a_key_that_soon_ends_is_an_alert(world, in_acme):
    given = {"name": "Warehouse", "scope": "read", "created_at": world.clock(), "created_by": "olga"}
    ApiKey.objects.create(**given, expires_at=world.clock() + timedelta(days=15))
    Sync.objects.update(enabled=False)
    assert look(world, in_acme) == []
    assert look(world, in_acme, days=2) == ["key-expiring Warehouse"]


def test_an_endpoint_that_was_disabled_is_an_alert_and_one_switched_off_is_not(world, in_acme):
    EventEndpoint.objects.create(url="https://a.example.com/", name="Off", enabled=False)
    EventEndpoint.objects.create(url="https://b.example.com/", name="Gone", enabled=False, disabled_code="gone")
    assert look(world, in_acme) == ["endpoint-disabled Gone"]


def test_a_budget_that_cannot_be_read_neither_opens_nor_ends_an_alert(world, in_acme, monkeypatch):
    Delivery.objects.all().delete()
    quarantine(world, 1)
    Delivery.objects.update(state="pending", due_at=world.clock() - timedelta(hours=1))
    usage = type("Usage", (), {"waits": 7, "calls": 60, "blocked_until": None})()
    monkeypatch.setattr("integrations.connections.used", lambda row: usage)
    assert look(world, in_acme) == ["budget-exhausted left", "budget-exhausted right"]
    monkeypatch.setattr("integrations.connections.used", lambda row: None)
    assert look(world, in_acme) == ["budget-exhausted left", "budget-exhausted right"]
    usage.waits = 0
    monkeypatch.setattr("integrations.connections.used", lambda row: usage)
    assert look(world, in_acme) == []


def test_what_a_person_acknowledged_is_not_mailed_and_ends_with_its_cause(world, in_acme):
    quarantine(world, 10)
    alerting.evaluate(in_acme, now=world.clock())
    alerting.acknowledge(Alert.objects.get(), actor=OLGA, now=world.clock())
    look(world, in_acme)
    assert mail.outbox == []
    Delivery.objects.all().delete()
    look(world, in_acme)
    assert Alert.objects.get().state == "recovered"


def test_a_muted_kind_is_kept_and_not_mailed(world, in_acme):
    alerting.change_settings({"muted": ["failures-over-threshold"]}, actor=OLGA, now=world.clock())
    quarantine(world, 10)
    assert look(world, in_acme) == ["failures-over-threshold things"]
    assert mail.outbox == []


def test_mail_that_was_not_accepted_is_sent_later_and_once(world, in_acme, monkeypatch):
    def refuse(*args, **kwargs):
        raise SMTPServerDisconnected("canary")

    quarantine(world, 10)
    alerting.evaluate(in_acme, now=world.clock())
    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", refuse)
        assert not alerting.tell(in_acme, now=world.clock())
    assert alerting.tell(in_acme, now=world.clock())
    assert alerting.tell(in_acme, now=world.clock())
    assert len(mail.outbox) == 1


def test_a_name_with_a_line_break_makes_no_header(world, in_acme):
    in_acme.name = "Acme\nBcc: everybody@example.com"
    quarantine(world, 10)
    look(world, in_acme)
    assert mail.outbox[0].subject == "[ml-connector] Acme Bcc: everybody@example.com: 1 problem"


def test_owners_get_mail_unless_it_was_switched_off(world, in_acme):
    olga = Person.objects.create_user("olga@acme.example.com")
    vic = Person.objects.create_user("vic@acme.example.com")
    Membership.objects.create(customer=in_acme, person=olga, role=Role.OWNER)
    Membership.objects.create(customer=in_acme, person=vic, role=Role.VIEWER)
    quarantine(world, 10)
    look(world, in_acme)
    assert mail.outbox[0].to == ["desk@acme.example.com", "olga@acme.example.com"]
    alerting.change_settings({"to_owners": False}, actor=OLGA, now=world.clock())
    Delivery.objects.all().delete()
    look(world, in_acme)
    assert mail.outbox[1].to == ["desk@acme.example.com"]


def test_two_customers_alerts_never_mix(world, in_acme, globex):
    quarantine(world, 10)
    look(world, in_acme)
    with schema.within(globex):
        assert alerting.evaluate(globex, now=world.clock()) == []
        assert Alert.objects.count() == 0
        assert AlertSettings.objects.get().recipients == []


def test_only_customers_who_are_due_are_visited_and_the_next_look_is_set(world, in_acme, globex):
    for customer in (in_acme, globex):
        schedule.ensure(customer_id=customer.pk, sync_id=world.sync().pk, kinds=["poll"], due_at=None)
    watching.watch(now=world.clock())
    rows = ScheduledWork.objects.filter(kind="alerts")
    assert rows.count() == 2
    rows.filter(customer=globex).update(due_at=world.clock() + timedelta(hours=3))
    given = {"now": world.clock(), "limit": 10, "lease_seconds": 300}
    (claim,) = schedule.claim(kinds=["alerts"], **given)
    alerting.evaluate_claim(claim, clock=world.clock)
    assert rows.get(customer=in_acme).due_at == world.clock() + timedelta(hours=3)
    quarantine(world, 10)
    watching.look_soon(customer_id=in_acme.pk, at=world.clock())
    (claim,) = schedule.claim(kinds=["alerts"], **given)
    alerting.evaluate_claim(claim, clock=world.clock)
    assert rows.get(customer=in_acme).due_at == world.clock() + timedelta(minutes=5)
    assert len(mail.outbox) == 1


def test_what_happens_during_a_look_is_looked_at_again(world, in_acme):
    schedule.ensure(customer_id=in_acme.pk, sync_id=schedule.ALERTS, kinds=["alerts"], due_at=world.clock())
    (claim,) = schedule.claim(kinds=["alerts"], now=world.clock(), limit=10, lease_seconds=300)
    watching.look_soon(customer_id=in_acme.pk, at=world.clock() + timedelta(minutes=1))
    alerting.evaluate_claim(claim, clock=world.clock)
    assert ScheduledWork.objects.get(kind="alerts").due_at <= world.clock()


def test_an_endpoint_that_a_person_enables_again_ends_its_alert(world, in_acme):
    gone = EventEndpoint.objects.create(url="https://b.example.com/", enabled=False, disabled_code="gone")
    assert len(look(world, in_acme)) == 1
    event_endpoints.change(gone, {"enabled": True}, actor=OLGA, now=world.clock())
    assert look(world, in_acme) == []


def test_the_first_certificate_that_ends_counts():
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    from integrations.alerting.findings import first_end

    def pem(year: int) -> str:
        key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
        made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        begins, ends = (dt.datetime(each, 1, 1, tzinfo=dt.UTC) for each in (2020, year))
        made = made.serial_number(1).not_valid_before(begins).not_valid_after(ends)
        return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    assert first_end(pem(2031) + pem(2030)) == dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    assert first_end("") is None
    assert first_end("nonsense") is None


def test_customers_without_syncs_are_not_watched(db):
    assert Customer.objects.count() == 2
    watching.watch(now=timezone.now())
    assert ScheduledWork.objects.filter(kind="alerts").count() == 0
