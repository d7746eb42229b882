"""Holds the audit against its seals."""

from __future__ import annotations

import json
import re
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.management.customers import find_customer
from integrations.seals import Verdict, verify
from tenants.models import Customer
from tenants.schema import within


class Command(BaseCommand):
    """Reads only. Every altered, removed or inserted row that was sealed is a line."""

    help = "Find what was altered in the audit by SQL; the last line is a JSON object. Exit 1 if anything was."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("customer", nargs="?", help="schema name of the customer; left out: all of them")
        parser.add_argument(
            "--newest", default="", help="a seal as it was logged, <position>:<mac>; it has to be in the chain"
        )

    def handle(self, *, customer: str | None, newest: str, **options: Any) -> None:
        if newest and not customer:
            raise CommandError("--newest is about one customer's chain: name the customer.")
        if newest and not re.fullmatch(r"[1-9][0-9]{0,17}:[0-9a-f]{64}", newest):
            raise CommandError("--newest is <position>:<mac>, as the log names it.")
        customers = [find_customer(customer)] if customer else list(Customer.objects.order_by("pk"))
        verdicts = {each.schema_name: self._verify(each, newest) for each in customers}
        self.stdout.write(json.dumps({name: _summary(verdict) for name, verdict in verdicts.items()}))
        if any(verdict.findings for verdict in verdicts.values()):
            raise SystemExit(1)

    def _verify(self, customer: Customer, newest: str) -> Verdict:
        with within(customer):
            verdict = verify(customer, newest=newest)
        for finding in verdict.findings:
            self.stdout.write(f"{customer.schema_name}: {finding}")
        for what, until in verdict.purged.items():
            self.stderr.write(f"{customer.schema_name}: {what} purged until {until.lstrip('0')}")
        return verdict


def _summary(verdict: Verdict) -> dict[str, Any]:
    return {**asdict(verdict), "findings": len(verdict.findings)}
