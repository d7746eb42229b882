"""The gate in front of the service: access tokens, the application key, tenants, scopes and the rate limit."""

import base64
import json
import secrets
import time
from collections import Counter, deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs

from simulators.faults import throttled
from simulators.log import Seen
from simulators.servicetitan import problems
from simulators.servicetitan.contract.notation import Operation
from simulators.servicetitan.contract.scopes import scope_of
from simulators.servicetitan.switches import Switches
from simulators.servicetitan.tenant import Tenant
from simulators.wire import Clock, Request, Response, json_response


@dataclass(frozen=True, slots=True)
class _Grant:
    tenant: int
    scopes: frozenset[str]
    expires: datetime


class Gate:
    """Who may call what. Tokens live in memory only."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock, self._switches = clock, switches
        self._grants: dict[str, _Grant] = {}
        self._token_calls: deque[float] = deque()
        self.rates = Rates()

    def forget(self) -> None:
        """No tokens, no counts."""
        self._grants.clear()
        self._token_calls.clear()
        self.rates = Rates()

    def revoke_all(self) -> None:
        """Every token given out so far is refused from now on."""
        self._grants.clear()

    def token(self, request: Request, tenants: dict[int, Tenant]) -> Response:
        """The token endpoint: form-encoded client credentials only."""
        if self._too_many_tokens():
            return throttled(self._switches.rate_shape, 10)
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if request.method != "POST" or kind != "application/x-www-form-urlencoded":
            return json_response({"error": "invalid_request"}, 400)
        form = {name: values[0] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
        if form.get("grant_type") != "client_credentials":
            return json_response({"error": "unsupported_grant_type"}, 400)
        tenant = next((it for it in tenants.values() if it.client_id == form.get("client_id")), None)
        if tenant is None or form.get("client_secret") not in tenant.client_secrets:
            return json_response({"error": "invalid_client"}, self._switches.token_error_status)
        return json_response(self._grant(tenant))

    def _grant(self, tenant: Tenant) -> dict[str, object]:
        seconds, now = self._switches.token_seconds, self._clock.now()
        scopes = sorted(tenant.scopes)
        claims = {"iss": "https://auth.servicetitan.io", "client_id": tenant.client_id, "tenant": str(tenant.number)}
        times = {"nbf": int(now.timestamp()), "exp": int(now.timestamp()) + seconds, "jti": secrets.token_hex(16)}
        head = {"alg": "RS256", "typ": "at+jwt"}
        parts = [_encoded(json.dumps(part).encode()) for part in (head, {**claims, **times, "scope": scopes})]
        # Nobody checks the signature: to clients the token is opaque.
        token = ".".join([*parts, _encoded(secrets.token_bytes(64))])
        self._grants[token] = _Grant(tenant.number, frozenset(scopes), now + timedelta(seconds=seconds))
        return {"access_token": token, "expires_in": seconds, "token_type": "Bearer", "scope": " ".join(scopes)}

    def _too_many_tokens(self) -> bool:
        limit = self._switches.tokens_per_minute
        now = time.monotonic()
        while self._token_calls and self._token_calls[0] <= now - 60:
            self._token_calls.popleft()
        self._token_calls.append(now)
        return bool(limit) and len(self._token_calls) > limit

    def admit(self, request: Request, operation: Operation, tenant: Tenant | None, seen: Seen) -> Response | None:
        """None if the call may pass, else the refusal."""
        shape = self._switches.gate_shape
        key = request.headers.get("st-app-key") or request.param("servicetitanapplicationkey")
        if "st-app-key" not in request.headers and key:
            seen.remarks.append("application key in the query")
        if not key:
            return problems.gate(401, "Access denied due to missing subscription key.", shape)
        grant = self._granted(request.headers.get("authorization", ""), seen)
        if grant is None:
            return problems.gate(401, "Unauthorized. Access token is missing or invalid.", shape)
        if tenant is None or grant.tenant != tenant.number or key != tenant.app_key:
            return problems.gate(403, "The application has no access to this tenant.", shape)
        if scope_of(operation) not in grant.scopes & tenant.scopes:
            return problems.gate(403, "The required scope was not granted.", shape)
        return self._limited(tenant)

    def _granted(self, header: str, seen: Seen) -> _Grant | None:
        kind, _, token = header.partition(" ")
        if not token:
            seen.remarks.append("bare token")
            token = kind
        elif kind.lower() != "bearer":
            return None
        grant = self._grants.get(token)
        return grant if grant is not None and grant.expires > self._clock.now() else None

    def _limited(self, tenant: Tenant) -> Response | None:
        limit = self._switches.calls_per_second
        if self.rates.count(tenant.number, limit):
            return None
        return throttled(self._switches.rate_shape, 1)


class Rates:
    """Calls within any one second of real time, per tenant, and the most there ever were."""

    def __init__(self) -> None:
        self._recent: dict[int, deque[float]] = {}
        self.most: Counter[int] = Counter()
        self.refused: Counter[int] = Counter()

    def count(self, tenant: int, limit: int) -> bool:
        """Count a call; False if it is above the limit (0: none) and must be refused."""
        recent = self._recent.setdefault(tenant, deque())
        now = time.monotonic()
        while recent and recent[0] <= now - 1:
            recent.popleft()
        if limit and len(recent) >= limit:
            self.refused[tenant] += 1
            return False
        recent.append(now)
        self.most[tenant] = max(self.most[tenant], len(recent))
        return True

    def row(self) -> dict[str, dict[str, int]]:
        """As JSON: by tenant, the most calls in one second, and how many were refused."""
        return {str(it): {"most_in_a_second": self.most[it], "refused": self.refused[it]} for it in self._recent}


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
