"""What the promise forbids, looked for in both end states and in the ledger. Knows nothing of the flows' own code."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django_tenants.utils import schema_context

from integrations.models import Attempt, Delivery, Run
from integrations.seals import verifying
from tests.faults.campaign import per_flow, purchasing
from tests.faults.campaign.world import Here

if TYPE_CHECKING:
    from tests.faults.campaign.history import History

CLIENT = "cid.canary"
"""How the ids of OAuth clients begin; they are no secrets: exchanges of sign-ins show them."""


def problems(h: History) -> list[str]:
    """Everything that is wrong, in plain words."""
    made = h.made
    found = list(made.intents.problems)
    for name, here in made.worlds.items():
        with schema_context(name):
            told = [*_ledger(), *_vendors(h, here), *_orders(h, here), *_doubles(h, here), *per_flow.problems(h, here)]
            told += verifying.verify(here.customer).findings if made.profile.is_kept else []
        found += [f"{name}: {line}" for line in told]
    found += [f"a secret was told: {line}" for line in made.told if "canary" in line]
    found += _budgets(made.busiest, made.most)
    return found


def _budgets(busiest: Counter[str], allowed: dict[str, int]) -> list[str]:
    """Each account's calls of its busiest second, against what its connection may do in one: the rate and a burst."""
    return [
        f"{account}: {most} calls in a second" for account, most in busiest.items() if most > allowed.get(account, most)
    ]


def _ledger() -> list[str]:
    open_states = [*Delivery.OPEN, "behind"]
    found = [
        f"{d.sync.flow} {d.source_key} #{d.number} is still {d.state} ({d.code}: {d.reason})"
        for d in Delivery.objects.filter(state__in=open_states).select_related("sync").order_by("id")
    ]
    lost = Attempt.objects.filter(kind="write", outcome="unknown", resolution="").count()
    found += [f"{lost} writes were never looked for"] if lost else []
    found += [f"a run of {r.read} counts {r.open} as open" for r in Run.objects.exclude(state="failed") if r.open]
    for exchange, reason, code in Attempt.objects.values_list("exchange", "reason", "code"):
        if "canary" in f"{exchange}{reason}".replace(CLIENT, ""):
            found.append(f"a secret stands in the exchange of an attempt: {code}")
    return found


def _doubles(h: History, here: Here) -> list[str]:
    shared = here.control(here.servicetitan, "duplicates")[str(here.tenant)]
    kept = {key for name, key in h.let_go if name == here.customer.schema_name}
    return [
        f"two {kind} share {row['sign']}: {row['ids']}"
        for kind, rows in shared.items()
        for row in rows
        if len({str(key) for key in row["ids"]} - kept) > 1
    ]


def _vendors(h: History, here: Here) -> list[str]:
    """Each supplier of SAP is one vendor of the same name."""
    there: dict[str, list[dict[str, Any]]] = {}
    for row in here.titan("vendors"):
        for pairs in row["_external"].values():
            if "sap-supplier" in pairs:
                there.setdefault(str(pairs["sap-supplier"]), []).append(row)
    found = []
    for partner in here.stored("BusinessPartner"):
        key, name = partner["Supplier"], partner["OrganizationBPName1"]
        rows = there.pop(key, [])
        if len(rows) != 1:
            found.append(f"supplier {key} exists {len(rows)} times")
        elif rows[0]["name"] != name:
            found.append(f"supplier {key} is {rows[0]['name']!r}, not {name!r}")
    return [*found, *(f"a vendor of nobody: {key}" for key in there)]


def _orders(h: History, here: Here) -> list[str]:
    """Each order of SAP that lives is one order that lives, with as many lines, of the same worth."""
    if "purchase-orders" not in h.made.profile.flows:
        return []
    living: Counter[str] = Counter()
    rows: dict[str, dict[str, Any]] = {}
    numbers = {order["PurchaseOrder"]: order for order in here.stored("PurchaseOrder")}
    found = []
    for row in here.titan("purchase-orders"):
        if row["status"] == "Canceled" or (here.customer.schema_name, str(row["id"])) in h.let_go:
            continue
        number = next((word for word in str(row["summary"]).replace(",", " ").split() if word in numbers), "")
        if number:
            living[number] += 1
            rows[number] = row
        elif not str(row["summary"]).startswith("SAP requisition "):
            found.append(f"order {row['id']} is of nobody: {row['summary']!r}")
    for number, order in numbers.items():
        wanted = 0 if order["PurchaseOrderDeletionCode"] else 1
        if living[number] != wanted:
            found.append(f"order {number} lives {living[number]} times, not {wanted}")
        elif wanted:
            found += _differences(number, order, rows[number])
    return found


def _differences(number: str, order: Any, row: dict[str, Any]) -> list[str]:
    items = [item for item in order.children("PurchaseOrderItem") if not item["PurchasingDocumentDeletionCode"]]
    if len(items) != len(row["items"]):
        return [f"order {number} has {len(row['items'])} lines, not {len(items)}"]
    wanted = sum((Decimal(str(item["NetAmount"])) for item in items), Decimal())
    there = sum((Decimal(str(line["quantity"])) * Decimal(str(line["cost"])) for line in row["items"]), Decimal())
    if abs(wanted - there) > purchasing.unsaid(row["items"]):
        return [f"order {number} is worth {there}, not {wanted}"]
    return []
