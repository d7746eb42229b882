"""Changing the installation's key, with work going on and interruptions."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection as database
from django_tenants.utils import schema_context

from integrations import rotation
from integrations.keyring import new_key
from integrations.models import Connection


def fill(schema: str, rows: int) -> None:
    with schema_context(schema):
        for number in range(rows):
            Connection.objects.create(
                system="sap",
                name=f"SAP {number}",
                environment="sandbox",
                base_url="https://sap.example.com",
                credentials={"password": f"canary-{schema}-{number}"},
                token=f"canary-token-{number}",
            )


def rotate(*arguments: str) -> dict[str, int]:
    return output(*arguments)[1]


def output(*arguments: str) -> tuple[list[str], dict[str, int]]:
    out = StringIO()
    call_command("rotate_keys", *arguments, stdout=out, stderr=out)
    *lines, last = out.getvalue().splitlines()
    return lines, json.loads(last)


@pytest.fixture
def both(acme, globex, settings):
    """Two customers with five and two connections, written under a key that is now the older one of two."""
    fill("acme", 5)
    fill("globex", 2)
    settings.FIELD_KEYS = [new_key(), settings.FIELD_KEYS[0]]
    return settings


def test_an_unreadable_value_is_counted_named_and_left_alone(both):
    with schema_context("acme"), database.cursor() as cursor:
        cursor.execute("UPDATE integrations_connection SET token = 'canary-garbage' WHERE name = 'SAP 3'")
    out = StringIO()
    with pytest.raises(SystemExit) as caught:
        call_command("rotate_keys", stdout=out, stderr=out)
    assert caught.value.code == 1
    assert "acme: Connection.token: 1 under a key that is not in FIELD_KEYS" in out.getvalue()
    assert json.loads(out.getvalue().splitlines()[-1]) == {"left": 0, "rotated": 13, "unreadable": 1}
    with schema_context("acme"), database.cursor() as cursor:
        cursor.execute("SELECT token FROM integrations_connection WHERE name = 'SAP 3'")
        assert bytes(cursor.fetchone()[0]) == b"canary-garbage"


def test_afterwards_the_old_key_is_not_needed_any_more(both):
    assert rotate("--check") == {"left": 14, "rotated": 0, "unreadable": 0}
    assert rotate("--batch", "2") == {"left": 0, "rotated": 14, "unreadable": 0}
    both.FIELD_KEYS = both.FIELD_KEYS[:1]
    with schema_context("acme"):
        found = {row.name: row.credentials.reveal()["password"] for row in Connection.objects.all()}
        assert found == {f"SAP {number}": f"canary-acme-{number}" for number in range(5)}
    assert rotate() == {"left": 0, "rotated": 0, "unreadable": 0}


def test_an_interruption_keeps_the_batches_before_it_and_says_what_is_left(both, monkeypatch):
    replaced = rotation._replace
    calls: list[Any] = []

    def interrupted(field, changes):
        calls.append(changes)
        done = replaced(field, changes)
        if len(calls) == 3:
            raise KeyboardInterrupt  # inside the third batch: what it wrote is rolled back
        return done

    monkeypatch.setattr(rotation, "_replace", interrupted)
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("rotate_keys", "--batch", "2", stdout=out)
    assert "Interrupted" in out.getvalue()
    assert json.loads(out.getvalue().splitlines()[-1]) == {"left": 10, "rotated": 4, "unreadable": 0}
    monkeypatch.undo()
    assert rotate("--batch", "2") == {"left": 0, "rotated": 10, "unreadable": 0}


def test_a_value_that_is_changed_meanwhile_keeps_the_change(both, monkeypatch):
    replaced = rotation._replace

    def overtaken(field, changes):
        if field.name == "token":
            Connection.objects.filter(name="SAP 1").update(token="canary-newer")
        return replaced(field, changes)

    monkeypatch.setattr(rotation, "_replace", overtaken)
    rotate("--customer", "acme")
    with schema_context("acme"):
        assert Connection.objects.get(name="SAP 1").token.reveal() == "canary-newer"
        assert Connection.objects.get(name="SAP 2").token.reveal() == "canary-token-2"


def test_one_customer_alone(both):
    assert rotate("--customer", "globex") == {"left": 0, "rotated": 4, "unreadable": 0}
    assert rotate("--check") == {"left": 10, "rotated": 0, "unreadable": 0}
    with pytest.raises(CommandError, match="There is no customer nobody"):
        rotate("--customer", "nobody")


def test_progress_shows_counts_and_no_values(both):
    lines, _ = output("--batch", "4")
    assert lines[:2] == ["acme: Connection.credentials: 4 of 4 rotated", "acme: Connection.credentials: 1 of 1 rotated"]
    assert "canary" not in "".join(lines)
