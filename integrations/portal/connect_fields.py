"""What a connection is asked for, field by field: what it is, and where a person finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise
Kind = Literal["text", "secret", "choice", "number", "area", "day"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One field. `place` is the member that it fills: "base_url", "options/language", "credentials/password".

    `advanced` ones stand folded away: whoever does not know them does not need them. `needed`: a new connection has to
    have it (what is stored may stay), unless it signs in by OAuth.
    """

    place: str
    label: Text
    help: Text = ""
    kind: Kind = "text"
    choices: tuple[tuple[str, Text], ...] = ()
    advanced: bool = False
    required: bool = False
    needed: bool = False

    @property
    def name(self) -> str:
        """Its name in the form."""
        return self.place.replace("/", "-")


_NAMED: dict[str, Any] = {"place": "name", "label": _("What you call it"), "required": True}
SAP_NAME = Asked(**_NAMED, help=_("Any name, e.g. “SAP test system”."))
SERVICETITAN_NAME = Asked(**_NAMED, help=_("Any name, e.g. “ServiceTitan sandbox”."))
ENVIRONMENT = Asked(
    place="environment",
    label=_("Environment"),
    kind="choice",
    choices=(("sandbox", _("Sandbox or test")), ("production", _("Production"))),
    help=_("A flow never connects a sandbox with a production system. It cannot be changed later."),
    required=True,
)
PACE = (
    Asked(
        place="options/calls_per_second",
        label=_("Calls per second"),
        kind="number",
        advanced=True,
        help=_("How many calls we make at most, over all flows."),
    ),
    Asked(
        place="options/side_by_side",
        label=_("Calls side by side"),
        kind="number",
        advanced=True,
        help=_("How many calls may be under way at the same time."),
    ),
    Asked(
        place="options/list_lag_seconds",
        label=_("Seconds until lists show a write"),
        kind="number",
        advanced=True,
        help=_("After an answer was lost we wait for so long before we look whether the record is there."),
    ),
)
SAP = (
    Asked(
        place="base_url",
        label=_("API address"),
        help=_(
            "Public cloud: app Communication Arrangements, open an arrangement, “API-URL”: it ends with "
            "-api.s4hana.cloud.sap. Private system: the address of the gateway. Only up to the host; we add the rest."
        ),
        required=True,
    ),
    Asked(
        place="options/auth_method",
        advanced=True,
        label=_("How we sign in"),
        kind="choice",
        choices=(("basic", _("User and password")), ("oauth", _("OAuth 2.0 client credentials"))),
        help=_("As it was chosen for the communication system, under “Users for Inbound Communication”."),
    ),
    Asked(
        place="credentials/username",
        needed=True,
        label=_("Communication user"),
        kind="secret",
        help=_("App Maintain Communication Users: the user name. Use a user of its own for this product."),
    ),
    Asked(
        place="credentials/password",
        needed=True,
        label=_("Password of the communication user"),
        kind="secret",
        help=_("It was shown or chosen when the user was made. After too many wrong tries SAP locks the user."),
    ),
    Asked(
        place="credentials/client_id",
        advanced=True,
        label=_("OAuth client id"),
        kind="secret",
        help=_("Only for OAuth: in an arrangement, button “OAuth 2.0 Details”."),
    ),
    Asked(
        place="credentials/client_secret",
        label=_("OAuth client secret"),
        kind="secret",
        advanced=True,
        help=_("Only for OAuth."),
    ),
    Asked(
        place="options/token_url",
        advanced=True,
        label=_("Token service URL"),
        help=_("Only for OAuth, from “OAuth 2.0 Details”; empty: the tenant's own token service."),
    ),
    Asked(
        place="options/sap_client_number",
        label=_("Client number"),
        help=_("Private systems only: three digits, e.g. 100. Empty in the public cloud."),
    ),
    Asked(
        place="options/company_codes",
        label=_("Company codes"),
        help=_("Those that this system must have, e.g. 1710, 1720. Each ping checks that it is the system you mean."),
    ),
    Asked(
        place="options/history_from",
        label=_("Leave out documents from before"),
        kind="day",
        help=_("The first load leaves out what was created before this day. Empty: everything is read."),
    ),
    Asked(
        place="options/reference_field",
        label=_("Field for our mark on orders"),
        kind="choice",
        choices=(
            ("CorrespncInternalReference", _("Our reference")),
            ("CorrespncExternalReference", _("Your reference")),
        ),
        advanced=True,
        help=_("Where an order that we make in SAP carries the mark by which we find it again."),
    ),
    Asked(place="options/language", label=_("Language"), advanced=True, help=_("Two letters, e.g. en.")),
    Asked(
        place="ca_bundle",
        label=_("Certificates of your own authority (PEM)"),
        kind="area",
        advanced=True,
        help=_("Only if the system has a certificate of your company's own authority."),
    ),
)
SERVICETITAN = (
    Asked(
        place="options/servicetitan_tenant_id",
        label=_("Tenant id"),
        help=_("In ServiceTitan: Settings, Integrations, API Application Access. It stands beside the client id."),
        required=True,
    ),
    Asked(
        place="credentials/client_id",
        needed=True,
        label=_("Client id"),
        kind="secret",
        help=_("At the same place, after the app was connected. It begins with cid."),
    ),
    Asked(
        place="credentials/client_secret",
        needed=True,
        label=_("Client secret"),
        kind="secret",
        help=_("At the same place, “Generate”. It is shown once and begins with cs1. or cs2."),
    ),
    Asked(
        place="credentials/client_secret_previous",
        label=_("Client secret before"),
        kind="secret",
        advanced=True,
        help=_("While you change secrets: the old one is tried as long as the new one is not accepted."),
    ),
    Asked(
        place="credentials/app_key",
        label=_("Application key"),
        kind="secret",
        advanced=True,
        help=_("Only for an app of your own: developer portal, My Apps, the app. Empty: this service's app."),
    ),
    Asked(
        place="options/external_data_guid",
        label=_("External data application GUID"),
        advanced=True,
        help=_("Only for an app of your own: developer portal, the app, “External Data”."),
    ),
    Asked(
        place="credentials/webhook_key",
        label=_("Webhook key"),
        kind="secret",
        advanced=True,
        help=_("Only for an app of your own that sends events: its HMAC key."),
    ),
)
FIELDS: Mapping[str, tuple[Asked, ...]] = {
    "sap": (SAP_NAME, ENVIRONMENT, *SAP, *PACE),
    "servicetitan": (SERVICETITAN_NAME, ENVIRONMENT, *SERVICETITAN, *PACE),
}
