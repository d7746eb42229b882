"""Requisitions over the world of the journeys: requested, released and ordered in SAP, seen in ServiceTitan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django_tenants.utils import schema_context

from integrations.engine import reconcile
from integrations.models import Delivery, Link, Sync
from integrations.running import comparison_of, utc_now
from tenants import schedule
from tests.journeys.world import World

FLOW, ORDERS = "purchase-requisitions", "purchase-orders"
SUPPLIER, OTHER = "17300001", "17300002"
PIPE = {"material": "HV-10001", "quantity": "2", "price": "10", "center": "10101101"}
"""Two pieces for 20.00."""

Shown = tuple[str, list[tuple[str, str]]]


@dataclass
class Purchasing:
    """A world with vendors and nothing to buy yet; requisitions flow to ServiceTitan."""

    world: World

    def open(self, **options: Any) -> Purchasing:
        nothing = {"suppliers": 3, "orders": 0, "requisitions": 0, "invoices": 0, "oddities": 0}
        self.world.control(self.world.sap, "reset", {"seed": 7, **nothing})
        with schema_context(self.world.customer.schema_name):
            like = Sync.objects.select_related("source", "target").get(flow=ORDERS)
            sync = Sync.objects.create(
                flow=FLOW, source=like.source, target=like.target, schedule={"every": "2m"}, options=like.options
            )
            schedule.ensure(customer_id=self.world.customer.pk, sync_id=sync.pk, due_at=None)
        self.choose(**options)
        self.world.sync("vendors")
        return self

    def choose(self, **options: Any) -> None:
        """Options of both flows, over those they have."""
        with schema_context(self.world.customer.schema_name):
            for sync in Sync.objects.filter(flow__in=[FLOW, ORDERS]):
                sync.options = {**sync.options, **options}
                sync.save(update_fields=["options"])

    # What people do in SAP

    def request(self, *items: dict[str, Any], supplier: str = SUPPLIER) -> str:
        """Somebody requests items; two pieces of pipe if none is named."""
        given = {"supplier": supplier, "items": list(items) or [PIPE]}
        return str(self.world.control(self.world.sap, "requisition", given)["requisition"])

    def order(self, *orders: list[tuple[str, str]], supplier: str = "") -> list[str]:
        """Purchasing turns requisition items into orders."""
        made = self.world.control(self.world.sap, "convert", {"orders": list(orders), "supplier": supplier})
        return [str(number) for number in made["orders"]]

    def change_item(self, requisition: str, item: str, **values: Any) -> None:
        key = {"PurchaseRequisition": requisition, "PurchaseRequisitionItem": item}
        self.world.change("RequisitionItem", key, values)

    # What the product and ServiceTitan show

    def sync(self, *flows: str) -> None:
        self.world.sync(*(flows or (FLOW, ORDERS)))

    def later(self) -> None:
        """Whatever waits for its time is due, on both flows."""
        with schema_context(self.world.customer.schema_name):
            waiting = Delivery.objects.filter(due_at__isnull=False)
            waiting.update(due_at=utc_now())
            syncs = [sync.pk for sync in Sync.objects.filter(flow__in=[FLOW, ORDERS])]
        schedule.make_due(customer_id=self.world.customer.pk, sync_ids=syncs, kind="deliver", now=utc_now())
        self.sync()

    def parts(self, requisition: str) -> dict[str, str]:
        """Order in ServiceTitan by part of a requisition; what orders of SAP have taken is theirs."""
        links = self.world.rows(Link, flow=FLOW, source_key__startswith=f"{requisition}#")
        return {link.source_key.partition("#")[2]: link.target_key for link in links if link.target_key}

    def part(self, requisition: str) -> str:
        """The one order of a requisition."""
        (target,) = self.parts(requisition).values()
        return target

    def differences(self) -> list[tuple[str, str]]:
        """Record and cause of everything on which the books do not agree."""
        with schema_context(self.world.customer.schema_name):
            syncs = Sync.objects.select_related("source", "target").filter(flow__in=[FLOW, ORDERS])
            found = [reconcile(comparison_of(sync)).differences for sync in syncs]
        return [(difference.source_key, difference.cause) for each in found for difference in each]

    def there(self, key: str) -> dict[str, Any]:
        return next(row for row in self.world.titan("purchase-orders") if str(row["id"]) == key)

    def shown(self) -> dict[str, Shown]:
        """Every order in ServiceTitan: status, and its lines with quantities."""
        return {
            str(row["id"]): (
                row["status"],
                [(item["description"].partition(" |")[0], f"{float(item['quantity']):g}") for item in row["items"]],
            )
            for row in self.world.titan("purchase-orders")
        }

    def alive(self) -> list[str]:
        """Orders in ServiceTitan that are not cancelled."""
        return sorted(key for key, (status, _) in self.shown().items() if status != "Canceled")

    def writes(self) -> list[tuple[str, str]]:
        """Writes to orders since the log was cleared."""
        return [call for call in self.world.calls() if call[0] != "GET" and "purchase-orders" in call[1]]
