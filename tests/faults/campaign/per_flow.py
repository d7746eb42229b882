"""Exactly once, for the flows that write more than a vendor and an order."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from integrations.models import ValueMap
from tests.faults.campaign import receiving, units
from tests.faults.campaign.purchasing import asked_items, open_items
from tests.faults.campaign.world import Here

if TYPE_CHECKING:
    from tests.faults.campaign.history import History


def problems(h: History, here: Here) -> list[str]:
    """What is wrong in the flows of this history."""
    checks = {
        "purchase-requisitions": _requisitions,
        "supplier-invoices": receiving.problems if "receive" in h.made.profile.changes else _invoices,
        "purchase-order-requests": _requests_by_buyers if "buy" in h.made.profile.changes else _requests,
        "cost-centers-to-sap": units.problems,
        "vendors-to-sap": _vendors_back,
        "cost-centers": _centers,
    }
    told = [line for flow, check in checks.items() if flow in h.made.profile.flows for line in check(h, here)]
    return told + (_jobs(here) if h.made.profile.has_webhooks else [])


def _requisitions(h: History, here: Here) -> list[str]:
    """Each item that is requested and not ordered stands in one order that lives, with its quantity; no other does."""
    there: Counter[tuple[str, str, Decimal]] = Counter()
    for row in here.titan("purchase-orders"):
        words = str(row["summary"]).replace(":", " ").split()
        if words[:2] == ["SAP", "requisition"] and row["status"] != "Canceled":
            for line in row["items"]:
                item = str(line["description"]).partition(" ")[0].rpartition("/")[2]
                there[words[2], item, Decimal(str(line["quantity"]))] += 1
    wanted = Counter(
        (row.root()["PurchaseRequisition"], row["PurchaseRequisitionItem"], Decimal(str(row["RequestedQuantity"])))
        for row in open_items(here)
    )
    less = [f"item {item} of requisition {n}, {q}, is not there" for n, item, q in wanted - there]
    return less + [f"item {item} of requisition {n}, {q}, is there too often" for n, item, q in there - wanted]


def _invoices(h: History, here: Here) -> list[str]:
    """Each invoice that holds has one receipt of its worth that is active and one bill; a reversed one has none."""
    receipts = [row for row in here.titan("receipts") if row["active"]]
    holding = set(h.billed.get(here.customer.schema_name, {}).values())
    rows = here.stored("SupplierInvoice")
    held = [row for row in rows if f"{row['SupplierInvoice']}/{row['FiscalYear']}" in holding]
    wanted = Counter((row["SupplierInvoiceIDByInvcgParty"], Decimal(str(row["InvoiceGrossAmount"]))) for row in held)
    there = Counter((row["vendorInvoiceNumber"], Decimal(str(row["receiptAmount"]))) for row in receipts)
    found = [f"invoice {number} over {amount} has no receipt" for number, amount in wanted - there]
    found += [f"receipt {number} over {amount} is one too many" for number, amount in there - wanted]
    bills = Counter(str(row["referenceNumber"]) for row in here.titan("ap-bills") if _is_alive(row))
    numbers = Counter(str(receipt["vendorInvoiceNumber"]) for receipt in receipts)
    return found + [f"receipts {dict(numbers)}, but bills {dict(bills)}"] * (bills != numbers)


def _is_alive(row: dict[str, Any]) -> bool:
    return bool(row.get("active", True)) and row.get("status") != "Canceled"


def _requests(h: History, here: Here) -> list[str]:
    """Each request is ordered once in SAP, approved, and one order here, which tells SAP's number."""
    orders = {row["id"]: row for row in here.titan("purchase-orders")}
    marked = [row["PurchaseOrder"] for row in here.stored("PurchaseOrder") if row["CorrespncInternalReference"]]
    found, named = [], Counter[str]()
    for row in here.titan("purchase-order-requests"):
        order = orders.get(row["_hidden"].get("orderId"), {})
        number = next((word for word in str(order.get("summary")).split() if word in marked), "")
        named[number] += 1
        if row["requestStatus"] != "Approved" or not number:
            found.append(
                f"request {row['requestNumber']} is {row['requestStatus']}, its order {order.get('summary')!r}"
            )
    lost = Counter(marked) - named
    return found + [f"order {number} of SAP is of no request" for number in lost]


def _requests_by_buyers(h: History, here: Here) -> list[str]:
    """Each request is one requisition in SAP, and one order there and here, which tells SAP's number."""
    orders = {row["id"]: row for row in here.titan("purchase-orders")}
    numbers = Counter(row["PurchasingDocument"] for row in asked_items(here))
    requests = here.titan("purchase-order-requests")
    found = [] if len(asked_items(here)) == len(requests) else [f"{len(requests)} requests are {dict(numbers)}"]
    told = Counter[str]()
    for row in requests:
        words = str(orders.get(row["_hidden"].get("orderId"), {}).get("summary")).split()
        told.update(number for number in numbers if number in words)
        if row["requestStatus"] != "Approved":
            found.append(f"request {row['requestNumber']} is {row['requestStatus']}")
    return found + [f"orders {dict(numbers)} of requests are told by {dict(told)}"] * (told != numbers)


def _vendors_back(h: History, here: Here) -> list[str]:
    """Each vendor is one supplier, of the same telephone; its name is compared with every supplier's."""
    names = Counter(row["OrganizationBPName1"] for row in here.stored("BusinessPartner"))
    found = [f"{count} suppliers are {name!r}" for name, count in names.items() if count > 1]
    marks = here.control(here.sap, "duplicates")["BusinessPartner.BusinessPartnerIDByExtSystem"]
    found += [f"suppliers {keys} bear the mark {mark}" for mark, keys in marks.items()]
    return found + [
        f"vendor {row['name']!r} is no supplier" for row in here.titan("vendors") if row["name"] not in names
    ]


def _centers(h: History, here: Here) -> list[str]:
    """Each mapped cost center stands on its business unit, by its name, and on no other."""
    units = {str(row["id"]): row for row in here.titan("business-units")}
    mapped = dict(ValueMap.objects.filter(map="cost-center").values_list("key", "value"))
    stands: dict[str, list[tuple[str, str]]] = {}
    for key, row in units.items():
        for pairs in row["_external"].values():
            for name, value in pairs.items():
                if str(name).startswith("sap-cost-center"):
                    stands.setdefault(str(name).rpartition("-")[2], []).append((key, str(value)))
    found = []
    for center in here.stored("CostCenter"):
        number = center["CostCenter"]
        wanted = [(mapped[number], center["CostCenterName"])] if number in mapped else []
        if stands.get(number, []) != wanted:
            found.append(f"cost center {number} stands as {stands.get(number, [])}, not {wanted}")
    return found


def _jobs(here: Here) -> list[str]:
    """Each order is for the job that SAP names."""
    jobs = {row["id"]: row["jobNumber"] for row in here.titan("jobs")}
    found = []
    for order in here.stored("PurchaseOrder"):
        number = order["PurchaseOrder"]
        wanted = next((item["RequirementTracking"] for item in order.children("PurchaseOrderItem")), "")
        for row in here.titan("purchase-orders"):
            if number in str(row["summary"]) and row["status"] != "Canceled" and wanted:
                there = jobs.get(row["jobId"], "")
                found += [f"order {number} is for job {there!r}, not {wanted!r}"] if there != wanted else []
    return found
