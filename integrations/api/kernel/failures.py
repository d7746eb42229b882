"""From an exception to problem details: the views' exception handler, and a middleware for what reaches no view."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, cast

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, ValidationError
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from rest_framework import exceptions

from integrations.api.kernel.problems import MEDIA_TYPE, Mistake, Problem, of_status
from integrations.errors import IntegrationError
from integrations.refusals import CannotBeDone, WrongMembers
from tenants.middleware import CustomerRequest

log = logging.getLogger(__name__)

API = "/api/"
LOCK_NOT_AVAILABLE, DEADLOCK = "55P03", "40P01"
MOST_MISTAKES = 200
"""An answer tells so many: a body of a mebibyte can have a hundred thousand, and its answer would have twenty."""


class ApiMiddleware:
    """Below /api/, every refusal is problem details, whoever refused.

    It stands before what may refuse, so that an unknown host, a suspended customer, a path that does not exist and a
    mistake of ours are answered in the one form that programs read.
    """

    def __init__(self, respond: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(API):
            return self.respond(request)
        answer = self.respond(request)
        if answer.status_code >= 400 and answer.headers.get("Content-Type") != MEDIA_TYPE:
            kept = {name: answer.headers[name] for name in ("Allow", "Retry-After") if name in answer.headers}
            problem = _problem_of(request, answer)
            problem.headers.update(kept)
            answer = problem.response(request)
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer


def _problem_of(request: HttpRequest, answer: HttpResponseBase) -> Problem:
    customer = getattr(cast(CustomerRequest, request), "customer", None)
    if answer.status_code == 403 and customer is not None and customer.suspended_at:
        return Problem("customer-suspended", "The hosting team has suspended this customer. Ask them.")
    if answer.status_code == 404:
        return Problem("not-found", "There is nothing at this host and path. The paths are in /api/v1/openapi.json.")
    if answer.status_code >= 500:
        return Problem("internal-error", "This is a mistake of ours. It is logged under the correlation id.")
    return of_status(answer.status_code)


def handled(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """REST framework's exception handler. None: a mistake of ours, which Django logs and the middleware answers."""
    problem = problem_of(error)
    return None if problem is None else problem.response(context["request"]._request)


def problem_of(error: Exception) -> Problem | None:
    """The problem that an exception stands for; None for what nobody has foreseen."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, exceptions.ValidationError | ValidationError | WrongMembers):
        return _wrong_values(error)
    if isinstance(error, Http404 | exceptions.NotFound):
        return Problem("not-found", "There is no such thing here, or not any more.")
    if isinstance(error, PermissionDenied | exceptions.PermissionDenied):
        return Problem("forbidden", "This is not allowed.")
    if isinstance(error, CannotBeDone):
        return Problem("conflict", str(error))
    if isinstance(error, IntegrationError):
        return Problem("conflict", error.message, code=error.code)
    return _busy(error) if isinstance(error, OperationalError) else _of_framework(error)


def _of_framework(error: Exception) -> Problem | None:
    if isinstance(error, exceptions.MethodNotAllowed):
        return Problem("method-not-allowed", "See the Allow header for what can be done here.")
    if isinstance(error, exceptions.UnsupportedMediaType):
        return Problem("unsupported-media-type", "Send the body as application/json.")
    if isinstance(error, SuspiciousOperation):
        return of_status(413 if isinstance(error, RequestDataTooBig) else 400)
    if isinstance(error, exceptions.ParseError):
        return Problem("malformed-request", str(error.detail))
    return of_status(error.status_code, str(error.detail)) if isinstance(error, exceptions.APIException) else None


def _wrong_values(error: exceptions.ValidationError | ValidationError | WrongMembers) -> Problem:
    if isinstance(error, WrongMembers):
        found = [Mistake(f"/{place}", "wrong", sentence) for place, sentence in error.faults]
    elif isinstance(error, ValidationError):
        found = [Mistake("", "invalid", sentence) for sentence in error.messages]
    else:
        found = list(islice(mistakes_in(error.detail), MOST_MISTAKES))
    return Problem("invalid-request", " ".join(dict.fromkeys(mistake.detail for mistake in found)), errors=found)


def _busy(error: OperationalError) -> Problem | None:
    state = getattr(error.__cause__, "sqlstate", None)
    if state not in (LOCK_NOT_AVAILABLE, DEADLOCK):
        return None
    log.warning("given up waiting for a lock", extra={"sqlstate": state})
    return Problem("busy", "Nothing was changed. Try again in a moment.", headers={"Retry-After": "5"})


def mistakes_in(detail: Any, pointer: str = "") -> Iterator[Mistake]:
    """Every mistake that a serializer found, with a JSON pointer to it."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            part = "" if name == "non_field_errors" else f"/{escaped(str(name))}"
            yield from mistakes_in(inner, pointer + part)
    elif isinstance(detail, list) and any(isinstance(inner, Mapping | list) for inner in detail):
        for number, inner in enumerate(detail):
            yield from mistakes_in(inner, f"{pointer}/{number}")
    elif isinstance(detail, list):
        for inner in detail:
            yield from mistakes_in(inner, pointer)
    else:
        yield Mistake(pointer, str(getattr(detail, "code", "invalid")), str(detail))


def escaped(name: str) -> str:
    """A member's name as a part of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
