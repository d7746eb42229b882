"""Orders and requisitions of SAP that a request of ServiceTitan made, when polling brings them back.

They are known by the ledger: by our mark in a reference field, by the link of the request, or by the requisition that
their items name. While it is not known what became of a write of some request, SAP is asked for the mark of that
requisition. Such an order never creates one in ServiceTitan: approving the request makes it there, and the order
waits for that link.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any

from integrations.errors import NeedsPerson, NotReady, NotTransferable, link_key
from integrations.flow import SOURCE, Lookups, Row, Situation, Want
from integrations.vocabulary.money import decimal, plain
from integrations.vocabulary.texts import line_number

REQUESTS, ORDERS = "purchase-order-requests", "purchase-orders"
REQUISITION = "PR-"
"""What the target key of a request begins with that became a requisition."""

_MARK = re.compile(rf"(?:{REQUISITION})?[A-Z2-7]{{12}}")
_REFERENCES = ("CorrespncInternalReference", "CorrespncExternalReference")
_KEPT = ("typeId", "tax", "shipping")


def signs(row: Row) -> tuple[str, ...]:
    """What may lead from an order as read to a request: its marks, and the requisitions of its items."""
    found = {f"{REQUISITION}{item['PurchaseRequisition']}" for item in row["items"] if item["PurchaseRequisition"]}
    return *_marks(str(row.get(name) or "") for name in _REFERENCES), *sorted(found)


def signs_of_requisition(row: Row) -> tuple[str, ...]:
    """What may lead from a requisition as read to a request: its own key there, and the marks of its items."""
    marks = {str(item["PurReqnExternalReference"] or "") for item in row["items"]}
    return f"{REQUISITION}{row['PurchaseRequisition']}", *_marks(sorted(marks))


def _marks(texts: Iterable[str]) -> Iterator[str]:
    return (text.upper() for text in texts if _MARK.fullmatch(text.upper()))


def is_ours(keys: Collection[str], lookups: Lookups) -> bool:
    """Whether one of these marks and target keys belongs to a request."""
    marks = [key for key in keys if _MARK.fullmatch(key)]
    return any(lookups.sender(REQUESTS, mark) for mark in marks) or any(
        lookups.sources(REQUESTS, key) for key in keys if key not in marks
    )


def wants(keys: Iterable[str]) -> tuple[Want, ...]:
    """What is asked of these keys, to be read ahead for a whole batch."""
    targets = [key for key in keys if not _MARK.fullmatch(key)]
    doubt = (Want(f"in-question:{REQUESTS}", ""),) if any(map(_is_requisition, targets)) else ()
    return *doubt, *(Want(f"linked-to:{REQUESTS}", key) for key in targets)


def leave_to_request(number: str, found: Collection[str], situation: Situation) -> None:
    """Raises NotTransferable for a requisition that a request made: approving the request makes the order."""
    _ask_after_restore(f"requisition {number}", found, situation, needs="")
    if is_ours(found, situation.lookups):
        raise NotTransferable(
            "A request of ServiceTitan made it; the order there comes of that.", code="requested-there"
        )


def wait_for_request(number: str, found: Collection[str], situation: Situation) -> None:
    """Raises NotReady for an order that a request made, until the request has found its order in ServiceTitan."""
    if situation.linked is not None:
        return
    found = (*found, *_marks_in_question(found, situation.lookups))
    _ask_after_restore(f"order {number}", found, situation, needs=link_key(ORDERS, number))
    if is_ours((number, *found), situation.lookups):
        words = "A request of ServiceTitan made this order: it waits until the request has been approved there."
        raise NotReady(words, needs=link_key(ORDERS, number))


def _marks_in_question(found: Collection[str], lookups: Lookups) -> Iterator[str]:
    """The marks of these requisitions as SAP has them now, while it is not known what became of each request.

    A requisition is linked to its request once the answer is there, or once it was looked for. Buyers may be faster.
    """
    keys = list(filter(_is_requisition, found))
    if keys and lookups.in_question(REQUESTS):
        for key in keys:
            row = lookups.reference(f"{SOURCE}requisition", key.removeprefix(REQUISITION), fresh=True)
            yield from signs_of_requisition(row)[1:] if row else ()


def _is_requisition(key: str) -> bool:
    return key.startswith(REQUISITION) and not _MARK.fullmatch(key)


def _ask_after_restore(what: str, found: Collection[str], situation: Situation, *, needs: str) -> None:
    """Raises NeedsPerson for what bears a mark of ours that the ledger does not know, once that was put back from a
    backup: the request that made it may have been approved meanwhile, and is not listed any more."""
    marks = [key for key in found if _MARK.fullmatch(key)]
    if situation.lost and marks and not is_ours(found, situation.lookups):
        words = (
            f"SAP {what} bears the mark {marks[0]}, which this ledger does not know: it was put back from a backup. "
            "A request of ServiceTitan may have made it: link it to its order there, or send it again if there is none."
        )
        raise NeedsPerson(words, code="made-after-backup", needs=needs)


def as_requested(
    number: str, found: Collection[str], body: dict[str, Any], situation: Situation
) -> tuple[dict[str, Any], Situation]:
    """The body and the link of an order that a request made; those of any other order as they are.

    Type, tax and shipping stay as they were requested, since SAP's order knows nothing of them. Where a person has
    linked the order by hand, its lines are found by what they hold.
    """
    link, there = situation.linked, situation.current
    if link is None or there is None or not is_ours((number, *found), situation.lookups):
        return body, situation
    body = {**body, **{name: str(there[name]) for name in _KEPT if there.get(name) is not None}}
    return body, situation if link.lines else replace(situation, linked=replace(link, lines=_lines(body, there)))


def _lines(body: Row, there: Row) -> dict[str, str]:
    """Line number to item id, by SKU, quantity and cost."""
    left, found = list(there.get("items") or ()), {}
    for line in body["items"]:
        item = next((one for one in left if _holds(one) == _holds(line)), None)
        if item is not None:
            left.remove(item)
            found[line_number(line["description"])] = str(item["id"])
    return found


def _holds(line: Row) -> tuple[str, str, str]:
    return str(line.get("skuId") or ""), plain(decimal(line.get("quantity"))), plain(decimal(line.get("cost")))
