"""Identifiers that outsiders may see: time-ordered UUIDs (RFC 9562, version 7), never database counters."""

from __future__ import annotations

import secrets
import time
import uuid

_MILLISECOND = 1_000_000  # nanoseconds


def new_id() -> uuid.UUID:
    """A new UUIDv7: milliseconds, 12 bits of the 4096ths of this one (RFC 9562, section 6.2, method 3), then random.

    Those of one process are in the order in which they were made; across processes clocks decide.
    """
    milliseconds, rest = divmod(time.time_ns(), _MILLISECOND)
    part = (rest << 12) // _MILLISECOND
    value = (milliseconds & ((1 << 48) - 1)) << 80 | 0x7 << 76 | part << 64 | 0x2 << 62 | secrets.randbits(62)
    return uuid.UUID(int=value)
