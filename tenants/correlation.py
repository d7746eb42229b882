"""One id for everything that happens because of one request or message: in logs, audit events, messages and answers.

A request may bring its own (`X-Request-ID`); otherwise one is made. Messages carry it on in a header, so what a worker
does on behalf of a request is found under the request's id.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, MutableMapping
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars, get_contextvars

HEADER = "X-Request-ID"
MESSAGE_HEADER = "connector_correlation_id"
ALLOWED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
"""What is taken over from outside: 8 to 64 characters that mean nothing to a log, a database or a page."""


def current() -> str:
    """The id of what is being done; "" outside of requests and tasks."""
    return str(get_contextvars().get("correlation_id", ""))


def new() -> str:
    """32 random hexadecimal digits."""
    return uuid.uuid4().hex


class CorrelationMiddleware:
    """Binds the id while a request is answered, and names it in the answer. To be the outermost one."""

    def __init__(self, respond: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "")
        correlation_id = given if ALLOWED.fullmatch(given) else new()
        with bound_contextvars(correlation_id=correlation_id):
            response = self.respond(request)
        response[HEADER] = correlation_id
        return response


def stamp(headers: MutableMapping[str, Any]) -> None:
    """Gives the id to a message that is about to be sent."""
    if current():
        headers.setdefault(MESSAGE_HEADER, current())


def begin(received: str | None, task_id: str) -> None:
    """A task begins under the id that its message carries; one that nobody asked for has its own."""
    clear_contextvars()
    bind_contextvars(correlation_id=(received or task_id)[:64], task_id=task_id)


def end() -> None:
    """Nothing of a task's context is left for the next one."""
    clear_contextvars()
