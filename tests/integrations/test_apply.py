"""A customer from a file: what is changed and what stays, and that a second time changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import call_command
from django_tenants.utils import schema_context

from integrations.apply import Problems, apply
from integrations.models import AuditEvent, Connection, Delivery, Sync, ValueMap
from tenants.models import Customer, Domain, Membership, Person, ScheduledWork
from tenants.servicetitan_tenants import customer_of, prove
from tests.integrations.customer_file import CONNECTIONS, CUSTOMER, EVERYTHING, NOW, SYNCS, changes


def test_a_whole_customer(write):
    assert changes(write(EVERYTHING)) == [
        "customer initech: created",
        "person olga@initech.example.com: created",
        "person olga@initech.example.com: is now owner",
        "person vic@initech.example.com: created, without a password yet",
        "person vic@initech.example.com: is now viewer",
        "connection sap: created",
        "connection servicetitan: created",
        "sync vendors: created, every 2m",
        "sync purchase-orders: created, at 06:30 on mon, fri",
        "map cost-center: 2 added",
        "map material: 2 added",
    ]
    customer = Customer.objects.get(schema_name="initech")
    assert (customer.name, customer.time_zone) == ("Initech Mechanical", "America/Chicago")
    assert Domain.objects.get(tenant=customer).domain == "initech.localhost"
    olga = Person.objects.get(email="olga@initech.example.com")
    assert olga.check_password("canary-olga-password")
    assert Membership.objects.get(person=olga).role == "owner"
    with schema_context("initech"):
        sap = Connection.objects.get(name="sap")
        assert (sap.base_url, sap.options) == ("http://127.0.0.1:8001", {"sap_client_number": "100"})
        assert sap.credentials.reveal() == {"username": "canary-user", "password": "canary-password"}
        titan = Connection.objects.get(name="servicetitan")
        assert titan.options["token_url"] == "http://127.0.0.1:8002/connect/token"
        vendors, orders = (Sync.objects.get(flow=flow) for flow in ("vendors", "purchase-orders"))
        assert (vendors.source, vendors.target, vendors.enabled) == (sap, titan, True)
        assert (orders.source, orders.target, orders.enabled) == (sap, titan, False)
        rows = {(row.map, row.key): (row.value, row.label) for row in ValueMap.objects.all()}
    assert rows == {
        ("cost-center", "10101101"): ("2117", ""),
        ("cost-center", "0010"): ("2118", ""),
        ("material", "TG11"): ("5001", "Trading good"),
        ("material", "0042"): ("5002", ""),
    }


def test_a_part_of_a_file_needs_no_more_than_the_schema_of_a_customer_who_is_there(write):
    apply(write(EVERYTHING), now=NOW)
    part = """
    customer: {schema: initech}
    maps: {cost-center: {rows: {"0011": "2118"}}}
    """
    assert changes(write(part)) == ["map cost-center: 1 added"]
    customer = Customer.objects.get(schema_name="initech")
    assert (customer.name, customer.time_zone) == ("Initech Mechanical", "America/Chicago")
    with pytest.raises(Problems, match="customer.time_zone: This is missing."):
        apply(write(part.replace("initech", "hooli")), now=NOW)


def test_an_interval_is_due_at_once_and_a_local_time_at_its_moment(write):
    apply(write(EVERYTHING), now=NOW)
    with schema_context("initech"):
        ids = {sync.pk: sync.flow for sync in Sync.objects.all()}
    work = {(ids[row.sync_id], row.kind): row for row in ScheduledWork.objects.all()}
    assert work["vendors", "poll"].due_at == NOW
    assert work["purchase-orders", "poll"].due_at == datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
    assert work["vendors", "deliver"].due_at is None
    assert work["vendors", "poll"].priority < work["purchase-orders", "poll"].priority


def test_a_second_time_there_is_nothing_to_change(write):
    path = write(EVERYTHING)
    apply(path, now=NOW)
    with schema_context("initech"):
        before = list(Connection.objects.values("pk", "updated_at"))
    assert changes(path) == []
    out = StringIO()
    call_command("apply", str(path), stdout=out)
    assert out.getvalue() == "nothing to change\n"
    with schema_context("initech"):
        assert list(Connection.objects.values("pk", "updated_at")) == before


def test_only_what_differs_is_changed_and_told_without_a_secret(write, monkeypatch, tmp_path):
    apply(write(EVERYTHING), now=NOW)
    with schema_context("initech"):
        expires_at = datetime(2027, 1, 1, tzinfo=UTC)
        Connection.objects.update(token="canary-token", token_expires_at=expires_at, token_renew_at=expires_at)
    monkeypatch.setenv("ST_SECRET", "cs2.canary-new")
    monkeypatch.setenv("SAP_URL", "http://127.0.0.1:9001")
    text = EVERYTHING.replace("role: viewer", "role: operator").replace("every: 2m", "every: 5m")
    text = text.replace('"2117"', '"2199"').replace("Initech Mechanical", "Initech")
    assert changes(write(text)) == [
        "customer initech: name changed from Initech Mechanical to Initech",
        "person vic@initech.example.com: role changed from viewer to operator",
        "connection sap: base_url changed from http://127.0.0.1:8001 to http://127.0.0.1:9001",
        "connection servicetitan: credentials replaced (client_secret)",
        "sync vendors: schedule changed",
        "map cost-center: 1 changed",
    ]
    with schema_context("initech"):
        for row in Connection.objects.all():
            assert (row.token.reveal(), row.token_expires_at) == ("", None)
        assert ValueMap.objects.get(key="10101101").value == "2199"


def test_another_tenant_id_has_to_be_proven_anew(write):
    apply(write(EVERYTHING), now=NOW)
    with schema_context("initech"):
        row = Connection.objects.get(name="servicetitan")
    prove(
        environment="sandbox",
        tenant_id="1234567",
        customer_id=Customer.objects.get(schema_name="initech").pk,
        connection_id=row.pk,
        now=NOW,
    )
    apply(write(EVERYTHING), now=NOW)
    assert customer_of(environment="sandbox", tenant_id="1234567") is not None
    assert changes(write(EVERYTHING.replace("1234567", "7654321"))) == ["connection servicetitan: options changed"]
    assert customer_of(environment="sandbox", tenant_id="1234567") is None


def test_replaced_credentials_end_a_pause_because_of_them_and_no_other(write, monkeypatch):
    apply(write(EVERYTHING), now=NOW)
    with schema_context("initech"):
        Connection.objects.filter(name="sap").update(state="paused", pause_code="by-hand")
        Connection.objects.filter(name="servicetitan").update(state="paused", pause_code="bad-credentials")
    monkeypatch.setenv("ST_SECRET", "cs2.canary-new")
    monkeypatch.setenv("SAP_USER", "canary-other")
    apply(write(EVERYTHING), now=NOW)
    with schema_context("initech"):
        assert {row.name: row.state for row in Connection.objects.all()} == {"sap": "paused", "servicetitan": "ok"}


def test_what_the_file_leaves_out_stays(write):
    apply(write(EVERYTHING), now=NOW)
    assert changes(write(CUSTOMER)) == []
    # A part may build on what is there: these syncs use the stored connections, these connections the stored secrets.
    assert changes(write(CUSTOMER + SYNCS.replace("2m", "3m"))) == ["sync vendors: schedule changed"]
    lines = CONNECTIONS.splitlines()
    without = [line for line in lines if not line.startswith("          ") or "servicetitan_" in line or "_url" in line]
    kept = "\n".join(line for line in [*without, ""] if "credentials" not in line).replace(
        "options:\n", "options:\n          external_data_guid: 7c8a2f0e-43f1-4d0b-9a3f-0c5c0d1c2b3a\n"
    )
    assert changes(write(CUSTOMER + kept)) == []


def test_a_person_who_exists_keeps_name_and_password(write):
    Person.objects.create_user("olga@initech.example.com", "canary-older", name="Olga O.")
    assert "person olga@initech.example.com: is now owner" in changes(write(EVERYTHING))
    olga = Person.objects.get(email="olga@initech.example.com")
    assert olga.check_password("canary-older")
    assert olga.name == "Olga O."


def test_only_checking_tells_the_changes_and_makes_none(write):
    assert changes(write(EVERYTHING), only_check=True)[0] == "customer initech: created"
    assert not Customer.objects.filter(schema_name="initech").exists()


def test_the_installations_own_app_completes_a_connection(write, settings):
    settings.ST_APP_KEY = "ak1.canary-of-the-installation"
    text = EVERYTHING.replace("          app_key: {env: ST_KEY}\n", "")
    assert text != EVERYTHING
    apply(write(text), now=NOW)
    with schema_context("initech"):
        row = Connection.objects.get(name="servicetitan")
        assert "app_key" not in row.credentials.reveal()
        from integrations.connections import settings_of

        assert settings_of(row).credentials["app_key"] == "ak1.canary-of-the-installation"


def test_a_mapped_code_wakes_what_waits_for_it(write):
    apply(write(EVERYTHING), now=NOW)
    with schema_context("initech"):
        sync = Sync.objects.get(flow="purchase-orders")
        waiting = Delivery.objects.create(
            sync=sync,
            source_key="4500000001",
            number=1,
            state=Delivery.State.QUARANTINED,
            needs="map:material:TG99",
            digest="",
            payload={},
            created_at=NOW,
        )
    apply(write(EVERYTHING.replace("rows: {10101101", "rows: {10101102")), now=NOW)
    text = EVERYTHING.replace("csv: materials.csv", 'rows: [{key: TG99, value: "5099", label: New}]')
    assert changes(write(text)) == ["map material: 1 added"]
    with schema_context("initech"):
        waiting.refresh_from_db()
        assert waiting.state == Delivery.State.PENDING
        assert ValueMap.objects.get(key="TG99").label == "New"


def test_retention_is_set_told_and_set_back(write):
    keep = "    retention: {exchanges: 90, audit: 0}\n"
    assert changes(write(CUSTOMER + keep))[1:] == [
        "retention exchanges: days changed from 400 to 90",
        "retention audit: days changed from 2557 to 0",
    ]
    assert changes(write(CUSTOMER + keep)) == []
    back = CUSTOMER + "    retention: {exchanges: default}\n"
    assert changes(write(back)) == ["retention exchanges: days changed from 90 to 400"]
    with schema_context("initech"):
        events = AuditEvent.objects.filter(action="retention.changed").order_by("sequence")
        assert [(event.subject, event.detail["days"]) for event in events] == [
            ("exchanges", [400, 90]),
            ("audit", [2557, 0]),
            ("exchanges", [90, 400]),
        ]


def test_days_that_cannot_be_are_named_with_their_place(write):
    with pytest.raises(Problems) as caught:
        apply(write(CUSTOMER + "    retention: {exchanges: 3, dreams: 30, runs: soon}\n"), now=NOW)
    told = str(caught.value)
    assert "retention.exchanges: exchanges: days are 0 (for ever) or 7 to 36500." in told
    assert "retention.dreams: There is no class of data dreams" in told
    assert "retention.runs: This is a number of days, 0 for ever, or default." in told
