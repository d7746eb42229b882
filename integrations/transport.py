"""The pools behind `integrations.http`: guarded sockets, a deadline per answer, no retries.

They are those of an adapter of requests, asked without a session: what a session adds to each call (cookies, hooks,
redirects, proxies, an adapter chosen anew) is all switched off here, and would cost as much CPU as the rest.
Three things that an adapter does not do by itself:

- a socket is opened only to addresses that the guard allowed, resolved once (no rebinding in between);
- the read time-out bounds the whole answer, not each piece of it, so a dripping server cannot outlast a lease;
- it is known whether the first byte of a request had left when a connection failed.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import sys
import threading
import time
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

import certifi
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.poolmanager import PoolManager
from urllib3.util.connection import create_connection
from urllib3.util.retry import Retry

from integrations.errors import Misconfigured
from integrations.guard import Lookup, OutgoingPolicy, resolve_host

_progress = threading.local()


def begin() -> None:
    """Forgets what this thread sent before; called ahead of each exchange."""
    _progress.sent = False


def sent() -> bool:
    """Whether this thread's exchange got as far as handing the first byte to the network."""
    return bool(getattr(_progress, "sent", False))


@lru_cache(maxsize=256)
def tls_context(ca_bundle: str = "") -> ssl.SSLContext:
    """A verifying context. `ca_bundle` is PEM text and then the only trust; empty means the public roots.

    Raises Misconfigured for a bundle that holds no certificate. Cached: loading the roots costs milliseconds.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(**({"cadata": ca_bundle} if ca_bundle else {"cafile": certifi.where()}))
    except (ssl.SSLError, ValueError, TypeError):  # TypeError: characters beyond ASCII, which PEM has none of
        raise Misconfigured("The CA bundle holds no readable PEM certificate.", code="ca-bundle") from None
    return context


class _DeadlineReader(io.RawIOBase):
    """Reads from a socket until a deadline, however many pieces the answer comes in."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self._sock, self._seconds = sock, seconds
        self._deadline = time.monotonic() + seconds
        self._raw = sock.makefile("rb", buffering=0)
        self._is_first = True
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._is_first:  # the socket waits as long as there is; each change of that is a call of the kernel
            self._is_first = False
            count = self._raw.readinto(buffer)
        else:
            count = self._read_on(buffer)
        self.ended = count == 0
        return count

    def _read_on(self, buffer: Any) -> int | None:
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(remaining)
        try:
            return self._raw.readinto(buffer)
        finally:
            self._sock.settimeout(self._seconds)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _DeadlineSocket:
    """What http.client asks of a socket when it begins to read an answer."""

    def __init__(self, sock: socket.socket) -> None:
        self.reader = _DeadlineReader(sock, sock.gettimeout() or 0.0)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self.reader, 65536)


class _DeadlineResponse(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        source = _DeadlineSocket(sock)
        self._reader = source.reader
        super().__init__(source, *args, **kwargs)  # type: ignore[arg-type]

    def begin(self) -> None:
        super().begin()
        # The standard library takes a connection that ends amid the headers for a complete, empty answer.
        if self._reader.ended:
            raise http.client.IncompleteRead(b"")


class _Guarded(HTTPConnection):
    """Opens its socket to addresses the guard allowed, and notes when the first byte leaves."""

    response_class = _DeadlineResponse

    def __init__(self, *args: Any, policy: OutgoingPolicy, lookup: Lookup, **kwargs: Any) -> None:
        self._policy, self._lookup = policy, lookup
        super().__init__(*args, **kwargs)

    def _new_conn(self) -> socket.socket:
        failure: OSError | None = None
        for address in resolve_host(self._dns_host, self.port, self._policy, lookup=self._lookup):
            try:
                sock = create_connection((address, self.port), self.timeout, socket_options=self.socket_options)
            except OSError as error:
                failure = error
                continue
            sys.audit("http.client.connect", self, self.host, self.port)
            return sock
        if isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(self, f"{self.host} did not accept a connection in time")
        raise NewConnectionError(self, f"{self.host}: {failure}")

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        _progress.sent = True
        super().send(data)


class _GuardedTls(_Guarded, HTTPSConnection):
    """The same under TLS: name and certificate are those of the host, whatever address was chosen."""


class _Pools(PoolManager):
    def __init__(self, *, policy: OutgoingPolicy, lookup: Lookup, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._kinds = {
            scheme: partial(kind, policy=policy, lookup=lookup)
            for scheme, kind in (("http", _Guarded), ("https", _GuardedTls))
        }

    def _new_pool(self, scheme: str, host: str, port: int, request_context: Any = None) -> HTTPConnectionPool:
        pool = super()._new_pool(scheme, host, port, request_context)
        pool.ConnectionCls = self._kinds[scheme]  # type: ignore[assignment]
        return pool


class _Adapter(HTTPAdapter):
    """Keeps the pools of one client. Which pool and what trust is known already, so nothing is found out per call."""

    def __init__(self, pools: _Pools) -> None:
        self._pools, self._by_origin = pools, dict[str, HTTPConnectionPool]()
        super().__init__(max_retries=Retry(0, read=False, redirect=False))

    def init_poolmanager(self, *given: Any, **more: Any) -> None:
        self.poolmanager = self._pools

    def get_connection_with_tls_context(self, request: Any, *given: Any, **more: Any) -> HTTPConnectionPool:
        pool = self._by_origin.get(request.origin)
        if pool is None:
            scheme, host, port = request.origin
            pool = self._by_origin[request.origin] = self._pools.connection_from_host(host, port, scheme)
        return pool

    def request_url(self, request: Any, proxies: Any) -> str:
        """No proxy is ever used, so that a path is a path."""
        return str(request.path_url)

    def build_response(self, req: PreparedRequest, resp: BaseHTTPResponse) -> Response:
        """The answer as it came; what requests would make of it (cookies, encodings, a copy of the headers) is no
        use here, and half of the price."""
        return _Raw(resp)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """The pools' own context holds the trust; requests would add the public roots to it."""

    def close(self) -> None:
        super().close()
        self._by_origin.clear()


class _Raw(Response):
    """An answer that is only carried."""

    def __init__(self, raw: BaseHTTPResponse) -> None:
        self.raw = raw


class _Prepared(PreparedRequest):
    """A request that needs no preparation: `origin` is checked, `path_url` is path and query as they leave."""

    origin: tuple[str, str, int]
    path_url = ""

    def __init__(self) -> None:
        """Everything is set by whoever sends it."""


class GuardedPools:
    """The kept-alive connections of one client: a pool per origin. Safe to use from several threads."""

    def __init__(self, *, policy: OutgoingPolicy, lookup: Lookup, ca_bundle: str, pool_size: int) -> None:
        context = tls_context(ca_bundle)
        pools = _Pools(
            policy=policy,
            lookup=lookup,
            num_pools=4,
            maxsize=pool_size,
            ssl_context=context,
            cert_reqs="CERT_REQUIRED",
        )
        self._adapter = _Adapter(pools)

    def send(
        self,
        origin: tuple[str, str, int],
        method: str,
        target: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None,
        timeouts: tuple[float, float],
    ) -> BaseHTTPResponse:
        """The answer, its body yet to be read. `target`: path and query; `timeouts`: to connect, for the answer."""
        request = _Prepared()
        request.origin, request.method, request.body = origin, method, body
        request.path_url = request.url = target
        length = {"Content-Length": str(len(body))} if body is not None else {}
        request.headers = {**headers, **length}  # type: ignore[assignment]
        raw: BaseHTTPResponse = self._adapter.send(request, stream=True, timeout=timeouts).raw
        return raw

    def close(self) -> None:
        """Closes the connections that are not in use; those that are, end with their exchange."""
        self._adapter.close()
