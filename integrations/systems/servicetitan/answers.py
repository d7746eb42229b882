"""From an answer to what happens next.

The decision rests on the status, on whether the call was a write, and on what a 404 means for that call; never on
the body, whose shape differs between the service ({title, errors, traceId}), the gateway ({statusCode, message}) and
intermediaries (HTML or nothing). Bodies only lend their words to the message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from integrations.errors import (
    IntegrationError,
    Misconfigured,
    NotAuthorised,
    Rejected,
    Throttled,
    TokenRefused,
    Transient,
    Unknown,
)
from integrations.http import Answer, HttpRequest

# What a 404 says: the record is absent; the write names something that is gone; the address itself is wrong.
Missing = Literal["absent", "refused", "route"]

_SECONDS = re.compile(r"(\d+(?:\.\d+)?)\s*sec", re.IGNORECASE)
# Nobody waits longer for a throttled connection than this, whatever the header says.
LONGEST_WAIT = 900.0
_LONGEST_SENTENCE = 600
_NO_DATE = (TypeError, ValueError, IndexError, OverflowError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request together with what is needed to judge its answer.

    `scope` is what the app needs for it ("tn.inv.vendors:r"), `about` names the object for people.
    """

    request: HttpRequest
    scope: str
    about: str
    missing: Missing = "route"

    def with_headers(self, headers: Mapping[str, str]) -> HttpRequest:
        return replace(self.request, headers={**self.request.headers, **headers})


def check(answer: Answer, call: Call, *, tenant: str) -> None:
    """Returns for a success, and for a 404 that means "absent"; raises the right error otherwise."""
    status = answer.status
    if 200 <= status < 300 or (status == 404 and call.missing == "absent"):
        return
    raise _error(answer, call, tenant)


def retry_after(answer: Answer) -> float | None:
    """Seconds to wait: the header Retry-After (number or date), else the number before "seconds" in the body."""
    header = answer.headers.get("Retry-After", "").strip()
    seconds = _header_seconds(header, answer) if header else None
    if seconds is None:
        seconds = _told_seconds(_body(answer))
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_WAIT)


def server_time(answer: Answer) -> datetime | None:
    """The server's own clock (header Date), aware; None where it is missing or unreadable."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("Date", ""))
    except _NO_DATE:
        return None
    return moment if moment.tzinfo else None


def sentences(answer: Answer) -> str:
    """The other side's own words, in one line; "" where it said nothing readable."""
    body = _body(answer)
    fields = body.get("errors")
    told = list(_field_sentences(fields)) if isinstance(fields, Mapping) else []
    if not told:
        told = [str(body[name]) for name in ("title", "message", "detail") if isinstance(body.get(name), str)][:1]
    text = " ".join(" ".join(told).split())
    return text if len(text) <= _LONGEST_SENTENCE else f"{text[:_LONGEST_SENTENCE]}..."


def _error(answer: Answer, call: Call, tenant: str) -> IntegrationError:
    status, exchange, words = answer.status, answer.exchange, sentences(answer)
    if status == 401:
        return TokenRefused("ServiceTitan refused the access token.", exchange=exchange)
    if status == 403:
        return NotAuthorised(_needs_consent(call, tenant), code=f"scope:{call.scope}", exchange=exchange)
    if status == 404 and call.missing == "route":
        return Misconfigured(_no_route(call, tenant), code="not-found", exchange=exchange)
    if status == 404:
        return Rejected(
            f"ServiceTitan does not know {call.about}. {words}".strip(), code="not-found", exchange=exchange
        )
    if status == 429:
        return Throttled("ServiceTitan asks for fewer calls.", retry_after=retry_after(answer), exchange=exchange)
    if status == 408 or status >= 500 or status < 400:
        return _unclear(answer, call)
    code = "conflict" if status == 409 else "rejected"
    return Rejected(f"ServiceTitan refused {call.about}: {words or f'HTTP {status}'}", code=code, exchange=exchange)


def _unclear(answer: Answer, call: Call) -> IntegrationError:
    """Gateways answer 5xx also after the service has committed, so after a write nothing is known."""
    if call.request.write:
        message = f"ServiceTitan answered HTTP {answer.status} to a write: it may or may not have happened."
        return Unknown(message, code=f"http-{answer.status}", exchange=answer.exchange)
    if answer.status < 400:
        message = f"ServiceTitan's address answers with a redirect (HTTP {answer.status}), which is not followed."
        return Misconfigured(message, code="redirected", exchange=answer.exchange)
    return Transient(
        f"ServiceTitan answered HTTP {answer.status}.", code=f"http-{answer.status}", exchange=answer.exchange
    )


def _needs_consent(call: Call, tenant: str) -> str:
    return (
        f"ServiceTitan does not let this app use {call.scope} in tenant {tenant}. Its administrator has to accept the "
        f"app's newest version, which asks for {call.scope}; if that is done, check that the tenant id belongs to this "
        "client id."
    )


def _no_route(call: Call, tenant: str) -> str:
    return (
        f"ServiceTitan's gateway knows no address for {call.about} of tenant {tenant}: check the API address and the "
        "environment."
    )


def _body(answer: Answer) -> dict[str, Any]:
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _field_sentences(fields: Mapping[str, Any]) -> Iterator[str]:
    for name, told in fields.items():
        for sentence in told if isinstance(told, list) else [told]:
            yield f"{name}: {sentence}" if name else str(sentence)


def _header_seconds(header: str, answer: Answer) -> float | None:
    try:
        return float(header) if header.replace(".", "", 1).isdecimal() else _until(header, answer)
    except _NO_DATE:
        return None


def _until(header: str, answer: Answer) -> float:
    """Seconds until an HTTP date, by the server's clock, so that ours need not be right."""
    now = server_time(answer) or answer.exchange.started_at
    return (parsedate_to_datetime(header) - now).total_seconds()


def _told_seconds(body: Mapping[str, Any]) -> float | None:
    for name in ("title", "message", "detail"):
        found = _SECONDS.search(str(body.get(name) or ""))
        if found:
            return float(found.group(1))
    return None
