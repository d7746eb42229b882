"""CSRF tokens with their cookies, one pair per service root, kept for a quarter of an hour at most.

SAP Note 3048103 and SAP Help, "Cross-Site Request Forgery Protection": a token is valid only together with all cookies
of the answer that brought it; cookie names differ between releases, so all of them are sent back as they came.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from integrations.errors import Transient
from integrations.http import Answer, HttpRequest

# The pair dies with the security session, 30 minutes idle being usual; half of that leaves room for slow writes.
LIFETIME = 15 * 60.0


@dataclass(frozen=True, slots=True)
class CsrfPair:
    """A token and the cookies it belongs to. Never shown."""

    token: str = field(repr=False)
    cookies: str = field(repr=False)
    fetched_at: float

    @property
    def headers(self) -> dict[str, str]:
        """What a write carries."""
        return {"X-CSRF-Token": self.token, **({"Cookie": self.cookies} if self.cookies else {})}


class CsrfTokens:
    """The pairs of one client. Safe to use from several threads: one of them fetches, the others wait."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pairs: dict[str, CsrfPair] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def pair(self, root: str, send: Callable[[HttpRequest], Answer], *, stale: CsrfPair | None = None) -> CsrfPair:
        """The pair of a service root; fetched if there is none, if it is old, or if it is `stale` (just refused)."""
        with self._lock(root):
            known = self._pairs.get(root)
            if known is None or known is stale or self._clock() - known.fetched_at > LIFETIME:
                known = self._pairs[root] = self._fetch(root, send)
            return known

    def forget(self) -> None:
        """Drops all pairs: they belong to a session that was signed in with other credentials."""
        with self._guard:
            self._pairs.clear()

    def _fetch(self, root: str, send: Callable[[HttpRequest], Answer]) -> CsrfPair:
        answer = send(HttpRequest(method="GET", url=f"{root}/", headers={"X-CSRF-Token": "Fetch"}))
        token = answer.headers.get("x-csrf-token", "")
        if not token or token.lower() == "required":
            raise Transient("SAP gave no CSRF token.", code="no-csrf-token", exchange=answer.exchange)
        cookies = "; ".join(line.partition(";")[0].strip() for line in answer.cookies)
        return CsrfPair(token, cookies, self._clock())

    def _lock(self, root: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(root, threading.Lock())
