"""The orders in ServiceTitan that one requisition makes: one for each group of its items, each a part of its own.

A part is written, changed or cancelled on its own, so that what holds one up does not hold up the others. What an
order of SAP has taken over or cancelled (see `take_over`) is left alone for good.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeVar

from integrations.errors import (
    Awaiting,
    IntegrationError,
    NeedsPerson,
    NotReady,
    NotTransferable,
    link_key,
    linked_to_key,
)
from integrations.flow import Bond, Lookups, Part, Plan, Situation
from integrations.vocabulary import servicetitan_orders
from integrations.vocabulary.order_lines import Item
from integrations.vocabulary.sap_requisitions import NOT_RELEASED, ORDERED
from integrations.vocabulary.take_over import ORDER_ON_ITS_WAY, ORDERS, REQUISITIONS, lines_of

Body = Callable[[], tuple[dict[str, Any], tuple[str, ...]]]
"""Makes a group's body and its notes; may raise what keeps the group from being written."""

LOOK_AGAIN = 3600.0
"""Seconds after which a requisition looks for orders again that nothing has told it of."""

_WRITES = ("cancel", "patch", "create")
_ERRORS: tuple[type[IntegrationError], ...] = (NeedsPerson, NotReady, Awaiting, NotTransferable)
"""What is about one part of a requisition. A system that cannot be asked just now is about all of it."""


@dataclass(frozen=True, slots=True)
class Group:
    """What becomes one order: ids of ServiceTitan ("" for no job) and SAP's number of the supplier."""

    supplier: str
    business_unit: str
    location: str
    job: str

    @property
    def name(self) -> str:
        """The name of the part: the supplier, and a digest of the rest."""
        rest = f"{self.business_unit}/{self.location}/{self.job}"
        return f"{self.supplier}-{hashlib.sha256(rest.encode()).hexdigest()[:8]}"


class Asked(Protocol):
    """An item as far as it decides where it belongs."""

    @property
    def item(self) -> Item: ...

    @property
    def supplier(self) -> str: ...

    @property
    def order(self) -> str: ...

    @property
    def obstacle(self) -> tuple[str, str] | None: ...


Wanted = TypeVar("Wanted", bound=Asked)


@dataclass(slots=True)
class Sorted(Generic[Wanted]):
    """Where the items of a requisition belong, by their number.

    `ordered` are with an order of SAP. `held` have to stay where they are, for a reason that may pass. All others that
    are in no group are not wanted any more. `reasons` (code and sentence) are those of all that are in no group.
    """

    groups: dict[Group, list[Wanted]] = field(default_factory=dict)
    ordered: dict[str, str] = field(default_factory=dict)
    held: dict[str, tuple[str, str]] = field(default_factory=dict)
    reasons: list[tuple[str, str]] = field(default_factory=list)
    errors: list[IntegrationError] = field(default_factory=list)


def sort_items(items: Iterable[Wanted], group_of: Callable[[Wanted], Group], default_supplier: str) -> Sorted[Wanted]:
    """Puts every item into its group, or notes why it is in none."""
    found = Sorted[Wanted]()
    for wanted in items:
        number, reason = wanted.item.number, wanted.obstacle
        if reason is None and not (wanted.supplier or default_supplier):
            reason = "no-supplier", f"Item {number} has no supplier."
        if reason is None:
            try:
                found.groups.setdefault(group_of(wanted), []).append(wanted)
            except _ERRORS as error:
                found.errors.append(error)
                found.held[number] = error.code, error.message
            continue
        found.reasons.append(reason)
        if wanted.order:
            found.ordered[number] = wanted.order
        elif reason[0] in (NOT_RELEASED, ORDERED):
            found.held[number] = reason
    return found


def plan_parts(number: str, bodies: Mapping[str, Body], found: Sorted[Any], situation: Situation) -> Plan:
    """The writes that all parts need, the ones that end something first; `bodies` are by the names of the groups.

    Where nothing is left to be written, `then` says what keeps parts from being as they should: a person who is needed
    before a link that is missing, before an order of SAP that is awaited, before what simply stays as it is.
    Orders that wait for the requisition are woken.
    """
    plans, errors = [], list(found.errors)
    named = {_free_name(group, situation): body for group, body in bodies.items()}
    for name in sorted({*named, *_living(situation)}):
        try:
            plans.append(_plan_part(name, named.get(name), found, situation))
        except _ERRORS as error:
            errors.append(error)
    if not bodies and not situation.parts and not errors:
        words = " ".join(reason for _, reason in found.reasons) or "It has no items."
        raise NotTransferable(words, code=found.reasons[0][0] if found.reasons else "no-items")
    writes = sorted((w for plan in plans for w in plan.writes), key=lambda write: _WRITES.index(write.action))
    notes = [*(reason for _, reason in found.reasons), *(note for plan in plans for note in plan.notes)]
    settled = (link_key(REQUISITIONS, number),)
    return Plan(tuple(writes), links=_let_go(number, situation), notes=tuple(notes), then=_worst(errors), wakes=settled)


def _worst(errors: Sequence[IntegrationError]) -> IntegrationError | None:
    """The error that tells most about what has to happen; None if there is none."""
    return next((error for kind in _ERRORS for error in errors if isinstance(error, kind)), None)


def _free_name(group: str, situation: Situation) -> str:
    """The name of the part that a group of items is written as: what orders have taken is left alone.

    The first one bears the group's name, later ones "<group>~2", "<group>~3".
    """
    number, name = 1, group
    while _is_taken(situation.part(name), situation.lookups):
        number += 1
        name = f"{group}~{number}"
    return name


def _living(situation: Situation) -> Iterator[str]:
    """The parts that stand in ServiceTitan and that no order has taken."""
    for name in situation.parts:
        part = situation.part(name)
        if not _is_taken(part, situation.lookups) and not servicetitan_orders.is_gone(part.current or {}):
            yield name


def _is_taken(part: Part, lookups: Lookups) -> bool:
    """Whether an order has it: the link has let go of it, or a person has linked an order to it by hand."""
    if part.linked is None:
        return False
    return not part.linked.target_key or bool(lookups.sources(ORDERS, part.linked.target_key))


def _let_go(number: str, situation: Situation) -> tuple[Bond, ...]:
    """Links to orders in ServiceTitan that orders of SAP have by now."""
    parts = {name: situation.part(name) for name in situation.parts}
    taken = (n for n, p in parts.items() if p.linked and p.linked.target_key and _is_taken(p, situation.lookups))
    return tuple(Bond(REQUISITIONS, f"{number}#{name}", "") for name in taken)


def _plan_part(name: str, body: Body | None, found: Sorted[Any], situation: Situation) -> Plan:
    """One write at most, since the record is planned again after each. Raises what keeps the part as it is."""
    part = situation.part(name)
    if part.linked and part.current is None:
        raise NeedsPerson(f"Order {part.linked.target_key} is not there any more.", code="target-missing")
    there = replace(situation, linked=part.linked, current=part.current, marker=part.marker)
    if (waits := _on_their_way(part, found, situation.lookups)) and body is None:
        return Plan()
    if waits:
        raise _awaiting(part, waits)
    if body is None:
        plan = servicetitan_orders.plan_cancellation(there)
    else:
        members, notes = body()
        plan = servicetitan_orders.plan_order(members, there, notes)
    return replace(plan, writes=tuple(replace(write, part=name) for write in plan.writes[:1]))


def _on_their_way(part: Part, found: Sorted[Any], lookups: Lookups) -> set[str]:
    """The orders of SAP that may still take over this part. Raises NotTransferable where it has to stay as it is."""
    if part.linked is None or part.current is None or servicetitan_orders.is_gone(part.current):
        return set()
    items = lines_of(part.linked, part.current).keys()
    if reasons := [found.held[item] for item in sorted(items & found.held.keys())]:
        words = " ".join(reason for _, reason in reasons)
        raise NotTransferable(f"Order {part.linked.target_key} stays as it is: {words}", code=reasons[0][0])
    orders = {found.ordered[item] for item in items & found.ordered.keys()}
    return {order for order in orders if "" not in lookups.known(ORDERS, order).parts}


def _awaiting(part: Part, orders: set[str]) -> Awaiting:
    target = part.linked.target_key if part.linked else ""
    words = f"Waits until {', '.join(sorted(orders))} has taken over order {target}, where some of the items stand."
    return Awaiting(words, seconds=LOOK_AGAIN, code=ORDER_ON_ITS_WAY, needs=linked_to_key(ORDERS, target))
