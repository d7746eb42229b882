"""Numbers of events become visible out of order; none is left out of the seals for that, and no writer waits."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from integrations.audit import PLATFORM, record
from integrations.models import AuditEvent, AuditSeal
from integrations.seals import seal_customer, sealing, verify
from integrations.seals.sealable import EVENTS
from tenants import schema


class Writer:
    """Another session of the customer, which draws a number and commits when it is told to."""

    def __init__(self, customer) -> None:
        self._customer = customer
        self._go, self._drawn = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._write)
        self._thread.start()
        assert self._drawn.wait(30)

    def _write(self) -> None:
        try:
            schema.use(self._customer)
            with transaction.atomic():
                record(actor=PLATFORM, action="sync.changed", subject="slow")
                self._drawn.set()
                assert self._go.wait(30)
        finally:
            connection.close()

    def commit(self) -> None:
        self._go.set()
        self._thread.join(30)


@pytest.fixture
def customer(own_database, acme):
    schema.use(acme)
    return acme


@pytest.fixture
def slow(customer):
    writer = Writer(customer)
    yield writer
    writer.commit()


def write(subject):
    with transaction.atomic():
        record(actor=PLATFORM, action="sync.changed", subject=subject)


def seal(customer):
    return seal_customer(customer, clock=lambda: datetime.now(UTC))


def sealed():
    return sum(AuditSeal.objects.filter(what="events").values_list("count", flat=True))


def test_a_smaller_number_that_appears_later_is_sealed_and_no_finding(customer, slow, monkeypatch):
    monkeypatch.setattr(sealing, "PATIENCE", 0.0)
    write("quick")
    assert sealing.settled_number(EVENTS, patience=0.0) is None
    seal(customer)
    assert sealed() == 0
    slow.commit()
    assert [event.subject for event in AuditEvent.objects.order_by("sequence")] == ["slow", "quick"]
    seal(customer)
    assert sealed() == 2
    assert verify(customer).findings == []


def test_a_number_of_a_transaction_that_failed_leaves_no_finding(customer):
    write("first")
    with transaction.atomic():
        record(actor=PLATFORM, action="sync.changed", subject="taken back")
        transaction.set_rollback(True)
    write("third")
    seal(customer)
    assert (sealed(), verify(customer).findings) == (2, [])


def test_sealing_waits_for_those_who_were_there_and_not_for_those_who_come(customer, slow):
    timer = threading.Timer(0.1, slow.commit)
    timer.start()
    assert sealing.settled_number(EVENTS, patience=30) == 1
    timer.join()


def test_a_writer_does_not_wait_for_whoever_seals(customer):
    """Both in the middle of their transactions: the writer has written, the seals are not committed."""
    write("first")
    with transaction.atomic():
        seal(customer)
        writer = Writer(customer)
        writer.commit()
    assert sealed() == 1
    seal(customer)
    assert (sealed(), verify(customer).findings) == (2, [])


def test_two_who_seal_at_once_seal_each_row_once(customer):
    for number in range(30):
        write(f"{number}")
    barrier, errors = threading.Barrier(3), []

    def run() -> None:
        try:
            schema.use(customer)
            barrier.wait(30)
            for _ in range(5):
                seal_customer(customer, clock=lambda: datetime.now(UTC), batch=4)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    seal(customer)
    assert errors == []
    assert (sealed(), verify(customer).findings) == (30, [])
