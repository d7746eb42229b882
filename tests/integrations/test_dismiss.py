"""`manage.py dismiss`, and `manage.py reconcile` where there is nothing to compare."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from integrations.models import AuditEvent, Connection, Delivery, Sync
from tenants.models import Customer

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def held(in_acme: Customer) -> Sync:
    ends = [Connection.objects.create(name=name, system=name, environment="sandbox") for name in ("a", "b")]
    sync = Sync.objects.create(flow="vendors", source=ends[0], target=ends[1])
    for key, state in (("1", "quarantined"), ("2", "waiting"), ("3", "delivered")):
        Delivery.objects.create(
            sync=sync, source_key=key, number=1, state=state, digest="d", payload={}, created_at=NOW
        )
    return sync


def dismiss(*keys: str) -> str:
    out = StringIO()
    call_command("dismiss", "acme", "vendors", *keys, reason="old stock", stdout=out, stderr=StringIO())
    return out.getvalue()


def test_records_are_dismissed_with_their_reason_and_audit(held: Sync) -> None:
    assert dismiss("1", "2") == '{"1": "dismissed", "2": "dismissed"}\n'
    assert Delivery.objects.get(source_key="1").reason == "old stock"
    events = AuditEvent.objects.order_by("sequence")
    assert [(event.action, event.actor_kind, event.subject) for event in events] == [
        ("delivery.dismissed", "program", "vendors 1"),
        ("delivery.dismissed", "program", "vendors 2"),
    ]


@pytest.mark.parametrize(
    ("key", "words"),
    [("3", "A delivery that is delivered cannot be dismissed."), ("9", "vendors has no record 9.")],
)
def test_with_one_that_cannot_be_dismissed_nothing_is(held: Sync, key: str, words: str) -> None:
    with pytest.raises(CommandError, match=f"{words} Nothing was dismissed."):
        dismiss("1", key)
    assert Delivery.objects.get(source_key="1").state == "quarantined"
    assert not AuditEvent.objects.exists()


def test_books_of_a_customer_without_any_flow_do_not_agree(in_acme: Customer) -> None:
    with pytest.raises(CommandError, match="there is nothing to compare"):
        call_command("reconcile", "acme", stdout=StringIO(), stderr=StringIO())
