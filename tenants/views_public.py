"""The public host: signing in and out, choosing a customer, and the hand-over to the customer's host."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tenants import handover
from tenants.doors import open_to_anybody
from tenants.forms import SignInForm
from tenants.models import Domain, Person

STATE_HASH = re.compile(r"[0-9a-f]{64}")


@open_to_anybody
@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Asks for e-mail address and password; then goes to `next`, a page of this host."""
    form = SignInForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid() and form.person is not None:
        login(request, form.person)
        return redirect(_next(request))
    return render(
        request, "tenants/sign_in.html", {"form": form, "next": _next(request)}, status=400 if form.errors else 200
    )


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session on this host."""
    logout(request)
    return redirect(settings.LOGIN_URL)


@never_cache
@require_GET
def choose_customer(request: HttpRequest) -> HttpResponse:
    """The customers of this person; each leads to that customer's host."""
    person = _person(request)
    mine = person.memberships.select_related("customer").order_by("customer__name")
    hosts = Domain.objects.filter(is_primary=True, tenant__memberships__person=person)
    urls = {host.tenant_id: customer_url(request, host.domain) for host in hosts}
    rows = [(membership, urls.get(membership.customer_id, "")) for membership in mine]
    return render(request, "tenants/choose_customer.html", {"rows": rows})


@never_cache
@require_GET
def hand_over(request: HttpRequest) -> HttpResponse:
    """Sends a member back to the customer's host `to` with a code for the browser's state (its hash in `state`)."""
    state_hash = request.GET.get("state", "")
    host = Domain.objects.select_related("tenant").filter(domain=request.GET.get("to", "").lower()).first()
    if host is None or not STATE_HASH.fullmatch(state_hash):
        return render(request, "tenants/refused.html", status=400)
    try:
        code = handover.issue(person=_person(request), customer=host.tenant, state_hash=state_hash, now=timezone.now())
    except handover.CodeRefused:
        return render(request, "tenants/refused.html", status=403)
    return redirect(customer_url(request, host.domain, f"/enter/?{urlencode({'code': code})}"))


def customer_url(request: HttpRequest, host: str, path: str = "/") -> str:
    """A page on a customer's host, with the scheme and port that this request came by."""
    _, colon, port = request.get_host().partition(":")
    return f"{request.scheme}://{host}{colon}{port}{path}"


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - the middleware lets nobody else in
    return request.user


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    secure = request.is_secure()
    return wanted if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=secure) else "/"
