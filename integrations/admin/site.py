"""The admin site of a customer's host.

It is a site of its own: public tables are on a customer's search path, so a table of all customers that was registered
here would show all of them. For staff who have stepped in; what is changed goes through the engine, not through forms.
"""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from unfold.sites import UnfoldAdminSite

from integrations import support
from integrations.freshness import freshness
from tenants.models import Customer, Person


class CustomerSite(UnfoldAdminSite):  # type: ignore[misc]
    """Open to staff of the hosting team who have stepped in at this customer; superusers are no exception."""

    site_title = site_header = "ml-connector"
    index_title = "Records"
    index_template = "admin/desk/index.html"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff, as long as their step-in lasts."""
        staff = request.user.is_active and bool(getattr(request.user, "is_staff", False))
        return staff and getattr(request, "step_in", None) is not None

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Never asks for a password: people sign in on the public host."""
        raise PermissionDenied

    def get_urls(self) -> list[Any]:
        """Without the redirect to any model's page, by which rows of public tables could be asked for."""
        from integrations.admin import jobs  # its pages are registered here

        own = [
            path("step-out/", self.step_out, name="step-out"),
            path("causes/", self.admin_view(jobs.causes), name="causes"),
        ]
        return own + [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]

    def index(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """How every flow is, above the tables."""
        if not self.has_permission(request):
            raise PermissionDenied
        shown = freshness(cast(Customer, cast(Any, request).customer), now=timezone.now())
        return super().index(request, {"fresh": shown, **(extra_context or {})})  # type: ignore[no-any-return]

    def step_out(self, request: HttpRequest) -> HttpResponse:
        """Ends the step-in, and goes back to the public host."""
        if request.method != "POST" or not self.has_permission(request):
            raise PermissionDenied
        support.step_out(cast(Person, request.user), cast(Customer, cast(Any, request).customer), now=timezone.now())
        logout(request)
        _, colon, port = request.get_host().partition(":")
        return redirect(f"{request.scheme}://{settings.PUBLIC_HOST}{colon}{port}/admin/overview/")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Passwords belong to the public host."""
        raise PermissionDenied

    def get_log_entries(self, request: HttpRequest) -> QuerySet[LogEntry]:
        """None: the log is in public, and knows what somebody did at other customers."""
        return LogEntry.objects.none()


customer_site = CustomerSite(name="customer")
