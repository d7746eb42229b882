"""Customers, for the hosting team, on the public host."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import EmailValidator
from django.db import transaction
from django.http import Http404, StreamingHttpResponse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import customers
from integrations.api.kernel.members import Reason, Strict, Text
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.pagination import page
from integrations.api.kernel.resource import route
from integrations.api.kernel.staff import SUPERUSER, StaffResource
from integrations.audit import record
from integrations.exporting import export
from tenants import schema
from tenants.models import Customer, check_schema_name, check_time_zone
from tenants.provision import make_template

EXAMPLE = {
    "id": "acme",
    "name": "Acme Plumbing",
    "time_zone": "America/Chicago",
    "hosts": ["acme.connector.example.com"],
    "state": "active",
    "suspended_at": None,
    "delete_after": None,
    "created_at": "2026-03-02T08:00:00Z",
}
SUSPENDED = {**EXAMPLE, "state": "suspended", "suspended_at": "2026-03-09T08:00:00Z"}
LEAVING = {**SUSPENDED, "state": "leaving", "delete_after": "2026-04-08T08:00:00Z"}
HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


def check_host(host: str) -> None:
    """Raises ValidationError for what is no host name of a customer."""
    if host and (not HOST.fullmatch(host) or host == settings.PUBLIC_HOST):
        raise serializers.ValidationError("This is a host name alone, in small letters, and not the public host.")


class CustomerShown(serializers.Serializer[Customer]):
    """A customer. `id` never changes."""

    id = serializers.CharField(source="schema_name")
    name = serializers.CharField()
    time_zone = serializers.CharField()
    hosts = serializers.SerializerMethodField()
    state = serializers.SerializerMethodField(help_text="active, suspended or leaving")
    suspended_at = serializers.DateTimeField(allow_null=True)
    delete_after = serializers.DateTimeField(allow_null=True, help_text="Everything of theirs is removed then.")
    created_at = serializers.DateTimeField()

    def get_hosts(self, customer: Customer) -> list[str]:
        """Host names, the primary one first."""
        return [host.domain for host in sorted(customer.domains.all(), key=lambda host: (not host.is_primary, host.pk))]

    def get_state(self, customer: Customer) -> str:
        """How they stand."""
        if customer.delete_after:
            return "leaving"
        return "suspended" if customer.suspended_at else "active"


class NewCustomer(Strict):
    """A customer that is wanted. `host` left out: the id below the public host."""

    id = Text(max_length=41, validators=[check_schema_name])
    name = Text(max_length=200)
    time_zone = Text(max_length=60, validators=[check_time_zone])
    host = Text(max_length=253, required=False, default="", validators=[check_host])
    owner = Text(max_length=254, required=False, validators=[EmailValidator("This is no e-mail address.")])


class Deletion(Reason):
    """`confirm` is the customer's id once more."""

    confirm = Text(max_length=41)


class CustomerList(StaffResource):
    """All customers."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "tenants.view_customer", "POST": "tenants.add_customer"}

    @describes("list_customers", "List customers", answer=CustomerShown, paged=True, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """All customers, by their ids."""
        return page(request, _customers(), order=("schema_name",), show=CustomerShown)

    def prepare(self, request: Request) -> None:
        """A new customer's schema is a copy of the template, whose migrations cannot run in a transaction of others."""
        self.body(NewCustomer)
        make_template()

    @describes(
        "create_customer",
        "Make a customer",
        answer=CustomerShown,
        body=NewCustomer,
        status=201,
        example=EXAMPLE,
        body_example={
            "id": "acme",
            "name": "Acme Plumbing",
            "time_zone": "America/Chicago",
            "owner": "olga@acme.example.com",
        },
    )
    def post(self, request: Request) -> Response:
        """Ready to use at once, with an owner if one is named."""
        wanted = self.body(NewCustomer)
        customer = customers.create(schema_name=wanted.pop("id"), actor=self.actor, **wanted)
        return _shown(customer.schema_name, 201)


class OneCustomer(StaffResource):
    """One customer."""

    @describes("read_customer", "Read a customer", answer=CustomerShown, example=EXAMPLE)
    def get(self, request: Request, customer_id: str) -> Response:
        """A customer and how they stand."""
        return _shown(customer_id)


class Suspension(StaffResource):
    """Suspending."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": "tenants.change_customer"}

    @describes(
        "suspend_customer",
        "Suspend a customer",
        answer=CustomerShown,
        body=Reason,
        example=SUSPENDED,
        body_example={"reason": "Unpaid"},
    )
    def post(self, request: Request, customer_id: str) -> Response:
        """Nothing is read or written for them any more, and nobody gets in. Nothing is lost."""
        reason = self.body(Reason)["reason"]
        customers.suspend(_find(customer_id), reason=reason, actor=self.actor, now=timezone.now())
        return _shown(customer_id)


class Resumption(StaffResource):
    """Resuming."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": "tenants.change_customer"}

    @describes("resume_customer", "Resume a customer", answer=CustomerShown, example=EXAMPLE)
    def post(self, request: Request, customer_id: str) -> Response:
        """What is overdue is done at once. Refused for one that is marked for deletion."""
        customers.resume(_find(customer_id), actor=self.actor)
        return _shown(customer_id)


class Removal(StaffResource):
    """Marking for deletion."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": SUPERUSER}

    @describes(
        "delete_customer",
        "Mark a customer for deletion",
        answer=CustomerShown,
        body=Deletion,
        status=202,
        example=LEAVING,
        body_example={"reason": "Contract ended", "confirm": "acme"},
    )
    def post(self, request: Request, customer_id: str) -> Response:
        """Suspends at once, and removes everything after the waiting period. Until then it can be taken back."""
        wanted, customer = self.body(Deletion), _find(customer_id)
        if wanted["confirm"] != customer_id:
            raise serializers.ValidationError({"confirm": ["This has to be the customer's id."]})
        customers.mark(customer, reason=wanted["reason"], actor=self.actor, now=timezone.now())
        return _shown(customer_id, 202)


class Keeping(StaffResource):
    """Taking the deletion back."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": SUPERUSER}

    @describes("keep_customer", "Take a deletion back", answer=CustomerShown, example=SUSPENDED)
    def post(self, request: Request, customer_id: str) -> Response:
        """The customer stays, and is suspended until somebody resumes it."""
        customers.take_back(_find(customer_id), actor=self.actor)
        return _shown(customer_id)


class Export(StaffResource):
    """Everything of a customer."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": SUPERUSER}

    @describes("export_customer", "Export a customer", media_type="application/zip")
    def get(self, request: Request, customer_id: str) -> Any:
        """A ZIP archive with a file of JSON lines per table, without secrets. Suspend first if nothing may change."""
        with transaction.atomic():
            customer = _find(customer_id)
            with schema.within(customer):
                record(actor=self.actor, action="customer.exported", subject=customer.name, subject_id=customer_id)
        answer = StreamingHttpResponse(export(customer), content_type="application/zip")
        answer.headers["Content-Disposition"] = f'attachment; filename="{customer_id}.zip"'
        return answer


def _customers() -> Any:
    return Customer.objects.prefetch_related("domains")


def _find(customer_id: str) -> Customer:
    """The customer, locked against others of the hosting team. Raises Http404."""
    rows = Customer.objects.select_for_update(no_key=True)
    customer: Customer | None = rows.filter(schema_name=customer_id).first()
    if customer is None:
        raise Http404
    return customer


def _shown(customer_id: str, status: int = 200) -> Response:
    customer = _customers().filter(schema_name=customer_id).first()
    if customer is None:
        raise Http404
    headers = {"Location": f"/api/v1/customers/{customer_id}"} if status == 201 else {}
    return Response(CustomerShown(customer).data, status=status, headers=headers)


routes = [
    route("customers", CustomerList, "staff-customers"),
    route("customers/<slug:customer_id>", OneCustomer, "staff-customer"),
    route("customers/<slug:customer_id>/suspend", Suspension, "staff-suspend"),
    route("customers/<slug:customer_id>/resume", Resumption, "staff-resume"),
    route("customers/<slug:customer_id>/delete", Removal, "staff-delete"),
    route("customers/<slug:customer_id>/keep", Keeping, "staff-keep"),
    route("customers/<slug:customer_id>/export", Export, "staff-export"),
]
