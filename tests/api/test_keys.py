"""API keys."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.models import ApiKey, ApiKeySecret, AuditEvent
from tenants import schema
from tests.api.caller import Caller, make_key

WANTED = {"name": "Warehouse", "scope": "read"}


def test_a_new_key_opens_its_own_customer_and_shows_its_secret_once(api, acme, globex):
    answer = api.post("api-keys", WANTED)
    made = answer.json()
    assert (answer.status_code, answer["Location"]) == (201, f"/api/v1/api-keys/{made['id']}")
    assert Caller(key=made["secret"]).get("customer").json()["id"] == "acme"
    assert Caller(host="globex.localhost", key=made["secret"]).get("customer").status_code == 401
    shown = api.get(answer["Location"]).json()
    assert shown["secrets"][0]["prefix"] == made["secret"][:12]
    assert made["secret"] not in str(api.get("api-keys").json()) + str(shown)


def test_the_database_and_the_audit_hold_no_secret(api, acme):
    made = api.post("api-keys", WANTED).json()
    with schema.within(acme):
        kept = str(list(ApiKey.objects.values())) + str(list(ApiKeySecret.objects.values()))
        kept += str(list(AuditEvent.objects.values()))
    assert made["secret"] not in kept
    assert made["secret"][13:] not in kept


def test_a_replaced_secret_is_valid_for_the_overlap_and_no_longer(api, acme):
    made = api.post("api-keys", WANTED).json()
    rotated = api.post(f"api-keys/{made['id']}/rotate", {"overlap_seconds": 3600}).json()
    assert rotated["id"] == made["id"]
    for secret in (made["secret"], rotated["secret"]):
        assert Caller(key=secret).get("customer").status_code == 200
    with schema.within(acme):
        ApiKeySecret.objects.exclude(valid_until=None).update(valid_until=timezone.now())
    assert Caller(key=made["secret"]).get("customer").status_code == 401
    assert Caller(key=rotated["secret"]).get("customer").status_code == 200


def test_a_second_rotation_does_not_prolong_the_first_secret(api, acme):
    made = api.post("api-keys", WANTED).json()
    api.post(f"api-keys/{made['id']}/rotate", {"overlap_seconds": 0})
    api.post(f"api-keys/{made['id']}/rotate", {"overlap_seconds": 86400})
    assert Caller(key=made["secret"]).get("customer").status_code == 401


def test_a_revoked_key_is_refused_at_once_and_cannot_be_replaced(api):
    made = api.post("api-keys", WANTED).json()
    path = f"api-keys/{made['id']}"
    assert api.change(path, b"", method="DELETE").status_code == 204
    assert Caller(key=made["secret"]).get("customer").status_code == 401
    assert api.get(path).json()["state"] == "revoked"
    assert api.post(f"{path}/rotate", {}).status_code == 409


def test_a_key_expires(api, acme):
    soon = (timezone.now() + timedelta(hours=1)).isoformat()
    made = api.post("api-keys", {**WANTED, "expires_at": soon}).json()
    assert Caller(key=made["secret"]).get("customer").status_code == 200
    with schema.within(acme):
        ApiKey.objects.filter(pk=made["id"]).update(expires_at=timezone.now())
    assert Caller(key=made["secret"]).get("customer").status_code == 401
    assert api.get(f"api-keys/{made['id']}").json()["state"] == "expired"


def test_a_key_that_has_expired_already_is_not_made(api):
    past = (timezone.now() - timedelta(seconds=1)).isoformat()
    assert api.post("api-keys", {**WANTED, "expires_at": past}).json()["errors"][0]["pointer"] == "/expires_at"


def test_when_a_key_was_used_is_written_at_most_once_a_minute(acme):
    key, secret = make_key(acme, "read")
    seen = []
    for age in (0, 30, 61):
        with schema.within(acme):
            if age:
                ApiKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now() - timedelta(seconds=age))
            before = ApiKey.objects.get(pk=key.pk).last_used_at
        Caller(key=secret).get("customer")
        with schema.within(acme):
            seen.append(ApiKey.objects.get(pk=key.pk).last_used_at != before)
    assert seen == [True, False, True]


@pytest.mark.parametrize(("calls", "status"), [(6, 200), (7, 429)])
def test_a_key_has_its_own_rate_limit(acme, settings, calls, status):
    settings.API_CALLS_PER_MINUTE = 36  # six at once
    caller = Caller(key=make_key(acme)[1])
    answers = [caller.get("customer") for _ in range(calls)]
    assert answers[-1].status_code == status
    assert answers[0]["RateLimit-Limit"] == "6, 36;w=60"
    assert [answer["RateLimit-Remaining"] for answer in answers[:6]] == ["5", "4", "3", "2", "1", "0"]
    if status == 429:
        assert answers[-1]["Retry-After"] in ("1", "2")
        assert answers[-1].json()["type"] == "urn:ml-connector:problem:too-many-requests"
    assert Caller(key=make_key(acme)[1]).get("customer").status_code == 200


def test_without_the_store_each_process_counts_for_itself(acme, settings):
    settings.API_CALLS_PER_MINUTE, settings.REDIS_URL = 36, "unix:///nowhere/canary.sock"
    caller = Caller(key=make_key(acme)[1])
    assert [caller.get("customer").status_code for _ in range(7)] == [200] * 6 + [429]


def test_trying_keys_out_has_an_end(acme, settings):
    settings.API_CALLS_PER_MINUTE, settings.REDIS_URL = 36, "unix:///nowhere/canary-strangers.sock"
    stranger = Caller(key="mlc_00000000_canary")
    statuses = [stranger.call("GET", "customer").status_code for _ in range(8)]
    assert set(statuses) == {401, 429}
