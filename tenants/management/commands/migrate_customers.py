"""`manage.py migrate_customers`: brings public and every customer's schema to the migrations of this code."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.backends.signals import connection_created

from tenants import roles
from tenants.provision import migrate_customers


class Command(BaseCommand):
    """The one command of a deployment. Running it again, or twice at once, does no harm."""

    help = "Migrates public, the template and those customers' schemas that lack a migration; touches no other."

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError, after all others were migrated, if a schema could not be."""
        connection_created.connect(_take_your_time)  # migrating opens a connection per schema
        connection.close()
        try:
            self._migrate()
        finally:
            connection_created.disconnect(_take_your_time)
            connection.close()

    def _migrate(self) -> None:
        call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
        failed = []
        for schema_name, error in migrate_customers():
            if error is None:
                self.stdout.write(f"{schema_name}: migrated")
            else:
                failed.append(schema_name)
                self.stderr.write(f"{schema_name}: {type(error).__name__}: {error}")
        self._grant()
        if failed:
            raise CommandError(f"{len(failed)} could not be migrated: {', '.join(failed)}")

    def _grant(self) -> None:
        if not settings.WEB_DATABASE_ROLE:
            return
        try:
            for schema_name in roles.grant(settings.WEB_DATABASE_ROLE):
                self.stdout.write(f"{schema_name}: {settings.WEB_DATABASE_ROLE} has its rights")
        except roles.UnknownRole as error:
            raise CommandError(f"WEB_DATABASE_ROLE: {error}") from None


def _take_your_time(connection: Any, **_: Any) -> None:
    """A migration may run for longer than any statement of a request or a task."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
