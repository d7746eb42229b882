"""Reads a customer's reference data anew and checks the value maps against it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from integrations.management.customers import find_customer
from integrations.reference_data import Report, refresh_customer
from tenants.schema import within


class Command(BaseCommand):
    """What happens every night, now. A kind that cannot be read stays as it is, and its maps are not judged."""

    help = "Read reference data anew and check value maps; the last line is a JSON object. Exit 1 if a kind failed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("customer", help="schema name of the customer")

    def handle(self, *, customer: str, **options: Any) -> None:
        found = find_customer(customer)
        with within(found):
            report = refresh_customer(found)
        for done in report.kinds:
            told = done.problem or f"{done.rows} rows, {done.removed} removed"
            self.stderr.write(f"{done.connection} {done.kind}: {told}")
        for title, values in (("vanished", report.vanished), ("back", report.back), ("unchecked", report.unchecked)):
            for value in values:
                self.stderr.write(f"{title}: {value}")
        self.stdout.write(json.dumps(_summary(report)))
        if any(done.problem for done in report.kinds):
            raise SystemExit(1)


def _summary(report: Report) -> dict[str, Any]:
    read = [done for done in report.kinds if not done.problem]
    failed = {f"{done.connection} {done.kind}": done.problem for done in report.kinds if done.problem}
    rows: dict[str, int] = {f"{done.connection} {done.kind}": done.rows for done in read}
    return {
        "rows": rows,
        "failed": failed,
        "vanished": list(report.vanished),
        "back": list(report.back),
        "unchecked": list(report.unchecked),
    }
