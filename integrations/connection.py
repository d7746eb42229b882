"""A customer's account at one system, as plain data, and the two things its client needs of the platform.

The engine builds `ConnectionSettings` from the encrypted row, and hands in a `TokenStore` (one cached token per
connection, shared by all processes) and a `RateBudget` (one budget per connection over all workers).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

Environment = Literal["sandbox", "production"]

writes_may_begin: ContextVar[Callable[[], bool]] = ContextVar("writes_may_begin", default=lambda: True)
"""Asked in the moment in which a write would leave, after all waiting for budgets and tokens: whether whoever sends it
still has the right to, until the call's time-out is over."""

RENEWALS = 2
"""How often a refused token is renewed for one call. The first time it may be one that another worker has fetched
meanwhile, and that was revoked as well; the second time it is new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSettings:
    """One connection. `credentials` and everything derived from them never appear in a repr.

    `options` are the settings that are not secret (sap_client_number, servicetitan_tenant_id, auth method,
    token_url, list_lag_seconds, calls_per_second, side_by_side, ...): each system's `settings.py` lists and
    checks its own. `capabilities` is what the last ping found (service versions, change fields).
    """

    id: str
    system: str
    environment: Environment
    base_url: str
    options: Mapping[str, Any] = field(default_factory=dict)
    capabilities: Mapping[str, Any] = field(default_factory=dict)
    ca_bundle: str = field(default="", repr=False)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Token:
    """An access token. `renew_at` lies ahead of `expires_at` by a share of the token's life."""

    value: str = field(repr=False)
    expires_at: datetime
    renew_at: datetime


class TokenStore(Protocol):
    """One cached token per connection. Used from the task's own thread only (it reads the database)."""

    def token(self, fetch: Callable[[], Token], *, stale: str = "") -> Token:
        """The cached token; `fetch` is called for a new one if there is none, if it is due for renewal, or if
        the cached one equals `stale` (a value that was just refused). One caller at a time over all processes
        fetches; the others wait and then read what it stored.
        """
        ...


class RateBudget(Protocol):
    """Calls per second of one connection over all workers. Safe to use from several threads."""

    def acquire(self, calls: int = 1) -> None:
        """Returns when the calls may go out; waits as long as needed."""
        ...

    def blocked(self, seconds: float) -> None:
        """The remote system said 429: nobody calls this connection for so long."""
        ...


@dataclass(frozen=True, slots=True)
class Way:
    """How changes of one object are found. `service` is the code of the check that opens it.

    `offers` are the change fields that this tenant has, `lacks` those that it does not. `is_found`: false where an
    object cannot be followed at all with what there is.
    """

    service: str
    title: str
    offers: tuple[str, ...]
    lacks: tuple[str, ...]
    follows: str
    is_found: bool = True


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a ping. `fix` says what to do next, in words for the customer's administrator."""

    name: str
    ok: bool
    detail: str
    fix: str = ""
    code: str = ""
