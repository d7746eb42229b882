"""Each answer has one meaning, whatever its body looks like."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from integrations.errors import (
    BadCredentials,
    IntegrationError,
    Misconfigured,
    NotAuthorised,
    Rejected,
    Throttled,
    TokenRefused,
    Transient,
    Unknown,
)
from integrations.flow import Write
from integrations.systems.servicetitan import resources
from integrations.systems.servicetitan.client import BARE_THROTTLE, ServiceTitanClient
from integrations.systems.servicetitan.objects import PURCHASE_ORDERS, VENDORS
from simulators.server import serve
from simulators.wire import Response, json_response
from tests.platform_doubles import NoBudget
from tests.systems.servicetitan.connecting import Stub, client_for, page, settings

PROBLEM = {
    "type": "about:blank",
    "title": "One or more validation errors occurred.",
    "status": 400,
    "traceId": "00-1",
    "errors": {"Name": ["The Name field is required."], "Address.Zip": ["Too long.", "Not a zip."]},
    "data": {},
}
BODIES = {
    "problem": json_response(PROBLEM).body,
    "gateway": b'{"statusCode": 403, "message": "no"}',
    "html": b"<html><body>Service error</body></html>",
    "empty": b"",
    "misleading": b'{"title": "The token expired", "status": 401, "errors": {}}',
}
CANCEL = Write("cancel", "5", {"canceledReason": "Other"}, {})


@contextmanager
def answering(status: int, body: bytes = b"", *headers: tuple[str, str]) -> Iterator[tuple[Stub, ServiceTitanClient]]:
    stub = Stub(lambda _: Response(status, list(headers), body))
    with serve(stub) as server:
        client = client_for(settings(server.url), budget=NoBudget())
        client.prepare()
        yield stub, client


def read_error(client: ServiceTitanClient) -> IntegrationError:
    with pytest.raises(IntegrationError) as caught:
        client.page(resources.VENDORS, ())
    return caught.value


def write_error(client: ServiceTitanClient, write: Write = CANCEL) -> IntegrationError:
    with pytest.raises(IntegrationError) as caught:
        PURCHASE_ORDERS.send(client, write)
    return caught.value


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_403_names_the_scope_and_who_has_to_accept_the_app_whatever_the_body_says(body):
    with answering(403, body) as (_, client):
        read, write = read_error(client), write_error(client)
    assert (type(read), read.code) == (NotAuthorised, "scope:tn.inv.vendors:r")
    assert (type(write), write.code) == (NotAuthorised, "scope:tn.inv.purchaseorders:w")
    assert "tn.inv.purchaseorders:w in tenant 1001. Its administrator has to accept" in write.message
    assert write.exchange is not None
    assert write.exchange.status == 403


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_401_is_a_refused_token_whatever_the_body_says(body):
    with answering(401, body) as (_, client):
        assert type(write_error(client)) is TokenRefused


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_404_depends_on_what_was_asked_not_on_the_body(body):
    with answering(404, body) as (_, client):
        assert client.one(resources.PURCHASE_ORDERS, "5") is None
        assert type(read_error(client)) is Misconfigured
        assert (type(write_error(client)), write_error(client).code) == (Rejected, "not-found")
        create = Write("create", "", VENDOR, {}, "m1")
        with pytest.raises(Misconfigured):
            VENDORS.send(client, create)


VENDOR = {
    "name": "A",
    "active": True,
    "isTruckReplenishment": False,
    "taxRate": "0",
    "restrictedMobileCreation": False,
    "address": dict.fromkeys(("street", "unit", "city", "state", "zip", "country"), ""),
}


def test_400_carries_the_sentences_of_the_other_side():
    with answering(400, BODIES["problem"]) as (_, client):
        error = write_error(client)
    assert type(error) is Rejected
    assert error.message == (
        "ServiceTitan refused purchase orders 5/cancellation: Name: The Name field is required. "
        "Address.Zip: Too long. Address.Zip: Not a zip."
    )


@pytest.mark.parametrize(
    ("status", "code"), [(409, "conflict"), (422, "rejected"), (405, "rejected"), (413, "rejected")]
)
def test_other_refusals_are_rejections(status, code):
    with answering(status, b"") as (_, client):
        error = write_error(client)
    assert (type(error), error.code) == (Rejected, code)
    assert error.message.endswith(f"HTTP {status}")


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 301])
def test_an_unclear_answer_to_a_write_leaves_it_unknown(status):
    with answering(status, BODIES["html"], ("Location", "https://elsewhere.example/")) as (stub, client):
        error = write_error(client)
    assert (type(error), error.code) == (Unknown, f"http-{status}")
    assert len(stub.calls) == 1


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_the_same_answer_to_a_read_is_worth_another_try(status):
    with answering(status, BODIES["html"]) as (_, client):
        assert type(read_error(client)) is Transient


@pytest.mark.parametrize("body", [b"", b"{}", b'{"id": "7"}', b'{"id": true}', b"[]", b"<html>", b'{"id": 12, "na'])
def test_a_create_that_is_answered_without_an_id_is_unknown(body):
    with answering(200, body) as (_, client), pytest.raises(Unknown):
        VENDORS.send(client, Write("create", "", VENDOR, {}, "m1"))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data": null}', b'{"data": [1]}', b"<html>"])
def test_a_page_that_cannot_be_read_never_looks_empty(body):
    with answering(200, body) as (_, client):
        assert type(read_error(client)) is Transient


def test_a_page_that_announces_more_but_is_empty_does_not_loop_for_ever():
    with answering(200, page([], more=True).body) as (stub, client):
        assert type(read_error(client)) is Transient
    assert len(stub.calls) == 1


def test_a_date_in_retry_after_is_read_by_the_servers_own_clock():
    with answering(429, b"", ("Retry-After", "Wed, 01 Jul 2026 10:00:40 GMT")) as (stub, client):
        stub.clock.set(datetime(2026, 7, 1, 10, 0, 0, tzinfo=UTC), frozen=True)
        error = write_error(client)
    assert isinstance(error, Throttled)
    assert error.retry_after == 40.0


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        (b"", [("Retry-After", "7")], 7.0),
        (b'{"title": "in 30 seconds"}', [("Retry-After", "7")], 7.0),
        (b'{"title": "Rate limit is exceeded. Try again in 12 seconds.", "status": 429}', [], 12.0),
        (b'{"statusCode": 429, "message": "Rate limit is exceeded. Try again in 3 seconds."}', [], 3.0),
        (b'{"title": "Try again in 1 second."}', [], 1.0),
        (b'{"title": "Rate limit is exceeded. Try again in 12 seconds."}', [("Retry-After", "soon")], 12.0),
        (b"", [("Retry-After", "86400")], 900.0),
        (b"", [], None),
        (b"<html>429</html>", [], None),
        (b'{"title": "Slow down"}', [], None),
    ],
)
def test_429_slows_the_connection_for_as_long_as_the_answer_says(body, headers, seconds):
    with answering(429, body, *headers) as (_, client):
        error = write_error(client)
        budget = client._budget
    assert isinstance(error, Throttled)
    assert error.retry_after == seconds
    assert isinstance(budget, NoBudget)
    assert budget.blocks == [BARE_THROTTLE if seconds is None else seconds]


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, b'{"error": "invalid_client"}', BadCredentials, "(invalid_client)"),
        (401, b'{"error": "invalid_client"}', BadCredentials, "(invalid_client)"),
        (401, b"", BadCredentials, "client id and secret."),
        (400, b'{"error": "Echo: cs1.canary-1001"}', BadCredentials, "client id and secret."),
        (404, b"", Misconfigured, "not ServiceTitan's token endpoint"),
        (302, b"", Misconfigured, "not ServiceTitan's token endpoint"),
        (429, b'{"message": "Try again in 9 seconds."}', Throttled, "fewer calls"),
        (503, b"<html>", Transient, "503"),
        (200, b"{}", Transient, "without a token"),
        (200, b"<html>", Transient, "not readable"),
    ],
)
def test_the_token_endpoint_has_answers_of_its_own(status, body, kind, words):
    stub = Stub(lambda _: page([]))
    stub.answer = lambda request, seen: Response(status, [], body)  # type: ignore[method-assign]
    with serve(stub) as server:
        client = client_for(settings(server.url))
        error = read_error(client)
    assert type(error) is kind
    assert words in error.message
    assert "canary" not in error.message
    assert "canary" not in repr(error.exchange)


def test_401_again_after_a_new_token_points_to_the_credentials():
    with answering(401) as (stub, client):
        error = read_error(client)
    assert type(error) is BadCredentials
    assert "application key" in error.message
    assert stub.tokens == 3  # the second renewal, since the first may find one that others fetched
    assert len(stub.calls) == 3
