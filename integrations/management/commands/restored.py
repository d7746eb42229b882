"""Says that a database, or one customer's schema, was put back from a backup."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.audit import command
from integrations.management.customers import find_customer
from integrations.restoring import restored
from integrations.running import utc_now
from tenants.models import Customer


class Command(BaseCommand):
    """To be run after a restore and before any worker is started, or before the customer is resumed."""

    help = "After a restore: read everything again, and look for what was sent since before anything is sent."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("customers", nargs="*", metavar="customer", help="schema names of what was put back")
        parser.add_argument("--all", action="store_true", help="the whole database was put back")

    def handle(self, *, customers: list[str], all: bool, **options: Any) -> None:
        if all == bool(customers):
            raise CommandError("Name the customers whose schemas were put back, or say --all.")
        found = list(Customer.objects.order_by("schema_name")) if all else [find_customer(name) for name in customers]
        known = {}
        for customer in found:
            known_at = restored(customer, actor=command("restored"), now=utc_now())
            known[customer.schema_name] = known_at.isoformat() if known_at else None
            told = f"knew what happened until {known_at:%Y-%m-%d %H:%M:%S %Z}" if known_at else "is empty"
            self.stderr.write(f"{customer.schema_name}: the ledger {told}")
        self.stdout.write(json.dumps(known))
