"""`make lint`: whether the version before can go on working while and after a migration runs (expand and contract).

A deployment migrates first and restarts processes afterwards, so old code meets the new schema. Adding is safe; taking
away, renaming and narrowing are not, and belong into the release after the one that no longer uses what goes. A
migration that has to do so all the same says why, in an attribute of its class. A foreign key to a table that is there
narrows too: old code, which does not know the new table, can delete no row that it points to, and making the key locks
both tables. With `db_constraint=False` it does neither.

    class Migration(migrations.Migration):
        contract = "0.3: integrations_run.pages is unused since 0.2"

Migrations up to the first landing are left alone: nothing ran before them.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import django
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

OURS = {"tenants": "0007_support_desk", "integrations": "0007_fast_paths"}
"""Our apps, with the last migration that needs no check."""

OLDER_THAN_THIS_RULE = {"0008_fit_reports", "0009_pulse_and_numbers", "0009_joining"}
"""Migrations that made foreign keys to old tables before that was looked at. What it costs: as long as old processes
work beside new ones, one of them may be refused the removal of a connection, sync or customer about which a new one
has noted something. Nothing of it is done then, and it works a minute later; so the keys stay."""

TAKES_AWAY = (
    migrations.RemoveField, migrations.DeleteModel, migrations.RenameField, migrations.RenameModel,
    migrations.AlterModelTable, migrations.AlterUniqueTogether,
)  # fmt: skip
NARROWS = re.compile(
    r"\b(DROP (TABLE|COLUMN|CONSTRAINT|TYPE)|RENAME|ALTER COLUMN|SET NOT NULL|TRUNCATE|REFERENCES"
    r"|ROW LEVEL SECURITY)\b",
    re.I,
)
WORKS_IN_PIECES = re.compile(r"\bCONCURRENTLY\b|\bVACUUM\b", re.I)


def main() -> int:
    """Prints what is unsafe, one line each; 1 if there is something."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "connector.settings")
    django.setup()
    found = list(unsafe())
    print("\n".join(found) or "migrations: the version before can work beside each of them")
    return 1 if found else 0


def unsafe() -> Iterator[str]:
    """What is wrong with the migrations of this checkout."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        if app in OURS and name > OURS[app]:
            before = loader.project_state([(app, name)], at_end=False)
            yield from (f"{app}/{name}: {fault}" for fault in faults(migration, before))


def faults(migration: migrations.Migration, before: ProjectState) -> Iterator[str]:
    """What old code could not live with, and what a customer's schema cannot be migrated by."""
    for operation in flattened(migration.operations):
        if isinstance(operation, migrations.RunSQL) and WORKS_IN_PIECES.search(str(operation.sql)):
            yield "CONCURRENTLY and VACUUM cannot run in the one transaction that a schema is migrated in"
        if isinstance(operation, (migrations.RunSQL, migrations.RunPython)) and not operation.reversible:
            yield f"{operation.describe()} cannot be taken back: give it a reverse (noop, if there is nothing to undo)"
        if not getattr(migration, "contract", "").strip():
            yield from _contracts(operation, before, migration.app_label)
            if migration.name not in OLDER_THAN_THIS_RULE:
                yield from _foreign_keys(operation, before, migration.app_label)


def flattened(operations: Iterable[Operation]) -> Iterator[Operation]:
    """All of them, and what stands inside SeparateDatabaseAndState for the database."""
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from flattened(operation.database_operations)
        else:
            yield operation


def _contracts(operation: Operation, before: ProjectState, app: str) -> Iterator[str]:
    if isinstance(operation, TAKES_AWAY):
        yield f"{operation.describe()}: old code still uses it"
    if isinstance(operation, migrations.AddField) and _is_missed_by_old_code(operation.field):
        yield f"{operation.describe()}: old code inserts rows without it; give it db_default, or null=True"
    if isinstance(operation, migrations.AlterField) and _changes_the_column(operation, before, app):
        yield f"{operation.describe()}: say in `contract` why old code can live with it"
    if isinstance(operation, migrations.AddConstraint):
        yield f"{operation.describe()}: old code may break it, and it locks the table while all rows are checked"
    if isinstance(operation, migrations.RunSQL) and NARROWS.search(_without_comments(str(operation.sql))):
        yield f"{operation.describe()}: it takes something away or narrows it"


def _foreign_keys(operation: Operation, before: ProjectState, app: str) -> Iterator[str]:
    """Keys to tables that old code knows; those among tables of the same migration are nobody's concern."""
    added: list[tuple[str, models.Field[object, object]]] = []
    if isinstance(operation, migrations.CreateModel):
        added = [(name, field) for name, field in operation.fields if isinstance(field, models.Field)]
    elif isinstance(operation, migrations.AddField):
        added = [(operation.name, operation.field)]
    for name, field in added:
        if (
            isinstance(field, models.ForeignKey)
            and getattr(field, "db_constraint", True)
            and _is_known(field, before, app)
        ):
            yield f"{operation.describe()}: {name} is a foreign key to a table of old code; give it db_constraint=False"


def _is_known(field: models.ForeignKey[object, object], before: ProjectState, app: str) -> bool:
    target = field.remote_field.model
    label = target if isinstance(target, str) else target._meta.label
    owner, _, name = label.rpartition(".")
    return (owner or app, name.lower()) in before.models


def _is_missed_by_old_code(field: models.Field[object, object]) -> bool:
    """Django fills existing rows by a default and then drops it: an INSERT that does not name the column fails."""
    return not field.null and not field.has_db_default() and not field.many_to_many


def _changes_the_column(operation: migrations.AlterField, before: ProjectState, app: str) -> bool:
    """Choices, help texts and defaults of Python are of no concern to the database."""
    old, new = before.models[app, operation.model_name_lower].fields[operation.name], operation.field
    return _column(old) != _column(new)


def _column(field: models.Field[object, object]) -> tuple[object, ...]:
    return field.db_type(connection), field.null, field.unique, field.has_db_default()


def _without_comments(sql: str) -> str:
    return re.sub(r"--[^\n]*", "", sql)


if __name__ == "__main__":
    sys.exit(main())
