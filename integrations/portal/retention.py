"""/retention/: how long each class of data is kept."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from integrations import retention as keeping
from integrations.models import RetentionRule
from integrations.portal.doing import Done, carry_out
from integrations.portal.pages import PageRequest, actor, page
from integrations.refusals import CannotBeDone

CLASSES: dict[str, tuple[str | Promise, str | Promise]] = {
    "payloads": (
        _("Records as they were read"),
        _("Contents of versions that are over. The newest version of each record stays."),
    ),
    "exchanges": (_("Requests and answers"), _("Each call to either system, without secrets.")),
    "runs": (_("Runs"), _("What each look at a source found, in numbers.")),
    "audit": (_("Audit"), _("Who did what. Seals go on holding what is left.")),
    "inbound": (_("Events from ServiceTitan"), _("Its calls to us.")),
    "events": (_("Events to your programs"), _("What they were told, and each try.")),
}


class Days(forms.Form):
    """How long one class of data is kept."""

    keep = forms.ChoiceField(choices=(("default", ""), ("days", ""), ("ever", "")))
    days = forms.IntegerField(required=False, min_value=keeping.SHORTEST, max_value=keeping.LONGEST)

    def clean(self) -> dict[str, Any]:
        """Days are needed where they were chosen."""
        found: dict[str, Any] = super().clean() or {}
        if found.get("keep") == "days" and not found.get("days") and "days" not in self.errors:
            self.add_error("days", gettext("Say how many days."))
        return found

    def wanted(self) -> int | None:
        """As `retention.set_days` takes it."""
        keep = self.cleaned_data["keep"]
        return None if keep == "default" else 0 if keep == "ever" else int(self.cleaned_data["days"])


@page(role="viewer")
def retention(request: PageRequest) -> HttpResponse:
    """Every class with what holds for it now, and where that comes from."""
    own = set(RetentionRule.objects.values_list("data", flat=True))
    rows = [
        {
            "data": data,
            "title": title,
            "about": about,
            "days": days,
            "own": data in own,
            "default": settings.RETAIN_DAYS[data],
        }
        for data, days in keeping.days_of().items()
        for title, about in [CLASSES[data]]
    ]
    shown = {"rows": rows, "shortest": keeping.SHORTEST, "longest": keeping.LONGEST}
    return render(request, "portal/retention/list.html", shown)


@page(role="owner", methods=("POST",))
def keep(request: PageRequest, data: str) -> HttpResponse:
    """Another time for one class, from the next night on."""

    def do() -> Done:
        form = Days(request.POST)
        if not form.is_valid():
            raise CannotBeDone(" ".join(str(error) for errors in form.errors.values() for error in errors))
        try:
            keeping.set_days(data, form.wanted(), actor=actor(request))
        except keeping.BadDays as error:
            raise CannotBeDone(str(error)) from None
        return gettext("Saved. What is older goes during the next nights."), reverse("retention")

    return carry_out(request, do, reverse("retention"))


routes = [
    path("retention/", retention, name="retention"),
    path("retention/<slug:data>/", keep, name="retention-keep"),
]
