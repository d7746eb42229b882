"""Stored values and the forms in which they travel.

Stored: text, Decimal, bool, ``date``, ``time``, and time stamps as whole units of 100 ns since 1970 (SAP keeps seven
digits behind the second). ``None`` is an initial date or time stamp.
"""

import re
from calendar import timegm
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

Value = str | Decimal | bool | int | date | time | None

TICKS = 10_000_000
_EPOCH = date(1970, 1, 1)
_ISO_STAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,12}))?)?(Z|[+-]\d\d:\d\d)?$")
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?$")


def ticks_of(at: datetime) -> int:
    """A moment as stored."""
    return timegm(at.astimezone(UTC).timetuple()) * TICKS + at.microsecond * 10


def moment_of(ticks: int) -> datetime:
    """A stored time stamp as a datetime in UTC; the seventh digit is cut."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10)


def parse_ticks(text: str) -> int:
    """An ISO 8601 time stamp with up to seven digits; without a zone it is UTC. Raises ValueError."""
    match = _ISO_STAMP.match(text)
    if match is None:
        raise ValueError(f"not a time stamp: {text}")
    year, month, day, hour, minute = (int(part) for part in match.group(1, 2, 3, 4, 5))
    at = datetime(year, month, day, hour, minute, int(match[6] or 0), tzinfo=UTC)
    ticks = timegm(at.timetuple()) * TICKS + int((match[7] or "").ljust(7, "0")[:7])
    return ticks - _offset_seconds(match[8] or "Z") * TICKS


def _offset_seconds(zone: str) -> int:
    if zone == "Z":
        return 0
    seconds = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
    return seconds if zone[0] == "+" else -seconds


def iso_ticks(ticks: int) -> str:
    """A stored time stamp as ISO 8601 in UTC with seven digits."""
    seconds, rest = divmod(ticks, TICKS)
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{rest:07d}Z"


def millis_of_date(day: date) -> int:
    """Milliseconds since 1970 of midnight UTC; negative before."""
    return (day - _EPOCH).days * 86_400_000


def date_of_millis(millis: int) -> date:
    """The day of a number of milliseconds since 1970."""
    return _EPOCH + timedelta(days=millis // 86_400_000)


def duration(at: time) -> str:
    """A time of day as V2 writes it, ``PT08H15M00S``."""
    return f"PT{at.hour:02d}H{at.minute:02d}M{at.second:02d}S"


def parse_duration(text: str) -> time:
    """Read a V2 time of day. Raises ValueError."""
    match = _DURATION.match(text)
    if match is None:
        raise ValueError(f"not a time: {text}")
    hour, minute, second = (int(part or 0) for part in match.groups())
    return time(hour, minute, second)


def decimal_text(value: Decimal) -> str:
    """A decimal without an exponent, with the digits it was stored with."""
    return format(value, "f")


def digits(text: str) -> str:
    """A number in text as it is shown: without leading zeros, and "0" when initial."""
    return text.lstrip("0") or "0"


def from_plain(kind: str, value: Any) -> Value:
    """A stored value from plain JSON of a control call (ISO dates and stamps, numbers as number or text).

    Raises ValueError when the value does not fit the kind.
    """
    if kind in ("text", "digits"):
        return str(value) if kind == "text" else digits(str(value))
    if kind == "flag":
        return value if isinstance(value, bool) else value in ("X", "true")
    if value is None or value == "":
        return Decimal(0) if kind == "number" else None
    return _READ[kind](str(value))


def _plain_time(text: str) -> time:
    return parse_duration(text) if text.startswith("PT") else time.fromisoformat(text)


_READ: dict[str, Callable[[str], Value]] = {
    "number": Decimal,
    "date": lambda text: date.fromisoformat(text[:10]),
    "time": _plain_time,
    "stamp": parse_ticks,
}


def to_plain(kind: str, value: Value) -> Any:
    """A stored value as plain JSON, the counterpart of ``from_plain``."""
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, date | time):
        return value.isoformat()
    return iso_ticks(value) if kind == "stamp" and isinstance(value, int) else value


INITIAL: dict[str, Value] = {
    "text": "",
    "digits": "0",
    "number": Decimal(0),
    "flag": False,
    "date": None,
    "stamp": None,
    "time": time(0),
}
