"""What browsers may do with our pages: Content-Security-Policy and Permissions-Policy, on every answer.

Our own pages run no inline script, no inline style and nothing from elsewhere. The admin cannot be as strict:
django-unfold evaluates expressions in attributes (Alpine.js, which needs 'unsafe-eval') and writes colors and sizes
into the page (inline styles). It still runs no inline script and loads nothing from elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponseBase

from tenants.models import Domain

OWN = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
ADMIN = {**OWN, "script-src": "'self' 'unsafe-eval'", "style-src": "'self' 'unsafe-inline'"}
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone", "midi",
        "payment", "usb",
    )
) + ", publickey-credentials-get=(self), publickey-credentials-create=(self)"  # fmt: skip
ENTRANCES = (settings.LOGIN_URL, "/invitations/", "/confirm/", "/welcome/")
"""Pages whose forms may lead on to a customer's host of its own choice."""


class PageHeadersMiddleware:
    """Adds both headers; a view that has set a policy of its own keeps it."""

    def __init__(self, respond: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.respond(request)
        if "Content-Security-Policy" not in answer.headers:
            answer.headers["Content-Security-Policy"] = policy(request)
        answer.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return answer


def policy(request: HttpRequest) -> str:
    """The Content-Security-Policy of a page."""
    rules = ADMIN if request.path.startswith("/admin/") else OWN
    rules = {**rules, "form-action": " ".join(["'self'", *_form_targets(request)])}
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _form_targets(request: HttpRequest) -> list[str]:
    """Where a form may lead by redirects, which browsers hold against form-action too.

    Signing in leads from the public host to a customer's, signing out from a customer's host to the public one.
    """
    customer = getattr(request, "customer", None)  # absent from what was answered before hosts were looked up
    try:
        request.get_host()
    except DisallowedHost:
        return []
    if customer is not None:
        return [_origin(request, settings.PUBLIC_HOST)]
    found = [_origin(request, f"*.{settings.PUBLIC_HOST}")]
    if request.path.startswith(ENTRANCES):
        found += [_origin(request, host) for host in _asked_for(request)]
    return found


def _asked_for(request: HttpRequest) -> list[str]:
    """The customer's host that somebody who signs in goes on to, if it is a host of its own choice."""
    pending = request.session.get("account_login") or {} if hasattr(request, "session") else {}
    wanted = request.POST.get("next") or request.GET.get("next") or pending.get("redirect_url") or ""
    try:
        hosts = parse_qs(urlsplit(wanted).query).get("to", [])[:1]
    except ValueError:  # not an address at all
        return []
    known = Domain.objects.filter(domain__in=[host.lower() for host in hosts if "\x00" not in host])
    return [host for host in known.values_list("domain", flat=True) if not host.endswith(f".{settings.PUBLIC_HOST}")]


def _origin(request: HttpRequest, host: str) -> str:
    _, colon, port = request.get_host().partition(":")
    return f"{request.scheme}://{host}{colon}{port}"
