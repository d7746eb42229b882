"""A customer's sealed audit, and somebody who changes it by SQL with the triggers switched off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from integrations.audit import PLATFORM, record
from integrations.models import Attempt, Connection, Delivery, Step, Sync
from integrations.seals import Verdict, seal_customer, verify
from tenants.models import Customer

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def fill(*, events: int = 5, orders: int = 4, at: datetime = NOW) -> None:
    """Events, and delivered orders with an attempt each, closed a second after another."""
    for number in range(events):
        record(actor=PLATFORM, action="sync.changed", subject=f"vendors-{number}", detail={"batch": [number, 50]})
    account = Connection.objects.filter(name="sap").first() or Connection.objects.create(
        name="sap", system="sap", environment="sandbox", base_url="https://sap.example.com"
    )
    sync, _ = Sync.objects.get_or_create(flow="purchase-orders", defaults={"source": account, "target": account})
    known = Delivery.objects.count()
    for number in range(known, known + orders):
        deliver(sync, f"45000000{number:02}", at + timedelta(seconds=number))


def deliver(sync: Sync, key: str, at: datetime, *, number: int = 1) -> Delivery:
    delivery = Delivery.objects.create(
        sync=sync,
        source_key=key,
        number=number,
        state="delivered",
        digest="d" * 64,
        payload={"PurchaseOrder": key, "Net": 120.5},
        created_at=at,
        closed_at=at,
    )
    step = Step.objects.create(delivery=delivery, position=1, action="create", state="done", body={}, expect={"a": 1})
    Attempt.objects.create(
        step=step,
        outcome="answered",
        fence=1,
        intended_at=at,
        finished_at=at,
        status=200,
        exchange={"request_body": f"order {key}", "status": 200},
    )
    return delivery


def seal(customer: Customer, *, now: datetime = NOW, **options: Any) -> str:
    """Seals what is ready; the newest link as it is logged."""
    return seal_customer(customer, clock=lambda: now, **options).newest


def found(customer: Customer, newest: str = "") -> list[str]:
    return judged(customer, newest).findings


def judged(customer: Customer, newest: str = "") -> Verdict:
    return verify(customer, newest=newest)


def tamper(*statements: str, **parameters: Any) -> None:
    """As somebody who owns the database would."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement, parameters or None)
        cursor.execute("SET LOCAL session_replication_role = origin")
