"""Counts refused webhook calls. A flood of forgeries writes one row per endpoint and reason, every few seconds."""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db import connection

log = logging.getLogger(__name__)

EVERY_SECONDS = 10.0
"""A process writes the refusals of one endpoint and reason at most this often."""
MOST_NAMES = 40

SAVE = """
    INSERT INTO public.tenants_webhookrefusals AS r (endpoint, reason, count, first_at, last_at, header_names)
    VALUES (%(endpoint)s, %(reason)s, %(count)s, %(now)s, %(now)s, %(names)s::jsonb)
    ON CONFLICT (endpoint, reason) DO UPDATE SET count = r.count + excluded.count, last_at = excluded.last_at,
        header_names = excluded.header_names
"""


class Refusals:
    """The refusals of this process that were not written yet. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], int] = {}
        self._next: dict[tuple[str, str], float] = {}

    def note(self, *, endpoint: str, reason: str, header_names: Iterable[str], now: datetime) -> None:
        """Counts one refusal. The first one is written at once, with the names of the headers; so is one of many."""
        count = self._due((endpoint, reason))
        if not count:
            return
        names = sample(header_names)
        with connection.cursor() as cursor:
            row: dict[str, Any] = {"endpoint": endpoint, "reason": reason, "count": count, "now": now}
            cursor.execute(SAVE, {**row, "names": json.dumps(names)})
        told = {"endpoint": endpoint, "reason": reason, "count": count, "header_names": names}
        log.warning("webhook calls refused", extra=told)

    def _due(self, key: tuple[str, str]) -> int:
        """How many refusals are to be written now; 0: later."""
        with self._lock:
            count = self._counts.get(key, 0) + 1
            if self._clock() < self._next.get(key, float("-inf")):
                self._counts[key] = count
                return 0
            self._counts.pop(key, None)
            self._next[key] = self._clock() + EVERY_SECONDS
            return count


def sample(header_names: Iterable[str]) -> list[str]:
    """Names of headers in small letters, without anything that a name cannot hold; at most 40 of 60 characters."""
    names = {re.sub(r"[^a-z0-9-]", "", name.lower().replace("_", "-"))[:60] for name in header_names}
    return sorted(names - {""})[:MOST_NAMES]
