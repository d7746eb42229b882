"""`manage.py migrate_customers`: brings public and every customer's schema to the migrations of this code."""

from __future__ import annotations

import subprocess
import sys
from argparse import SUPPRESS
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.backends.signals import connection_created

from tenants import database_sessions, roles
from tenants.provision import TEMPLATE, Migrated, migrate_share, migrating


class Command(BaseCommand):
    """The one command of a deployment. Running it again, or twice at once, does no harm."""

    help = "Migrates public, the template and those customers' schemas that lack a migration; touches no other."

    def add_arguments(self, parser: CommandParser) -> None:
        """For thousands of customers: several processes, and pauses that leave the database room for others."""
        parser.add_argument("--processes", type=int, default=1, help="that migrate customers side by side (1 to 32)")
        parser.add_argument("--pause", type=float, default=0, help="seconds each process waits after each customer")
        parser.add_argument("--share", help=SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError, after all others were migrated, if a schema could not be."""
        if not (1 <= options["processes"] <= 32 and 0 <= options["pause"] <= 60):
            raise CommandError("--processes is 1 to 32, --pause is 0 to 60 seconds.")
        if database_sessions.are_shared():
            raise CommandError(database_sessions.SHARED)
        connection_created.connect(_take_your_time)  # migrating opens a connection per schema
        connection.close()
        try:
            if options["share"]:
                share, _, of = options["share"].partition("/")
                failed = self._told(migrate_share(int(share), int(of), pause=options["pause"]))
            else:
                failed = self._all(options["processes"], options["pause"])
        finally:
            connection_created.disconnect(_take_your_time)
            connection.close()
        if failed:
            raise CommandError("Not all could be migrated: see above. Mend that, and run this again.")

    def _all(self, processes: int, pause: float) -> int:
        call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
        with migrating() as template_was_made:
            if template_was_made:
                self.stdout.write(f"{TEMPLATE}: migrated")
            failed = self._told(migrate_share(pause=pause)) if processes == 1 else _side_by_side(processes, pause)
        self._grant()
        return failed

    def _told(self, migrated: Iterable[Migrated]) -> int:
        failed = 0
        for schema_name, error in migrated:
            if error is None:
                self.stdout.write(f"{schema_name}: migrated")
            else:
                failed += 1
                self.stderr.write(f"{schema_name}: {type(error).__name__}: {error}")
        return failed

    def _grant(self) -> None:
        if not settings.WEB_DATABASE_ROLE:
            return
        try:
            for schema_name in roles.grant(settings.WEB_DATABASE_ROLE):
                self.stdout.write(f"{schema_name}: {settings.WEB_DATABASE_ROLE} has its rights")
        except roles.UnknownRole as error:
            raise CommandError(f"WEB_DATABASE_ROLE: {error}") from None


def _side_by_side(processes: int, pause: float) -> int:
    """Each process migrates its share of the customers, and tells of it on the same output. How many have failed."""
    manage = str(settings.BASE_DIR / "manage.py")
    command = [sys.executable, manage, "migrate_customers", "--pause", str(pause)]
    started = [
        subprocess.Popen([*command, "--share", f"{share}/{processes}"])  # noqa: S603 - this very command
        for share in range(processes)
    ]
    return sum(process.wait() != 0 for process in started)


def _take_your_time(connection: Any, **_: Any) -> None:
    """A migration may run for longer than any statement of a request or a task."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
