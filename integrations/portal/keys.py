"""/keys/: the keys that the customer's programs call the API with. A secret is shown once, when it is made."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from integrations import api_keys
from integrations.models import ApiKey
from integrations.portal.doing import Done, carry_out
from integrations.portal.keyset import listed
from integrations.portal.pages import PageRequest, actor, page
from integrations.refusals import CannotBeDone

ORDER = ("-created_at", "-id")
SCOPES = (
    ("read", _("Look: read everything, change nothing")),
    ("operate", _("Operate: also run, pause, send again and decide about records")),
    ("configure", _("Configure: also connections, options, maps, people and keys")),
)
LIVES = (("90", _("90 days")), ("365", _("One year")), ("730", _("Two years")), ("", _("Until it is revoked")))
OVERLAPS = (
    ("0", _("At once: it may be in wrong hands")),
    ("3600", _("An hour from now")),
    ("86400", _("A day from now")),
    ("604800", _("A week from now")),
)


class NewKey(forms.Form):
    """A key that is wanted."""

    name = forms.CharField(label=_("What is it for?"), max_length=80, help_text=_("For example: data warehouse"))
    scope = forms.ChoiceField(label=_("What may it do?"), choices=SCOPES, widget=forms.RadioSelect, initial="read")
    days = forms.ChoiceField(label=_("How long is it valid?"), choices=LIVES, required=False, initial="365")


class NewSecret(forms.Form):
    """When the old secret of a key ends."""

    overlap = forms.ChoiceField(label=_("When does the old secret end?"), choices=OVERLAPS, initial="86400")


@page(role="owner", post="owner")
def keys(request: PageRequest) -> HttpResponse:
    """All keys, newest first; a post makes one and shows its secret."""
    form = NewKey(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given, now = form.cleaned_data, timezone.now()
        ends = now + timedelta(days=int(given["days"])) if given["days"] else None
        with transaction.atomic():
            key, _row, secret = api_keys.create(
                name=given["name"], scope=given["scope"], expires_at=ends, actor=actor(request), now=now
            )
        return _told(request, key, secret)
    found = listed(request, ApiKey.objects.prefetch_related("secrets"), order=ORDER)
    shown = {
        "form": form,
        "rows": [_row_of(key) for key in found.rows],
        "cursor": found.cursor,
        "overlaps": OVERLAPS,
        "host": request.get_host(),
        "scheme": request.scheme,
    }
    return render(request, "portal/keys/list.html", shown, status=422 if form.errors else 200)


@page(role="owner", methods=("POST",))
def renew(request: PageRequest, key_id: UUID) -> HttpResponse:
    """A new secret for the same key, which is shown once."""
    form = NewSecret(request.POST)
    made: list[str] = []

    def do() -> Done:
        if not form.is_valid():
            raise CannotBeDone(gettext("Choose when the old secret ends."))
        key = get_object_or_404(ApiKey.objects.select_for_update(), pk=key_id)
        overlap = timedelta(seconds=int(form.cleaned_data["overlap"]))
        made.append(api_keys.rotate(key, overlap=overlap, actor=actor(request), now=timezone.now())[1])
        return gettext("There is a new secret."), reverse("keys")

    answer = carry_out(request, do, reverse("keys"))
    return _told(request, get_object_or_404(ApiKey, pk=key_id), made[0]) if made else answer


@page(role="owner", methods=("POST",))
def revoke(request: PageRequest, key_id: UUID) -> HttpResponse:
    """No call with this key is accepted any more."""

    def do() -> Done:
        key = get_object_or_404(ApiKey.objects.select_for_update(), pk=key_id)
        api_keys.revoke(key, actor=actor(request), now=timezone.now())
        said = gettext("%(key)s is revoked: no call with it is accepted any more.") % {"key": key.name}
        return said, reverse("keys")

    return carry_out(request, do, reverse("keys"))


def _told(request: PageRequest, key: ApiKey, secret: str) -> HttpResponse:
    """The one page that shows a secret. No browser keeps it; reloading it would make another one, and asks first."""
    shown = {"key": key, "secret": secret, "host": request.get_host(), "scheme": request.scheme}
    answer = render(request, "portal/keys/made.html", shown)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _row_of(key: ApiKey) -> dict[str, Any]:
    now = timezone.now()
    valid = api_keys.is_valid(key, now)
    state = _("valid") if valid else _("revoked") if key.revoked_at else _("expired")
    badge = "good" if valid else "soft" if key.revoked_at else "warn"
    secrets = [secret for secret in key.secrets.all() if secret.valid_until is None or secret.valid_until > now]
    return {"key": key, "state": state, "badge": badge, "secrets": secrets, "valid": valid}


routes = [
    path("keys/", keys, name="keys"),
    path("keys/<uuid:key_id>/renew/", renew, name="key-renew"),
    path("keys/<uuid:key_id>/revoke/", revoke, name="key-revoke"),
]
