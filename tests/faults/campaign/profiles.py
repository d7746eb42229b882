"""What a history is about: which flows a customer has, what mostly happens, how tight things are.

A seed's profile is its remainder. So each range of seeds tries every one of them, and a guard that only matters where
something is tight (the lag of lists, the budget, standing still) is tried where it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ORDERS = ("quantity", "quantity", "price", "rename_supplier", "delete_order", "same_stamp", "edit_order")
PEOPLE = ("map", "replay", "replay", "reconcile", "pause")


@dataclass(frozen=True, slots=True)
class Profile:
    """`changes` is what people do in both systems, `people` what they do here; a word that stands twice is drawn twice
    as often. `more` replaces weights of moves. `faults` are words of `spoiling.FAULTS`, () for all of them. `agreed`
    is how likely the books agree when it begins. `hits_creates`: faults are for what is made anew. Of
    `paths`, a fault is for one, as a regular expression ("": for any).
    """

    name: str
    flows: tuple[str, ...] = ("vendors", "purchase-orders")
    customers: int = 1
    moves: int = 80
    changes: tuple[str, ...] = ORDERS
    people: tuple[str, ...] = PEOPLE
    more: Mapping[str, int] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    calls: int = 20
    lags: tuple[int, ...] = (0, 60, 175)
    every: str = "2m"
    suppliers: int = 2
    orders: int = 3
    page: int = 0
    batches: tuple[int, ...] = (1, 3, 50)
    options: Mapping[str, Any] = field(default_factory=dict)
    switches: Mapping[str, Any] = field(default_factory=dict)
    has_webhooks: bool = False
    agreed: float = 0.5
    hits_creates: bool = False
    paths: tuple[str, ...] = ()
    is_kept: bool = False


PROFILES = (
    Profile("two customers", customers=2, moves=120, suppliers=3, orders=4),
    Profile(
        "slow lists",
        lags=(175,),
        faults=("answer lost", "late beyond patience", "502 after it was done"),
        hits_creates=True,
        agreed=0,
        more={"fault": 16, "time": 14, "tick": 20, "outside": 14},
        changes=(*ORDERS, "new_order", "new_supplier", "new_order"),
    ),
    Profile(
        "standing still",
        more={"overtake": 12, "brink": 8, "die": 8, "work": 40},
        changes=(*ORDERS, "new_order", "new_order"),
        batches=(1, 3),
        lags=(0, 175, 175),
    ),
    Profile(
        "tight budget", calls=2, orders=8, suppliers=4, moves=60, batches=(50,), more={"fault": 5}, faults=("429",)
    ),
    Profile(
        "late commits",
        changes=("late", "late", "late", "same_stamp", "quantity", "rename_supplier", "delete_order"),
        more={"outside": 26, "tick": 24, "fault": 5, "overtake": 1, "die": 2},
        page=2,
        orders=5,
        agreed=1,
    ),
    Profile(
        "requisitions",
        flows=("vendors", "purchase-requisitions", "purchase-orders"),
        paths=("", "business-units|warehouses|connect/token"),
        changes=("request_items", "request_items", "convert", "change_requisition", "drop_requisition", "quantity"),
        more={"outside": 14},
        orders=1,
    ),
    Profile(
        "invoices",
        flows=("vendors", "purchase-orders", "supplier-invoices"),
        changes=("invoice", "invoice", "invoice", "reverse", "quantity", "rename_supplier"),
        more={"outside": 12},
        orders=4,
    ),
    Profile(
        "requests",
        flows=("vendors", "purchase-orders", "purchase-order-requests"),
        changes=("raise_request", "raise_request", "raise_request", "quantity", "rename_supplier"),
        more={"outside": 12},
        orders=1,
    ),
    Profile(
        "both ways",
        flows=("vendors", "vendors-to-sap", "cost-centers"),
        changes=("rename_supplier", "rename_vendor", "phone_vendor", "new_vendor", "new_supplier", "rename_center"),
        more={"outside": 12},
        orders=0,
        suppliers=3,
    ),
    Profile(
        "people",
        people=(
            "dismiss",
            "unlink",
            "make_anew",
            "link",
            "pause",
            "resume",
            "credentials",
            "options",
            "edit_map",
            "map",
        )
        + PEOPLE,
        more={"person": 22},
    ),
    Profile(
        "events",
        changes=("name_job", "name_job", "make_job", "make_job", "edit_job", "quantity"),
        more={"outside": 16, "event": 12},
        options={"job_field": "RequirementTracking"},
        has_webhooks=True,
    ),
    Profile("odd answers", more={"mangle": 10, "skew": 4, "tick": 20}, changes=(*ORDERS, "new_order")),
    Profile(
        "ignored changes",
        more={"ignore": 8, "fault": 3, "outside": 20, "tick": 26, "time": 16, "die": 1, "overtake": 1},
        changes=("quantity", "price", "quantity", "rename_supplier"),
        agreed=1,
        batches=(50,),
    ),
    Profile(
        "kept", more={"seal": 8, "compare": 6, "person": 6}, changes=(*ORDERS, "new_order"), is_kept=True, moves=70
    ),
)


def profile_of(seed: int) -> Profile:
    """The profile of a seed."""
    return PROFILES[seed % len(PROFILES)]
