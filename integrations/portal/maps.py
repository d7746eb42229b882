"""The pages on which codes are mapped: all maps, one map with its codes, one code, its history, the map as a file."""

from __future__ import annotations

from typing import Any, cast

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from integrations import catalogue, map_files, reference_data, value_maps
from integrations.mapping_rules import is_rule, problem_with
from integrations.models import ReplayJob
from integrations.portal.doing import come_back
from integrations.portal.live import live
from integrations.portal.map_words import words
from integrations.portal.pages import PageRequest, page
from integrations.value_maps import Only

PAGE = 50
FILTERS = ("all", "unmapped", "blocked", "rules", "vanished")


@page(role="viewer")
def maps(request: PageRequest) -> HttpResponse:
    """Every map with its numbers, those that hold records up first."""
    rows = [(words(row.name), row) for row in value_maps.listed()]
    rows.sort(key=lambda pair: (not pair[1].blocked, not pair[1].missing, not pair[1].rows, pair[1].name))
    return render(request, "portal/maps/list.html", {"rows": rows})


@page(role="viewer")
def one_map(request: PageRequest, name: str) -> HttpResponse:
    """The codes of a map, with what they lead to; of those without a row, what they may mean."""
    return shown_map(request, known(name))


def shown_map(request: PageRequest, name: str) -> HttpResponse:
    """The page of a map, as its address narrows it; with what is wrong in `request.refused`, by form."""
    text, only = asked(request, "q", 200), request.GET.get("only", "")
    shown: Only = cast(Only, only) if only in FILTERS else "all"
    found = value_maps.codes(
        name, text=text, only=shown, after=asked(request, "cursor", map_files.KEY_LENGTH), size=PAGE + 1
    )
    tabs = [("all", _("All")), ("unmapped", _("Without a value")), ("blocked", _("Holding records up"))]
    tabs += [] if catalogue.is_exact(name) else [("rules", _("Rules"))]
    context = {
        "codes": found[:PAGE],
        "tickable": any(code.suggestions and not code.value for code in found[:PAGE]),
        "next": found[PAGE - 1].key if len(found) > PAGE else "",
        "q": text,
        "only": shown,
        "tabs": [*tabs, ("vanished", _("Gone there"))],
        "job": _job(name),
        "ticked": request.POST.getlist("key"),
    }
    is_part = request.htmx and request.htmx.target == "codes"
    template = "portal/maps/_codes.html" if is_part else "portal/maps/map.html"
    return render(request, template, {**about(name), **context})


@page(role="owner")
def edit(request: PageRequest, name: str) -> HttpResponse:
    """One code: what it may mean, a search in the other system, and the value that it shall have."""
    key = asked(request, "key", 2 * map_files.KEY_LENGTH).strip()
    if wrong := wrong_key(known(name), key):
        return come_back(request, {"new_key": [wrong]}, lambda asked: shown_map(asked, name))
    return shown_code(request, name, key)


def wrong_key(name: str, key: str) -> str:
    """What is wrong with a code that shall have a value, "" if nothing is."""
    if not key:
        return _("Enter a code first.")
    if len(key) > map_files.KEY_LENGTH:
        return _("A code has at most %(most)s characters.") % {"most": map_files.KEY_LENGTH}
    return problem_with(key, exact=catalogue.is_exact(name))


def shown_code(request: PageRequest, name: str, key: str) -> HttpResponse:
    """The page of one code; a form that comes back keeps what was typed into it."""
    text, code = asked(request, "find", 100), value_maps.one(name, key)
    lead = reference_data.leads([name]).get(name)
    found = reference_data.search(lead.connection, lead.kind, text) if lead and text.strip() else []
    context: dict[str, Any] = {
        "code": code,
        "find": text,
        "found": found[:20],
        "can_search": lead is not None,
        "suggestions": reference_data.suggest(name, key) if not is_rule(key) else (),
        "value": code.row.value if code.row else "",
        "note": code.row.label if code.row else "",
        "version": code.version,
    }
    if request.method == "POST":
        context |= _typed(request, key, {one.value for one in context["suggestions"]} | set(catalogue.map_words(name)))
    template = "portal/maps/_edit.html" if request.htmx and request.method != "POST" else "portal/maps/edit.html"
    return render(request, template, {**about(name), **context})


def _typed(request: PageRequest, key: str, offered: set[str]) -> dict[str, str]:
    """What the form of a code held. What was found by a search is offered no more, so it stands as if typed."""
    value, chosen, note, version = (
        request.POST.get(f"{field}:{key}", "") for field in ("other", "value", "label", "version")
    )
    value, chosen = (value, chosen) if chosen in offered else (chosen or value, "")
    return {"value": value, "chosen": chosen, "note": note, "version": version}


@page(role="viewer")
def history(request: PageRequest, name: str) -> HttpResponse:
    """Who changed a code's row, and when."""
    key = asked(request, "key", map_files.KEY_LENGTH)
    if not key:
        raise Http404
    shown = {"code": value_maps.one(known(name), key), "events": value_maps.history(name, key)}
    return render(request, "portal/maps/history.html", {**about(name), **shown})


@page(role="viewer")
def job(request: PageRequest, name: str) -> HttpResponse:
    """How far it is with what is sent again because of the map; a part of its page."""
    shown = {**about(known(name)), "job": _job(name)}
    return live(request, "portal/maps/_job.html", "portal/maps/_job.html", shown)


@page(role="viewer")
def as_csv(request: PageRequest, name: str) -> HttpResponse:
    """The rows of a map as a file that can be changed and uploaded again."""
    disposition = f'attachment; filename="{known(name)}.csv"'
    text = map_files.written(name)
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition})


def asked(request: PageRequest, name: str, most: int) -> str:
    """A text of the address, as long as it may be, without what PostgreSQL keeps in none."""
    return request.GET.get(name, "").replace("\0", "")[:most]


def known(name: str) -> str:
    """The name, if a flow asks such a map. Raises Http404."""
    if name not in value_maps.names():
        raise Http404
    return name


def about(name: str) -> dict[str, Any]:
    """What every page of a map shows."""
    return {
        "name": name,
        "words": words(name),
        "allowed": catalogue.map_words(name),
        "takes_rules": not catalogue.is_exact(name),
        "url": reverse("map", args=[name]),
    }


def _job(name: str) -> ReplayJob | None:
    """What is being sent again because of this map, or was last."""
    jobs = ReplayJob.objects.filter(action=ReplayJob.Action.REMAP, selection__map=name)
    return jobs.order_by("-id").first()


routes = [
    path("maps/", maps, name="maps"),
    path("maps/<slug:name>/", one_map, name="map"),
    path("maps/<slug:name>/edit/", edit, name="map-edit"),
    path("maps/<slug:name>/history/", history, name="map-history"),
    path("maps/<slug:name>/job/", job, name="map-job"),
    path("maps/<slug:name>/csv/", as_csv, name="map-csv"),
]
