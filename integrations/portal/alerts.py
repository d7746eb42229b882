"""/alerts/: what stays wrong, and who is told of it by mail. Programs are told at /alerts/programs/."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from integrations import alerting
from integrations.models import Alert
from integrations.portal.doing import Done, carry_out
from integrations.portal.keyset import listed
from integrations.portal.pages import PageRequest, actor, page, see

ORDER = ("-first_seen_at", "id")


class Choices(forms.Form):
    """Who is told, of what, and from when on something is worth a mail."""

    to_owners = forms.BooleanField(label=_("All owners"), required=False)
    recipients = forms.CharField(
        label=_("And these addresses"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One in each line"),
    )
    muted = forms.MultipleChoiceField(
        label=_("No mail about"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("They are still shown here."),
    )
    failures_over = forms.IntegerField(
        label=_("Records that need a person"), min_value=1, max_value=1_000_000, help_text=_("More than so many")
    )
    failed_polls = forms.IntegerField(
        label=_("Looks at a source that fail in a row"), min_value=1, max_value=100, help_text=_("So many")
    )
    overdue_minutes = forms.IntegerField(
        label=_("A flow that should have run"), min_value=5, max_value=10_080, help_text=_("Minutes late")
    )
    stalled_hours = forms.IntegerField(
        label=_("A flow that makes no progress"), min_value=1, max_value=720, help_text=_("For so many hours")
    )
    expiry_days = forms.IntegerField(
        label=_("A key or certificate that ends soon"), min_value=1, max_value=365, help_text=_("Days before")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["muted"]
        field.choices = [(name, kind.title) for name, kind in alerting.KINDS.items()]

    def clean_recipients(self) -> list[str]:
        """Addresses, each once."""
        given = re.split(r"[\s,;]+", self.cleaned_data["recipients"].lower())
        return [address for address in dict.fromkeys(given) if address]


@page(role="viewer")
def alerts(request: PageRequest) -> HttpResponse:
    """What is wrong now, what was, and what was chosen."""
    return _shown(request, None)


@page(role="owner", methods=("POST",))
def choose(request: PageRequest) -> HttpResponse:
    """Other choices, all or none of them."""
    form = Choices(request.POST)
    if form.is_valid():
        try:
            alerting.change_settings(form.cleaned_data, actor=actor(request), now=timezone.now())
        except ValidationError as wrong:
            for name, sentences in wrong.message_dict.items():
                form.add_error(name if name in form.fields else None, sentences)
    if form.errors:
        return _shown(request, form)
    messages.success(request, gettext("Saved."))
    return see("alerts")


@page(role="operator", methods=("POST",))
def acknowledge(request: PageRequest, alert_id: UUID) -> HttpResponse:
    """Somebody takes care of it."""

    def do() -> Done:
        alerting.acknowledge(get_object_or_404(Alert, pk=alert_id), actor=actor(request), now=timezone.now())
        return gettext("Noted: you take care of it. No mail about it until it is over."), reverse("alerts")

    return carry_out(request, do, reverse("alerts"))


def _shown(request: PageRequest, form: Choices | None) -> HttpResponse:
    active = Alert.objects.filter(state__in=Alert.ACTIVE).order_by(*ORDER)
    over = listed(request, Alert.objects.exclude(state__in=Alert.ACTIVE), order=ORDER)
    shown = {
        "active": [(alert, alerting.KINDS.get(alert.kind)) for alert in active],
        "over": [(alert, alerting.KINDS.get(alert.kind)) for alert in over.rows],
        "cursor": over.cursor,
        "form": form or Choices(initial=_chosen()),
        "mail": settings.EMAIL_ENABLED,
    }
    return render(request, "portal/alerts/list.html", shown, status=422 if form else 200)


def _chosen() -> dict[str, Any]:
    chosen = alerting.current_settings()
    found = {name: getattr(chosen, name) for name in Choices.base_fields}
    return {**found, "recipients": "\n".join(chosen.recipients)}


routes = [
    path("alerts/", alerts, name="alerts"),
    path("alerts/choices/", choose, name="alert-choices"),
    path("alerts/<uuid:alert_id>/acknowledge/", acknowledge, name="alert-acknowledge"),
]
