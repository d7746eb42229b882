"""How a purchase order of ServiceTitan is brought to what it should be: created, changed, cancelled, made anew.

Written by every flow whose target is a purchase order. A body holds the members of CreatePurchaseOrderRequest with
ids and amounts as texts and dates as days; the members that it holds are the ones we own. Its memo is signed with the
marker here. Source: ServiceTitan Inventory V2 OpenAPI; what may be edited in which status: ServiceTitan's user
manual, which the API is believed to follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from integrations.errors import Misconfigured, NeedsPerson, NotTransferable
from integrations.flow import Plan, Row, Situation, Write
from integrations.vocabulary.address import address_from_servicetitan
from integrations.vocabulary.comparison import EDIT_RULES, Difference, differences, note_edits
from integrations.vocabulary.money import decimal, line_cost, plain
from integrations.vocabulary.texts import line_number, one_line, readable

OPTIONS: Mapping[str, Any] = {
    "items_disagree": "dominant",  # the largest net amount wins; or "refuse": a person decides
    "required_date": "earliest",  # of all items; or "agreed": as with the other members that items disagree on
    "job_field": "none",  # the field of SAP that carries the job number, e.g. "RequisitionerName"
    "default_business_unit": "",  # for orders without any cost center
    "default_order_type": "",  # for order types that the value map does not name
    "catch_all_sku": "",  # for items without material, and for services that the value map does not name
    "line_cost_decimals": 4,  # the most decimals of a cost that this tenant keeps (undocumented)
    "impacts_technician_payroll": False,
    "on_target_edit": "overwrite",  # or "ask": a person decides about what was edited in ServiceTitan
    "patch_adds_lines": False,  # whether this tenant takes a line without an id as a new one (undocumented)
    "cancel_reason": "Other",
    "budget_codes": "none",  # or "mapped": a new line has the budget code of its cost center, where that is licensed
}
"""Options of every flow that writes purchase orders, with their defaults."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "items_disagree": ("dominant", "refuse"),
    "required_date": ("earliest", "agreed"),
    "on_target_edit": EDIT_RULES,
    "cancel_reason": ("NotRequired", "Duplicate", "Accidental", "VendorIssue", "Other", "JobCanceled"),
    "budget_codes": ("none", "mapped"),
}
"""What the options that are a choice may be."""

MAP_KINDS: Mapping[str, str] = {
    "cost-center": "business-unit",
    "plant": "inventory-location",
    "material": "sku",
    "order-type": "purchase-order-type",
    "budget-code": "budget-code",
}
"""What the values of the value maps behind a purchase order name."""

CANCELABLE = ("Pending", "Sent")
_IDS = ("vendorId", "typeId", "businessUnitId", "inventoryLocationId", "jobId")
_DROPPED = ("Canceled", "Inactive")
_LINE_COST = {"items.quantity", "items.cost"}
_EDITABLE = {
    "Pending": {"vendorId", "businessUnitId", "inventoryLocationId", "jobId", "shipTo", "memo", "date", "requiredOn"}
    | {"tax", "shipping", "items removed", "items.skuId", "items.description", "items.vendorPartNumber"}
    | _LINE_COST,
    "Sent": {"businessUnitId", "inventoryLocationId", "typeId", "memo", "tax", "shipping"} | _LINE_COST,
}


def plan_order(body: dict[str, Any], situation: Situation, notes: tuple[str, ...] = ()) -> Plan:
    """What has to be written so that the order is as `body` says. Raises NeedsPerson where no write may do it."""
    row = situation.current
    if situation.linked is None or row is None:
        return Plan((_create(body, situation.marker),), notes=notes)
    if is_gone(row):
        return Plan((_create(body, situation.marker),), notes=(*notes, _note_cancellation(situation)))
    found = differences(expected(_signed(body, situation.marker)), observed(row, situation.linked.lines))
    if not found:
        return Plan()
    notes = (*notes, *note_edits(found, situation.linked, situation.options["on_target_edit"]))
    refused = _refused(found, row["status"], situation.options)
    if not refused:
        return Plan((_patch(body, found, situation),), notes=notes)
    if row["status"] == "Pending":
        again = f"Cancelled and created again: {', '.join(sorted(refused))} cannot be changed."
        return Plan((cancellation(situation), _create(body, situation.next_marker)), notes=(*notes, again))
    words = "; ".join(str(difference) for difference in found)
    raise NeedsPerson(
        f"The order is {row['status']} in ServiceTitan, so a person has to change it: {words}.", code="not-editable"
    )


def held_back(code: str, reason: str, situation: Situation) -> NotTransferable | NeedsPerson:
    """The error for an order that cannot go over as it is now.

    One that is in ServiceTitan already would stay as it is there, so a person is told, unless the obstacle passes.
    """
    passes = code in ("not-released", "locked")
    return NotTransferable(reason, code=code) if passes or not situation.linked else NeedsPerson(reason, code=code)


def plan_cancellation(situation: Situation) -> Plan:
    """Cancels the linked order while that is possible.

    Raises NotTransferable if there never was one, NeedsPerson once something was received.
    """
    if situation.linked is None:
        raise NotTransferable("It was deleted before it was ever transferred.", code="deleted")
    row = situation.current or {}
    if is_gone(row):
        return Plan()
    if row.get("status") not in CANCELABLE:
        raise NeedsPerson(
            f"Deleted at the source, but {row.get('status') or 'unreadable'} in ServiceTitan, where only a Pending or "
            "Sent order can be cancelled.",
            code="not-cancelable",
        )
    return Plan((cancellation(situation),))


def cancellation(situation: Situation) -> Write:
    """The write that cancels the linked order."""
    key = situation.linked.target_key if situation.linked else ""
    return Write("cancel", key, {"canceledReason": situation.options["cancel_reason"]}, {"canceled": True})


def line_cost_in(options: Mapping[str, Any], number: str, amount: Decimal, quantity: Decimal) -> tuple[str, str]:
    """A line's cost, and a note where it cannot hold the net amount exactly.

    Raises Misconfigured where more than one per cent would be lost.
    """
    decimals = int(options["line_cost_decimals"])
    cost = line_cost(amount, quantity, decimals=decimals)
    if abs(cost.remainder) * 100 > amount:
        words = f"Line {number}: {plain(amount)} for {plain(quantity)} needs a cost of more than {decimals} decimals."
        raise Misconfigured(words, code="cost-too-small")
    note = f"Line {number}: {plain(cost.remainder)} of {plain(amount)} is lost to rounding." if cost.remainder else ""
    return plain(cost.cost), note


def worth(row: Row) -> Decimal:
    """What an order as read comes to, without tax; nothing once it is cancelled."""
    lines = (decimal(item.get("quantity")) * decimal(item.get("cost")) for item in row.get("items") or ())
    return Decimal(0) if is_gone(row) else sum(lines, Decimal(0))


def is_gone(row: Row) -> bool:
    """A cancelled order stays cancelled: nothing in the API takes it back."""
    return row.get("status") == "Canceled"


def observed(row: Row, lines: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The members we may own of an order as read, by the names they are written with.

    Lines stand under the number they came from: by `lines` (number to item id) if given, else by what their
    description begins with. A line that a person added stands under "+" and its id.
    """
    return {
        **{name: str(row.get(name) or "") for name in _IDS},
        "shipTo": address_from_servicetitan(row.get("shipTo")).members(),
        "memo": one_line(row.get("summary")),
        "date": str(row.get("date") or "")[:10],
        "requiredOn": str(row.get("requiredOn") or "")[:10],
        "tax": plain(decimal(row.get("tax"))),
        "shipping": plain(decimal(row.get("shipping"))),
        "items": {number: _line(item) for number, item in _by_number(row, lines or {}).items()},
        "canceled": is_gone(row),
    }


def expected(body: Row) -> dict[str, Any]:
    """What `observed` shows once this body has been written."""
    address = body["shipTo"]["address"] if "shipTo" in body else None
    shown = observed({**body, "shipTo": address, "summary": body.get("memo")})
    return {name: shown[name] for name in body if name in shown}


def item_ids(row: Row) -> dict[str, str]:
    """Source line to item id, learned from the descriptions of an order as read."""
    return {number: str(item["id"]) for number, item in _by_number(row, {}).items() if not number.startswith("+")}


def _line(item: Row) -> dict[str, str]:
    return {
        "skuId": str(item.get("skuId") or ""),
        "description": readable(item.get("description")),
        "vendorPartNumber": one_line(item.get("vendorPartNumber")),
        "quantity": plain(decimal(item.get("quantity"))),
        "cost": plain(decimal(item.get("cost"))),
    }


def _by_number(row: Row, lines: Mapping[str, str]) -> dict[str, Row]:
    numbers = {target: source for source, target in lines.items()}
    keyed: dict[str, Row] = {}
    for item in row.get("items") or ():
        if item.get("status") in _DROPPED:
            continue
        number = numbers.get(str(item.get("id")), "") or line_number(item.get("description"))
        keyed[number if number and number not in keyed else f"+{item.get('id')}"] = item
    return keyed


def _signed(body: dict[str, Any], marker: str) -> dict[str, Any]:
    return {**body, "memo": f"{body['memo']}\nReference {marker}"}


def _create(body: dict[str, Any], marker: str) -> Write:
    new = {name: value for name, value in _signed(body, marker).items() if value != ""}
    return Write("create", "", new, expected(new), marker)


def _patch(body: dict[str, Any], found: list[Difference], situation: Situation) -> Write:
    """Only the members that differ; lines as the complete new list, since a line that is missing is dropped."""
    names = {difference.path[0] for difference in found}
    changed = {name: value for name, value in _signed(body, situation.marker).items() if name in names}
    if "items" in changed and situation.linked and situation.current:
        there = _by_number(situation.current, situation.linked.lines)
        changed["items"] = [_kept(line, there.get(line_number(line["description"]), {})) for line in body["items"]]
    return Write("patch", situation.linked.target_key if situation.linked else "", changed, expected(changed))


def _kept(line: dict[str, Any], there: Row) -> dict[str, Any]:
    """A line with the id it has there (0: a new one) and with the budget code that somebody gave it."""
    budget = there.get("budgetCodeId")
    return {"id": there.get("id", 0), **line, **({"budgetCodeId": budget} if budget else {})}


def _refused(found: list[Difference], status: str, options: Mapping[str, Any]) -> set[str]:
    """The kinds of change that no PATCH makes in this status; unknown statuses allow none."""
    allowed = _EDITABLE.get(status, set()) | (
        {"items added"} if options["patch_adds_lines"] and status == "Pending" else set()
    )
    return {kind for kind in map(_kind, found) if kind not in allowed}


def _kind(difference: Difference) -> str:
    name, *rest = difference.path
    if name == "jobId" and not difference.ours:
        return "a job taken off"  # members are not nullable: a job can be replaced, not cleared
    if name != "items":
        return name
    if len(rest) > 1:
        return f"items.{rest[1]}"
    return "items added" if difference.theirs is None else "items removed"


def _note_cancellation(situation: Situation) -> str:
    """Created again after a cancellation of ours; a person's cancellation is an edit like any other."""
    if situation.linked and situation.linked.observed.get("canceled"):
        return "Created again: the order is alive again at the source."
    if situation.options["on_target_edit"] == "ask":
        raise NeedsPerson("Cancelled in ServiceTitan, but alive at the source.", code="edited-in-target")
    return "Created again: it was cancelled in ServiceTitan, but is alive at the source."
