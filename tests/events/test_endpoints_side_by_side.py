"""Endpoints that come and go while something else is going on."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest
from django.db import connections
from django_tenants.utils import schema_context

from integrations import event_endpoints, event_sending
from integrations.models import EventAttempt, EventEndpoint
from simulators.wire import Response
from tests.events.receiver import OLGA, Desk, Receiver


@pytest.mark.parametrize("status", [204, 500, 410])
def test_an_endpoint_that_is_removed_while_it_is_asked_is_no_error(
    desk: Desk, receiver: Receiver, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    endpoint, _ = desk.add(receiver.url)
    with schema_context("acme"):
        event_endpoints.send_test(endpoint, actor=OLGA, now=desk.clock())
    receiver.usual = Response(status)

    def remove() -> None:
        with schema_context("acme"):
            event_endpoints.remove(EventEndpoint.objects.get(), actor=OLGA)

    (claim,) = desk.claims()
    settle = event_sending._settle

    def removed_first(*given: Any) -> None:
        remove()
        settle(*given)

    with pytest.MonkeyPatch.context() as patch, caplog.at_level(logging.WARNING):
        patch.setattr(event_sending, "_settle", removed_first)
        event_sending.send_claim(claim, clock=desk.clock, lookup=desk.lookup)
    assert len(receiver.requests) == 1
    assert [record.message for record in caplog.records if record.name.startswith("integrations")] == []
    with schema_context("acme"):
        assert (EventEndpoint.objects.count(), EventAttempt.objects.count()) == (0, 0)


def test_two_who_add_the_tenth_endpoint_at_once_make_one(own_database: Any, acme: Any, settings: Any) -> None:
    settings.OUTGOING_ALLOW, settings.OUTGOING_ALLOW_PLAIN_HTTP = ["127.0.0.0/8"], True
    desk = Desk(acme)
    for number in range(event_endpoints.MOST - 1):
        desk.add(f"http://127.0.0.1/{number}")
    barrier, refused = threading.Barrier(2), list[str]()

    def add(number: int) -> None:
        try:
            barrier.wait(timeout=10)
            desk.add(f"http://127.0.0.1/late-{number}")
        except event_endpoints.TooMany as error:
            refused.append(str(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=add, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with schema_context("acme"):
        assert EventEndpoint.objects.count() == event_endpoints.MOST
    assert len(refused) == 1
