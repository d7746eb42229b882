"""The order in ServiceTitan that came of an approved request: nothing leads to it, so it is found by what it holds.

By job, vendor, total and lines, among the orders created after the request; where several fit, also by what else both
of them state and by the time of the approval. Twins that nothing tells apart are a person's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.flow import Row
from integrations.vocabulary.money import decimal, plain
from integrations.vocabulary.texts import one_line, readable

MARGIN = timedelta(minutes=1)
"""How much earlier than the request's own change its order may have been created."""

WINDOW = timedelta(minutes=5)
"""How much earlier orders are looked for."""

_MAY_BE_EMPTY = (
    "businessUnitId",
    "inventoryLocationId",
    "typeId",
    "projectId",
    "date",
    "requiredOn",
    "tax",
    "shipping",
)


def alike(request: Row, other: Row) -> bool:
    """Whether two documents hold the same: job, vendor, total, lines."""
    return _essence(request) == _essence(other)


def search_from(created_at: str, approved_at: str) -> str:
    """Where the search for the order of a request begins: at its approval, or where that is unknown at its creation."""
    moment = _moment(approved_at) - WINDOW if approved_at else _moment(created_at)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def fitting(request: Row, orders: Sequence[Row], approved_at: str) -> list[Row]:
    """The orders that may have come of this request; "" for an approval of unknown time."""
    found = [order for order in orders if alike(request, order)]
    for test in (_same_details(request), _created_after(approved_at)):
        narrower = [order for order in found if test(order)]
        found = narrower or found
    return found


def line_ids(request: Row, order: Row, numbers: Sequence[str]) -> dict[str, str]:
    """Line number to item id: each line of the request, in its order, takes the first item that holds the same."""
    left = list(order["items"])
    found = {}
    for number, line in zip(numbers, request["items"], strict=True):
        item = next((one for one in left if _line(one) == _line(line)), None)
        if item is not None:
            left.remove(item)
            found[number] = str(item["id"])
    return found


def seconds_since(stamp: str, now: str) -> float:
    """Seconds between two stamps of ServiceTitan; 0 where either is missing."""
    return (_moment(now) - _moment(stamp)).total_seconds() if stamp and now else 0.0


def _essence(row: Row) -> tuple[Any, ...]:
    lines = sorted(_line(item) for item in row.get("items") or ())
    return str(row.get("jobId") or ""), str(row.get("vendorId") or ""), plain(decimal(row.get("total"))), lines


def _line(item: Row) -> tuple[str, str, str, str]:
    amounts = (plain(decimal(item.get(name))) for name in ("quantity", "cost"))
    return (str(item.get("skuId") or ""), *amounts, readable(item.get("description")))  # type: ignore[return-value]


def _same_details(request: Row) -> Callable[[Row], bool]:
    """Whatever the request states; an approval may fill in what it left empty."""
    stated = [name for name in _MAY_BE_EMPTY if request.get(name) not in (None, "")]

    def same(order: Row) -> bool:
        return one_line(order.get("summary")) == one_line(request.get("summary")) and all(
            str(order.get(name) or "") == str(request.get(name) or "") for name in stated
        )

    return same


def _created_after(approved_at: str) -> Callable[[Row], bool]:
    def after(order: Row) -> bool:
        created = str(order.get("createdOn") or "")
        return bool(approved_at and created) and _moment(created) >= _moment(approved_at) - MARGIN

    return after


def _moment(stamp: str) -> datetime:
    found = datetime.fromisoformat(stamp)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
