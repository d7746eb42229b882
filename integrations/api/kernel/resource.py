"""The view that every resource of the API is made of.

A resource is one module of `integrations.api` with its serializers, its views and a list `routes`, and one line in
`integrations/api/urls.py`. A view inherits `Resource`, states `scopes` and has a method per HTTP method, each described
by `openapi.describes`:

    class RunList(Resource):
        scopes = {"GET": "read"}

        @describes("List runs", answer=RunShown, paged=True, filters=RunFilters, example={...})
        def get(self, request: Request) -> Response:
            filters = self.filters
            return page(request, rows, order=("-started_at", "-id"), show=...)

What the view need not care for: who calls and whether that reaches far enough, rate limits, strict JSON, query
parameters that do not exist, problem details, and the transaction: POST, PUT, PATCH and DELETE run in one. So a method
must not call a remote system; what has to be asked there first (is this host name allowed, does this value exist) is
asked in `prepare`, which runs before the transaction, and whose answer is `self.prepared`. A view that does nothing
but ask states the method in `calls_out`, and runs without a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

from django.db import transaction
from django.http import HttpResponseBase
from django.urls import URLPattern, path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from integrations.api.kernel import throttling
from integrations.api.kernel.authentication import KeyAuthentication, Scope, SessionAuthentication, not_signed_in
from integrations.api.kernel.idempotency import Once
from integrations.api.kernel.members import Strict, body_of, filters_of
from integrations.api.kernel.openapi import Description, Schema
from integrations.api.kernel.problems import Problem
from integrations.audit import Actor
from tenants.doors import open_to_anybody
from tenants.middleware import CustomerRequest
from tenants.models import Customer
from tenants.throttle import address_of

Handler = Callable[..., HttpResponseBase]
CHANGING = ("POST", "PUT", "PATCH", "DELETE")


class Resource(APIView):
    """One path of the API. `scopes` says for each method how far a key or a role has to reach."""

    authentication_classes = (KeyAuthentication, SessionAuthentication)
    permission_classes = ()
    schema = Schema()
    http_method_names = ("get", "head", "post", "put", "patch", "delete")
    scopes: ClassVar[Mapping[str, str]] = {
        "GET": "read",
        "POST": "operate",
        "PATCH": "configure",
        "DELETE": "configure",
    }
    reach: ClassVar[str] = "scope"
    """What `scopes` are called."""
    calls_out: ClassVar[tuple[str, ...]] = ()
    """Methods that talk to a remote system, and change nothing but what was learned there."""

    format_kwarg = None
    filters: Mapping[str, Any]
    prepared: Any = None

    @classmethod
    def as_view(cls, **given: Any) -> Any:
        """The view; it checks by itself who calls, so that a stranger gets 401 and no sign-in page."""
        return open_to_anybody(super().as_view(**given))

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """As REST framework does it, with one place more: `act` is around the method."""
        self.args, self.kwargs, self.headers = args, kwargs, {}
        self.request = asked = self.initialize_request(request, *args, **kwargs)
        try:
            self.initial(asked, *args, **kwargs)
            handler = getattr(self, str(asked.method).lower(), None) if self._has(str(asked.method)) else None
            if handler is None:
                raise Problem("method-not-allowed", "See the Allow header.", headers={"Allow": self._allowed()})
            response: Any = self.act(asked, handler)
        except Exception as error:
            response = self.handle_exception(error)
        self.response = self.finalize_response(asked, response, *args, **kwargs)
        return self.response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Who calls, how often, whether that reaches far enough, and what they ask for. Raises Problem."""
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        try:
            self._authenticate(request)
        except Problem:  # strangers are counted by address, so that trying keys out has an end
            self.headers = throttling.require(f"address:{address_of(request._request)}")
            raise
        self.headers = throttling.require(f"{self.customer_id}:{self.actor.kind}:{self.actor.id}")
        self._check_scope(request)
        described = self._described(request)
        self.filters = filters_of(
            request, described.filters if described else None, paged=bool(described and described.paged)
        )

    def act(self, request: Request, handler: Handler) -> HttpResponseBase:
        """Runs the method: in a transaction if it changes something, and once if it came with an Idempotency-Key."""
        method = str(request.method)
        if method not in CHANGING:
            return handler(request, *self.args, **self.kwargs)
        key = request.headers.get("Idempotency-Key") if method == "POST" else None
        once = None if key is None else Once(request, key)
        if once is not None and (before := once.answer_before()) is not None:
            return before
        self.prepared = self.prepare(request, *self.args, **self.kwargs)

        def run() -> HttpResponseBase:
            return handler(request, *self.args, **self.kwargs)

        if method in self.calls_out:
            return once.around_a_call(run) if once else run()
        if once:
            return once.in_one_transaction(run)
        with transaction.atomic():
            return run()

    def prepare(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """What has to be found out before the transaction. Nothing, unless a view says otherwise."""
        return None

    @property
    def actor(self) -> Actor:
        """Who calls."""
        return cast(Actor, cast(Any, self.request).actor)

    @property
    def customer(self) -> Customer:
        """Whose host this is."""
        customer = cast(CustomerRequest, self.request._request).customer
        assert customer is not None  # noqa: S101 - the urls of the public host are others
        return customer

    @property
    def customer_id(self) -> str:
        """For the names of buckets: 0 on the public host."""
        customer = cast(CustomerRequest, self.request._request).customer
        return str(customer.pk if customer else 0)

    def body(self, form: type[Strict], *, partial: bool = False) -> dict[str, Any]:
        """The checked body of the request. `partial`: members may be left out."""
        return body_of(self.request, form, partial=partial)

    def _authenticate(self, request: Request) -> None:
        self.perform_authentication(request)
        if not hasattr(request, "actor"):
            raise not_signed_in("Send an API key as Authorization: Bearer mlc_..., or sign in on this host.")

    def _check_scope(self, request: Request) -> None:
        method = "GET" if request.method == "HEAD" else str(request.method)
        if not self._has(method):
            raise Problem("method-not-allowed", "See the Allow header.", headers={"Allow": self._allowed()})
        self.check_reach(request, self.scopes[method])

    def check_reach(self, request: Request, needed: str) -> None:
        """Raises Problem if the key or role does not reach that far."""
        if not cast(Any, request).scope.reaches(needed):
            raise Problem("scope-missing", f"This needs the scope {needed}.", needed=needed)

    def _has(self, method: str) -> bool:
        name = "get" if method == "HEAD" else method.lower()
        return name in self.http_method_names and hasattr(self, name)

    def _allowed(self) -> str:
        return ", ".join(name.upper() for name in self.http_method_names if self._has(name.upper()))

    def _described(self, request: Request) -> Description | None:
        name = "get" if request.method == "HEAD" else str(request.method).lower()
        return getattr(getattr(self, name, None), "description", None)


def route(pattern: str, view: type[Resource], name: str) -> URLPattern:
    """A path below /api/v1/."""
    return cast(URLPattern, path(pattern, view.as_view(), name=f"api-{name}"))


__all__ = ["Request", "Resource", "Response", "Scope", "route"]
