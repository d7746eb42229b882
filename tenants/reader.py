"""Whose times a page shows: those of the person who reads it.

The browser says its zone in the cookie `zone` (tenants/static/tenants/zone.js), a name of the time zone database. Until
it has, and for anything that is no such name, the customer's zone counts, and UTC on the public host.
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import unquote
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest

COOKIE = "zone"


def zone_of(request: HttpRequest) -> ZoneInfo:
    """The time zone of who reads the answer to this request."""
    said = unquote(request.COOKIES.get(COOKIE, ""))
    customer = getattr(request, "customer", None)
    for name in (said, customer.time_zone if customer is not None else ""):
        if name in _names():
            return ZoneInfo(name)
    return ZoneInfo("UTC")


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    """Reading them takes milliseconds, and a process keeps its time zone database."""
    return frozenset(available_timezones())
