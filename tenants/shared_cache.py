"""The cache that all web processes share (REDIS_URL): what counts attempts to sign in (allauth's rate limits).

While the server is away, each process counts for itself: people sign in all the same, and guessing is still slowed down
by what stands in PostgreSQL (tenants/throttle.py). One that keeps silent is as good as away, and asked again only after
some seconds: a page asks several times.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

PATIENCE = {"socket_connect_timeout": 0.5, "socket_timeout": 1.0}
AWAY = 5.0
"""Seconds in which a server that did not answer is not asked again."""

log = logging.getLogger(__name__)


class SharedCache(RedisCache):
    """Redis, or while it is away this process's own memory."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, {**params, "OPTIONS": {**PATIENCE, **params.get("OPTIONS", {})}})
        self._again_at = 0.0
        self._own: Any = LocMemCache("shared-cache", {**params, "OPTIONS": {}})

    def _either(self, name: str, *given: Any, **named: Any) -> Any:
        if time.monotonic() >= self._again_at:
            try:
                return getattr(super(), name)(*given, **named)
            except RedisError as error:
                log.warning("the shared cache is away", extra={"error": type(error).__name__})
                self._again_at = time.monotonic() + AWAY
        return getattr(self._own, name)(*given, **named)

    def add(self, *given: Any, **named: Any) -> bool:
        """See Django's documentation."""
        return bool(self._either("add", *given, **named))

    def get(self, *given: Any, **named: Any) -> Any:
        """See Django's documentation."""
        return self._either("get", *given, **named)

    def set(self, *given: Any, **named: Any) -> None:
        """See Django's documentation."""
        self._either("set", *given, **named)

    def delete(self, *given: Any, **named: Any) -> bool:
        """See Django's documentation."""
        return bool(self._either("delete", *given, **named))
