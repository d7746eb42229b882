"""Purchase orders with items, account assignments and schedule lines.

Most orders are ordinary: type NB, one to eight items on one cost center, released. The rest have one of the oddities
of real books, each in a small share (``SHARES``, per mille).
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random

from simulators.sap.rules.numbers import next_number
from simulators.sap.store import Row, Store
from simulators.sap.values import TICKS, Value, ticks_of
from simulators.sap.world.masters import COMPANIES, company_of
from simulators.sap.world.order_items import ONE, ItemMaker, Plan

FIRST_ORDER = 4_500_000_001
_ITEM_COUNTS = (1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8)

# Per mille of orders, scaled by the world's ``oddities``.
SHARES: dict[str, int] = {
    "deleted": 20,
    "unreleased": 30,
    "rejected": 3,
    "incomplete": 5,
    "returns": 8,
    "transport": 8,
    "limit": 8,
    "unmapped": 8,
    "unknown_job": 4,
    "other_jobs": 15,
    "other_centers": 60,
    "foreign": 10,
}


class OrderMaker:
    """Makes orders one after the other; the same seed makes the same orders."""

    def __init__(self, store: Store, chance: Random, now: datetime, centers: int) -> None:
        self.store = store
        self.chance = chance
        self.now = now
        self.centers = max(1, centers)
        keys = [row["Supplier"] for row in store["Supplier"].everything() if row.children("SupplierPurchasingOrg")]
        self.suppliers: list[str] = keys
        self._kinds = list(SHARES.items())
        self.items = ItemMaker(store, chance, self.centers)

    def kind(self, oddities: float) -> str:
        """Draw what is unusual about an order."""
        if not oddities:
            return ""
        drawn = self.chance.random() * 1_000
        for name, share in self._kinds:
            drawn -= share * oddities
            if drawn < 0:
                return name
        return ""

    def plan(self, kind: str, day: date) -> Plan:
        """Draw what the items have in common."""
        center = self.chance.randrange(self.centers) + 1
        company = company_of(center)
        currency = COMPANIES[company][3]
        if kind == "foreign":
            currency = "EUR" if currency == "USD" else "USD"
        job = str(2_001 + self.chance.randrange(58)) if self.chance.random() < 0.4 else ""
        return Plan(kind, company, currency, center, "2999" if kind == "unknown_job" else job, day)

    def order(self, number: int, plan: Plan, ticks: int | None) -> Row:
        """One order."""
        supplier = self.suppliers[self.chance.randrange(len(self.suppliers))] if self.suppliers else ""
        header: dict[str, Value] = {
            "PurchaseOrder": str(number),
            "CompanyCode": plan.company,
            "PurchaseOrderType": "NB",
            "PurchaseOrderSubtype": "",
            "PurchasingDocumentOrigin": "9",
            "PurchasingOrganization": plan.company,
            "PurchasingGroup": f"{self.chance.randrange(3) + 1:03d}",
            "Supplier": supplier,
            "InvoicingParty": supplier,
            "Language": "EN",
            "DocumentCurrency": plan.currency,
            "PurchaseOrderDate": plan.day,
            "CreationDate": plan.day,
            "PaymentTerms": "NT30",
            "ExchangeRate": ONE,
            "PurchasingProcessingStatus": "02",
            "CreatedByUser": "CB9980000210",
            "LastChangeDateTime": ticks,
        }
        header.update(_HEADERS.get(plan.kind, {}))
        order = self.store["PurchaseOrder"].make(header)
        for place in range(self.chance.choice(_ITEM_COUNTS)):
            order.adopt(self.items.item(order, place + 1, plan))
        return order


_HEADERS: dict[str, dict[str, Value]] = {
    "deleted": {"PurchaseOrderDeletionCode": "L"},
    "unreleased": {"PurchasingProcessingStatus": "03", "ReleaseIsNotCompleted": True},
    "rejected": {"PurchasingProcessingStatus": "08", "ReleaseIsNotCompleted": True},
    "incomplete": {"PurchasingCompletenessStatus": True, "PurchasingProcessingStatus": "01"},
    "transport": {"PurchaseOrderType": "UB", "Supplier": "", "InvoicingParty": "", "SupplyingPlant": "1720"},
}


def orders(maker: OrderMaker, count: int, days: int, oddities: float) -> Iterator[Row]:
    """Orders spread over the last ``days``; the oldest 3 % have no change stamp, some share one stamp in bursts."""
    if not count:
        return
    chance = maker.chance
    first = next_number(maker.store, "PurchaseOrder", FIRST_ORDER)
    end, start = ticks_of(maker.now), ticks_of(maker.now - timedelta(days=days))
    step = max(1, (end - start) // count)
    burst, burst_left = 0, 0
    unstamped = int(count * 0.03) if days else 0
    for place in range(count):
        ticks = min(end, start + place * step + chance.randrange(step))
        day = (maker.now - timedelta(seconds=(end - ticks) // TICKS)).date()
        if burst_left:
            burst_left -= 1
        elif chance.random() < 0.002:
            burst_left, burst = 20, ticks
        stamp = None if place < unstamped else burst if burst_left else ticks
        yield maker.order(first + place, maker.plan(maker.kind(oddities), day), stamp)
