"""Answers that say no: of the service itself (problem details) and of the gateway in front of it."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from simulators.wire import Response, json_response

GATE_SHAPES = ("problem", "gateway", "empty")
_TITLES = {
    400: "One or more validation errors occurred.",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
}
_traces = count(1)


class Refused(Exception):
    """A handler says no: status and sentences by member. Becomes the answer of the call."""

    def __init__(self, errors: Mapping[str, list[str]], status: int = 400, title: str = "") -> None:
        super().__init__(title or str(dict(errors)))
        self.errors, self.status, self.title = errors, status, title


def refuse(member: str, sentence: str, status: int = 400) -> Refused:
    """One sentence about one member."""
    return Refused({member: [sentence]}, status)


def missing(kind: str, number: int) -> Refused:
    """404 for an id that does not exist."""
    return Refused({}, 404, f"{kind} with id {number} was not found.")


def problem(
    status: int, errors: Mapping[str, list[str]], title: str = "", media_type: str = "application/json"
) -> Response:
    """The error body of the documents, ``ApiErrorResponse``: all six members are required."""
    body: dict[str, Any] = {
        "type": f"https://httpstatuses.io/{status}",
        "title": title or _TITLES.get(status, "Error"),
        "status": status,
        "traceId": f"00-{next(_traces):032x}-{status:016x}-00",
        "errors": dict(errors),
        "data": {},
    }
    return json_response(body, status, f"{media_type}; charset=utf-8")


def gateway(status: int, sentence: str) -> Response:
    """The gateway's own shape."""
    return json_response({"statusCode": status, "message": sentence}, status)


def no_such_route() -> Response:
    """What the gateway says to a path or method that no operation has."""
    return gateway(404, "Unable to match incoming request to an operation.")


def gate(status: int, sentence: str, shape: str) -> Response:
    """401 and 403 before the service is reached; their body is not documented, so there are three shapes."""
    if shape == "gateway":
        return gateway(status, sentence)
    if shape == "empty":
        return Response(status)
    return problem(status, {}, sentence, "application/problem+json")
