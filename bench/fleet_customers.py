"""Makes the customers of `bench.fleet`, like one that has done its first loads, by a process for each core."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from integrations.models import Connection, Sync
from integrations.running import utc_now
from tenants import schedule
from tenants.models import Customer
from tenants.provision import create_customer
from tenants.schema import within

NAME = "fleet_{:04}"
START = "import django; django.setup(); from bench.fleet_customers import make_share; make_share({}, range({}, {}, {}))"


def make(like: Customer, many: int, environment: dict[str, str]) -> None:
    """So many customers like this one; nothing of theirs is due yet. The environment names the database."""
    processes = os.cpu_count() or 1
    commands = [
        [sys.executable, "-c", START.format(like.pk, first, many, processes)] for first in range(min(processes, many))
    ]
    running = [subprocess.Popen(command, env=environment) for command in commands]
    codes = [process.wait() for process in running]
    if any(codes):
        raise SystemExit("Customers could not be made; nothing was measured.")


def make_share(like: int, numbers: range) -> None:
    """The customers of these numbers, in this process."""
    pattern = Customer.objects.get(pk=like)
    with within(pattern):
        accounts, syncs = list(Connection.objects.all()), list(Sync.objects.select_related("source"))
    now = utc_now()
    for number in numbers:
        name = NAME.format(number)
        customer = create_customer(schema_name=name, name=f"Customer {number}", time_zone=at_noon(now))
        with transaction.atomic(), within(customer):
            kept = {account.pk: _like(account) for account in accounts}
            for sync in syncs:
                mine = _like(sync, source=kept[sync.source_id], target=kept[sync.target_id])
                later = now + timedelta(days=1)
                schedule.ensure(customer_id=customer.pk, sync_id=mine.pk, kinds=["poll"], due_at=later)
                schedule.ensure(customer_id=customer.pk, sync_id=mine.pk, kinds=["deliver"])


def at_noon(now: datetime) -> str:
    """A time zone in which it is about noon: nobody's night falls into what is measured."""
    return f"Etc/GMT{now.hour - 12:+}" if now.hour != 12 else "UTC"


def _like(row: Any, **other: Any) -> Any:
    """A row like this one, in the schema in use."""
    names = [field.name for field in row._meta.concrete_fields if not field.primary_key and field.name not in other]
    return type(row).objects.create(**{name: getattr(row, name) for name in names}, **other)
