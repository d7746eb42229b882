"""Posts one event to one endpoint: signed, through the guard, bounded in time and size. No tables here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from integrations import event_signing
from integrations.errors import IntegrationError
from integrations.guard import Lookup, OutgoingPolicy
from integrations.http import Exchange, HttpRequest, HttpSession, Timeouts, dump_json

ANSWER_BYTES, ANSWER_KEPT = 64 * 1024, 500
"""An answer is read no further than the first, and no more of it than the second is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An event as it is told to a customer's program."""

    id: UUID
    kind: str
    subject: str
    data: Mapping[str, Any] = field(repr=False)
    created_at: datetime
    customer: str

    def payload(self) -> dict[str, Any]:
        """The members of the Standard Webhooks specification (`type`, `timestamp`, `data`), and whose event it is."""
        return {
            "type": self.kind,
            "timestamp": self.created_at.isoformat().replace("+00:00", "Z"),
            "id": str(self.id),
            "customer": self.customer,
            "subject": self.subject,
            "data": self.data,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a try. `status` None: no answer came, and `code` says why. `retry_after` is in seconds."""

    status: int | None = None
    code: str = ""
    answer: str = ""
    duration_ms: int = 0
    retry_after: float | None = None

    @property
    def delivered(self) -> bool:
        """Any 2xx is a yes; everything else, redirects included, is not."""
        return self.status is not None and 200 <= self.status < 300


class Poster:
    """The connection to one endpoint. A context manager; opened when the first message is posted."""

    def __init__(
        self, url: str, secrets: event_signing.Secrets, policy: OutgoingPolicy, timeouts: Timeouts, lookup: Lookup
    ) -> None:
        self._url, self._secrets = url, secrets
        self._policy, self._timeouts, self._lookup = policy, timeouts, lookup
        self._session: HttpSession | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            self._session.close()

    def post(self, message: Message, now: datetime) -> Outcome:
        """One request. Never raises for anything that an endpoint, a network or the guard may do."""
        payload = message.payload()
        signing = event_signing.valid_secrets(self._secrets, now)
        signed = event_signing.headers(str(message.id), dump_json(payload).encode(), signing, now)
        try:
            session = self._opened(signing)
            request = HttpRequest(method="POST", url=self._url, headers=signed, json=payload, write=True)
            answer = session.send(request)
        except IntegrationError as error:
            return _unanswered(error)
        return _outcome(answer.exchange, _seconds(answer.headers.get("Retry-After", "")))

    def _opened(self, signing: Sequence[str]) -> HttpSession:
        if self._session is None:
            self._session = HttpSession(
                base_url=self._url,
                policy=self._policy,
                timeouts=self._timeouts,
                pool_size=1,
                secrets=signing,
                lookup=self._lookup,
            )
            self._session.max_answer = ANSWER_BYTES
        return self._session


def _unanswered(error: IntegrationError) -> Outcome:
    """An answer that is too long is an answer all the same: its status counts, and the rest of it was not read."""
    if error.exchange is None or error.exchange.status is None:
        duration = error.exchange.duration_ms if error.exchange else 0
        return Outcome(code=error.code[:40], answer=_kept(error.message), duration_ms=duration)
    return _outcome(error.exchange, None)


def _outcome(exchange: Exchange, retry_after: float | None) -> Outcome:
    status = exchange.status
    code = "" if status and 200 <= status < 300 else f"http-{status}"
    return Outcome(status, code, _kept(exchange.response_body), exchange.duration_ms, retry_after)


def _kept(text: str) -> str:
    return text[:ANSWER_KEPT].replace("\0", "\ufffd").encode(errors="replace").decode()


def _seconds(text: str) -> float | None:
    """A Retry-After in seconds; one that is a date is not obeyed."""
    return float(text) if text.strip().isdecimal() else None
