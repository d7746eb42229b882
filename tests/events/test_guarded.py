"""Where events may go, and that no secret of theirs is seen again."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django_tenants.utils import schema_context

from integrations import event_endpoints, event_signing, outgoing
from integrations.errors import Misconfigured, Transient
from integrations.fields import reveal
from integrations.models import AuditEvent, EventAttempt, EventDelivery, EventEndpoint
from simulators.wire import Response
from tests.events.receiver import OLGA, is_signed

CANARY = "whsec_Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5"


def public(host, port):
    return ["93.184.216.34"]


def happen(desk):
    with schema_context(desk.customer.schema_name), transaction.atomic():
        outgoing.emit(outgoing.RUN_COMPLETED, subject="run", data={}, now=desk.clock())


def last_attempt():
    with schema_context("acme"):
        return EventAttempt.objects.order_by("-started_at")[0]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://hooks.example.com/", "outgoing-plain-http"),
        ("https://127.0.0.1/", "outgoing-internal"),
        ("https://[::1]/", "outgoing-internal"),
        ("https://169.254.169.254/latest/meta-data", "outgoing-internal"),
        ("https://olga:pw@hooks.example.com/", "outgoing-url"),
        ("ftp://hooks.example.com/", "outgoing-url"),
    ],
)
def test_an_address_inside_is_refused_when_it_is_entered(desk, url, code):
    with pytest.raises(Misconfigured) as refused:
        desk.add(url)
    assert refused.value.code == code
    with schema_context("acme"):
        assert EventEndpoint.objects.count() == 0


def test_a_name_that_does_not_resolve_is_said_to_be_wrong_when_it_is_entered(desk):
    def nowhere(host, port):
        raise OSError

    desk.lookup = nowhere
    with pytest.raises(Transient, match=r"hooks\.example\.com does not resolve"):
        desk.add("https://hooks.example.com/")


def test_a_name_that_leads_inside_later_is_not_followed(desk, receiver, settings):
    desk.lookup = public
    port = receiver.url.rpartition(":")[2]
    desk.add(f"http://hooks.example.com:{port}")
    settings.OUTGOING_ALLOW = []
    desk.lookup = lambda host, port: ["127.0.0.1"]  # the name was given another address meanwhile
    happen(desk)
    desk.send()
    assert receiver.requests == []
    assert last_attempt().code == "outgoing-internal"


def test_the_address_that_was_checked_is_the_one_that_is_called(desk, receiver, settings):
    """A resolver that answers differently each time is asked once per connection."""
    asked = []

    def rebinding(host, port):
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    desk.lookup = public
    port = receiver.url.rpartition(":")[2].partition("/")[0]
    desk.add(f"http://hooks.example.com:{port}/hook")
    desk.lookup = rebinding
    happen(desk)
    desk.send()
    assert asked == ["hooks.example.com"]
    assert last_attempt().status == 204
    assert receiver.requests[0].headers["host"].startswith("hooks.example.com")


def test_a_redirect_is_not_followed(desk, receiver):
    receiver.usual = Response(307, headers=[("Location", f"{receiver.url}/elsewhere")])
    desk.add(receiver.url)
    happen(desk)
    desk.send()
    assert [request.path for request in receiver.requests] == ["/hook"]
    assert last_attempt().code == "http-307"


def test_an_endless_answer_is_cut_and_a_short_piece_of_it_kept(desk, receiver):
    receiver.usual = Response(200, body=b"x" * 300_000)
    desk.add(receiver.url)
    happen(desk)
    desk.send()
    attempt = last_attempt()
    assert (attempt.status, len(attempt.answer)) == (200, 500)
    with schema_context("acme"):
        assert EventDelivery.objects.get().state == EventDelivery.State.DELIVERED


def test_an_endpoint_that_never_answers_costs_its_time_out_and_no_more(desk, receiver, settings, monkeypatch):
    monkeypatch.setattr("integrations.event_sending.READ_SECONDS", 0.2)
    receiver.usual = Response(200, delay=30)
    desk.add(receiver.url)
    happen(desk)
    desk.send()
    assert (last_attempt().status, last_attempt().code) == (None, "read-timeout")


def test_during_a_rotation_old_and_new_secret_sign_and_then_the_new_one_alone(desk, receiver):
    endpoint, old = desk.add(receiver.url)
    with schema_context("acme"):
        new = event_endpoints.rotate(endpoint, actor=OLGA, now=desk.clock(), overlap=timedelta(hours=1))
    happen(desk)
    desk.send()
    assert [is_signed(receiver.requests[-1], secret) for secret in (old, new)] == [True, True]
    assert receiver.requests[-1].headers["webhook-signature"].count(" ") == 1
    desk.clock.advance(hours=1)
    happen(desk)
    desk.send()
    assert [is_signed(receiver.requests[-1], secret) for secret in (old, new)] == [False, True]


def test_a_stolen_secret_signs_nothing_more_at_once(desk, receiver):
    endpoint, old = desk.add(receiver.url)
    with schema_context("acme"):
        new = event_endpoints.rotate(endpoint, actor=OLGA, now=desk.clock(), overlap=timedelta())
    happen(desk)
    desk.send()
    assert [is_signed(receiver.requests[-1], secret) for secret in (old, new)] == [False, True]


def test_no_secret_is_seen_in_logs_answers_audit_or_tables(desk, receiver, caplog, monkeypatch):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(event_signing, "new_secret", lambda: CANARY)
    receiver.answers = [Response(500, body=f"your secret is {CANARY}".encode())]
    endpoint, _ = desk.add(f"{receiver.url}/canary-path")
    with schema_context("acme"):
        assert reveal(EventEndpoint.objects.get().secrets)[0]["secret"] == CANARY
        event_endpoints.rotate(endpoint, actor=OLGA, now=desk.clock())
    happen(desk)
    desk.send()
    with schema_context("acme"):
        attempt = EventAttempt.objects.get()
        audit = list(AuditEvent.objects.values())
        with connection.cursor() as cursor:
            cursor.execute("SELECT t::text FROM integrations_eventendpoint t")
            stored = cursor.fetchall()
    assert attempt.answer == "your secret is [redacted]"
    told = f"{[r.getMessage() + str(vars(r)) for r in caplog.records]}{audit}"
    assert "canary" not in told
    assert CANARY not in f"{stored}{endpoint!r}{vars(endpoint)}"
    assert CANARY.encode().hex() not in f"{stored}"
