"""SAP's answers as errors named by what happens next, in SAP's own words.

Error bodies: OData V2 "error.innererror.errordetails", OData V4 "error.details" with SAP's Common vocabulary, HTML
pages of the platform in front of them (SAP Gateway error log, SAP Notes 1797736 and 3048103).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from integrations.errors import (
    BadCredentials,
    IntegrationError,
    Misconfigured,
    NotAuthorised,
    Rejected,
    Throttled,
    TokenRefused,
    Transient,
    Unknown,
)
from integrations.http import Answer
from integrations.systems.sap.services import Service

# Wraps every business error of a V2 service and says nothing by itself.
_GENERIC = "/IWBEP/CX_MGW_BUSI_EXCEPTION"
# The service is not active, not assigned, or asked for in a version that is not registered.
_NOT_OFFERED = ("/IWFND/MED/170", "/IWFND/CM_CONSUMER/101", "/IWFND/MED/")
# "locked for posting" or "blocked for purchasing" is for good; only another user's work in progress goes away.
_LOCKED = re.compile(
    r"\blocked by\b|\bbeing (?:processed|edited|changed) by\b|\b(?:currently|already) (?:locked|processing)\b"
    r"|\b(?:currently|already) being (?:processed|edited|changed)\b",
    re.IGNORECASE,
)
_LOCK_CODES = ("ME/006", "MEPO/006", "M3/024", "F2/042", "R1/282")
_WORTH_RETRYING = (408, 423, 425)


@dataclass(frozen=True, slots=True)
class Words:
    """What an error body says. `code` is "<message class>/<number>" for business messages."""

    code: str = ""
    messages: tuple[str, ...] = ()
    transaction: str = ""
    category: str = ""

    def sentence(self, status: int) -> str:
        """All messages in one line, with the code and the transaction id that SAP's support asks for."""
        text = " ".join(message.rstrip(".") + "." for message in self.messages) or f"HTTP {status} without a message."
        code = f" ({self.code})" if self.code else ""
        transaction = f" SAP transaction id {self.transaction}." if self.transaction else ""
        return f"{text.rstrip('.')}{code}.{transaction}"


LONGEST_WAIT = 900.0
"""Seconds. Nobody waits longer for a throttled connection, whatever the header says."""
_NO_DATE = (TypeError, ValueError, IndexError, OverflowError)


def check(answer: Answer, service: Service | None) -> None:
    """Returns for a 2xx answer that SAP's services gave; raises what the answer means otherwise."""
    if 200 <= answer.status < 300 and not is_page(answer):
        return
    error = _error(answer, service)
    error.exchange = answer.exchange
    raise error


def wants_csrf(answer: Answer) -> bool:
    """Whether a write was refused for its CSRF token only, which is renewed once (SAP Note 3048103)."""
    if answer.status != 403:
        return False
    return (
        answer.headers.get("x-csrf-token", "").lower() == "required" or words(answer).category == "CSRF_Token_Missing"
    )


def is_page(answer: Answer) -> bool:
    """Whether an HTML page came instead of data: a sign-in page, or the platform's own error page."""
    return "html" in answer.headers.get("content-type", "").lower()


def is_page_for_data(answer: Answer) -> bool:
    """Whether a page came with a status that says all is well: to sign in, or what a gateway puts up meanwhile."""
    return 200 <= answer.status < 300 and is_page(answer)


def words(answer: Answer) -> Words:
    """The words of an error body of either version; empty for HTML, plain text and nothing."""
    if "json" not in answer.headers.get("content-type", "").lower():
        return Words()
    try:
        body = answer.json()
    except IntegrationError:
        return Words()
    error = body.get("error") if isinstance(body, dict) else None
    return _words(error) if isinstance(error, dict) else Words()


def server_time(answer: Answer) -> datetime | None:
    """The server's Date header, to the second; None if there is none."""
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except _NO_DATE:
        return None


def retry_after(answer: Answer) -> float | None:
    """Seconds of the Retry-After header, which holds seconds or a date."""
    text = answer.headers.get("retry-after", "").strip()
    if text.replace(".", "", 1).isdecimal():
        return min(float(text), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(text).astimezone(UTC)
    except _NO_DATE:
        return None
    now = server_time(answer) or datetime.now(UTC)
    return min(max(0.0, (until - now).total_seconds()), LONGEST_WAIT)


def not_authorised(service: Service | None, said: str = "") -> NotAuthorised:
    """One service is closed; the others go on."""
    if service is None:
        return NotAuthorised(f"SAP does not let us in here. {said}".strip())
    message = (
        f"SAP does not let us use {service.title}. The communication user needs an active communication arrangement "
        f"for {service.scenarios}. {said}"
    )
    return NotAuthorised(message.strip())


def _error(answer: Answer, service: Service | None) -> IntegrationError:
    status = answer.status
    if answer.write and 200 <= status < 300:
        return Unknown("SAP answered with a page: whether it took the change is not known.", code="page")
    if status < 400:
        return _elsewhere(status)
    if status == 401:
        return TokenRefused("SAP refused the credentials (HTTP 401).")
    said = words(answer)
    if status == 403 or said.code.startswith(_NOT_OFFERED) or (status == 404 and not said.code):
        return not_authorised(service, said.sentence(status) if said.messages else "")
    if status == 429:
        return Throttled("SAP asks for fewer calls.", retry_after=retry_after(answer))
    if status >= 500 and status != 501:
        return _broken(answer, said)
    return _refused(answer, said)


def _elsewhere(status: int) -> IntegrationError:
    """A redirect or a page instead of data: the identity provider wants a person to sign in."""
    what = "a page" if 200 <= status < 300 else f"a redirect (HTTP {status})"
    message = (
        f"SAP answered with {what} instead of data: that is how it sends people to sign in. Use the API host of the "
        "tenant and a communication user, not a person's."
    )
    return BadCredentials(message)


def _broken(answer: Answer, said: Words) -> IntegrationError:
    sentence = f"SAP answered HTTP {answer.status}: {said.sentence(answer.status)}"
    if answer.write:
        return Unknown(f"{sentence} Whether it took the change is not known.", code=f"http-{answer.status}")
    return Transient(sentence, retry_after=retry_after(answer), code=f"http-{answer.status}")


def _refused(answer: Answer, said: Words) -> IntegrationError:
    sentence = said.sentence(answer.status)
    if answer.status in (412, 428):
        return Transient(f"The record was changed in SAP meanwhile. {sentence}", code="changed-meanwhile")
    if answer.status in (413, 414):
        return Misconfigured(f"SAP finds the request too large. {sentence}", code="too-large")
    if answer.status in _WORTH_RETRYING or _is_locked(said):
        return Transient(f"The record is in use in SAP. {sentence}", code="locked", retry_after=retry_after(answer))
    return Rejected(sentence, code=said.code or f"http-{answer.status}")


def _is_locked(said: Words) -> bool:
    return said.code in _LOCK_CODES or any(_LOCKED.search(message) for message in said.messages)


def _words(error: dict[str, Any]) -> Words:
    message = error.get("message")
    first = str(message.get("value") or "") if isinstance(message, dict) else str(message or "")
    inner = _dict(error.get("innererror"))
    details = [_dict(one) for one in [*_list(error.get("details")), *_list(inner.get("errordetails"))]]
    telling = [one for one in details if one.get("code") != _GENERIC and _is_error(one)]
    code = str(error.get("code") or "")
    if code == _GENERIC and telling:
        code = str(telling[0].get("code") or "")
    said = [first, *(str(one.get("message") or "") for one in telling)]
    v4 = _dict(inner.get("ErrorDetails"))
    return Words(
        code="" if code == _GENERIC else code,
        messages=tuple(dict.fromkeys(text.strip() for text in said if text.strip())),
        transaction=str(inner.get("transactionid") or v4.get("@SAP__common.TransactionId") or ""),
        category=str(error.get("@SAP__common.ExceptionCategory") or ""),
    )


def _is_error(detail: dict[str, Any]) -> bool:
    """Successes, hints and warnings ride along in the same list."""
    if "@SAP__common.numericSeverity" in detail:
        return bool(detail["@SAP__common.numericSeverity"] == 4)
    return str(detail.get("severity") or "error").lower() in ("error", "abort")


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
