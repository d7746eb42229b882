"""Reads a sync with both of its connections, as every task begins: one statement, whose text is made once.

Django would compose the same query anew for each task, which took as long as all else that an idle poll computes.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models

from integrations.models import Connection, Run, Sync

Model = TypeVar("Model", bound=models.Model)


def read_sync(sync_id: UUID) -> tuple[Sync, bool] | None:
    """The sync, and whether a run of it is still being read (its worker died, or reads just now); None if removed."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(), [Run.State.READING.value, sync_id])
        row = cursor.fetchone()
    if row is None:
        return None
    here, there = len(_columns(Sync)), len(_columns(Connection))
    sync = _made(Sync, row[:here])
    sync.source = _made(Connection, row[here : here + there])
    sync.target = _made(Connection, row[here + there : -1])
    return sync, bool(row[-1])


@cache
def _statement() -> str:
    told = ", ".join(
        f'{alias}."{column}"'
        for alias, model in (("sync", Sync), ("source", Connection), ("target", Connection))
        for column in _columns(model)
    )
    sync, account, run = (model._meta.db_table for model in (Sync, Connection, Run))
    return (
        f"SELECT {told}, EXISTS (SELECT FROM {run} run WHERE run.sync_id = sync.id AND run.state = %s) "  # noqa: S608 - names of ours
        f"FROM {sync} sync JOIN {account} source ON source.id = sync.source_id "
        f"JOIN {account} target ON target.id = sync.target_id WHERE sync.id = %s"
    )


@cache
def _columns(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(str(field.column) for field in model._meta.concrete_fields)


@cache
def _readers(model: type[models.Model]) -> tuple[tuple[str, Any], ...]:
    """Each field's name, and what makes its value of what the database has (JSON, secrets); None for the rest."""
    return tuple((field.attname, getattr(field, "from_db_value", None)) for field in model._meta.concrete_fields)


def _made(model: type[Model], values: tuple[Any, ...]) -> Model:
    read = [
        reader(value, None, connection) if reader else value
        for (_, reader), value in zip(_readers(model), values, strict=True)
    ]
    return model.from_db(connection.alias, [name for name, _ in _readers(model)], read)
