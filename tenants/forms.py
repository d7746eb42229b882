"""Forms of the public host."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.utils import timezone

from tenants import throttle
from tenants.models import Person


class SignInForm(forms.Form):
    """E-mail address and password. One sentence for every failure: it does not tell which addresses exist."""

    email = forms.EmailField(
        label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label="Password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.person: Person | None = None

    def clean(self) -> dict[str, Any]:
        """Sets `person`, or says that it cannot."""
        given: dict[str, Any] = super().clean() or {}
        if self.errors:
            return given
        who = {"email": given["email"], "address": throttle.address_of(self.request)}
        now = timezone.now()
        if throttle.is_blocked(**who, now=now):
            raise forms.ValidationError("Too many attempts. Wait a quarter of an hour, then try again.")
        found = authenticate(self.request, username=given["email"], password=given["password"])
        if not isinstance(found, Person):
            throttle.failed(**who, now=now)
            raise forms.ValidationError("This address and password do not belong together.")
        throttle.succeeded(**who)
        self.person = found
        return given
