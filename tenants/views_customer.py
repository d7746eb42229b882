"""A customer's host: its members come in by a hand-over from the public host, and get a session of this host."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlencode

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import login, logout
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from tenants import handover
from tenants.addresses import public_origin
from tenants.doors import open_to_anybody
from tenants.middleware import CustomerRequest, host_name
from tenants.models import Customer

STATE_COOKIE = "__Host-sign-in" if settings.HTTPS else "sign-in"
STATE_SECONDS = 900  # to type a password in
BACKEND = settings.AUTHENTICATION_BACKENDS[0]


@open_to_anybody
@never_cache
@require_GET
def sign_in(request: HttpRequest) -> HttpResponse:
    """Gives the browser a state, and sends it to the public host."""
    state = handover.new_state()
    wanted = request.GET.get("next", "/")
    allowed = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    query = urlencode({"to": host_name(request), "state": handover.hashed(state)})
    response = redirect(f"{public_origin(request)}/hand-over/?{query}")
    response.set_cookie(
        STATE_COOKIE,
        signing.dumps({"state": state, "next": wanted if allowed else "/"}),
        max_age=STATE_SECONDS,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return response


@open_to_anybody
@never_cache
@require_GET
def enter(request: HttpRequest) -> HttpResponse:
    """Takes the code from the browser that began, and starts a session on this host."""
    try:
        kept = signing.loads(request.COOKIES.get(STATE_COOKIE, ""), max_age=STATE_SECONDS)
        person = handover.redeem(
            code=request.GET.get("code", ""), customer=_customer(request), state=kept["state"], now=timezone.now()
        )
    except (signing.BadSignature, handover.CodeRefused):
        return render(request, "tenants/refused.html", {"customer": _customer(request)}, status=403)
    login(request, person, backend=BACKEND)
    UserSession.objects.create_from_request(request)  # the person sees it on the public host, and can end it there
    response = redirect(kept["next"])
    response.delete_cookie(STATE_COOKIE)
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session on this host, and shows the public host, where another one may still be open."""
    logout(request)
    return redirect(f"{public_origin(request)}/")


def _customer(request: HttpRequest) -> Customer:
    return cast(Customer, cast(CustomerRequest, request).customer)
