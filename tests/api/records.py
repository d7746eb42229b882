"""Records of a customer to work on through the API."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from integrations.models import (
    Attempt,
    Connection,
    Delivery,
    Link,
    ReconcileDifference,
    ReconcileReport,
    Reference,
    Step,
    Sync,
    ValueMap,
)
from tenants import schedule, schema
from tenants.models import Customer
from tests.api.books import BEGINNING, fill


def work(customer: Customer, *, records: int = 3) -> dict[str, Any]:
    """A sync of orders: one delivered with its step, attempt and link, and others that wait for a map."""
    made = fill(customer)
    with schema.within(customer):
        sync = Sync.objects.create(
            flow="purchase-orders",
            source=made["sap"],
            target=made["servicetitan"],
            schedule={"every": "2m"},
            fresh_at=BEGINNING,
            cursor={"delta": {"mark": "2026-03-02T07:58:11Z"}},
        )
        schedule.ensure(customer_id=customer.pk, sync_id=sync.pk, due_at=None)
        done = Delivery.objects.create(
            sync=sync,
            source_key="4500000001",
            number=1,
            state="delivered",
            digest="d",
            payload={"PurchaseOrder": "4500000001"},
            created_at=BEGINNING,
            closed_at=BEGINNING,
        )
        used = [{"kind": "map", "name": "cost-center", "key": "K1", "value": "12"}]
        step = Step.objects.create(
            delivery=done,
            position=1,
            action="create",
            state="done",
            target_key="5001",
            body={},
            expect={},
            lookups=used,
        )
        attempt = Attempt.objects.create(
            step=step, outcome="answered", fence=1, intended_at=BEGINNING, exchange={"method": "POST"}
        )
        link = Link.objects.create(
            flow="purchase-orders", source_key="4500000001", target_key="5001", linked_at=BEGINNING
        )
        held = [held_up(sync, f"45000001{number:02}", number) for number in range(records)]
    return {**made, "orders": sync, "done": done, "attempt": attempt, "link": link, "held": held}


def held_up(sync: Sync, key: str, minutes: int) -> Delivery:
    return Delivery.objects.create(
        sync=sync,
        source_key=key,
        number=1,
        state="quarantined",
        code="unmapped-cost-center",
        reason="No value is mapped for cost-center K2.",
        needs="map:cost-center:K2",
        digest="d",
        payload={"PurchaseOrder": key},
        created_at=BEGINNING + timedelta(minutes=minutes),
    )


def more(customer: Customer, number: int, *, first: int = 0) -> None:
    """So many more rows in every list, with numbers from the first one on."""
    with schema.within(customer):
        sync, account = Sync.objects.get(flow="purchase-orders"), Connection.objects.get(name="servicetitan")
        report = ReconcileReport.objects.create(
            sync=sync, state="finished", started_by="t", started_at=BEGINNING, agree=False
        )
        for index in range(first, first + number):
            delivery = held_up(sync, f"46{index:08}", index)
            step = Step.objects.create(delivery=delivery, position=1, action="create", body={}, expect={})
            Attempt.objects.create(step=step, fence=1, intended_at=BEGINNING)
            Link.objects.create(flow="vendors", source_key=str(index), target_key=str(index), linked_at=BEGINNING)
            ValueMap.objects.create(map="cost-center", key=f"M{index}", value="1")
            row = {"id": index, "name": f"Unit {index}", "code": f"C{index}", "active": True}
            unit = {"kind": "business-unit", "key": str(index), "name": row["name"], "row": row}
            Reference.objects.create(connection=account, refreshed_at=BEGINNING, **unit)
            bill = {"id": index, "billAmount": "10.00", "vendor": {"id": 1, "name": "ACME"}}
            Reference.objects.create(
                connection=account, kind="ap-bills", key=str(index), row=bill, refreshed_at=BEGINNING
            )
            ReconcileDifference.objects.create(
                report=report, source_key=str(index), cause="late", source_amount=Decimal("1.5"), detail="=cmd"
            )
