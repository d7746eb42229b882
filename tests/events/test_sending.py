"""Events over real HTTP: signed, sent at least once, tried again for three days, given up, replayed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django_tenants.utils import schema_context

from integrations import event_endpoints, event_sending, outgoing
from integrations.event_posting import Outcome
from integrations.models import AuditEvent, Event, EventAttempt, EventDelivery, EventEndpoint
from simulators.wire import Response
from tests.events.receiver import OLGA, Desk, is_signed

State = EventDelivery.State


def happen(desk: Desk, count: int = 1, kind: str = outgoing.RUN_COMPLETED, **more) -> None:
    with schema_context(desk.customer.schema_name), transaction.atomic():
        for number in range(count):
            outgoing.emit(kind, subject=f"run-{number}", data={"read": number}, now=desk.clock(), **more)


def only(desk: Desk) -> EventDelivery:
    (delivery,) = desk.deliveries()
    return delivery


def attempts(desk: Desk) -> list[EventAttempt]:
    with schema_context(desk.customer.schema_name):
        return list(EventAttempt.objects.order_by("started_at", "number"))


def endpoint_of(desk: Desk) -> EventEndpoint:
    with schema_context(desk.customer.schema_name):
        return EventEndpoint.objects.get()


def test_an_event_arrives_signed_as_the_specification_says(desk, receiver):
    _, secret = desk.add(receiver.url)
    happen(desk)
    assert desk.send() == 1
    (request,) = receiver.requests
    assert (request.method, request.path) == ("POST", "/hook")
    assert is_signed(request, secret)
    event = only(desk).event
    assert request.headers["webhook-id"] == str(event.pk)
    assert request.json() == {
        "type": "run.completed",
        "timestamp": "2026-03-02T08:00:00Z",
        "id": str(event.pk),
        "customer": "acme",
        "subject": "run-0",
        "data": {"read": 0},
    }
    assert (only(desk).state, only(desk).due_at) == (State.DELIVERED, None)
    (attempt,) = attempts(desk)
    assert (attempt.number, attempt.status, attempt.code) == (1, 204, "")


def test_nothing_is_sent_twice_when_nothing_is_due(desk, receiver):
    desk.add(receiver.url)
    happen(desk)
    assert [desk.send(), desk.send()] == [1, 0]
    assert len(receiver.requests) == 1


def test_an_endpoint_gets_the_kinds_it_asked_for_only(desk, receiver):
    desk.add(receiver.url, kinds=["books.differ"])
    happen(desk)
    happen(desk, kind=outgoing.BOOKS_DIFFER)
    desk.send()
    assert [body["type"] for body in receiver.bodies()] == ["books.differ"]


def test_each_endpoint_gets_each_event_once_under_the_same_id(desk, receiver):
    desk.add(receiver.url)
    desk.add(f"{receiver.url}/second")
    happen(desk, 2)
    assert desk.send() == 2
    assert sorted(request.path for request in receiver.requests) == ["/hook", "/hook", "/hook/second", "/hook/second"]
    assert len(set(receiver.ids())) == 2


def test_two_customers_never_get_each_others_events(desk, other_desk, receiver):
    _, acmes = desk.add(f"{receiver.url}/acme")
    _, globexs = other_desk.add(f"{receiver.url}/globex")
    happen(desk, 2)
    happen(other_desk, 1)
    assert (desk.send(), other_desk.send()) == (1, 1)
    assert [(r.path, r.json()["customer"]) for r in receiver.requests] == [
        ("/hook/acme", "acme"),
        ("/hook/acme", "acme"),
        ("/hook/globex", "globex"),
    ]
    assert [is_signed(r, acmes) for r in receiver.requests] == [True, True, False]
    assert [is_signed(r, globexs) for r in receiver.requests] == [False, False, True]


def test_what_was_rolled_back_was_never_told(desk, receiver):
    desk.add(receiver.url)
    with schema_context("acme"):
        with transaction.atomic():
            outgoing.emit(outgoing.RUN_COMPLETED, subject="x", data={})
            transaction.set_rollback(True)
        assert Event.objects.count() == 0


def test_the_same_cause_is_told_once(desk, receiver):
    desk.add(receiver.url)
    happen(desk, 1, dedupe="run.completed:7")
    happen(desk, 3, dedupe="run.completed:7")
    assert len(desk.deliveries()) == 1


def test_without_an_endpoint_only_one_statement_is_asked(desk, django_assert_num_queries):
    with schema_context("acme"), transaction.atomic():
        with django_assert_num_queries(1):
            outgoing.emit_all(outgoing.RUN_COMPLETED, [outgoing.Told(str(n), {}) for n in range(500)])
        assert Event.objects.count() == 0


def test_a_thousand_events_cost_as_many_statements_as_one(desk, receiver, django_assert_num_queries):
    desk.add(receiver.url)
    with schema_context("acme"), transaction.atomic():
        outgoing.emit(outgoing.RUN_COMPLETED, subject="warm", data={})
        with django_assert_num_queries(3):
            outgoing.emit_all(outgoing.RUN_COMPLETED, [outgoing.Told(str(n), {}) for n in range(1000)])
        assert EventDelivery.objects.count() == 1001


def test_a_refused_event_is_tried_ten_times_in_three_days_and_then_given_up(desk, receiver):
    receiver.usual = Response(500, body=b"out of order")
    desk.add(receiver.url)
    happen(desk)
    moments = []
    while (due_at := only(desk).due_at) is not None:
        desk.clock.now = max(desk.clock.now, due_at, endpoint_of(desk).rest_until or due_at)
        assert desk.send() == 1
        moments.append(desk.clock.now - desk.deliveries()[0].created_at)
    assert len(moments) == 10
    assert timedelta(days=3) < moments[-1] < timedelta(days=4)
    assert moments == sorted(moments)
    assert only(desk).state == State.GIVEN_UP
    assert {(a.status, a.code, a.answer) for a in attempts(desk)} == {(500, "http-500", "out of order")}
    assert [a.number for a in attempts(desk)] == list(range(1, 11))
    assert set(receiver.ids()) == {str(only(desk).event_id)}


def test_an_event_that_is_taken_at_the_third_try_is_delivered(desk, receiver):
    receiver.answers = [Response(503), Response(302, headers=[("Location", "http://127.0.0.1:1/")])]
    desk.add(receiver.url)
    happen(desk)
    for _ in range(3):
        desk.send()
        desk.clock.advance(hours=1)
    assert [a.status for a in attempts(desk)] == [503, 302, 204]
    assert only(desk).state == State.DELIVERED
    assert endpoint_of(desk).failures == 0


def test_what_the_endpoint_asks_to_wait_is_waited(desk, receiver):
    receiver.answers = [Response(429, headers=[("Retry-After", "900")])]
    desk.add(receiver.url)
    happen(desk)
    desk.send()
    assert only(desk).due_at == desk.clock() + timedelta(seconds=900)


def test_an_endpoint_that_is_gone_is_disabled_and_audited(desk, receiver):
    receiver.usual = Response(410)
    desk.add(receiver.url)
    happen(desk, 3)
    desk.send()
    endpoint = endpoint_of(desk)
    assert (endpoint.enabled, endpoint.disabled_code) == (False, "gone")
    assert len(receiver.requests) == 1
    with schema_context("acme"):
        audit = AuditEvent.objects.get(action="event-endpoint.disabled")
    assert (audit.actor_kind, audit.detail["code"]) == ("platform", "gone")
    desk.clock.advance(days=1)
    assert desk.send() == 0


def test_an_endpoint_that_took_nothing_for_three_days_is_disabled(desk, receiver):
    receiver.usual = Response(500)
    desk.add(receiver.url)
    for _ in range(80):
        happen(desk)
        desk.send()
        desk.clock.advance(hours=1)
        if not endpoint_of(desk).enabled:
            break
    endpoint = endpoint_of(desk)
    assert (endpoint.enabled, endpoint.disabled_code) == (False, "failing")
    assert timedelta(days=3) <= desk.clock() - endpoint.failing_since <= timedelta(days=3, hours=2)
    assert len(receiver.requests) < 200


def test_a_failing_endpoint_rests_and_other_events_spend_no_tries(desk, receiver):
    receiver.usual = Response(500)
    desk.add(receiver.url)
    happen(desk, 20)
    desk.send()
    assert len(receiver.requests) == 5
    assert sorted(d.tries for d in desk.deliveries()) == [0] * 15 + [1] * 5
    assert endpoint_of(desk).rest_until == desk.clock() + timedelta(seconds=30)
    desk.clock.advance(seconds=29)
    assert desk.send() == 0
    receiver.usual = Response(200)
    desk.clock.advance(minutes=10)
    desk.send()
    assert {d.state for d in desk.deliveries()} == {State.DELIVERED}


def test_enabling_an_endpoint_again_sends_what_is_still_due(desk, receiver):
    receiver.answers = [Response(410)]
    endpoint, _ = desk.add(receiver.url)
    happen(desk, 2)
    desk.send()
    with schema_context("acme"):
        event_endpoints.change(endpoint, {"enabled": True}, actor=OLGA, now=desk.clock())
    desk.clock.advance(minutes=1)
    desk.send()
    assert [d.state for d in desk.deliveries()] == [State.DELIVERED] * 2
    assert endpoint_of(desk).disabled_code == ""


def test_what_a_killed_worker_began_is_sent_again_under_the_same_id(desk, receiver):
    def killed() -> None:
        raise KeyboardInterrupt

    desk.add(receiver.url)
    happen(desk)
    (claim,) = desk.claims()

    def clock():  # the third look at the clock comes after the request has left
        if receiver.requests:
            killed()
        return desk.clock()

    with pytest.raises(KeyboardInterrupt):
        event_sending.send_claim(claim, clock=clock, lookup=desk.lookup)
    assert desk.send() == 0  # its lease lasts
    desk.clock.advance(seconds=301)
    assert desk.send() == 1
    assert [a.status for a in attempts(desk)] == [None, 204]
    assert len(set(receiver.ids())) == 1
    assert len(receiver.requests) == 2


def test_two_workers_never_make_the_same_try(desk, receiver):
    desk.add(receiver.url)
    happen(desk)
    (claim,) = desk.claims()
    event_sending.send_claim(claim, clock=desk.clock, lookup=desk.lookup)
    event_sending.send_claim(claim, clock=desk.clock, lookup=desk.lookup)  # the message came twice
    assert len(receiver.requests) == 1


def test_a_worker_that_comes_back_late_changes_nothing(desk, receiver):
    endpoint, _ = desk.add(receiver.url)
    happen(desk)
    with schema_context("acme"):
        late = event_sending._take(endpoint, "acme", desk.clock())
        assert late is not None
        desk.clock.advance(minutes=10)
        newer = event_sending._take(endpoint, "acme", desk.clock())
        assert newer is not None
        event_sending._settle(endpoint, newer, Outcome(200), desk.clock())
        event_sending._settle(endpoint, late, Outcome(500, "http-500"), desk.clock())
    assert (only(desk).state, only(desk).fence) == (State.DELIVERED, 2)
    assert [a.status for a in attempts(desk)] == [500, 200]


def test_a_given_up_event_is_sent_again_under_the_same_id(desk, receiver):
    receiver.answers = [Response(500)]
    desk.add(receiver.url)
    happen(desk)
    desk.send()
    with schema_context("acme"):
        EventDelivery.objects.update(state=State.GIVEN_UP, due_at=None)
        event_endpoints.replay(only(desk), actor=OLGA, now=desk.clock())
        event_endpoints.replay(only(desk), actor=OLGA, now=desk.clock())
    desk.send()
    assert len(receiver.requests) == 2
    assert len(set(receiver.ids())) == 1
    assert only(desk).state == State.DELIVERED


def test_a_time_window_is_replayed_and_nothing_outside_of_it(desk, receiver):
    endpoint, _ = desk.add(receiver.url)
    for _ in range(3):
        happen(desk)
        desk.clock.advance(hours=1)
    with schema_context("acme"):
        EventDelivery.objects.update(state=State.GIVEN_UP, due_at=None)
        since = desk.deliveries()[1].created_at
        window = {"since": since, "until": since + timedelta(hours=1), "actor": OLGA, "now": desk.clock()}
        assert event_endpoints.replay_window(endpoint, **window) == 1
    desk.send()
    assert receiver.ids() == [str(desk.deliveries()[1].event_id)]


def test_a_test_event_goes_to_one_endpoint_whatever_it_asked_for(desk, receiver):
    endpoint, _ = desk.add(receiver.url, kinds=["books.differ"])
    desk.add(f"{receiver.url}/second")
    with schema_context("acme"):
        event_endpoints.send_test(endpoint, actor=OLGA, now=desk.clock())
    desk.send()
    assert [(r.path, r.json()["type"]) for r in receiver.requests] == [("/hook", "endpoint.test")]
