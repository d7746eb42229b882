"""What becomes of a request after SAP: approved, rejected, waited for; and the order that an approval makes.

Every plan begins with the request as read just now and the order as read just now, so it does not matter who decided,
or when. Source: ServiceTitan Inventory V2 OpenAPI; reject takes a reason out of three, approve takes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from integrations.errors import Awaiting, NeedsPerson, NotTransferable, Rejected
from integrations.flow import SOURCE, Bond, Plan, Row, Situation, Write
from integrations.systems.servicetitan.requests import NOT_LISTED
from integrations.vocabulary.comparison import differences
from integrations.vocabulary.request_matches import alike, fitting, line_ids, search_from, seconds_since
from integrations.vocabulary.requested_orders import ORDERS, REQUESTS, REQUISITION
from integrations.vocabulary.sap_purchases import number_of, standing

OPTIONS: Mapping[str, Any] = {
    "target": "purchase-order",  # or "requisition": SAP's buyers make the order of it
    "approve": "released",  # once SAP has released the order; or "created": at once; or "person": never by us
    "on_refusal": "ask",  # a person decides when SAP refuses for good; or "reject": the request is rejected
    "rejection_reason": "Other",
    "company_code": "",
    "purchasing_organization": "",
    "purchasing_group": "",
    "order_type": "NB",
    "requisition_type": "NB",
    "gl_account": "",  # "": SAP determines it
    "currency": "",  # where the business unit names none
    "unit": "EA",  # SAP's unit for SKUs that the value map "sku-unit" does not name
    "default_cost_center": "",  # for requests without a business unit
    "default_plant": "",  # for requests without a location
    "catch_all_sku": "",  # the SKU whose lines are texts of the material group, not materials
    "material_group": "",
    "job_field": "none",  # the field of SAP that carries the job number, e.g. "RequisitionerName"
    "look_seconds": 60,  # how often an order that has to appear is looked for
    "find_minutes": 60,  # after which a person is told that none has appeared
}
"""Options of the flow, with their defaults."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "target": ("purchase-order", "requisition"),
    "approve": ("released", "created", "person"),
    "on_refusal": ("ask", "reject"),
    "rejection_reason": ("CostTooHigh", "WrongVendor", "Other"),
}
"""What the options that are a choice may be."""

SLOW_LOOK = 300.0
"""Seconds between two looks at what people have to do."""

_FOUND = "found"
Decision = Literal["waiting", "approved", "rejected"]
_DECISIONS: Mapping[str, Decision] = {
    "PendingApproval": "waiting",
    "Approved": "approved",
    "Rejected": "rejected",
    NOT_LISTED: "approved",  # requests are not deleted, and rejected ones are listed
}


def observed(row: Row) -> dict[str, Any]:
    """How a request stands, "" for a status that nobody knows."""
    return {"decision": _DECISIONS.get(str(row.get("requestStatus") or ""), "")}


@dataclass(frozen=True, slots=True)
class State:
    """A request with what was decided about it. `row` is as it is now, or as it was last seen in the list."""

    key: str
    row: Row
    decision: str
    decided_at: str
    situation: Situation

    @classmethod
    def of(cls, key: str, known: Row, situation: Situation) -> State:
        """The state as read just now. Raises NeedsPerson for a status that nobody knows."""
        row = situation.lookups.reference(f"{SOURCE}purchase-order-request", key, fresh=True) or {}
        decision = observed(row)["decision"]
        if not decision:
            words = f'Request {key} has the status "{row.get("requestStatus") or "none"}", which nobody knows.'
            raise NeedsPerson(words, code="unknown-status")
        listed = row.get("requestStatus") != NOT_LISTED
        decided_at = str(row.get("modifiedOn") or "") if listed and decision == "approved" else ""
        return cls(key, row if listed else known, decision, decided_at, situation)

    @property
    def option(self) -> Mapping[str, Any]:
        return self.situation.options

    def answer(self, action: str, decision: str, *notes: str) -> Plan:
        """The answer to the request, written where it came from."""
        body = {"rejectionReason": self.option["rejection_reason"]} if action == "reject" else {}
        return Plan((Write(action, self.key, body, {"decision": decision}, side="source"),), notes=notes)


def before_the_order(state: State) -> Plan | None:
    """What happens as long as nothing was ordered; None: order."""
    refused = state.situation.refused
    if state.decision == "rejected":
        by_us = any(done.action == "reject" for done in state.situation.done)
        words = "SAP refused it, so it was rejected." if by_us else "It was rejected in ServiceTitan."
        raise NotTransferable(words, code="refused-by-sap" if by_us else "rejected-there")
    if refused and state.decision == "waiting" and state.option["on_refusal"] == "reject":
        return state.answer("reject", "rejected", f"SAP refused it: {refused}")
    if refused:
        raise Rejected(refused)
    return None


def after_the_order(state: State, wanted: Callable[[], Mapping[str, Any]]) -> Plan:
    """What happens once something was ordered. `wanted` is what would be ordered now."""
    situation = state.situation
    number, row = situation.linked.target_key if situation.linked else "", situation.current or {}
    order = _order_number(number, row)
    if order and _there(state, order):
        return _settled(state, number, order)
    stands = standing(row)
    if state.decision == "rejected":
        if stands == "deleted":
            return Plan()
        raise NeedsPerson(f"Rejected in ServiceTitan, but SAP has {number} of it: delete that.", code="ordered-anyway")
    if stands in ("deleted", "rejected"):
        words = f"SAP's {number} was {stands if stands == 'deleted' else 'not released'}."
        if state.decision == "waiting" and state.option["on_refusal"] == "reject":
            return state.answer("reject", "rejected", words)
        raise NeedsPerson(f"{words} The request is {state.decision} in ServiceTitan.", code="order-gone")
    if state.decision == "waiting":
        return _approve(state, number, stands, wanted)
    return _link(state, number, row)


def _settled(state: State, number: str, order: str) -> Plan:
    """SAP's order has its order in ServiceTitan; where buyers merged requests, that is the order of one of them only.

    Raises NeedsPerson while the order of another one is there besides.
    """
    lookups = state.situation.lookups
    if not number.startswith(REQUISITION) or _FOUND in lookups.known(REQUESTS, state.key).parts:
        return Plan()
    linked = lookups.known(ORDERS, order).parts[""].target_key
    row = lookups.reference(f"{SOURCE}purchase-order", linked, fresh=True)
    if row is not None and alike(state.row, row):
        return Plan(links=(_own(state, number),))
    if state.decision == "rejected":
        return Plan()
    words = f"SAP made one order, {order}, of it and others, which is order {linked} in ServiceTitan"
    if state.decision == "waiting":
        raise NeedsPerson(f"{words}: reject the request, or the goods are ordered there twice.", code="merged")
    found, _ = _candidates(state)
    if alive := [f"{one.get('number') or one['id']}" for one in found if one.get("status") != "Canceled"]:
        words += f": cancel order {', '.join(alive)} there, which the approval of this request made."
        raise NeedsPerson(words, code="merged")
    return Plan(notes=(f"{words}.",))


def _own(state: State, number: str) -> Bond:
    """Says that the order in ServiceTitan is the one which the approval of this very request made."""
    return Bond(REQUESTS, f"{state.key}#{_FOUND}", f"{number}#{_FOUND}")


def _approve(state: State, number: str, stands: str, wanted: Callable[[], Mapping[str, Any]]) -> Plan:
    before = state.situation.linked.observed if state.situation.linked else {}
    found = differences(wanted(), before) if before else []
    if found:
        words = "; ".join(str(difference) for difference in found)
        raise NeedsPerson(f"The request was changed after SAP had {number} of it: {words}.", code="changed-after-order")
    if state.option["approve"] == "person":
        raise Awaiting(f"SAP has {number}: somebody approves the request.", seconds=SLOW_LOOK, code="awaiting-approval")
    if state.option["approve"] == "released" and stands != "released":
        raise Awaiting(f"SAP has not released {number} yet.", seconds=SLOW_LOOK, code="awaiting-release")
    return state.answer("approve", "approved")


def _link(state: State, number: str, row: Row) -> Plan:
    """Finds the order that the approval made, and links SAP's order to it."""
    situation = state.situation
    order = _order_number(number, row)
    if not order:
        raise Awaiting(f"SAP has made no order of {number} yet.", seconds=SLOW_LOOK, code="awaiting-conversion")
    found, seen = _candidates(state)
    if len(found) > 1 or (found and _rivals(state, seen["requests"])):
        named = ", ".join(f"{one['id']} ({one.get('number')})" for one in found)
        words = f"Several orders or requests hold the same: {named}. Link SAP order {order} to the right one by hand."
        raise NeedsPerson(words, code="twins")
    if found and situation.lookups.claim(f"order {found[0]['id']}"):
        numbers = _item_numbers(row)
        lines = line_ids(state.row, found[0], numbers)
        own = (_own(state, number),) if number.startswith(REQUISITION) else ()
        return Plan(
            links=(Bond(ORDERS, order, str(found[0]["id"]), lines), *own), notes=(f"Found order {found[0]['id']}.",)
        )
    if seconds_since(state.decided_at, seen["at"]) > float(state.option["find_minutes"]) * 60:
        raise NeedsPerson("Approved, but no order has appeared in ServiceTitan.", code="order-not-found")
    seconds = float(state.option["look_seconds"])
    raise Awaiting("Approved; its order has not appeared in ServiceTitan yet.", seconds=seconds, code="awaiting-order")


def _candidates(state: State) -> tuple[list[Row], Row]:
    """The orders that the approval may have made and nothing is linked to, and everything that was seen."""
    lookups = state.situation.lookups
    since = search_from(str(state.row.get("createdOn") or state.row.get("date")), state.decided_at)
    job = str(state.row.get("jobId") or "")
    seen = lookups.reference(f"{SOURCE}purchases-since", f"{since} {job}".strip(), fresh=True) or {}
    free = [one for one in seen["orders"] if not lookups.sources(ORDERS, str(one["id"]))]
    return fitting(state.row, free, state.decided_at), seen


def _rivals(state: State, requests: list[Row]) -> list[Row]:
    """Other approved requests that hold the same and whose order was not found yet either."""
    others = [one for one in requests if str(one["id"]) != state.key and alike(state.row, one)]
    approved = [one for one in others if observed(one)["decision"] == "approved" and _looks_same(state.row, one)]
    return [one for one in approved if not _is_linked(state, str(one["id"]))]


def _looks_same(one: Row, other: Row) -> bool:
    return bool(fitting(one, [other], "")) and one.get("summary") == other.get("summary")


def _is_linked(state: State, request: str) -> bool:
    link = state.situation.lookups.known(REQUESTS, request).parts.get("")
    return link is not None and _there(state, link.target_key)


def _there(state: State, order: str) -> bool:
    """Whether an order of SAP is linked to one in ServiceTitan."""
    return "" in state.situation.lookups.known(ORDERS, order).parts


def _order_number(number: str, row: Row) -> str:
    """SAP's order: the one that was made, or the one that the requisition became; "" before that."""
    if not number.startswith(REQUISITION):
        return number
    orders = {str(item.get("PurchasingDocument") or "") for item in row.get("items") or () if not item.get("IsDeleted")}
    if len(orders) > 1:
        raise NeedsPerson(f"SAP made several orders of {number}, or one of a part of it.", code="split")
    return next(iter(orders), "")


def _item_numbers(row: Row) -> list[str]:
    """The numbers of the order's items, in the order of the request's lines."""
    return [str(item.get("PurchasingDocumentItem") or number_of(item)) for item in row["items"]]
