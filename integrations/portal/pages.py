"""What every page of the portal has in common: who may open it, how it may be called, whose times it shows.

A view states it in one line: `@page(role="viewer")`, `@page(role="viewer", post="operator")` for a page that everybody
reads and operators change, `@page(role="owner", methods=("POST",))` for what is only done. Who may not is told so in
words (403). The navigation reads the same statement (integrations/portal/navigation.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, Concatenate, Literal, ParamSpec, cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import render, resolve_url
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django_htmx.middleware import HtmxDetails

from integrations.audit import Actor
from tenants.middleware import CustomerRequest
from tenants.models import Customer, Person, Role
from tenants.reader import zone_of

RoleName = Literal["viewer", "operator", "owner"]
Parameters = ParamSpec("Parameters")


class PageRequest(CustomerRequest):
    """What a view of the portal is given: somebody with a role at a customer.

    `refused`: what is wrong with the form that came with it, by field (integrations/portal/doing.py).
    """

    customer: Customer
    role: Role
    user: Person
    htmx: HtmxDetails
    refused: Mapping[str, list[str]]


View = Callable[Concatenate[PageRequest, Parameters], HttpResponseBase]
Page = Callable[Concatenate[HttpRequest, Parameters], HttpResponseBase]


def page(
    *, role: RoleName, post: RoleName | None = None, methods: Sequence[str] = ()
) -> Callable[[View[Parameters]], Page[Parameters]]:
    """For a view: `role` opens it, `post` (by default the same role) may post to it.

    `methods` are GET and HEAD, and POST if `post` is given, unless they are named. Answers are not kept by browsers or
    proxies, and dates are shown and read in the reader's zone.
    """
    allowed = tuple(methods) or (("GET", "HEAD", "POST") if post else ("GET", "HEAD"))
    needed = {"POST": Role(post or role)}

    def decorate(view: View[Parameters]) -> Page[Parameters]:
        @never_cache
        @wraps(view)
        def checked(request: HttpRequest, *args: Parameters.args, **kwargs: Parameters.kwargs) -> HttpResponseBase:
            asked = cast(PageRequest, request)
            if request.method not in allowed:
                return HttpResponseNotAllowed(allowed)
            needs = needed.get(str(request.method), Role(role))
            if not may(asked, needs):
                return refused(asked, needs)
            with timezone.override(zone_of(request)):
                return view(asked, *args, **kwargs)

        cast(Any, checked).opened_by = Role(role)
        return cast("Page[Parameters]", checked)

    return decorate


def may(request: HttpRequest, needed: Role) -> bool:
    """Whether who asks has this role here, or a greater one."""
    role = cast(CustomerRequest, request).role
    return role is not None and role.allows(needed)


def refused(request: HttpRequest, needed: Role) -> HttpResponse:
    """403, in words: which role it takes, which one the reader has."""
    return render(request, "portal/refused.html", {"needed": needed}, status=403)


def actor(request: PageRequest) -> Actor:
    """Who does what a page asks for, for the audit."""
    return Actor(kind="person", id=str(request.user.pk), label=request.user.email)


def see(to: str, *args: Any, **kwargs: Any) -> HttpResponse:
    """The answer to a POST that was done: go there (303), by a url's name or path. So reloading repeats nothing."""
    return HttpResponse(status=303, headers={"Location": resolve_url(to, *args, **kwargs)})
