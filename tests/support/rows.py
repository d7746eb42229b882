"""Rows of every table that the admin shows, so many of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from integrations.models import (
    Alert,
    Attempt,
    AuditEvent,
    Connection,
    Delivery,
    InboundEvent,
    Link,
    ReconcileReport,
    Reference,
    ReplayJob,
    Run,
    Step,
    Sync,
    ValueMap,
)
from tenants.models import Customer, Domain, Membership, Person, Role, ScheduledWork, ServiceTitanTenant
from tenants.support_models import StepIn
from tenants.webhook_models import WebhookAddress, WebhookRefusals
from tests.api.books import BEGINNING


def more(records: dict[str, Any], start: int, count: int) -> None:
    """Of every table of a customer, by a statement each. In the schema."""
    now, sync, numbers = timezone.now(), records["orders"], range(start, start + count)
    held = Delivery.objects.bulk_create(_held(sync, n) for n in numbers)
    written: dict[str, Any] = {"position": 1, "action": "create", "body": {}, "expect": {}, "lookups": []}
    steps = Step.objects.bulk_create(Step(delivery=delivery, **written) for delivery in held)
    others = Connection.objects.bulk_create(
        Connection(system="sap", name=f"SAP {n}", environment="sandbox", base_url="https://x.test") for n in numbers
    )
    begun: dict[str, Any] = {"state": "finished", "started_by": "x"}
    to: dict[str, Any] = {"connection": sync.target}
    for rows in (
        [Attempt(step=step, fence=1, intended_at=now) for step in steps],
        [Run(sync=sync, started_at=now - timedelta(days=n)) for n in numbers],
        [Link(flow=sync.flow, source_key=f"46{n:08}", target_key=str(n), linked_at=now) for n in numbers],
        [ValueMap(map="plant", key=str(n), value="1") for n in numbers],
        [Reference(**to, kind="warehouse", key=str(n), row={}, refreshed_at=now) for n in numbers],
        [InboundEvent(**to, tenant_id="1", occurrence=f"o{n}", type="t", received_at=now) for n in numbers],
        [ReconcileReport(sync=sync, **begun, started_at=now) for n in numbers],
        [ReplayJob(selection={"key": "45"}, **begun, created_at=now) for n in numbers],
        [Alert(kind="x", cause=f"c{n}", subject="s", first_seen_at=now, last_seen_at=now) for n in numbers],
        [AuditEvent(at=now, actor_kind="program", action="x", subject=str(n)) for n in numbers],
        [
            Sync(flow=f"flow-{n}", source=other, target=sync.target, enabled=False)
            for n, other in zip(numbers, others, strict=True)
        ],
    ):
        model: Any = type(rows[0])
        model.objects.bulk_create(rows)


def _held(sync: Sync, n: int) -> Delivery:
    needs = {"code": "unmapped-cost-center", "needs": "map:cost-center:K2"}
    at = BEGINNING + timedelta(minutes=n)
    told: dict[str, Any] = {"reason": "No value is mapped for cost-center K2.", "payload": {}, "digest": "d"}
    return Delivery(sync=sync, source_key=f"46{n:08}", number=1, state="quarantined", created_at=at, **needs, **told)


def more_public(person: Person, start: int, count: int) -> None:
    """Of every table of the operators."""
    now = timezone.now()
    for n in range(start, start + count):
        customer = Customer.objects.create(schema_name=f"more_{n}", name=f"More {n}")
        Domain.objects.create(domain=f"more-{n}.localhost", tenant=customer, is_primary=True)
        one = Person.objects.create(email=f"p{n}@host.test")
        Membership.objects.create(customer=customer, person=one, role=Role.VIEWER)
        ScheduledWork.objects.create(customer=customer, sync_id=uuid4(), kind="poll", due_at=now if n % 2 else None)
        ServiceTitanTenant.objects.create(
            customer=customer, tenant_id=str(n), environment="production", connection_id=uuid4(), proven_at=now
        )
        WebhookAddress.objects.create(customer=customer, connection_id=uuid4(), address=f"address-{n}")
        WebhookRefusals.objects.create(endpoint=f"e{n}", reason="signature", first_at=now, last_at=now)
        StepIn.objects.create(
            person=person, customer=customer, role=Role.VIEWER, reason="x", started_at=now, ends_at=now
        )
