"""Which customer a ServiceTitan tenant id belongs to: one at most, and only after a ping with its own credentials.

A connection has proven one tenant at most: proving another one, or being refused, ends what it had proven before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from tenants import schema
from tenants.models import Customer, ServiceTitanTenant
from tenants.webhook_models import WebhookAddress, new_address

PROVE = """
    INSERT INTO public.tenants_servicetitantenant AS t (environment, tenant_id, customer_id, connection_id, proven_at)
    VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (environment, tenant_id)
    DO UPDATE SET connection_id = excluded.connection_id, proven_at = excluded.proven_at
    WHERE t.customer_id = excluded.customer_id
"""
FORGET_OTHERS = """
    DELETE FROM public.tenants_servicetitantenant
    WHERE customer_id = %s AND connection_id = %s AND (environment, tenant_id) <> (%s, %s)
"""
GIVE_ADDRESS = """
    INSERT INTO public.tenants_webhookaddress (address, customer_id, connection_id, created_at)
    VALUES (%s, %s, %s, now()) ON CONFLICT (connection_id) DO NOTHING
"""


# Asked for each webhook call, so in plain SQL.
ROUTE = """
    SELECT c.id, c.schema_name, t.connection_id FROM public.tenants_servicetitantenant t
    JOIN public.tenants_customer c ON c.id = t.customer_id
    WHERE t.environment = %s AND t.tenant_id = %s AND t.proven_at IS NOT NULL AND c.suspended_at IS NULL
"""
ROUTE_OF_ADDRESS = """
    SELECT c.id, c.schema_name, a.connection_id FROM public.tenants_webhookaddress a
    JOIN public.tenants_customer c ON c.id = a.customer_id
    WHERE a.address = %s AND c.suspended_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a webhook call goes."""

    customer_id: int
    schema_name: str
    connection_id: UUID


class TenantTaken(Exception):
    """The tenant id is proven for another customer."""


def prove(*, environment: str, tenant_id: str, customer_id: int, connection_id: UUID, now: datetime) -> None:
    """Notes that this customer's connection has reached the tenant. Raises TenantTaken, which changes nothing."""
    with schema.across(), connection.cursor() as cursor:  # another customer may have it
        cursor.execute(PROVE, [environment, tenant_id, customer_id, str(connection_id), now])
        if cursor.rowcount != 1:
            raise TenantTaken("This ServiceTitan tenant is connected to another customer of this installation.")
        cursor.execute(FORGET_OTHERS, [customer_id, str(connection_id), environment, tenant_id])


def customer_of(*, environment: str, tenant_id: str) -> Customer | None:
    """The customer whose tenant this is; None if nobody has proven it."""
    found = ServiceTitanTenant.objects.select_related("customer").filter(
        environment=environment, tenant_id=tenant_id, proven_at__isnull=False
    )
    row = found.first()
    return row.customer if row else None


def route(*, environment: str, tenant_id: str) -> Route | None:
    """Where calls about this tenant go; None if nobody has proven it, or its customer is suspended."""
    return _route(ROUTE, environment, tenant_id)


def route_of_address(address: str) -> Route | None:
    """Where calls to this address go; None if there is none, or its customer is suspended."""
    return _route(ROUTE_OF_ADDRESS, address)


def _route(statement: str, *parameters: str) -> Route | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row = cursor.fetchone()
    return Route(*row) if row else None


def address_of(*, connection_id: UUID, customer_id: int) -> str:
    """The address of a connection with an app of its own: made when it is first asked for, then always the same."""
    with connection.cursor() as cursor:
        cursor.execute(GIVE_ADDRESS, [new_address(), customer_id, str(connection_id)])
    return WebhookAddress.objects.get(connection_id=connection_id, customer_id=customer_id).address


def forget(*, connection_id: UUID, customer_id: int) -> None:
    """The connection is gone, or its credentials were refused: its tenant id is free again."""
    ServiceTitanTenant.objects.filter(connection_id=connection_id, customer_id=customer_id).delete()


def forget_address(*, connection_id: UUID, customer_id: int) -> None:
    """Calls to the connection's own address are refused from now on."""
    WebhookAddress.objects.filter(connection_id=connection_id, customer_id=customer_id).delete()
