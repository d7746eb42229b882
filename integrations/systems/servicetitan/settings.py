"""What a ServiceTitan connection consists of, checked strictly.

Hosts, token life and the look of credentials: ServiceTitan developer portal, "OAuth 2.0" and "Environments". The
application key and the external-data GUID belong to the app (one for all tenants); client id and secret belong to
app, tenant and environment.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from integrations.connection import ConnectionSettings
from integrations.errors import Misconfigured
from integrations.systems.servicetitan import webhooks

API_URLS: Mapping[str, str] = {
    "production": "https://api.servicetitan.io",
    "sandbox": "https://api-integration.servicetitan.io",
}
TOKEN_URLS: Mapping[str, str] = {
    "production": "https://auth.servicetitan.io/connect/token",
    "sandbox": "https://auth-integration.servicetitan.io/connect/token",
}

# Only staff of the hosting team may point a connection at other hosts than the vendor's.
STAFF_ONLY = frozenset({"base_url", "token_url"})

CREDENTIALS: Mapping[str, str] = {
    "client_id": "Client id of this app in this tenant (begins with cid.)",
    "client_secret": "Client secret (begins with cs1. or cs2.)",
    "client_secret_previous": "The secret before, during a rotation; optional",
    "app_key": "Application key of the app (begins with ak1.)",
    "webhook_key": "HMAC key of the app's webhooks; only for an app of your own, optional",
    "webhook_key_previous": "The HMAC key before, during a rotation; optional",
}

OPTIONS: Mapping[str, Any] = {
    "servicetitan_tenant_id": "",
    "token_url": "",
    "external_data_guid": "",
    "page_size": 200,
    "list_lag_seconds": 180,
    "calls_per_second": 10,
    "side_by_side": 4,
    "read_only": False,
    "webhook_headers": "",
    "webhook_hash": "",
}

# The portal names 5000 as the ceiling; the server gives a request 100 seconds, so large pages are refused here.
MAX_PAGE_SIZE = 500
_NUMBERS = {"page_size": MAX_PAGE_SIZE, "list_lag_seconds": 3600, "calls_per_second": 60, "side_by_side": 32}
_SMALLEST = {"list_lag_seconds": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A checked connection: what the client needs. `secrets` are tried in this order (two during a rotation)."""

    api_url: str
    token_url: str
    servicetitan_tenant_id: str
    client_id: str
    external_data_guid: str
    page_size: int
    read_only: bool
    app_key: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


def problems(settings: ConnectionSettings) -> list[tuple[str, str]]:
    """Every (field, sentence) that keeps this connection from working; empty if it is complete."""
    return [
        *_unknown(settings),
        *_environment(settings),
        *_tenant(settings),
        *_missing(settings),
        *_guid(settings),
        *_numbers(settings),
        *_webhooks(settings),
    ]


def account(settings: ConnectionSettings) -> Account:
    """The checked account. Raises Misconfigured with all problems in one sentence each."""
    found = problems(settings)
    if found:
        raise Misconfigured(" ".join(sentence for _, sentence in found), code="connection-incomplete")
    options = {**OPTIONS, **settings.options}
    credentials = settings.credentials
    return Account(
        api_url=api_url(settings),
        token_url=token_url(settings),
        servicetitan_tenant_id=str(options["servicetitan_tenant_id"]),
        client_id=credentials["client_id"],
        external_data_guid=str(options["external_data_guid"]),
        page_size=int(options["page_size"]),
        read_only=bool(options["read_only"]),
        app_key=credentials["app_key"],
        secrets=tuple(filter(None, (credentials["client_secret"], credentials.get("client_secret_previous", "")))),
    )


def api_url(settings: ConnectionSettings) -> str:
    """The API's address: the one staff has set, else the environment's."""
    return (settings.base_url or API_URLS[settings.environment]).rstrip("/")


def token_url(settings: ConnectionSettings) -> str:
    """The token endpoint's address: the one staff has set, else the environment's."""
    return str(settings.options.get("token_url") or TOKEN_URLS[settings.environment])


def _unknown(settings: ConnectionSettings) -> list[tuple[str, str]]:
    found = [
        (name, f"{name} is not an option of a ServiceTitan connection.")
        for name in settings.options
        if name not in OPTIONS
    ]
    strange = (name for name in settings.credentials if name not in CREDENTIALS)
    return found + [(name, f"{name} is not a credential of a ServiceTitan connection.") for name in strange]


def _environment(settings: ConnectionSettings) -> list[tuple[str, str]]:
    """A vendor's own host tells the environment; any other host is what staff has said it is."""
    found = []
    for name, address, known in (
        ("base_url", api_url(settings), API_URLS),
        ("token_url", token_url(settings), TOKEN_URLS),
    ):
        host = urlsplit(address).hostname
        for environment, url in known.items():
            if host == urlsplit(url).hostname and environment != settings.environment:
                sentence = f"{host} is ServiceTitan's {environment}, and this connection is {settings.environment}."
                found.append((name, sentence))
    return found


def _tenant(settings: ConnectionSettings) -> list[tuple[str, str]]:
    text = str(settings.options.get("servicetitan_tenant_id") or "")
    if re.fullmatch(r"[1-9][0-9]{0,18}", text):
        return []
    return [
        (
            "servicetitan_tenant_id",
            "The ServiceTitan tenant id is a number; ServiceTitan shows it beside the client id.",
        )
    ]


def _missing(settings: ConnectionSettings) -> list[tuple[str, str]]:
    optional = {"client_secret_previous", "webhook_key", "webhook_key_previous"}
    return [
        (name, f"{title} is missing.")
        for name, title in CREDENTIALS.items()
        if name not in optional and not str(settings.credentials.get(name) or "").strip()
    ]


def _guid(settings: ConnectionSettings) -> list[tuple[str, str]]:
    text = str(settings.options.get("external_data_guid") or "")
    try:
        uuid.UUID(text)
    except ValueError:
        sentence = (
            "The app's External Data Application GUID is missing: by it a vendor is found again after a lost answer."
        )
        return [("external_data_guid", sentence)]
    return []


def _numbers(settings: ConnectionSettings) -> list[tuple[str, str]]:
    found = []
    for name, largest in _NUMBERS.items():
        value = settings.options.get(name, OPTIONS[name])
        smallest = _SMALLEST.get(name, 1)
        if isinstance(value, bool) or not isinstance(value, int | float) or not smallest <= value <= largest:
            found.append((name, f"{name} is a number from {smallest} to {largest}."))
    return found


def _webhooks(settings: ConnectionSettings) -> list[tuple[str, str]]:
    least, most = webhooks.KEY_LENGTHS
    found = [
        (name, f"{name} is an HMAC key of {least} to {most} characters, as the developer portal shows it.")
        for name in ("webhook_key", "webhook_key_previous")
        if (key := settings.credentials.get(name, "")) and not webhooks.is_key(key)
    ]
    if settings.credentials.get("webhook_key_previous") and not settings.credentials.get("webhook_key"):
        found.append(("webhook_key", "webhook_key is missing: webhook_key_previous is the one before it."))
    names = [name.strip() for name in str(settings.options.get("webhook_headers") or "").split(",") if name.strip()]
    if not all(webhooks.is_header_name(name) for name in names):
        found.append(("webhook_headers", "webhook_headers is a list of header names, separated by commas."))
    if settings.options.get("webhook_hash") not in (None, "", *webhooks.HASHES):
        found.append(("webhook_hash", f"webhook_hash is one of {', '.join(webhooks.HASHES)}."))
    return found
