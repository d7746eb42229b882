"""Changing a map: what a change would do is shown first, with what is wrong in it; then it is saved, all or nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations import code_checks, map_changes, map_files, reference_data, value_maps
from integrations.engine import Given
from integrations.errors import IntegrationError
from integrations.map_changes import ChangedMeanwhile, Wanted
from integrations.models import ValueMap
from integrations.portal.doing import come_back, faults_of
from integrations.portal.map_forms import asked_rows, is_upload, stored_rows, typed_code
from integrations.portal.maps import about, known, shown_code, shown_map
from integrations.portal.pages import PageRequest, actor, page, see
from integrations.refusals import CannotBeDone

DAYS = (7, 30, 90, 365)
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a change as it is shown: before, after, the other system's name of it, and what is wrong with it."""

    key: str
    before: str
    after: str
    label: str
    name: str
    fault: str


@page(role="owner", methods=("GET", "POST"))
def preview(request: PageRequest, name: str) -> HttpResponse:
    """What a change would do: rows, faults, and records of late that would come out differently. Saves nothing."""
    if request.method != "POST":
        return redirect("map", known(name))
    try:
        wanted = asked_rows(request, known(name))
    except map_files.WrongFile as wrong:
        more = [_("And %s more.") % (len(wrong.problems) - SHOWN)] if len(wrong.problems) > SHOWN else []
        return come_back(request, {"file": wrong.problems[:SHOWN] + more}, lambda asked: shown_map(asked, name))
    except CannotBeDone as error:
        return _back(request, name, faults_of(error))
    if (typed := typed_code(request)) and (found := _checked(name, wanted)[0].wrong):
        return come_back(request, {"value": list(found.values())}, lambda asked: shown_code(asked, name, typed))
    return _shown(request, name, wanted)


@page(role="owner", methods=("POST",))
def save(request: PageRequest, name: str) -> HttpResponse:
    """Saves a change that was looked at, once more held against the live system."""
    wanted = stored_rows(request, known(name))
    checked, _strange = _checked(name, wanted)
    if checked.wrong:
        return _shown(request, name, wanted, status=422)
    now = timezone.now()
    since = now - timedelta(days=_days(request)) if request.POST.get("again") == "yes" else None
    try:
        with transaction.atomic():
            woken, job = map_changes.save(
                name, wanted, request.customer, send_again_since=since, actor=actor(request), now=now
            )
    except ChangedMeanwhile as error:
        return _conflict(request, name, wanted, error.rows)
    messages.success(request, _told(len(wanted), woken, job.expected if job else 0))
    for reason in checked.unchecked:
        messages.warning(request, _("Saved, though it could not be checked there just now: %s") % reason)
    return see("map", name)


@page(role="owner", methods=("POST",))
def samples(request: PageRequest, name: str) -> HttpResponse:
    """What would be written of some of the records that a change reaches; asks both systems, writes nothing."""
    wanted = stored_rows(request, known(name))
    found = map_changes.look(name, wanted, since=timezone.now() - timedelta(days=_days(request)))
    context: dict[str, Any] = {**about(name), "wanted": _json(wanted), "days": _days(request)}
    try:
        context["previews"] = map_changes.samples(name, wanted, found)
    except IntegrationError as error:
        context["problem"] = error.message
    template = "portal/maps/_samples.html" if request.htmx else "portal/maps/samples.html"
    return render(request, template, context)


def _shown(request: PageRequest, name: str, wanted: Sequence[Wanted], *, status: int = 200) -> HttpResponse:
    checked, strange = _checked(name, wanted)
    days = _days(request)
    found = map_changes.look_closely(name, wanted, since=timezone.now() - timedelta(days=days))
    context = {
        "lines": _lines(name, wanted[:SHOWN], checked.wrong),
        "faults": list(checked.wrong.values())[:SHOWN],
        "count": len(wanted),
        "more": max(0, len(wanted) - SHOWN),
        "unchecked": checked.unchecked,
        "strange": strange[:SHOWN],
        "reach": found.reach,
        "differing": found.differing,
        "same": found.same,
        "days": days,
        "choices": DAYS,
        "wanted": _json(wanted),
    }
    template = "portal/maps/_preview.html" if request.htmx else "portal/maps/preview.html"
    return render(request, template, {**about(name), **context}, status=422 if checked.wrong else status)


def _checked(name: str, wanted: Sequence[Wanted]) -> tuple[reference_data.Checked, list[str]]:
    """What the live systems say of the values, and sentences on codes that do not exist there."""
    values = [each.given for each in wanted if each.given.value]
    checked = reference_data.check(values)
    found = code_checks.check(name, [given for given in values if given not in checked.wrong])
    checked.wrong |= found.wrong
    checked.unchecked += found.unchecked
    return checked, found.strange


def _conflict(
    request: PageRequest, name: str, wanted: Sequence[Wanted], rows: Mapping[str, ValueMap | None]
) -> HttpResponse:
    """Somebody was quicker: both values side by side, and a way to look at one's own change again."""
    mine = {each.given.key: each.given.value for each in wanted}
    fresh = [
        Wanted(each.given, value_maps.version_of(rows[each.given.key])) if each.given.key in rows else each
        for each in wanted
    ]
    both = [{"key": key, "mine": mine[key], "row": row} for key, row in rows.items()]
    context = {"both": both, "wanted": _json(fresh), "days": _days(request)}
    return render(request, "portal/maps/conflict.html", {**about(name), **context}, status=409)


def _lines(name: str, wanted: Sequence[Wanted], wrong: Mapping[Given, str]) -> list[Line]:
    rows = value_maps.current(name, [each.given.key for each in wanted])
    named = value_maps.value_names(name, {each.given.value for each in wanted})
    return [
        Line(
            each.given.key,
            rows[each.given.key].value if each.given.key in rows else "",
            each.given.value,
            each.given.label,
            named.get(each.given.value, ""),
            wrong.get(each.given, ""),
        )
        for each in wanted
    ]


def _back(request: PageRequest, name: str, faults: dict[str, list[str]]) -> HttpResponse:
    """The form that was sent, once more: that of one code, the file's, or the list with its ticks."""
    if typed := typed_code(request):
        return come_back(request, faults, lambda asked: shown_code(asked, name, typed))
    if is_upload(request):
        faults = {"file": [sentence for sentences in faults.values() for sentence in sentences]}
    return come_back(request, faults, lambda asked: shown_map(asked, name))


def _json(wanted: Sequence[Wanted]) -> str:
    return json.dumps([[each.given.key, each.given.value, each.given.label, each.version] for each in wanted])


def _days(request: PageRequest) -> int:
    given = request.POST.get("days", "")
    return int(given) if given in map(str, DAYS) else 30


def _told(rows: int, woken: int, again: int) -> str:
    said = [ngettext("%(n)s row is saved.", "%(n)s rows are saved.", rows) % {"n": rows}]
    if woken:
        said.append(
            ngettext("%(n)s record that waited goes on.", "%(n)s records that waited go on.", woken) % {"n": woken}
        )
    if again:
        said.append(ngettext("%(n)s record is sent again.", "%(n)s records are sent again.", again) % {"n": again})
    return " ".join(said)


routes = [
    path("maps/<slug:name>/preview/", preview, name="map-preview"),
    path("maps/<slug:name>/save/", save, name="map-save"),
    path("maps/<slug:name>/samples/", samples, name="map-samples"),
]
