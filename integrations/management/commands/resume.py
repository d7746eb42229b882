"""Resumes customers that were suspended."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from integrations import customers as behaviour
from integrations.audit import command
from integrations.management.customers import find_customer
from integrations.refusals import CannotBeDone


class Command(BaseCommand):
    """What the staff API does, for whoever stands at the machine."""

    help = "Resume suspended customers: what is overdue is done from the next tick on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("customers", nargs="+", metavar="customer", help="schema names")

    def handle(self, *, customers: list[str], **options: Any) -> None:
        try:
            with transaction.atomic():
                for found in map(find_customer, customers):
                    behaviour.resume(found, actor=command("resume"))
                    self.stdout.write(f"{found.schema_name} goes on")
        except CannotBeDone as error:
            raise CommandError(f"{error} Nothing was changed.") from None
