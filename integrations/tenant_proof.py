"""What a ping of ServiceTitan proves: that a tenant id belongs to this customer, so that webhook calls go to them."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from integrations.connection import Check
from integrations.errors import BadCredentials, NotAuthorised
from integrations.fields import reveal
from integrations.keyring import KeyMissing
from integrations.models import Connection
from tenants import servicetitan_tenants
from tenants.models import Customer


def note_proof(row: Connection, customer: Customer, checks: list[Check], *, proven: bool, now: datetime) -> list[Check]:
    """More lines for a ping. A tenant that answered is registered, one that turned us away no longer is.

    While ServiceTitan cannot be reached everything stays as it is. A connection with a webhook key of its own gets an
    address of its own, which the ping shows.
    """
    if row.system != "servicetitan":
        return []
    if proven:
        return [*_register(row, customer, now), *_address(row, customer)]
    if is_turned_away(checks):
        servicetitan_tenants.forget(connection_id=row.pk, customer_id=customer.pk)
    return _address(row, customer)


def is_turned_away(checks: list[Check]) -> bool:
    """Whether the live system said that this account is not (or no longer) ours, as opposed to saying nothing."""
    refusals = (BadCredentials.default_code, NotAuthorised.default_code)
    codes = [check.code for check in checks]
    return BadCredentials.default_code in codes or bool(codes) and all(code in refusals for code in codes)


def webhook_url(address: str) -> str:
    """Where the app of a connection sends its events."""
    scheme = "https" if settings.HTTPS else "http"
    return f"{scheme}://{settings.PUBLIC_HOST}/webhooks/servicetitan/connections/{address}/"


def _register(row: Connection, customer: Customer, now: datetime) -> list[Check]:
    tenant_id = str(row.options["servicetitan_tenant_id"])
    try:
        servicetitan_tenants.prove(
            environment=row.environment,
            tenant_id=tenant_id,
            customer_id=customer.pk,
            connection_id=row.pk,
            now=now,
        )
    except servicetitan_tenants.TenantTaken as error:
        fix = "Ask the hosting team which of the two it belongs to; webhook calls go to one of them only."
        return [Check("Tenant id", ok=False, detail=str(error), fix=fix, code="tenant-taken")]
    return []


def _address(row: Connection, customer: Customer) -> list[Check]:
    try:
        has_key = bool((reveal(row.credentials) or {}).get("webhook_key"))
    except KeyMissing:
        return []  # another check says so
    if not has_key:
        servicetitan_tenants.forget_address(connection_id=row.pk, customer_id=customer.pk)
        return []
    address = servicetitan_tenants.address_of(connection_id=row.pk, customer_id=customer.pk)
    detail = f"The events of this connection's own app go to {webhook_url(address)}"
    return [Check("Webhooks", ok=True, detail=detail, code="webhooks")]
