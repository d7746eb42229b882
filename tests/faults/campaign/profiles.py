"""What a history is about: which flows a customer has, what mostly happens, how tight things are.

A seed's profile is its remainder, by the number of `PROFILES`, for seeds from `FURTHER_FROM` on by that of `FURTHER`:
those were added later, and no seed before them became another history. So each range of seeds tries every one of its
profiles, and a guard that only matters where something is tight (the lag of lists, the budget, standing still) is
tried where it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.vocabulary.vendor_agreement import OWNERS

ORDERS = ("quantity", "quantity", "price", "rename_supplier", "delete_order", "same_stamp", "edit_order")
PEOPLE = ("map", "replay", "replay", "reconcile", "pause")
CENTER_DEFAULTS = {
    "controlling_area": "A000",
    "names": "servicetitan",
    "on_new": "create",
    "company_code": "1710",
    "category": "F",
    "responsible": "Dana Reyes",
    "hierarchy_area": "0001",
}


@dataclass(frozen=True, slots=True)
class Profile:
    """`changes` is what people do in both systems, `people` what they do here; a word that stands twice is drawn twice
    as often. `more` replaces weights of moves. `faults` are words of `spoiling.FAULTS`, () for all of them. `agreed`
    is how likely the books agree when it begins. `hits_creates`: faults are for what is made anew. Of
    `paths`, a fault is for one, as a regular expression ("": for any); it hits `times` times, and one fault of `at_sap`
    is SAP's. `own` are options by flow. `token_seconds`: SAP signs in by OAuth, and tokens of both systems live so long
    (0: Basic, and as long as they usually do).
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
    times: int = 1
    at_sap: int = 4
    own: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    token_seconds: int = 0


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
        own={"vendors": {"owners": dict(OWNERS)}, "vendors-to-sap": {"owners": dict(OWNERS)}},
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


_OUTAGES = ("503 before", "HTML before", "reset before", "no answer, not done", "429 with a message")

FURTHER_FROM = 1_000_000
FURTHER = (
    Profile(
        "short tokens",
        flows=("vendors", "purchase-orders", "purchase-order-requests"),
        changes=("raise_request", "raise_request", "quantity", "price", "rename_supplier"),
        more={"outside": 12, "expire": 10, "overtake": 1, "tick": 20},
        moves=60,
        own={"purchase-order-requests": {"look_seconds": 60}},
        token_seconds=120,
        page=2,
        orders=3,
        at_sap=2,
    ),
    Profile(
        "cost centers to SAP",
        flows=("vendors", "cost-centers", "cost-centers-to-sap"),
        changes=("rename_unit", "rename_unit", "new_unit", "new_unit", "rename_supplier"),
        more={"outside": 14, "brink": 3, "overtake": 5},
        own={"cost-centers-to-sap": CENTER_DEFAULTS},
        orders=0,
        suppliers=1,
        at_sap=2,
    ),
    Profile(
        "buyers order",
        flows=("vendors", "purchase-orders", "purchase-order-requests"),
        changes=("raise_request", "raise_request", "buy", "buy", "buy", "quantity"),
        more={"outside": 18, "tick": 26, "time": 14},
        agreed=1,
        moves=110,
        own={"purchase-order-requests": {"target": "requisition", "look_seconds": 60}},
        orders=1,
        at_sap=2,
    ),
    Profile(
        "people receive",
        flows=("vendors", "purchase-orders", "supplier-invoices"),
        changes=("bill", "bill", "receive", "receive", "quantity", "rename_supplier"),
        more={"outside": 14},
        own={"supplier-invoices": {"receipts": "people", "date_tolerance_days": 60}},
        orders=6,
    ),
    Profile(
        "received before the bill",
        flows=("vendors", "purchase-orders", "supplier-invoices"),
        changes=("bill", "bill", "receive", "quantity", "rename_supplier"),
        more={"outside": 14, "time": 14},
        own={"supplier-invoices": {"date_tolerance_days": 60}},
        orders=6,
    ),
    Profile(
        "a failing database",
        customers=2,
        flows=("vendors", "purchase-orders", "supplier-invoices"),
        changes=(*ORDERS, "new_order", "invoice", "invoice", "reverse"),
        more={"database": 14, "outside": 14, "tick": 20},
        orders=4,
    ),
    Profile(
        "behind the watermark",
        more={"behind": 12, "outside": 4, "fault": 3, "die": 1, "overtake": 1, "tick": 8, "work": 20},
        moves=50,
        orders=7,
        page=3,
        agreed=1,
    ),
    Profile(
        "references away",
        flows=("vendors", "purchase-requisitions", "purchase-orders"),
        changes=("request_items", "request_items", "change_requisition", "drop_requisition", "convert"),
        more={"outside": 16, "fault": 16, "time": 20, "tick": 20, "die": 1, "overtake": 1},
        faults=_OUTAGES,
        paths=("warehouses",),
        times=4,
        orders=1,
        agreed=1,
    ),
)


def profile_of(seed: int) -> Profile:
    """The profile of a seed."""
    among = PROFILES if seed < FURTHER_FROM else FURTHER
    return among[seed % len(among)]
