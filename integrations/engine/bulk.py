"""One UPDATE for many rows. Django's bulk_update builds a CASE per row and column, which costs more than the update."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, cast

from django.db import connection, models


def update_all(rows: Collection[models.Model], fields: Sequence[str]) -> None:
    """Writes these fields of these rows, all of one model, in one statement."""
    if not rows:
        return
    meta = next(iter(rows))._meta
    columns = [cast("models.Field[Any, Any]", meta.get_field(name)) for name in fields]
    key = meta.pk
    types = [column.db_type(connection) for column in [key, *columns]]
    values = [
        [column.get_db_prep_save(getattr(row, column.attname), connection) for row in rows]
        for column in [key, *columns]
    ]
    names = [f"v{number}" for number in range(len(types))]
    assignments = ", ".join(f'"{column.column}" = v.{name}' for column, name in zip(columns, names[1:], strict=True))
    arrays = ", ".join(f"%s::{_plain(kind)}[]" for kind in types)
    statement = (
        f'UPDATE "{meta.db_table}" AS t SET {assignments} FROM unnest({arrays}) AS v({", ".join(names)}) '  # noqa: S608 - names of our own models
        f'WHERE t."{key.column}" = v.v0'
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _plain(kind: str | None) -> str:
    """The type without its length: arrays of varchar(60) are varchar."""
    return (kind or "").split("(", 1)[0]
