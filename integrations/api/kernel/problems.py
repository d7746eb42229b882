"""Problem details (RFC 9457): every answer that is no success says what, where, and what to do next.

`PROBLEMS` is the whole list; docs/api.md describes each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, JsonResponse

from tenants import correlation

MEDIA_TYPE = "application/problem+json"
URN = "urn:ml-connector:problem:"

PROBLEMS: Mapping[str, tuple[int, str]] = {
    "malformed-request": (400, "The request cannot be read"),
    "invalid-request": (400, "Some of the values are not right"),
    "invalid-cursor": (400, "The cursor does not belong to this list"),
    "not-signed-in": (401, "A valid API key or a session is needed"),
    "forbidden": (403, "This is not allowed"),
    "scope-missing": (403, "The key or role does not reach that far"),
    "csrf": (403, "The request did not come from one of our pages"),
    "customer-suspended": (403, "This customer is suspended"),
    "not-found": (404, "There is no such thing"),
    "method-not-allowed": (405, "This cannot be done here"),
    "conflict": (409, "This does not fit the present state"),
    "idempotency-key-reused": (409, "This Idempotency-Key belongs to another request"),
    "still-in-progress": (409, "The first request with this Idempotency-Key is not answered yet"),
    "answer-withheld": (409, "This was done, and its answer bore a secret that is shown once only"),
    "changed-meanwhile": (412, "Somebody has changed it since you read it"),
    "too-large": (413, "The request body is too large"),
    "unsupported-media-type": (415, "Only JSON is read here"),
    "precondition-required": (428, "If-Match is needed here"),
    "too-many-requests": (429, "The key has used up its rate limit"),
    "internal-error": (500, "A mistake of ours"),
    "busy": (503, "Something else holds what is needed"),
}
BY_STATUS: Mapping[int, str] = {
    400: "malformed-request",
    401: "not-signed-in",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "unsupported-media-type",
    503: "busy",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """One wrong value. `pointer` is a JSON pointer into the body, or `?name` of the query, or `name:` of a header."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):
    """Ends a request with problem details. `more` are members of their own (RFC 9457, section 3.2)."""

    def __init__(
        self,
        name: str,
        detail: str,
        *,
        errors: Iterable[Mistake] = (),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(name)
        self.status, self.title = PROBLEMS[name]
        self.name, self.detail, self.errors, self.more = name, detail, tuple(errors), more
        self.headers = dict(headers or {})

    def response(self, request: HttpRequest) -> JsonResponse:
        """The answer."""
        body = {
            "type": URN + self.name,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": request.path,
            "correlation_id": correlation.current(),
            "errors": [asdict(mistake) for mistake in self.errors],
            **self.more,
        }
        return JsonResponse(body, status=self.status, content_type=MEDIA_TYPE, headers=self.headers)


def invalid(pointer: str, code: str, detail: str) -> Problem:
    """One wrong value of a request."""
    return Problem("invalid-request", detail, errors=[Mistake(pointer, code, detail)])


def of_status(status: int, detail: str = "") -> Problem:
    """What an answer of Django's own comes to, known by its status alone."""
    name = BY_STATUS.get(status, "internal-error" if status >= 500 else "malformed-request")
    return Problem(name, detail or f"{HTTPStatus(PROBLEMS[name][0]).phrase}.")
