"""The audit is written with the change, and not changed afterwards."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest
import structlog
from django.db import DatabaseError, connection, transaction
from django_tenants.utils import schema_context

from integrations.audit import PLATFORM, Actor, NoCustomer, command, record
from integrations.fields import Secret
from integrations.models import AuditEvent
from tenants import schema
from tenants.provision import create_customer

OLGA = Actor(kind="person", id="0192d3c4-0000-7000-8000-000000000001", label="olga@acme.example.com")


def paused(**values: Any) -> None:
    given: dict[str, Any] = {"actor": OLGA, "action": "sync.paused", "subject": "vendors"}
    record(**{**given, "detail": {"enabled": [True, False]}, **values})


@pytest.fixture
def one_event(in_acme):
    paused()
    return AuditEvent.objects.get()


def test_an_event_says_who_did_what_to_which_thing_with_which_values(in_acme):
    with structlog.contextvars.bound_contextvars(correlation_id="req-17"):
        paused(subject_id="0192d3c4-0000-7000-8000-000000000002")
    event = AuditEvent.objects.get()
    assert (event.actor_kind, event.actor_id, event.actor_label) == (OLGA.kind, OLGA.id, OLGA.label)
    assert (event.action, event.subject, event.subject_id) == (
        "sync.paused",
        "vendors",
        "0192d3c4-0000-7000-8000-000000000002",
    )
    assert event.detail == {"enabled": [True, False]}
    assert event.correlation_id == "req-17"
    assert event.at.tzinfo is UTC


def test_events_are_counted_by_the_database(in_acme):
    paused()
    paused(actor=PLATFORM)
    paused(actor=command("apply"))
    events = AuditEvent.objects.order_by("sequence")
    assert [event.sequence - events[0].sequence for event in events] == [0, 1, 2]
    assert [event.actor_kind for event in events] == ["person", "platform", "program"]
    assert events[2].actor_id == "manage.py apply"


def test_an_event_stands_or_falls_with_its_change(in_acme):
    with transaction.atomic():
        paused()
        transaction.set_rollback(True)
    assert not AuditEvent.objects.exists()


def test_an_event_outside_of_a_transaction_is_refused(own_database, acme):
    schema.use(acme)
    with pytest.raises(transaction.TransactionManagementError, match="sync.paused has to be recorded in the trans"):
        paused()


def test_an_event_of_no_customer_is_refused(db):
    with pytest.raises(NoCustomer, match="sync.paused belongs to a customer"):
        paused()


def test_a_secret_is_refused_and_not_shown(in_acme):
    with pytest.raises(TypeError) as caught, transaction.atomic():
        paused(detail={"password": Secret("canary-password")})
    assert "canary" not in str(caught.value)
    assert not AuditEvent.objects.exists()


def test_each_customer_has_an_audit_of_their_own(acme, globex):
    with schema_context("acme"):
        paused()
    with schema_context("globex"):
        assert not AuditEvent.objects.exists()


REFUSED = [
    "UPDATE integrations_auditevent SET subject = 'purchase-orders'",
    "DELETE FROM integrations_auditevent",
    "TRUNCATE integrations_auditevent",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_the_database_refuses_to_change_or_remove_an_event(one_event, statement):
    with pytest.raises(DatabaseError, match="The audit is append-only"), transaction.atomic():
        execute(statement)
    assert AuditEvent.objects.get().subject == "vendors"


@pytest.mark.parametrize("statement", REFUSED)
def test_a_customer_who_was_made_just_now_is_protected_alike(db, statement):
    customer = create_customer(schema_name="initech", name="Initech")
    schema.use(customer)
    paused()
    with pytest.raises(DatabaseError, match="of initech.integrations_auditevent is refused"), transaction.atomic():
        execute(statement)
    assert AuditEvent.objects.count() == 1


def test_a_number_cannot_be_chosen(one_event):
    copy = "INSERT INTO integrations_auditevent SELECT * FROM integrations_auditevent"
    with pytest.raises(DatabaseError, match="cannot insert a non-DEFAULT value into column"), transaction.atomic():
        execute(copy)


def execute(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
