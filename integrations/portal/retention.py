"""/retention/: how long each class of data is kept."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from integrations import retention as keeping
from integrations.models import RetentionRule
from integrations.portal.pages import PageRequest, actor, page, see

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
    days = forms.IntegerField(
        required=False,
        min_value=keeping.SHORTEST,
        max_value=keeping.LONGEST,
        error_messages={
            "min_value": _("At least %(limit_value)s days."),
            "max_value": _("At most %(limit_value)s days."),
            "invalid": _("Enter a whole number of days."),
        },
    )

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
    return _shown(request)


def _shown(request: PageRequest, wrong: str = "", form: Days | None = None) -> HttpResponse:
    """`wrong`: the class of data that `form` is about, which comes back."""
    own = set(RetentionRule.objects.values_list("data", flat=True))
    rows = [
        {
            "data": data,
            "title": title,
            "about": about,
            "days": days,
            "own": data in own,
            "default": settings.RETAIN_DAYS[data],
            "form": form if data == wrong else None,
        }
        for data, days in keeping.days_of().items()
        for title, about in [CLASSES[data]]
    ]
    shown = {"rows": rows, "shortest": keeping.SHORTEST, "longest": keeping.LONGEST}
    return render(request, "portal/retention/list.html", shown, status=422 if form else 200)


@page(role="owner", methods=("POST",))
def keep(request: PageRequest, data: str) -> HttpResponse:
    """Another time for one class, from the next night on."""
    if data not in CLASSES:
        raise Http404
    form = Days(request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                keeping.set_days(data, form.wanted(), actor=actor(request))
        except keeping.BadDays as error:
            form.add_error("days", str(error))
    if form.errors:
        return _shown(request, data, form)
    messages.success(request, gettext("Saved. What is older goes during the next nights."))
    return see("retention")


routes = [
    path("retention/", retention, name="retention"),
    path("retention/<slug:data>/", keep, name="retention-keep"),
]
