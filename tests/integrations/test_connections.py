"""Connections against both simulators over real HTTP: pings, pauses, budgets and whose tenant it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import requests
from django.core.management import call_command
from django_tenants.utils import schema_context

from integrations import connections
from integrations.errors import BadCredentials, Misconfigured
from integrations.flow import Write
from integrations.models import Connection, Sync
from integrations.rates import Rate
from simulators.sap.app import SapSimulator
from simulators.server import serve
from simulators.servicetitan.simulator import ServiceTitan
from tenants import schedule
from tenants.models import ScheduledWork, ServiceTitanTenant

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
GUID = "7d9f1c52-3b5e-4c8e-9a51-0c8a5a7f7c11"


@pytest.fixture
def sap_url(settings) -> Iterator[str]:
    settings.OUTGOING_ALLOW, settings.OUTGOING_ALLOW_PLAIN_HTTP = ["127.0.0.0/8"], True
    simulator = SapSimulator({"CONNECTOR": "canary-sap-password"})
    simulator.reset({"seed": 7, "size": "small", "suppliers": 3, "orders": 3})
    with serve(simulator) as server:
        yield server.url


@pytest.fixture
def titan_url(settings) -> Iterator[str]:
    settings.OUTGOING_ALLOW, settings.OUTGOING_ALLOW_PLAIN_HTTP = ["127.0.0.0/8"], True
    with serve(ServiceTitan(7, [1001])) as server:
        yield server.url


def sap(url: str, **credentials: str) -> Connection:
    return Connection.objects.create(
        name="sap",
        system="sap",
        environment="sandbox",
        base_url=url,
        options={"auth_method": "oauth", "calls_per_second": 50},
        credentials={"client_id": "CONNECTOR", "client_secret": "canary-sap-password", **credentials},
    )


def titan(url: str, **credentials: str) -> Connection:
    return Connection.objects.create(
        name="servicetitan",
        system="servicetitan",
        environment="sandbox",
        base_url=url,
        options={
            "servicetitan_tenant_id": "1001",
            "token_url": f"{url}/connect/token",
            "external_data_guid": GUID,
            "calls_per_second": 60,
        },
        credentials={
            "client_id": "cid.canary-1001",
            "client_secret": "cs1.canary-1001",
            "app_key": "ak1.canary-app-key",
            **credentials,
        },
    )


def calls(url: str) -> int:
    return len(requests.get(f"{url}/_control/log", timeout=10).json()["requests"])


def test_refused_credentials_pause_the_connection_and_working_ones_resume_it(in_acme, titan_url):
    row = titan(titan_url, client_secret="cs1.canary-wrong")
    checks = connections.ping(row, in_acme, now=NOW)
    assert [(check.ok, check.code) for check in checks] == [(False, "bad-credentials")]
    row.refresh_from_db()
    assert (row.state, row.pause_code, row.checked_at) == ("paused", "bad-credentials", NOW)
    before = calls(titan_url)
    with pytest.raises(BadCredentials):
        connections.open_client(Connection.objects.get()).prepare()
    assert calls(titan_url) == before

    sync = Sync.objects.create(flow="vendors", source=row, target=row, schedule={"every": "2m"})
    later = NOW + timedelta(minutes=5)
    schedule.ensure(customer_id=in_acme.pk, sync_id=sync.pk, due_at=later)
    good = {**row.credentials.reveal(), "client_secret": "cs1.canary-1001"}
    Connection.objects.filter(pk=row.pk).update(credentials=good)
    row.refresh_from_db()
    assert connections.is_signed_in(connections.ping(row, in_acme, now=NOW))
    row.refresh_from_db()
    assert (row.state, row.pause_code, row.pause_reason) == ("ok", "", "")
    assert {work.due_at for work in ScheduledWork.objects.filter(sync_id=sync.pk)} == {NOW}


def test_a_ping_leaves_other_pauses_alone(in_acme, titan_url):
    row = titan(titan_url)
    Connection.objects.update(state="paused", pause_code="by-hand", pause_reason="Stocktaking.")
    row.refresh_from_db()
    connections.ping(row, in_acme, now=NOW)
    row.refresh_from_db()
    assert (row.state, row.pause_code) == ("paused", "by-hand")


@pytest.mark.parametrize("code", ["not-authorised", "scope:tn.inv.vendors:r"])
def test_a_ping_resumes_flows_that_a_missing_right_paused(in_acme, titan_url, code):
    row = titan(titan_url)
    told = {"state": "paused", "pause_code": code, "pause_reason": "It is missing."}
    sync = Sync.objects.create(flow="vendors", source=row, target=row, schedule={"every": "2m"}, **told)
    schedule.ensure(customer_id=in_acme.pk, sync_id=sync.pk, due_at=NOW + timedelta(minutes=5))
    connections.ping(row, in_acme, now=NOW)
    sync.refresh_from_db()
    assert (sync.state, sync.pause_code, sync.pause_reason) == ("active", "", "")
    assert {work.due_at for work in ScheduledWork.objects.filter(sync_id=sync.pk)} == {NOW}


def test_a_ping_leaves_a_flow_paused_that_a_person_paused(in_acme, titan_url):
    row = titan(titan_url)
    sync = Sync.objects.create(flow="vendors", source=row, target=row, state="paused", pause_code="by-hand")
    connections.ping(row, in_acme, now=NOW)
    sync.refresh_from_db()
    assert (sync.state, sync.pause_code) == ("paused", "by-hand")


def test_a_ping_that_is_refused_resumes_no_flow(in_acme, titan_url):
    row = titan(titan_url, client_secret="cs1.canary-wrong")
    sync = Sync.objects.create(flow="vendors", source=row, target=row, state="paused", pause_code="not-authorised")
    connections.ping(row, in_acme, now=NOW)
    sync.refresh_from_db()
    assert (sync.state, sync.pause_code) == ("paused", "not-authorised")


def test_a_ping_stores_what_was_found(in_acme, sap_url):
    row = sap(sap_url)
    checks = connections.ping(row, in_acme, now=NOW)
    row.refresh_from_db()
    assert row.capabilities["checks"][0]["code"] == "sign-in"
    assert len(row.capabilities["checks"]) == len(checks)
    assert row.capabilities["services"]
    assert row.token
    assert row.checked_at == NOW


def test_a_tenant_id_is_registered_once_its_own_credentials_have_proven_it(in_acme, titan_url):
    row = titan(titan_url, client_secret="cs1.canary-wrong")
    connections.ping(row, in_acme, now=NOW)
    assert not ServiceTitanTenant.objects.exists()
    connections.replace_credentials(
        row, {**row.credentials.reveal(), "client_secret": "cs1.canary-1001"}, in_acme, now=NOW
    )
    connections.ping(row, in_acme, now=NOW)
    found = ServiceTitanTenant.objects.get()
    assert (found.environment, found.tenant_id, found.customer_id, found.connection_id, found.proven_at) == (
        "sandbox",
        "1001",
        in_acme.pk,
        row.pk,
        NOW,
    )


def test_one_tenant_belongs_to_one_customer(in_acme, globex, titan_url):
    ServiceTitanTenant.objects.create(
        environment="sandbox", tenant_id="1001", customer=globex, connection_id=GUID, proven_at=NOW
    )
    checks = connections.ping(titan(titan_url), in_acme, now=NOW)
    assert (checks[-1].ok, checks[-1].code) == (False, "tenant-taken")
    assert ServiceTitanTenant.objects.get().customer_id == globex.pk


def test_an_address_that_is_not_allowed_is_a_failed_check_and_no_call(in_acme, settings):
    settings.OUTGOING_ALLOW = []
    settings.OUTGOING_ALLOW_PLAIN_HTTP = True
    (check,) = connections.ping(sap("http://127.0.0.1:9"), in_acme, now=NOW)
    assert (check.ok, "internal address" in check.detail) == (False, True)


def test_an_incomplete_connection_says_what_is_missing(in_acme, titan_url):
    row = titan(titan_url, client_secret="", app_key="")
    with pytest.raises(Misconfigured, match=r"Client secret .* is missing\. Application key .* is missing\."):
        connections.open_client(row)
    (check,) = connections.ping(row, in_acme, now=NOW)
    assert check.code == "connection-incomplete"


def test_a_client_that_only_reads_refuses_to_write(in_acme, titan_url):
    from integrations.catalogue import flows

    client = connections.open_client(titan(titan_url), read_only=True)
    client.prepare()
    with pytest.raises(Misconfigured, match="read-only|only reads"):
        flows()["vendors"].writer.send(client, Write("patch", "1", {"name": "X"}, {}))
    client.session.close()


def test_the_token_of_one_process_is_used_by_the_next(in_acme, titan_url):
    row = titan(titan_url)
    for again in (row, Connection.objects.get(), Connection.objects.get()):
        client = connections.open_client(again)
        client.prepare()
        client.session.close()
    assert calls(titan_url) == 1


def test_recorded_exchanges_hold_no_secret_and_no_token(in_acme, titan_url):
    row = titan(titan_url)
    first = connections.open_client(row)
    first.prepare()
    token = Connection.objects.get().token.reveal()
    client = connections.open_client(Connection.objects.get())
    client.prepare()
    shown = client.session._redactor.text(f"{token} cs1.canary-1001 ak1.canary-app-key cid.canary-1001")
    assert shown == "[redacted] [redacted] [redacted] cid.canary-1001"


def test_the_budget_follows_the_connections_options(in_acme):
    assert connections.rate_of(Connection(system="servicetitan")) == Rate(10, 5)
    assert connections.rate_of(Connection(system="sap")) == Rate(5, 5)
    assert connections.rate_of(Connection(system="sap", options={"calls_per_second": 0.5})) == Rate(0.5, 1)
    assert connections.rate_of(Connection(system="servicetitan", options={"calls_per_second": 50})) == Rate(50, 5)
    assert connections.rate_of(Connection(system="servicetitan", options={"calls_per_second": 60})) == Rate(60, 5, 60)


def test_an_app_of_ones_own_is_never_mixed_with_the_installations(in_acme, settings):
    settings.ST_APP_KEY, settings.ST_EXTERNAL_DATA_GUID = "ak1.canary-installation", GUID
    row = Connection(system="servicetitan", environment="sandbox", credentials={"app_key": "ak1.canary-own"})
    given = connections.settings_of(row)
    assert given.credentials["app_key"] == "ak1.canary-own"
    assert "external_data_guid" not in given.options
    row.credentials = {}
    given = connections.settings_of(row)
    assert (given.credentials["app_key"], given.options["external_data_guid"]) == ("ak1.canary-installation", GUID)
    assert "canary" not in repr(given)


def ping_command(*arguments: str) -> tuple[int, list[str], dict[str, Any]]:
    out, code = StringIO(), 0
    try:
        call_command("ping", *arguments, stdout=out)
    except SystemExit as error:
        code = int(str(error.code))
    *lines, last = out.getvalue().splitlines()
    return code, lines, json.loads(last)


def test_the_command_says_what_works_and_exits_with_1_if_anything_needed_fails(acme, sap_url, titan_url):
    with schema_context("acme"):
        sap(sap_url)
        row = titan(titan_url)
    code, lines, last = ping_command("acme")
    assert (code, last["sap"]["works"], last["servicetitan"]["works"]) == (0, True, True)
    assert any(line.startswith("sap  ok       Signing in: Signed in at http://127.0.0.1") for line in lines)
    with schema_context("acme"):
        connections.replace_credentials(
            row, {**row.credentials.reveal(), "client_secret": "cs1.canary-wrong"}, acme, now=NOW
        )
    code, lines, last = ping_command("acme", "--connection", "servicetitan")
    assert (code, last["servicetitan"]["works"], last["servicetitan"]["failed"]) == (1, False, ["Signing in"])
    assert len(lines) == 1
    assert lines[0].startswith("servicetitan  FAILED   Signing in: ")
    assert "canary" not in "".join(lines)


def test_a_missing_scope_is_told_and_does_not_fail_the_ping(acme, titan_url):
    body = {"tenant": 1001, "without_scopes": ["tn.inv.vendors:r"]}
    with schema_context("acme"):
        titan(titan_url)
    answer = requests.post(f"{titan_url}/_control/credentials", json=body, timeout=10)
    assert answer.ok, answer.text
    code, lines, last = ping_command("acme")
    assert (code, last["servicetitan"]["works"]) == (0, True)
    assert len(last["servicetitan"]["missing"]) == 1
    assert any("missing  Reading vendors" in line and "tn.inv.vendors:r" in line for line in lines)


def test_nothing_that_answers_is_a_failure(acme, settings):
    settings.OUTGOING_ALLOW, settings.OUTGOING_ALLOW_PLAIN_HTTP = ["127.0.0.0/8"], True
    with schema_context("acme"):
        sap("http://127.0.0.1:9")
    code, _, last = ping_command("acme")
    assert (code, last["sap"]["works"], last["sap"]["ok"]) == (1, False, 0)
