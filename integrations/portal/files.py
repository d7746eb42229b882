"""A long list as a CSV file, piece by piece, for a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone

from integrations.portal.keyset import behind
from integrations.portal.pages import PageRequest
from integrations.sheet import cell
from tenants.models import Customer
from tenants.schema import within

M = TypeVar("M", bound=Model)
Told = Callable[[list[M]], Iterable[Sequence[object]]]
"""The lines of a batch of rows; called in the customer's schema."""

BATCH = 2_000


def csv_file(
    request: PageRequest, name: str, rows: QuerySet[M], *, order: Sequence[str], columns: Sequence[str], told: Told[M]
) -> StreamingHttpResponse:
    """All rows in this order (as `keyset.listed` takes it), in a file that is named after today."""
    headers = {"Content-Disposition": f'attachment; filename="{name}-{timezone.localdate():%Y-%m-%d}.csv"'}
    lines = _lines(request.customer, rows, order, columns, told)
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


def _lines(
    customer: Customer, rows: QuerySet[M], order: Sequence[str], columns: Sequence[str], told: Told[M]
) -> Iterator[str]:
    """Batches of their own, so that whoever reads slowly holds up no transaction; each in the customer's schema."""
    out = csv.writer(_Echo(), lineterminator="\r\n")
    yield "\ufeff" + out.writerow(columns)
    last: M | None = None
    while True:
        with within(customer):
            batch = list(behind(rows, order, last)[:BATCH])
            lines = [[cell(value) for value in line] for line in told(batch)]
        yield "".join(str(out.writerow(line)) for line in lines)
        if len(batch) < BATCH:
            return
        last = batch[-1]


class _Echo:
    """A file whose lines are handed on as they are written."""

    def write(self, line: str) -> str:
        return line
