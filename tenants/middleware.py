"""From host name to customer, from session to person, from person to role; each request anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import DisallowedHost
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import set_urlconf
from django.utils import timezone

from tenants import schema, stepping_in
from tenants.models import Customer, Domain, Membership, Role
from tenants.support_models import StepIn

Respond = Callable[[HttpRequest], HttpResponseBase]

HOST_KEY = "_host"  # the session belongs to the host it was made on


class CustomerRequest(HttpRequest):
    """What a request looks like behind the middleware; `customer` is None on the public host."""

    customer: Customer | None
    role: Role | None
    step_in: StepIn | None


class HealthMiddleware:
    """Answers /healthz under any host name: 200 if the database answers, else 503."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path != "/healthz":
            return self.respond(request)
        try:
            schema.use_public()
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except Error:
            return HttpResponse("database unreachable\n", status=503, content_type="text/plain")
        return HttpResponse("ok\n", content_type="text/plain")


class CustomerMiddleware:
    """Chooses schema and urls by host name. An unknown host is 404, never the public one."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request = cast(CustomerRequest, request)
        schema.use_public()
        request.customer = request.role = request.step_in = None
        try:
            host = host_name(request)
        except DisallowedHost:
            return HttpResponse("No such host.\n", status=404, content_type="text/plain")
        if host == settings.PUBLIC_HOST:
            return self._on(request, settings.PUBLIC_SCHEMA_URLCONF)
        domain = Domain.objects.select_related("tenant").filter(domain=host).first()
        if domain is None:
            return HttpResponse("No such host.\n", status=404, content_type="text/plain")
        request.customer = domain.tenant
        if domain.tenant.suspended_at:
            return render(request, "tenants/suspended.html", {"customer": domain.tenant}, status=403)
        try:
            schema.use(domain.tenant)
            return self._on(request, settings.ROOT_URLCONF)
        finally:
            schema.use_public()

    def _on(self, request: HttpRequest, urlconf: str) -> HttpResponseBase:
        request.urlconf = urlconf
        set_urlconf(urlconf)
        return self.respond(request)


class HostSessionMiddleware(SessionMiddleware):
    """A session is only valid on the host it was made on: elsewhere its cookie counts as no cookie."""

    def process_request(self, request: HttpRequest) -> None:
        """Loads the session, or an empty one if it belongs to another host."""
        super().process_request(request)
        if request.session.session_key and request.session.get(HOST_KEY) != host_name(request):
            request.session = self.SessionStore()

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Stamps the host on what is saved."""
        if request.session.modified and not request.session.is_empty():
            request.session[HOST_KEY] = host_name(request)
        return super().process_response(request, response)


class MembershipMiddleware:
    """On a customer's host only its members are anybody, and `request.role` says what they may do.

    Staff of the hosting team are somebody as long as they have stepped in; then `request.step_in` says so.

    Every page needs somebody signed in, except those that are `open_to_anybody` (tenants/doors.py).
    """

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request = cast(CustomerRequest, request)
        if request.customer is not None and request.user.is_authenticated:
            found = Membership.objects.filter(customer=request.customer, person_id=request.user.pk)
            role = found.values_list("role", flat=True).first()
            if getattr(request.user, "is_staff", False):
                request.step_in = stepping_in.current(request.user.pk, request.customer, now=timezone.now())
                role = role or (request.step_in.role if request.step_in else None)
            request.role = Role(role) if role else None
            if request.role is None:
                request.session.flush()
                request.user = AnonymousUser()
        return self.respond(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> HttpResponseBase | None:
        """Sends strangers to the sign-in page; a request that is no page view is refused.

        A part of a page cannot become a sign-in page: htmx is told to load the whole page again, which does.
        """
        if request.user.is_authenticated or getattr(view, "open_to_anybody", False):
            return None
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=401, headers={"HX-Refresh": "true"})
        if request.method not in ("GET", "HEAD"):
            return HttpResponse("Sign in first.\n", status=403, content_type="text/plain")
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)


def host_name(request: HttpRequest) -> str:
    """The host name of a request, lower case, without port. Raises DisallowedHost."""
    return request.get_host().lower().partition(":")[0]
