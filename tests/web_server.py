"""The product's web process over real HTTP, in a thread of the test: same code, same database, loopback only."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.db import connections


class _Server(ThreadedWSGIServer):
    """Ends the database connection of each of its threads."""

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            connections.close_all()


@contextmanager
def web_server() -> Iterator[str]:
    """The address of the public host, e.g. http://localhost:40001."""
    server = _Server(("127.0.0.1", 0), WSGIRequestHandler, allow_reuse_address=False, connections_override={})
    server.set_app(WSGIHandler())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
