"""ServiceTitan as one of the two systems: its name, its client, and what the edges ask of it."""

from __future__ import annotations

from integrations.connection import ConnectionSettings, RateBudget, TokenStore
from integrations.http import HttpSession
from integrations.systems.servicetitan.client import ServiceTitanClient
from integrations.systems.servicetitan.fit import licensed, ways
from integrations.systems.servicetitan.ping import ping
from integrations.systems.servicetitan.reference import KINDS, everything, key_of, lookup
from integrations.systems.servicetitan.settings import (
    CREDENTIALS,
    OPTIONS,
    STAFF_ONLY,
    account,
    api_url,
    problems,
    token_url,
)

NAME = "servicetitan"
TITLE = "ServiceTitan"

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
    return api_url(settings)


def extra_hosts(settings: ConnectionSettings) -> tuple[str, ...]:
    """The token endpoint stands on a host of its own."""
    return (token_url(settings),)


def open_client(
    settings: ConnectionSettings,
    *,
    tokens: TokenStore,
    budget: RateBudget,
    session: HttpSession,
    read_only: bool = False,
) -> ServiceTitanClient:
    """The client of a connection. `read_only`: any write raises. Raises Misconfigured for an incomplete one."""
    return ServiceTitanClient(account(settings), session=session, tokens=tokens, budget=budget, read_only=read_only)
