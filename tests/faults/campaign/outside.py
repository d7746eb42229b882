"""What people do in SAP and in ServiceTitan with suppliers, orders, cost centers and jobs."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django_tenants.utils import schema_context

from integrations.models import Sync
from simulators.sap.store import Row
from tests.faults.campaign.world import Here

if TYPE_CHECKING:
    from tests.faults.campaign.history import History

MOST = 9
"""So many documents of a kind and no more: a history is short."""
PIPE = {"material": "HV-10001", "quantity": "2", "price": "10", "center": "10101101"}

Do = Callable[["History", Here, random.Random], str]


def free_orders(here: Here) -> list[Row]:
    """Orders that SAP's people change: neither made of a request nor billed (every second one is kept for bills)."""
    rows = [row for row in here.stored("PurchaseOrder") if not row["CorrespncInternalReference"]]
    return [row for row in rows if not _is_billed(here, row["PurchaseOrder"]) and not _is_bought(here, row)]


def _is_bought(here: Here, order: Row) -> bool:
    """Whether a buyer made it of a request."""
    items = [row for row in here.stored("Requisition") for row in row.children("RequisitionItem")]
    asked = [row for row in items if row["PurchasingDocument"] == order["PurchaseOrder"]]
    return any(str(row["PurReqnExternalReference"]).startswith("PR-") for row in asked)


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


# ServiceTitan's people and vendors


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
