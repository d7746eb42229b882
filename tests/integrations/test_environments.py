"""Sandbox and production never mix: declared, checked wherever a pair can be made, and looked at again at each ping."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from integrations import connections, setting_up, steering
from integrations.apply import Problems, apply
from integrations.audit import PLATFORM
from integrations.connection import Check
from integrations.environments import declared_otherwise, mixed, recheck
from integrations.models import AuditEvent, Connection, Sync
from tenants.models import Customer
from tests.integrations.customer_file import CONNECTIONS, CUSTOMER

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
GUID = "7d9f1c52-3b5e-4c8e-9a51-0c8a5a7f7c11"
SECRETS = {"client_id": "cid.canary", "client_secret": "cs1.canary", "app_key": "ak1.canary"}


def sap(name: str, environment: str = "sandbox", url: str = "https://8.8.8.8", **options: Any) -> Connection:
    return Connection(name=name, system="sap", environment=environment, base_url=url, options=options)


def titan(name: str, environment: str, url: str = "", **options: Any) -> Connection:
    options = {"servicetitan_tenant_id": "1001", "external_data_guid": GUID, **options}
    return Connection(name=name, system="servicetitan", environment=environment, base_url=url, options=options)


def test_two_environments_are_no_pair() -> None:
    assert mixed(sap("sap"), titan("field", "production")) == (
        "sap is sandbox and field is production: they never mix."
    )
    assert mixed(sap("sap"), titan("field", "sandbox")) == ""


@pytest.mark.parametrize(
    ("environment", "member", "address", "sentence"),
    [
        (
            "sandbox",
            "base_url",
            "https://api.servicetitan.io",
            "api.servicetitan.io is ServiceTitan's production, and this connection is sandbox.",
        ),
        (
            "production",
            "base_url",
            "https://api-integration.servicetitan.io/",
            "api-integration.servicetitan.io is ServiceTitan's sandbox, and this connection is production.",
        ),
        (
            "sandbox",
            "options/token_url",
            "https://auth.servicetitan.io/connect/token",
            "auth.servicetitan.io is ServiceTitan's production, and this connection is sandbox.",
        ),
    ],
)
def test_servicetitans_own_hosts_tell_their_environment(
    in_acme: Customer, environment: str, member: str, address: str, sentence: str
) -> None:
    options = {"token_url": address} if member != "base_url" else {}
    row = titan("field", environment, address if member == "base_url" else "", **options)
    assert setting_up.faults(row, SECRETS, before=row) == [(member, sentence)]


def test_saps_public_sandbox_is_no_production(in_acme: Customer) -> None:
    row = sap("sap", "production", "https://sandbox.api.sap.com/s4hanacloud")
    (fault,) = setting_up.faults(row, {"username": "U", "password": "canary"})
    assert fault == ("base_url", "sandbox.api.sap.com is SAP's public sandbox, and this connection is production.")


def test_one_sap_system_is_never_declared_both(in_acme: Customer) -> None:
    sap("test", "sandbox", "https://8.8.8.8/", sap_client_number="200").save()
    same = sap("live", "production", "https://8.8.8.8:443", sap_client_number="200")
    assert setting_up.faults(same, {"username": "U", "password": "canary"}) == [
        (
            "environment",
            "https://8.8.8.8:443 (client 200) is declared sandbox already, by the connection test: "
            "one system is never both.",
        )
    ]
    assert declared_otherwise(sap("live", "production", "https://8.8.8.8", sap_client_number="100")) == []
    assert declared_otherwise(sap("again", "sandbox", "https://8.8.8.8", sap_client_number="200")) == []


def test_another_customers_declaration_says_nothing(in_acme: Customer, globex: Customer) -> None:
    from django_tenants.utils import schema_context

    with schema_context(globex.schema_name):
        sap("test", "sandbox").save()
    assert declared_otherwise(sap("live", "production")) == []


def test_the_tenants_of_servicetitans_two_environments_are_two(in_acme: Customer) -> None:
    titan("test", "sandbox").save()
    assert declared_otherwise(titan("live", "production")) == []


def test_a_mixed_pair_is_refused_as_a_sync(in_acme: Customer) -> None:
    wanted = {"schedule": {"every": "2m"}, "options": {}, "enabled": False}
    found = steering.faults("vendors", sap("sap"), titan("field", "production"), wanted)
    assert found == [("target", "sap is sandbox and field is production: they never mix.")]


def test_a_file_that_declares_one_system_twice_changes_nothing(write: Any) -> None:
    twice = (
        CONNECTIONS
        + """
      sap-live:
        system: sap
        environment: production
        base_url: {env: SAP_URL}
        options: {sap_client_number: "100"}
        credentials:
          username: {env: SAP_USER}
          password: {file: sap-password}
"""
    )
    with pytest.raises(Problems) as caught:
        apply(write(CUSTOMER + twice), now=NOW)
    assert "one system is never both" in str(caught.value)
    assert not Customer.objects.filter(schema_name="initech").exists()


@pytest.fixture
def pair(in_acme: Customer) -> tuple[Connection, Connection, Sync]:
    """As an earlier version would have taken it: a flow across the wall."""
    source, target = sap("sap"), titan("field", "production")
    for row in (source, target):
        row.save()
    return source, target, Sync.objects.create(flow="vendors", source=source, target=target)


def test_a_ping_pauses_a_flow_across_the_wall_and_says_so(pair: tuple[Connection, Connection, Sync]) -> None:
    source, target, sync = pair
    (line,) = recheck(source, [], PLATFORM)
    assert (line.ok, line.code) == (False, "wall:mixed")
    assert line.detail == "vendors: sap is sandbox and field is production: they never mix."
    sync.refresh_from_db()
    assert (sync.state, sync.pause_code) == ("paused", "wall:mixed")
    assert AuditEvent.objects.get().action == "sync.paused"
    recheck(target, [], PLATFORM)
    assert AuditEvent.objects.count() == 1


def test_flows_of_what_may_be_another_system_rest_until_it_is_the_right_one(in_acme: Customer) -> None:
    source, target = sap("sap", company_codes="1710"), titan("field", "sandbox")
    for row in (source, target):
        row.save()
    sync = Sync.objects.create(flow="vendors", source=source, target=target)
    codes = Check("Company codes", ok=False, detail="", code="company-codes")
    recheck(source, [codes], PLATFORM)
    sync.refresh_from_db()
    assert (sync.state, sync.pause_code) == ("paused", "wall:other-system")
    recheck(source, [], PLATFORM)
    sync.refresh_from_db()
    assert sync.state == "paused"
    recheck(source, [Check("Company codes", ok=True, detail="", code="company-codes")], PLATFORM)
    sync.refresh_from_db()
    assert (sync.state, sync.pause_code) == ("active", "")


def test_a_pause_by_a_person_is_left_alone(in_acme: Customer) -> None:
    source, target = sap("sap"), titan("field", "sandbox")
    for row in (source, target):
        row.save()
    sync = Sync.objects.create(flow="vendors", source=source, target=target, state="paused", pause_code="by-person")
    recheck(source, [Check("Company codes", ok=True, detail="", code="company-codes")], PLATFORM)
    sync.refresh_from_db()
    assert (sync.state, sync.pause_code) == ("paused", "by-person")


def test_a_read_only_client_has_it_in_its_transport(in_acme: Customer) -> None:
    row = titan("field", "sandbox")
    row.credentials = SECRETS
    row.save()
    reading = connections.open_client(row, read_only=True)
    assert reading.session.only_reads == frozenset({"https://auth-integration.servicetitan.io/connect/token"})
    assert connections.open_client(row).session.only_reads is None
