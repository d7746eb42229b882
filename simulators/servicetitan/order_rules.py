"""What a purchase order may refer to, and what of it may be edited in which status."""

import re
from typing import Any

from simulators.servicetitan.problems import Refused, refuse
from simulators.servicetitan.table import Data, Record
from simulators.servicetitan.tenant import Tenant

_TABLES = (
    ("vendorId", "vendors", True),
    ("typeId", "purchase-order-types", True),
    ("businessUnitId", "business-units", True),
    ("jobId", "jobs", False),
    ("projectId", "projects", False),
    ("budgetCodeId", "budget-codes", False),
)
_CLOSED = ("Received", "Exported", "Canceled")
_ITEM_ID = re.compile(r"items\[\d+\]\.id")
_ITEM_MEMBERS = ("skuId", "description", "vendorPartNumber")

# What the vendor's user manual lets one edit, by the names of the answer; the API is believed to follow it.
_EDITABLE: dict[str, frozenset[str]] = {
    "Sent": frozenset(
        {"technicianId", "businessUnitId", "inventoryLocationId", "summary", "shipping", "tax", "typeId", "items"}
    ),
    "PartiallyReceived": frozenset({"technicianId", "inventoryLocationId", "summary", "shipping", "tax", "items"}),
}


def check_references(tenant: Tenant, body: dict[str, Any], whole: dict[str, Any]) -> None:
    """All ids given in ``body`` exist and, where that is known, are active; ``whole`` is the order as it will be.

    Raises Refused."""
    errors: dict[str, list[str]] = {}
    for member, table, must_be_active in _TABLES:
        number = body.get(member)
        if number is None:
            continue
        record = tenant[table].rows.get(number)
        if record is None:
            errors[member] = [f"There is no {table} row with id {number}."]
        elif must_be_active and not record.active:
            errors[member] = [f"The {table} row with id {number} is not active."]
    location = body.get("inventoryLocationId")
    if location is not None:
        place = tenant.location(location)
        if place is None or not place.active:
            errors["inventoryLocationId"] = [f"There is no active inventory location with id {location}."]
    if not errors:
        errors.update(_job_errors(tenant, body, whole))
    if errors:
        raise Refused(errors)


def _job_errors(tenant: Tenant, body: dict[str, Any], whole: dict[str, Any]) -> dict[str, list[str]]:
    job = tenant["jobs"].rows.get(body.get("jobId") or 0)
    closed = ("Completed", "Canceled")
    if job is not None and tenant.switches.closed_jobs == "refuse" and job.data["jobStatus"] in closed:
        return {"jobId": [f"Job {job.data['jobNumber']} is {job.data['jobStatus']}."]}
    project = tenant["projects"].rows.get(whole.get("projectId") or 0)
    if project is not None and whole.get("businessUnitId") not in project.data["businessUnitIds"]:
        return {"businessUnitId": ["The business unit is not one of the project's."]}
    return {}


def check_items(tenant: Tenant, items: list[dict[str, Any]]) -> None:
    """Every item is an active material or piece of equipment. Raises Refused."""
    errors: dict[str, list[str]] = {}
    if not items:
        errors["items"] = ["At least one item is needed."]
    for place, item in enumerate(items):
        found = tenant.sku(item["skuId"])
        if found is None:
            errors[f"items[{place}].skuId"] = ["The SKU must be an existing material or equipment."]
        elif not found[1].active:
            errors[f"items[{place}].skuId"] = [f"The SKU {found[1].data['code']} is not active."]
        if item.get("budgetCodeId") is not None and item["budgetCodeId"] not in tenant["budget-codes"].rows:
            errors[f"items[{place}].budgetCodeId"] = [f"There is no budget code with id {item['budgetCodeId']}."]
        if item["quantity"] <= 0:
            errors[f"items[{place}].quantity"] = ["The quantity must be greater than zero."]
        if item["cost"] < 0:
            errors[f"items[{place}].cost"] = ["The cost must not be negative."]
    if errors:
        raise Refused(errors)


def check_open(record: Record) -> None:
    """Received, exported and canceled orders cannot be edited at all. Raises Refused."""
    status = record.data["status"]
    if status in _CLOSED:
        raise refuse("Status", f"A purchase order in status {status} cannot be edited.")


def check_editable(rules: str, record: Record, changed: Data) -> None:
    """What changes may change in this status. Raises Refused naming the members."""
    status = record.data["status"]
    if rules == "lenient" or not changed:
        return
    allowed = _EDITABLE.get(status)
    wrong = ["typeId"] if allowed is None and "typeId" in changed else []
    if allowed is not None:
        wrong = [name for name in changed if name not in allowed]
        if "items" in changed and not _same_lines(record.data["items"], changed["items"]):
            wrong.append("items")
    if wrong:
        sentence = f"This member cannot be edited in status {status}."
        raise Refused({name: [sentence] for name in wrong})


def _same_lines(old: list[Data], new: list[Data]) -> bool:
    """Only quantities and costs differ."""

    def lines(items: list[Data]) -> list[tuple[Any, ...]]:
        return [(item["id"], *(item[name] for name in _ITEM_MEMBERS)) for item in items]

    return sorted(lines(old)) == sorted(lines(new))


def known_items(switch: str, old: dict[int, Data], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows that name an item of the order; how a row without one is treated is not verified, hence a switch."""
    strange = [row for row in rows if row.get("id") not in old]
    if any(row.get("id") for row in strange):
        raise refuse("items", "An item does not belong to this purchase order.")
    if strange and switch == "refuse":
        raise refuse("items", "The id field is required.")
    return rows if switch == "accept" else [row for row in rows if row.get("id") in old]


def forgive_missing_ids(errors: dict[str, list[str]], switch: str) -> None:
    """Unless lines without an id are refused, a missing ``items[n].id`` is no error yet."""
    if switch != "refuse":
        for name in [it for it in errors if _ITEM_ID.fullmatch(it)]:
            del errors[name]
