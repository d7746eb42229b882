"""Which schema the database connection of this thread works in: a customer's, or public."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import connection

if TYPE_CHECKING:
    from tenants.models import Customer

PUBLIC = "public"
_tenants: Any = connection  # django-tenants' backend adds the methods below, which Django's type knows nothing of


def current() -> str:
    """The name of the schema in use."""
    return str(_tenants.schema_name)


def customer_id() -> int:
    """The id of the customer whose schema is in use. Raises LookupError in public."""
    tenant = _tenants.tenant
    # `schema_context` leaves a stand-in that knows the schema's name only: looked up once per stand-in.
    if getattr(tenant, "pk", None) is None:
        from tenants.models import Customer

        found = Customer.objects.filter(schema_name=current()).values_list("pk", flat=True).first()
        if found is None:
            raise LookupError(f"No customer's schema is in use, but {current()}.")
        tenant.pk = found
    return int(tenant.pk)


def use(customer: Customer) -> None:
    """From now on this thread works in the customer's schema (and sees public behind it)."""
    _tenants.set_tenant(customer)


def use_public() -> None:
    """From now on this thread works in public."""
    _tenants.set_schema_to_public()


@contextmanager
def within(customer: Customer) -> Iterator[None]:
    """Works in the customer's schema, then in the one before. A thread of its own starts in public."""
    before = _tenants.tenant
    use(customer)
    try:
        yield
    finally:
        _tenants.set_tenant(before)


@contextmanager
def across() -> Iterator[None]:
    """Works in public for the few questions that are about all customers, then in the schema before.

    In a customer's schema the database shows a web process no other customer's rows (ADR 13).
    """
    before = _tenants.tenant
    use_public()
    try:
        yield
    finally:
        _tenants.set_tenant(before)
