"""One exchange with a remote system: sent once, bounded, redacted, and with a clear word on what happened.

`HttpSession.send` answers or raises one of the errors of `integrations.errors`:

- Misconfigured: the guard refused the address, or the answer is larger than this installation takes;
- Transient: nothing left, or a read failed: a later try may succeed;
- Unknown: a write left and no complete answer came back.

It never retries, follows no redirect, keeps no cookie, and reads no proxy or credential from the environment.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import requests
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError, SSLError
from urllib3.exceptions import TimeoutError as HTTPTimeout

from integrations import telemetry, transport
from integrations.connection import writes_may_begin
from integrations.errors import IntegrationError, Misconfigured, Transient, Unknown
from integrations.guard import Lookup, OutgoingPolicy, check_url, origin, system_lookup
from integrations.redaction import QUERY_SAFE, Redactor

USER_AGENT = "ml-connector"
TLS_FAILURES = (SSLError, requests.exceptions.SSLError)
MAX_ANSWER = 32 * 1024 * 1024
_CHUNK = 64 * 1024
# Drawn anew in each process, so that no text of a customer can look like a number of ours.
_MARK = f"decimal-{secrets.token_hex(8)}:"
_MARKED = re.compile(rf'"{_MARK}(-?[0-9.]+)"')
_HEADERS = {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "gzip"}
_MakeExchange = Callable[[int | None, Mapping[str, str], bytes], "Exchange"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """`url` is absolute (base host or an extra host) or a path below the base URL.

    `write` says that the request changes something there, which decides how a missing answer is judged. A `json`
    body may hold Decimals; they are sent as plain JSON numbers, digit for digit.
    """

    method: str
    url: str
    params: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    write: bool = False


@dataclass(frozen=True, slots=True)
class Exchange:
    """What went over the wire, redacted; bodies are cut at 64 kB with a note. `status` None: no answer came."""

    method: str
    url: str
    request_headers: Mapping[str, str]
    request_body: str
    status: int | None
    response_headers: Mapping[str, str]
    response_body: str
    started_at: datetime
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer of any status. `cookies` are the Set-Cookie lines, one each; secret like the body."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    exchange: Exchange = field(repr=False)
    write: bool = False
    cookies: tuple[str, ...] = field(default=(), repr=False)

    def json(self) -> Any:
        """The body as JSON, fractions as Decimal. Malformed: Unknown after a write, else Transient."""
        try:
            return _DECODER.decode(self.body.decode(json.detect_encoding(self.body), "surrogatepass"))
        except (ValueError, RecursionError):
            kind = Unknown if self.write else Transient
            message = f"The answer (HTTP {self.status}) is not readable JSON."
            raise kind(message, code="malformed-answer", exchange=self.exchange) from None


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `read` bounds the whole answer once the request is out."""

    connect: float = 10
    read: float = 110

    @property
    def total(self) -> float:
        """No exchange lasts longer, so a lease that outlives this outlives the exchange."""
        return self.connect + self.read


class HttpSession:
    """The pooled keep-alive session of one client. Safe to use from several threads.

    `secrets` are the values that must never show up in an exchange; `extra_hosts` (URLs or host names) may be
    called besides the base URL's. Raises Misconfigured at once for a base URL that the policy refuses.
    """

    max_answer = MAX_ANSWER
    told_as: tuple[str, str] | None = None  # customer and system in the metrics
    only_reads: frozenset[str] | None = None
    """Not None: nothing but GET and HEAD leaves, and POST to these addresses, at which one signs in."""
    watch: Callable[[], None] | None = None
    """Called before each exchange; what it raises keeps the exchange from leaving."""

    def __init__(
        self,
        *,
        base_url: str,
        policy: OutgoingPolicy,
        timeouts: Timeouts,
        ca_bundle: str = "",
        pool_size: int = 8,
        secrets: Collection[str] = (),
        extra_hosts: Collection[str] = (),
        lookup: Lookup = system_lookup,
    ) -> None:
        extra = [url if "://" in url else f"https://{url}" for url in extra_hosts if url]
        self._origin = check_url(base_url, policy)
        self._origins = frozenset([self._origin, *(check_url(url, policy) for url in extra)])
        self.base_url = base_url.rstrip("/")
        self.timeouts = timeouts
        self._redactor = Redactor(secrets)
        self._pools = transport.GuardedPools(policy=policy, lookup=lookup, ca_bundle=ca_bundle, pool_size=pool_size)

    def __repr__(self) -> str:
        return f"HttpSession({self.base_url!r})"

    def conceal(self, secret: str) -> None:
        """Removes this value from every exchange from now on (an access token just obtained)."""
        self._redactor.learn(secret)

    def close(self) -> None:
        """Closes the pooled connections."""
        self._pools.close()

    def send(self, request: HttpRequest, *, timeouts: Timeouts | None = None) -> Answer:
        """One exchange. `timeouts` replaces the session's for this one (long writes). Errors: see the module."""
        leaving = self._prepared(request)
        self._check_reads(request, leaving)
        if self.watch is not None:
            self.watch()
        if request.write and not writes_may_begin.get()():
            raise Transient("The lease was too short to begin this call.", code="lease-short")
        started_at, clock = datetime.now(UTC), time.monotonic()
        transport.begin()

        def exchange(status: int | None, headers: Mapping[str, str], body: bytes) -> Exchange:
            duration = int((time.monotonic() - clock) * 1000)
            if self.told_as:
                telemetry.exchanged(*self.told_as, leaving.method, status, duration / 1000)
            return self._exchange(leaving, status, headers, body, started_at, duration)

        response: BaseHTTPResponse | None = None
        body = bytearray()
        try:
            response = self._begin(leaving, timeouts or self.timeouts)
            self._read(request, response, body)
        except IntegrationError as error:
            error.exchange = exchange(response.status if response is not None else None, {}, bytes(body))
            raise
        except (HTTPError, requests.RequestException, OSError) as error:
            raise _failure(error, request, exchange(None, {}, bytes(body))) from None
        finally:
            if response is not None:
                response.close()
        return _answer(request, response, bytes(body), exchange)

    def _prepared(self, request: HttpRequest) -> _Leaving:
        url, where = request.url, self._origin
        if url.lower().startswith(("http://", "https://")):
            where = origin(url)
        else:
            url = f"{self.base_url}/{url.lstrip('/')}"
        if where not in self._origins:
            raise Misconfigured("The address lies outside of this connection's hosts.", code="outgoing-host")
        if request.params:
            url += ("&" if "?" in url else "?") + urlencode(request.params, safe=QUERY_SAFE, quote_via=quote)
        headers = {**_HEADERS, **request.headers}
        data: bytes | None = None
        if request.json is not None:
            headers.setdefault("Content-Type", "application/json")
            data = dump_json(request.json).encode()
        elif request.form is not None:
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
            data = urlencode(request.form).encode()
        return _Leaving(request.method, where, url, headers, data)

    def _check_reads(self, request: HttpRequest, leaving: _Leaving) -> None:
        """Whoever may only read sends nothing that could change anything, whatever called it."""
        if self.only_reads is None or (leaving.method in ("GET", "HEAD") and not request.write):
            return
        if request.write or leaving.method != "POST" or leaving.url not in self.only_reads:
            raise Misconfigured("Only reading is allowed here: nothing was sent.", code="read-only")

    def _begin(self, leaving: _Leaving, limits: Timeouts) -> BaseHTTPResponse:
        try:
            return self._pools.send(
                leaving.origin,
                leaving.method,
                leaving.target,
                headers=leaving.headers,
                body=leaving.body,
                timeouts=(limits.connect, limits.read),
            )
        except ValueError:
            # A line break in a header, a character that no header can hold: refused before anything leaves.
            if transport.sent():
                raise
            raise Misconfigured("The request cannot be built from these settings.", code="outgoing-url") from None

    def _read(self, request: HttpRequest, response: BaseHTTPResponse, body: bytearray) -> None:
        announced = response.length_remaining
        is_plain = announced is not None and announced <= self.max_answer and "content-encoding" not in response.headers
        for chunk in [response.read()] if is_plain else response.stream(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > self.max_answer:
                message = f"The answer is larger than {self.max_answer} bytes; ask for smaller pages."
                kind = Unknown if request.write else Misconfigured
                raise kind(message, code="answer-too-large")

    def _exchange(
        self,
        leaving: _Leaving,
        status: int | None,
        headers: Mapping[str, str],
        body: bytes,
        started_at: datetime,
        duration_ms: int,
    ) -> Exchange:
        return Exchange(
            method=leaving.method,
            url=self._redactor.text(leaving.url),
            request_headers=self._redactor.headers(leaving.headers),
            request_body=self._redactor.body(leaving.body or b""),
            status=status,
            response_headers=self._redactor.headers(headers),
            response_body=self._redactor.body(body),
            started_at=started_at,
            duration_ms=duration_ms,
        )


@dataclass(frozen=True, slots=True)
class _Leaving:
    """A request as it leaves."""

    method: str
    origin: tuple[str, str, int]
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)

    @property
    def target(self) -> str:
        """Path and query."""
        parts = urlsplit(self.url)
        return urlunsplit(("", "", parts.path or "/", parts.query, ""))


def dump_json(value: Any) -> str:
    """Compact JSON in which a Decimal is a plain number with exactly its digits ("120.00" stays 120.00)."""
    text = _ENCODER.encode(value)
    return _MARKED.sub(r"\1", text) if _MARK in text else text


def _marked(value: Any) -> Any:
    """What the standard encoder does not know: numbers leave as marked strings and lose the marks afterwards."""
    if isinstance(value, Decimal) and value.is_finite():
        return f"{_MARK}{value:f}"
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


def _answer(request: HttpRequest, response: BaseHTTPResponse, body: bytes, exchange: _MakeExchange) -> Answer:
    # A mapping joins repeated headers with commas, which cannot be undone for cookies.
    cookies = tuple(response.headers.getlist("Set-Cookie"))
    headers = response.headers
    return Answer(response.status, headers, body, exchange(response.status, headers, body), request.write, cookies)


def _failure(error: Exception, request: HttpRequest, exchange: Exchange) -> IntegrationError:
    """The error of an exchange that ended without a complete answer."""
    host = origin(exchange.url)[1]
    if not transport.sent():
        tls = isinstance(error, TLS_FAILURES)
        return Transient(_before(error, host), code="tls" if tls else "unreachable", exchange=exchange)
    slow = isinstance(error, (HTTPTimeout, requests.Timeout, TimeoutError)) or "timed out" in str(error)
    what, code = ("did not answer in time", "read-timeout") if slow else ("broke off the answer", "connection-lost")
    if request.write:
        return Unknown(f"{host} {what}; whether it took the change is not known.", code=code, exchange=exchange)
    return Transient(f"{host} {what}.", code=code, exchange=exchange)


def _before(error: Exception, host: str) -> str:
    """One sentence on a failure before the first byte left."""
    if isinstance(error, TLS_FAILURES):
        return f"The TLS certificate or handshake of {host} was refused; check the CA bundle and the host name."
    return f"{host} could not be reached."


def _refuse_constant(text: str) -> Any:
    raise ValueError(text)


_ENCODER = json.JSONEncoder(default=_marked, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant)
