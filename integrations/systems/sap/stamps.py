"""Time stamps as exact numbers: SAP counts in units of 100 ns, datetimes in microseconds, OData V2 in milliseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICKS_PER_SECOND = 10_000_000

_STAMP = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,7})\d*)?(Z|[+-]\d\d:\d\d)?$")


def ticks(stamp: str) -> int:
    """A stamp of the shape above in units of 100 ns since 1970, so that it compares exactly."""
    seconds, fraction, zone = _match(_STAMP, stamp).groups()
    moment = datetime.fromisoformat(seconds + (zone or "+00:00").replace("Z", "+00:00"))
    whole = round((moment - EPOCH).total_seconds())
    return whole * TICKS_PER_SECOND + int((fraction or "0").ljust(7, "0"))


def stamp_of(count: int) -> str:
    """The reverse of `ticks`, with as few digits as needed; what a URL carries."""
    whole, fraction = divmod(count, TICKS_PER_SECOND)
    text = (EPOCH + timedelta(seconds=whole)).strftime("%Y-%m-%dT%H:%M:%S")
    digits = f"{fraction:07}".rstrip("0")
    return f"{text}.{digits}Z" if digits else f"{text}Z"


def in_utc(text: str) -> str:
    """A stamp of any zone in UTC, with the digits it came with. ValueError for anything else."""
    seconds, fraction, zone = _match(_STAMP, text).groups()
    if zone not in (None, "Z", "+00:00"):
        try:
            moved = datetime.fromisoformat(seconds + zone).astimezone(UTC)
        except OverflowError:
            raise ValueError(text) from None
        seconds = moved.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{seconds}.{fraction}Z" if fraction else f"{seconds}Z"


def _match(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    found = pattern.match(text)
    if found is None:
        raise ValueError(text)
    return found
