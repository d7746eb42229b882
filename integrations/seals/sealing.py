"""Seals what is ready, batch by batch, without a lock that a writer would meet.

Attempts and deliveries are taken by the time they were closed, and again an hour back, since a row may become visible
later than one that was closed after it; what stands in a link already is left out. Events are numbered, and number 7
may become visible before number 6. Whoever drew a number holds PostgreSQL's ordinary lock of a writer on the table
until its transaction ends, so all numbers up to now are settled once those who hold it now are gone.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from integrations.models import AuditSeal
from integrations.seals import chain
from integrations.seals.sealable import ALL, LATE, Sealable
from tenants.models import Customer

log = logging.getLogger(__name__)

BATCH = 1000
PATIENCE = 2.0
"""Seconds to wait for writers of events to finish; after that, events are sealed the next time."""
LOOK_AGAIN = 0.02

WRITERS = """
    SELECT virtualtransaction FROM pg_locks
    WHERE locktype = 'relation' AND relation = %s::regclass AND mode = 'RowExclusiveLock' AND pid <> pg_backend_pid()
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
HIGHEST = "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(%s, %s)::regclass), 0)"


@dataclass(slots=True)
class Sealed:
    """What one pass sealed, and the newest link of the chain ("" if there is none): "<position>:<mac>"."""

    rows: dict[str, int] = field(default_factory=dict)
    newest: str = ""


def seal_customer(
    customer: Customer, *, clock: Callable[[], datetime], seconds: float = 30, batch: int = BATCH
) -> Sealed:
    """Seals what is ready in the customer's schema, which has to be in use. Stops taking batches after `seconds`.

    The newest link is logged if there is a new one, so that the chain's end is known outside of the database.
    """
    sealed, until = Sealed(), time.monotonic() + seconds
    for sealable in ALL:
        highest = settled_number(sealable) if sealable.numbered else None
        while highest is not None or not sealable.numbered:
            count = _seal_batch(customer, sealable, highest, clock(), batch)
            sealed.rows[sealable.what] = sealed.rows.get(sealable.what, 0) + count
            if count < batch or time.monotonic() > until:
                break
    newest = AuditSeal.objects.order_by("-position").values_list("position", "mac").first()
    sealed.newest = f"{newest[0]}:{newest[1]}" if newest else ""
    if any(sealed.rows.values()):
        log.info("audit sealed", extra={"customer": customer.schema_name, "newest": sealed.newest, **sealed.rows})
    return sealed


def settled_number(sealable: Sealable, *, patience: float = PATIENCE) -> int | None:
    """The highest number below which nothing can appear any more; None while a writer does not come to its end."""
    with connection.cursor() as cursor:
        cursor.execute(HIGHEST, [sealable.table, sealable.order])
        highest = int(cursor.fetchone()[0])
    before, until = _writers(sealable), time.monotonic() + patience
    while before:
        if time.monotonic() > until:
            return None
        time.sleep(LOOK_AGAIN)
        before &= _writers(sealable)
    return highest


def _writers(sealable: Sealable) -> set[str]:
    """The transactions that have written to the table, or are about to."""
    with connection.cursor() as cursor:
        cursor.execute(WRITERS, [sealable.table])
        return {row[0] for row in cursor.fetchall()}


def _seal_batch(customer: Customer, sealable: Sealable, highest: int | None, now: datetime, limit: int) -> int:
    """Appends one link; returns how many rows it seals. 0 if there are none, or somebody else is at it."""
    with transaction.atomic():
        if not chain.lock(wait=False):
            return 0
        found = _ready(sealable, highest, limit)
        if not found:
            return 0
        digests = sealable.digests([row for row, _ in found])
        rows = [(row, digests[row]) for row, _ in found if row in digests]
        orders = [order for row, order in found if row in digests]
        first, last = sealable.text(min(orders)), sealable.text(max(orders))
        chain.append_seal(customer, sealable, rows, first=first, last=last, now=now)
        return len(rows)


def _ready(sealable: Sealable, highest: int | None, limit: int) -> Sequence[tuple[UUID, Any]]:
    """The next rows in order, with their places in it."""
    horizon = horizon_of(sealable)
    after = sealable.value(horizon) if sealable.numbered or not horizon else sealable.value(horizon) - LATE
    known = [] if sealable.numbered else _sealed_since(sealable, sealable.text(after))
    bound = f"AND t.{sealable.order} <= %(highest)s" if sealable.numbered else ""
    statement = (
        f"SELECT t.id, t.{sealable.order} FROM {sealable.table} t "  # noqa: S608 - constants
        f"WHERE t.{sealable.order} > %(after)s {bound} AND {sealable.closed} AND t.id <> ALL(%(known)s::uuid[]) "
        f"ORDER BY t.{sealable.order}, t.id LIMIT %(limit)s"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, {"after": after, "highest": highest, "known": known, "limit": limit})
        return list(cursor.fetchall())


def horizon_of(sealable: Sealable) -> str:
    """How far in order the seals of these rows reach; "" if there are none."""
    seals = AuditSeal.objects.filter(what=sealable.what, kind=AuditSeal.Kind.SEAL)
    return seals.order_by("-last").values_list("last", flat=True).first() or ""


def _sealed_since(sealable: Sealable, after: str) -> list[UUID]:
    seals = AuditSeal.objects.filter(what=sealable.what, kind=AuditSeal.Kind.SEAL, last__gte=after)
    return [row for seal in seals.order_by("position") for row in chain.pairs_of(seal)]
