"""Asks each live system of a customer what its connection may do."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations import audit, connections
from integrations.connection import Check
from integrations.errors import NotAuthorised
from integrations.management.customers import find_customer
from integrations.models import Connection
from tenants.schema import within


class Command(BaseCommand):
    help = "Pings a customer's connections, one line per check. Exit code 1 if something required fails."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("customer", help="schema name of the customer")
        parser.add_argument("--connection", default="", help="only the connection of this name")

    def handle(self, *args: Any, **options: Any) -> None:
        customer = find_customer(options["customer"])
        with within(customer):
            rows = _connections(options["connection"])
            found = {row.name: connections.ping(row, customer, actor=audit.command("ping")) for row in rows}
        for name, checks in found.items():
            for check in checks:
                self.stdout.write(_line(name, check))
        self.stdout.write(json.dumps({name: _counts(checks) for name, checks in found.items()}))
        if not all(works(checks) for checks in found.values()):
            raise SystemExit(1)


def works(checks: list[Check]) -> bool:
    """Whether the connection can be used at all."""
    return connections.is_signed_in(checks) and not any(map(is_failure, checks))


def is_failure(check: Check) -> bool:
    """One missing scope or service pauses the flows that need it; the others work without it. All else is needed."""
    one_of_many = check.code == NotAuthorised.default_code or check.code.startswith(("service:", "scope:"))
    return not check.ok and not one_of_many


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
    return {"works": works(checks), "ok": sum(check.ok for check in checks), "missing": missing, "failed": failed}
