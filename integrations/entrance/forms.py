"""What people fill in to get an account."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm, SignupForm
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from tenants.joining_models import SignUp
from tenants.models import Person
from tenants.reader import zone_of

PASSWORD_HELP = _("At least 12 characters, no common password, and nothing like your name or address.")


class SignInForm(LoginForm):  # type: ignore[misc]
    """Mail address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        address, password = self.fields["login"], self.fields["password"]
        address.label = _("E-mail address")
        address.widget.attrs |= {"autocomplete": "username", "autofocus": True}
        password.help_text = ""
        for field in (address, password):
            field.widget.attrs.pop("placeholder", None)


class SignUpForm(SignupForm):  # type: ignore[misc]
    """A person and their company, whose customer is made once the address is proven."""

    name = forms.CharField(label=_("Your name"), max_length=200, widget=forms.TextInput({"autocomplete": "name"}))
    company = forms.CharField(
        label=_("Company"),
        max_length=200,
        help_text=_("You become its owner. Colleagues join by your invitation; do not sign up twice."),
        widget=forms.TextInput({"autocomplete": "organization"}),
    )
    field_order = ("name", "company", "email", "password1")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")
        self.fields["email"].help_text = _("We send a link there that you open to go on.")
        self.fields["password1"].help_text = PASSWORD_HELP
        for name in ("email", "password1"):
            self.fields[name].widget.attrs.pop("placeholder", None)

    def clean_company(self) -> str:
        """Raises ValidationError for a name without a letter or digit."""
        return checked_name(self.cleaned_data["company"])

    def signup(self, request: HttpRequest, user: Person) -> None:
        """Keeps the company until the address is proven."""
        SignUp.objects.create(person=user, company=self.cleaned_data["company"], time_zone=str(zone_of(request)))


class JoinForm(forms.Form):
    """Somebody without a password accepts an invitation."""

    name = forms.CharField(label=_("Your name"), max_length=200, widget=forms.TextInput({"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Password"),
        help_text=PASSWORD_HELP,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError for a weak password."""
        given: dict[str, Any] = super().clean() or {}
        if {"name", "password"} <= given.keys():
            self.person.name = given["name"]
            try:
                get_adapter().clean_password(given["password"], user=self.person)
            except ValidationError as error:
                self.add_error("password", error)
        return given


def checked_name(name: str) -> str:
    """A company's name without doubled blanks. Raises ValidationError if it has neither letter nor digit."""
    clean = " ".join(name.split())
    if not any(character.isalnum() for character in clean):
        raise ValidationError(_("Give the name of your company."))
    return clean
