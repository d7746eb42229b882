"""A customer whose secrets all contain one word goes the whole way; then the word is looked for everywhere."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from io import StringIO
from textwrap import dedent
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.utils import display_for_field
from django.core.management import call_command
from django.db import connection as database
from django_tenants.utils import schema_context

from integrations.models import Attempt, Connection, Link, Sync
from integrations.running import run_claim, utc_now
from simulators.sap.app import SapSimulator
from simulators.server import serve
from simulators.servicetitan.simulator import ServiceTitan
from tenants import schedule
from tenants.models import Customer

WORD = "canary"
CUSTOMER = """
    customer: {schema: mine, name: The Mine, time_zone: America/Denver}
    people:
      - {email: miner@mine.example.com, role: owner, password: {env: MINER_PASSWORD}}
    connections:
      sap:
        system: sap
        environment: sandbox
        base_url: {env: SAP_URL}
        options: {auth_method: oauth, calls_per_second: 50}
        credentials: {client_id: {env: SAP_USER}, client_secret: {env: SAP_PASSWORD}}
      servicetitan:
        system: servicetitan
        environment: sandbox
        base_url: {env: ST_URL}
        options:
          servicetitan_tenant_id: 1001
          token_url: {env: ST_URL, append: /connect/token}
          external_data_guid: 7d9f1c52-3b5e-4c8e-9a51-0c8a5a7f7c11
          list_lag_seconds: 0
          calls_per_second: 60
        credentials:
          client_id: {env: ST_CLIENT_ID}
          client_secret: {env: ST_SECRET}
          client_secret_previous: {env: ST_SECRET_PREVIOUS}
          app_key: {env: ST_KEY}
    syncs:
      vendors: {schedule: {every: 2m}}
"""


class Everything(logging.Handler):
    """Keeps every log record of every logger as text, arguments and tracebacks included."""

    def __init__(self) -> None:
        super().__init__(level=1)
        self.texts: list[str] = []
        self.formatter = logging.Formatter("%(name)s %(message)s")

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(f"{self.format(record)} {vars(record)!r}")


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Everything]:
    handler, root = Everything(), logging.getLogger()
    loggers = [each for each in root.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    for logger in [root, *loggers]:
        monkeypatch.setattr(logger, "level", 1)
        monkeypatch.setattr(logger, "disabled", False)
        monkeypatch.setattr(logger, "propagate", True)
    root.manager._clear_cache()  # type: ignore[attr-defined]
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)
    root.manager._clear_cache()  # type: ignore[attr-defined]


@pytest.fixture
def remote(own_database: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    settings.OUTGOING_ALLOW, settings.OUTGOING_ALLOW_PLAIN_HTTP = ["127.0.0.0/8"], True
    settings.DEBUG = True  # Django then logs every statement with its parameters
    sap = SapSimulator({"canary-user": "canary-sap-password"})
    sap.reset({"seed": 7, "size": "small", "suppliers": 6, "orders": 2, "oddities": 0})
    with ExitStack() as servers:
        urls = SimpleNamespace(sap=servers.enter_context(serve(sap)).url, titan="")
        urls.titan = servers.enter_context(serve(ServiceTitan(7, [1001]))).url
        variables = {
            "SAP_URL": urls.sap,
            "ST_URL": urls.titan,
            "MINER_PASSWORD": "canary-miner-password",
            "SAP_USER": "canary-user",
            "SAP_PASSWORD": "canary-sap-password",
            "ST_CLIENT_ID": "cid.canary-1001",
            "ST_SECRET": "cs1.canary-1001",
            "ST_SECRET_PREVIOUS": "cs1.canary-older",
            "ST_KEY": "ak1.canary-app-key",
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield urls


def command(*arguments: str) -> str:
    out = StringIO()
    try:
        call_command(*arguments, stdout=out, stderr=out)
    except SystemExit as error:
        out.write(f"exit {error.code}")
    return out.getvalue()


def move_vendors(titan: str) -> None:
    """One poll and its deliveries, with an answer lost and the token refused on the way."""
    rules = [
        {"kind": "lose_answer", "method": "POST", "path": "/vendors$", "times": 1, "skip": 1},
        {"kind": "status", "status": 401, "commit": False, "method": "POST", "path": "/vendors$", "times": 1},
    ]
    answer = requests.post(f"{titan}/_control/faults", json=rules, timeout=10)
    assert answer.ok, answer.text
    with schema_context("mine"):
        sync = Sync.objects.get()
    customer = Customer.objects.get(schema_name="mine")
    for _ in range(6):
        for kind in schedule.KINDS:
            schedule.make_due(customer_id=customer.pk, sync_ids=[sync.pk], kind=kind, now=utc_now())
        for claim in schedule.claim(now=utc_now(), limit=5, lease_seconds=300, customer_id=customer.pk):
            assert WORD not in str(claim.as_message())  # what a task's arguments are
            run_claim(claim)


def rows_with_the_word() -> list[str]:
    """Every table of every schema that holds the word, as text, or as the bytes of a bytea column."""
    found = []
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        tables = [name for (name,) in cursor.fetchall()]
        for table in tables:
            cursor.execute(
                f"SELECT count(*) FROM {table} t WHERE t::text ILIKE %s OR t::text ILIKE %s",
                [f"%{WORD}%", f"%{WORD.encode().hex()}%"],
            )
            found += [table] * cursor.fetchone()[0]
    assert "mine.integrations_connection" in tables
    return found


def test_no_secret_of_a_customer_is_seen_again(remote, heard, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(dedent(CUSTOMER))
    told = [command("apply", str(path)), command("ping", "mine")]
    move_vendors(remote.titan)
    told += [command("apply", str(path)), command("rotate_keys", "--check"), command("ping", "mine")]

    with schema_context("mine"):
        rows = list(Connection.objects.all())
        tokens = [row.token.reveal() for row in rows]
        # It really went the whole way, and the secrets really are there.
        assert all(row.credentials.reveal() for row in rows)
        assert len(tokens) == 2
        assert all(tokens)
        assert Attempt.objects.filter(outcome="unknown").exists() or Attempt.objects.count() > 5
        assert Link.objects.count() >= 5
        shown = [repr(rows), repr([vars(row) for row in rows]), *(admin_of(row) for row in rows)]
        stored = [repr(list(Attempt.objects.values()))]
    assert '"works": true' in told[1]
    assert "nothing to change" in told[2]

    texts = [*told, *shown, *stored, *heard.texts]
    assert rows_with_the_word() == []
    assert any("INSERT INTO" in text and "integrations_connection" in text for text in heard.texts)
    for secret in (WORD, *tokens):
        assert [text[:200] for text in texts if secret in text.lower() or secret in text] == []


def test_refused_secrets_are_not_repeated_in_the_refusal(remote, heard, tmp_path, monkeypatch):
    monkeypatch.setenv("ST_SECRET", "cs1.canary-wrong")
    monkeypatch.delenv("ST_SECRET_PREVIOUS")
    monkeypatch.setenv("SAP_PASSWORD", "canary-wrong")
    path = tmp_path / "mine.yaml"
    path.write_text(dedent(CUSTOMER).replace("      client_secret_previous: {env: ST_SECRET_PREVIOUS}\n", ""))
    told = [command("apply", str(path)), command("ping", "mine")]
    assert told[1].endswith("exit 1")
    assert [text[:200] for text in [*told, *heard.texts] if WORD in text] == []
    assert rows_with_the_word() == []


class ConnectionAdmin(ModelAdmin):
    """An admin page by somebody who did not think of secrets."""

    fields = ("name", "token", "state", "pause_reason", "options", "capabilities")


def admin_of(row: Connection) -> str:
    """A connection's page in an ordinary admin: its form, and its fields shown read-only."""
    form = ConnectionAdmin(Connection, AdminSite()).get_form(SimpleNamespace(user=None))(instance=row)  # type: ignore[arg-type]
    names = ("credentials", "token")
    fields = {name: next(field for field in row._meta.concrete_fields if field.name == name) for name in names}
    read_only = [display_for_field(getattr(row, name), field, "") for name, field in fields.items()]
    return f"{form.as_p()}{read_only}"
