"""Which schemas lack a migration that this code has: one question to the database, whatever their number."""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from functools import cache
from importlib import import_module

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

Migration = tuple[str, str]

TOGETHER = 500  # schemas per statement: each takes locks, of which a server has some thousands by default

RECORDED = """
    SELECT nspname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relname = 'django_migrations' AND relkind = 'r' AND nspname = ANY(%s)
"""


@cache
def expected() -> frozenset[Migration]:
    """The migrations of the tenant apps in this code, as (app label, name)."""
    found: set[Migration] = set()
    for name in settings.TENANT_APPS:
        config = next(config for config in apps.get_app_configs() if config.name == name)
        place, _ = MigrationLoader.migrations_module(config.label)
        try:
            package = import_module(place or "")
        except (ModuleNotFoundError, ValueError):
            continue
        modules = pkgutil.iter_modules(package.__path__)
        found.update((config.label, module.name) for module in modules if not module.name.startswith(("_", "~")))
    return frozenset(found)


def behind(schemas: Sequence[str]) -> list[str]:
    """Those of the schemas that lack a migration (or the record of migrations altogether), in the given order."""
    found: set[str] = set()
    for start in range(0, len(schemas), TOGETHER):
        found.update(_behind(schemas[start : start + TOGETHER]))
    return [schema for schema in schemas if schema in found]


def _behind(schemas: Sequence[str]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(RECORDED, [list(schemas)])
        recorded = [row[0] for row in cursor.fetchall()]
        late = set(schemas) - set(recorded)
        migrations = sorted(expected())
        if not recorded or not migrations:
            return late
        cursor.execute(_question(recorded), [[app for app, _ in migrations], [name for _, name in migrations]])
        return late | {row[0] for row in cursor.fetchall()}


def _question(schemas: Sequence[str]) -> str:
    """One statement that names the schemas in which an expected migration is not recorded."""
    parts = (
        f"SELECT $name${schema}$name$ WHERE EXISTS (SELECT app, name FROM expected EXCEPT "  # noqa: S608 - names from the catalog
        f"SELECT app, name FROM {connection.ops.quote_name(schema)}.django_migrations)"
        for schema in schemas
    )
    expected_rows = "WITH expected(app, name) AS (SELECT * FROM unnest(%s::text[], %s::text[])) "
    return expected_rows + " UNION ALL ".join(parts)
