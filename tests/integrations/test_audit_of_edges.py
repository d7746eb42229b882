"""What changes a customer's set-up leaves a trace in that customer's audit, and no secret in it."""

from __future__ import annotations

import json
from io import StringIO

from django.core.management import call_command
from django_tenants.utils import schema_context

from integrations.apply import apply
from integrations.engine.pausing import pause_for
from integrations.errors import BadCredentials, NotAuthorised
from integrations.keyring import new_key
from integrations.models import AuditEvent, Connection, Sync, ValueMap
from integrations.tokens import pause_for_credentials
from tenants.models import Membership, Person, Role
from tests.integrations.customer_file import CONNECTIONS, CUSTOMER, EVERYTHING, NOW, SYNCS
from tests.tenants.browser import PASSWORD, Browser


def told(schema_name="initech"):
    with schema_context(schema_name):
        return [(e.action, e.subject) for e in AuditEvent.objects.order_by("sequence")]


def details(action, schema_name="initech"):
    with schema_context(schema_name):
        return list(AuditEvent.objects.filter(action=action).order_by("sequence").values_list("detail", flat=True))


def account(name="sap"):
    return Connection.objects.create(
        name=name,
        system="sap",
        environment="sandbox",
        base_url="https://sap.example.com",
        credentials={"password": "canary"},
    )


def test_each_change_of_an_applied_file_is_an_event(write):
    apply(write(EVERYTHING), now=NOW)
    assert told() == [
        ("customer.created", "initech"),
        ("member.created", "olga@initech.example.com"),
        ("member.joined", "olga@initech.example.com"),
        ("member.created", "vic@initech.example.com"),
        ("member.joined", "vic@initech.example.com"),
        ("connection.created", "sap"),
        ("connection.created", "servicetitan"),
        ("sync.created", "vendors"),
        ("sync.created", "purchase-orders"),
        ("value-map.saved", "cost-center"),
        ("value-map.saved", "material"),
    ]
    assert details("value-map.saved")[0] == {"rows": {"10101101": [None, "2117"], "0010": [None, "2118"]}}
    assert details("connection.created")[0]["credentials"] == ["password", "username"]
    with schema_context("initech"):
        assert {event.actor_id for event in AuditEvent.objects.all()} == {"manage.py apply"}
        assert "canary" not in json.dumps(list(AuditEvent.objects.values()), default=str)


def test_a_second_time_nothing_is_changed_and_nothing_told(write):
    apply(write(EVERYTHING), now=NOW)
    before = told()
    apply(write(EVERYTHING), now=NOW)
    assert told() == before


def test_what_is_only_checked_is_not_told(write):
    apply(write(CUSTOMER + CONNECTIONS), now=NOW)
    before = told()
    apply(write(CUSTOMER + CONNECTIONS + SYNCS), now=NOW, only_check=True)
    assert told() == before


def test_values_before_and_after_are_told_and_a_credential_only_as_changed(write, monkeypatch):
    apply(write(EVERYTHING), now=NOW)
    monkeypatch.setenv("ST_SECRET", "cs1.canary-rotated")
    apply(write(EVERYTHING.replace("every: 2m", "every: 5m").replace("enabled: false", "enabled: true")), now=NOW)
    assert details("sync.changed") == [{"schedule": [{"every": "2m"}, {"every": "5m"}]}, {"enabled": [False, True]}]
    assert details("connection.credentials-changed") == [{"client_secret": "changed"}]


def test_a_long_map_is_told_in_several_events(write, monkeypatch):
    apply(write(CUSTOMER + CONNECTIONS + SYNCS), now=NOW)
    rows = "\n".join(f'          "{number:04}": "7"' for number in range(450))
    apply(write(CUSTOMER + f"    maps:\n      cost-center:\n        rows:\n{rows}"), now=NOW)
    assert [len(detail["rows"]) for detail in details("value-map.saved")] == [200, 200, 50]


def test_an_import_tells_the_rows_that_changed(in_acme, tmp_path):
    ValueMap.objects.create(map="cost-center", key="10101101", value="2117")
    ValueMap.objects.create(map="cost-center", key="10101102", value="2118")
    (tmp_path / "map.csv").write_text("key,value,label\n10101101,2117,\n10101102,2119,\n10101103,2120,\n")
    call_command(
        "maps", "acme", "import", "cost-center", str(tmp_path / "map.csv"), stdout=StringIO(), stderr=StringIO()
    )
    assert details("value-map.saved", "acme") == [{"rows": {"10101102": ["2118", "2119"], "10101103": [None, "2120"]}}]


def test_a_rotation_of_keys_tells_how_many_values(acme, settings):
    with schema_context("acme"):
        account()
    settings.FIELD_KEYS = [new_key(), *settings.FIELD_KEYS]
    call_command("rotate_keys", stdout=StringIO())
    fields = ["Connection.credentials", "Connection.token"]
    assert sorted(told("acme")) == [("keys.rotated", field) for field in fields]
    call_command("rotate_keys", stdout=StringIO())
    assert len(told("acme")) == 2


def test_a_pause_by_the_platform_is_told_once(in_acme, globex):
    row = account()
    sync = Sync.objects.create(flow="vendors", source=row, target=row)
    pause_for(NotAuthorised("No scope."), sync, row)
    pause_for(NotAuthorised("No scope."), sync, row)
    pause_for(BadCredentials("Refused."), sync, row)
    pause_for_credentials(row, "Refused.")
    assert told("acme") == [("sync.paused", "vendors"), ("connection.paused", "sap")]
    assert details("sync.paused", "acme") == [{"code": "not-authorised", "reason": "No scope."}]
    assert told("globex") == []


def test_coming_in_and_leaving_is_told_at_that_customer_only(acme, globex):
    person = Person.objects.create_user("ana@acme.test", PASSWORD, name="Ana")
    Membership.objects.create(customer=acme, person=person, role=Role.VIEWER)
    browser = Browser()
    browser.open("http://acme.localhost/")
    browser.sign_in("ana@acme.test")
    browser.open("http://acme.localhost/sign-out/", data={})
    assert told("acme") == [("person.signed-in", "ana@acme.test"), ("person.signed-out", "ana@acme.test")]
    assert told("globex") == []
    with schema_context("acme"):
        assert {(e.actor_kind, e.actor_id) for e in AuditEvent.objects.all()} == {("person", str(person.pk))}
