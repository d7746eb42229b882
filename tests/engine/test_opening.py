"""A sync as every task reads it is the sync that Django would read."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from integrations.engine import read_sync
from integrations.models import Connection, Run, Sync
from tenants import schema
from tenants.models import Customer

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def sync(in_acme: object) -> Sync:
    given = {"environment": "sandbox", "options": {"side_by_side": 3}, "credentials": {"password": "canary-pass"}}
    source = Connection.objects.create(system="sap", name="SAP", base_url="https://sap.example.com", **given)
    target = Connection.objects.create(
        system="servicetitan", name="ST", **given, token="canary-token", token_expires_at=NOW, ca_bundle="canary-pem"
    )
    return Sync.objects.create(
        flow="vendors", source=source, target=target, cursor={"delta": {"mark": "2026-03-02T08:00:00Z"}}, polled_at=NOW
    )


def values(row: models.Model) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_sync_and_connections_are_those_that_django_reads(sync: Sync) -> None:
    found = read_sync(sync.pk)
    assert found is not None
    read = Sync.objects.select_related("source", "target").get(pk=sync.pk)
    assert values(found[0]) == values(read)
    assert values(found[0].source) == values(read.source)
    assert values(found[0].target) == values(read.target)
    assert found[0].target.token.reveal() == "canary-token"


def test_what_was_read_can_be_saved(sync: Sync) -> None:
    found = read_sync(sync.pk)
    assert found is not None
    found[0].failures = 2
    found[0].source.options["side_by_side"] = 5
    found[0].save(update_fields=["failures"])
    found[0].source.save()
    read = Sync.objects.get(pk=sync.pk)
    assert (read.failures, read.source.options) == (2, {"side_by_side": 5})
    assert read.source.credentials.reveal() == {"password": "canary-pass"}


def test_a_sync_is_read_in_one_statement(sync: Sync) -> None:
    with CaptureQueriesContext(connection) as queries:
        found = read_sync(sync.pk)
        assert found is not None
        assert (found[0].source.name, found[0].target.name) == ("SAP", "ST")
    assert len(queries) == 1


@pytest.mark.parametrize("state", list(Run.State))
def test_only_a_run_that_is_being_read_is_told(sync: Sync, state: Run.State) -> None:
    Run.objects.create(sync=sync, started_at=NOW, state=state)
    found = read_sync(sync.pk)
    assert found is not None
    assert found[1] is (state == Run.State.READING)


def test_a_removed_sync_is_none(sync: Sync) -> None:
    assert read_sync(UUID(int=7)) is None


def test_another_customers_sync_is_none(sync: Sync, globex: Customer) -> None:
    schema.use(globex)
    assert read_sync(sync.pk) is None
