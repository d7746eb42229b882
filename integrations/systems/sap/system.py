"""SAP S/4HANA as one of the two systems: its name, its client, and what the edges ask of it."""

from __future__ import annotations

from integrations.connection import ConnectionSettings, RateBudget, TokenStore
from integrations.http import HttpSession
from integrations.systems.sap.client import SapClient
from integrations.systems.sap.fit import licensed, ways
from integrations.systems.sap.ping import ping
from integrations.systems.sap.reference import KINDS, everything, key_of, lookup
from integrations.systems.sap.settings import CREDENTIALS, OPTIONS, STAFF_ONLY, account, problems, token_url

NAME = "sap"
TITLE = "SAP S/4HANA"

__all__ = [
    "CREDENTIALS",
    "KINDS",
    "NAME",
    "OPTIONS",
    "STAFF_ONLY",
    "TITLE",
    "base_url",
    "everything",
    "extra_hosts",
    "key_of",
    "licensed",
    "lookup",
    "open_client",
    "ping",
    "problems",
    "ways",
]


def base_url(settings: ConnectionSettings) -> str:
    """The address that a session for this connection is opened to."""
    return settings.base_url


def extra_hosts(settings: ConnectionSettings) -> tuple[str, ...]:
    """The token endpoint may stand on a host of its own; Basic needs none."""
    return (token_url(settings),) if settings.options.get("auth_method") == "oauth" else ()


def open_client(
    settings: ConnectionSettings,
    *,
    tokens: TokenStore,
    budget: RateBudget,
    session: HttpSession,
    read_only: bool = False,
) -> SapClient:
    """The client of a connection. `read_only`: any write raises. Raises Misconfigured for an incomplete one."""
    return SapClient(
        account(settings),
        session=session,
        tokens=tokens,
        budget=budget,
        capabilities=settings.capabilities,
        read_only=read_only,
    )
