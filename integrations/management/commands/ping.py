"""Asks each live system of a customer what its connection may do."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations import connections
from integrations.connection import Check
from integrations.management.customers import find_customer
from integrations.models import Connection
from tenants.schema import within

# One missing scope or service pauses the flows that need it; the others work without it.
OPTIONAL = frozenset({"not-authorised", "not-offered"})


class Command(BaseCommand):
    help = "Pings a customer's connections, one line per check. Exit code 1 if something required fails."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("customer", help="schema name of the customer")
        parser.add_argument("--connection", default="", help="only the connection of this name")

    def handle(self, *args: Any, **options: Any) -> None:
        customer = find_customer(options["customer"])
        with within(customer):
            rows = _connections(options["connection"])
            found = {row.name: connections.ping(row, customer) for row in rows}
        for name, checks in found.items():
            for check in checks:
                self.stdout.write(_line(name, check))
        failed = [check for checks in found.values() for check in checks if is_failure(check)]
        self.stdout.write(json.dumps({name: _counts(checks) for name, checks in found.items()}))
        if failed:
            raise SystemExit(1)


def is_failure(check: Check) -> bool:
    """Whether nothing works without it."""
    return not check.ok and check.code not in OPTIONAL


def _connections(name: str) -> list[Connection]:
    rows = list(Connection.objects.filter(**({"name": name} if name else {})))
    if not rows:
        raise CommandError(f"There is no connection {name}." if name else "This customer has no connections.")
    return rows


def _line(name: str, check: Check) -> str:
    word = "ok     " if check.ok else "FAILED " if is_failure(check) else "missing"
    return f"{name}  {word}  {check.name}: {check.detail}" + (f" {check.fix}" if check.fix and not check.ok else "")


def _counts(checks: list[Check]) -> dict[str, Any]:
    missing = [check.name for check in checks if not check.ok and not is_failure(check)]
    failed = [check.name for check in checks if is_failure(check)]
    return {"ok": sum(check.ok for check in checks), "missing": missing, "failed": failed}
