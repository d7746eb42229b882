"""Faults on order: what shall go wrong, on which requests, how often.

A rule is a JSON object ``{"kind": ..., "method": "POST", "path": "regular expression", "contains": "text in the
body", "skip": k, "every": n, "times": n, ...}``. Of the requests that match, the first ``skip`` are left alone, then
every n-th (default each) is hit, at most ``times`` times. Kinds and their own members:

- ``lose_answer``: the request is handled, the connection is closed without an answer
- ``reset``: TCP reset before the request is handled
- ``delay`` {seconds}: the request is handled, the answer comes late
- ``stall`` {seconds, commit}: nothing is answered for that long, then the connection is closed
- ``status`` {status, body, headers, commit}: that answer instead of the real one, before or after handling
- ``throttle`` {seconds, shape}: 429 in one of SHAPES, not handled
- ``truncate``: handled, half of the answer's body arrives
- ``malformed``: handled, the answer is not JSON
- ``html`` {status, commit}: an HTML page as gateways send it
- ``revoke_token``: all tokens given out so far become invalid, then the request is handled
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulators.wire import Cut, Request, Response, dump_json, json_response

KINDS = (
    "lose_answer",
    "reset",
    "delay",
    "stall",
    "status",
    "throttle",
    "truncate",
    "malformed",
    "html",
    "revoke_token",
)
SHAPES = ("retry-after", "title", "message", "bare")
HTML = (
    b"<!DOCTYPE html><html><head><title>Service Unavailable</title></head>"
    b"<body><h1>The request could not be served</h1></body></html>"
)

Handle = Callable[[Request], Response]


@dataclass(slots=True)
class Rule:
    """One rule and how often it was looked at (``matched``) and hit (``hits``)."""

    kind: str
    method: str = ""
    path: str = ""
    contains: str = ""
    skip: int = 0
    every: int = 1
    times: int | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    matched: int = 0
    hits: int = 0

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Rule":
        """Read a rule from JSON. Raises ValueError naming what is wrong."""
        own = {name: row[name] for name in _OWN if name in row}
        rest = {name: value for name, value in row.items() if name not in _OWN}
        if own.get("kind") not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        if rest.get("shape", "title") not in SHAPES:
            raise ValueError(f"shape must be one of {', '.join(SHAPES)}")
        re.compile(own.get("path", ""))
        return cls(**own, parameters=rest)

    def fires(self, request: Request) -> bool:
        """Count the request and say whether it is hit."""
        if not self._matches(request):
            return False
        self.matched += 1
        turn = self.matched - self.skip
        if turn < 1 or turn % max(self.every, 1) or (self.times is not None and self.hits >= self.times):
            return False
        self.hits += 1
        return True

    def _matches(self, request: Request) -> bool:
        if self.method and self.method.upper() != request.method:
            return False
        if self.path and not re.search(self.path, request.path):
            return False
        return not self.contains or self.contains.encode() in request.body

    def row(self) -> dict[str, Any]:
        """The rule as JSON, with its counts."""
        plain = {name: getattr(self, name) for name in _OWN}
        return {**plain, **self.parameters, "matched": self.matched, "hits": self.hits}


_OWN = ("kind", "method", "path", "contains", "skip", "every", "times")


class Faults:
    """The rules in force. Not locked by itself: it is used under the simulator's lock."""

    def __init__(self, revoke_tokens: Callable[[], None] = lambda: None) -> None:
        self.rules: list[Rule] = []
        self._revoke_tokens = revoke_tokens

    def add(self, rows: list[Mapping[str, Any]]) -> None:
        """Add rules; all or none. Raises ValueError."""
        self.rules.extend([Rule.of(row) for row in rows])

    def clear(self) -> None:
        """Drop all rules."""
        self.rules.clear()

    def apply(self, request: Request, handle: Handle) -> tuple[Response, list[str]]:
        """Handle a request under the rules; answers with the kinds that hit. The first fatal rule decides."""
        if not self.rules:
            return handle(request), []
        fired = [rule for rule in self.rules if rule.fires(request)]
        delay = sum(float(rule.parameters.get("seconds", 1)) for rule in fired if rule.kind == "delay")
        if any(rule.kind == "revoke_token" for rule in fired):
            self._revoke_tokens()
        fatal = next((rule for rule in fired if rule.kind not in ("delay", "revoke_token")), None)
        response = handle(request) if fatal is None else _spoil(fatal, request, handle)
        response.delay += delay
        return response, [rule.kind for rule in fired]


def _spoil(rule: Rule, request: Request, handle: Handle) -> Response:
    cuts: dict[str, Cut] = {"lose_answer": "drop", "truncate": "truncate"}
    if rule.kind == "reset":
        return Response(0, cut="reset")
    if rule.kind == "throttle":
        return throttled(str(rule.parameters.get("shape", "title")), int(rule.parameters.get("seconds", 1)))
    if rule.kind in cuts:
        real = handle(request)
        return Response(real.status, real.headers, real.body, cut=cuts[rule.kind])
    if rule.kind == "malformed":
        return Response(handle(request).status, [("Content-Type", "application/json")], b'{"id": 12, "na')
    if rule.parameters.get("commit", False):
        handle(request)
    return _instead(rule)


def _instead(rule: Rule) -> Response:
    given = rule.parameters
    if rule.kind == "stall":
        return Response(0, delay=float(given.get("seconds", 100)), cut="drop")
    if rule.kind == "html":
        return Response(int(given.get("status", 503)), [("Content-Type", "text/html; charset=utf-8")], HTML)
    body = given.get("body", "")
    raw = body.encode() if isinstance(body, str) else dump_json(body)
    headers = [(str(name), str(value)) for name, value in dict(given.get("headers", {})).items()]
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "text/plain" if isinstance(body, str) else "application/json"))
    return Response(int(given.get("status", 503)), headers, raw)


def throttled(shape: str, seconds: int) -> Response:
    """A 429 in one of SHAPES: how long to wait stands in the header, in ``title``, in ``message`` or nowhere."""
    sentence = f"Rate limit is exceeded. Try again in {seconds} seconds."
    if shape == "retry-after":
        answer = json_response({"status": 429, "title": "Too Many Requests"}, 429)
        answer.headers.append(("Retry-After", str(seconds)))
        return answer
    if shape == "title":
        trace = "00-5d1fe0c3a1b24f6d9a8f0d3c1b2a4e5f-7c1a2b3d4e5f6071-00"
        return json_response({"type": "about:blank", "title": sentence, "status": 429, "traceId": trace}, 429)
    if shape == "message":
        return json_response({"statusCode": 429, "message": sentence}, 429)
    return Response(429)
