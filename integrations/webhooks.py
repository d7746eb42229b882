"""The webhook endpoint: bytes are proven before anything is parsed or stored, and answered before anything is done.

ServiceTitan sends the events of an app to one URL, signed with one key for all of the app's tenants. The product's own
app calls `/webhooks/servicetitan/<environment>/`, and a call is routed by the tenant it names. A connection with an
app of its own has an address that nobody guesses. Both stand on the public host, where a customer's name is in no URL
that is entered elsewhere, and one rule of a proxy covers them; and both go through `_answer`, with other keys.

Whoever cannot prove a call learns nothing: the same answer for a missing key, a wrong signature and an address that
does not exist, and for a proven call the same one whether or not its tenant is known here.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from integrations import inbound
from integrations.running import utc_now
from integrations.systems.servicetitan.webhooks import Event, Unreadable, is_signed, parse
from tenants import servicetitan_tenants
from tenants.doors import open_to_anybody
from tenants.servicetitan_tenants import Route
from tenants.webhook_refusals import Refusals

LARGEST_BODY = 256 * 1024
"""Bytes. An event holds one object; jobs have a few kilobytes."""
refusals = Refusals()


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """How calls to one URL are proven, and where they go. `name` tells it from others where refusals are counted."""

    name: str
    keys: Sequence[str] = field(repr=False)
    headers: Sequence[str]
    algorithm: str
    route: Callable[[Event], Route | None]


class Refused(Exception):
    """A call that is not accepted. `reason` is for us, the answer says as little as it can."""

    def __init__(self, reason: str, status: int, sentence: str) -> None:
        super().__init__(reason)
        self.reason, self.status, self.sentence = reason, status, sentence


@csrf_exempt  # no browser sends these: the signature over the body is what proves who does
@open_to_anybody
@require_POST
def own_app(request: HttpRequest, environment: str) -> HttpResponse:
    """Events of the product's own app, for all customers of an environment."""
    endpoint = Endpoint(
        name=f"the product's app, {environment}",
        keys=settings.ST_WEBHOOK_KEYS[environment],
        headers=settings.ST_WEBHOOK_HEADERS,
        algorithm=settings.ST_WEBHOOK_HASH,
        route=lambda event: servicetitan_tenants.route(environment=environment, tenant_id=event.tenant_id),
    )
    return _answer(request, endpoint)


@csrf_exempt  # likewise
@open_to_anybody
@require_POST
def customers_app(request: HttpRequest, address: str) -> HttpResponse:
    """Events of the app of one connection."""
    app = inbound.app_of_address(address)
    if app is None:
        # As much work, and nothing that could fit.
        app = inbound.App("no such address", [secrets.token_hex(16)], None)
    endpoint = Endpoint(
        name=app.name,
        keys=app.keys,
        headers=app.headers or settings.ST_WEBHOOK_HEADERS,
        algorithm=app.algorithm or settings.ST_WEBHOOK_HASH,
        route=lambda event: app.route,
    )
    return _answer(request, endpoint)


def _answer(request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
    now = utc_now()
    try:
        event = _proven(request, endpoint)
    except Refused as error:
        names = request.headers.keys()
        refusals.note(endpoint=endpoint.name, reason=error.reason, header_names=names, now=now)
        answer = HttpResponse(error.sentence, status=error.status, content_type="text/plain")
        cast(Any, answer)._has_been_logged = True  # Django would write a line for each of a flood
        return answer
    inbound.receive(event, endpoint.route(event), now=now)
    return HttpResponse("Received.\n", content_type="text/plain")


def _proven(request: HttpRequest, endpoint: Endpoint) -> Event:
    """The event in a call whose signature fits its bytes. Raises Refused."""
    body = _body(request)
    signatures = [request.headers[name] for name in endpoint.headers if name in request.headers]
    proven = is_signed(body, signatures, endpoint.keys or (secrets.token_hex(16),), algorithm=endpoint.algorithm)
    if not proven or not endpoint.keys:
        reason = "no-key" if not endpoint.keys else "wrong" if signatures else "unsigned"
        raise Refused(reason, 401, "Not accepted: the signature is missing or does not fit.\n")
    try:
        return parse(body)
    except Unreadable as error:
        raise Refused("unreadable", 400, f"{error}\n") from None


def _body(request: HttpRequest) -> bytes:
    """The raw body, never more than the limit of it. Raises Refused for a longer one, as soon as that is known."""
    too_large = Refused("too-large", 413, f"Not accepted: a body may have {LARGEST_BODY} bytes.\n")
    stream, length = request, str(request.META.get("CONTENT_LENGTH") or "")
    if not length and request.META.get("wsgi.input_terminated"):
        stream = request.META["wsgi.input"]  # sent in chunks, whose end the server knows
    elif length.isdecimal() and int(length[:20]) > LARGEST_BODY:
        raise too_large
    try:
        body: bytes = stream.read(LARGEST_BODY + 1)
    except OSError:  # the sender went away
        raise Refused("truncated", 400, "Not accepted: the body is not complete.\n") from None
    if len(body) > LARGEST_BODY:
        raise too_large
    return body
