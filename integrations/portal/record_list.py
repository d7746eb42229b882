"""/records/: every record by any of its numbers, by flow, state and time; the same as a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from integrations import finding
from integrations.engine import Selection, selecting
from integrations.models import Delivery, Link, Sync
from integrations.portal.files import Told, csv_file
from integrations.portal.keyset import listed
from integrations.portal.pages import PageRequest, page
from integrations.portal.window import Window
from integrations.portal.words import CHOICES, flow_title, state_of

ORDER = ("-created_at", "-id")
COLUMNS = (
    "record",
    "what",
    "flow",
    "state",
    "reason",
    "cause",
    "waits for",
    "number there",
    "version",
    "read",
    "ended",
)


class Filters(Window):
    """What a list of records is narrowed to. Days are the reader's."""

    q = forms.CharField(
        label=_("Any number"),
        required=False,
        max_length=120,
        strip=True,
        help_text=_("An order, invoice or vendor number, in SAP or in ServiceTitan"),
    )
    flow = forms.ChoiceField(label=_("Flow"), required=False)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("Any")), *((key, text) for key, (text, _s) in CHOICES.items())],
    )
    code = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    needs = forms.CharField(required=False, max_length=240, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        flows = Sync.objects.order_by("flow").values_list("flow", flat=True)
        field: Any = self.fields["flow"]
        field.choices = [("", gettext("Any")), *((flow, flow_title(flow)) for flow in flows)]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Records that fit a form. `is_narrowed`: it is not about all of them."""

    rows: QuerySet[Delivery]
    is_narrowed: bool


@page(role="viewer")
def records(request: PageRequest) -> HttpResponse:
    """Newest first, each record by its newest version."""
    form = Filters(request.GET)
    shown: dict[str, Any] = {"form": form, "query": _query(request)}
    if not form.is_valid():
        return render(request, "portal/records/list.html", shown, status=422)
    wanted = fitting(form)
    found = listed(request, wanted.rows, order=ORDER)
    rows = [(row, *state_of(row.state), flow_title(row.sync.flow)) for row in found.rows]
    shown |= {"rows": rows, "cursor": found.cursor, "narrowed": wanted.is_narrowed}
    return render(request, "portal/records/list.html", shown)


@page(role="viewer")
def records_file(request: PageRequest) -> HttpResponseBase:
    """All of the list, as CSV, piece by piece."""
    form = Filters(request.GET)
    if not form.is_valid():
        return render(request, "portal/records/list.html", {"form": form, "query": ""}, status=422)
    return csv_file(request, "records", fitting(form).rows, order=ORDER, columns=COLUMNS, told=_lines_of())


def fitting(form: Filters) -> Wanted:
    """The newest versions that fit a valid form, without what they carry. Three statements, for a number, at most."""
    given, (since, until) = form.cleaned_data, form.moments()
    states = CHOICES[given["state"]][1] if given["state"] else ()
    selection = Selection(
        flows=(given["flow"],) if given["flow"] else (),
        states=tuple(map(str, states)),
        codes=(given["code"],) if given["code"] else (),
        needs=given["needs"],
        since=since,
        until=until,
    )
    having = finding.having(given["q"]) if given["q"] else Q()
    rows = selecting.newest(selection).filter(having).select_related("sync").defer("payload", "notes")
    return Wanted(rows, bool(selection.as_json() or given["q"]))


def _query(request: PageRequest) -> str:
    return urlencode([(name, v) for name, many in request.GET.lists() for v in many if name != "cursor" and v])


def _lines_of() -> Told[Delivery]:
    """The lines of a batch, with times in the zone of who asks, who is gone once they are read."""
    zone = timezone.get_current_timezone()

    def lines(batch: list[Delivery]) -> Iterable[Sequence[object]]:
        there = _numbers_there(batch)
        return [_line(row, there, zone) for row in batch]

    return lines


def _line(row: Delivery, there: dict[tuple[str, str], str], zone: Any) -> list[Any]:
    number = there.get((row.sync.flow, row.source_key), "")
    words = (flow_title(row.sync.flow), state_of(row.state)[0], row.reason, row.code, row.needs, number, row.number)
    times = (at.astimezone(zone).replace(microsecond=0) if at else None for at in (row.created_at, row.closed_at))
    return [row.source_key, row.label, *words, *times]


def _numbers_there(batch: list[Delivery]) -> dict[tuple[str, str], str]:
    keys = {row.source_key for row in batch}
    links = Link.objects.filter(flow__in={row.sync.flow for row in batch}, source_key__in=keys)
    return {(flow, key): target for flow, key, target in links.values_list("flow", "source_key", "target_key")}


routes = [
    path("records/", records, name="records"),
    path("records/csv/", records_file, name="records-file"),
]
