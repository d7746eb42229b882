"""Everything of one customer as a stream of a ZIP archive: a file of JSON lines per table, without any secret.

Rows are read in small pages by key, each in a statement of its own: memory stays bounded whatever the customer has,
and whoever reads slowly holds up no transaction. Work goes on meanwhile, so a customer who shall not change while
being exported is suspended first.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.apps import apps
from django.db import models

from integrations.fields import encrypted_fields
from integrations.models import ApiCall, ApiKeySecret
from tenants.models import Customer, Domain, Membership
from tenants.schema import within

ROWS = 100
LEFT_OUT = frozenset({ApiKeySecret, ApiCall})
"""Hashes of secrets, and answers that are kept for a while only."""


def export(customer: Customer) -> Iterator[bytes]:
    """The archive, piece by piece."""
    pipe = _Pipe()
    with ZipFile(pipe, "w", ZIP_DEFLATED) as archive:
        archive.writestr("customer.json", _json(_about(customer)))
        for model in tables():
            with archive.open(f"{model._meta.model_name}.jsonl", "w", force_zip64=True) as entry:
                for rows in _pages(customer, model):
                    entry.write(b"".join(_json(row) + b"\n" for row in rows))
                    yield pipe.take()
            yield pipe.take()
    yield pipe.take()


def tables() -> list[type[models.Model]]:
    """The customer's tables that are exported."""
    return [model for model in apps.get_app_config("integrations").get_models() if model not in LEFT_OUT]


def columns(model: type[models.Model]) -> list[str]:
    """The columns of a table that hold no secret."""
    hidden = encrypted_fields()
    return [field.attname for field in model._meta.concrete_fields if field not in hidden]


def _pages(customer: Customer, model: type[models.Model]) -> Iterator[Sequence[dict[str, Any]]]:
    key = model._meta.pk.attname
    last: Any = None
    while True:
        with within(customer):
            rows = model._default_manager.order_by(key).values(*columns(model))
            found = list((rows if last is None else rows.filter(**{f"{key}__gt": last}))[:ROWS])
        if found:
            yield found
        if len(found) < ROWS:
            return
        last = found[-1][key]


def _about(customer: Customer) -> dict[str, Any]:
    people = Membership.objects.select_related("person").filter(customer=customer).order_by("person__email")
    return {
        "id": customer.schema_name,
        "name": customer.name,
        "time_zone": customer.time_zone,
        "created_at": customer.created_at,
        "hosts": list(Domain.objects.filter(tenant=customer).order_by("domain").values_list("domain", flat=True)),
        "members": [{"role": one.role, "email": one.person.email, "name": one.shown_name} for one in people],
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, default=_told, ensure_ascii=False).encode()


def _told(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


class _Pipe(io.RawIOBase):
    """What an archive writes to; it cannot go back, so the archive is written as a stream."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken
