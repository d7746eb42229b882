"""Pages of a long list: a signed cursor says behind which row the next one begins. Nothing is counted.

A page costs the same wherever it stands, and a row that comes or goes meanwhile moves no other to another page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext

M = TypeVar("M", bound=Model)

SALT = "integrations.portal.keyset"
SIZE = 50


@dataclass(frozen=True, slots=True)
class Listed(Generic[M]):
    """Rows of one page; `cursor` leads to the next one, "" on the last (see templates/portal/_next.html)."""

    rows: list[M]
    cursor: str


def listed(request: HttpRequest, rows: QuerySet[M], *, order: Sequence[str], size: int = SIZE) -> Listed[M]:
    """The page that `?cursor` names, the first one without it.

    `order`: field names, descending with a minus, together unique and never null; an index should have them. A cursor
    of another list, or of other filters, leads to the first page, and the reader is told.
    """
    values = _values(request, len(order))
    try:
        found = list(_behind(rows, order, values).order_by(*order)[: size + 1])
    except (ValueError, TypeError, ValidationError):
        found = list(rows.order_by(*order)[: size + 1])
    more = len(found) > size
    return Listed(found[:size], _cursor(request, found[size - 1], order) if more else "")


def behind(rows: QuerySet[M], order: Sequence[str], row: M | None) -> QuerySet[M]:
    """The rows behind one that was read, in the same order; all of them without one."""
    values = [getattr(row, name.lstrip("-")) for name in order] if row is not None else None
    return _behind(rows, order, values).order_by(*order)


def _behind(rows: QuerySet[M], order: Sequence[str], values: Sequence[Any] | None) -> QuerySet[M]:
    """The first condition alone is what an index is searched by."""
    if values is None:
        return rows
    where, found, same = Q(**{f"{_compared(order[0])}e": values[0]}), Q(), Q()
    for name, value in zip(order, values, strict=True):
        found |= same & Q(**{_compared(name): value})
        same &= Q(**{name.lstrip("-"): value})
    return rows.filter(where & found)


def _compared(name: str) -> str:
    return f"{name[1:]}__lt" if name.startswith("-") else f"{name}__gt"


def _cursor(request: HttpRequest, row: Model, order: Sequence[str]) -> str:
    values = [getattr(row, name.lstrip("-")) for name in order]
    told = [{"t": value.isoformat()} if isinstance(value, datetime) else str(value) for value in values]
    return signing.dumps({"v": told, "of": _list(request)}, salt=SALT, compress=True)


def _values(request: HttpRequest, size: int) -> list[Any] | None:
    given = request.GET.get("cursor")
    if not given:
        return None
    try:
        found = signing.loads(given, salt=SALT)
        values = [datetime.fromisoformat(v["t"]) if isinstance(v, dict) else v for v in found["v"]]
    except (signing.BadSignature, ValueError, TypeError, KeyError):
        values = []
    if len(values) != size or found.get("of") != _list(request):
        messages.warning(request, gettext("That place in the list is not known any more: this is its first page."))
        return None
    return values


def _list(request: HttpRequest) -> str:
    """Host, path and filters, as a digest: on another host there are other customers' rows."""
    given = sorted((name, value) for name, many in request.GET.lists() for value in many if name != "cursor" and value)
    return hashlib.sha256(repr((request.get_host(), request.path, given)).encode()).hexdigest()[:16]
