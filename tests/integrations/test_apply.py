"""A customer from a file: what is refused, what is changed, and that a second time changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from textwrap import dedent

import pytest
from django.core.management import call_command
from django_tenants.utils import schema_context

from integrations.apply import Problems, apply
from integrations.models import Connection, Delivery, Sync, ValueMap
from tenants.models import Customer, Domain, Membership, Person, ScheduledWork

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

CUSTOMER = """
    customer:
      schema: initech
      name: Initech Mechanical
      domain: initech.localhost
      time_zone: America/Chicago
"""
CONNECTIONS = """
    connections:
      sap:
        system: sap
        environment: sandbox
        base_url: {env: SAP_URL}
        options: {sap_client_number: "100"}
        credentials:
          username: {env: SAP_USER}
          password: {file: sap-password}
      servicetitan:
        system: servicetitan
        environment: sandbox
        base_url: {env: ST_URL}
        options:
          servicetitan_tenant_id: 1234567
          token_url: {env: ST_URL, append: /connect/token}
          external_data_guid: 7c8a2f0e-43f1-4d0b-9a3f-0c5c0d1c2b3a
        credentials:
          client_id: {env: ST_CLIENT_ID}
          client_secret: {env: ST_SECRET}
          app_key: {env: ST_KEY}
"""
SYNCS = """
    syncs:
      vendors:
        schedule: {every: 2m}
        options: {company_code: "1010"}
      purchase-orders:
        source: sap
        target: servicetitan
        schedule: {at: "06:30", days: [mon, fri]}
        enabled: false
"""
PEOPLE = """
    people:
      - {email: Olga@initech.example.com, name: Olga Owner, role: owner, password: {env: OLGA}}
      - {email: vic@initech.example.com, role: viewer}
"""
MAPS = """
    maps:
      cost-center:
        rows: {10101101: "2117", "0010": 2118}
      material:
        csv: materials.csv
"""
EVERYTHING = CUSTOMER + PEOPLE + CONNECTIONS + SYNCS + MAPS


@pytest.fixture
def write(tmp_path, monkeypatch, settings, db):
    settings.OUTGOING_ALLOW, settings.OUTGOING_ALLOW_PLAIN_HTTP = ["127.0.0.0/8"], True
    variables = {
        "SAP_URL": "http://127.0.0.1:8001",
        "ST_URL": "http://127.0.0.1:8002",
        "SAP_USER": "canary-user",
        "ST_CLIENT_ID": "cid.canary",
        "ST_SECRET": "cs1.canary",
        "ST_KEY": "ak1.canary",
        "OLGA": "canary-olga-password",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "sap-password").write_text("canary-password\n")
    (tmp_path / "materials.csv").write_text("key,value,label\nTG11,5001,Trading good\n0042,5002,\n")

    def write(text, name="customer.yaml"):
        path = tmp_path / name
        path.write_text(dedent(text))
        return path

    return write


def problems(path) -> list[str]:
    before = list(Customer.objects.values_list("schema_name", flat=True))
    with pytest.raises(Problems) as caught:
        apply(path, now=NOW)
    assert list(Customer.objects.values_list("schema_name", flat=True)) == before
    assert "canary" not in str(caught.value)
    return caught.value.lines


def changes(path, **options) -> list[str]:
    return [str(change) for change in apply(path, now=NOW, **options)]


# What is refused


def test_all_problems_are_told_at_once_each_with_its_path(write):
    text = """
        customer: {schema: Initech, name: Initech, domain: "https://x", time_zone: Chicago}
        people:
          - {email: nobody, role: boss}
        connections:
          sap:
            system: sap
            environment: test
            base_url: https://sap.example.com
            credentials: {username: {env: UNSET_VARIABLE}, password: {file: no-such-file}}
          crm: {system: crm, environment: sandbox}
        syncs:
          vendors: {schedule: {every: 2}, enabled: maybe, options: {company: "1010", create_blocked: "yes"}}
          bills: {schedule: {at: "25:00"}}
        maps:
          colour: {rows: {a: b}}
          material: {csv: no-such.csv}
        sync: {}
    """
    assert problems(write(text)) == [
        "sync: There is no such entry here; there are customer, people, connections, syncs, maps.",
        "customer.schema: Small letters, digits and underscores, 2 to 41 of them, the first one a letter.",
        "customer.time_zone: Chicago is not a time zone such as America/Chicago.",
        "customer.domain: This is a host name alone, e.g. acme.example.com.",
        "people[1].email: This is no e-mail address.",
        "people[1].role: This is one of owner, operator, viewer.",
        "connections.sap.credentials.username: The environment variable UNSET_VARIABLE is not set.",
        "connections.sap.credentials.password: The file no-such-file cannot be read.",
        "connections.sap.environment: This is one of sandbox, production.",
        "connections.crm.system: This is one of sap, servicetitan.",
        "syncs.vendors.target: Name one of the connections to servicetitan: there is none.",
        "syncs.vendors.schedule: every is a whole number with its unit: 30s, 2m, 1h or 1d.",
        "syncs.vendors.options.company: There is no such entry here; there are "
        + ", ".join(sorted(vendor_options()))
        + ".",
        "syncs.vendors.options.create_blocked: This has to be true or false.",
        "syncs.vendors.enabled: This is true or false.",
        "syncs.bills: There is no flow of this name; there are " + flow_names() + ".",
        'syncs.bills.schedule: at is a time of the customer\'s clock in quotes, from "00:00" to "23:59".',
        "maps.colour: No flow asks this map; there are " + map_names() + ".",
        "maps.material.csv: The file no-such.csv cannot be read as UTF-8.",
    ]


def vendor_options():
    from integrations.catalogue import flows

    return {"batch", *flows()["vendors"].options}


def flow_names():
    from integrations.catalogue import flows

    return ", ".join(sorted(flows()))


def map_names():
    from integrations.catalogue import flows

    return ", ".join(sorted({name for flow in flows().values() for name in flow.maps}))


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        (
            "password: {file: sap-password}",
            "password: canary-in-clear",
            "connections.sap.credentials.password: A secret is not written into this file. Write {env: NAME} or "
            "{file: path}.",
        ),
        (
            "password: {env: OLGA}",
            "password: canary-in-clear",
            "people[1].password: A secret is not written into this file. Write {env: NAME} or {file: path}.",
        ),
        (
            "client_secret: {env: ST_SECRET}",
            "client_secret: {env: ST_SECRET, default: x}",
            "connections.servicetitan.credentials.client_secret: A reference is {env: NAME} or {file: path}, if need "
            "be with append.",
        ),
        (
            "base_url: {env: SAP_URL}",
            "base_url: https://169.254.169.254",
            "connections.sap.base_url: 169.254.169.254 is at an internal address, which this installation does not "
            "connect to.",
        ),
        (
            "base_url: {env: SAP_URL}",
            "base_url: https://10.0.0.8:44300",
            "connections.sap.base_url: 10.0.0.8 is at an internal address, which this installation does not connect "
            "to.",
        ),
        (
            "token_url: {env: ST_URL, append: /connect/token}",
            "token_url: https://10.0.0.8/token",
            "connections.servicetitan.options.token_url: 10.0.0.8 is at an internal address, which this installation "
            "does not connect to.",
        ),
        (
            'options: {sap_client_number: "100"}',
            "options: {sap_client_number: 1, side_by_sde: 3}",
            "connections.sap.options.side_by_sde: side_by_sde is not an option of an SAP connection.",
        ),
        ("app_key: {env: ST_KEY}", "", "connections.servicetitan.credentials.app_key: Application key of the app"),
        (
            "options: {sap_client_number",
            "ca_bundle: {file: sap-password}\n        options: {sap_client_number",
            "connections.sap.ca_bundle: The CA bundle holds no readable PEM certificate.",
        ),
        (
            'options: {company_code: "1010"}',
            "options: {company_code: 1010}",
            "syncs.vendors.options.company_code: This has to be a text.",
        ),
        (
            'options: {company_code: "1010"}',
            "options: {on_target_edit: owerwrite}",
            "syncs.vendors.options.on_target_edit: This is one of ",
        ),
        ("0010", "10101101", "line 46: 10101101 stands there twice."),
        ("csv: materials.csv", "rows: [{key: a}]", "maps.material.rows[1].value: This is missing."),
        ("vic@initech", "olga@initech", "people: olga@initech.example.com stands there more than once."),
        (
            "domain: initech.localhost",
            "domain: acme.localhost",
            "customer.domain: Another customer has this host name.",
        ),
    ],
)
def test_one_wrong_thing_refuses_the_whole_file(write, before, after, problem):
    assert before in EVERYTHING
    assert any(line.startswith(problem) for line in problems(write(EVERYTHING.replace(before, after))))


def test_sandbox_and_production_are_never_connected(write):
    head, _, tail = EVERYTHING.rpartition("environment: sandbox")
    assert problems(write(f"{head}environment: production{tail}")) == [
        "syncs.vendors: sap is sandbox and servicetitan is production: they never mix.",
        "syncs.purchase-orders: sap is sandbox and servicetitan is production: they never mix.",
    ]


def test_an_existing_connection_keeps_its_environment(write):
    apply(write(EVERYTHING), now=NOW)
    again = problems(write(EVERYTHING.replace("environment: sandbox", "environment: production")))
    assert again[0] == (
        "connections.sap.environment: The environment of an existing connection never changes; add another connection."
    )


@pytest.mark.parametrize(
    ("csv", "problem"),
    [
        ("code,value\nA,1\n", "maps.material.csv: The first line names the columns: key, value and, if wanted, label."),
        ("key,value\nA,1\nB,\n", "maps.material.csv:3: A row has a key and a value."),
        ("key;value\nA;1\nA;2\n", "maps.material: A stands there more than once."),
    ],
)
def test_a_wrong_csv_file_is_told_with_its_line(write, tmp_path, csv, problem):
    path = write(EVERYTHING)
    (tmp_path / "materials.csv").write_text(csv)
    assert problems(path) == [problem]


@pytest.mark.parametrize("text", ["", "[]", "customer: [", "customer: {schema: [1]}", "a: &a [*a]", "!!python/none"])
def test_whatever_else_stands_in_a_file_is_a_problem_and_no_crash(write, text):
    assert problems(write(text))


def test_the_command_prints_one_line_per_problem_and_exits_with_1(write):
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as caught:
        call_command("apply", str(write(CUSTOMER.replace("America/Chicago", "Chicago"))), stdout=out, stderr=err)
    assert caught.value.code == 1
    assert out.getvalue() == ""
    assert err.getvalue() == "customer.time_zone: Chicago is not a time zone such as America/Chicago.\n"


# What is changed


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
