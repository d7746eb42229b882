"""What becomes of the orders in ServiceTitan that requisitions made, once SAP turns the requisitions into orders.

SAP may merge requisitions into one order or split one into many; the items of its orders name requisition and item.
An order that covers one order in ServiceTitan exactly, line by line, takes it over: it is changed and linked to the
order from then on. Otherwise those that are Pending or Sent are cancelled before the order itself is created. Where
something was received, a person decides.

Whatever an order takes over or cancels is linked to it, to the order itself or under "<order>#<requisition>#<part>",
and the requisition's own link lets go of it. `requisition_parts` is the requisition's side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from integrations.errors import HISTORY, Awaiting, NeedsPerson, NotTransferable, link_key
from integrations.flow import Bond, Linked, Lookups, Plan, Row, Situation, Write
from integrations.vocabulary import servicetitan_orders

ORDERS, REQUISITIONS = "purchase-orders", "purchase-requisitions"
ORDER_ON_ITS_WAY = "order-on-its-way"
"""The code of a requisition that waits for an order of SAP; the order does not wait for it in turn."""

LOOK_AGAIN = 600.0
"""Seconds after which an order looks for its requisitions again if nothing has woken it: people may dismiss one."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The requisition item that an item of an order came from."""

    requisition: str
    item: str


def origin(row: Row) -> Origin | None:
    """The requisition item of an order's item (API_PURCHASEORDER_2), None if it was not requested."""
    if not row["PurchaseRequisition"]:
        return None
    return Origin(row["PurchaseRequisition"], row["PurchaseRequisitionItem"])


@dataclass(frozen=True, slots=True)
class Born:
    """An order in ServiceTitan that a part of a requisition made, and its row as read just now.

    `begun`: the order of SAP has begun to cancel it.
    """

    requisition: str
    part: str
    link: Linked
    row: Row
    begun: bool = False

    @property
    def lines(self) -> Mapping[str, str]:
        """Requisition item to line."""
        return lines_of(self.link, self.row)

    @property
    def name(self) -> str:
        """The part under which an order cancels it."""
        return f"{self.requisition}#{self.part}"

    def handed_to(self, source_key: str, lines: Mapping[str, str] | None = None) -> tuple[Bond, Bond]:
        """The links by which an order, or a part of one, has it from now on."""
        return Bond(ORDERS, source_key, self.link.target_key, lines or {}), Bond(REQUISITIONS, self.name, "")


def lines_of(link: Linked, row: Row) -> Mapping[str, str]:
    """Requisition item to line, as linked; for one that was linked by hand, as its descriptions say."""
    return link.lines or servicetitan_orders.item_ids(row)


def leave_history(origins: Mapping[str, Origin | None], situation: Situation) -> None:
    """Raises NotTransferable for an order that was over before the first load, if nothing here goes back to it.

    What one of its requisitions has made in ServiceTitan, or is about to make, does.
    """
    if situation.linked or not situation.left_behind():
        return
    named = {origin.requisition for origin in origins.values() if origin}
    found = [situation.lookups.known(REQUISITIONS, requisition) for requisition in sorted(named)]
    if not any(one.state or any(link.target_key for link in one.parts.values()) for one in found):
        words = "It was completely delivered and invoiced before orders were read for the first time."
        raise NotTransferable(words, code=HISTORY)


def plan_order(
    order: str,
    body: dict[str, Any],
    situation: Situation,
    *,
    origins: Mapping[str, Origin | None],
    notes: tuple[str, ...] = (),
) -> Plan:
    """Plans an order of SAP, which takes over or replaces what the requisitions of its items made.

    `origins` are the requisition items by the order's items; None for an item that was not requested. Raises Awaiting
    while one of the requisitions is on its way, NeedsPerson where something was received.
    """
    news = [origin for item, origin in origins.items() if origin and item not in _lines_there(situation)]
    born = list(_born(order, news, situation.lookups)) if news else []
    if not born:
        return servicetitan_orders.plan_order(body, situation, notes)
    for one in born:
        if one.row["status"] not in servicetitan_orders.CANCELABLE:
            raise _received(order, one)
    taken = _taken_over(order, body, situation, born[0], origins, notes) if len(born) == 1 else None
    return taken or _replaced(order, body, situation, born, notes)


def _lines_there(situation: Situation) -> Mapping[str, str]:
    """The items that stand in the linked order already."""
    row = situation.current
    alive = situation.linked and row is not None and not servicetitan_orders.is_gone(row)
    return situation.linked.lines if situation.linked and alive else {}


def _born(order: str, origins: list[Origin], lookups: Lookups) -> Iterator[Born]:
    """What requisitions made of these items, and no other order has, and is not cancelled yet."""
    begun = {part: link for part, link in lookups.known(ORDERS, order).parts.items() if part}
    known = {number: lookups.known(REQUISITIONS, number) for number in sorted({one.requisition for one in origins})}
    for number, found in known.items():
        if found.state and found.code != ORDER_ON_ITS_WAY and not any(part.startswith(f"{number}#") for part in begun):
            words = f"Waits for requisition {number}, which is {found.state} itself. {found.reason}".strip()
            raise Awaiting(
                words, seconds=LOOK_AGAIN, code="requisition-unsettled", needs=link_key(REQUISITIONS, number)
            )
    for name, link in begun.items():
        number, _, part = name.partition("#")
        if (row := _row(link, lookups)) is not None:
            yield Born(number, part, link, row, begun=True)
    for number, found in known.items():
        wanted = {one.item for one in origins if one.requisition == number}
        for part, link in found.parts.items():
            row = _row(link, lookups) if part and link.target_key else None
            # Claimed by whose items stand in it alone: another order of the batch may be the one.
            if row is not None and wanted & lines_of(link, row).keys() and lookups.claim(link.target_key):
                yield Born(number, part, link, row)


def _row(link: Linked, lookups: Lookups) -> Row | None:
    """The order as read just now, None if it is cancelled."""
    row = lookups.reference("purchase-order", link.target_key, fresh=True)
    if row is None:
        raise NeedsPerson(f"Order {link.target_key} is not there any more.", code="target-missing")
    return None if servicetitan_orders.is_gone(row) else row


def _received(order: str, born: Born) -> NeedsPerson:
    return NeedsPerson(
        f"Order {born.row.get('number') or born.link.target_key}, made for requisition {born.requisition}, is "
        f"{born.row['status']} in ServiceTitan: link SAP order {order} to it by hand, or take the receipt back.",
        code="requisition-received",
    )


def _taken_over(
    order: str,
    body: dict[str, Any],
    situation: Situation,
    born: Born,
    origins: Mapping[str, Origin | None],
    notes: tuple[str, ...],
) -> Plan | None:
    """The order in ServiceTitan is changed and linked, if both have the same lines and it can be changed so."""
    lines = {item: born.lines.get(origin.item, "") for item, origin in origins.items() if origin}
    covered = len(lines) == len(origins) == len(born.lines) and set(lines.values()) == set(born.lines.values())
    elsewhere = {origin.requisition for origin in origins.values() if origin} - {born.requisition}
    if situation.linked or born.begun or elsewhere or not covered:
        return None
    numbers = {origin.item: item for item, origin in origins.items() if origin}
    link = Linked(born.link.target_key, _renumbered(born.link.observed, numbers), lines)
    try:
        plan = servicetitan_orders.plan_order(body, replace(situation, linked=link, current=born.row), notes)
    except NeedsPerson as error:
        if error.code == "not-editable":
            return None
        raise
    if any(write.action != "patch" for write in plan.writes):
        return None
    words = f"Takes over order {link.target_key}, which requisition {born.requisition} made."
    return replace(plan, links=born.handed_to(order, lines), notes=(*plan.notes, words))


def _renumbered(observed: Mapping[str, Any], numbers: Mapping[str, str]) -> dict[str, Any]:
    """What was observed after our last write, its lines under the numbers of the order's items."""
    items = {numbers.get(item, item): line for item, line in observed.get("items", {}).items()}
    return {**observed, "items": items} if observed else {}


def _replaced(order: str, body: dict[str, Any], situation: Situation, born: list[Born], notes: tuple[str, ...]) -> Plan:
    """What the requisitions made is cancelled, then the order goes its own way."""
    rest = servicetitan_orders.plan_order(body, situation, notes)
    reason = {"canceledReason": situation.options["cancel_reason"]}
    cancels = (Write("cancel", one.link.target_key, reason, {"canceled": True}, part=one.name) for one in born)
    told = (f"Replaces order {one.link.target_key}, which requisition {one.requisition} made." for one in born)
    links = (bond for one in born for bond in one.handed_to(f"{order}#{one.name}"))
    return Plan((*cancels, *rest.writes), links=tuple(links), notes=(*rest.notes, *told))
