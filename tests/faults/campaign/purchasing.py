"""What people do in SAP with requisitions and invoices, and in ServiceTitan with requests."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django_tenants.utils import schema_context

from integrations.models import Link
from simulators.sap.store import Row
from tests.faults.campaign.outside import MOST, PIPE, suppliers
from tests.faults.campaign.world import Here
from tests.journeys.requests import raise_request as raised

if TYPE_CHECKING:
    from tests.faults.campaign.history import History

LAST_PLACE = Decimal("0.0001")


def unsaid(lines: Any) -> Decimal:
    """How much of an order's worth its lines cannot say: a cost has four decimals, the last one is rounded."""
    return sum((Decimal(str(line["quantity"])) * LAST_PLACE / 2 for line in lines), Decimal())


def request_items(h: History, here: Here, chance: random.Random) -> str:
    if len(here.stored("Requisition")) >= MOST:
        return ""
    given = {"supplier": chance.choice(suppliers(here)), "items": [PIPE] * chance.randrange(1, 3)}
    return f"requisition {here.control(here.sap, 'requisition', given)['requisition']} is made"


def open_items(here: Here) -> list[Row]:
    """Items of requisitions that are neither deleted nor ordered."""
    rows = [item for row in here.stored("Requisition") for item in row.children("RequisitionItem")]
    return [row for row in rows if not row["IsDeleted"] and not row["PurchasingDocument"]]


def change_requisition(h: History, here: Here, chance: random.Random) -> str:
    rows = open_items(here)
    if not rows:
        return ""
    number = chance.randrange(3, 9)
    return _requisition(here, chance.choice(rows), RequestedQuantity=str(number), ItemNetAmount=str(number * 10))


def drop_requisition(h: History, here: Here, chance: random.Random) -> str:
    rows = open_items(here)
    return _requisition(here, chance.choice(rows), IsDeleted=True) if rows else ""


def _requisition(here: Here, row: Row, **values: Any) -> str:
    key = {"PurchaseRequisition": row.root()["PurchaseRequisition"]}
    key["PurchaseRequisitionItem"] = row["PurchaseRequisitionItem"]
    here.change("RequisitionItem", key, values)
    return f"requisition {'/'.join(key.values())} becomes {values}"


def convert(h: History, here: Here, chance: random.Random) -> str:
    """Some open items of one supplier become an order: of one requisition or of several, all items or a few."""
    rows = open_items(here)
    if not rows:
        return ""
    supplier = chance.choice(rows)["FixedSupplier"]
    pairs = [
        [row.root()["PurchaseRequisition"], row["PurchaseRequisitionItem"]]
        for row in rows
        if row["FixedSupplier"] == supplier and chance.random() < 0.7
    ]
    if not pairs:
        return ""
    made = here.control(here.sap, "convert", {"orders": [pairs], "supplier": ""})
    return f"{pairs} become order {made['orders'][0]}"


# Invoices


def invoice(h: History, here: Here, chance: random.Random) -> str:
    """A clerk posts an invoice over all of an order that has none that holds."""
    billed = set(h.billed.get(here.customer.schema_name, {}))
    orders = [row["PurchaseOrder"] for row in here.stored("PurchaseOrder") if int(row["PurchaseOrder"]) % 2]
    left = [number for number in orders if number not in billed]
    if not left:
        return ""
    order = chance.choice(left)
    number = f"INV-{len(here.stored('SupplierInvoice')) + 1}"
    made = here.control(here.sap, "invoice", {"number": number, "order": order})
    h.billed.setdefault(here.customer.schema_name, {})[order] = f"{made['invoice']}/{made['year']}"
    return f"order {order} is billed by {made['invoice']}"


def reverse(h: History, here: Here, chance: random.Random) -> str:
    billed = h.billed.get(here.customer.schema_name, {})
    if not billed:
        return ""
    order = chance.choice(sorted(billed))
    number, year = billed.pop(order).split("/")
    here.control(here.sap, "reverse", {"invoice": number, "year": year})
    return f"invoice {number} of order {order} is reversed"


# Requests


def asked_items(here: Here) -> list[Row]:
    """Items of requisitions that requests became: they bear our mark."""
    rows = [item for row in here.stored("Requisition") for item in row.children("RequisitionItem")]
    return [row for row in rows if str(row["PurReqnExternalReference"]).startswith("PR-")]


def buy(h: History, here: Here, chance: random.Random) -> str:
    """A buyer makes an order of a requisition that was a request."""
    left = sorted({row.root()["PurchaseRequisition"] for row in asked_items(here) if not row["PurchasingDocument"]})
    return _buy(here, chance.choice(left)) if left else ""


def buy_all(h: History, here: Here) -> list[str]:
    """Where buyers order, they have ordered in the end whatever was requested."""
    left = sorted({row.root()["PurchaseRequisition"] for row in asked_items(here) if not row["PurchasingDocument"]})
    return [_buy(here, number) for number in left]


def _buy(here: Here, number: str) -> str:
    items = [row for row in asked_items(here) if row.root()["PurchaseRequisition"] == number]
    pairs = [[number, row["PurchaseRequisitionItem"]] for row in items]
    made = here.control(here.sap, "convert", {"orders": [pairs], "supplier": ""})
    return f"a buyer makes order {made['orders'][0]} of requisition {number}"


def raise_request(h: History, here: Here, chance: random.Random) -> str:
    with schema_context(here.customer.schema_name):
        vendors = list(Link.objects.filter(flow="vendors").order_by("source_key").values_list("target_key", flat=True))
    known = len(here.titan("purchase-order-requests"))
    if not vendors or known >= MOST:
        return ""
    line = ("HV-10001", str(1 + known), "12.5")  # twins that nobody can tell apart would be a person's
    return f"request {raised(here, line, vendorId=int(chance.choice(vendors)))} is raised"
