"""The operators' own pages on the public host: customers at a glance, a document number's customers, stepping in.

Nothing of a customer's own tables is shown here: for that, one steps in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from integrations import document_index, support
from integrations.refusals import CannotBeDone
from tenants.admin import operators
from tenants.models import Customer, Domain, Person, Role
from tenants.overview import glances
from tenants.views_public import customer_url

PER_PAGE = 100


class StepInForm(forms.Form):
    """Where, as what, and why."""

    customer = forms.ModelChoiceField(Customer.objects.filter(suspended_at=None), widget=forms.HiddenInput)
    role = forms.ChoiceField(
        choices=[
            (Role.VIEWER, "Look only"),
            (Role.OPERATOR, "Look and operate: replay, dismiss, pause, compare"),
            (Role.OWNER, "Look, operate and configure: value maps, links, connections"),
        ],
        widget=forms.RadioSelect,
        initial=Role.OPERATOR,
    )
    reason = forms.CharField(
        max_length=300,
        strip=True,
        error_messages={"required": "Say why: the customer can read it in their audit."},
        widget=forms.TextInput(attrs={"placeholder": "Ticket 4711: order 4500001234 has not arrived"}),
    )
    path = forms.CharField(required=False, widget=forms.HiddenInput)


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Customers with their health, those in trouble first; a hundred at a time, by name."""
    _check(request, "tenants.view_customer")
    wanted = Customer.objects.filter(name__gt=request.GET.get("after", "")).order_by("name")
    if text := request.GET.get("q", "").strip():
        wanted = wanted.filter(name__icontains=text)
    rows = list(wanted[: PER_PAGE + 1])
    more = rows[PER_PAGE - 1].name if len(rows) > PER_PAGE else ""
    shown = glances(rows[:PER_PAGE], now=timezone.now())
    context = {"rows": shown, "more": more, "q": request.GET.get("q", ""), "title": "Customers at a glance"}
    return _page(request, "admin/operators/overview.html", context)


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Which customers have a document of this number."""
    _check(request, "tenants.view_customer")
    number = request.GET.get("number", "").strip()[:120]
    found = document_index.customers_with(number) if number else []
    rows = glances(found, now=timezone.now())
    context = {"rows": rows, "number": number, "title": f"Customers with {number}" if number else "Find a document"}
    return _page(request, "admin/operators/search.html", context)


@require_http_methods(["GET", "POST"])
def step_in(request: HttpRequest) -> HttpResponse:
    """Asks for a reason, then goes to the customer's admin with a grant for 30 minutes."""
    _check(request, "tenants.add_stepin")
    if request.method == "GET":
        customer = get_object_or_404(Customer, pk=_number(request.GET.get("customer", "")))
        form = StepInForm(initial={"customer": customer.pk, "path": request.GET.get("path", "")})
        return _asking(request, form, customer)
    form = StepInForm(request.POST)
    customer = get_object_or_404(Customer, pk=_number(request.POST.get("customer", "")))
    if customer.suspended_at:
        form.add_error(None, f"{customer.name} is suspended: nobody gets in.")
    if not form.is_valid():
        return _asking(request, form, customer)
    given = form.cleaned_data
    person = cast(Person, request.user)
    try:
        support.step_in(person, customer, role=Role(given["role"]), reason=given["reason"], now=timezone.now())
    except CannotBeDone as error:
        form.add_error(None, str(error))
        return _asking(request, form, customer)
    host = Domain.objects.filter(tenant=customer).order_by("-is_primary").first()
    if host is None:
        messages.error(request, f"{customer.name} has no host name yet.")
        return redirect("admin:overview")
    return redirect(customer_url(request, host.domain, _inside(given["path"])))


def _asking(request: HttpRequest, form: StepInForm, customer: Customer) -> HttpResponse:
    context = {"form": form, "customer": customer, "title": f"Step in at {customer.name}"}
    return _page(request, "admin/operators/step_in.html", context)


def _inside(path: str) -> str:
    """A page of the customer's admin, whatever was asked for."""
    return path if path.startswith("/admin/") and "//" not in path and "\\" not in path else "/admin/"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0


def _check(request: HttpRequest, right: str) -> None:
    if not operators.has_permission(request) or not cast(Person, request.user).has_perm(right):
        raise PermissionDenied


def _page(request: HttpRequest, template: str, context: Mapping[str, object]) -> HttpResponse:
    return render(request, template, {**operators.each_context(request), **context})
