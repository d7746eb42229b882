"""A program that calls the API of one host."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.utils import timezone

from integrations import api_keys
from integrations.audit import Actor
from integrations.models import ApiKey
from tenants import schema
from tenants.models import Customer

TEST = Actor(kind="program", id="tests", label="tests")
ABSENT = object()


@dataclass
class Caller:
    """`key` "" sends none. Answers are Django's, with `.json()`."""

    host: str = "acme.localhost"
    key: str = ""
    client: Client = field(default_factory=Client)

    def call(self, method: str, path: str, body: Any = ABSENT, **headers: str) -> Any:
        """`body` is sent as JSON; a header is named with underscores (If_Match)."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.key:
            sent.setdefault("Authorization", f"Bearer {self.key}")
        content = b"" if body is ABSENT else body if isinstance(body, bytes) else json.dumps(body).encode()
        media_type = sent.pop("Content-Type", "application/json" if body is not ABSENT else "")
        where = path if path.startswith("/") else f"/api/v1/{path}"
        return self.client.generic(method, where, content, media_type, headers=sent, SERVER_NAME=self.host)

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = ABSENT, **headers: str) -> Any:
        return self.call("POST", path, body, **headers)

    def change(self, path: str, body: Any, method: str = "PATCH") -> Any:
        """Reads it first, and sends its ETag."""
        return self.call(method, path, body, If_Match=self.get(path)["ETag"])


def make_key(customer: Customer, scope: str = "configure", **more: Any) -> tuple[ApiKey, str]:
    """A key of the customer, and its secret."""
    given = {
        "name": f"canary {scope}",
        "scope": scope,
        "expires_at": None,
        "actor": TEST,
        "now": timezone.now(),
        **more,
    }
    with schema.within(customer):
        from django.db import transaction

        with transaction.atomic():
            key, _, secret = api_keys.create(**given)
    return key, secret


def caller_of(customer: Customer, scope: str = "configure") -> Caller:
    """A program with a key of this customer."""
    return Caller(host=f"{customer.schema_name}.localhost", key=make_key(customer, scope)[1])
