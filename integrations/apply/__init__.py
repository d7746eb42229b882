"""A customer from a YAML file: checked completely, then changed in one transaction, or not at all.

The format is described in docs/configuration.md.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.db import transaction

from integrations.apply.changing import change
from integrations.apply.checking import Known, Stored, read, schema_in
from integrations.apply.document import Problems
from integrations.apply.options import check_agreement
from integrations.apply.told import Change
from integrations.apply.values import check_values
from integrations.apply.wanted import Wanted
from integrations.environments import declared_otherwise
from integrations.fields import reveal
from integrations.models import Connection
from tenants.models import Customer, Domain
from tenants.provision import CustomerExists, make_template
from tenants.schema import within

__all__ = ["Change", "Problems", "apply"]


def apply(
    path: Path, *, now: datetime, only_check: bool = False, tell: Callable[[str], None] = lambda remark: None
) -> list[Change]:
    """Brings a customer to what the file says; an empty list if nothing had to change.

    Raises Problems, with nothing changed. `only_check`: tells what would change, and changes nothing. `tell` is given
    remarks: which maps could not be checked against the live system just now.
    """
    customer = Customer.objects.filter(schema_name=schema_in(path)).first()
    wanted = read(path, _known(customer), exists=customer is not None)
    problems = Problems()
    taken = Domain.objects.filter(domain=wanted.customer.host).exclude(tenant__schema_name=wanted.customer.schema_name)
    if wanted.customer.host and taken.exists():
        problems.add("customer.domain", "Another customer has this host name.")
        raise problems
    check_agreement(wanted, problems)
    check_values(wanted, problems, tell)
    problems.raise_any()
    # Its migrations cannot run inside the transaction below.
    make_template()
    try:
        with transaction.atomic():
            changes = change(wanted, now=now)
            _check_environments(wanted, problems)
            transaction.set_rollback(only_check)
    except CustomerExists as error:
        problems.add("customer", str(error))
        raise problems from error
    return changes


def _check_environments(wanted: Wanted, problems: Problems) -> None:
    """One system is never declared to be both sandbox and production; told once all connections are as wanted."""
    with within(Customer.objects.get(schema_name=wanted.customer.schema_name)):
        for row in Connection.objects.filter(name__in=[each.name for each in wanted.connections]):
            for member, sentence in declared_otherwise(row):
                problems.add(f"connections.{row.name}.{member}", sentence)
    problems.raise_any()


def _known(customer: Customer | None) -> Known:
    if customer is None:
        return {}
    with within(customer):
        return {
            row.name: Stored(row.system, row.environment, reveal(row.credentials) or {})
            for row in Connection.objects.all()
        }
