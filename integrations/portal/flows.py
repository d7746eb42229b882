"""The pages of the flows: all of them, one with its story and state, its settings, a preview, and going live."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations import catalogue, going_live, steering
from integrations.errors import IntegrationError
from integrations.models import Sync
from integrations.portal import flow_words
from integrations.portal.doing import Again, Done, carry_out, reason_of
from integrations.portal.flow_form import CutOffForm, SettingsForm
from integrations.portal.live import live
from integrations.portal.pages import PageRequest, actor, page, see
from integrations.portal.schedule_words import clock_change, in_words
from integrations.portal.words import system_title
from integrations.refusals import CannotBeDone, WrongMembers
from integrations.running import loading_of
from tenants import schedule


@page(role="viewer")
def flows(request: PageRequest) -> HttpResponse:
    """All flows, in an order in which they can be switched on."""
    stored = {sync.flow: sync for sync in Sync.objects.select_related("source", "target").defer(*steering.HIDDEN)}
    rows = []
    for name in flow_words.in_order():
        sync = stored.get(name)
        rows.append(
            {
                "name": name,
                "title": catalogue.flows()[name].title,
                "sync": sync,
                "words": flow_words.words(name),
                "state": state_of(sync),
                "loading": _loading(sync),
                "schedule": in_words(sync.schedule, request.customer.time_zone) if sync else "",
            }
        )
    return render(request, "portal/flows/list.html", {"rows": rows})


@page(role="viewer")
def flow(request: PageRequest, name: str) -> HttpResponse:
    """One flow: what it does, how it is doing, what is in its way, its last runs."""
    return _flow(request, known(name))


@page(role="viewer", post="owner")
def settings(request: PageRequest, name: str) -> HttpResponse:
    """The flow's settings as a form, with errors beside the fields."""
    sync = going_live.of(known(name))
    form = SettingsForm(sync, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _settings(request, sync, form, status=422 if request.method == "POST" else 200)
    try:
        with transaction.atomic():
            going_live.save_settings(
                name,
                request.customer,
                source=form.end("source"),
                target=form.end("target"),
                members=form.members,
                version=form.cleaned_data["version"],
                actor=actor(request),
                now=timezone.now(),
            )
    except WrongMembers as wrong:
        form.blame(wrong.faults)
        return _settings(request, sync, form, status=422)
    except CannotBeDone as error:
        form.add_error(None, str(error))
        return _settings(request, sync, form, status=409)
    messages.success(request, _("The settings are saved."))
    return see("flow", name)


@page(role="owner", methods=("POST",))
def cut_off(request: PageRequest, name: str) -> HttpResponse:
    """From which day on documents are read, for all flows of the connection."""
    sync, form = going_live.of(known(name)), CutOffForm(request.POST)
    if not form.is_valid() or going_live.cut_off(sync) is None:
        return _settings(request, sync, SettingsForm(sync), cut=form, status=422)
    day = form.cleaned_data["day"].isoformat() if form.cleaned_data["day"] else ""
    try:
        with transaction.atomic():
            going_live.set_cut_off(sync, day, request.customer, actor=actor(request), now=timezone.now())
    except (WrongMembers, CannotBeDone) as error:
        form.add_error("day", str(error))
        return _settings(request, sync, SettingsForm(sync), cut=form, status=422)
    messages.success(request, _("The cut-off date is saved."))
    return see("flow-settings", name)


@page(role="operator", post="operator")
def preview(request: PageRequest, name: str) -> HttpResponse:
    """What would become of some records; asks both systems when the button is pressed, and writes nothing."""
    sync = going_live.of(known(name))
    shown: dict[str, Any] = {**_named(sync), "ready": going_live.connected(sync)}
    if request.method == "POST" and shown["ready"]:
        try:
            shown["found"] = going_live.preview(sync, actor=actor(request))
        except IntegrationError as error:
            shown["problem"] = error.message
    return render(request, "portal/flows/preview.html", shown)


@page(role="owner", methods=("POST",))
def go_live(request: PageRequest, name: str) -> HttpResponse:
    """Switches the flow on."""

    def do() -> Done:
        steering.locked(known(name))
        going_live.go_live(going_live.of(name), request.customer, actor=actor(request), now=timezone.now())
        return _("It is live: the first reading begins within seconds."), reverse("flow", args=[name])

    return carry_out(request, do, reverse("flow", args=[known(name)]))


@page(role="owner", methods=("POST",))
def switch_off(request: PageRequest, name: str) -> HttpResponse:
    """Switches the flow off; what it knows stays."""
    told = _("It is switched off. What was written stays, and it goes on where it was once it is live again.")
    return _steer(request, name, lambda sync: _off(request, sync), told)


@page(role="operator", methods=("POST",))
def pause(request: PageRequest, name: str) -> HttpResponse:
    """Pauses the flow, with a reason."""
    told = _("It is paused: nothing more is read or written once what is under way is done.")

    def what(sync: Sync) -> None:
        steering.pause(sync, reason=reason_of(request), actor=actor(request))

    return _steer(request, name, what, told, again=lambda asked: _flow(asked, name))


@page(role="operator", methods=("POST",))
def resume(request: PageRequest, name: str) -> HttpResponse:
    """Ends a pause."""
    given: dict[str, Any] = {"actor": actor(request), "now": timezone.now()}
    return _steer(request, name, lambda sync: steering.resume(sync, request.customer, **given), _("It goes on."))


@page(role="operator", methods=("POST",))
def run(request: PageRequest, name: str) -> HttpResponse:
    """Has the flow look for changes now."""
    given: dict[str, Any] = {"actor": actor(request), "now": timezone.now()}
    told = _("A worker looks for changes within seconds.")
    return _steer(request, name, lambda sync: steering.run_now(sync, request.customer, **given), told)


def _steer(request: PageRequest, name: str, what: Any, told: str, *, again: Again | None = None) -> HttpResponse:
    def do() -> Done:
        sync = steering.locked(known(name))
        if sync is None:
            raise CannotBeDone(_("This flow is not set up yet."))
        what(sync)
        return told, reverse("flow", args=[name])

    return carry_out(request, do, reverse("flow", args=[known(name)]), again=again)


def _flow(request: PageRequest, name: str) -> HttpResponse:
    shown = _about(request, going_live.of(name))
    return live(request, "portal/flows/_now.html", "portal/flows/flow.html", shown)


def _off(request: PageRequest, sync: Sync) -> None:
    going_live.switch_off(sync, request.customer, actor=actor(request), now=timezone.now())


def known(name: str) -> str:
    """The name, if there is such a flow. Raises Http404."""
    if name not in catalogue.flows():
        raise Http404
    return name


def state_of(sync: Sync | None) -> tuple[str, str, str]:
    """Where a flow stands: a word, the badge it has, and why it does not run, if it does not."""
    if sync is None or sync._state.adding:
        return _("not set up"), "soft", ""
    if not sync.enabled:
        return _("not live"), "soft", ""
    if why := steering.why_not_running(sync):
        return _("paused"), "warn", why
    if sync.last_error:
        return _("failing"), "bad", sync.last_error
    return (_("live"), "good", "") if sync.full_read_at else (_("first load"), "info", "")


def _loading(sync: Sync | None) -> Any:
    return loading_of(sync, timezone.now()) if sync and sync.enabled and not sync._state.adding else None


def _named(sync: Sync) -> dict[str, Any]:
    flow_of = catalogue.flows()[sync.flow]
    return {
        "name": sync.flow,
        "title": flow_of.title,
        "words": flow_words.words(sync.flow),
        "sync": sync,
        "stored": not sync._state.adding,
        "systems": {"source": system_title(flow_of.source_system), "target": system_title(flow_of.target_system)},
    }


def _about(request: PageRequest, sync: Sync) -> dict[str, Any]:
    now, zone = timezone.now(), request.customer.time_zone
    stored = not sync._state.adding
    due = schedule.due_times(customer_id=request.customer.pk, kind="poll") if stored else {}
    running = stored and not steering.why_not_running(sync)
    checks = going_live.checklist(sync, now=now) if not sync.enabled or not stored else []
    return {
        **_named(sync),
        "state": state_of(sync),
        "running": running,
        "schedule": in_words(sync.schedule, zone),
        "clock_change": clock_change(sync.schedule, zone, now),
        "next_at": due.get(sync.pk) if running else None,
        "checks": checks,
        "blocked": any(check.state == "bad" for check in checks),
        "loading": _loading(sync),
        "runs": going_live.recent_runs(sync),
        "cut_off": going_live.cut_off(sync),
        "following": _following(sync.flow) if stored and sync.enabled else None,
    }


def _following(flow: str) -> tuple[str, str] | None:
    """The next flow in order that is not live, with its title; None behind the last one."""
    order, live = flow_words.in_order(), set(Sync.objects.filter(enabled=True).values_list("flow", flat=True))
    name = next((name for name in order[order.index(flow) + 1 :] if name not in live), None)
    return (name, catalogue.flows()[name].title) if name else None


def _settings(
    request: PageRequest, sync: Sync, form: SettingsForm, *, cut: CutOffForm | None = None, status: int = 200
) -> HttpResponse:
    day = going_live.cut_off(sync)
    if cut is None and day is not None:
        cut = CutOffForm(initial={"day": day})
    shown = {**_named(sync), "form": form, "cut": cut, "zone": request.customer.time_zone.replace("_", " ")}
    return render(request, "portal/flows/settings.html", shown, status=status)


routes = [
    path("flows/", flows, name="flows"),
    path("flows/<slug:name>/", flow, name="flow"),
    path("flows/<slug:name>/settings/", settings, name="flow-settings"),
    path("flows/<slug:name>/cut-off/", cut_off, name="flow-cut-off"),
    path("flows/<slug:name>/preview/", preview, name="flow-preview"),
    path("flows/<slug:name>/go-live/", go_live, name="flow-go-live"),
    path("flows/<slug:name>/switch-off/", switch_off, name="flow-switch-off"),
    path("flows/<slug:name>/pause/", pause, name="flow-pause"),
    path("flows/<slug:name>/resume/", resume, name="flow-resume"),
    path("flows/<slug:name>/run/", run, name="flow-run"),
]
