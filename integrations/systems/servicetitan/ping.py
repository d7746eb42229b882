"""Asks the live tenant, one cheap GET per object, what this connection may do; in words for its administrator."""

from __future__ import annotations

from collections.abc import Iterator

from integrations.connection import Check
from integrations.errors import BadCredentials, IntegrationError, NotAuthorised
from integrations.http import Answer
from integrations.systems.servicetitan.answers import server_time
from integrations.systems.servicetitan.client import ServiceTitanClient
from integrations.systems.servicetitan.resources import (
    BUSINESS_UNITS,
    PURCHASE_ORDERS,
    RECEIPTS,
    RESOURCES,
    VENDORS,
    Resource,
)

# Beyond this, windows of creation and modification times would be asked for wrongly.
LARGEST_SKEW = 120.0

WRITTEN = (VENDORS, PURCHASE_ORDERS, RECEIPTS, BUSINESS_UNITS)
"""What flows write unless a customer leaves them off."""

_FIXES = {
    "outgoing-internal": "Only staff can allow internal addresses.",
    "unreachable": "Try again in a few minutes; if it stays, ask the hosting team whether its network lets us out.",
    "throttled": "Try again in a few minutes.",
}


def ping(client: ServiceTitanClient) -> Iterator[Check]:
    """One check for signing in, one per object, one for the clock; each as soon as it is answered.

    A refused sign-in ends it.
    """
    try:
        client.prepare()
    except IntegrationError as error:
        yield _failed(
            "Signing in", error, "Enter client id and secret again; both belong to one tenant and environment."
        )
        return
    yield from _checks(client)


def _checks(client: ServiceTitanClient) -> Iterator[Check]:
    tenant = client.account.servicetitan_tenant_id
    skew_told = signed_in = False
    for resource in RESOURCES:
        try:
            answer = client.call(client.reading(resource, params=(("pageSize", "1"),)))
            answer.json()
        except BadCredentials as error:
            yield _failed("Signing in", error, "Check the application key, the tenant id and the environment.")
            return
        except IntegrationError as error:
            yield _failed(f"Reading {resource.title}", error, _fix(error, resource, tenant))
            continue
        if not signed_in:
            signed_in = True
            detail = f"Signed in to tenant {tenant} at {client.account.api_url}."
            yield Check("Signing in", ok=True, detail=detail, code="sign-in")
        yield Check(f"Reading {resource.title}", ok=True, detail="Allowed.", code=f"scope:{resource.scope}:r")
        if not skew_told:
            skew_told = True
            yield _clock(answer)
    if signed_in:
        yield from _writes(client)


def _writes(client: ServiceTitanClient) -> Iterator[Check]:
    """Writing cannot be tried without writing, but the access token names what was granted."""
    granted = client.granted()
    if not any(scope.startswith("tn.") for scope in granted):
        return
    for resource in WRITTEN:
        scope = f"{resource.scope}:w"
        name = f"Writing {resource.title}"
        if scope in granted:
            yield Check(name, ok=True, detail="Allowed, by the access token.", code=f"scope:{scope}")
        else:
            detail = f"The access token does not name {scope}."
            fix = _consent(scope, resource, client.account.servicetitan_tenant_id)
            yield Check(name, ok=False, detail=detail, fix=fix, code=f"scope:{scope}")


def _failed(name: str, error: IntegrationError, fix: str) -> Check:
    return Check(name, ok=False, detail=error.message, fix=fix, code=error.code)


def _fix(error: IntegrationError, resource: Resource, tenant: str) -> str:
    if isinstance(error, NotAuthorised):
        return _consent(f"{resource.scope}:r", resource, tenant)
    return _FIXES.get(error.code, "Try again; if it stays, show this line to the hosting team.")


def _consent(scope: str, resource: Resource, tenant: str) -> str:
    return (
        f"Ask the ServiceTitan administrator of tenant {tenant} to accept this app's newest version, which asks for "
        f"{scope}. Flows that do not use {resource.title} work without it."
    )


def _clock(answer: Answer) -> Check:
    """Compares the server's Date with our clock at the moment the request left."""
    there = server_time(answer)
    if there is None:
        return Check("Clock", ok=True, detail="ServiceTitan told no time.", code="clock")
    skew = abs((there - answer.exchange.started_at).total_seconds())
    detail = f"Our clock and ServiceTitan's differ by {skew:.0f} seconds."
    ok = skew <= LARGEST_SKEW
    fix = "" if ok else "Ask the hosting team to set this server's clock (NTP)."
    return Check("Clock", ok=ok, detail=detail, fix=fix, code="clock")
