"""Accounts payable over the world of the journeys: invoices entered in SAP, receipts and bills in ServiceTitan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F
from django_tenants.utils import schema_context

from integrations.engine import reconcile
from integrations.models import Delivery, Link, Sync
from integrations.running import comparison_of, utc_now
from tenants import schedule
from tests.journeys.world import World

FLOW = "supplier-invoices"
ORDER, OTHER = "4500000001", "4500000004"


@dataclass
class Payables:
    """A world in which vendors and orders are synced; `sync()` moves invoices, `later()` lets time pass."""

    world: World

    def open(self, **options: Any) -> Payables:
        """Switches the flow on, once vendors and orders are there; nobody has entered an invoice yet."""
        self.world.sync()
        self.add(FLOW, "sap", "servicetitan", options)
        return self

    def add(self, flow: str, source: str, target: str, options: dict[str, Any]) -> None:
        with schema_context(self.world.customer.schema_name):
            sides = {sync.source.name: sync.source for sync in Sync.objects.select_related("source")}
            sides |= {sync.target.name: sync.target for sync in Sync.objects.select_related("target")}
            sync = Sync.objects.create(
                flow=flow, source=sides[source], target=sides[target], schedule={"every": "2m"}, options=options
            )
            schedule.ensure(customer_id=self.world.customer.pk, sync_id=sync.pk, due_at=None)

    def set(self, flow: str, **options: Any) -> None:
        """Options of a flow, over those it has."""
        with schema_context(self.world.customer.schema_name):
            for sync in Sync.objects.filter(flow=flow):
                sync.options = {**sync.options, **options}
                sync.save(update_fields=["options"])

    def sync(self) -> None:
        """One poll, and deliveries until nothing is due now and no answer is outstanding."""
        self.world.sync(FLOW)
        while self.world.rows(sync__flow=FLOW, state__in=Delivery.UNSETTLED):
            self.world.sync(FLOW)

    def later(self, minutes: float = 16) -> None:
        """Deliveries were made so much earlier and everything that waits for its time is due."""
        with schema_context(self.world.customer.schema_name):
            waiting = Delivery.objects.filter(sync__flow=FLOW, state="waiting")
            waiting.update(created_at=F("created_at") - timedelta(minutes=minutes))
            waiting.filter(due_at__isnull=False).update(due_at=utc_now())
            sync = Sync.objects.get(flow=FLOW)
        schedule.make_due(customer_id=self.world.customer.pk, sync_ids=[sync.pk], kind="deliver", now=utc_now())
        self.sync()

    def differences(self, flow: str = FLOW) -> list[tuple[str, str, str]]:
        """What a comparison of both books names: (source key, cause, detail)."""
        with schema_context(self.world.customer.schema_name):
            work = comparison_of(Sync.objects.select_related("source", "target").get(flow=flow))
            try:
                report = reconcile(work)
            finally:
                work.close()
        return [(one.source_key, one.cause, one.detail) for one in report.differences]

    # What people do

    def enter(self, number: str = "INV-1", **values: Any) -> str:
        """A clerk posts an invoice in SAP; by default over all of an order. Returns its key."""
        if not {"items", "order", "ledger"} & values.keys():
            values["order"] = ORDER
        made = self.world.control(self.world.sap, "invoice", {"number": number, **values})
        return f"{made['invoice']}/{made['year']}"

    def reverse(self, key: str) -> str:
        number, year = key.split("/")
        made = self.world.control(self.world.sap, "reverse", {"invoice": number, "year": year})
        return f"{made['invoice']}/{made['year']}"

    def receive(self, order: str = ORDER, *items: tuple[int, str], number: str = "") -> dict[str, Any]:
        """Somebody receives in ServiceTitan: (place of the line, quantity), by default everything."""
        world, row = self.world, self.order(order)
        body: dict[str, Any] = {"tenant": world.tenant, "id": row["id"], "number": number}
        if items:
            body["items"] = [{"item": row["items"][place]["id"], "quantity": quantity} for place, quantity in items]
        made: dict[str, Any] = world.control(world.servicetitan, "receive", body)
        return made

    def cancel(self, receipt: dict[str, Any]) -> None:
        world = self.world
        world.control(world.servicetitan, "receive", {"tenant": world.tenant, "cancel": receipt["id"]})

    def switch(self, **values: Any) -> None:
        self.world.control(self.world.servicetitan, "settings", values)

    # What is there

    def order(self, number: str = ORDER) -> dict[str, Any]:
        """The order in ServiceTitan."""
        target = self.world.target_of("purchase-orders", number)
        return next(row for row in self.world.titan("purchase-orders") if str(row["id"]) == target)

    def items(self, order: str = ORDER) -> list[dict[str, Any]]:
        """The items of an order in SAP, as the ledger has read them."""
        rows: list[dict[str, Any]] = self.world.newest(order).payload["items"]
        return rows

    def receipts(self, *, active: bool | None = True) -> list[dict[str, Any]]:
        rows = self.world.titan("receipts")
        return [row for row in rows if active is None or row["active"] is active]

    def bills(self) -> list[dict[str, Any]]:
        return self.world.titan("ap-bills")

    def linked(self, flow: str = "ap-bills") -> dict[str, str]:
        return {link.source_key: link.target_key for link in self.world.rows(Link, flow=flow)}

    def states(self, key: str) -> list[str]:
        found = sorted(self.world.rows(source_key=key), key=lambda delivery: delivery.number)
        return [str(delivery.state) for delivery in found]

    def notes(self, key: str) -> list[str]:
        return [note["text"] for note in self.world.newest(key).notes]


def net(items: list[dict[str, Any]]) -> Decimal:
    """The net amount of items of SAP."""
    return sum((Decimal(item["NetAmount"]) for item in items), Decimal(0))


def lines_of(receipt: dict[str, Any]) -> list[tuple[int, Decimal, Decimal]]:
    """(order line, quantity, cost) of each line of a receipt."""
    return [(i["purchaseOrderItemId"], Decimal(str(i["quantity"])), Decimal(str(i["cost"]))) for i in receipt["items"]]
