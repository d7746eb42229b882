"""How long does a new customer take, and bringing all schemas to a new version?"""

from __future__ import annotations

import time
from collections.abc import Iterable

from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from bench import stage
from bench.question import Figure, Options
from tenants import schema
from tenants.provision import create_customer, migrate_customers

APP = "integrations"


def ask(options: Options) -> Iterable[Figure]:
    """Seconds per customer; per schema that is brought to the newest migration, and that is found to be there already.

    All with as many schemas as there are by then. A migration without data: what it does to rows is its own matter.
    """
    count = options.size(50, least=10)
    with stage.database():
        create_customer(schema_name="first", name="First")  # the first one makes the template
        names, took = [f"customer_{number:04}" for number in range(count)], []
        for name in names:
            began = time.perf_counter()
            create_customer(schema_name=name, name=name)
            took.append(time.perf_counter() - began)
        yield Figure(what="a new customer, ready to use", values=took, unit="s", limit=0.3, row="customer")
        yield Figure(what="new customers per minute", values=[60 / (sum(took) / count)])
        looked = _migrated(0)
        yield Figure(what="looking whether a schema is up to date", values=[1000 * looked / (count + 3)], unit="ms")
        _take_back(names)
        spent = _migrated(count)
        note = f"{count} schemas, {_newest()[1]}"
        yield Figure(what="migrating a schema", values=[spent / count], unit="s", note=note)
        yield Figure(what="so 1,000 schemas take", values=[1000 * spent / count / 60], unit="min")


def _migrated(expected: int) -> float:
    """Seconds until all schemas are up to date. Raises SystemExit where not just so many were behind."""
    began = time.perf_counter()
    done = list(migrate_customers())
    if len(done) != expected or any(error for _, error in done):
        raise SystemExit(f"{len(done)} schemas were migrated instead of {expected}; nothing was measured.")
    return time.perf_counter() - began


def _newest() -> tuple[str, str]:
    """The newest migration but one, and the newest."""
    names = sorted(name for app, name in MigrationLoader(connection).disk_migrations or {} if app == APP)
    return names[-2], names[-1]


def _take_back(names: Iterable[str]) -> None:
    """These schemas are as they were before the newest migration."""
    before, _ = _newest()
    for name in names:
        call_command("migrate_schemas", APP, before, schema_name=name, interactive=False, verbosity=0)
        schema.use_public()
