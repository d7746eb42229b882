"""Brings every customer's secrets, and people's second factors, under the newest key of FIELD_KEYS.

To change the key: put a new one first in FIELD_KEYS, restart everything, run this until `left` is 0, then remove the
old one. It may be interrupted and run again at any time; work goes on meanwhile.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from integrations import audit, second_factors
from integrations.management.customers import find_customer
from integrations.rotation import BATCH, Batch, batches
from tenants.models import Customer
from tenants.schema import within


class Command(BaseCommand):
    help = "Re-encrypts secrets under the newest key. The last line is JSON: left, rotated, unreadable."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customer", default="", help="only this customer (schema name)")
        parser.add_argument("--batch", type=int, default=BATCH, help="rows per transaction")
        parser.add_argument("--check", action="store_true", help="count only, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["customer"]
        customers = [find_customer(name)] if name else list(Customer.objects.order_by("pk"))
        if options["batch"] < 1:
            raise CommandError("--batch is at least 1.")
        self._people = not name  # second factors belong to no customer
        self._rotated, stopped = 0, False
        if not options["check"]:
            try:
                self._rotated = second_factors.rotate(write=True).rotated if self._people else 0
                for customer in customers:
                    self._rotate(customer, options["batch"])
            except KeyboardInterrupt:  # the batch under way was rolled back; those before it stay
                stopped = True
                self.stdout.write("Interrupted; run it again to go on.")
        left, unreadable = self._count(customers, options["batch"])
        self.stdout.write(json.dumps({"left": left, "rotated": self._rotated, "unreadable": unreadable}))
        if unreadable or stopped:
            raise SystemExit(1)

    def _rotate(self, customer: Customer, size: int) -> None:
        with within(customer):
            for batch in batches(size=size, write=True):
                if batch.rotated:
                    self._rotated += batch.rotated
                    _record(batch)
                    self.stdout.write(f"{customer.schema_name}: {batch.field}: {batch.rotated} of {batch.seen} rotated")

    def _count(self, customers: list[Customer], size: int) -> tuple[int, int]:
        people = second_factors.rotate(write=False) if self._people else Batch("Authenticator.data")
        left, unreadable = people.old, people.unreadable
        if unreadable:
            self.stderr.write(f"{unreadable} second factors of people are under a key that is not in FIELD_KEYS.")
        for customer in customers:
            with within(customer):
                for batch in batches(size=size, write=False):
                    left += batch.old
                    unreadable += batch.unreadable
                    if batch.unreadable:
                        self.stderr.write(
                            f"{customer.schema_name}: {batch.field}: {batch.unreadable} under a key that is not in "
                            "FIELD_KEYS. Put that key back at the end of the list, or enter the secret again."
                        )
        return left, unreadable


def _record(batch: Batch) -> None:
    with transaction.atomic():
        detail = {"values": batch.rotated}
        audit.record(actor=audit.command("rotate_keys"), action="keys.rotated", subject=batch.field, detail=detail)
