"""/leave/: an owner ends it. Everything stops at once, and is removed after a waiting period."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from integrations import customers
from integrations.models import Delivery
from integrations.portal.pages import PageRequest, actor, page
from tenants.addresses import public_origin
from tenants.models import Customer


class Leaving(forms.Form):
    """The name once more, so that nobody leaves by a slip."""

    name = forms.CharField(label=_("The name of your company, as it stands above"), max_length=200)
    reason = forms.CharField(label=_("Why?"), required=False, max_length=300, help_text=_("It helps us to get better."))

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer = customer

    def clean_name(self) -> str:
        """It has to be the same but for case and space."""
        name = " ".join(self.cleaned_data["name"].split())
        if name.casefold() != " ".join(self.customer.name.split()).casefold():
            raise forms.ValidationError(gettext("This is not the name above."))
        return name


@page(role="owner", post="owner")
def leave(request: PageRequest) -> HttpResponse:
    """What happens, and the form; a post does it."""
    form = Leaving(request.POST if request.method == "POST" else None, customer=request.customer)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            customer = Customer.objects.select_for_update(no_key=True).get(pk=request.customer.pk)
            customers.leave(
                customer, reason=form.cleaned_data["reason"] or "-", actor=actor(request), now=timezone.now()
            )
        return HttpResponse(status=303, headers={"Location": f"{public_origin(request)}/"})
    shown = {
        "form": form,
        "days": settings.CUSTOMER_WAITING_DAYS,
        "open": Delivery.objects.filter(state__in=Delivery.OPEN)[:1].exists(),
    }
    return render(request, "portal/leave/leave.html", shown, status=422 if form.errors else 200)


routes = [path("leave/", leave, name="leave")]
