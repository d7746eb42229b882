"""/records/<id>/: one record with its story, both sides compared, and what can be done about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext

from integrations import desk
from integrations.engine.grouping import FAILING, fix_for
from integrations.engine.previewing import preview
from integrations.engine.replaying import HELD
from integrations.engine.three_way import three_way
from integrations.errors import IntegrationError
from integrations.models import Delivery, Link, Sync
from integrations.portal import record_list
from integrations.portal.doing import Done, carry_out, reason_of, said
from integrations.portal.fixes import fix_link, fix_words, reason_words
from integrations.portal.pages import PageRequest, actor, page
from integrations.portal.words import flow_title, state_of, system_title, told
from integrations.running import comparison_of
from integrations.timeline import pretty, timeline

MOST_VERSIONS, MOST_LINKS = 30, 20


@page(role="viewer")
def record(request: PageRequest, record_id: UUID) -> HttpResponse:
    """The whole story of a record."""
    return _record(request, record_id)


@page(role="viewer", methods=("POST",))
def compare(request: PageRequest, record_id: UUID) -> HttpResponse:
    """Both systems and what we know, side by side, read now. Changes nothing."""
    return _look(request, record_id, "three")


@page(role="operator", methods=("POST",))
def preview_replay(request: PageRequest, record_id: UUID) -> HttpResponse:
    """What sending it again would write, against the other system as it is now. Changes nothing."""
    return _look(request, record_id, "preview")


@page(role="operator", methods=("POST",))
def replay(request: PageRequest, record_id: UUID) -> HttpResponse:
    """Sends the record's newest version through the ledger again."""
    row = _find(record_id)

    def do() -> Done:
        again = desk.replay_one(row, request.customer, actor=actor(request), now=timezone.now())
        words = gettext("It goes on: version %(number)s is %(state)s.")
        return words % {"number": again.number, "state": state_of(again.state)[0]}, reverse("record", args=[again.pk])

    return carry_out(request, do, _here(row))


@page(role="operator", methods=("POST",))
def dismiss(request: PageRequest, record_id: UUID) -> HttpResponse:
    """Closes this version, with a reason."""
    row = _find(record_id)

    def do() -> Done:
        reason = reason_of(request)
        desk.dismiss_one(row, request.customer, reason=reason, actor=actor(request), now=timezone.now())
        return gettext("Dismissed. When it changes at its source, the change is delivered as any other."), _here(row)

    return carry_out(request, do, _here(row), again=lambda asked: _record(asked, record_id))


@page(role="operator", methods=("POST",))
def read_again(request: PageRequest, record_id: UUID) -> HttpResponse:
    """Reads it at its source now."""
    row = _find(record_id)
    words = {
        "changed": gettext("It has changed at its source: the new version is on its way."),
        "unchanged": gettext("Its source says the same as when it was read last."),
        "gone": gettext("Its source does not show it any more; that alone deletes nothing."),
    }

    def do() -> Done:
        found = desk.read_again(row.sync, row.source_key, request.customer, actor=actor(request))
        newest = Delivery.objects.filter(sync=row.sync_id, source_key=row.source_key).order_by("-number")[0]
        return words[found], _here(newest)

    return carry_out(request, do, _here(row), calls_out=True)


@page(role="operator", methods=("POST",))
def relink(request: PageRequest, record_id: UUID, link_id: UUID) -> HttpResponse:
    """Points the record at another one of the other system, takes the link apart, or lets it be made anew."""
    row = _find(record_id)
    link = get_object_or_404(_links(row), pk=link_id)

    def do() -> Done:
        what = request.POST.get("what")
        if what not in ("unlink", "anew"):
            target = said(request, "target_key", gettext("Say which record it is there."), most=120)
        given: dict[str, Any] = {"actor": actor(request), "now": timezone.now(), "reason": reason_of(request)}
        if what == "unlink":
            desk.take_apart(link, request.customer, **given)
            return gettext("Unlinked. Nothing is made for it before you say what is to become of it."), _newest(row)
        if what == "anew":
            desk.let_make_anew(link, request.customer, **given)
            return gettext("It is made anew."), _newest(row)
        desk.relink(link, target, request.customer, **given)
        return gettext("Linked to %(key)s.") % {"key": target}, _newest(row)

    return carry_out(request, do, _here(row), again=lambda asked: _record(asked, record_id))


def _record(request: PageRequest, record_id: UUID) -> HttpResponse:
    return render(request, "portal/records/record.html", _shown(_find(record_id)))


def _look(request: PageRequest, record_id: UUID, what: str) -> HttpResponse:
    """Asks both systems; the whole page, or for htmx what came of it alone."""
    row = _find(record_id)
    shown: dict[str, Any] = {}
    try:
        work = comparison_of(row.sync)
        try:
            shown[what] = three_way(work, row) if what == "three" else preview(work, [row])[0]
        finally:
            work.close()
    except IntegrationError as error:
        shown["trouble"] = str(error)
    if request.htmx:
        return render(request, "portal/records/_look.html", {"row": row, "systems": _systems(row.sync), **shown})
    return render(request, "portal/records/record.html", {**_shown(row), **shown})


def _find(record_id: UUID) -> Delivery:
    """One version with both connections. Raises Http404."""
    rows = Delivery.objects.select_related("sync__source", "sync__target")
    found = rows.filter(pk=record_id).first()
    if found is None:
        raise Http404
    return found


def _links(row: Delivery) -> Any:
    own = Q(source_key=row.source_key) | Q(source_key__startswith=f"{row.source_key}#")
    return Link.objects.filter(own, flow=row.sync.flow).order_by("source_key")


def _shown(row: Delivery) -> dict[str, Any]:
    links, systems = list(_links(row)[:MOST_LINKS]), _systems(row.sync)
    fix = fix_for(row.code, row.needs, row.state) if row.state in FAILING else None
    versions = Delivery.objects.filter(sync=row.sync_id, source_key=row.source_key).order_by("-number")
    known = [(each, *state_of(each.state)) for each in versions.defer("payload", "notes")[:MOST_VERSIONS]]
    state, badge = state_of(row.state)
    return {
        "row": row,
        "state": state,
        "badge": badge,
        "flow": flow_title(row.sync.flow),
        "systems": systems,
        "links": links,
        "fix": fix,
        "fix_words": fix_words(fix) if fix else "",
        "reason": reason_words(row.reason, row.needs),
        "fix_link": fix_link(fix, row.sync.flow) if fix else None,
        "held": row.state in HELD,
        "newest": known[0][0] if known else row,
        "versions": known,
        "story": [told(entry, systems["source"], systems["target"]) for entry in timeline(row, links)],
        "payload": pretty(row.payload),
    }


def _systems(sync: Sync) -> dict[str, str]:
    return {"source": system_title(sync.source.system), "target": system_title(sync.target.system)}


def _here(row: Delivery) -> str:
    return reverse("record", args=[row.pk])


def _newest(row: Delivery) -> str:
    found = Delivery.objects.filter(sync=row.sync_id, source_key=row.source_key).order_by("-number")
    return reverse("record", args=[found.values_list("pk", flat=True)[0]])


routes = [
    *record_list.routes,
    path("records/<uuid:record_id>/", record, name="record"),
    path("records/<uuid:record_id>/compare/", compare, name="record-compare"),
    path("records/<uuid:record_id>/preview/", preview_replay, name="record-preview"),
    path("records/<uuid:record_id>/replay/", replay, name="record-replay"),
    path("records/<uuid:record_id>/dismiss/", dismiss, name="record-dismiss"),
    path("records/<uuid:record_id>/read-again/", read_again, name="record-read-again"),
    path("records/<uuid:record_id>/links/<uuid:link_id>/", relink, name="record-relink"),
]
