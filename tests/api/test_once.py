"""The same POST again is answered again and not done again, whatever dies in between."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections as database_connections
from django.test import Client
from django.utils import timezone

from integrations.api.kernel.idempotency import LONGEST_CALL, Once
from integrations.models import ApiCall, ApiKey, AuditEvent
from integrations.retention import CALLS_KEPT as KEPT
from tenants import schema
from tenants.models import Membership
from tests.api.books import fill
from tests.api.caller import Caller, caller_of

VERA = {"email": "vera@acme.test", "role": "viewer"}


def members(customer) -> int:
    return Membership.objects.filter(customer=customer).count()


def test_the_same_call_again_is_answered_again(api, acme):
    first = api.post("members", VERA, Idempotency_Key="one")
    again = api.post("members", VERA, Idempotency_Key="one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.content, again["Location"], again["ETag"]) == (first.content, first["Location"], first["ETag"])
    assert (first.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
    assert members(acme) == 1
    with schema.within(acme):
        assert AuditEvent.objects.filter(action="member.added").count() == 1


@pytest.mark.parametrize(
    ("path", "body"), [("members", {**VERA, "role": "owner"}), ("api-keys", VERA), ("members?x=1", VERA)]
)
def test_the_key_of_another_request_is_refused(api, acme, path, body):
    api.post("members", VERA, Idempotency_Key="one")
    answer = api.post(path, body, Idempotency_Key="one")
    assert (answer.status_code, answer.json()["type"]) in [
        (409, "urn:ml-connector:problem:idempotency-key-reused"),
        (400, "urn:ml-connector:problem:invalid-request"),
    ]
    assert members(acme) == 1


def test_two_callers_may_use_the_same_key(api, acme):
    api.post("members", VERA, Idempotency_Key="one")
    answer = caller_of(acme).post("members", {**VERA, "email": "vic@acme.test"}, Idempotency_Key="one")
    assert (answer.status_code, members(acme)) == (201, 2)


def test_a_refused_call_has_done_nothing_and_its_key_may_be_used_again(api, acme):
    assert api.post("members", {**VERA, "role": "emperor"}, Idempotency_Key="one").status_code == 400
    assert api.post("members", VERA, Idempotency_Key="one").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "canary\tkey", "canary\u00e9"])
def test_a_malformed_key_is_refused(api, acme, key):
    assert api.post("members", VERA, Idempotency_Key=key).status_code == 400
    assert members(acme) == 0


def test_an_answer_with_a_secret_is_kept_nowhere(api, acme):
    wanted = {"name": "canary key", "scope": "read"}
    made = api.post("api-keys", wanted, Idempotency_Key="one").json()
    again = api.post("api-keys", wanted, Idempotency_Key="one")
    assert (again.status_code, again.json()["type"], again.json()["made"]) == (
        409,
        "urn:ml-connector:problem:answer-withheld",
        made["id"],
    )
    with schema.within(acme):
        kept = json.dumps(list(ApiCall.objects.values()), default=str)
        assert ApiKey.objects.filter(name="canary key").count() == 1
    assert made["secret"] not in kept
    assert Caller(key=made["secret"]).get("customer").status_code == 200


def test_after_thirty_days_a_key_is_new_again(api, acme):
    api.post("members", VERA, Idempotency_Key="one")
    with schema.within(acme):
        ApiCall.objects.update(created_at=timezone.now() - KEPT - timedelta(seconds=1))
    answer = api.post("members", {**VERA, "email": "vic@acme.test"}, Idempotency_Key="one")
    assert answer.status_code == 201
    with schema.within(acme):
        assert ApiCall.objects.count() == 1


def test_what_is_older_than_thirty_days_is_forgotten_by_the_next_calls(api, acme):
    for number in range(3):
        api.post("members", {**VERA, "email": f"v{number}@acme.test"}, Idempotency_Key=str(number))
    with schema.within(acme):
        ApiCall.objects.update(created_at=timezone.now() - KEPT - timedelta(seconds=1))
    api.post("members", VERA, Idempotency_Key="new")
    with schema.within(acme):
        assert list(ApiCall.objects.values_list("key", flat=True)) == ["new"]


def test_a_hundred_parallel_calls_have_one_effect(own_database, acme):
    key = caller_of(acme).key

    def call(_) -> tuple[int, bytes]:
        try:
            answer = Caller(key=key, client=Client()).post("members", VERA, Idempotency_Key="one")
            return answer.status_code, answer.content
        finally:
            database_connections.close_all()

    with ThreadPoolExecutor(25) as pool:
        answers = set(pool.map(call, range(100)))
    assert [status for status, _ in answers] == [201]
    assert members(acme) == 1


class Died(BaseException):
    """The process ended here."""


def test_a_crash_between_effect_and_answer_leaves_neither(own_database, acme, monkeypatch):
    api = caller_of(acme)
    with monkeypatch.context() as patch:
        patch.setattr(Once, "_keep", lambda *_: (_ for _ in ()).throw(Died))
        with pytest.raises(Died):
            api.post("members", VERA, Idempotency_Key="one")
    assert members(acme) == 0
    assert api.post("members", VERA, Idempotency_Key="one").status_code == 201
    assert members(acme) == 1


KILLED = """
import os, signal, sys, django
django.setup()
from integrations.api.kernel.idempotency import Once
from tests.api.caller import Caller
Once._keep = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
Caller(key=sys.argv[1]).post("members", {"email": "vera@acme.test", "role": "viewer"}, Idempotency_Key="one")
"""


def test_a_process_that_is_killed_between_effect_and_answer_leaves_neither(own_database, acme):
    api = caller_of(acme)
    command = [sys.executable, "-c", KILLED, api.key]
    ended = subprocess.run(command, env=own_database.environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (-9, "")
    assert members(acme) == 0
    assert api.post("members", VERA, Idempotency_Key="one").status_code == 201
    assert members(acme) == 1


def test_a_call_to_a_remote_system_holds_no_transaction_and_is_answered_once(own_database, acme, monkeypatch):
    account, api, asked = fill(acme)["sap"], caller_of(acme), []

    def ping(row, customer, **_):
        asked.append(database_connections["default"].in_atomic_block)
        return []

    monkeypatch.setattr("integrations.connections.ping", ping)
    first = api.post(f"connections/{account.pk}/ping", Idempotency_Key="one")
    again = api.post(f"connections/{account.pk}/ping", Idempotency_Key="one")
    assert (first.status_code, again.content, asked) == (200, first.content, [False])


def test_a_ping_whose_process_died_may_be_repeated_once_nobody_can_be_at_it(own_database, acme, monkeypatch):
    account, api = fill(acme)["sap"], caller_of(acme)
    monkeypatch.setattr("integrations.connections.ping", lambda *_, **__: [])
    path = f"connections/{account.pk}/ping"
    with monkeypatch.context() as patch:  # a killed process runs no handler either
        patch.setattr(Once, "_keep", lambda *_: None)
        api.post(path, Idempotency_Key="one")
    waiting = api.post(path, Idempotency_Key="one")
    assert (waiting.status_code, waiting.json()["type"]) == (409, "urn:ml-connector:problem:still-in-progress")
    assert waiting["Retry-After"] == "5"
    with schema.within(acme):
        ApiCall.objects.update(began_at=timezone.now() - LONGEST_CALL)
    assert api.post(path, Idempotency_Key="one").status_code == 200
