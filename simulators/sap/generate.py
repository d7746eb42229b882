"""A world of any size from a seed: the same seed, size and moment make the same world."""

from dataclasses import dataclass, fields
from datetime import datetime
from random import Random
from typing import Any

from simulators.sap.store import Store
from simulators.sap.world.invoices import invoices
from simulators.sap.world.masters import masters
from simulators.sap.world.orders import OrderMaker, orders
from simulators.sap.world.requisitions import RequisitionMaker, requisitions
from simulators.sap.world.suppliers import suppliers
from simulators.wire import parse_moment

SIZES = {
    "empty": {"suppliers": 0, "orders": 0},
    "small": {"suppliers": 20, "orders": 60, "requisitions": 15, "invoices": 25},
    "medium": {"suppliers": 200, "orders": 2_000, "requisitions": 300, "invoices": 900},
    "large": {"suppliers": 2_000, "orders": 100_000, "requisitions": 5_000, "invoices": 20_000},
}


@dataclass(frozen=True)
class Size:
    """How much of everything. ``oddities`` scales the share of unusual rows (0: none); ``now`` fixes the present."""

    suppliers: int = 20
    orders: int = 60
    requisitions: int = 0
    invoices: int = 0
    cost_centers: int = 12
    days: int = 180
    oddities: float = 1.0
    now: str = ""

    @classmethod
    def of(cls, options: dict[str, Any]) -> "Size":
        """From JSON: ``size`` names one of SIZES, other members change it. Raises ValueError for unknown ones."""
        named = SIZES[str(options.pop("size"))] if "size" in options else {}
        unknown = set(options) - {each.name for each in fields(cls)}
        if unknown:
            raise ValueError(f"unknown options: {', '.join(sorted(unknown))}")
        return cls(**{**named, **options})


def generate(store: Store, seed: int, size: Size, now: datetime) -> dict[str, int]:
    """Add rows to a store; returns how many documents of each kind it holds now."""
    at = parse_moment(size.now) if size.now else now
    store.load(list(masters(store, size.cost_centers, at.date())))
    store.load(suppliers(store, size.suppliers, Random(f"{seed}/suppliers"), at, size.oddities))
    maker = OrderMaker(store, Random(f"{seed}/orders"), at, size.cost_centers)
    store.load(orders(maker, size.orders, size.days, size.oddities))
    requesting = RequisitionMaker(store, Random(f"{seed}/requisitions"), size.cost_centers, size.oddities)
    store.load(requisitions(requesting, size.requisitions, size.days, at))
    store.load(invoices(store, size.invoices, Random(f"{seed}/invoices"), at, size.oddities))
    return {name: len(table.rows) for name, table in store.tables.items() if table.parent is None}
