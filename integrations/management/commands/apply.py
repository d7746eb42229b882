"""Brings a customer to what a YAML file says (docs/configuration.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from integrations.apply import Problems, apply
from integrations.running import utc_now


class Command(BaseCommand):
    help = "Creates or changes a customer from a YAML file. With any problem nothing is changed and the exit code is 1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the YAML file that says what the customer is to be")
        parser.add_argument("--check", action="store_true", help="say what would change, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            changes = apply(Path(options["file"]), now=utc_now(), only_check=options["check"], tell=self.stderr.write)
        except Problems as problems:
            for line in problems.lines:
                self.stderr.write(line)
            raise SystemExit(1) from None
        for change in changes:
            self.stdout.write(str(change))
        if not changes:
            self.stdout.write("nothing to change")
        elif options["check"]:
            self.stdout.write("only checked: nothing was changed")
