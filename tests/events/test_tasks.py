"""From the beat to a worker: what is due is claimed, handed to its own queue, and done once."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django_tenants.utils import schema_context

from devservices.state import CHECKOUT
from integrations import event_sending, outgoing, tasks
from integrations.models import Event, EventEndpoint
from integrations.running import utc_now
from tenants import schedule
from tests.events.receiver import Desk


@pytest.fixture
def sent(monkeypatch):
    """Messages as the broker would get them."""
    messages: list[tuple[str, dict]] = []

    def keep(self, args=None, kwargs=None, queue="", **options):
        messages.append((queue, json.loads(json.dumps(kwargs))))

    monkeypatch.setattr("connector.celery.KeywordTask.apply_async", keep)
    return messages


def happen(desk: Desk, count: int = 1) -> None:
    with schema_context(desk.customer.schema_name), transaction.atomic():
        for number in range(count):
            outgoing.emit(outgoing.RUN_COMPLETED, subject=f"run-{number}", data={})


def test_a_due_endpoint_travels_to_the_events_queue_and_its_event_to_the_receiver(
    desk, receiver, sent, django_capture_on_commit_callbacks
):
    desk.clock.now = utc_now()
    desk.add(receiver.url)
    happen(desk)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.tick_telling()
    assert [queue for queue, _ in sent] == ["events"]
    assert set(sent[0][1]) == {"claim"}
    tasks.tell(**sent[0][1])
    tasks.tell(**sent[0][1])  # the message came twice
    assert len(receiver.requests) == 1


def test_the_tick_of_polls_takes_no_endpoint(desk, receiver, sent, django_capture_on_commit_callbacks):
    desk.add(receiver.url)
    happen(desk)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.tick()
    assert sent == []


def test_a_suspended_customer_is_sent_nothing(desk, receiver):
    desk.add(receiver.url)
    happen(desk)
    desk.customer.suspended_at = utc_now()
    desk.customer.save()
    desk.clock.now = utc_now()
    assert desk.send() == 0


def test_an_endpoint_that_is_being_sent_to_uses_up_no_turn_of_the_polls(acme, globex):
    now = utc_now()
    given: dict[str, Any] = {"limit": 1, "lease_seconds": 60}
    one = Event(kind="x").pk
    schedule.ensure(customer_id=acme.pk, sync_id=one, kinds=["events"], due_at=now)
    assert len(schedule.claim(now=now, kinds=["events"], **given)) == 1
    schedule.ensure(customer_id=acme.pk, sync_id=one, kinds=["poll"], due_at=now, priority=1)
    schedule.ensure(customer_id=globex.pk, sync_id=one, kinds=["poll"], due_at=now, priority=5)
    (claim,) = schedule.claim(now=now, **given)
    assert claim.customer_id == acme.pk


def test_two_workers_side_by_side_never_make_the_same_try(own_database, acme, receiver):
    desk = Desk(acme)
    desk.clock.now = utc_now()
    endpoint, _ = desk.add(receiver.url)
    happen(desk, 20)
    later = utc_now()

    def take_all(_: int) -> list:
        found = []
        with schema_context("acme"):
            row = EventEndpoint.objects.get(pk=endpoint.pk)
            while (taken := event_sending._take(row, "acme", later)) is not None:
                found.append((taken.delivery_id, taken.number))
        connection.close()
        return found

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(take_all, range(2))
    assert len(first) + len(second) == 20
    assert len({*first, *second}) == 20


def test_examples_of_the_documentation_have_the_members_that_are_sent(desk):
    from integrations.engine import telling
    from integrations.models import Delivery, ReconcileReport, Sync

    text = (CHECKOUT / "docs" / "events.md").read_text()
    documented = {kind: set(json.loads(body)) for kind, body in re.findall(r"```json ([a-z.]+)\n(.+?)```", text, re.S)}
    now = utc_now()
    with schema_context("acme"), transaction.atomic():
        EventEndpoint.objects.create(url="https://hooks.example.com/")
        sync = Sync(flow="vendors")
        report = ReconcileReport(sync=sync, agree=False, started_at=now)
        telling.compared(report, now)
        telling.paused(sync, "scope:x", "No scope.", now)
        telling.completed([[Event().pk, "vendors", now, 1, 1, 0, 0, 0]], now)
        outgoing.connection_broken("id", "sap", code="c", reason="r")
        sent = {event.kind: set(event.data) for event in Event.objects.all()}
    sent["delivery.failed"] = set(telling._failure(Delivery(), "vendors"))
    assert sent == {kind: documented[kind] for kind in sent}
    assert set(sent) == set(outgoing.KINDS) - {"alert.opened", "alert.recovered"}
