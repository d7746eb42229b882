"""The customer itself: its name and its time zone."""

from __future__ import annotations

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import steering
from integrations.api.kernel import etags
from integrations.api.kernel.members import Strict, Text
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.resource import Resource, route
from integrations.audit import record
from tenants.models import Customer, check_time_zone

EXAMPLE = {"id": "acme", "name": "Acme Plumbing", "time_zone": "America/Chicago", "created_at": "2026-03-02T08:00:00Z"}


class CustomerShown(serializers.Serializer[Customer]):
    """A customer. `id` never changes."""

    id = serializers.CharField(source="schema_name")
    name = serializers.CharField()
    time_zone = serializers.CharField(help_text="A name of the time zone database; local schedules mean its clock.")
    created_at = serializers.DateTimeField()


class CustomerChanges(Strict):
    """What may be changed."""

    name = Text(max_length=200, required=False)
    time_zone = Text(max_length=60, required=False, validators=[check_time_zone])


class TheCustomer(Resource):
    """The customer of this host."""

    scopes = {"GET": "read", "PATCH": "configure"}

    @describes("read_customer", "Read the customer", answer=CustomerShown, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """The customer whose host this is."""
        return _shown(self.customer)

    @describes(
        "change_customer",
        "Change the customer",
        answer=CustomerShown,
        body=CustomerChanges,
        example=EXAMPLE,
        body_example={"time_zone": "America/Denver"},
        if_match=True,
    )
    def patch(self, request: Request) -> Response:
        """Another name or time zone. Members that are left out stay as they are."""
        changes = self.body(CustomerChanges, partial=True)
        customer = Customer.objects.select_for_update().get(pk=self.customer.pk)
        etags.require(request, _etag(customer))
        before = {name: getattr(customer, name) for name in changes}
        for name, value in changes.items():
            setattr(customer, name, value)
        customer.save()
        if "time_zone" in changes:
            steering.follow_clock(customer, timezone.now())
        record(
            actor=self.actor,
            action="customer.changed",
            subject=customer.name,
            detail={"before": before, "after": changes},
        )
        return _shown(customer)


def _etag(customer: Customer) -> str:
    return etags.etag(customer.name, customer.time_zone)


def _shown(customer: Customer) -> Response:
    return Response(CustomerShown(customer).data, headers={"ETag": _etag(customer)})


routes = [route("customer", TheCustomer, "customer")]
