"""Connections: a form per system, a live check before anything is saved, the last ping's lines, pause and resume."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from integrations import connections, setting_up, steering
from integrations.asking import answered_so_far
from integrations.connection import Check
from integrations.fields import reveal
from integrations.keyring import KeyMissing
from integrations.models import Connection
from integrations.portal.checklist import after_connecting
from integrations.portal.connect_fields import FIELDS
from integrations.portal.connect_forms import ANYWAY, ConnectionForm, wrong_of
from integrations.portal.doing import Done, carry_out, reason_of
from integrations.portal.live import live
from integrations.portal.pages import PageRequest, actor, page, see
from integrations.portal.words import system_title
from integrations.refusals import CannotBeDone
from integrations.tokens import PAUSED_FOR_CREDENTIALS

HIDDEN = ("credentials", "token")
MOST_TAIL, LONG_ENOUGH = 4, 12


@page(role="viewer")
def connect(request: PageRequest) -> HttpResponse:
    """All connections with how they are."""
    rows = Connection.objects.defer(*HIDDEN).order_by("system", "name")
    systems = [(name, system_title(name)) for name in FIELDS]
    return render(request, "portal/connect/list.html", {"rows": [told(row) for row in rows], "systems": systems})


@page(role="viewer")
def connection(request: PageRequest, connection_id: UUID) -> HttpResponse:
    """One connection: the last ping line by line, its settings, how its secrets end, who uses it."""
    return _one(request, connection_id)


def _one(request: PageRequest, connection_id: UUID) -> HttpResponse:
    row = get_object_or_404(Connection, pk=connection_id)
    stored = _secrets(row)
    labels = {one.place.partition("/")[2]: one.label for one in FIELDS[row.system] if one.kind == "secret"}
    about = told(row)
    shown = {
        **about,
        "secrets": [(labels.get(name, name), tail(value)) for name, value in stored.items()],
        "settings": _settings(row),
        "syncs": steering.users(row),
        "following": after_connecting(row) if about["badge"] == "good" else None,
        **_asking(row),
    }
    return render(request, "portal/connect/one.html", shown)


@page(role="viewer")
def asking(request: PageRequest, connection_id: UUID) -> HttpResponse:
    """How far a ping is, a part of the connection's page. `begun=yes`: this page has sent it, and gets its answer."""
    shown = {**_asking(_row(connection_id)), "begun": request.GET.get("begun") == "yes"}
    if shown["lines"] is None and not shown["begun"]:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return live(request, "portal/connect/_asking.html", "portal/connect/_asking.html", shown)


def _asking(row: Connection) -> dict[str, Any]:
    """What was answered so far, and of how many lines, if it is asked just now."""
    lines, last = answered_so_far(row.pk), len(row.capabilities.get("checks", []))
    return {"row": row, "lines": lines, "of": last if last > len(lines or ()) else 0}


@page(role="owner", post="owner")
def new(request: PageRequest, system: str) -> HttpResponse:
    """A new connection to a system."""
    if system not in FIELDS:
        raise Http404
    return _form(request, system, None)


@page(role="owner", post="owner")
def edit(request: PageRequest, connection_id: UUID) -> HttpResponse:
    """Changes a connection; secrets that are not typed stay."""
    row = get_object_or_404(Connection, pk=connection_id)
    return _form(request, row.system, row)


@page(role="operator", methods=("POST",))
def ping(request: PageRequest, connection_id: UUID) -> HttpResponse:
    """Asks the live system, reading only, what may be done."""
    row, here = get_object_or_404(Connection, pk=connection_id), reverse("connect-one", args=[connection_id])

    def do() -> Done:
        checks = connections.ping(row, request.customer, now=timezone.now(), actor=actor(request))
        return _summary(checks), here

    return carry_out(request, do, here, calls_out=True)


@page(role="operator", methods=("POST",))
def pause(request: PageRequest, connection_id: UUID) -> HttpResponse:
    """Nothing is called over it any more."""
    row, here = _row(connection_id), reverse("connect-one", args=[connection_id])

    def do() -> Done:
        steering.pause_connection(row, reason=reason_of(request), actor=actor(request))
        return gettext("Paused: what is under way is finished, then nothing is read or written over it."), here

    return carry_out(request, do, here, again=lambda asked: _one(asked, connection_id))


@page(role="operator", methods=("POST",))
def resume(request: PageRequest, connection_id: UUID) -> HttpResponse:
    """Ends a pause by a person."""
    row, here = _row(connection_id), reverse("connect-one", args=[connection_id])

    def do() -> Done:
        steering.resume_connection(row, request.customer, actor=actor(request), now=timezone.now())
        return gettext("It goes on."), here

    return carry_out(request, do, here)


@page(role="owner", methods=("POST",))
def remove(request: PageRequest, connection_id: UUID) -> HttpResponse:
    """Removes a connection that no flow uses, with its credentials."""

    def do() -> Done:
        row = setting_up.locked(connection_id)
        if row is None:
            raise CannotBeDone(gettext("It was removed already."))
        setting_up.remove(row, request.customer, actor=actor(request))
        return gettext("%(name)s is removed, with its credentials.") % {"name": row.name}, reverse("connect")

    return carry_out(request, do, reverse("connect-one", args=[connection_id]))


def told(row: Connection) -> dict[str, Any]:
    """A connection with how it is, in words and with a badge."""
    checks = row.capabilities.get("checks", [])
    failed = [check for check in checks if not check["ok"]]
    by_person = row.state == Connection.State.PAUSED and row.pause_code == steering.BY_PERSON
    if by_person:
        health, badge = gettext("paused by a person"), "warn"
    elif row.state == Connection.State.PAUSED:
        refused = row.pause_code == PAUSED_FOR_CREDENTIALS
        health = gettext("stopped: the credentials were refused") if refused else gettext("stopped: it needs you")
        badge = "bad"
    elif row.checked_at is None:
        health, badge = gettext("never asked"), "warn"
    elif not checks or len(failed) == len(checks):
        health, badge = gettext("does not answer"), "bad"
    elif failed:
        n = len(failed)
        health, badge = ngettext("%(n)s thing to look at", "%(n)s things to look at", n) % {"n": n}, "warn"
    else:
        health, badge = gettext("works"), "good"
    is_live = row.environment == Connection.Environment.PRODUCTION
    more = {
        "system_title": system_title(row.system),
        "environment": gettext("production") if is_live else gettext("sandbox"),
    }
    return {
        "row": row,
        "by_person": by_person,
        "checks": failed + [check for check in checks if check["ok"]],
        "health": health,
        "badge": badge,
        **more,
    }


def tail(secret: str) -> str:
    """How a secret ends, by which its owner recognises it; "" for one that is too short to show any of it."""
    return secret[-MOST_TAIL:] if len(secret) >= LONG_ENOUGH else ""


def _form(request: PageRequest, system: str, row: Connection | None) -> HttpResponse:
    known = _secrets(row) if row else {}
    tails = {name: tail(value) for name, value in known.items()}
    form = ConnectionForm(system, row, request.POST if request.method == "POST" else None, tails)
    if request.method == "POST" and form.is_valid() and (saved := _saved(request, form, known)):
        return see("connect-one", saved.pk)
    shown = {"form": form, "row": row, "system": system, "system_title": system_title(system)}
    return render(request, "portal/connect/form.html", shown, status=422 if request.method == "POST" else 200)


def _saved(request: PageRequest, form: ConnectionForm, known: Mapping[str, str]) -> Connection | None:
    """The connection once it is checked, asked and saved; None where the form says what is wrong."""
    after, typed = form.wanted(), form.secrets()
    secrets = {**known, **typed}
    faults = setting_up.missing_again(after, form.row, known, typed) if form.row else []
    faults += setting_up.faults(after, secrets, before=form.row)
    if faults:
        form.tell(faults)
        return None
    after.credentials = secrets
    asked = connections.ask(after)
    if (wrong := wrong_of(asked[0], after)) and not form.cleaned_data[ANYWAY]:
        form.tell(wrong)
        form.may_save_anyway = True
        return None
    try:
        saved = _stored(request, form, after, secrets if typed or form.row is None else None)
    except CannotBeDone as error:
        form.tell([("name", str(error))])
        return None
    checks = connections.ping(saved, request.customer, now=timezone.now(), actor=actor(request), asked=asked)
    messages.success(request, f"{gettext('Saved.')} {_summary(checks)}")
    return saved


def _stored(
    request: PageRequest, form: ConnectionForm, after: Connection, secrets: dict[str, str] | None
) -> Connection:
    given: dict[str, Any] = {"actor": actor(request), "now": timezone.now()}
    with transaction.atomic():
        if form.row is None:
            setting_up.create(after, secrets or {}, request.customer, **given)
            return Connection.objects.get(pk=after.pk)
        row = setting_up.locked(form.row.pk)
        if row is None:
            raise CannotBeDone(gettext("This connection was removed meanwhile."))
        changes = {name: getattr(after, name) for name in ("name", "base_url", "ca_bundle", "options")}
        setting_up.change(row, changes, secrets, request.customer, **given)
    return Connection.objects.get(pk=row.pk)


def _row(connection_id: UUID) -> Connection:
    return get_object_or_404(Connection.objects.defer(*HIDDEN), pk=connection_id)


def _secrets(row: Connection) -> dict[str, str]:
    """What is stored; nothing, where this installation lacks the key it was stored under."""
    try:
        return dict(reveal(row.credentials) or {})
    except KeyMissing:
        return {}


def _settings(row: Connection) -> list[tuple[Any, Any]]:
    """What is set besides secrets, in the form's words."""
    shown = []
    for one in FIELDS[row.system]:
        kind, _, member = one.place.partition("/")
        value = (
            row.options.get(member) if kind == "options" else getattr(row, one.place, "") if kind == one.place else ""
        )
        if value not in (None, "") and one.place not in ("name", "environment", "ca_bundle"):
            shown.append((one.label, dict(one.choices).get(str(value), value)))
    return shown


def _summary(checks: list[Check]) -> str:
    bad = sum(not check.ok for check in checks)
    if not bad:
        return ngettext("%(n)s line, and it is fine.", "All %(n)s lines are fine.", len(checks)) % {"n": len(checks)}
    return gettext("%(bad)s of %(n)s lines need attention; each says what to do.") % {"bad": bad, "n": len(checks)}


routes = [
    path("connect/", connect, name="connect"),
    path("connect/new/<slug:system>/", new, name="connect-new"),
    path("connect/<uuid:connection_id>/", connection, name="connect-one"),
    path("connect/<uuid:connection_id>/edit/", edit, name="connect-edit"),
    path("connect/<uuid:connection_id>/ping/", ping, name="connect-ping"),
    path("connect/<uuid:connection_id>/asking/", asking, name="connect-asking"),
    path("connect/<uuid:connection_id>/pause/", pause, name="connect-pause"),
    path("connect/<uuid:connection_id>/resume/", resume, name="connect-resume"),
    path("connect/<uuid:connection_id>/remove/", remove, name="connect-remove"),
]
