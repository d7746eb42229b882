"""Who calls: a program with an API key of this very customer, or a person with a session of this very host.

`request.actor` (integrations.audit.Actor) says who, `request.scope` how far that reaches: read < operate < configure.
"""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from integrations import api_keys
from integrations.api.kernel.problems import Problem
from integrations.audit import Actor
from integrations.models import ApiKey
from integrations.support import staff_actor
from tenants.middleware import CustomerRequest
from tenants.models import Customer, Person, Role

Scope = ApiKey.Scope
ROLES = {Role.VIEWER: Scope.READ, Role.OPERATOR: Scope.OPERATE, Role.OWNER: Scope.CONFIGURE}
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="ml-connector"'}
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer mlc_...`. A header that is there and wrong is refused, whatever session comes with it."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """The key. Raises Problem."""
        given = request.headers.get("Authorization", "")
        if not given:
            return None
        scheme, _, secret = given.partition(" ")
        customer = cast(CustomerRequest, request._request).customer
        if scheme.lower() != "bearer" or customer is None:
            raise not_signed_in("Send the key as: Authorization: Bearer mlc_...")
        key = api_keys.find(secret.strip(), now=timezone.now())
        if key is None:
            raise not_signed_in("This key is unknown here, revoked, replaced or expired.")
        _is(request, Actor(kind="api-key", id=str(key.pk), label=key.name), Scope(key.scope))
        return key, None

    def authenticate_header(self, request: Request) -> str:
        """The challenge of a 401."""
        return CHALLENGE["WWW-Authenticate"]


class SessionAuthentication(BaseAuthentication):
    """A member who is signed in on this host. What changes something needs the CSRF token of our own pages."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """The person. Raises Problem."""
        inner = cast(CustomerRequest, request._request)
        person = inner.user
        if not isinstance(person, Person) or not person.is_active or inner.role is None:
            return None
        check_csrf(request)
        # Whoever has stepped in acts for the hosting team, here as at the desk.
        actor = staff_actor(person) if inner.step_in else person_actor(person)
        _is(request, actor, ROLES[inner.role])
        return person, None


def person_actor(person: Person) -> Actor:
    """A person as the audit names them."""
    return Actor(kind="person", id=str(person.pk), label=person.email)


def check_csrf(request: Request) -> None:
    """Raises Problem if a request that changes something does not come from our own pages."""
    if request.method not in UNSAFE:
        return
    # Looking for the token in a form, the check would write the files of a form to the disk, however large they are,
    # and nobody could read the body afterwards. What is in memory already is bounded, and can be read again.
    _ = request._request.body
    check = CsrfViewMiddleware(lambda _: cast(Any, None))
    check.process_request(request._request)
    if check.process_view(request._request, _not_exempt, (), {}) is not None:
        raise Problem("csrf", "Send the page's token as X-CSRFToken, or use an API key instead of a session.")


def _not_exempt(request: HttpRequest) -> HttpResponseBase:
    """The middleware asks a view whether it is exempt: this one is not."""
    raise NotImplementedError


def not_signed_in(detail: str) -> Problem:
    """401 with its challenge."""
    return Problem("not-signed-in", detail, headers=CHALLENGE)


def customer_of(request: Request) -> Customer:
    """Whose host this is. Only for views on a customer's host."""
    customer = cast(CustomerRequest, request._request).customer
    assert customer is not None  # noqa: S101 - the urls of the public host are others
    return customer


def actor_of(request: Request) -> Actor:
    """Who does this."""
    return cast(Actor, cast(Any, request).actor)


def _is(request: Any, actor: Actor, scope: ApiKey.Scope) -> None:
    request.actor, request.scope = actor, scope


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The key in the OpenAPI document."""

    target_class = KeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """A bearer token."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "mlc_...", "description": "An API key."}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The session in the OpenAPI document."""

    target_class = SessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """The cookie of the portal."""
        from django.conf import settings

        about = "The portal's session; what changes something needs X-CSRFToken as well."
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME, "description": about}
