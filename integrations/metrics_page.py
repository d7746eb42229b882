"""/metrics on the public host: for a bearer token, or for the networks of the installation's Prometheus."""

from __future__ import annotations

import ipaddress
import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST

from integrations import metrics
from tenants.doors import open_to_anybody


@open_to_anybody
@never_cache
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """All metrics of the installation; 403 for whoever may not see them, which is everybody unless it is configured."""
    if not (_has_token(request) or _is_near(request)):
        return HttpResponse(
            "Metrics are shown for METRICS_TOKEN as a bearer token, or from the networks in METRICS_ALLOW.\n",
            status=403,
            content_type="text/plain",
        )
    return HttpResponse(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    return bool(wanted) and kind.lower() == "bearer" and secrets.compare_digest(given.strip().encode(), wanted.encode())


def _is_near(request: HttpRequest) -> bool:
    """By the address that the connection comes from. Behind a proxy that is the proxy's: use the token there."""
    if "X-Forwarded-For" in request.headers:
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(network) for network in settings.METRICS_ALLOW)
