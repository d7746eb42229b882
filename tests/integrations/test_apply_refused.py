"""A customer's file with something wrong in it: everything is told, and nothing is changed."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from integrations.apply import apply
from tests.integrations.customer_file import CUSTOMER, EVERYTHING, NOW, problems


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
        "sync: There is no such entry here; there are customer, people, connections, syncs, maps, retention.",
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
