"""What the promise forbids, looked for in both end states and in the ledger. Knows nothing of the flows' own code."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from django_tenants.utils import schema_context

from integrations.models import Attempt, Delivery, Run
from tests.faults.campaign.world import CALLS, Here, Set

CENT = Decimal("0.02")
BURST = 5


def problems(made: Set) -> list[str]:
    """Everything that is wrong, in plain words."""
    found = list(made.strange_writes)
    for name, here in made.worlds.items():
        with schema_context(name):
            told = [*_ledger(), *_vendors(here), *_orders(here), *_doubles(here)]
        found += [f"{name}: {line}" for line in told]
    found += [f"a secret was told: {line}" for line in made.told if "canary" in line]
    found += _budgets(made)
    return found


def _budgets(made: Set) -> list[str]:
    """Each account's calls of its busiest second, against what its connection may do in one: the rate and a burst."""
    return [f"{account}: {most} calls in a second" for account, most in made.busiest.items() if most > CALLS + BURST]


def _ledger() -> list[str]:
    open_states = [*Delivery.OPEN, "behind"]
    found = [
        f"{d.sync.flow} {d.source_key} #{d.number} is still {d.state} ({d.code}: {d.reason})"
        for d in Delivery.objects.filter(state__in=open_states).select_related("sync").order_by("id")
    ]
    lost = Attempt.objects.filter(kind="write", outcome="unknown", resolution="").count()
    found += [f"{lost} writes were never looked for"] if lost else []
    found += [f"a run of {r.read} counts {r.open} as open" for r in Run.objects.exclude(state="failed") if r.open]
    for attempt in Attempt.objects.all():
        if "canary" in f"{attempt.exchange}{attempt.reason}":
            found.append(f"a secret stands in the exchange of an attempt: {attempt.code}")
    return found


def _doubles(here: Here) -> list[str]:
    shared = here.control(here.servicetitan, "duplicates")[str(here.tenant)]
    return [f"two {kind} share {row['sign']}: {row['ids']}" for kind, rows in shared.items() for row in rows]


def _vendors(here: Here) -> list[str]:
    state = here.control(here.sap, "state")
    there: dict[str, list[dict[str, Any]]] = {}
    for row in here.titan("vendors"):
        for pairs in row["_external"].values():
            there.setdefault(str(pairs.get("sap-supplier")), []).append(row)
    found = []
    for partner in state["BusinessPartner"]:
        key = partner.get("Supplier", "")
        rows = there.pop(key, [])
        if len(rows) != 1:
            found.append(f"supplier {key} exists {len(rows)} times")
        elif rows[0]["name"] != partner["OrganizationBPName1"]:
            found.append(f"supplier {key} is {rows[0]['name']!r}, not {partner['OrganizationBPName1']!r}")
    return [*found, *(f"a vendor of nobody: {key}" for key in there if key.startswith("173"))]


def _orders(here: Here) -> list[str]:
    living: Counter[str] = Counter()
    rows: dict[str, dict[str, Any]] = {}
    numbers = {order["PurchaseOrder"]: order for order in here.control(here.sap, "state")["PurchaseOrder"]}
    found = []
    for row in here.titan("purchase-orders"):
        number = next((word for word in str(row["summary"]).replace(",", " ").split() if word in numbers), "")
        if not number:
            found.append(f"order {row['id']} is of nobody: {row['summary']!r}")
        elif row["status"] != "Canceled":
            living[number] += 1
            rows[number] = row
    for number, order in numbers.items():
        wanted = 0 if order.get("PurchaseOrderDeletionCode") else 1
        if living[number] != wanted:
            found.append(f"order {number} lives {living[number]} times, not {wanted}")
        elif wanted:
            found += _differences(number, order, rows[number])
    return found


def _differences(number: str, order: dict[str, Any], row: dict[str, Any]) -> list[str]:
    items = [item for item in order["PurchaseOrderItem"] if not item.get("PurchasingDocumentDeletionCode")]
    if len(items) != len(row["items"]):
        return [f"order {number} has {len(row['items'])} lines, not {len(items)}"]
    wanted = sum((_net(item) for item in items), Decimal())
    there = sum((Decimal(str(line["quantity"])) * Decimal(str(line["cost"])) for line in row["items"]), Decimal())
    if abs(wanted - there) > CENT * len(items):
        return [f"order {number} is worth {there}, not {wanted}"]
    return []


def _net(item: dict[str, Any]) -> Decimal:
    return Decimal(str(item.get("NetAmount", 0)))
