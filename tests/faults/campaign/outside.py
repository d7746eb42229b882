"""What people do in SAP and in ServiceTitan, by a word each (`profiles.Profile.changes`)."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django_tenants.utils import schema_context

from integrations.models import Link, Sync
from simulators.sap.store import Row
from tests.faults.campaign.world import Here
from tests.journeys.requests import raise_request as raised

if TYPE_CHECKING:
    from tests.faults.campaign.history import History

MOST = 9
"""So many documents of a kind and no more: a history is short."""
PIPE = {"material": "HV-10001", "quantity": "2", "price": "10", "center": "10101101"}

Do = Callable[["History", Here, random.Random], str]


def free_orders(here: Here) -> list[Row]:
    """Orders that SAP's people change: neither made of a request nor billed (every second one is kept for bills)."""
    rows = [row for row in here.stored("PurchaseOrder") if not row["CorrespncInternalReference"]]
    return [row for row in rows if not _is_billed(here, row["PurchaseOrder"])]


def _is_billed(here: Here, number: str) -> bool:
    with schema_context(here.customer.schema_name):
        bills = Sync.objects.filter(flow="supplier-invoices").exists()
    return bills and int(number) % 2 == 1


def _item(here: Here, chance: random.Random, values: dict[str, Any], **more: Any) -> str:
    rows = free_orders(here)
    if not rows:
        return ""
    number = chance.choice(rows)["PurchaseOrder"]
    here.change("PurchaseOrderItem", [number, "10"], values, **more)
    return f"order {number} becomes {values}"


def quantity(h: History, here: Here, chance: random.Random) -> str:
    return _item(here, chance, {"OrderQuantity": str(chance.randrange(1, 10))})


def price(h: History, here: Here, chance: random.Random) -> str:
    return _item(here, chance, {"NetPriceAmount": f"{chance.randrange(1, 50)}.50"})


def late(h: History, here: Here, chance: random.Random) -> str:
    """Committed late: it becomes visible with a stamp that lies behind what was read already."""
    stamp = h.made.now() - timedelta(seconds=chance.choice([20, 90, 200]))
    with schema_context(here.customer.schema_name):
        read_at = Sync.objects.filter(flow="purchase-orders").values_list("polled_at", flat=True).first()
    told = _item(here, chance, {"OrderQuantity": str(chance.randrange(1, 10))}, stamp=stamp.isoformat("T", "seconds"))
    h.made.struck["a late commit"] += bool(read_at and read_at > stamp)
    return told and f"{told}, with the stamp of {stamp:%H:%M:%S}"


def same_stamp(h: History, here: Here, chance: random.Random) -> str:
    """Several orders are changed by one transaction."""
    keys = [[row["PurchaseOrder"], "10"] for row in free_orders(here)]
    if len(keys) < 2:
        return ""
    here.change("PurchaseOrderItem", None, {"OrderQuantity": str(chance.randrange(1, 10))}, keys=keys)
    h.made.struck["equal stamps"] += 1
    return f"{len(keys)} orders are changed at once"


def delete_order(h: History, here: Here, chance: random.Random) -> str:
    rows = free_orders(here)
    if not rows:
        return ""
    row = chance.choice(rows)
    code = "" if row["PurchaseOrderDeletionCode"] else "L"
    here.change("PurchaseOrder", row["PurchaseOrder"], {"PurchaseOrderDeletionCode": code})
    return f"order {row['PurchaseOrder']} is {'deleted' if code else 'there again'}"


def new_order(h: History, here: Here, chance: random.Random) -> str:
    if len(here.stored("PurchaseOrder")) >= MOST:
        return ""
    supplier = chance.choice(suppliers(here))
    made = here.control(here.sap, "order", {"supplier": supplier, "items": [PIPE] * chance.randrange(1, 3)})
    return f"order {made['order']} of {supplier} is made"


def suppliers(here: Here) -> list[str]:
    """The numbers of all suppliers that came with the beginning."""
    return sorted(row["Supplier"] for row in here.stored("BusinessPartner") if row["Supplier"])[:2]


def new_supplier(h: History, here: Here, chance: random.Random) -> str:
    if len(here.stored("BusinessPartner")) >= MOST:
        return ""
    return f"supplier {here.control(here.sap, 'supplier', {'name': _name(chance)})['supplier']} is made"


def _name(chance: random.Random) -> str:
    words = ("Cedar", "Quartz", "Harbor", "Violet", "Timber", "Copper", "Meadow", "Granite", "Falcon", "Orchid")
    return f"{chance.choice(words)} {chance.choice(words)} {chance.randrange(10_000)}"


def rename_supplier(h: History, here: Here, chance: random.Random) -> str:
    row = chance.choice(here.stored("BusinessPartner"))
    what = {"OrganizationBPName1": _name(chance)}
    here.change("BusinessPartner", row["BusinessPartner"], what)
    return f"supplier {row['BusinessPartner']} becomes {what}"


def edit_order(h: History, here: Here, chance: random.Random) -> str:
    orders = [row for row in here.titan("purchase-orders") if row["status"] == "Pending"]
    if not orders:
        return ""
    order = chance.choice(orders)
    here.edit("purchase-orders", str(order["id"]), summary=f"{order['summary']} edited")
    return f"somebody edits order {order['id']} in ServiceTitan"


# Requisitions


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


# Requests, and what ServiceTitan's people do with vendors


def raise_request(h: History, here: Here, chance: random.Random) -> str:
    with schema_context(here.customer.schema_name):
        vendors = list(Link.objects.filter(flow="vendors").order_by("source_key").values_list("target_key", flat=True))
    known = len(here.titan("purchase-order-requests"))
    if not vendors or known >= MOST:
        return ""
    line = ("HV-10001", str(1 + known), "12.5")  # twins that nobody can tell apart would be a person's
    return f"request {raised(here, line, vendorId=int(chance.choice(vendors)))} is raised"


def rename_vendor(h: History, here: Here, chance: random.Random) -> str:
    return _vendor(here, chance, name=_name(chance))


def phone_vendor(h: History, here: Here, chance: random.Random) -> str:
    return _vendor(here, chance, contactInfo={"phone": f"775555{chance.randrange(1000, 10_000)}"})


def _vendor(here: Here, chance: random.Random, **values: Any) -> str:
    rows = here.titan("vendors")
    if not rows:
        return ""
    key = str(chance.choice(rows)["id"])
    here.edit("vendors", key, **values)
    return f"vendor {key} becomes {values}"


def new_vendor(h: History, here: Here, chance: random.Random) -> str:
    if len(here.titan("vendors")) >= MOST:
        return ""
    place = {"city": "Reno", "state": "NV", "zip": "89501", "country": "USA"}
    values = {"name": _name(chance), "address": {"street": f"{chance.randrange(999)} Mill St", **place}}
    row = here.control(here.servicetitan, "add", {"tenant": here.tenant, "kind": "vendors", "values": values})
    return f"vendor {row['id']} is made in ServiceTitan"


def rename_center(h: History, here: Here, chance: random.Random) -> str:
    row = chance.choice(here.stored("CostCenter"))
    key = [row["ControllingArea"], row["CostCenter"], "9999-12-31"]
    what = {"CostCenterName": f"Center {chance.randrange(1000)}"}
    here.change("CostCenter", key, what)
    return f"cost center {row['CostCenter']} becomes {what}"


# Jobs


def name_job(h: History, here: Here, chance: random.Random) -> str:
    """An order is for a job that may not be there yet."""
    rows = free_orders(here)
    if not rows:
        return ""
    row, number = chance.choice(rows), f"J{chance.randrange(4)}"
    items = row.children("PurchaseOrderItem")
    keys = [[row["PurchaseOrder"], item["PurchaseOrderItem"]] for item in items]
    here.change("PurchaseOrderItem", None, {"RequirementTracking": number}, keys=keys)
    return f"order {row['PurchaseOrder']} is for job {number}"


def make_job(h: History, here: Here, chance: random.Random) -> str:
    return job(here, f"J{chance.randrange(4)}")


def job(here: Here, number: str) -> str:
    """The job of this number is made, if it is not there."""
    if any(row["jobNumber"] == number for row in here.titan("jobs")):
        return ""
    body = {"tenant": here.tenant, "kind": "jobs", "values": {"jobNumber": number}}
    return f"job {here.control(here.servicetitan, 'add', body)['id']} is {number}"


def edit_job(h: History, here: Here, chance: random.Random) -> str:
    rows = [row for row in here.titan("jobs") if str(row["jobNumber"]).startswith("J")]
    if not rows:
        return ""
    here.edit("jobs", str(chance.choice(rows)["id"]), jobStatus="InProgress")
    return "a job is begun"


CHANGES: dict[str, Do] = {
    do.__name__: do
    for do in (
        quantity,
        price,
        late,
        same_stamp,
        delete_order,
        new_order,
        new_supplier,
        rename_supplier,
        edit_order,
        request_items,
        change_requisition,
        drop_requisition,
        convert,
        invoice,
        reverse,
        raise_request,
        rename_vendor,
        phone_vendor,
        new_vendor,
        rename_center,
        name_job,
        make_job,
        edit_job,
    )
}
"""By the words of `profiles.Profile.changes`; each tells what was done, "" where there was nothing to do it with."""
