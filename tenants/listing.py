"""Lists of both admin sites: by keyset, so that a page costs the same wherever it stands; never counted.

Where a page begins is told by the ordering's values of the row before it. The first condition alone is what an index is
searched by, so an ordering should have an index; it has to be unique and never null.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.admin import ShowFacets
from django.contrib.admin.views.main import PAGE_VAR
from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

FORWARD, BACK, END = "after", "before", "end"


class Pages:
    """What the theme's templates ask of a list's pages. A link is "" where there is no page."""

    template_name = "admin/pages.html"
    num_pages = 1

    def __init__(self, per_page: int) -> None:
        self.per_page = per_page
        self.count = 0
        self.first = self.previous = self.next = self.last = ""


class KeysetList(ChangeList):  # type: ignore[misc]
    """Reads one page, and one row more to know whether there is another."""

    def get_results(self, request: HttpRequest) -> None:
        """The rows, by one statement."""
        order: Sequence[str] = self.model_admin.keyset or self.model_admin.ordering
        given = request.GET.get(PAGE_VAR, "")
        pages = Pages(self.list_per_page)
        way, values = _position(given, len(order))
        found = _read(self.queryset, order, way, values, self.list_per_page + 1)
        more, rows = len(found) > self.list_per_page, found[: self.list_per_page]
        backwards = way in (BACK, END)
        if backwards:
            rows.reverse()
        if rows and (more if backwards else bool(values)):
            pages.first, pages.previous = self._link(""), self._link(_told(BACK, rows[0], order))
        if rows and (way == BACK or (more and not backwards)):
            pages.next, pages.last = self._link(_told(FORWARD, rows[-1], order)), self._link(END)
        pages.first = pages.first or (self._link("") if given else "")
        pages.count = len(rows)
        self.paginator, self.result_list = pages, rows
        self.result_count = self.full_result_count = len(rows)  # of this page: nobody has counted the others
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.show_admin_actions = True

    def _link(self, position: str) -> str:
        return str(self.get_query_string({PAGE_VAR: position} if position else None, [PAGE_VAR]))


class KeysetAdmin(ModelAdmin):  # type: ignore[misc]
    """A list by keyset. Each page names its `ordering` (or, of what it annotates, `keyset`).

    Columns do not sort, and only `list_filter` filters.
    """

    list_per_page = 50
    list_filter_submit = True
    show_full_result_count = False
    show_facets = ShowFacets.NEVER  # they count
    actions_selection_counter = True  # of this page; the script of the list needs it
    sortable_by: ClassVar[Sequence[str]] = ()
    ordering: ClassVar[Sequence[str]] = ()
    keyset: ClassVar[Sequence[str]] = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetList]:
        """See `KeysetList`."""
        return KeysetList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what the filters offer: a lookup made by hand would be one that no index serves."""
        name, _, rest = lookup.partition("__")
        offered = {_parameter(given) for given in self.get_list_filter(request)}
        return name in offered and rest in ("", "exact", "id__exact", "isnull")


def _parameter(given: Any) -> str:
    """The name under which a filter of `list_filter` asks."""
    if isinstance(given, tuple):
        return str(given[0])
    return given if isinstance(given, str) else str(given.parameter_name)


def _read(rows: QuerySet[Any], order: Sequence[str], way: str, values: Sequence[Any], most: int) -> list[Any]:
    """Rows behind a position, in the order of reading: backwards where the way says so."""
    if way in (BACK, END):
        order = [name[1:] if name.startswith("-") else f"-{name}" for name in order]
    if values:
        try:
            rows = rows.filter(_behind(order, values))
            return list(rows.order_by(*order)[:most])
        except (ValueError, TypeError, ValidationError):
            return list(rows.none())
    return list(rows.order_by(*order)[:most])


def _behind(order: Sequence[str], values: Sequence[Any]) -> Q:
    where = Q(**{f"{_comparison(order[0])}e": values[0]})
    behind, same = Q(), Q()
    for name, value in zip(order, values, strict=True):
        behind |= same & Q(**{_comparison(name): value})
        same &= Q(**{name.lstrip("-"): value})
    return where & behind


def _comparison(name: str) -> str:
    return f"{name[1:]}__lt" if name.startswith("-") else f"{name}__gt"


def _told(way: str, row: Model, order: Sequence[str]) -> str:
    values = [_value(row, name.lstrip("-")) for name in order]
    return f"{way}.{signing.b64_encode(json.dumps(values).encode()).decode()}"


def _value(row: Any, name: str) -> Any:
    for part in name.split("__"):
        row = getattr(row, part)
    if isinstance(row, datetime):
        return {"t": row.isoformat()}
    return str(row) if isinstance(row, UUID) else row


def _position(given: str, size: int) -> tuple[str, list[Any]]:
    """Way and values; the first page for what is no position."""
    if given == END:
        return END, []
    way, _, rest = given.partition(".")
    try:
        found = json.loads(signing.b64_decode(rest.encode())) if way in (FORWARD, BACK) else []
        values = [datetime.fromisoformat(value["t"]) if isinstance(value, dict) else value for value in found]
    except (ValueError, TypeError, KeyError):
        return FORWARD, []
    good = len(values) == size and not any(value is None or isinstance(value, list) for value in values)
    return (way, values) if good else (FORWARD, [])
