"""Whatever arrives at the webhook endpoint: what is not proven is never accepted, and nothing crashes it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations import webhooks
from integrations.systems.servicetitan.webhooks import is_signed, parse
from tenants.models import ScheduledWork
from tests.integrations.webhook_calls import HEADER, KEY, connect, encoded, event, events_of, post, signature

quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
BODY = encoded(event())
SIGNED = signature(BODY)

header_texts = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=120)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(autouse=True)
def connected(settings: Any, acme: Any) -> None:
    """What is accepted would be noted: the tenant is proven."""
    settings.ST_WEBHOOK_KEYS = {"production": [KEY], "sandbox": []}
    connect(acme)


def is_refused(customer: Any, body: bytes, text: str | None, header: str = HEADER) -> None:
    answer = post(body, sign=None, headers={} if text is None else {header: text})
    assert answer.status_code == 401
    assert events_of(customer) == []


@quick
@given(body=st.binary(max_size=400), text=st.none() | header_texts)
def test_no_forged_call_is_accepted(acme, body, text):
    is_refused(acme, body, text)


@quick
@given(length=st.integers(min_value=0, max_value=len(BODY) - 1))
def test_no_truncated_call_is_accepted(acme, length):
    is_refused(acme, BODY[:length], SIGNED)


@quick
@given(place=st.integers(min_value=0, max_value=len(BODY) - 1), bit=st.integers(min_value=0, max_value=7))
def test_no_call_of_which_a_bit_was_changed_is_accepted(acme, place, bit):
    changed = bytearray(BODY)
    changed[place] ^= 1 << bit
    is_refused(acme, bytes(changed), SIGNED)


def wrong_spellings(right: str, digest: bytes) -> list[str]:
    """What stands for the right digest in a way that nobody agreed upon, or nearly does."""
    plain = base64.b64encode(digest).decode()
    others = sorted({plain[:-2] + letter + "=" for letter in "ABCDEFGHabcdefgh0123"} - {plain})
    return [
        right[:-1],
        right + "0",
        right[:32] + " " + right[32:],
        f"0x{right}",
        f"sha1={right}",
        f"sha256:{right}",
        f"sha256=sha256={right}",
        f"{right},{right}",
        f"v1={right}",
        right[::-1],
        plain.rstrip("="),
        plain + "=",
        plain[:10] + "\n" + plain[10:],
        base64.b64encode(right.encode()).decode(),
        base64.b32encode(digest).decode(),
        digest.decode("latin-1"),
        *others,
    ]


def test_no_wrongly_encoded_signature_is_accepted(acme):
    for text in wrong_spellings(SIGNED, bytes.fromhex(SIGNED)):
        if "\n" not in text and "\r" not in text:  # no server hands such a header on
            is_refused(acme, BODY, text)
        assert not is_signed(BODY, [text], [KEY])


@quick
@given(extra=st.integers(min_value=1, max_value=100_000))
def test_no_oversized_call_is_accepted(acme, extra):
    body = BODY + b" " * (webhooks.LARGEST_BODY - len(BODY) + extra)
    assert post(body).status_code == 413
    assert events_of(acme) == []


@quick
@given(
    envelope=st.dictionaries(
        st.sampled_from(["id", "type", "time", "userassignedid", "data", "specversion"]), json_values, max_size=6
    )
    | json_values
)
def test_no_proven_body_crashes_it_or_is_stored_without_a_tenant_of_ours(acme, envelope):
    answer = post(json.dumps(envelope).encode())
    assert answer.status_code in (200, 400)
    assert events_of(acme) == []


@settings(quick, max_examples=80)
@given(
    members=st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("id", "type", "time", "userassignedid", "source"), json_values)
    ),
    job=json_values,
    kind=st.sampled_from(["tn.jpm.job-updated", "tn.jpm.job-appointment-updated"]),
)
def test_every_event_about_our_tenant_is_noted_once_whatever_else_it_says(acme, members, job, kind):
    before = len(events_of(acme))
    body = encoded({"type": kind, **members, "data": {"job": job, "appointment": job, "tenantId": 1001}})
    told = parse(body).occurrence
    known = {row.occurrence for row in events_of(acme)}
    assert post(body).status_code == 200
    assert post(body).status_code == 200
    assert len(events_of(acme)) == before + (told not in known)


@settings(quick, max_examples=25)
@given(order=st.lists(st.integers(min_value=0, max_value=5), min_size=1, max_size=12))
def test_repeats_in_any_order_are_noted_once_and_due_once(acme, order):
    for number in order:
        assert post(encoded(event(f"occurrence-{number}", id=f"attempt-{len(order)}"))).status_code == 200
    noted = [row.occurrence for row in events_of(acme)]
    assert len(noted) == len(set(noted))
    assert {f"occurrence-{number}" for number in order} <= set(noted)
    assert ScheduledWork.objects.filter(kind="inbound").count() == 1


@given(body=st.binary(max_size=100), key=st.text(st.characters(codec="ascii"), min_size=32, max_size=64))
@settings(deadline=None)
def test_what_is_signed_is_taken_in_each_spelling_and_under_no_other_key(body, key):
    for algorithm in ("sha256", "sha512", "sha384", "sha1"):
        for encoding in ("hex", "base64"):
            for prefix in ("", f"{algorithm}="):
                text = signature(body, key, encoding=encoding, algorithm=algorithm, prefix=prefix)
                assert is_signed(body, [text], [key], algorithm=algorithm)
                assert is_signed(body, ["nonsense", text], ["another", key], algorithm=algorithm)
                assert not is_signed(body, [text], [f"{key}x"], algorithm=algorithm)
                assert not is_signed(body, [text], [], algorithm=algorithm)
