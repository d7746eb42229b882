"""What an SAP connection consists of, checked strictly.

Hosts and authentication: SAP Help, "Communication Management" (inbound users, OAuth 2.0) and "API host names"; private
systems answer at any host and port and commonly under a corporate CA.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal
from urllib.parse import urlsplit

from integrations.connection import ConnectionSettings
from integrations.errors import Misconfigured

Method = Literal["basic", "oauth"]

CREDENTIALS: Mapping[str, str] = {
    "username": "Communication user (Basic)",
    "password": "Password of the communication user (Basic)",
    "client_id": "OAuth client id (OAuth 2.0 client credentials)",
    "client_secret": "OAuth client secret (OAuth 2.0 client credentials)",
}
NEEDED: Mapping[str, tuple[str, str]] = {"basic": ("username", "password"), "oauth": ("client_id", "client_secret")}

# The page sizes bound the work of one answer: deep expands are slow at SAP's side.
OPTIONS: Mapping[str, Any] = {
    "auth_method": "basic",
    "token_url": "",
    "scope": "",
    "sap_client_number": "",
    "language": "en",
    "page_size_orders": 50,
    "page_size_partners": 100,
    "page_size": 200,
    "reference_field": "CorrespncInternalReference",
    # The company codes that this system must have ("1710, 1720"), so that it cannot be taken for another one.
    "company_codes": "",
    # Documents created before this day ("2026-01-01") are left out of full reads; "" reads all of them.
    "history_from": "",
    "list_lag_seconds": 0,
    "calls_per_second": 5,
    "side_by_side": 2,
    "read_only": False,
}
STAFF_ONLY: frozenset[str] = frozenset()

# SAP Business Accelerator Hub, "Try out": everybody's sandbox.
TRIAL_HOST = "sandbox.api.sap.com"

# Readable, filterable and twelve characters long on the purchase order (API_PURCHASEORDER_2).
REFERENCE_FIELDS = ("CorrespncInternalReference", "CorrespncExternalReference")

_NUMBERS = {
    "page_size_orders": (1, 500),
    "page_size_partners": (1, 500),
    "page_size": (1, 1000),
    "list_lag_seconds": (0, 3600),
    "calls_per_second": (0.1, 50),
    "side_by_side": (1, 16),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A checked connection: what the client needs."""

    base_url: str
    method: Method
    token_url: str
    scope: str
    sap_client_number: str
    language: str
    read_only: bool
    options: Mapping[str, Any]
    username: str = field(repr=False)
    password: str = field(repr=False)


def problems(settings: ConnectionSettings) -> list[tuple[str, str]]:
    """Every (field, sentence) that keeps this connection from working; empty if it is complete."""
    return [*_unknown(settings), *_address(settings), *_method(settings), *_texts(settings), *_numbers(settings)]


def account(settings: ConnectionSettings) -> Account:
    """The checked account. Raises Misconfigured with all problems in one sentence each."""
    found = problems(settings)
    if found:
        raise Misconfigured(" ".join(sentence for _, sentence in found), code="connection-incomplete")
    options = {**OPTIONS, **settings.options}
    name, secret = NEEDED[options["auth_method"]]
    return Account(
        base_url=settings.base_url.rstrip("/"),
        method=options["auth_method"],
        token_url=token_url(settings),
        scope=str(options["scope"]),
        sap_client_number=str(options["sap_client_number"]),
        language=str(options["language"]),
        read_only=bool(options["read_only"]),
        options=options,
        username=settings.credentials[name],
        password=settings.credentials[secret],
    )


def company_codes(options: Mapping[str, Any]) -> tuple[str, ...]:
    """The company codes that the connection names, in order; none where it names none."""
    return tuple(dict.fromkeys(code.strip() for code in str(options["company_codes"]).split(",") if code.strip()))


def token_url(settings: ConnectionSettings) -> str:
    """The token endpoint: the one entered, else the tenant's own."""
    entered = str(settings.options.get("token_url") or "")
    return entered or f"{settings.base_url.rstrip('/')}/sap/bc/sec/oauth2/token"


def _unknown(settings: ConnectionSettings) -> list[tuple[str, str]]:
    found = [
        (name, f"{name} is not an option of an SAP connection.") for name in settings.options if name not in OPTIONS
    ]
    strange = (name for name in settings.credentials if name not in CREDENTIALS)
    return found + [(name, f"{name} is not a credential of an SAP connection.") for name in strange]


def _address(settings: ConnectionSettings) -> list[tuple[str, str]]:
    found = []
    if not _is_url(settings.base_url) or "?" in settings.base_url or "#" in settings.base_url:
        found.append(
            ("base_url", "The base URL is the tenant's API address, e.g. https://my300001-api.s4hana.cloud.sap.")
        )
    elif urlsplit(settings.base_url).hostname == TRIAL_HOST and settings.environment != "sandbox":
        found.append(("base_url", f"{TRIAL_HOST} is SAP's public sandbox, and this connection is production."))
    elif "/sap/opu" in urlsplit(settings.base_url).path:
        found.append(("base_url", "The base URL ends with the host: the path of a service is added by us."))
    if settings.options.get("token_url") and not _is_url(str(settings.options["token_url"])):
        found.append(("token_url", "The token URL is a complete https address."))
    return found


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    readable = not any(sign.isspace() or sign in "@\\" for sign in parts.netloc)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and readable


def _method(settings: ConnectionSettings) -> list[tuple[str, str]]:
    method = settings.options.get("auth_method", OPTIONS["auth_method"])
    if method not in NEEDED:
        return [("auth_method", 'auth_method is "basic" or "oauth".')]
    return [
        (name, f"{CREDENTIALS[name]} is missing.")
        for name in NEEDED[method]
        if not str(settings.credentials.get(name) or "").strip()
    ]


def _texts(settings: ConnectionSettings) -> list[tuple[str, str]]:
    options = {**OPTIONS, **settings.options}
    found = []
    number = str(options["sap_client_number"])
    if number and not (number.isascii() and number.isdecimal() and len(number) == 3):
        found.append(("sap_client_number", "The SAP client number has three digits, e.g. 100."))
    language = str(options["language"])
    if not (language.isascii() and language.isalpha() and len(language) == 2):
        found.append(("language", "The language is a code of two letters, e.g. en."))
    if options["history_from"] and not _is_day(str(options["history_from"])):
        found.append(("history_from", "history_from is a day such as 2026-01-31, or empty."))
    if not all(code.isascii() and code.isalnum() and len(code) <= 4 for code in company_codes(options)):
        found.append(("company_codes", "company_codes are codes of up to four characters, e.g. 1710, 1720."))
    if options["reference_field"] not in REFERENCE_FIELDS:
        found.append(("reference_field", f"reference_field is {' or '.join(REFERENCE_FIELDS)}."))
    return found


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _numbers(settings: ConnectionSettings) -> list[tuple[str, str]]:
    found = []
    for name, (smallest, largest) in _NUMBERS.items():
        value = settings.options.get(name, OPTIONS[name])
        if isinstance(value, bool) or not isinstance(value, int | float) or not smallest <= value <= largest:
            found.append((name, f"{name} is a number from {smallest} to {largest}."))
    return found
