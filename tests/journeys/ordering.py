"""Orders over the world of the journeys: entered and changed in SAP, seen and edited in ServiceTitan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django_tenants.utils import schema_context

from integrations import reference_data
from integrations.engine import Given, replay
from integrations.models import Delivery, Link, Sync, ValueMap
from integrations.running import CustomerSchedule, utc_now
from tests.journeys.world import World

VENDORS, ORDERS = "vendors", "purchase-orders"
SUPPLIER = "17300001"
HVAC, INSTALL = "10101101", "10101102"
"""Cost centers of two business units."""
PIPE = {"material": "HV-10001", "quantity": "2", "price": "10", "center": HVAC}
"""Two pieces for 20.00."""


@dataclass
class Ordering:
    """A world with three vendors and no orders yet."""

    world: World

    def open(self, **options: Any) -> Ordering:
        self.world.control(self.world.sap, "reset", {"seed": 7, "suppliers": 3, "orders": 0, "invoices": 0})
        self.choose(**options)
        self.world.sync(VENDORS)
        return self

    def choose(self, **options: Any) -> None:
        """Options of the flow, over those it has."""
        with schema_context(self.world.customer.schema_name):
            sync = Sync.objects.get(flow=ORDERS)
            sync.options = {**sync.options, **options}
            sync.save(update_fields=["options"])

    def decide(self, value_map: str, key: str, value: str) -> None:
        """Somebody says what a code means."""
        with schema_context(self.world.customer.schema_name):
            given = [Given(value_map, key, value)]
            reference_data.save_values(self.world.customer, given, by="person", now=utc_now())

    # In SAP

    def order(self, *items: dict[str, Any], **more: Any) -> str:
        """Somebody orders items and it is released; two pieces of pipe if none is named."""
        given = {"supplier": SUPPLIER, "items": list(items) or [PIPE], **more}
        return str(self.world.control(self.world.sap, "order", given)["order"])

    def change(self, order: str, **values: Any) -> None:
        self.world.change("PurchaseOrder", order, values)

    def change_item(self, order: str, item: str = "10", **values: Any) -> None:
        self.world.change("PurchaseOrderItem", [order, item], values)

    def add_item(self, order: str, item: str = "20") -> None:
        """One more piece of pipe, on the cost center of the first item."""
        first = self.in_sap(order)["PurchaseOrderItem"][0]
        kids = {
            "PurchaseOrderAccount": [{"values": {**first["PurchaseOrderAccount"][0], "PurchaseOrderItem": item}}],
            "PurchaseOrderSchedule": [{"values": {**first["PurchaseOrderSchedule"][0], "PurchaseOrderItem": item}}],
        }
        plain = {name: value for name, value in first.items() if not isinstance(value, list)}
        values = {**plain, "PurchaseOrderItem": item}
        body = {"entity": "PurchaseOrderItem", "below": order, "values": values, "kids": kids}
        self.world.control(self.world.sap, "add", body)

    def in_sap(self, order: str) -> dict[str, Any]:
        row: dict[str, Any] = self.world.control(self.world.sap, f"rows?entity=PurchaseOrder&key={order}")["rows"][0]
        return row

    # The product

    def sync(self) -> None:
        self.world.sync(ORDERS)

    def replay(self, order: str) -> None:
        """Somebody presses Replay."""
        with schema_context(self.world.customer.schema_name):
            sync = Sync.objects.get(flow=ORDERS)
            replay(sync, order, by="person", schedule=CustomerSchedule(self.world.customer.pk), now=utc_now())
        self.sync()

    def newest(self, order: str) -> Delivery:
        return self.world.newest(order)

    def story(self, order: str) -> tuple[str, str]:
        """State and code of the newest version."""
        newest = self.newest(order)
        return newest.state, newest.code

    def notes(self, order: str) -> list[str]:
        return [note["text"] for note in self.newest(order).notes]

    def crosswalk(self, order: str) -> dict[str, str]:
        """SAP item to line there, as linked."""
        (link,) = self.world.rows(Link, flow=ORDERS, source_key=order)
        return dict(link.lines)

    def mapped(self, value_map: str, key: str) -> str:
        (row,) = self.world.rows(ValueMap, map=value_map, key=key)
        return str(row.value)

    # In ServiceTitan

    def key(self, order: str) -> str:
        return self.world.target_of(ORDERS, order)

    def there(self, order: str) -> dict[str, Any]:
        """The order as ServiceTitan has it."""
        return next(row for row in self.world.titan("purchase-orders") if str(row["id"]) == self.key(order))

    def edit(self, order: str, **values: Any) -> None:
        """Somebody edits it there."""
        self.world.edit("purchase-orders", self.key(order), **values)

    def receive(self, order: str) -> None:
        """Somebody receives it there, in full."""
        body = {"tenant": self.world.tenant, "id": int(self.key(order))}
        self.world.control(self.world.servicetitan, "receive", body)

    def lines(self, order: str) -> list[tuple[str, str, str]]:
        """SAP item, quantity and cost of each line there."""
        return [
            (item["description"].partition(" |")[0], f"{float(item['quantity']):g}", f"{float(item['cost']):g}")
            for item in self.there(order)["items"]
        ]

    def statuses(self) -> list[str]:
        return sorted(row["status"] for row in self.world.titan("purchase-orders"))

    def writes(self) -> list[str]:
        """Methods and last words of the writes to orders since the log was cleared."""
        calls = [call for call in self.world.calls() if call[0] != "GET" and "purchase-orders" in call[1]]
        return [f"{method} {path.rpartition('/')[2]}" for method, path in calls]
