"""What people do with receipts in ServiceTitan, before the supplier's invoice and after it."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django_tenants.utils import schema_context

from integrations.models import Link, Sync
from tests.faults.campaign import purchasing
from tests.faults.campaign.world import LIST_LAG, Here

if TYPE_CHECKING:
    from tests.faults.campaign.history import History

HALF_A_CENT = Decimal("0.005")
SEEN_AFTER = timedelta(seconds=LIST_LAG)
"""After so long everybody sees what somebody received: nobody can know of it before, so no bill comes before."""


def bill(h: History, here: Here, chance: random.Random) -> str:
    """A clerk posts an invoice over an order; what was received for it can be seen by then."""
    lately = [at for at in h.received.get(here.customer.schema_name, {}).values() if h.made.now() - at <= SEEN_AFTER]
    return "" if lately and not _people_receive(here) else purchasing.invoice(h, here, chance)


def receive(h: History, here: Here, chance: random.Random) -> str:
    """Somebody receives all of an order; one that is billed already only where receiving is people's."""
    left = _left(h, here)
    if not _people_receive(here):
        left = [number for number in left if number not in h.billed.get(here.customer.schema_name, {})]
    return _receive(h, here, chance.choice(left), chance.random() < 0.5) if left else ""


def rest(h: History, here: Here) -> list[str]:
    """Where people receive, they have received in the end whatever was billed."""
    billed = h.billed.get(here.customer.schema_name, {})
    if "receive" not in h.made.profile.changes or not _people_receive(here):
        return []
    return [_receive(h, here, number, True) for number in _left(h, here) if number in billed]


def _people_receive(here: Here) -> bool:
    with schema_context(here.customer.schema_name):
        return bool(Sync.objects.get(flow="supplier-invoices").options.get("receipts") == "people")


def _left(h: History, here: Here) -> list[str]:
    """Orders that are kept for bills, are in ServiceTitan, and that nobody has received."""
    done = h.received.get(here.customer.schema_name, {})
    return [number for number in sorted(_orders(here)) if int(number) % 2 and number not in done]


def _orders(here: Here) -> dict[str, dict[str, Any]]:
    """Orders in ServiceTitan by SAP's number."""
    numbers = {row["PurchaseOrder"] for row in here.stored("PurchaseOrder")}
    living = [row for row in here.titan("purchase-orders") if row["status"] != "Canceled"]
    words = [(set(str(row["summary"]).replace(",", " ").split()) & numbers, row) for row in living]
    return {min(found): row for found, row in words if found}


def _receive(h: History, here: Here, number: str, with_number: bool) -> str:
    known = h.billed.get(here.customer.schema_name, {}).get(number, "")
    rows = here.stored("SupplierInvoice")
    names = [r["SupplierInvoiceIDByInvcgParty"] for r in rows if f"{r['SupplierInvoice']}/{r['FiscalYear']}" == known]
    order, name = _orders(here)[number], names[0] if names and with_number else ""
    here.control(here.servicetitan, "receive", {"tenant": here.tenant, "id": order["id"], "number": name})
    h.received.setdefault(here.customer.schema_name, {})[number] = h.made.now()
    h.made.struck["received by hand"] += 1
    return f"somebody receives order {number}{f' as {name}' if name else ''}"


def problems(h: History, here: Here) -> list[str]:
    """Each order that is billed has one receipt of the invoice's worth and one bill, linked; one received none else."""
    billed = h.billed.get(here.customer.schema_name, {})
    received = h.received.get(here.customer.schema_name, {})
    gross = {
        f"{row['SupplierInvoice']}/{row['FiscalYear']}": row["InvoiceGrossAmount"]
        for row in here.stored("SupplierInvoice")
    }
    receipts: dict[int, list[dict[str, Any]]] = {}
    for row in here.titan("receipts"):
        if row["active"]:
            receipts.setdefault(int(row["purchaseOrderId"]), []).append(row)
    found = []
    for number, order in _orders(here).items():
        there = receipts.pop(order["id"], [])
        if len(there) != (number in billed or number in received):
            found.append(f"order {number} was received {len(there)} times")
        elif number in billed:
            leeway = purchasing.unsaid(order["items"]) + HALF_A_CENT
            found += _differences(number, billed[number], Decimal(str(gross[billed[number]])), there[0], leeway)
    bills = Counter(int(row["purchaseOrderId"]) for row in here.titan("ap-bills") if row.get("status") != "Canceled")
    found += [f"order {order} has {count} bills" for order, count in bills.items() if count > 1]
    return found + [f"a receipt of nobody: {order}" for order in receipts]


def _differences(number: str, invoice: str, worth: Decimal, receipt: dict[str, Any], leeway: Decimal) -> list[str]:
    found = []
    if abs(Decimal(str(receipt["receiptAmount"])) - worth) > leeway:
        found.append(f"order {number} was received for {receipt['receiptAmount']}, not {worth}")
    links = Link.objects.filter(flow="supplier-invoices", source_key__startswith=f"{invoice}#")
    if [link.target_key for link in links] != [str(receipt["id"])]:
        found.append(f"invoice {invoice} is linked to {[link.target_key for link in links]}, not {receipt['id']}")
    return found
