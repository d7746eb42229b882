"""The public host: signing out, choosing a customer, and the hand-over to the customer's host."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from tenants import handover
from tenants.addresses import origin_of
from tenants.models import Domain, Person

STATE_HASH = re.compile(r"[0-9a-f]{64}")


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
    name = request.GET.get("to", "").lower()
    known = Domain.objects.select_related("tenant").filter(domain=name)
    host = known.first() if "\x00" not in name else None
    if host is None or not STATE_HASH.fullmatch(state_hash):
        return render(request, "tenants/refused.html", status=400)
    try:
        code = handover.issue(person=_person(request), customer=host.tenant, state_hash=state_hash, now=timezone.now())
    except handover.CodeRefused:
        return render(request, "tenants/refused.html", status=403)
    return redirect(customer_url(request, host.domain, f"/enter/?{urlencode({'code': code})}"))


def customer_url(request: HttpRequest, host: str, path: str = "/") -> str:
    """A page on a customer's host, with the scheme and port that this request came by."""
    return f"{origin_of(request, host)}{path}"


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - the middleware lets nobody else in
    return request.user
