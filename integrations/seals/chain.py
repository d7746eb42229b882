"""The chain itself: appending a link, and what a link's MAC is over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.db import connection

from integrations.models import AuditSeal
from integrations.seals.keys import ROW_BYTES, SealKey, keys_of
from integrations.seals.sealable import Sealable
from tenants.models import Customer

LOCK = 0x7365616C  # "seal": the advisory lock class of those who append to a chain
PAIR = 16 + ROW_BYTES


def ring(customer: Customer) -> tuple[SealKey, ...]:
    """The customer's keys, newest first."""
    return keys_of(tuple(settings.AUDIT_KEYS), customer.key_id)


def lock(*, wait: bool) -> bool:
    """Makes this transaction the only one that appends to the customer's chain; False if another one is at it."""
    function = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, hashtext(current_schema()))", [LOCK])
        return wait or bool(cursor.fetchone()[0])


def append_seal(
    customer: Customer, sealable: Sealable, rows: Sequence[tuple[UUID, bytes]], *, first: str, last: str, now: datetime
) -> AuditSeal:
    """Seals rows, given with the digests of their content. In a transaction that holds `lock`."""
    key = ring(customer)[0]
    pairs = b"".join(row.bytes + key.row_mac(sealable.what, row, digest) for row, digest in rows)
    seal = AuditSeal(kind=AuditSeal.Kind.SEAL, what=sealable.what, first=first, last=last, count=len(rows), rows=pairs)
    return _append(customer, key, seal, now)


def append_purge(customer: Customer, sealable: Sealable, *, last: str, count: int, now: datetime) -> AuditSeal:
    """Says that retention removes rows (or their contents) up to `last`. In a transaction that holds `lock`."""
    purge = AuditSeal(kind=AuditSeal.Kind.PURGE, what=sealable.what, last=last, count=count)
    return _append(customer, ring(customer)[0], purge, now)


def _append(customer: Customer, key: SealKey, link: AuditSeal, now: datetime) -> AuditSeal:
    newest = AuditSeal.objects.order_by("-position").values_list("position", "mac").first()
    position, mac = newest or (0, "")
    link.position, link.previous, link.at, link.key = position + 1, mac, now, key.name
    link.mac = key.mac(signed_text(customer, link))
    link.save(force_insert=True)
    return link


def signed_text(customer: Customer, link: AuditSeal) -> str:
    """Everything that a link says, and whose it is."""
    return json.dumps(
        [
            str(customer.key_id),
            link.position,
            link.kind,
            link.what,
            link.at.astimezone(UTC).isoformat(timespec="microseconds"),
            link.first,
            link.last,
            link.count,
            hashlib.sha256(bytes(link.rows)).hexdigest(),
            link.key,
            link.previous,
        ]
    )


def pairs_of(link: AuditSeal) -> dict[UUID, bytes]:
    """The MACs of a link's rows, by id."""
    rows = bytes(link.rows)
    starts = range(0, len(rows), PAIR)
    return {UUID(bytes=rows[at : at + 16]): rows[at + 16 : at + PAIR] for at in starts if at + PAIR <= len(rows)}
