"""Asks the live tenant, service by service, what this connection may do; in words for its administrator.

Nothing is written, and a refused sign-in ends the round at once: a communication user that fails too often is locked.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from integrations.connection import Check
from integrations.errors import BadCredentials, IntegrationError, NotAuthorised
from integrations.systems.sap import objects
from integrations.systems.sap.client import SapClient
from integrations.systems.sap.reference import lookup
from integrations.systems.sap.services import COMPANY_CODE, COST_CENTER, SERVICES, SUPPLIER_INVOICE, Service
from integrations.systems.sap.settings import company_codes

# Beyond this, windows of change times would be asked for wrongly.
LARGEST_SKEW = 120.0

_FIXES = {
    "outgoing-internal": "Only staff can allow internal addresses.",
    "outgoing-plain-http": "Enter the address with https.",
    "outgoing-url": "Correct the address.",
    "unreachable": "Check the host and the port; a private system may only be reachable through your own network.",
    "name-resolution": "Check the host name: public cloud API hosts end with -api.s4hana.cloud.sap.",
    "tls": "Enter the CA bundle (PEM) of your company if the system has a certificate of its own CA.",
    "token-url": "Copy the token service URL from the communication arrangement's OAuth 2.0 details.",
}
COMPANY_CODES = "company-codes"
_AGAIN = "Try again in a few minutes; if it stays, show this line to the hosting team."

# What besides names and types decides how changes of an object are found.
_STAMPS = {
    "purchase-order": ("LastChangeDateTime", "orders are read by time of change"),
    "purchase-requisition": ("LastChangeDateTime", "requisitions are read by time of change"),
}


def ping(client: SapClient) -> Iterator[Check]:
    """One check for signing in, one per service, one for the clock; each as soon as it is answered.

    A refused sign-in ends it, and so does an address at which nothing answers: each service would wait for it anew.
    """
    try:
        client.prepare()
    except IntegrationError as error:
        yield _failed("Signing in", error, "Enter client id, secret and token URL again.")
        return
    yield from _checks(client)


def _checks(client: SapClient) -> Iterator[Check]:
    client.capabilities.pop("services", None)
    signed_in, clock = False, None
    for service in SERVICES:
        try:
            learned = client.probe(service)
        except BadCredentials as error:
            yield _failed("Signing in", error, "Enter user and password again, and see that the user is not locked.")
            return
        except IntegrationError as error:
            if not signed_in and error.code in _FIXES:
                yield _failed("Reaching it", error, _FIXES[error.code])
                return
            yield _failed(f"Reading {service.title}", error, _fix(error, service), service)
            continue
        if not signed_in:
            signed_in = True
            yield Check("Signing in", ok=True, detail=f"Signed in at {client.account.base_url}.", code="sign-in")
        clock = clock or client.server_clock
        yield _reading(client, service, learned["version"])
        if service is COMPANY_CODE:
            yield from _company_codes(client)
    if clock is not None:
        yield _clock(*clock)


def _reading(client: SapClient, service: Service, version: str) -> Check:
    """The service answers; one row tells whether it also lets this user read."""
    name, code = f"Reading {service.title}", f"service:{service.name}"
    try:
        objects.glimpse(client, service)
    except IntegrationError as error:
        return _failed(name, error, _fix(error, service), service)
    detail = f"Works with OData {version.upper()}{_changes(client, service)}{_lacking(client, service)}."
    return Check(name, ok=True, detail=detail, code=code)


def _company_codes(client: SapClient) -> Iterator[Check]:
    """Whether this is the system that was meant: it has the company codes that the connection names."""
    wanted = company_codes(client.account.options)
    if not wanted:
        return
    try:
        there = lookup(client, "company-code", wanted)
    except IntegrationError:
        return  # the line about the service says why; nothing is known about the codes
    lacking = [code for code in wanted if code not in there]
    detail = f"It has the company codes {', '.join(wanted)}."
    fix = ""
    if lacking:
        detail = f"It has no company code {', '.join(lacking)}: this may be another system than the one that was meant."
        fix = "Compare the address and the client number with the system you mean, or correct the company codes."
    yield Check("Company codes", ok=not lacking, detail=detail, fix=fix, code=COMPANY_CODES)


def _changes(client: SapClient, service: Service) -> str:
    lacking, version = client.without(service), str(client.offer(service).version)
    if service is SUPPLIER_INVOICE:
        if "A_SupplierInvoiceType.SuplrInvcLstChgDteTmeTxt" not in lacking:
            return "; invoices are read by time of change"
        by_creation = "A_SupplierInvoiceType.CreationDate" not in lacking
        return f"; invoices are read by {'creation' if by_creation else 'posting'} date, looking back"
    if service is COST_CENTER:
        return "; can be written" if version == "v4" else "; read only, all of them are compared every time"
    if service.name not in _STAMPS:
        return ""
    field, words = _STAMPS[service.name]
    return f"; {words}" if not any(name.endswith(f".{field}") for name in lacking) else ""


def _lacking(client: SapClient, service: Service) -> str:
    lacking = sorted(client.without(service))
    return f"; this release lacks {', '.join(name.rpartition('.')[2] for name in lacking)}" if lacking else ""


def _failed(name: str, error: IntegrationError, fix: str, service: Service | None = None) -> Check:
    code = f"service:{service.name}" if service is not None else error.code
    return Check(name, ok=False, detail=error.message, fix=fix, code=code)


def _fix(error: IntegrationError, service: Service) -> str:
    if isinstance(error, NotAuthorised):
        return (
            f"In SAP, app Communication Arrangements: create one for {service.scenarios} with this connection's "
            "communication system and user. On a private system: activate the service and give the user the role. "
            f"Flows that do not use {service.title} work without it."
        )
    return _FIXES.get(error.code, _AGAIN)


def _clock(there: datetime, here: datetime) -> Check:
    """Compares the server's Date with our clock at the moment the request left."""
    skew = abs((there - here).total_seconds())
    ok = skew <= LARGEST_SKEW
    fix = "" if ok else "Ask the hosting team to set this server's clock (NTP), or correct SAP's."
    return Check("Clock", ok=ok, detail=f"Our clock and SAP's differ by {skew:.0f} seconds.", fix=fix, code="clock")
