"""The admin site of a customer's host.

It is a site of its own: public tables are on a customer's search path, so a table of all customers that was registered
here would show all of them. For staff who are members; changing anything goes through the engine, not through forms.
"""

from __future__ import annotations

from typing import Any

from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.sites import UnfoldAdminSite


class CustomerSite(UnfoldAdminSite):  # type: ignore[misc]
    """Open to staff of the hosting team who are members of this customer."""

    site_title = site_header = "ml-connector"
    index_title = "Records"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff with a role at this customer."""
        staff = request.user.is_active and bool(getattr(request.user, "is_staff", False))
        return staff and getattr(request, "role", None) is not None

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Never asks for a password: people sign in on the public host."""
        raise PermissionDenied

    def get_urls(self) -> list[Any]:
        """Without the redirect to any model's page, by which rows of public tables could be asked for."""
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Passwords belong to the public host."""
        raise PermissionDenied

    def get_log_entries(self, request: HttpRequest) -> QuerySet[LogEntry]:
        """None: the log is in public, and knows what somebody did at other customers."""
        return LogEntry.objects.none()


customer_site = CustomerSite(name="customer")
