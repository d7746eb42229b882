"""Brings stored secrets under the newest key of the ring, in batches that may be interrupted at any time.

Works on the stored values themselves, so a value that cannot be read is counted and left as it is. A value that
somebody changes meanwhile keeps that change: it was written under the newest key anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction

from integrations.fields import current_keys, encrypted_fields
from integrations.keyring import CustomerKeys, KeyMissing

BATCH = 500


@dataclass(frozen=True, slots=True)
class Batch:
    """What was found in a batch of rows of one field. `old`: readable, but not under the newest key."""

    field: str
    seen: int = 0
    old: int = 0
    rotated: int = 0
    unreadable: int = 0


def batches(*, size: int = BATCH, write: bool) -> Iterator[Batch]:
    """Goes through all secrets of the customer whose schema is in use; each batch is one short transaction."""
    keys = current_keys()
    for field in encrypted_fields():
        after: Any = None
        while True:
            with transaction.atomic():
                rows = _rows(field, after, size)
                batch = _handled(field, rows, keys, write=write)
            if rows:
                after = rows[-1][0]
                yield batch
            if len(rows) < size:
                break


def _rows(field: models.Field[Any, Any], after: Any, size: int) -> list[tuple[Any, bytes]]:
    table, column, key = _names(field)
    beyond = "" if after is None else f"AND {key} > %s"
    statement = f"SELECT {key}, {column} FROM {table} WHERE {column} IS NOT NULL {beyond} ORDER BY {key} LIMIT %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [size] if after is None else [after, size])
        return [(pk, bytes(value)) for pk, value in cursor.fetchall()]


def _handled(field: models.Field[Any, Any], rows: list[tuple[Any, bytes]], keys: CustomerKeys, *, write: bool) -> Batch:
    old, unreadable = [], 0
    for pk, value in rows:
        try:
            clear, position = keys.read(value)
        except KeyMissing:
            unreadable += 1
            continue
        if position:
            old.append((keys.encrypt(clear) if write else b"", pk, value))
    rotated = _replace(field, old) if write and old else 0
    return Batch(f"{field.model.__name__}.{field.name}", len(rows), len(old), rotated, unreadable)


def _replace(field: models.Field[Any, Any], changes: list[tuple[bytes, Any, bytes]]) -> int:
    table, column, key = _names(field)
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {table} SET {column} = %s WHERE {key} = %s AND {column} = %s", changes)  # noqa: S608
    return len(changes)


def _names(field: models.Field[Any, Any]) -> tuple[str, str, str]:
    quote, key = connection.ops.quote_name, field.model._meta.pk
    return quote(field.model._meta.db_table), quote(str(field.column)), quote(str(key.column if key else ""))
