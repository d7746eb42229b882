"""Pages on which something can be done: each deed is a POST, asks for a role, calls one function and says what came.

A deed that a person may not do is not offered, and refused when it is posted all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import path, reverse

from integrations import support
from integrations.admin.lists import ReadOnly
from integrations.admin.site import customer_site
from integrations.audit import Actor
from integrations.errors import IntegrationError
from integrations.refusals import CannotBeDone, WrongMembers
from tenants.models import Customer, Person, Role

Answer = str | HttpResponse
"""What a deed says when it is done, or a page to show."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What can be done with a row, by the page's method of the same name (with _ for -).

    `calls_out`: asks a remote system, so it runs in no transaction of ours.
    """

    needs: Role = Role.OPERATOR
    calls_out: bool = False


class Desk(ReadOnly):
    """A list whose rows have a page of their own (`template`, with what `shown` gives), and deeds."""

    template: ClassVar[str] = ""
    deeds: ClassVar[Mapping[str, Deed]] = {}

    def get_urls(self) -> list[Any]:
        """The deeds, before the pages that they belong to."""
        meta = self.model._meta
        view = self.admin_site.admin_view(self.do)
        own = path("<path:object_id>/do/<slug:verb>/", view, name=f"{meta.app_label}_{meta.model_name}_do")
        return [own, *super().get_urls()]

    def shown(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the row's page shows besides the row."""
        return {}

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The row's own page."""
        if not self.template:
            return super().change_view(request, object_id, form_url, extra_context)  # type: ignore[no-any-return]
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request):
            raise PermissionDenied
        return self.page(request, self.row(request, object_id))

    def page(self, request: HttpRequest, row: Any, **more: Any) -> HttpResponse:
        """The row's page, with something more on it."""
        context = {**self.shown(request, row), "row": row, "title": str(row), **more}
        return desk_page(request, self.template, {"opts": self.model._meta, **context})

    def row(self, request: HttpRequest, object_id: str) -> Any:
        """The row of this id. Raises Http404."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return row

    def do(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
        """Does one deed, and goes back to the row's page."""
        deed = self.deeds.get(verb)
        if deed is None:
            raise Http404
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        require(request, deed.needs)
        row = self.row(request, object_id)
        method = getattr(self, verb.replace("-", "_"))
        return carry_out(request, lambda: method(request, row), self.back(row), calls_out=deed.calls_out)

    def back(self, row: Any) -> str:
        """Where one is after a deed."""
        return link_to(row)


def carry_out(request: HttpRequest, do: Callable[[], Answer], back: str, *, calls_out: bool = False) -> HttpResponse:
    """Runs a deed, tells what came of it in a message, and goes back."""
    try:
        with nullcontext() if calls_out else transaction.atomic():
            answer = do()
    except WrongMembers as wrong:
        for place, sentence in wrong.faults:
            messages.error(request, f"{place}: {sentence}")
        return redirect(back)
    except (CannotBeDone, IntegrationError) as error:
        messages.error(request, str(error))
        return redirect(back)
    if isinstance(answer, HttpResponse):
        return answer
    messages.success(request, answer)
    return redirect(back)


def desk_page(request: HttpRequest, template: str, context: Mapping[str, Any]) -> HttpResponse:
    """A page of the site. `may`: what the person's role allows."""
    may = {"operate": allows(request, Role.OPERATOR), "configure": allows(request, Role.OWNER)}
    return render(request, template, {**customer_site.each_context(request), "may": may, **context})


def link_to(row: Model) -> str:
    """The page of a row."""
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])


def allows(request: HttpRequest, needed: Role) -> bool:
    """Whether the step-in's role may do that."""
    grant = cast(Any, request).step_in
    return grant is not None and Role(grant.role).allows(needed)


def require(request: HttpRequest, needed: Role) -> None:
    """Raises PermissionDenied for a role that may not, whatever page it comes from."""
    if not customer_site.has_permission(request) or not allows(request, needed):
        raise PermissionDenied


def actor(request: HttpRequest) -> Actor:
    """Who does this."""
    return support.staff_actor(cast(Person, request.user))


def customer(request: HttpRequest) -> Customer:
    """Whose host this is."""
    return cast(Customer, cast(Any, request).customer)


def said(request: HttpRequest, name: str, *, most: int = 300, what: str = "") -> str:
    """A text that the form has to hold. Raises CannotBeDone if it is empty."""
    text = request.POST.get(name, "").strip()[:most]
    if not text:
        raise CannotBeDone(f"{what or name.capitalize()} is missing: fill it in.")
    return text
