"""`manage.py migrate_customers`: brings public and every customer's schema to the migrations of this code."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from tenants.provision import migrate_customers


class Command(BaseCommand):
    """The one command of a deployment. Running it again, or twice at once, does no harm."""

    help = "Migrates public, the template and those customers' schemas that lack a migration; touches no other."

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError, after all others were migrated, if a schema could not be."""
        call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
        failed = []
        for schema_name, error in migrate_customers():
            if error is None:
                self.stdout.write(f"{schema_name}: migrated")
            else:
                failed.append(schema_name)
                self.stderr.write(f"{schema_name}: {type(error).__name__}: {error}")
        if failed:
            raise CommandError(f"{len(failed)} could not be migrated: {', '.join(failed)}")
