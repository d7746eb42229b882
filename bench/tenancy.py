"""How long does a new customer take, and bringing all schemas to a new version?

Schemas of the version before are copies of a template that the newest migration was taken back from; then the command
of a deployment runs, with a process for each core. What a migration does to rows is its own matter: these have none.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader

from bench import stage
from bench.question import Figure, Options
from tenants import heads, schema
from tenants.copying import copy_template
from tenants.models import Customer
from tenants.provision import TEMPLATE, create_customer, migrate_customers

APP = "integrations"
NEW, MIGRATED = 50, 100


def ask(options: Options) -> Iterable[Figure]:
    """Seconds per customer; per schema that is found to be up to date, and that is brought to the newest migration.

    All with as many schemas as there are by then.
    """
    count, behind = options.size(NEW, least=10), options.size(MIGRATED, least=10)
    processes = os.cpu_count() or 1
    with stage.database() as copy:
        create_customer(schema_name="first", name="First")  # the first one makes the template
        took = [_create(f"customer_{number:04}") for number in range(count)]
        yield Figure(what="a new customer, ready to use", values=took, unit="s", limit=0.3, row="customer")
        yield Figure(what="new customers per minute", values=[60 / (sum(took) / count)])
        began = time.perf_counter()
        if list(migrate_customers()):
            raise SystemExit("A schema was behind; nothing was measured.")
        looked = time.perf_counter() - began
        yield Figure(what="looking whether a schema is up to date", values=[1000 * looked / (count + 3)], unit="ms")
        _copies_of_the_version_before(behind)
        database, wall = stage.database_cpu(), _deployed(copy.environment, processes)
        database = stage.database_cpu() - database
        note = f"{behind} schemas, {_newest()[1]}, {processes} processes"
        yield Figure(what="migrating a schema", values=[wall / behind], unit="s", note=note)
        yield Figure(what="CPU of PostgreSQL for it", values=[1000 * database / behind], unit="ms")
        yield Figure(what="so 1,000 schemas take", values=[1000 * wall / behind / 60], unit="min")


def _create(name: str) -> float:
    began = time.perf_counter()
    create_customer(schema_name=name, name=name)
    return time.perf_counter() - began


def _newest() -> tuple[str, str]:
    """The newest migration but one, and the newest."""
    names = sorted(name for app, name in MigrationLoader(connection).disk_migrations or {} if app == APP)
    return names[-2], names[-1]


def _copies_of_the_version_before(count: int) -> None:
    """So many customers who lack the newest migration, as the template does."""
    before, _ = _newest()
    call_command("migrate_schemas", APP, before, schema_name=TEMPLATE, interactive=False, verbosity=0)
    schema.use_public()
    for number in range(count):
        with transaction.atomic():
            name = f"behind_{number:04}"
            Customer.objects.bulk_create([Customer(schema_name=name, name=name)])
            copy_template(target=name)


def _deployed(environment: dict[str, str], processes: int) -> float:
    """Seconds of `migrate_customers`. Raises SystemExit where a schema is behind afterwards."""
    manage = str(settings.BASE_DIR / "manage.py")
    command = [sys.executable, manage, "migrate_customers", "--processes", str(processes)]
    began = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    took = time.perf_counter() - began
    if heads.behind(list(Customer.objects.values_list("schema_name", flat=True))):
        raise SystemExit("Not every schema was migrated; nothing was measured.")
    return took
