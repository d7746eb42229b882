"""Who may open a page. Nobody, unless signed in (on a customer's host: as a member), or the page says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from tenants.middleware import CustomerRequest
from tenants.models import Role

View = TypeVar("View", bound=Callable[..., Any])


def open_to_anybody(view: View) -> View:
    """For pages that people need in order to sign in, and for views that check by themselves who calls."""
    cast(Any, view).open_to_anybody = True
    return view


def role_required(needed: Role) -> Callable[[View], View]:
    """For pages on a customer's host that not every member may open: others get 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            role = cast(CustomerRequest, request).role
            if role is None or not role.allows(needed):
                raise PermissionDenied
            return cast(HttpResponseBase, view(request, *args, **kwargs))

        return cast(View, checked)

    return decorate
