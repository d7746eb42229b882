"""An owner's second thought: a customer that is leaving stays. On the public host, since its own pages are shut."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from integrations import customers
from integrations.audit import Actor
from integrations.refusals import CannotBeDone
from tenants.models import Customer, Person, Role


@never_cache
@require_POST
def stay(request: HttpRequest, schema_name: str) -> HttpResponse:
    """Everything goes on where it stopped. For owners of that customer; for others there is no such page."""
    person = cast(Person, request.user)
    mine = Customer.objects.filter(memberships__person=person, memberships__role=Role.OWNER)
    with transaction.atomic():
        customer = Customer.objects.select_for_update(no_key=True).filter(schema_name=schema_name, pk__in=mine).first()
        if customer is None:
            raise Http404
        try:
            customers.stay(customer, actor=Actor(kind="person", id=str(person.pk), label=person.email))
            messages.success(
                request, gettext("%(name)s stays: all goes on where it stopped.") % {"name": customer.name}
            )
        except CannotBeDone as error:
            messages.error(request, str(error))
    return HttpResponse(status=303, headers={"Location": "/"})
