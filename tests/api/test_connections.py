"""Connections: checked completely, and what was entered as a secret is never seen again."""

from __future__ import annotations

import pytest

from integrations.fields import reveal
from integrations.models import AuditEvent, Connection
from tenants import schema
from tests.api.books import fill

SAP = {
    "name": "erp",
    "system": "sap",
    "environment": "sandbox",
    "base_url": "https://192.0.0.9",
    "options": {"sap_client_number": "100", "calls_per_second": 0.5},
    "credentials": {"username": "CONNECTOR", "password": "canary-password"},
}
TITAN = {
    "name": "titan",
    "system": "servicetitan",
    "environment": "sandbox",
    "options": {"servicetitan_tenant_id": "1001", "external_data_guid": "7d9f1c52-3b5e-4c8e-9a51-0c8a5a7f7c11"},
    "credentials": {"client_id": "cid.canary", "client_secret": "cs1.canary", "app_key": "ak1.canary"},
}


@pytest.fixture
def path(api) -> str:
    return str(api.post("connections", SAP)["Location"])


def stored(acme, name="erp") -> Connection:
    return Connection.objects.get(name=name)


@pytest.mark.parametrize("wanted", [SAP, TITAN])
def test_a_connection_is_made_and_shows_no_secret(api, acme, wanted):
    answer = api.post("connections", wanted)
    shown = answer.json()
    assert (answer.status_code, shown["options"]) == (201, wanted["options"])
    assert "canary" not in str(shown) + str(api.get("connections").json())
    with schema.within(acme):
        assert reveal(stored(acme, wanted["name"]).credentials) == wanted["credentials"]
        assert "canary" not in str(list(AuditEvent.objects.filter(action="connection.created").values("detail")))


REFUSED = {
    "internal address": ({"base_url": "https://127.0.0.1"}, "/base_url"),
    "cloud metadata": ({"base_url": "https://169.254.169.254"}, "/base_url"),
    "plain http": ({"base_url": "http://192.0.0.9"}, "/base_url"),
    "token endpoint": (
        {
            "options": {"auth_method": "oauth", "token_url": "https://10.0.0.1/t"},
            "credentials": {"client_id": "c", "client_secret": "canary"},
        },
        "/options/token_url",
    ),
    "no option": ({"options": {"colour": "red"}}, "/options/colour"),
    "a list": ({"options": {"language": ["en"]}}, "/options/language"),
    "a flag": ({"options": {"calls_per_second": True}}, "/options/calls_per_second"),
    "too large": ({"options": {"page_size": 5000}}, "/options/page_size"),
    "no credential": ({"credentials": {"username": "U", "password": "canary", "pin": "1"}}, "/credentials/pin"),
    "missing": ({"credentials": {"username": "U"}}, "/credentials/password"),
    "certificate": ({"ca_bundle": "canary"}, "/ca_bundle"),
    "certificate beyond ASCII": ({"ca_bundle": "canary \u00e9"}, "/ca_bundle"),
    "system": ({"system": "oracle"}, "/system"),
}


@pytest.mark.parametrize(("change", "pointer"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_wrong_is_told_with_its_place(api, acme, change, pointer):
    answer = api.post("connections", {**SAP, **change})
    assert answer.status_code == 400
    assert pointer in [each["pointer"] for each in answer.json()["errors"]]
    with schema.within(acme):
        assert Connection.objects.count() == 0


def test_only_the_hosting_team_points_servicetitan_elsewhere(api):
    answer = api.post("connections", {**TITAN, "base_url": "https://192.0.0.9"})
    assert answer.json()["errors"][0] == {
        "pointer": "/base_url",
        "code": "wrong",
        "detail": "Only the hosting team may set this address.",
    }


def test_a_name_is_taken_once(api, path):
    assert api.post("connections", SAP).status_code == 409


def test_what_is_left_out_stays_and_null_takes_away(api, acme, path):
    shown = api.change(path, {"options": {"language": "de", "calls_per_second": None}}).json()
    assert shown["options"] == {"sap_client_number": "100", "language": "de"}
    with schema.within(acme):
        assert reveal(stored(acme).credentials) == SAP["credentials"]


def test_one_credential_is_changed_and_the_token_forgotten(api, acme, path):
    with schema.within(acme):
        Connection.objects.update(token=b"", token_expires_at="2030-01-01T00:00:00Z")
    before = api.get(path)["ETag"]
    answer = api.change(path, {"credentials": {"password": "canary-new"}})
    assert answer["ETag"] != before
    with schema.within(acme):
        row = stored(acme)
        event = AuditEvent.objects.get(action="connection.credentials-changed")
        assert (reveal(row.credentials), row.token_expires_at) == (
            {"username": "CONNECTOR", "password": "canary-new"},
            None,
        )
        assert event.detail == {"password": "changed"}


def test_credentials_are_not_sent_to_another_address_than_they_were_entered_for(api, acme, path):
    answer = api.change(path, {"base_url": "https://192.0.0.10"})
    assert {each["pointer"] for each in answer.json()["errors"]} == {"/credentials/username", "/credentials/password"}
    answer = api.change(path, {"options": {"token_url": "https://192.0.0.10/token"}})
    assert answer.status_code == 400
    again = {"username": "CONNECTOR", "password": "canary-again"}
    assert api.change(path, {"base_url": "https://192.0.0.10", "credentials": again}).status_code == 200


def test_a_longer_path_at_the_same_host_needs_no_credentials(api, path):
    assert api.change(path, {"base_url": "https://192.0.0.9:443/prefix"}).status_code == 200


def test_a_connection_that_is_used_is_not_removed(api, acme, path):
    used = fill(acme)["sap"]
    answer = api.change(f"connections/{used.pk}", b"", method="DELETE")
    assert (answer.status_code, answer.json()["detail"]) == (409, "Flows use this connection: vendors.")
    assert api.change(path, b"", method="DELETE").status_code == 204
    assert api.get(path).status_code == 404


def test_a_connection_is_found_by_name(api, path):
    assert [row["name"] for row in api.get("connections?name=erp").json()["items"]] == ["erp"]
    assert api.get("connections?name=other").json()["items"] == []


def test_a_ping_tells_what_works_and_how_to_repair_the_rest(api, path):
    shown = api.post(f"{path}/ping").json()
    assert (shown["signed_in"], shown["checks"][0]["ok"]) == (False, False)
    kept = api.get(f"{path}/capabilities").json()
    assert kept["capabilities"]["checks"] == shown["checks"]
    assert kept["checked_at"] == shown["checked_at"]


def test_a_connection_is_paused_with_a_reason_and_resumed(api, acme):
    made = fill(acme)["sap"]
    path = f"connections/{made.pk}"
    assert api.post(f"{path}/resume").status_code == 409
    paused = api.post(f"{path}/pause", {"reason": "SAP moves house"}).json()
    assert (paused["state"], paused["pause_code"], paused["pause_reason"]) == ("paused", "by-person", "SAP moves house")
    assert api.post(f"{path}/pause", {"reason": "again"}).status_code == 409
    assert api.post(f"{path}/resume").json()["state"] == "ok"
    with schema.within(acme):
        events = AuditEvent.objects.filter(action__in=["connection.paused", "connection.resumed"])
        assert [event.actor_kind for event in events] == ["api-key", "api-key"]
