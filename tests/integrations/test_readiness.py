"""/readyz says of each part whether it works, and tells no address and no value."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django_tenants.utils import schema_context

from integrations import metrics, readiness
from integrations.budget import store
from integrations.keyring import new_key
from integrations.models import Connection
from tests import databases

PARTS = {"database", "broker", "migrations", "beat", "keys"}


@pytest.fixture
def running(db, acme, globex, settings):
    """Everything is there, and beat has just ticked."""
    databases.start_broker()
    readiness._at_head_until.clear()
    metrics.ticked()
    return store(settings.REDIS_URL)._client


def asked(host="localhost"):
    answer = Client(SERVER_NAME=host).get("/readyz")
    assert answer.json()["ready"] is (answer.status_code == 200)
    assert "canary" not in answer.content.decode()
    return answer.status_code, answer.json()["parts"]


@pytest.mark.parametrize("host", ["localhost", "acme.localhost", "10.0.0.7"])
def test_an_installation_that_works_is_ready_under_any_name(running, host):
    assert asked(host) == (200, dict.fromkeys(PARTS, "ok"))


def test_without_a_database_nothing_else_is_asked_of_it(running, monkeypatch):
    def gone() -> None:
        raise OperationalError("canary: no such host")

    with monkeypatch.context() as patch:
        patch.setattr("integrations.readiness.connection.cursor", gone)
        code, parts = asked()
    assert (code, parts) == (503, {"database": "cannot be reached", "broker": "ok"})


def test_a_broker_that_is_away_is_told(running, monkeypatch):
    from celery import current_app

    monkeypatch.setattr(
        current_app, "connection_for_read", lambda **_: current_app.connection("redis://:canary@127.0.0.1:1/0")
    )
    code, parts = asked()
    assert (code, parts["broker"], parts["database"]) == (503, "cannot be reached", "ok")


def test_a_customer_without_a_migration_is_told(running):
    with schema_context("globex"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE name = '0002_audit'")
    code, parts = asked()
    assert (code, parts["migrations"]) == (503, "missing in 1 customer: run migrate_customers")


def test_public_without_a_migration_is_told(running):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM public.django_migrations WHERE name = '0004_support'")
    code, parts = asked()
    assert (code, parts["migrations"]) == (503, "missing in the public schema: run migrate_customers")


def test_migrations_that_were_there_are_not_asked_for_at_every_probe(running, django_assert_max_num_queries):
    asked()
    with django_assert_max_num_queries(5):
        asked()


def test_beat_that_stands_still_is_told(running):
    running.set(metrics.TICKED, "1000000000.0")
    assert asked()[1]["beat"].endswith("seconds ago: beat or all workers are down, or the database's disk is full")
    running.delete(metrics.TICKED)
    code, parts = asked()
    assert (code, parts["beat"]) == (503, "no tick is known: beat or all workers are down, or they have just begun")


def test_a_secret_that_no_key_reads_is_told(running, settings):
    with schema_context("acme"):
        Connection.objects.create(
            name="sap", system="sap", environment="sandbox", base_url="https://x.example", credentials={"p": "canary"}
        )
    assert asked()[0] == 200
    settings.FIELD_KEYS = [new_key()]
    code, parts = asked()
    assert (code, parts["keys"]) == (503, "a stored secret is under a key that is not in FIELD_KEYS")
    settings.FIELD_KEYS = ["canary"]
    assert asked()[1]["keys"] == "a key ring is malformed"


def test_what_nobody_expects_is_told_by_its_kind_alone(running, monkeypatch, caplog):
    def broken() -> float:
        raise LookupError("canary")

    monkeypatch.setattr(metrics, "tick_age", broken)
    assert asked()[1]["beat"] == "failed (LookupError)"
