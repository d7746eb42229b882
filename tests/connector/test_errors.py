"""What is reported to an error tracker, and what never leaves. Nothing here goes over a network."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sentry_sdk
import structlog
from sentry_sdk.transport import Transport

from connector import errors, logs, scrubbing
from tests.connector.test_logs import line

SECRETS = [
    "Authorization: Bearer canary.canary-canary",
    "authorization=Basic Y2FuYXJ5OmNhbmFyeQ== and more",
    "could not reach https://user:canary-password@sap.example.com/path",
    "client_secret=canary-secret&grant_type=client_credentials",
    '{"password": "canary pass", "user": "CONNECTOR"}',
    "{'access_token': 'canary-token'}",
    "eyJjYW5hcnkiOiJ0b2tlbiJ9.eyJjYW5hcnkiOiJ0b2tlbiJ9.canary_signature",
    "cs1.canary-client-secret",
    "ak1.canary-app-key",
    "whsec_canarycanarycanary",
    "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----",
    "ST-App-Key: canary-key",
    "Set-Cookie: canary=1",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_what_looks_like_a_secret_is_taken_out(secret):
    told = scrubbing.text(f"It failed: {secret}")
    assert "canary" not in told.replace("Bearer ", "")
    assert "Y2FuYXJ5" not in told
    assert told.startswith("It failed: ")


@pytest.mark.parametrize(
    "harmless",
    [
        "4500000001 -> 77: the vendor 17300001 is not linked yet.",
        "The token was refused; the key of this record is unknown.",
        "https://sap.example.com/sap/opu/odata4/?$filter=LastChangeDateTime gt 2026-11-22",
        "CSRF token Required",
    ],
)
def test_what_is_no_secret_stays(harmless):
    assert scrubbing.text(harmless) == harmless


@pytest.mark.parametrize("form", logs.FORMATS)
@pytest.mark.parametrize("secret", SECRETS)
def test_no_log_line_shows_a_secret_wherever_it_stands(form, secret):
    try:
        raise ValueError(f"failed with {secret}")
    except ValueError:
        said = line(form, "integrations.http", broken=True, reason=secret, detail={"deep": [secret]})
    assert "canary" not in said
    assert "Y2FuYXJ5" not in said
    assert "failed with" in said


@pytest.fixture
def reported(monkeypatch):
    """The events that would have been sent."""
    sent: list[dict[str, Any]] = []

    class Kept(Transport):
        def capture_envelope(self, envelope: Any) -> None:
            sent.extend(item.payload.json for item in envelope.items if item.type == "event")

    original = sentry_sdk.init
    monkeypatch.setattr(sentry_sdk, "init", lambda **given: original(**{**given, "transport": Kept}))
    errors.start("https://public@sentry.example.com/1", environment="tests")
    yield sent
    sentry_sdk.get_client().close()
    original()


def test_an_error_is_reported_with_what_it_was_about_and_without_secrets(reported):
    planted = "".join(("can", "ary"))  # lines of the source are reported, so they must not hold the word

    def failing(password: str) -> None:
        token = f"{planted}-local"
        raise ValueError(f"refused with Bearer {planted}-{len(token)}-in-text", len(password))

    with structlog.contextvars.bound_contextvars(customer="acme", flow="vendors", correlation_id="req-17", other="x"):
        try:
            failing(f"{planted}-argument")
        except ValueError as error:
            sentry_sdk.set_user({"email": f"{planted}@acme.example.com"})
            sentry_sdk.set_extra("celery-job", {"kwargs": {"claim": f"{planted}-claim"}})
            sentry_sdk.add_breadcrumb(message=f"{planted}-crumb")
            sentry_sdk.capture_exception(error)
    (event,) = reported
    assert planted not in json.dumps(event)
    assert event["exception"]["values"][0]["type"] == "ValueError"
    assert event["exception"]["values"][0]["stacktrace"]["frames"][-1]["function"] == "failing"
    assert event["tags"] == {"customer": "acme", "flow": "vendors", "correlation_id": "req-17"}
    assert event["environment"] == "tests"


def test_a_request_is_reported_by_method_and_path_only(reported):
    event = errors.scrubbed(
        {
            "request": {
                "method": "POST",
                "url": "https://acme.example.com/enter/?code=canary",
                "query_string": "code=canary",
                "headers": {"Cookie": "canary"},
                "cookies": {"session": "canary"},
                "data": "canary",
                "env": {"REMOTE_ADDR": "canary"},
            }
        }
    )
    assert event["request"] == {"method": "POST", "url": "https://acme.example.com/enter/"}
