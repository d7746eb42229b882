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
from tests.api.records import held_up


def more(records: dict[str, Any], start: int, count: int) -> None:
    """Of every table of a customer. In the schema."""
    now, sync = timezone.now(), records["orders"]
    for n in range(start, start + count):
        held = held_up(sync, f"46{n:08}", n)
        step = Step.objects.create(delivery=held, position=1, action="create", body={}, expect={}, lookups=[])
        Attempt.objects.create(step=step, fence=1, intended_at=now)
        Run.objects.create(sync=sync, started_at=now - timedelta(days=n))
        Link.objects.create(flow=sync.flow, source_key=held.source_key, target_key=str(n), linked_at=now)
        ValueMap.objects.create(map="plant", key=str(n), value="1")
        Reference.objects.create(connection=sync.target, kind="warehouse", key=str(n), row={}, refreshed_at=now)
        InboundEvent.objects.create(
            connection=sync.target, tenant_id="1", occurrence=f"o{n}", type="t", received_at=now
        )
        ReconcileReport.objects.create(sync=sync, state="finished", started_by="x", started_at=now)
        ReplayJob.objects.create(selection={"key": "45"}, state="finished", started_by="x", created_at=now)
        Alert.objects.create(kind="x", cause=f"c{n}", subject="s", first_seen_at=now, last_seen_at=now)
        AuditEvent.objects.create(at=now, actor_kind="program", action="x", subject=str(n))
        other = Connection.objects.create(
            system="sap", name=f"SAP {n}", environment="sandbox", base_url="https://x.test"
        )
        Sync.objects.create(flow=f"flow-{n}", source=other, target=sync.target, enabled=False)


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
