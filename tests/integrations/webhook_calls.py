"""Signed webhook calls, as ServiceTitan would send them, in process."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.test import Client

from integrations.models import Connection, InboundEvent
from tenants import servicetitan_tenants
from tenants.models import Customer
from tenants.schema import within

KEY = "canary-webhook-key-of-at-least-32-chars"
OLD_KEY = "canary-older-webhook-key-of-32-characters"
OWN_KEY = "canary-key-of-a-customers-own-app-32-chars"
URL = "/webhooks/servicetitan/production/"
HEADER = "X-ServiceTitan-Signature"
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def signature(
    body: bytes, key: str = KEY, *, encoding: str = "hex", algorithm: str = "sha256", prefix: str = ""
) -> str:
    digest = hmac.new(key.encode(), body, algorithm).digest()
    return prefix + (digest.hex() if encoding == "hex" else base64.b64encode(digest).decode())


def event(occurrence: str = "occurrence-1", *, tenant: Any = 1001, **members: Any) -> dict[str, Any]:
    """A job-updated event; `members` replace those of the envelope."""
    data = {"job": {"id": 88001, "jobNumber": "2117"}, "tenantId": tenant, "tenantName": "Acme"}
    envelope = {
        "specversion": "1.0",
        "id": "delivery-1",
        "type": "tn.jpm.job-updated",
        "time": datetime.now(UTC).isoformat(),
        "source": "https://webhooks.servicetitan.io",
        "userassignedid": occurrence,
        "datacontenttype": "application/json",
        "data": data,
    }
    return {**envelope, **members}


def encoded(envelope: Any) -> bytes:
    return json.dumps(envelope).encode()


def post(body: bytes, *, url: str = URL, headers: dict[str, str] | None = None, sign: str | None = KEY) -> Any:
    """Posts these bytes, signed under a key unless it is None; `headers` are added."""
    given = {HEADER: signature(body, sign)} if sign else {}
    client = Client(enforce_csrf_checks=True)
    kind = "application/cloudevents+json; charset=utf-8"
    return client.post(url, body, content_type=kind, headers={**given, **(headers or {}), "Host": "localhost"})


def connect(customer: Customer, tenant: int = 1001, *, proven: bool = True, **credentials: str) -> UUID:
    """A ServiceTitan connection of the customer, whose tenant is proven unless said otherwise."""
    with within(customer):
        row = Connection.objects.create(
            name="servicetitan",
            system="servicetitan",
            environment="production",
            base_url="https://api.servicetitan.io",
            options={"servicetitan_tenant_id": tenant},
            credentials={"client_id": "cid.canary", **credentials},
        )
    if proven:
        servicetitan_tenants.prove(
            environment="production", tenant_id=str(tenant), customer_id=customer.pk, connection_id=row.pk, now=NOW
        )
    return row.pk


def events_of(customer: Customer) -> list[InboundEvent]:
    with within(customer):
        return list(InboundEvent.objects.order_by("received_at", "id"))


def digest_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
