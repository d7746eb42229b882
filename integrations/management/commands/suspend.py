"""Suspends customers: nothing is claimed for them, and nobody gets in, until they are resumed."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from integrations import customers as behaviour
from integrations.audit import command
from integrations.management.customers import find_customer
from integrations.running import utc_now


class Command(BaseCommand):
    """What the staff API does, for whoever stands at the machine."""

    help = "Suspend customers: nothing is done for them and nobody gets in, from the next claim and request on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("customers", nargs="+", metavar="customer", help="schema names")
        parser.add_argument("--reason", required=True, help="why; it stands in the audit")

    def handle(self, *, customers: list[str], reason: str, **options: Any) -> None:
        if not reason.strip():
            raise CommandError("A suspension needs a reason.")
        with transaction.atomic():
            for found in map(find_customer, customers):
                behaviour.suspend(found, reason=reason.strip(), actor=command("suspend"), now=utc_now())
                self.stdout.write(f"{found.schema_name} is suspended")
