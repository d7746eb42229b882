"""The form of a connection: made of what is asked (connect_fields), filled from a row, read back into one.

Secrets go in and never come out: a field of a secret is always empty, and what is stored stays unless another is typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from integrations import connections
from integrations.connection import Check
from integrations.models import Connection
from integrations.portal.connect_fields import FIELDS, Asked
from integrations.refusals import Fault

ANYWAY = "anyway"
_ADDRESS = ("unreachable", "name-resolution")
_TYPED_AGAIN = _("Secrets that you typed are not kept on this page: type them again.")


class ConnectionForm(forms.Form):
    """A new connection, or changes of one that is stored. `tails`: how its stored secrets end, by name."""

    def __init__(
        self, system: str, row: Connection | None, data: Any = None, tails: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(data)
        self.system, self.row, self.tails = system, row, tails or {}
        self.asked = {one.name: one for one in FIELDS[system]}
        for name, one in self.asked.items():
            self.fields[name] = self._field(one)
        self.fields[ANYWAY] = forms.BooleanField(required=False, label=_("Save it all the same"))
        self.may_save_anyway = False

    def usual(self) -> list[Any]:
        """The fields that everybody fills."""
        return [self[name] for name, one in self.asked.items() if not one.advanced]

    def advanced(self) -> list[Any]:
        """The fields that stand folded away."""
        return [self[name] for name, one in self.asked.items() if one.advanced]

    def advanced_is_wrong(self) -> bool:
        """Whether one of these has an error, so that they have to be seen."""
        return any(field.errors for field in self.advanced())

    def wanted(self) -> Connection:
        """The connection as it would be, without credentials; never saved by itself."""
        data = self.cleaned_data
        after = copy(self.row) if self.row else Connection(system=self.system, environment=data["environment"])
        after.name = data["name"]
        options = dict(after.options)
        for name, one in self.asked.items():
            kind, _, member = one.place.partition("/")
            if name not in self.data:
                continue  # what was not asked stays as it is
            if kind == "options":
                self._option(options, member, one, data[name])
            elif one.place in ("base_url", "ca_bundle"):
                setattr(after, one.place, data[name])
        after.options = options
        return after

    def secrets(self) -> dict[str, str]:
        """The secrets that were typed."""
        typed = {
            one.place.partition("/")[2]: self.cleaned_data[name] for name, one in self.asked.items() if _is_secret(one)
        }
        return {name: value for name, value in typed.items() if value}

    def tell(self, faults: Iterable[Fault]) -> None:
        """Shows each fault beside its field; what belongs to none, above all of them."""
        places = {one.place: name for name, one in self.asked.items()}
        typed = self.secrets()
        for place, sentence in faults:
            self.add_error(places.get(place), sentence)
        if typed:
            self.add_error(None, str(_TYPED_AGAIN))

    def _field(self, one: Asked) -> forms.Field:
        given: dict[str, Any] = {"label": one.label, "help_text": one.help, "required": one.required}
        if _is_secret(one):
            return self._secret(one, given)
        given["initial"] = self._stored(one)
        if one.kind == "choice":
            fixed = one.place == "environment" and self.row is not None
            return forms.ChoiceField(choices=one.choices, disabled=fixed, **{**given, "required": one.required})
        if one.kind == "area":
            return forms.CharField(widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}), **given)
        attrs = {"autocomplete": "off", "spellcheck": "false"}
        if one.kind == "number":
            return forms.FloatField(widget=forms.NumberInput(attrs={**attrs, "step": "any", "min": "0"}), **given)
        if one.kind == "day":
            attrs["type"] = "date"
        return forms.CharField(max_length=400, widget=forms.TextInput(attrs=attrs), **given)

    def _secret(self, one: Asked, given: dict[str, Any]) -> forms.Field:
        name = one.place.partition("/")[2]
        if name in self.tails:
            stored = gettext("Stored; it ends with %(tail)s.") if self.tails[name] else gettext("Stored.")
            kept = gettext("Leave this empty to keep it.")
            given["help_text"] = f"{one.help} {stored % {'tail': self.tails[name]}} {kept}"
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}, render_value=False)
        oauth = self.data.get("options-auth_method") == "oauth"
        required = one.needed and self.row is None and not oauth
        return forms.CharField(max_length=4000, widget=widget, **{**given, "required": required})

    def _stored(self, one: Asked) -> Any:
        kind, _, member = one.place.partition("/")
        if kind == "options":
            defaults = connections.system_of(self.system).OPTIONS
            return (self.row.options if self.row else {}).get(member, defaults[member])
        return getattr(self.row, one.place) if self.row else ""

    def _option(self, options: dict[str, Any], member: str, one: Asked, value: Any) -> None:
        """What is as the system's default is not kept, so that it follows the default."""
        default = connections.system_of(self.system).OPTIONS[member]
        if one.kind == "number" and value is not None:
            value = int(value) if float(value).is_integer() else value
        if value in (None, "") or value == default:
            options.pop(member, None)
        else:
            options[member] = value


def wrong_of(checks: Iterable[Check], row: Connection) -> list[Fault]:
    """What the live system's answer says about single fields; missing services and scopes are no fault of any."""
    failed = [check for check in checks if not check.ok]
    found = [(place, _sentence(check)) for check in failed if (place := _place(check, row)) is not None]
    scopes = [check for check in failed if check.code.startswith("scope:")]
    if row.system == "servicetitan" and scopes and not any(check.ok for check in checks):
        tenant = row.options.get("servicetitan_tenant_id", "")
        sentence = gettext(
            "ServiceTitan knows the app but opens nothing of tenant %(tenant)s: check the tenant id, and that its "
            "administrator has connected the app."
        )
        found.append(("options/servicetitan_tenant_id", sentence % {"tenant": tenant}))
    return found


def _place(check: Check, row: Connection) -> str | None:
    """The member that a failed check is about; "" for the form as a whole, None for none."""
    is_sap, code = row.system == "sap", check.code
    if code in ("bad-credentials", "token-refused"):
        basic = is_sap and row.options.get("auth_method", "basic") == "basic"
        return f"credentials/{'password' if basic else 'client_secret'}"
    if code in _ADDRESS or code.startswith("outgoing-"):
        return "base_url" if is_sap else ""
    places = {"tls": "ca_bundle" if is_sap else "", "token-url": "options/token_url"}
    places |= {"company-codes": "options/company_codes", "wall:mixed": "environment", "connection-incomplete": ""}
    return places.get(code, "" if check.name in ("Signing in", "Reaching it", "Settings") else None)


def _sentence(check: Check) -> str:
    return f"{check.detail} {check.fix}".strip()


def _is_secret(one: Asked) -> bool:
    return one.kind == "secret"
