"""The webhook endpoint: what is accepted, what is refused, and what either of them leaves behind."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations import webhooks
from integrations.models import Connection, InboundEvent
from tenants import schedule
from tenants.models import Customer, ScheduledWork
from tenants.schema import within
from tenants.webhook_models import WebhookRefusals
from tenants.webhook_refusals import EVERY_SECONDS, Refusals, sample
from tests.integrations.webhook_calls import (
    HEADER,
    KEY,
    OLD_KEY,
    URL,
    connect,
    digest_of,
    encoded,
    event,
    events_of,
    post,
    signature,
)


@pytest.fixture(autouse=True)
def keys(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ST_WEBHOOK_KEYS = {"production": [KEY], "sandbox": []}
    monkeypatch.setattr(webhooks, "refusals", Refusals())


def refused() -> dict[tuple[str, str], int]:
    return {(row.endpoint, row.reason): row.count for row in WebhookRefusals.objects.all()}


def due(customer: Customer) -> list[tuple[str, int]]:
    rows = ScheduledWork.objects.filter(customer=customer, due_at__isnull=False)
    return list(rows.values_list("kind", "priority"))


def test_a_signed_event_is_noted_for_its_customer_and_due_ahead_of_scheduled_work(acme, globex):
    connect(acme)
    answer = post(encoded(event()))
    assert (answer.status_code, answer.content) == (200, b"Received.\n")
    (row,) = events_of(acme)
    assert (row.type, row.occurrence, row.event_id) == ("tn.jpm.job-updated", "occurrence-1", "delivery-1")
    assert (row.object_kind, row.object_id, row.object_number) == ("job", "88001", "2117")
    assert (row.state, row.tenant_id, row.reason) == ("received", "1001", "")
    assert due(acme) == [("inbound", 1)]
    assert (events_of(globex), due(globex), refused()) == ([], [], {})


def test_the_next_tick_takes_events_before_everything_that_was_due_earlier(acme):
    connect(acme)
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    for number in range(3):
        schedule.ensure(customer_id=acme.pk, sync_id=UUID(int=number + 1), due_at=long_ago)
    for name in ("one", "two", "three"):
        post(encoded(event(name)))
    claims = schedule.claim(now=datetime.now(UTC), limit=2, lease_seconds=300)
    assert [claim.kind for claim in claims] == ["inbound", "poll"]


@pytest.mark.parametrize("encoding", ["hex", "base64"])
@pytest.mark.parametrize("prefix", ["", "sha256=", "SHA256="])
@pytest.mark.parametrize("header", ["X-ServiceTitan-Signature", "x-st-signature", "Servicetitan-Signature"])
def test_every_spelling_of_a_right_signature_is_taken(acme, encoding, prefix, header):
    connect(acme)
    body = encoded(event())
    text = signature(body, encoding=encoding, prefix=prefix)
    assert post(body, sign=None, headers={header: text}).status_code == 200
    assert len(events_of(acme)) == 1


def test_hexadecimal_digits_may_be_capital(acme):
    connect(acme)
    body = encoded(event())
    assert post(body, sign=None, headers={HEADER: signature(body).upper()}).status_code == 200


def test_header_names_and_hash_are_settings(acme, settings):
    connect(acme)
    settings.ST_WEBHOOK_HEADERS, settings.ST_WEBHOOK_HASH = ["X-Some-Name"], "sha512"
    body = encoded(event())
    assert post(body).status_code == 401
    assert post(body, sign=None, headers={"X-Some-Name": signature(body)}).status_code == 401
    right = signature(body, algorithm="sha512", prefix="sha512=")
    assert post(body, sign=None, headers={"X-Some-Name": right}).status_code == 200


def test_both_keys_fit_during_a_rotation_and_only_the_new_one_after_it(acme, settings):
    connect(acme)
    settings.ST_WEBHOOK_KEYS = {"production": [KEY, OLD_KEY], "sandbox": []}
    assert post(encoded(event("one")), sign=KEY).status_code == 200
    assert post(encoded(event("two")), sign=OLD_KEY).status_code == 200
    settings.ST_WEBHOOK_KEYS = {"production": [KEY], "sandbox": []}
    assert post(encoded(event("three")), sign=OLD_KEY).status_code == 401
    assert [row.occurrence for row in events_of(acme)] == ["one", "two"]


def test_without_a_key_everything_is_refused(acme, settings):
    connect(acme)
    settings.ST_WEBHOOK_KEYS = {"production": [], "sandbox": [KEY]}
    for sign in (KEY, "", None):
        assert post(encoded(event()), sign=sign).status_code == 401
    assert (events_of(acme), refused()) == ([], {("the product's app, production", "no-key"): 1})


def test_the_key_of_the_sandbox_proves_nothing_in_production(acme, settings):
    connect(acme)
    settings.ST_WEBHOOK_KEYS = {"production": [KEY], "sandbox": [OLD_KEY]}
    assert post(encoded(event()), sign=OLD_KEY).status_code == 401
    assert post(encoded(event()), sign=OLD_KEY, url="/webhooks/servicetitan/sandbox/").status_code == 200
    assert events_of(acme) == []  # the tenant is proven in production only


def test_a_refusal_keeps_the_names_of_headers_and_no_value(acme):
    connect(acme)
    headers = {"X-Real-Signature": "canary-signature", "X-Other": "canary-other"}
    answer = post(encoded(event()), sign=None, headers=headers)
    assert (answer.status_code, b"canary" in answer.content) == (401, False)
    (row,) = WebhookRefusals.objects.all()
    assert (row.endpoint, row.reason, row.count) == ("the product's app, production", "unsigned", 1)
    assert {"x-real-signature", "x-other", "host"} <= set(row.header_names)
    assert "canary" not in str(row.header_names)


def test_a_flood_of_forgeries_writes_one_row_every_few_seconds(acme):
    clock = iter([0.0, 0.0] + [1.0] * 998 + [EVERY_SECONDS, EVERY_SECONDS])
    counted = Refusals(clock=lambda: next(clock))
    now = datetime.now(UTC)
    with CaptureQueriesContext(connection) as queries:
        for number in range(1000):
            counted.note(endpoint="e", reason="wrong", header_names=[f"x-{number}"], now=now)
    assert len(queries) == 2
    assert WebhookRefusals.objects.get().count == 1000


def test_a_refusal_is_told_in_the_log_once_and_not_by_the_framework_again(acme, caplog):
    connect(acme)
    with caplog.at_level(logging.INFO):
        for _ in range(20):
            post(b"forged", sign="canary-key-that-is-not-the-right-one-32")
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == [
        "webhook calls refused"
    ]
    assert "canary" not in caplog.text


def test_names_of_headers_are_kept_short_and_few():
    names = sample([f"X-{number}" for number in range(100)] + ["X_A\r\nb", "y" * 500, "é"])
    assert len(names) == 40
    assert all(len(name) <= 60 and name.isascii() for name in names)


def test_an_event_that_comes_again_is_noted_once(acme):
    connect(acme)
    for attempt in ("a", "b", "c"):
        assert post(encoded(event(id=attempt))).status_code == 200
    assert [row.event_id for row in events_of(acme)] == ["a"]


def test_without_an_occurrence_the_id_tells_and_without_that_the_bytes(acme):
    connect(acme)
    nameless = event()
    del nameless["userassignedid"]
    for _ in range(2):
        post(encoded(nameless))
    del nameless["id"]
    for _ in range(2):
        post(encoded(nameless))
    assert [row.occurrence for row in events_of(acme)] == ["delivery-1", f"sha256:{digest_of(encoded(nameless))}"]


def test_two_tenants_may_use_the_same_name_for_an_occurrence(acme, globex):
    connect(acme, 1001)
    connect(globex, 1002)
    post(encoded(event()))
    post(encoded(event(tenant=1002)))
    assert [len(events_of(acme)), len(events_of(globex))] == [1, 1]


def test_an_unknown_tenant_is_answered_alike_and_stored_nowhere(acme, globex):
    connect(acme)
    known, unknown = post(encoded(event())), post(encoded(event(tenant=4711)))
    for answer in (known, unknown):
        answer.headers.pop("X-Request-ID", None)  # of each request its own
    assert (known.status_code, known.content, known.headers) == (unknown.status_code, unknown.content, unknown.headers)
    assert (len(events_of(acme)), events_of(globex), refused()) == (1, [], {})


def test_a_tenant_that_no_ping_has_proven_is_an_unknown_one(acme):
    connect(acme, proven=False)
    assert post(encoded(event())).status_code == 200
    assert events_of(acme) == []


def test_a_suspended_customers_events_are_stored_nowhere(acme):
    connect(acme)
    Customer.objects.filter(pk=acme.pk).update(suspended_at=datetime.now(UTC))
    assert post(encoded(event())).status_code == 200
    assert events_of(acme) == []


def test_a_connection_that_is_for_another_tenant_by_now_gets_no_events_of_the_old_one(acme):
    connect(acme)
    with within(acme):
        Connection.objects.update(options={"servicetitan_tenant_id": "1002"})
    assert post(encoded(event())).status_code == 200
    assert (events_of(acme), due(acme)) == ([], [])


def test_what_is_not_ours_is_noted_with_the_reason_and_wakes_nobody(acme):
    connect(acme)
    post(encoded(event("one", type="tn.acc.invoice-posted", data={"invoice": {"id": 1}, "tenantId": 1001})))
    post(encoded(event("two", type=["odd"], data={"tenantId": "1001"})))
    post(encoded(event("three", data={"job": {"id": "none"}, "tenantId": 1001})))
    long_ago = (datetime.now(UTC) - timedelta(days=31)).isoformat()
    post(encoded(event("four", time=long_ago)))
    rows = [(row.occurrence, row.state, row.code) for row in events_of(acme)]
    assert rows == [
        ("one", "ignored", "not-ours"),
        ("two", "ignored", "not-ours"),
        ("three", "ignored", "no-object"),
        ("four", "ignored", "old"),
    ]
    assert due(acme) == []


@pytest.mark.parametrize(
    "time", [None, 7, "yesterday", "2999-01-01T00:00:00Z", "2026-13-01", "0001-01-01T00:00:00+23:59"]
)
def test_an_event_without_a_readable_time_is_read_all_the_same(acme, time):
    connect(acme)
    assert post(encoded(event(time=time))).status_code == 200
    assert len(events_of(acme)) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"{}",
        b'{"data": []}',
        b'{"data": {}}',
        b'{"data": {"tenantId": true}}',
        b'{"data": {"tenantId": -1}}',
        b'{"data": {"tenantId": 1e400}}',
        b'{"data": {"tenantId": NaN}}',
        b'{"data": {"tenantId": "1; drop table"}}',
        b'{"data": {"tenantId": 99999999999999999999999}}',
        b"[" * 100_000,
        b'{"data": {"tenantId": ' + b"9" * 5000 + b"}}",
    ],
)
def test_a_proven_body_that_is_no_event_is_refused_and_stored_nowhere(acme, body):
    connect(acme)
    assert post(body).status_code == 400
    assert (events_of(acme), refused()) == ([], {("the product's app, production", "unreadable"): 1})


def test_odd_characters_of_an_event_are_kept_as_far_as_they_can_be(acme):
    connect(acme)
    job = {"id": 88001, "jobNumber": "2\x0017\ud800"}
    answer = post(encoded(event("\x00odd\ud800" + "x" * 500, data={"job": job, "tenantId": 1001})))
    assert answer.status_code == 200
    (row,) = events_of(acme)
    assert (row.object_number, row.occurrence[:7]) == ("2\ufffd17?", "sha256:")


def test_a_body_is_refused_by_its_length_before_it_is_read(acme):
    class Unread(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise AssertionError("it was read")

    connect(acme)
    large = webhooks.LARGEST_BODY + 1
    answer = Client().generic("POST", URL, b"", headers={"Host": "localhost"}, CONTENT_LENGTH=str(large))
    assert answer.status_code == 413
    given: Any = {"wsgi.input": Unread(), "CONTENT_LENGTH": "9" * 500}
    assert Client().generic("POST", URL, b"", headers={"Host": "localhost"}, **given).status_code == 413
    assert refused() == {("the product's app, production", "too-large"): 1}


def test_a_body_of_exactly_the_limit_is_taken(acme):
    connect(acme)
    short = encoded(event(filler=""))
    body = encoded(event(filler="x" * (webhooks.LARGEST_BODY - len(short))))
    assert len(body) == webhooks.LARGEST_BODY
    assert post(body).status_code == 200
    assert post(body + b" ").status_code == 413


def in_chunks(body: bytes) -> Any:
    """What a server hands on of a call without a length, whose end it knows itself."""
    given: Any = {"wsgi.input": BytesIO(body), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    headers = {"Host": "localhost", HEADER: signature(body)}
    return Client().generic("POST", URL, b"", headers=headers, **given)


def test_a_body_may_come_in_chunks_and_is_read_no_further_than_the_limit(acme):
    connect(acme)
    assert in_chunks(encoded(event())).status_code == 200
    assert len(events_of(acme)) == 1
    assert in_chunks(b" " * (webhooks.LARGEST_BODY + 1)).status_code == 413


def test_a_sender_that_goes_away_in_the_middle_is_refused(acme):
    class Broken(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionResetError

    connect(acme)
    given: Any = {"wsgi.input": Broken(), "CONTENT_LENGTH": "10"}
    assert Client().generic("POST", URL, b"", headers={"Host": "localhost"}, **given).status_code == 400
    assert refused() == {("the product's app, production", "truncated"): 1}


def test_only_posts_are_taken(acme):
    for method in ("get", "put", "delete", "head"):
        assert getattr(Client(), method)(URL, headers={"Host": "localhost"}).status_code == 405


def test_the_endpoint_is_not_on_a_customers_host(acme):
    body = encoded(event())
    answer = Client().post(URL, body, content_type="application/json", headers={"Host": "acme.localhost"})
    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/webhooks/servicetitan/production", "/webhooks/servicetitan/production/"])
def test_the_last_slash_may_be_missing(acme, path):
    connect(acme)
    assert post(encoded(event()), url=path).status_code == 200


def test_no_key_is_in_any_representation(acme):
    endpoint = webhooks.Endpoint(name="e", keys=[KEY], headers=[], algorithm="sha256", route=lambda event: None)
    assert "canary" not in repr(endpoint)


def test_an_event_costs_a_handful_of_statements(acme):
    connect(acme)
    post(encoded(event("first")))
    with CaptureQueriesContext(connection) as queries:
        post(encoded(event("second")))
    assert len(queries) <= 8, [query["sql"][:80] for query in queries]
    with within(acme):
        assert InboundEvent.objects.count() == 2
