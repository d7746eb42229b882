"""Which customer a ServiceTitan tenant id belongs to: one at most, and only after a ping with its own credentials."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection

from tenants.models import Customer, ServiceTitanTenant

PROVE = """
    INSERT INTO public.tenants_servicetitantenant AS t (environment, tenant_id, customer_id, connection_id, proven_at)
    VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (environment, tenant_id)
    DO UPDATE SET connection_id = excluded.connection_id, proven_at = excluded.proven_at
    WHERE t.customer_id = excluded.customer_id
"""


class TenantTaken(Exception):
    """The tenant id is proven for another customer."""


def prove(*, environment: str, tenant_id: str, customer_id: int, connection_id: UUID, now: datetime) -> None:
    """Notes that this customer's connection has reached the tenant. Raises TenantTaken, which changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(PROVE, [environment, tenant_id, customer_id, str(connection_id), now])
        if cursor.rowcount != 1:
            raise TenantTaken("This ServiceTitan tenant is connected to another customer of this installation.")


def customer_of(*, environment: str, tenant_id: str) -> Customer | None:
    """The customer whose tenant this is; None if nobody has proven it."""
    found = ServiceTitanTenant.objects.select_related("customer").filter(
        environment=environment, tenant_id=tenant_id, proven_at__isnull=False
    )
    row = found.first()
    return row.customer if row else None


def forget(*, connection_id: UUID, customer_id: int) -> None:
    """The connection is gone: its tenant id is free again."""
    ServiceTitanTenant.objects.filter(connection_id=connection_id, customer_id=customer_id).delete()
