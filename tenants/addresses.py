"""Addresses of pages on other hosts of ours, with the scheme and port that a request came by."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from tenants.models import Customer, Domain


def origin_of(request: HttpRequest, host: str) -> str:
    """ "https://acme.connector.example" or, in development, "http://acme.localhost:8000"."""
    _, colon, port = request.get_host().partition(":")
    return f"{request.scheme}://{host}{colon}{port}"


def public_origin(request: HttpRequest) -> str:
    """Where the public host is reached."""
    return origin_of(request, settings.PUBLIC_HOST)


def mailed_origin(request: HttpRequest) -> str:
    """Where links in mails lead: the public host, whatever a request says of itself.

    Who asks for a mail to somebody else must not choose where its link leads, not even the port. In development alone
    the port is the request's, since it is any.
    """
    if settings.DEVELOPMENT:
        return public_origin(request)
    return f"{'https' if settings.HTTPS else 'http'}://{settings.PUBLIC_HOST}"


def customer_origin(request: HttpRequest, customer: Customer) -> str:
    """Where a customer's host is reached."""
    found = Domain.objects.filter(tenant=customer).order_by("-is_primary", "domain")
    return origin_of(request, found.values_list("domain", flat=True)[0])
