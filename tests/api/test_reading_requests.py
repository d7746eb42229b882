"""Requests are read strictly, and every refusal says where and what."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from rest_framework.exceptions import ValidationError

from integrations.api.kernel.members import Instant, Money, Text
from integrations.api.kernel.problems import MEDIA_TYPE
from tests.api.caller import Caller

MALFORMED = {
    "no JSON": b'{"email": ',
    "twice": b'{"email": "a@b.test", "email": "c@d.test", "role": "viewer"}',
    "NaN": b'{"email": NaN}',
    "Infinity": b'{"email": -Infinity}',
    "no UTF-8": b'{"email": "\xff"}',
    "NUL": b'{"email": "a\\u0000@b.test"}',
    "half a pair": b'{"email": "\\ud800"}',
    "NUL in a name": b'{"a\\u0000": 1}',
    "deeper than can be read": b"[" * 100_000,
    "deeper than can be walked through": b'{"email": ' + b"[" * 600 + b"]" * 600 + b"}",
    "a little too deep": b'{"email": ' + b"[" * 20 + b"]" * 20 + b"}",
    "twice among many": b"{" + b",".join(b'"%d":1' % n for n in range(90_000)) + b',"89999":2}',
    "long number": b'{"email": ' + b"1" * 5000 + b"}",
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_sound_json_is_refused(api, body):
    answer = api.post("members", body)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:ml-connector:problem:malformed-request")


def test_a_body_may_have_twenty_levels(api):
    answer = api.post("members", b'{"email": ' + b"[" * 19 + b"]" * 19 + b"}")
    assert answer.json()["type"] == "urn:ml-connector:problem:invalid-request"


def test_a_body_full_of_mistakes_is_answered_with_some_of_them(api):
    answer = api.post("members", {f"member{n}": 1 for n in range(5_000)})
    assert (answer.status_code, len(answer.json()["errors"])) == (400, 200)


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"5", b"null", b"true"])
def test_a_body_is_an_object(api, body):
    assert api.post("members", body).status_code == 400


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_any_media_type_but_json_is_refused(api, media_type):
    answer = api.post("members", b"email=a", Content_Type=media_type)
    assert (answer.status_code, answer.json()["type"]) == (415, "urn:ml-connector:problem:unsupported-media-type")


def test_a_body_of_more_than_a_mebibyte_is_refused_unread(api):
    answer = api.post("members", b'{"email": "' + b"a" * 1024 * 1024 + b'"}')
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:ml-connector:problem:too-large")


def test_each_wrong_member_is_told_with_its_place(api):
    answer = api.post("members", {"email": 5, "role": "emperor", "colour": "red"})
    told = {(each["pointer"], each["code"]) for each in answer.json()["errors"]}
    assert told == {("/email", "not-a-text"), ("/role", "invalid_choice"), ("/colour", "unknown")}


@pytest.mark.parametrize(
    "query",
    ["flwo=vendors", "limit=5&limit=6", "flow=a%00b", "limit=0", "limit=201", "limit=x", "limit=%31%32%33%34%35"],
)
def test_a_query_parameter_that_is_mistyped_is_refused_and_not_ignored(api, query):
    answer = api.get(f"runs?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"][0]) == (400, "?")


@pytest.mark.parametrize("amount", [12.5, 12, "12,50", "1e3", "NaN", "", " 1", "12345678901234567.00"])
def test_an_amount_is_a_text_and_never_a_floating_point_number(amount):
    with pytest.raises(ValidationError):
        Money().run_validation(amount)


def test_an_amount_keeps_its_cents():
    assert str(Money().run_validation("1250.10")) == "1250.10"


@pytest.mark.parametrize("moment", ["2026-03-02T08:00:00", "2026-03-02", "yesterday", 5, "9999-12-31T23:59:59-23:59"])
def test_a_moment_needs_its_offset(moment):
    with pytest.raises(ValidationError):
        Instant().run_validation(moment)


def test_white_space_around_a_text_is_refused():
    with pytest.raises(ValidationError):
        Text().run_validation(" acme")


REFUSALS = {
    "no such path": ("GET", "nothing", 404, "not-found"),
    "no such id": ("GET", "runs/01890000-0000-7000-8000-000000000001", 404, "not-found"),
    "no such flow": ("GET", "syncs/nothing", 404, "not-found"),
    "another method": ("DELETE", "customer", 405, "method-not-allowed"),
    "an unknown method": ("TRACE", "customer", 405, "method-not-allowed"),
    "options": ("OPTIONS", "customer", 405, "method-not-allowed"),
    "the document": ("POST", "openapi.json", 405, "method-not-allowed"),
}


@pytest.mark.parametrize(("method", "path", "status", "problem"), REFUSALS.values(), ids=REFUSALS.keys())
def test_every_refusal_is_problem_details(api, method, path, status, problem):
    answer = api.call(method, path)
    shown = answer.json()
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, MEDIA_TYPE)
    assert (shown["type"], shown["status"]) == (f"urn:ml-connector:problem:{problem}", status)
    assert shown["instance"] == f"/api/v1/{path}"
    assert shown["correlation_id"] == answer["X-Request-ID"]
    assert (status == 405) == ("Allow" in answer)


@pytest.mark.parametrize("host", ["nobody.localhost", "evil.example", "a b"])
def test_an_unknown_host_is_not_found(acme, host):
    answer = Caller(host=host).get("customer")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:ml-connector:problem:not-found")


def test_a_mistake_of_ours_is_told_without_what_it_was(api, monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError("canary detail")

    monkeypatch.setattr("integrations.api.flow_list.flow_as_shown", broken)
    api.client = Client(raise_request_exception=False)
    answer = api.get("flows")
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:ml-connector:problem:internal-error")
    assert b"canary" not in answer.content
    assert "canary detail" in caplog.text


def test_the_correlation_id_of_the_caller_is_taken_over(api):
    answer = api.get("nothing", X_Request_ID="my-request-0001")
    assert (answer["X-Request-ID"], json.loads(answer.content)["correlation_id"]) == ("my-request-0001",) * 2


def test_no_other_web_site_is_answered_to(api):
    answer = api.get("customer", Origin="https://elsewhere.example")
    assert [name for name in answer.headers if name.lower().startswith("access-control")] == []
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*/*", "canary"])
def test_answers_are_json_whatever_is_accepted(api, accept):
    assert api.get("customer", Accept=accept).headers["Content-Type"] == "application/json"


def test_head_is_answered_like_get_without_a_body(api):
    answer = api.call("HEAD", "customer")
    assert (answer.status_code, answer.content, "ETag" in answer) == (200, b"", True)
