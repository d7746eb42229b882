"""/alerts/programs/: addresses of the customer's programs that events are posted to, signed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from integrations import event_endpoints, outgoing
from integrations.errors import IntegrationError
from integrations.models import EventDelivery, EventEndpoint
from integrations.portal.doing import Done, carry_out
from integrations.portal.keys import OVERLAPS, NewSecret
from integrations.portal.keyset import listed
from integrations.portal.pages import PageRequest, actor, page
from integrations.refusals import CannotBeDone

ORDER = ("-created_at", "-id")
State = EventDelivery.State
WORDS = {
    State.PENDING: (_("on its way"), "info"),
    State.FAILED: (_("is tried again"), "warn"),
    State.DELIVERED: (_("received"), "good"),
    State.GIVEN_UP: (_("given up"), "bad"),
}


class NewProgram(forms.Form):
    """An address that events shall be posted to."""

    name = forms.CharField(label=_("What is it for?"), max_length=80, help_text=_("For example: ticket desk"))
    url = forms.URLField(
        label=_("Address"), max_length=400, assume_scheme="https", help_text=_("Public, and beginning with https://")
    )
    kinds = forms.MultipleChoiceField(
        label=_("What is it told?"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=list(outgoing.KINDS.items()),
        help_text=_("Everything, if none is chosen"),
    )


@page(role="owner", post="owner")
def programs(request: PageRequest) -> HttpResponse:
    """All addresses; a post adds one and shows its secret."""
    form = NewProgram(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            endpoint, secret = event_endpoints.create(**form.cleaned_data, actor=actor(request), now=timezone.now())
            return _told(request, endpoint, secret)
        except (IntegrationError, event_endpoints.TooMany) as error:
            form.add_error("url", str(error))
    rows = EventEndpoint.objects.defer("secrets")
    shown = {"form": form, "rows": rows, "overlaps": OVERLAPS, "most": event_endpoints.MOST}
    return render(request, "portal/alerts/programs.html", shown, status=422 if form.errors else 200)


@page(role="owner")
def program(request: PageRequest, endpoint_id: UUID) -> HttpResponse:
    """One address with what was sent to it, newest first."""
    endpoint = get_object_or_404(EventEndpoint.objects.defer("secrets"), pk=endpoint_id)
    rows = EventDelivery.objects.select_related("event").filter(endpoint=endpoint)
    found = listed(request, rows, order=ORDER)
    shown = {
        "endpoint": endpoint,
        "rows": [(row, *WORDS[State(row.state)]) for row in found.rows],
        "cursor": found.cursor,
        "overlaps": OVERLAPS,
        "kinds": [outgoing.KINDS.get(kind, kind) for kind in endpoint.kinds],
    }
    return render(request, "portal/alerts/program.html", shown)


@page(role="owner", methods=("POST",))
def switch(request: PageRequest, endpoint_id: UUID) -> HttpResponse:
    """On or off. What is due is sent once it is on again."""

    def do(endpoint: EventEndpoint) -> str:
        on = request.POST.get("enabled") == "on"
        event_endpoints.change(endpoint, {"enabled": on}, actor=actor(request), now=timezone.now())
        return gettext("It is told again, also of what it missed.") if on else gettext("It is told nothing any more.")

    return _do(request, endpoint_id, do)


@page(role="owner", methods=("POST",))
def test(request: PageRequest, endpoint_id: UUID) -> HttpResponse:
    """An event that means nothing, within seconds."""

    def do(endpoint: EventEndpoint) -> str:
        event_endpoints.send_test(endpoint, actor=actor(request), now=timezone.now())
        return gettext("A test is on its way: reload this page in a few seconds to see what came of it.")

    return _do(request, endpoint_id, do)


@page(role="owner", methods=("POST",))
def again(request: PageRequest, endpoint_id: UUID, delivery_id: UUID) -> HttpResponse:
    """One event is sent once more, under the same id."""

    def do(endpoint: EventEndpoint) -> str:
        row = get_object_or_404(EventDelivery.objects.select_related("endpoint"), pk=delivery_id, endpoint=endpoint)
        event_endpoints.replay(row, actor=actor(request), now=timezone.now())
        return gettext("It is sent again.")

    return _do(request, endpoint_id, do)


@page(role="owner", methods=("POST",))
def renew(request: PageRequest, endpoint_id: UUID) -> HttpResponse:
    """A new secret, which is shown once."""
    form, made = NewSecret(request.POST), list[str]()
    endpoint = get_object_or_404(EventEndpoint, pk=endpoint_id)

    def do(_endpoint: EventEndpoint) -> str:
        if not form.is_valid():
            raise CannotBeDone(gettext("Choose when the old secret ends."))
        overlap = timedelta(seconds=int(form.cleaned_data["overlap"]))
        made.append(event_endpoints.rotate(endpoint, actor=actor(request), now=timezone.now(), overlap=overlap))
        return gettext("There is a new secret.")

    answer = _do(request, endpoint_id, do)
    return _told(request, endpoint, made[0]) if made else answer


@page(role="owner", methods=("POST",))
def remove(request: PageRequest, endpoint_id: UUID) -> HttpResponse:
    """It is told nothing any more, and what it was told is forgotten."""

    def do(endpoint: EventEndpoint) -> str:
        event_endpoints.remove(endpoint, actor=actor(request))
        return gettext("Removed.")

    return _do(request, endpoint_id, do, to=reverse("programs"))


def _do(request: PageRequest, endpoint_id: UUID, deed: Any, to: str = "") -> HttpResponse:
    endpoint = get_object_or_404(EventEndpoint, pk=endpoint_id)
    here = reverse("program", args=[endpoint_id])

    def do() -> Done:
        return deed(endpoint), to or here

    return carry_out(request, do, here)


def _told(request: PageRequest, endpoint: EventEndpoint, secret: str) -> HttpResponse:
    answer = render(request, "portal/alerts/made.html", {"endpoint": endpoint, "secret": secret})
    answer.headers["Cache-Control"] = "no-store"
    return answer


routes = [
    path("alerts/programs/", programs, name="programs"),
    path("alerts/programs/<uuid:endpoint_id>/", program, name="program"),
    path("alerts/programs/<uuid:endpoint_id>/switch/", switch, name="program-switch"),
    path("alerts/programs/<uuid:endpoint_id>/test/", test, name="program-test"),
    path("alerts/programs/<uuid:endpoint_id>/renew/", renew, name="program-renew"),
    path("alerts/programs/<uuid:endpoint_id>/remove/", remove, name="program-remove"),
    path("alerts/programs/<uuid:endpoint_id>/<uuid:delivery_id>/again/", again, name="program-again"),
]
