"""manage.py index_documents: document numbers of customers are found from the operators' site."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from integrations import document_index
from integrations.management.customers import find_customer
from tenants.models import Customer
from tenants.schema import within


class Command(BaseCommand):
    """Writes the index of document numbers anew: once after an upgrade, and after a change of FIELD_KEYS."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Customers by schema name; all if none is named."""
        parser.add_argument("customers", nargs="*", help="schema names; none for every customer")

    def handle(self, *args: Any, **options: Any) -> None:
        """One customer after the other, in bounded batches; safe to repeat and to stop."""
        for customer in [find_customer(name) for name in options["customers"]] or Customer.objects.all():
            with within(customer):
                seen = document_index.index_all()
            self.stdout.write(f"{customer.schema_name}: {seen} versions of records looked at")
