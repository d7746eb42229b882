"""What a proxy in front says about a request is believed only if the connection comes from a proxy that is trusted.

With BEHIND_PROXY on, two headers count: X-Forwarded-Proto (was it https?) and the last part of X-Forwarded-For (who
called?). Anybody can send them, so they count only from the networks in TRUSTED_PROXIES. X-Forwarded-Host never counts.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase


class ProxyMiddleware:
    """Takes the scheme out of what a stranger sends; stands before everything that asks whether a request is secure."""

    def __init__(self, respond: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not comes_from_our_proxy(request):
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        return self.respond(request)


def comes_from_our_proxy(request: HttpRequest) -> bool:
    """Whether a proxy of ours made this connection. A UNIX socket has no address, and only we can open it."""
    if not settings.BEHIND_PROXY:
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR") or "127.0.0.1")
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in ipaddress.ip_network(network) for network in settings.TRUSTED_PROXIES)
