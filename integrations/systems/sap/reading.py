"""Reads pages of one entity set in our shape: conditions, order, children in full, next links only as far as needed.

Pages are asked for by key or by stamp and key, never by $skip: rows move between such pages (SAP/cloud-sdk issue 1193).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from integrations.errors import Transient
from integrations.systems.sap.client import SapClient
from integrations.systems.sap.entity import Child, Entity
from integrations.systems.sap.odata import Envelope
from integrations.systems.sap.services import Offer

Row = dict[str, Any]
Operator = Literal["eq", "ne", "gt", "ge", "lt", "le"]

# Keys that are asked for in one filter; with the field lists the URL stays below 6,000 characters.
MAX_KEYS = 25


@dataclass(frozen=True, slots=True)
class Where:
    """One comparison. `field` is our name of a declared field; `value` is in our shape."""

    field: str
    operator: Operator
    value: str


# A filter: alternatives of comparisons that hold together.
Filter = Sequence[Sequence[Where]]


@dataclass(frozen=True, slots=True)
class Found:
    """A page in our shape. `more`: the set goes on behind it. `date` is the server's clock.

    `total` is how many rows the filter has, where that was asked for and told.
    """

    rows: list[Row]
    more: bool
    date: datetime | None
    total: int | None = None


def _same(row: Row) -> Row:
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One entity set of one service version.

    `keys` are the fields that order it without ties; `only` holds for every read; `shape` folds what the versions
    have in different places.
    """

    offer: Offer
    entity_set: str
    entity: Entity
    keys: tuple[str, ...]
    only: tuple[Where, ...] = ()
    shape: Callable[[Row], Row] = _same

    def page(
        self,
        client: SapClient,
        lacking: frozenset[str],
        filters: Filter,
        order: Sequence[str],
        *,
        top: int,
        counted: bool = False,
    ) -> Found:
        """The first `top` rows of a filter in that order ("Name" or "Name desc").

        All alternatives of `filters` are combined with `only`. A server that hands out less than asked for says so by
        a next link, which is followed only while it brought nothing yet: the caller goes on by key.
        """
        more = (self.offer.dialect.counted,) if counted else ()
        got = client.rows(self.offer, self.entity_set, (*self.params(lacking, filters, order, top=top), *more))
        date, total = got.date, got.total
        while not got.rows and got.next:
            got = client.follow(self.offer, got.next)
        rows = [self.row(client, raw) for raw in got.rows]
        return Found(rows, bool(got.next) or len(rows) >= top, date, total)

    def params(
        self, lacking: frozenset[str], filters: Filter, order: Sequence[str], *, top: int
    ) -> tuple[tuple[str, str], ...]:
        """The query of a page."""
        params = [*self.offer.dialect.projection(self.entity, lacking), ("$top", str(top))]
        if text := self._filter(filters):
            params.append(("$filter", text))
        params.append(("$orderby", ",".join(self._ordered(name) for name in order)))
        return tuple(params)

    def every(self, client: SapClient, lacking: frozenset[str], filters: Filter, *, page: int) -> Iterator[Row]:
        """All rows of a filter in key order. `filters` [[]] is everything."""
        after: Filter = [[]]
        while True:
            both = [[*one, *other] for one in filters for other in after]
            found = self.page(client, lacking, both, self.keys, top=page)
            yield from found.rows
            if not found.more or not found.rows:
                return
            after = self.after(self.key(found.rows[-1]))

    def row(self, client: SapClient, raw: Row) -> Row:
        """One raw row in our shape, with all of its children. Raises Transient for a record without its key."""
        row = self.shape(self._entity(client, self.entity, raw))
        if missing := [name for name in self.keys if row.get(name) in (None, "")]:
            message = f"SAP's answer of {self.entity_set} holds a record without its {missing[0]}."
            raise Transient(message, code="malformed-answer")
        return row

    def after(self, values: Sequence[str]) -> Filter:
        """The filter for rows behind a key, in key order: (a > A) or (a = A and b > B)."""
        return [
            [*(Where(name, "eq", values[i]) for i, name in enumerate(self.keys[:at])), Where(field, "gt", values[at])]
            for at, field in enumerate(self.keys)
        ]

    def key(self, row: Row) -> list[str]:
        """The key of a row, for `after`."""
        return [str(row[name]) for name in self.keys]

    def _entity(self, client: SapClient, entity: Entity, raw: Row) -> Row:
        row = self.offer.dialect.row(entity, raw)
        for child in entity.children:
            rows = [self._entity(client, child.entity, one) for one in self._children(client, child, raw)]
            row[child.name] = rows if child.many else (rows[0] if rows else None)
        return row

    def _children(self, client: SapClient, child: Child, raw: Row) -> Iterator[Row]:
        """All expanded rows: a long list of items comes in pieces, and half an order must never look like a whole."""
        envelope = self.offer.dialect.nested(raw, child)
        yield from envelope.rows
        seen: set[str] = set()
        while envelope.next:
            if envelope.next in seen:
                raise Transient("SAP's next link leads back to where it was.", code="malformed-answer")
            seen.add(envelope.next)
            got = client.follow(self.offer, envelope.next)
            envelope = Envelope(got.rows, got.next)
            yield from envelope.rows

    def _filter(self, filters: Filter) -> str:
        fixed = [self._condition(one) for one in self.only]
        groups = [" and ".join(self._condition(one) for one in group) for group in filters if group]
        if len(groups) == 1:
            return " and ".join([*fixed, groups[0]])
        either = " or ".join(f"({group})" if " and " in group else group for group in groups)
        return " and ".join([*fixed, f"({either})" if fixed else either]) if either else " and ".join(fixed)

    def _condition(self, one: Where) -> str:
        declared = self.entity.field(one.field)
        return f"{declared.source} {one.operator} {self.offer.dialect.literal(declared.kind, one.value)}"

    def _ordered(self, name: str) -> str:
        field, _, direction = name.partition(" ")
        return f"{self.entity.field(field).source} {direction or 'asc'}"
