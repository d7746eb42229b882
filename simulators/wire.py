"""What travels between a simulator and its server: requests, responses, the clock, JSON.

Plain objects without sockets, so that a simulator can be driven in the same process as well as over real HTTP.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any, Literal, cast
from urllib.parse import parse_qsl, unquote

Cut = Literal["none", "drop", "reset", "truncate"]


@dataclass(slots=True)
class Request:
    """One HTTP request. Header names are lower case; ``path`` is percent-decoded, ``raw_path`` is as it was sent."""

    method: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw_path: str = ""

    @classmethod
    def of(cls, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b"") -> "Request":
        """Build a request from a request target such as ``/a/b?c=d``."""
        raw_path, _, query = target.partition("?")
        pairs = parse_qsl(query, keep_blank_values=True) if query else []
        path = unquote(raw_path) if "%" in raw_path else raw_path
        return cls(method, path, pairs, headers if headers is not None else {}, body, raw_path)

    def param(self, name: str, default: str = "") -> str:
        """The first value of a query parameter, compared by exact name."""
        return next((value for key, value in self.query if key == name), default)

    def json(self) -> Any:
        """The body as JSON with decimals kept exact. Raises ValueError when it is not JSON."""
        return parse_json(self.body)


@dataclass(slots=True)
class Response:
    """One HTTP answer, with what shall go wrong on its way.

    ``delay`` is in seconds, waited before answering. ``cut``: ``drop`` closes the connection without a byte, ``reset``
    does so with a TCP reset, ``truncate`` announces the whole length and sends half of the body.
    """

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    delay: float = 0.0
    cut: Cut = "none"

    @property
    def arrives(self) -> bool:
        """False when the caller will never see a whole answer."""
        return self.cut == "none"

    def header(self, name: str) -> str:
        """The first header of that name in any case, or an empty string."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def json(self) -> Any:
        """The body as JSON with decimals kept exact."""
        return parse_json(self.body)


def parse_json(body: bytes) -> Any:
    """Parse JSON without losing digits. Raises ValueError."""
    return json.loads(body, parse_float=Decimal)


def _plain(value: object) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return iso(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


_encoder = json.JSONEncoder(default=_plain, separators=(",", ":"), ensure_ascii=False)


def dump_json(value: Any) -> bytes:
    """Write compact JSON; Decimal becomes a number, an aware datetime ISO 8601 in UTC."""
    return _encoder.encode(value).encode()


def json_response(value: Any, status: int = 200, media_type: str = "application/json; charset=utf-8") -> Response:
    """An answer with a JSON body."""
    return Response(status, [("Content-Type", media_type)], dump_json(value))


def iso(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and Z, e.g. ``2026-01-31T08:15:00.123Z``."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_moment(text: str) -> datetime:
    """An ISO 8601 timestamp or date; without a zone it is read as UTC. Raises ValueError."""
    at = datetime.fromisoformat(text)
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"out of range: {text}") from None


def http_date(at: datetime) -> str:
    """The form of the HTTP ``Date`` header."""
    return format_datetime(at.astimezone(UTC).replace(microsecond=0), usegmt=True)


class Clock:
    """Real time moved by an offset, or standing still. Always aware, in UTC."""

    def __init__(self, source: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._source = source
        self._offset = timedelta()
        self._frozen: datetime | None = None

    @property
    def frozen(self) -> bool:
        """True while the clock stands still."""
        return self._frozen is not None

    def now(self) -> datetime:
        """The simulator's present."""
        return self._frozen if self._frozen is not None else self._source() + self._offset

    def set(self, now: datetime, *, frozen: bool = False) -> None:
        """Move to ``now``; from there the clock runs on, or stands still if ``frozen``."""
        self._offset = now - self._source()
        self._frozen = now if frozen else None

    def advance(self, seconds: float) -> None:
        """Move on by some seconds (backwards if negative); a frozen clock stays frozen."""
        self.set(self.now() + timedelta(seconds=seconds), frozen=self.frozen)

    def reset(self) -> None:
        """Back to real time."""
        self._offset, self._frozen = timedelta(), None


def as_object(value: Any) -> dict[str, Any]:
    """The value if it is a JSON object. Raises TypeError otherwise."""
    if not isinstance(value, dict):
        raise TypeError("a JSON object is needed here")
    return cast(dict[str, Any], value)
