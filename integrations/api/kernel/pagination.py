"""Lists by keyset: an opaque, signed cursor says after which row the next page begins. Nothing is counted.

A page costs the same wherever it stands in the list, and a row that comes or goes meanwhile moves no other row to
another page. The cursor belongs to one path with one set of filters.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from integrations.api.kernel.problems import Problem, invalid

M = TypeVar("M", bound=Model)
Show = Callable[[list[Any]], Sequence[Mapping[str, Any]]]

LIMIT, MOST = 50, 200
SALT = "integrations.api.cursor"


def page(request: Request, rows: QuerySet[M], *, order: Sequence[str], show: type[Serializer[Any]] | Show) -> Response:
    """One page of `rows` as {"items": [...], "next": path or null, "next_cursor": text or null}.

    `order`: field names, descending with a minus, together unique and never null; an index should have them. `show`
    makes the items: a serializer, or a function that is given the whole page, so that it can ask for what belongs to
    the rows in one statement.
    Raises Problem for a limit or a cursor that is none.
    """
    limit = limit_of(request)
    after = _position(request, len(order))
    found = list(_after(rows, order, after).order_by(*order)[: limit + 1])
    cursor = _cursor(request, found[limit - 1], order) if len(found) > limit else None
    body = {"items": _items(found[:limit], show), "next": _link(request, cursor), "next_cursor": cursor}
    return Response(body)


def _items(rows: list[Any], show: Any) -> Sequence[Mapping[str, Any]]:
    items: Sequence[Mapping[str, Any]] = show(rows, many=True).data if isinstance(show, type) else show(rows)
    return items


def whole(request: Request, items: Sequence[Mapping[str, Any]]) -> Response:
    """A list that is short by its nature, in the form of a page; `limit` is read and not needed. Raises Problem."""
    limit_of(request)
    if "cursor" in request.query_params:
        raise _strange()
    return Response({"items": items, "next": None, "next_cursor": None})


def limit_of(request: Request) -> int:
    """How many rows are asked for: 1 to 200, 50 if it is not said. Raises Problem."""
    given = request.query_params.get("limit", str(LIMIT))
    if not (given.isascii() and given.isdecimal() and len(given) < 5 and 1 <= int(given) <= MOST):
        raise invalid("?limit", "limit", f"limit is a whole number from 1 to {MOST}.")
    return int(given)


def _after(rows: QuerySet[M], order: Sequence[str], values: Sequence[Any] | None) -> QuerySet[M]:
    """The rows behind a position. The first condition alone is what an index is searched by."""
    if values is None:
        return rows
    where = Q(**{_comparison(order[0]) + "e": values[0]})
    behind, same = Q(), Q()
    for name, value in zip(order, values, strict=True):
        behind |= same & Q(**{_comparison(name): value})
        same &= Q(**{name.lstrip("-"): value})
    try:
        return rows.filter(where & behind)
    except (ValueError, TypeError, ValidationError):
        raise _strange() from None


def _comparison(name: str) -> str:
    return f"{name[1:]}__lt" if name.startswith("-") else f"{name}__gt"


def _cursor(request: Request, row: Model, order: Sequence[str]) -> str:
    values = [_told(row, name.lstrip("-")) for name in order]
    return signing.dumps({"v": values, "of": _filters(request)}, salt=SALT, compress=True)


def _told(row: Any, name: str) -> Any:
    for part in name.split("__"):
        row = getattr(row, part)
    if isinstance(row, datetime):
        return {"t": row.isoformat()}
    return str(row) if isinstance(row, UUID) else row


def _position(request: Request, size: int) -> list[Any] | None:
    given = request.query_params.get("cursor")
    if given is None:
        return None
    try:
        found = signing.loads(given, salt=SALT)
        values = [datetime.fromisoformat(v["t"]) if isinstance(v, dict) else v for v in found["v"]]
    except (signing.BadSignature, ValueError, TypeError, KeyError):
        raise _strange() from None
    if found.get("of") != _filters(request) or len(values) != size:
        raise _strange()
    return values


def _filters(request: Request) -> str:
    """Host, path and filters of the list, as a digest: on another host there are other customers' rows."""
    given = sorted((name, v) for name, v in _query(request) if name not in ("cursor", "limit"))
    return hashlib.sha256(repr((request.get_host(), request.path, given)).encode()).hexdigest()[:16]


def _link(request: Request, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    given = [(name, value) for name, value in _query(request) if name != "cursor"]
    return f"{request.path}?{urlencode([*given, ('cursor', cursor)])}"


def _query(request: Request) -> list[tuple[str, str]]:
    return [(name, value) for name, values in request.query_params.lists() for value in values]


def _strange() -> Problem:
    detail = "Take the cursor from the last page of the very same list, with the same filters, or leave it out."
    return Problem("invalid-cursor", detail)
