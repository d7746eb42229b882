"""Finding rows: condition, order, page. Uses an index where one helps, walks the table where none does."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cmp_to_key
from itertools import islice
from typing import Any

from simulators.sap.access import Rows
from simulators.sap.conditions import Condition, Range
from simulators.sap.store import Getter, Row, Table, family

# An ordered walk of an index may look at this many times more rows than sorting all hits would touch.
_WALK = 20


@dataclass(frozen=True, slots=True)
class Order:
    """One criterion of ``$orderby``: the column, how to read it, how it compares."""

    column: str
    read: Getter
    sort: Callable[[Any], Any]
    descending: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: those that pass ``condition`` (None: all), ordered, from ``skip`` on, at most ``top``."""

    condition: Condition | None
    order: tuple[Order, ...]
    skip: int
    top: int | None
    count: bool


@dataclass(frozen=True, slots=True)
class Found:
    """The page, how many rows there are in all (if asked for), and whether rows follow the page."""

    rows: list[Row]
    total: int | None
    more: bool


def search(table: Table, wanted: Wanted) -> Found:
    """Rows of a whole table."""
    ordered = _ordered(table, wanted)
    if ordered is not None and wanted.count and wanted.condition is None:
        page = search(table, replace(wanted, count=False))
        return replace(page, total=len(table.indexes[wanted.order[0].column].entries()))
    if ordered is not None:
        return _page(_passing(ordered, wanted.condition), wanted)
    return select(_candidates(table, wanted.condition), wanted)


def select(rows: Iterable[Row], wanted: Wanted) -> Found:
    """Rows out of a given collection."""
    hits = list(_passing(rows, wanted.condition))
    if wanted.order:
        hits.sort(key=_comparison(wanted.order))
    return _page(hits, wanted)


def _passing(rows: Iterable[Row], condition: Condition | None) -> Iterable[Row]:
    return rows if condition is None else filter(condition.test, rows)


def _page(hits: Iterable[Row], wanted: Wanted) -> Found:
    if wanted.count:
        hits = list(hits)
    total = len(hits) if isinstance(hits, list) else None
    end = None if wanted.top is None else wanted.skip + wanted.top + 1
    rows = list(islice(hits, wanted.skip, end))
    more = wanted.top is not None and len(rows) > wanted.top
    return Found(rows[: wanted.top], total if wanted.count else None, more)


def _comparison(order: tuple[Order, ...]) -> Callable[[Row], Any]:
    if not any(each.descending for each in order):
        return lambda row: [each.sort(each.read(row)) for each in order]

    def compare(one: Row, other: Row) -> int:
        for each in order:
            a, b = each.sort(each.read(one)), each.sort(each.read(other))
            if a != b:
                return (1 if a > b else -1) * (-1 if each.descending else 1)
        return 0

    return cmp_to_key(compare)


def _size(table: Table, span: Range) -> int:
    index = table.root.indexes[span.column] if span.column not in table.indexes else table.indexes[span.column]
    start, end = index.span(span.low, span.above, span.high, span.below)
    return end - start


def _best(table: Table, condition: Condition | None) -> tuple[int, tuple[Range, ...]] | None:
    plans = condition.plans if condition is not None else []
    return min(((sum(_size(table, span) for span in plan), plan) for plan in plans), key=lambda it: it[0], default=None)


def _ordered(table: Table, wanted: Wanted) -> Iterator[Row] | None:
    """The rows in the wanted order straight from an index, or None when sorting the hits is better."""
    index = table.indexes.get(wanted.order[0].column) if wanted.order else None
    if index is None or not _follows_key(table, wanted.order):
        return None
    plans = wanted.condition.plans if wanted.condition is not None else []
    own = next((plan[0] for plan in plans if len(plan) == 1 and plan[0].column == index.column), Range(index.column))
    start, end = index.span(own.low, own.above, own.high, own.below)
    best = _best(table, wanted.condition)
    if best is not None and best[0] * _WALK < end - start:
        return None
    entries = index.entries()
    places = range(end - 1, start - 1, -1) if wanted.order[0].descending else range(start, end)
    return (entries[place][2] for place in places)


def _follows_key(table: Table, order: tuple[Order, ...]) -> bool:
    key = [column for column in table.shape.key if column != order[0].column]
    rest = [each.column for each in order[1:] if each.column != order[0].column]
    same_way = all(each.descending == order[0].descending for each in order)
    # A descending index walk may end ties in any order when the caller does not ask for one.
    return rest == key[: len(rest)] and same_way


def _candidates(table: Table, condition: Condition | None) -> Iterable[Row]:
    best = _best(table, condition)
    if best is None:
        return table.everything()
    seen = {id(row): row for span in best[1] for row in _within(table, span)}
    found = list(seen.values())
    found.sort(key=lambda row: row.key)
    return found


def _within(table: Table, span: Range) -> Rows:
    index = table.indexes.get(span.column)
    if index is not None:
        start, end = index.span(span.low, span.above, span.high, span.below)
        return [entry[2] for entry in index.entries()[start:end]]
    roots = table.root.indexes[span.column]
    start, end = roots.span(span.low, span.above, span.high, span.below)
    above = [entry[2] for entry in roots.entries()[start:end]]
    return [row for root in above for row in family(root) if row.table is table]
