"""Sealing and removing old data go over all customers; one customer's trouble is not another's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import InternalError, transaction
from django_tenants.utils import schema_context

from integrations import tasks
from integrations.models import AuditSeal, Run, Sync
from tenants.models import Customer
from tests.databases import writes_refused
from tests.integrations.sealed_books import NOW, fill, seal


@pytest.fixture
def sent(monkeypatch):
    """The messages that were sent, which nobody takes."""
    messages = []
    for task in (tasks.seal, tasks.purge):
        monkeypatch.setattr(task, "apply_async", lambda task=task, **given: messages.append((task.name, given)))
    return messages


@pytest.fixture
def both(acme, globex):
    for name in ("acme", "globex"):
        with schema_context(name), transaction.atomic():
            fill()
    return [acme.pk, globex.pk]


def seals(schema_name):
    with schema_context(schema_name):
        return AuditSeal.objects.count()


def test_every_customer_is_sealed_the_suspended_ones_too(both, sent, settings):
    Customer.objects.filter(schema_name="globex").update(suspended_at=NOW)
    tasks.seal_all()
    ((name, given),) = sent
    assert name == "integrations.tasks.seal"
    assert (given["kwargs"], given["queue"]) == ({"customers": both}, "job")
    tasks.seal(**given["kwargs"])
    assert (seals("acme"), seals("globex")) == (3, 3)


def test_a_customer_who_cannot_be_sealed_keeps_nobody_else(own_database, both, caplog):
    with schema_context("acme"):
        Customer.objects.filter(schema_name="acme").update(schema_name="gone")
    tasks.seal(customers=both)
    assert seals("globex") == 3
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["sealing failed"]


def test_a_read_only_database_is_everybodys_trouble_and_the_others_are_not_tried(both, caplog):
    refused = writes_refused("acme.integrations_auditseal", "globex.integrations_auditseal")
    with refused, pytest.raises(InternalError, match="read-only"), transaction.atomic():
        tasks.seal(customers=both)
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


def test_whom_there_is_no_time_for_has_a_message_of_their_own(both, sent, settings):
    settings.WORK_SECONDS = -1
    tasks.seal(customers=both)
    assert [given["kwargs"] for _, given in sent] == [{"customers": both}]


def test_old_data_of_every_customer_are_removed_bit_by_bit(both, acme, globex, sent, settings):
    for customer in (acme, globex):
        with schema_context(customer.schema_name):
            old = NOW - timedelta(days=500)
            Run.objects.create(sync=Sync.objects.get(), started_at=old, finished_at=old, state="completed")
            seal(customer)
    tasks.purge_all()
    assert [given["kwargs"]["customers"] for _, given in sent] == [[pk] for pk in both]
    settings.WORK_SECONDS = -1
    tasks.purge(customers=[acme.pk])
    with schema_context("acme"):
        assert not Run.objects.exists()
    with schema_context("globex"):
        assert Run.objects.count() == 1
    assert [given["kwargs"] for _, given in sent[2:]] == [{"customers": [acme.pk]}]


def test_upkeep_of_all_customers_is_not_ahead_of_any_poll(both, sent, settings):
    settings.WORK_SECONDS = -1
    tasks.seal_all()
    tasks.purge_all()
    tasks.seal(customers=both)
    assert {given["queue"] for _, given in sent} == {"job"}
