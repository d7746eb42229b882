"""A server that answers with exactly the bytes a test gives it, for what well-behaved servers never do."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

RESET = b"<reset>"
STALL = b"<stall>"


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    """A complete HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class RawServer:
    """Plays one script per connection: bytes to send for each request it reads, then closes."""

    def __init__(self, scripts: Sequence[Sequence[bytes]]) -> None:
        self.requests: list[bytes] = []
        self.released = threading.Event()
        self._scripts = list(scripts)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.released.set()
        # Closing a listener does not wake a thread that waits in accept; a last caller does.
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        self._thread.join(5)
        self._listener.close()

    def _serve(self) -> None:
        for script in self._scripts:
            connection = self._listener.accept()[0]
            if self.released.is_set():
                return
            threading.Thread(target=self._handle, args=(connection, script), daemon=True).start()

    def _handle(self, connection: socket.socket, script: Sequence[bytes]) -> None:
        with connection, suppress(OSError):
            self._play(connection, script)

    def _play(self, connection: socket.socket, script: Sequence[bytes]) -> None:
        reader = connection.makefile("rb")
        for piece in script:
            self.requests.append(_read_request(reader))
            if piece == RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                reader.close()
                return
            head, stalls, _ = piece.partition(STALL)
            connection.sendall(head)
            if stalls:
                self.released.wait(10)
        connection.shutdown(socket.SHUT_WR)


@contextmanager
def serving(*scripts: Sequence[bytes]) -> Iterator[RawServer]:
    """A running server, closed at the end."""
    server = RawServer(scripts)
    try:
        yield server
    finally:
        server.close()


def _read_request(reader: object) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = reader.readline()  # type: ignore[attr-defined]
        if not line:
            return head
        head += line
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    return head + reader.read(length)  # type: ignore[attr-defined]
