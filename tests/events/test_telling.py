"""What the engine tells: each thing once, from where it happens, and nothing where nobody asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations import event_endpoints
from integrations.engine import replay
from integrations.engine.pausing import pause_for
from integrations.errors import BadCredentials, NotAuthorised
from integrations.models import Connection, Delivery, Event, EventDelivery, Run
from integrations.tokens import pause_for_credentials
from tenants.models import ScheduledWork
from tests.engine.world import World
from tests.events.receiver import OLGA


def anywhere(host, port):
    return ["93.184.216.34"]


@pytest.fixture
def world(in_acme) -> World:
    return World()


@pytest.fixture
def listening(world) -> World:
    event_endpoints.create(url="https://hooks.example.com/", actor=OLGA, now=world.clock(), lookup=anywhere)
    return world


def told(kind: str) -> list[Event]:
    return list(Event.objects.filter(kind=kind).order_by("subject"))


def test_a_record_that_needs_a_person_is_told_once(listening):
    listening.source.put("a", name="A", refuse=True)
    listening.go()
    listening.go()
    (event,) = told("delivery.failed")
    delivery = listening.newest()
    assert event.subject == str(delivery.pk)
    assert event.data == {
        "delivery": str(delivery.pk),
        "flow": "things",
        "key": "a",
        "number": 1,
        "label": "thing A",
        "code": "needs-person",
        "reason": "Somebody has to look at this.",
    }


def test_each_record_of_a_storm_is_told_and_its_statements_do_not_grow(listening):
    def statements(count: int) -> int:
        for number in range(count):
            listening.source.put(f"{count}-{number:03}", name="A", refuse=True)
        listening.poll()
        with CaptureQueriesContext(
            connection,
        ) as captured:
            listening.deliver()
        return sum("integrations_event" in query["sql"] for query in captured)

    assert statements(2) == statements(40)
    assert len(told("delivery.failed")) == 42


def test_a_record_that_fails_again_after_a_replay_is_told_again(listening):
    listening.source.put("a", name="A", refuse=True)
    listening.go()
    sync = listening.sync()
    replay(sync, "a", by="olga", schedule=listening.schedule, now=listening.clock())
    listening.deliver()
    assert len(told("delivery.failed")) == 2


def test_what_is_delivered_is_no_failure(listening):
    listening.source.put("a", name="A")
    listening.go()
    assert listening.states() == ["delivered"]
    assert told("delivery.failed") == []


def test_a_completed_run_is_told_once_with_its_arithmetic(listening):
    listening.source.put("a", name="A")
    listening.source.put("b", name="B", refuse=True)
    listening.go()
    listening.go()
    (event,) = told("run.completed")
    run = Run.objects.get()
    assert event.data["run"] == str(run.pk)
    assert {name: event.data[name] for name in ("flow", "read", "written", "quarantined", "skipped")} == {
        "flow": "things",
        "read": 2,
        "written": 1,
        "quarantined": 1,
        "skipped": 0,
    }


def test_a_run_that_is_opened_again_is_not_told_again(listening):
    listening.source.put("a", name="A", code="X")
    listening.go()
    assert [d.state for d in Delivery.objects.all()] == ["quarantined"]
    sync = listening.sync()
    replay(sync, "a", by="olga", schedule=listening.schedule, now=listening.clock())
    assert Run.objects.get().state == "delivering"
    listening.deliver()
    assert Run.objects.get().state == "completed"
    assert len(told("run.completed")) == 1


def test_a_connection_whose_credentials_are_refused_is_told_once(listening):
    sync = listening.sync()
    pause_for_credentials(sync.target, "401")
    pause_for_credentials(Connection.objects.get(pk=sync.target.pk), "401")
    pause_for(BadCredentials("401"), sync, sync.target)
    (event,) = told("connection.broken")
    assert (event.subject, event.data["name"]) == (str(sync.target.pk), "right")


def test_a_flow_that_lacks_a_permission_is_told_once(listening):
    sync = listening.sync()
    pause_for(NotAuthorised("No scope."), sync, sync.source)
    pause_for(NotAuthorised("No scope."), sync, sync.source)
    (event,) = told("sync.stalled")
    assert event.data["code"] == "not-authorised"


def test_events_wake_the_endpoint_in_the_schedule_index(listening):
    row = ScheduledWork.objects.get(kind="events")
    ScheduledWork.objects.filter(pk=row.pk).update(due_at=None)
    listening.source.put("a", name="A")
    listening.go()
    row.refresh_from_db()
    assert row.due_at is not None
    assert EventDelivery.objects.get().due_at == listening.clock()


def test_an_idle_poll_asks_nothing_about_events(listening):
    listening.source.put("a", name="A")
    listening.go()
    listening.clock.advance(timedelta(minutes=2).total_seconds())
    with CaptureQueriesContext(connection) as captured:
        listening.poll()
    assert [q["sql"] for q in captured if "integrations_event" in q["sql"] or "'alerts'" in q["sql"]] == []


def test_a_customer_who_listens_to_nothing_pays_one_statement_for_a_run(world):
    world.source.put("a", name="A")
    world.poll()
    with CaptureQueriesContext(connection) as captured:
        world.deliver()
    about = [q["sql"] for q in captured if "integrations_event" in q["sql"] or "scheduledwork" in q["sql"]]
    assert len(about) == 1
    assert Event.objects.count() == 0
