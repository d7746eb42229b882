"""What commands about one customer share."""

from __future__ import annotations

from django.core.management.base import CommandError

from integrations import catalogue
from integrations.models import Sync
from tenants.models import Customer


def find_customer(name: str) -> Customer:
    """The customer with this schema name, in capitals or not. Raises CommandError with the names there are."""
    customer: Customer | None = Customer.objects.filter(schema_name=name.lower()).first()
    if customer is None:
        known = ", ".join(Customer.objects.order_by("schema_name").values_list("schema_name", flat=True)[:10])
        raise CommandError(f"There is no customer {name}. Customers: {known or 'none yet'}.")
    return customer


def find_syncs(flow: str | None) -> list[Sync]:
    """The customer's syncs, or the one of this flow, each after those whose links it needs."""
    syncs = list(Sync.objects.select_related("source", "target"))
    if flow is not None and flow not in (known := sorted(sync.flow for sync in syncs)):
        raise CommandError(f"This customer has no sync for the flow {flow}. Flows: {', '.join(known) or 'none yet'}.")
    syncs = [sync for sync in syncs if flow in (None, sync.flow)]
    order = catalogue.in_order(sync.flow for sync in syncs)
    return sorted(syncs, key=lambda sync: order.index(sync.flow))
