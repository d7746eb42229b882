"""/audit/: who did what, newest first; the same as a file; whether the seals hold is told by `verify_audit`."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext_lazy as _

from integrations.models import AuditEvent, AuditSeal
from integrations.portal.files import csv_file
from integrations.portal.keyset import listed
from integrations.portal.pages import PageRequest, page
from integrations.portal.window import Window

ORDER = ("-sequence",)
COLUMNS = ("at", "who", "kind of actor", "deed", "thing", "id of the thing", "detail", "correlation id")


class Filters(Window):
    """What the list is narrowed to. Days are the reader's."""

    who = forms.CharField(
        label=_("Who"), required=False, max_length=80, help_text=_("An address, or the name of a key")
    )
    deed = forms.CharField(
        label=_("Deed"), required=False, max_length=60, help_text=_("For example: connection, or sync.paused")
    )

    field_order = ("who", "deed", "since", "until")

    def rows(self) -> QuerySet[AuditEvent]:
        """The events that fit."""
        given, found, (since, until) = self.cleaned_data, AuditEvent.objects.all(), self.moments()
        if given["who"]:
            found = found.filter(actor_label__istartswith=given["who"])
        if given["deed"]:
            found = found.filter(action__startswith=given["deed"])
        if since:
            found = found.filter(at__gte=since)
        if until:
            found = found.filter(at__lt=until)
        return found


@page(role="owner")
def trail(request: PageRequest) -> HttpResponse:
    """Newest first."""
    form = Filters(request.GET)
    shown: dict[str, Any] = {"form": form}
    if not form.is_valid():
        return render(request, "portal/audit/list.html", shown, status=422)
    found = listed(request, form.rows(), order=ORDER)
    seals = AuditSeal.objects.filter(what="events", kind=AuditSeal.Kind.SEAL).order_by("-position")
    shown |= {
        "rows": [(event, _sentence(event.detail)) for event in found.rows],
        "cursor": found.cursor,
        "sealed_at": seals.values_list("at", flat=True).first(),
        "query": urlencode({name: value for name, value in request.GET.items() if value and name != "cursor"}),
    }
    return render(request, "portal/audit/list.html", shown)


@page(role="owner")
def trail_file(request: PageRequest) -> HttpResponseBase:
    """All of the list, as CSV, piece by piece."""
    form = Filters(request.GET)
    if not form.is_valid():
        return render(request, "portal/audit/list.html", {"form": form}, status=422)
    return csv_file(request, "audit", form.rows(), order=ORDER, columns=COLUMNS, told=lambda rows: map(_cells, rows))


def _cells(event: AuditEvent) -> tuple[object, ...]:
    who = (event.actor_label or event.actor_id, event.actor_kind)
    detail = json.dumps(event.detail, ensure_ascii=False, sort_keys=True) if event.detail else ""
    return event.at, *who, event.action, event.subject, event.subject_id, detail, event.correlation_id


def _sentence(detail: Any) -> list[tuple[str, str]]:
    """What was given or changed, by name; a pair of values as before and after."""
    return [(name.replace("_", " "), _told(value)) for name, value in sorted(detail.items())]


def _told(value: Any) -> str:
    if isinstance(value, dict) and set(value) == {"before", "after"}:
        return f"{_told(value['before'])} → {_told(value['after'])}"
    if isinstance(value, list):
        return ", ".join(map(_told, value)) or "-"
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return "-" if value in (None, "") else str(value)


routes = [path("audit/", trail, name="audit"), path("audit/file/", trail_file, name="audit-file")]
