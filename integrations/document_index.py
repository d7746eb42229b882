"""Which customer has a document of some number: a public index of keyed hashes, so that it tells nothing by itself;
and, in each customer's own schema, which of their records have it (RecordNumber).

A row of the index is 16 bytes of HMAC-SHA256 and a customer. The key is derived from the installation's ring
(`settings.FIELD_KEYS`): the newest one writes, all of them are looked for, `manage.py index_documents` writes anew
what was indexed under an older one. Numbers are compared without separators, leading zeros and case.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from integrations.keyring import purpose_key
from integrations.models import Delivery
from tenants import schema
from tenants.models import Customer
from tenants.support_models import DocumentMark

INSERT = """
    WITH marks AS (
        INSERT INTO public.tenants_documentmark (mark, customer_id)
        SELECT mark, %s FROM unnest(%s::bytea[]) AS mark ORDER BY mark
        ON CONFLICT (mark, customer_id) DO NOTHING
    )
    INSERT INTO integrations_recordnumber (id, number, sync_id, source_key)
    SELECT gen_random_uuid(), number, sync_id, source_key
    FROM unnest(%s::text[], %s::uuid[], %s::text[]) AS n (number, sync_id, source_key) ORDER BY 2, 3, 4
    ON CONFLICT DO NOTHING
"""
_NAMED = re.compile(r"(?:number|reference|idby\w*)$", re.IGNORECASE)
"""Members of a source row that hold a number which people have in their hands: a reference, the other side's number."""
_JOBS = {"RequisitionerName", "RequirementTracking", "PurReqnExternalReference", "PurReqnItemExternalReference"}
"""Members of an item that may carry the number of a job, whichever of them a customer has chosen for it."""
SHORTEST, SHORTEST_PART = 3, 5  # a part of a key may be a year or an item's number, which everybody has


def numbers_of(key: str, row: Mapping[str, Any]) -> set[str]:
    """What a record is looked for by: its key, the parts of it, and numbers in its row; all normalised."""
    found = {normal(key)} | {part for part in map(normal, re.split(r"\W+|_", key)) if len(part) >= SHORTEST_PART}
    return {number for number in found if SHORTEST <= len(number) <= 60} | numbers_in(row)


def numbers_in(row: Mapping[str, Any]) -> set[str]:
    """The numbers in a row that people have in their hands, those of jobs in its items among them; normalised."""
    found, items = set[str](), [item for part in row.values() if isinstance(part, list) for item in part]
    jobs = [(name, item[name]) for item in items if isinstance(item, Mapping) for name in _JOBS & item.keys()]
    for name, value in [*row.items(), *jobs]:
        if isinstance(value, str | int) and not isinstance(value, bool) and (name in _JOBS or _NAMED.search(name)):
            text = normal(str(value))
            if any(letter.isdigit() for letter in text):
                found.add(text)
    return {number for number in found if SHORTEST <= len(number) <= 60}


def normal(number: str) -> str:
    """Letters and digits alone, in upper case, without leading zeros."""
    return re.sub(r"[\W_]", "", number).upper().lstrip("0")


def note(deliveries: Iterable[Delivery]) -> None:
    """Indexes new records of the customer whose schema is in use, in one statement; versions after the first have
    nothing new to tell, unless their row does. In the transaction that inserts the deliveries.

    What a record's key begins with is found by the key itself, and not kept beside it.
    """
    _note((d.sync_id, d.source_key, numbers_of(d.source_key, d.payload)) for d in deliveries)


def note_shown(records: Iterable[tuple[UUID, str, Mapping[str, Any]]]) -> None:
    """Indexes by what numbers the other side shows records, each with its sync, source key and row as read back there.

    In the transaction that notes what was read. One statement, none where the rows hold no number.
    """
    _note((sync, key, numbers_in(row)) for sync, key, row in records)


def _note(records: Iterable[tuple[UUID, str, set[str]]]) -> None:
    numbers, own = set[str](), list[tuple[str, UUID, str]]()
    for sync, key, found in records:
        numbers |= found
        own += [(number, sync, key) for number in found if not key.startswith(number)]
    if numbers:
        marks = sorted(_mark(_keys()[0], number) for number in numbers)
        with connection.cursor() as cursor:
            cursor.execute(INSERT, [schema.customer_id(), marks, *_columns(own)])


def _columns(own: list[tuple[str, UUID, str]]) -> tuple[list[str], list[UUID], list[str]]:
    return [number for number, _, _ in own], [sync for _, sync, _ in own], [key for _, _, key in own]


def customers_with(number: str) -> list[Customer]:
    """The customers that have a record of this number, by name. Two statements at most."""
    marks = [_mark(key, normal(number)) for key in _keys()]
    found = DocumentMark.objects.filter(mark__in=marks).values("customer_id")
    return list(Customer.objects.filter(pk__in=found).order_by("name")) if normal(number) else []


def index_all(batch: int = 2000) -> int:
    """Indexes every record of the customer whose schema is in use; how many versions were looked at. Safe to repeat."""
    seen = 0
    for deliveries in _batches(batch):
        note(deliveries)
        seen += len(deliveries)
    return seen


def _batches(size: int) -> Iterator[list[Delivery]]:
    rows = Delivery.objects.only("id", "sync_id", "source_key", "payload").order_by("id")
    batch = list(rows[:size])
    while batch:
        yield batch
        batch = list(rows.filter(id__gt=batch[-1].id)[:size])


def _mark(key: bytes, number: str) -> bytes:
    return hmac.digest(key, number.encode(), hashlib.sha256)[:16]


def _keys() -> tuple[bytes, ...]:
    return _derived(tuple(settings.FIELD_KEYS))


@lru_cache(maxsize=8)
def _derived(ring: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(purpose_key(key, "document-index") for key in ring)
