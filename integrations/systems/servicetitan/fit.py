"""What a fit report asks of ServiceTitan besides the ping: modules that only some tenants have, and change fields."""

from __future__ import annotations

from integrations.connection import Check, Way
from integrations.errors import IntegrationError, NotAuthorised, Transient
from integrations.systems.servicetitan import resources
from integrations.systems.servicetitan.client import ServiceTitanClient
from integrations.systems.servicetitan.resources import LICENSED, Resource

_READ = (
    resources.VENDORS,
    resources.PURCHASE_ORDERS,
    resources.PURCHASE_ORDER_REQUESTS,
    resources.RECEIPTS,
    resources.AP_BILLS,
    resources.BUSINESS_UNITS,
    resources.JOBS,
)


def ways(client: ServiceTitanClient) -> list[Way]:
    """How changes are found, for each object that flows read. Every tenant has the same (V2 OpenAPI documents)."""
    return [_way(resource) for resource in _READ]


def licensed(client: ServiceTitanClient) -> list[Check]:
    """One line for each module that only some tenants have. Raises Transient where it could not be asked."""
    return [_asked(client, resource) for resource in LICENSED]


def _asked(client: ServiceTitanClient, resource: Resource) -> Check:
    name, code = f"Reading {resource.title}", f"licence:{resource.scope}:r"
    try:
        client.call(client.reading(resource, params=(("pageSize", "1"),))).json()
    except Transient:
        raise
    except IntegrationError as error:
        scope = f"; if it has, {resource.scope}:r has to be granted as well" if isinstance(error, NotAuthorised) else ""
        detail = f"This tenant has no {resource.title}, or this app may not read them."
        fix = f"Only needed for the option budget_codes. Ask ServiceTitan whether the module is licensed{scope}."
        return Check(name, ok=False, detail=detail, fix=fix, code=code)
    return Check(name, ok=True, detail="Licensed and allowed.", code=code)


def _way(resource: Resource) -> Way:
    offers = ("modifiedOn",) if "modifiedOnOrAfter" in resource.parameters else ()
    follows = "by its export feed" if resource.feed else "by modifiedOn"
    return Way(f"scope:{resource.scope}:r", resource.title, offers, (), follows)
