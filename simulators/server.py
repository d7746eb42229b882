"""Serve a simulator over real HTTP/1.1 with keep-alive: one thread per connection, small and fast.

The standard library's handler parses headers with the e-mail package, which costs more than a whole simulated call; the
few rules of HTTP that clients rely on are therefore written out here.
"""

import argparse
import socket
import socketserver
import ssl
import struct
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO, cast

from simulators.simulator import Simulator
from simulators.wire import Request, Response

IDLE_SECONDS = 75
MAX_LINE = 65_536
MAX_BODY = 64 * 1024 * 1024
_REASONS = {status.value: status.phrase for status in HTTPStatus}


class _Malformed(Exception):
    """The peer does not speak HTTP/1.x."""


class SimulatorServer(socketserver.ThreadingTCPServer):
    """A listening simulator. ``url`` is ready once constructed; ``close`` ends open connections as well."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, simulator: Simulator, address: tuple[str, int], tls: ssl.SSLContext | None = None) -> None:
        self.simulator = simulator
        self.closing = threading.Event()
        self.scheme = "http" if tls is None else "https"
        self._open: set[socket.socket] = set()
        super().__init__(address, _Connection)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def url(self) -> str:
        """Where the simulator listens, e.g. ``http://127.0.0.1:40123``."""
        host, port = cast(tuple[str, int], self.server_address)[:2]
        return f"{self.scheme}://{host}:{port}"

    def opened(self, connection: socket.socket) -> None:
        """Remember an open connection."""
        self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        """Forget a connection."""
        self._open.discard(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that goes away is no news; anything else is a bug of the simulator and is shown."""
        if not isinstance(sys.exception(), (OSError, _Malformed)):
            super().handle_error(request, client_address)

    def close(self) -> None:
        """Stop listening and end all connections."""
        self.closing.set()
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Connection(socketserver.StreamRequestHandler):
    """One keep-alive connection."""

    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    rbufsize = 65_536

    def handle(self) -> None:
        server = cast(SimulatorServer, self.server)
        server.opened(self.connection)
        try:
            while not server.closing.is_set() and self._one(server):
                pass
        except (OSError, _Malformed):
            return
        finally:
            server.closed(self.connection)

    def _one(self, server: SimulatorServer) -> bool:
        read = _read_request(cast(BinaryIO, self.rfile), self._go_on)
        if read is None:
            return False
        request, keep = read
        response = server.simulator.handle(request)
        if response.delay and server.closing.wait(response.delay):
            return False
        return self._write(response, request.method, keep)

    def _go_on(self) -> None:
        self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _write(self, response: Response, method: str, keep: bool) -> bool:
        if response.cut == "reset":
            # A linger time of zero makes the kernel send RST instead of FIN.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if response.cut in ("reset", "drop"):
            self.connection.close()
            return False
        head = _head(response, keep)
        body = b"" if method == "HEAD" else response.body
        if response.cut == "truncate":
            self.connection.sendall(head + body[: len(body) // 2])
            return False
        self.connection.sendall(head + body)
        return keep


def _head(response: Response, keep: bool) -> bytes:
    lines = [f"HTTP/1.1 {response.status} {_REASONS.get(response.status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in response.headers]
    lines.append(f"Content-Length: {len(response.body)}")
    lines.append("Connection: keep-alive\r\n\r\n" if keep else "Connection: close\r\n\r\n")
    return "\r\n".join(lines).encode("latin-1", "replace")


def _read_request(stream: BinaryIO, go_on: Callable[[], None]) -> tuple[Request, bool] | None:
    line = stream.readline(MAX_LINE)
    while line in (b"\r\n", b"\n"):
        line = stream.readline(MAX_LINE)
    if not line:
        return None
    words = line.decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise _Malformed
    headers = _read_headers(stream)
    if headers.get("expect", "").lower() == "100-continue":
        go_on()
    body = _read_body(stream, headers)
    wish = headers.get("connection", "").lower()
    keep = wish != "close" if words[2] == "HTTP/1.1" else wish == "keep-alive"
    return Request.of(words[0].upper(), words[1], headers, body), keep


def _read_headers(stream: BinaryIO) -> dict[str, str]:
    headers: dict[str, str] = {}
    while True:
        line = stream.readline(MAX_LINE)
        if line in (b"\r\n", b"\n"):
            return headers
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            raise _Malformed
        name = name.lower()
        headers[name] = f"{headers[name]}, {value.strip()}" if name in headers else value.strip()


def _read_body(stream: BinaryIO, headers: dict[str, str]) -> bytes:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return b"".join(_chunks(stream))
    announced = headers.get("content-length") or "0"
    if not announced.isdecimal() or int(announced) > MAX_BODY:
        raise _Malformed
    return stream.read(int(announced)) if announced != "0" else b""


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while size := int(stream.readline(MAX_LINE).split(b";")[0], 16):
        yield stream.read(size)
        stream.readline(MAX_LINE)
    while stream.readline(MAX_LINE) not in (b"\r\n", b"\n", b""):
        pass


@contextmanager
def serve(
    simulator: Simulator, port: int = 0, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> Iterator[SimulatorServer]:
    """Serve in a thread of this process for the length of a ``with`` block; port 0 takes a free one."""
    server = SimulatorServer(simulator, (host, port), tls)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="simulator", daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join(5)


def shell(title: str) -> argparse.ArgumentParser:
    """The options which both simulators have on the command line."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--port-file", type=Path, help="the port is written here once the simulator listens")
    parser.add_argument("--seed", type=int, default=7, help="the same seed makes the same world")
    parser.add_argument("--certificate", type=Path, help="PEM file with certificate and key: serve over TLS")
    return parser


def run(simulator: Simulator, options: argparse.Namespace) -> None:
    """Serve until interrupted (SIGINT or SIGTERM end the process)."""
    tls: ssl.SSLContext | None = None
    if options.certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(options.certificate)
    server = SimulatorServer(simulator, (options.host, options.port), tls)
    if options.port_file:
        # Written aside and moved, so that a reader never sees half a number.
        aside = options.port_file.with_suffix(".part")
        aside.write_text(str(server.server_address[1]))
        aside.replace(options.port_file)
    print(f"listening on {server.url}", flush=True)
    with suppress(KeyboardInterrupt):
        server.serve_forever(0.2)


def listen(
    argv: Sequence[str], parser: argparse.ArgumentParser, build: Callable[[argparse.Namespace], Simulator]
) -> None:
    """Parse the command line, build the simulator and serve it."""
    options = parser.parse_args(argv)
    run(build(options), options)
